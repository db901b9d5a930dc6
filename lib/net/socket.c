/* SPDX-License-Identifier: MIT
 *
 * Opening, accepting, connecting: see socket.h.
 */
#include "lib/net/socket.h"

#include "lib/io/attempt.h"
#include "lib/net/option.h"

#include <stdio.h>
#include <unistd.h>

int plx__socket_open(int family, int type)
{
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

int plx__socket_pair(int type, plx_poll_evented *a, plx_poll_evented *b)
{
    int fds[2];
    if (socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    *a = plx_poll_evented_try_first(fds[0]);
    *b = plx_poll_evented_try_first(fds[1]);
    return 0;
}

/* ── accepting ────────────────────────────────────────────────────────────────────────────────────────────
 *
 * WAITING    accept: a connection        → Ready
 *                    none                → NotReady
 *                    ECONNABORTED …      → that one is gone: again
 *                    EMFILE …            → NotReady, BACKING OFF
 *                    another error       → Failed; the listener is as good as before
 * BACKING OFF   until the delay is over  → WAITING. The readiness is still noted, so accept is tried at once
 */
static bool is_of_the_connection(int error)
{
    switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN: /* the rest is what the network had to say about it: accept(2) of Linux */
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case ENONET:
        return true;
    default:
        return false;
    }
}

static ssize_t call_accept(int fd, void *arg)
{
    struct plx_address *peer = arg;
    peer->length = sizeof peer->storage;
    int accepted = accept4(fd, (struct sockaddr *)&peer->storage, &peer->length,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0 && is_of_the_connection(errno))
        errno = EINTR; /* once more */
    return accepted;
}

enum plx_answer plx__socket_accept(plx_poll_evented *io, struct plx__backoff **backoff, plx_context *cx,
                                   plx_poll_evented *accepted, struct plx_address *peer)
{
    size_t fd;
    enum plx_answer answer = plx__backoff_poll(backoff, cx);
    if (answer == PLX_READY)
        answer = plx_io_attempt(io, cx, PLX_READ, call_accept, peer, 0, &fd);
    if (answer == PLX_READY)
        *accepted = plx_poll_evented_try_first((int)fd);
    if (answer == PLX_FAILED && plx__is_exhaustion(cx->error.code))
        return plx__backoff_begin(backoff, cx, cx->error.code);
    return answer;
}

/* ── connecting ───────────────────────────────────────────────────────────────────────────────────────────
 *
 *     NEW        socket, connect   done                               → Ready
 *                                  in progress                        → BEGUN
 *                                  the backlog is full (Unix: EAGAIN) → NotReady, after a while connect again
 *     BEGUN      not writable yet  → NotReady
 *                writable          → SO_ERROR says how it ended: Ready or Failed
 *
 * It is registered only after connect: a fresh socket counts as hung up, and would at once be called ready.
 */
static int open_for(struct plx__connecting *self, plx_context *cx, const struct plx_address *to)
{
    char text[PLX_ADDRESS_TEXT_MAX];
    int fd = plx__socket_open(to->storage.ss_family, SOCK_STREAM);
    if (fd < 0)
        return fd;
    self->io = plx_poll_evented_of(fd);
    plx_label(cx, "%s", plx_address_text(to, text));
    return 0;
}

static int register_under(struct plx__connecting *self, plx_context *cx, const struct plx_address *to)
{
    char what[PLX_TEXT_MAX];
    snprintf(what, sizeof what, plx_address_port(to) ? "tcp %u" : "unix", plx_address_port(to));
    return plx_poll_evented_register(&self->io, cx, what);
}

/* Ready: connected. NotReady with `begun`: in progress. */
static enum plx_answer try_connect(struct plx__connecting *self, plx_context *cx,
                                   const struct plx_address *to)
{
    enum plx_answer answer = plx__backoff_poll(&self->backoff, cx);
    if (answer != PLX_READY)
        return answer;
    if (connect(self->io.fd, (const struct sockaddr *)&to->storage, to->length) == 0) {
        self->io = plx_poll_evented_try_first(self->io.fd);
        return PLX_READY;
    }
    int error = -errno;
    if (error == -EAGAIN)
        return plx__backoff_begin(&self->backoff, cx, error);
    if (error == -EINPROGRESS || error == -EINTR)
        error = register_under(self, cx, to);
    if (error)
        return plx_fail(cx, error);
    self->begun = true;
    return PLX_NOT_READY;
}

enum plx_answer plx__socket_connect(struct plx__connecting *self, plx_context *cx,
                                    const struct plx_address *to)
{
    uint64_t seen;
    int error = self->io.open ? 0 : open_for(self, cx, to);
    if (error)
        return plx_fail(cx, error);
    enum plx_answer answer = self->begun ? PLX_NOT_READY : try_connect(self, cx, to);
    if (answer != PLX_NOT_READY || !self->begun)
        return answer;
    answer = plx_poll_evented_ready(&self->io, cx, PLX_WRITE, &seen);
    if (answer == PLX_NOT_READY)
        plx_detail(cx, "connecting");
    if (answer != PLX_READY)
        return answer;
    error = plx_socket_take_error(self->io.fd);
    return error ? plx_fail(cx, error) : PLX_READY;
}

void plx__connecting_drop(struct plx__connecting *self)
{
    plx__backoff_drop(&self->backoff);
    plx_poll_evented_drop(&self->io);
}
