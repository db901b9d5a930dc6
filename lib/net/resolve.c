/* SPDX-License-Identifier: MIT
 *
 * Names: see resolve.h.
 */
#include "lib/net/resolve.h"

#include "lib/scheduler/blocking.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* ── getaddrinfo ──────────────────────────────────────────────────────────────────────────────────────── */

static int code_of(int status)
{
    switch (status) {
    case EAI_AGAIN:
        return -EAGAIN;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_SYSTEM:
        return errno ? -errno : -EIO;
    case EAI_SERVICE:
        return -EINVAL;
    default:
        return PLX_NO_SUCH_HOST;
    }
}

static int look_up(const char *host, const char *service, int flags, struct plx_addresses *found)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags}, *list;
    *found = (struct plx_addresses){0};
    int status = getaddrinfo(host, service, &hints, &list);
    if (status)
        return code_of(status);
    for (struct addrinfo *at = list; at && found->count < PLX_ADDRESSES_MOST; at = at->ai_next) {
        struct plx_address *address = &found->at[found->count];
        if (at->ai_addrlen > sizeof address->storage)
            continue;
        memcpy(&address->storage, at->ai_addr, at->ai_addrlen);
        address->length = at->ai_addrlen;
        found->count++;
    }
    freeaddrinfo(list);
    return found->count ? 0 : PLX_NO_SUCH_HOST;
}

PLX_LEAF_DEFINE(plx__lookup)

enum plx_answer plx__lookup_poll(plx__lookup *self, plx_context *cx, struct plx_addresses *out)
{
    plx_label(cx, "%s", self->host);
    int error = look_up(self->host, self->service, 0, out);
    return error ? plx_fail(cx, error) : PLX_READY;
}

void plx__lookup_drop(plx__lookup *self)
{
    (void)self;
}

void plx__print_addresses(char *text, size_t size, const void *item)
{
    const struct plx_addresses *found = item;
    char first[PLX_ADDRESS_TEXT_MAX];
    if (found->count == 1)
        snprintf(text, size, "%s", plx_address_text(&found->at[0], first));
    else
        snprintf(text, size, "%zu addresses", found->count);
}

/* ── resolve ──────────────────────────────────────────────────────────────────────────────────────────────
 *
 *     NEW      numbers          → Ready
 *              a name           → a job for the blocking pool, BEGUN
 *     BEGUN    the job is done  → Ready or Failed
 *              the time is over → Failed(ETIMEDOUT)
 */
PLX_LEAF_DEFINE(plx_resolve)

static int copy_name(char *into, size_t room, const char *name)
{
    int size = snprintf(into, room, "%s", name);
    return size < 0 ? -EINVAL : (size_t)size >= room ? -ENAMETOOLONG : 0;
}

plx_resolve plx_resolve_new(const char *host, const char *service)
{
    plx_resolve made = {0};
    made.refused = copy_name(made.lookup.host, sizeof made.lookup.host, host);
    if (!made.refused)
        made.refused = copy_name(made.lookup.service, sizeof made.lookup.service, service);
    return made;
}

plx_resolve plx_resolve_within(const char *host, const char *service, uint64_t timeout_ns)
{
    plx_resolve made = plx_resolve_new(host, service);
    made.timeout_ns = timeout_ns;
    made.timeout = plx_delay_for(timeout_ns);
    return made;
}

static enum plx_answer begin(plx_resolve *self, plx_context *cx, struct plx_addresses *out)
{
    self->begun = true;
    plx_label(cx, "%s", self->lookup.host);
    if (self->refused)
        return plx_fail(cx, self->refused);
    if (look_up(self->lookup.host, self->lookup.service, AI_NUMERICHOST | AI_NUMERICSERV, out) == 0)
        return PLX_READY;
    int error = PLX_SPAWN_BLOCKING(plx__lookup, self->lookup, &self->handle);
    return error ? plx_fail(cx, error) : PLX_NOT_READY;
}

enum plx_answer plx_resolve_poll(plx_resolve *self, plx_context *cx, struct plx_addresses *out)
{
    if (!self->begun) {
        enum plx_answer answer = begin(self, cx, out);
        if (answer != PLX_NOT_READY)
            return answer;
    }
    enum plx_answer answer = plx__lookup_handle_poll(&self->handle, cx, out);
    if (answer != PLX_NOT_READY || !self->timeout_ns)
        return answer;
    answer = plx__delay_poll(&self->timeout, cx);
    if (answer == PLX_NOT_READY)
        plx_detail(cx, "looking up");
    return answer == PLX_READY ? plx_fail(cx, -ETIMEDOUT) : answer;
}

void plx_resolve_drop(plx_resolve *self)
{
    plx__lookup_handle_drop(&self->handle);
    plx_delay_drop(&self->timeout);
}

/* ── connect to a host ────────────────────────────────────────────────────────────────────────────────────
 *
 *     RESOLVING    the addresses → TRYING the first
 *     TRYING       Ready         → Ready
 *                  Failed        → TRYING the next; none is left → Failed
 */
PLX_LEAF_DEFINE(plx_tcp_connect_host)

plx_tcp_connect_host plx_tcp_connect_host_new(const char *host, uint16_t port)
{
    char service[PLX_SERVICE_MAX];
    snprintf(service, sizeof service, "%u", port);
    return (plx_tcp_connect_host){.resolve = plx_resolve_new(host, service)};
}

static void try_next(plx_tcp_connect_host *self)
{
    plx_tcp_connect_drop(&self->connect);
    self->connect = plx_tcp_connect_new(self->found.at[self->tried++]);
}

enum plx_answer plx_tcp_connect_host_poll(plx_tcp_connect_host *self, plx_context *cx, plx_tcp_stream *out)
{
    if (self->tried == 0) {
        enum plx_answer answer = plx_resolve_poll(&self->resolve, cx, &self->found);
        if (answer != PLX_READY)
            return answer;
        try_next(self);
    }
    for (;;) {
        enum plx_answer answer = plx_tcp_connect_poll(&self->connect, cx, out);
        if (answer != PLX_FAILED || self->tried == self->found.count)
            return answer;
        try_next(self);
    }
}

void plx_tcp_connect_host_drop(plx_tcp_connect_host *self)
{
    plx_resolve_drop(&self->resolve);
    plx_tcp_connect_drop(&self->connect);
}
