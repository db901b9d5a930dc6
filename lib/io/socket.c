/* SPDX-License-Identifier: MIT
 *
 * Reading and writing sockets: see descriptor.h.
 */
#include "lib/io/attempt.h"
#include "lib/io/descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>

int plx__set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* ── the calls ────────────────────────────────────────────────────────────────────────────────────────── */

struct bytes {
    void *bytes;
    size_t size;
    int flags;
};

static ssize_t call_recv(int fd, void *arg)
{
    const struct bytes *into = arg;
    return recv(fd, into->bytes, into->size, into->flags);
}

static ssize_t call_send(int fd, void *arg)
{
    const struct bytes *from = arg;
    return send(fd, from->bytes, from->size, MSG_NOSIGNAL);
}

static ssize_t call_recvmsg(int fd, void *arg)
{
    return recvmsg(fd, arg, 0);
}

static ssize_t call_sendmsg(int fd, void *arg)
{
    return sendmsg(fd, arg, MSG_NOSIGNAL);
}

enum plx_answer plx__socket_recv(plx_poll_evented *io, plx_context *cx, void *bytes, size_t size, int flags,
                                 bool drains, size_t *count)
{
    struct bytes into = {bytes, size, flags};
    return plx_io_attempt(io, cx, PLX_READ, call_recv, &into, drains ? size : 0, count);
}

enum plx_answer plx__socket_send(plx_poll_evented *io, plx_context *cx, const void *bytes, size_t size,
                                 bool drains, size_t *count)
{
    struct bytes from = {(void *)(uintptr_t)bytes, size, 0};
    return plx_io_attempt(io, cx, PLX_WRITE, call_send, &from, drains ? size : 0, count);
}

static struct msghdr message_of(const struct iovec *parts, int count, size_t *whole)
{
    enum { PARTS_AT_ONCE = 1024 }; /* the system takes no more: IOV_MAX */
    struct msghdr message = {
        .msg_iov = (struct iovec *)(uintptr_t)parts,
        .msg_iovlen = (size_t)(count < PARTS_AT_ONCE ? count : PARTS_AT_ONCE),
    };
    *whole = 0;
    for (size_t i = 0; i < message.msg_iovlen; i++)
        *whole += parts[i].iov_len;
    return message;
}

enum plx_answer plx__socket_recvv(plx_poll_evented *io, plx_context *cx, const struct iovec *parts,
                                  int parts_count, bool drains, size_t *count)
{
    size_t whole;
    struct msghdr message = message_of(parts, parts_count, &whole);
    return plx_io_attempt(io, cx, PLX_READ, call_recvmsg, &message, drains ? whole : 0, count);
}

enum plx_answer plx__socket_sendv(plx_poll_evented *io, plx_context *cx, const struct iovec *parts,
                                  int parts_count, bool drains, size_t *count)
{
    size_t whole;
    struct msghdr message = message_of(parts, parts_count, &whole);
    return plx_io_attempt(io, cx, PLX_WRITE, call_sendmsg, &message, drains ? whole : 0, count);
}

int plx__socket_shutdown(plx_poll_evented *io, int how)
{
    if (!io->open)
        return -EBADF;
    return shutdown(io->fd, how) == 0 || errno == ENOTCONN ? 0 : -errno;
}

/* ── as a plx_stream ──────────────────────────────────────────────────────────────────────────────────── */

enum plx_answer plx__socket_stream_read(plx_stream *self, plx_context *cx, void *bytes, size_t size,
                                        size_t *count)
{
    return plx__socket_recv(&self->io, cx, bytes, size, 0, self->ops->drains, count);
}

enum plx_answer plx__socket_stream_readv(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                         int parts_count, size_t *count)
{
    return plx__socket_recvv(&self->io, cx, parts, parts_count, self->ops->drains, count);
}

enum plx_answer plx__socket_stream_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                         size_t *count)
{
    return plx__socket_send(&self->io, cx, bytes, size, self->ops->drains, count);
}

enum plx_answer plx__socket_stream_writev(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                          int parts_count, size_t *count)
{
    return plx__socket_sendv(&self->io, cx, parts, parts_count, self->ops->drains, count);
}

enum plx_answer plx__socket_stream_shutdown(plx_stream *self, plx_context *cx)
{
    int error = plx__socket_shutdown(&self->io, SHUT_WR);
    return error ? plx_fail(cx, error) : PLX_READY;
}

void plx__descriptor_stream_drop(plx_stream *self)
{
    plx_poll_evented_drop(&self->io);
}
