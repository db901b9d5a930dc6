/* SPDX-License-Identifier: MIT
 *
 * Unix streams: see unix.h.
 */
#include "lib/net/unix.h"

#include "lib/io/descriptor.h"

#include <errno.h>
#include <unistd.h>

static const struct plx_stream_ops unix_ops = PLX__SOCKET_STREAM_OPS("unix", false);

static plx_stream stream_of(plx_poll_evented io)
{
    return (plx_stream){.ops = &unix_ops, .io = io};
}

int plx_unix_pair(plx_stream *a, plx_stream *b)
{
    plx_poll_evented one, other;
    int error = plx__socket_pair(SOCK_STREAM, &one, &other);
    if (error)
        return error;
    *a = stream_of(one);
    *b = stream_of(other);
    return 0;
}

int plx_unix_credentials(const plx_stream *stream, struct plx_credentials *peer)
{
    struct ucred seen;
    socklen_t size = sizeof seen;
    if (getsockopt(plx_stream_fd(stream), SOL_SOCKET, SO_PEERCRED, &seen, &size) < 0)
        return -errno;
    *peer = (struct plx_credentials){seen.pid, seen.uid, seen.gid};
    return 0;
}

/* ── connect: net/socket.c has the states ─────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_unix_connect)

enum plx_answer plx_unix_connect_poll(plx_unix_connect *self, plx_context *cx, plx_stream *out)
{
    enum plx_answer answer = plx__socket_connect(&self->connecting, cx, &self->to);
    if (answer == PLX_READY)
        *out = stream_of(PLX_MOVE(self->connecting.io));
    return answer;
}

void plx_unix_connect_drop(plx_unix_connect *self)
{
    plx__connecting_drop(&self->connecting);
}

/* ── listeners ────────────────────────────────────────────────────────────────────────────────────────── */

int plx_unix_listener_bind(struct plx_address at, plx_unix_listener *listener)
{
    enum { BACKLOG = 1024 };
    if (at.storage.ss_family != AF_UNIX)
        return -EINVAL;
    int fd = plx__socket_open(AF_UNIX, SOCK_STREAM);
    if (fd < 0)
        return fd;
    if (bind(fd, (struct sockaddr *)&at.storage, at.length) < 0 || listen(fd, BACKLOG) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    *listener = (plx_unix_listener){.io = plx_poll_evented_of(fd), .address = at};
    return 0;
}

void plx_unix_listener_drop(plx_unix_listener *listener)
{
    plx__backoff_drop(&listener->backoff);
    plx_poll_evented_drop(&listener->io);
}

enum plx_answer plx_unix_listener_poll_accept(plx_unix_listener *listener, plx_context *cx,
                                              plx_stream *stream)
{
    struct plx_address peer;
    plx_poll_evented accepted;
    enum plx_answer answer = plx__socket_accept(&listener->io, &listener->backoff, cx, &accepted, &peer);
    if (answer == PLX_READY)
        *stream = stream_of(accepted);
    return answer;
}

PLX_LEAF_DEFINE(plx_unix_incoming)

enum plx_answer plx_unix_incoming_poll(plx_unix_incoming *self, plx_context *cx, plx_unix_incoming_item *out)
{
    out->end = false;
    return plx_unix_listener_poll_accept(&self->listener, cx, &out->stream);
}

void plx_unix_incoming_drop(plx_unix_incoming *self)
{
    plx_unix_listener_drop(&self->listener);
}

void plx__print_unix_incoming(char *text, size_t size, const void *item)
{
    plx__print_stream(text, size, &((const plx_unix_incoming_item *)item)->stream);
}

void plx__drop_unix_incoming(void *item)
{
    plx_stream_drop(&((plx_unix_incoming_item *)item)->stream);
}
