/* SPDX-License-Identifier: MIT
 *
 * Datagrams: see datagram.h.
 *
 * A Unix socket that sends to somebody whose queue is full gets EAGAIN. If it is connected to him, it
 * becomes writable when he reads. If it is not, the system does not know whom it waits for, and calls it
 * writable again at once: the message that was not sent is freed, and that counts as room. So it backs off,
 * and tries again after a while, instead of going round and round.
 */
#include "lib/net/datagram.h"

#include "lib/io/attempt.h"
#include "lib/io/descriptor.h"
#include "lib/net/socket.h"

#include <stdio.h>
#include <unistd.h>

/* ── sockets ──────────────────────────────────────────────────────────────────────────────────────────── */

static int bind_to(struct plx_address at, plx_datagram *made)
{
    int fd = plx__socket_open(at.storage.ss_family, SOCK_DGRAM);
    if (fd < 0)
        return fd;
    if (bind(fd, (struct sockaddr *)&at.storage, at.length) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    *made = (plx_datagram){.io = plx_poll_evented_try_first(fd)};
    return 0;
}

int plx_udp_bind(struct plx_address at, plx_datagram *made)
{
    return at.storage.ss_family == AF_UNIX ? -EINVAL : bind_to(at, made);
}

int plx_unix_datagram_bind(struct plx_address at, plx_datagram *made)
{
    return at.storage.ss_family == AF_UNIX ? bind_to(at, made) : -EINVAL;
}

int plx_unix_datagram_unbound(plx_datagram *made)
{
    int fd = plx__socket_open(AF_UNIX, SOCK_DGRAM);
    if (fd < 0)
        return fd;
    *made = (plx_datagram){.io = plx_poll_evented_try_first(fd)};
    return 0;
}

int plx_unix_datagram_pair(plx_datagram *a, plx_datagram *b)
{
    *a = *b = (plx_datagram){0};
    return plx__socket_pair(SOCK_DGRAM, &a->io, &b->io);
}

int plx_datagram_of(int fd, plx_datagram *made)
{
    int error = plx__set_nonblocking(fd);
    if (!error)
        *made = (plx_datagram){.io = plx_poll_evented_try_first(fd)};
    return error;
}

int plx_datagram_connect(plx_datagram *self, const struct plx_address *peer)
{
    const int fd = plx_datagram_fd(self);
    return connect(fd, (const struct sockaddr *)&peer->storage, peer->length) < 0 ? -errno : 0;
}

int plx_datagram_local(const plx_datagram *self, struct plx_address *address)
{
    return plx_address_of_socket(plx_datagram_fd(self), address);
}

int plx_datagram_peer(const plx_datagram *self, struct plx_address *address)
{
    return plx_address_of_peer(plx_datagram_fd(self), address);
}

int plx_datagram_fd(const plx_datagram *self)
{
    return self->io.open ? self->io.fd : -1;
}

void plx_datagram_drop(plx_datagram *self)
{
    plx__backoff_drop(&self->backoff);
    plx_poll_evented_drop(&self->io);
}

void plx__drop_datagram(void *item)
{
    plx_datagram_drop(item);
}

void plx__print_datagram(char *text, size_t size, const void *item)
{
    snprintf(text, size, "datagram %d", plx_datagram_fd(item));
}

/* ── sending ──────────────────────────────────────────────────────────────────────────────────────────── */

struct sending {
    struct msghdr message;
    bool would_block;
};

static ssize_t call_send(int fd, void *arg)
{
    struct sending *sending = arg;
    ssize_t put = sendmsg(fd, &sending->message, MSG_NOSIGNAL);
    sending->would_block = put < 0 && errno == EAGAIN;
    return put;
}

/* Its readiness says nothing, so it is not asked for. */
static enum plx_answer send_blindly(plx_datagram *self, plx_context *cx, struct sending *sending)
{
    enum plx_answer answer = plx__backoff_poll(&self->backoff, cx);
    if (answer != PLX_READY)
        return answer;
    if (call_send(self->io.fd, sending) >= 0) {
        plx_budget_spend(cx);
        return PLX_READY;
    }
    return sending->would_block ? plx__backoff_begin(&self->backoff, cx, -EAGAIN) : plx_fail(cx, -errno);
}

enum plx_answer plx_datagram_poll_send(plx_datagram *self, plx_context *cx, const void *bytes, size_t size,
                                       const struct plx_address *to)
{
    size_t put;
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    struct sending sending = {.message = {.msg_iov = &part, .msg_iovlen = 1}};
    if (to) {
        sending.message.msg_name = (void *)(uintptr_t)&to->storage;
        sending.message.msg_namelen = to->length;
    }
    if (self->backoff)
        return plx_budget_left(cx) ? send_blindly(self, cx, &sending) : PLX_NOT_READY;
    enum plx_answer answer = plx_io_attempt(&self->io, cx, PLX_WRITE, call_send, &sending, 0, &put);
    if (answer == PLX_NOT_READY && sending.would_block && to && to->storage.ss_family == AF_UNIX)
        return plx__backoff_begin(&self->backoff, cx, -EAGAIN);
    return answer;
}

/* ── receiving ────────────────────────────────────────────────────────────────────────────────────────── */

static ssize_t call_recv(int fd, void *arg)
{
    struct msghdr *message = arg;
    message->msg_namelen = sizeof(struct sockaddr_storage);
    return recvmsg(fd, message, 0);
}

enum plx_answer plx_datagram_poll_recv(plx_datagram *self, plx_context *cx, void *bytes, size_t size,
                                       plx_received *received)
{
    struct iovec part = {bytes, size};
    *received = (plx_received){0};
    struct msghdr message = {.msg_name = &received->from.storage, .msg_iov = &part, .msg_iovlen = 1};
    enum plx_answer answer = plx_io_attempt(&self->io, cx, PLX_READ, call_recv, &message, 0,
                                            &received->count);
    received->from.length = message.msg_namelen;
    received->truncated = message.msg_flags & MSG_TRUNC;
    return answer;
}

void plx__print_received(char *text, size_t size, const void *item)
{
    const plx_received *received = item;
    snprintf(text, size, "%zu bytes%s", received->count, received->truncated ? ", cut off" : "");
}

/* ── the futures ──────────────────────────────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_datagram_send_to)

enum plx_answer plx_datagram_send_to_poll(plx_datagram_send_to *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    return plx_datagram_poll_send(self->socket, cx, self->bytes, self->size, &self->to);
}

void plx_datagram_send_to_drop(plx_datagram_send_to *self)
{
    (void)self;
}

PLX_LEAF_DEFINE(plx_datagram_send)

enum plx_answer plx_datagram_send_poll(plx_datagram_send *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    return plx_datagram_poll_send(self->socket, cx, self->bytes, self->size, NULL);
}

void plx_datagram_send_drop(plx_datagram_send *self)
{
    (void)self;
}

PLX_LEAF_DEFINE(plx_datagram_recv)

enum plx_answer plx_datagram_recv_poll(plx_datagram_recv *self, plx_context *cx, plx_received *out)
{
    return plx_datagram_poll_recv(self->socket, cx, self->bytes, self->size, out);
}

void plx_datagram_recv_drop(plx_datagram_recv *self)
{
    (void)self;
}
