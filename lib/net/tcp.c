/* SPDX-License-Identifier: MIT
 *
 * TCP streams and listeners: see tcp.h.
 */
#include "lib/net/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* ── streams ──────────────────────────────────────────────────────────────────────────────────────── */

int plx_tcp_stream_of(int fd, plx_tcp_stream *stream)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    *stream = (plx_tcp_stream){plx_poll_evented_of(fd)};
    return 0;
}

void plx_tcp_stream_drop(plx_tcp_stream *stream)
{
    plx_poll_evented_drop(&stream->io);
}

int plx_tcp_stream_fd(const plx_tcp_stream *stream)
{
    return stream->io.open ? stream->io.fd : -1;
}

/* What the trace calls it: "tcp 6142", by the peer's port. */
static void name_of(int fd, char what[PLX_TEXT_MAX])
{
    struct plx_address peer = {.length = sizeof peer.storage};
    what[0] = '\0';
    if (plx_trace_on() && getpeername(fd, (struct sockaddr *)&peer.storage, &peer.length) == 0)
        snprintf(what, PLX_TEXT_MAX, "tcp %u", plx_address_port(&peer));
    else
        strcpy(what, "tcp");
}

static int register_stream(plx_tcp_stream *stream, plx_context *cx)
{
    char what[PLX_TEXT_MAX];
    if (stream->io.io)
        return 0;
    name_of(stream->io.fd, what);
    return plx_poll_evented_register(&stream->io, cx, what);
}

enum plx_answer plx_tcp_stream_poll_read(plx_tcp_stream *stream, plx_context *cx, void *bytes, size_t size,
                                         size_t *count)
{
    int error = register_stream(stream, cx);
    if (error)
        return plx_fail(cx, error);
    for (;;) {
        uint64_t seen;
        enum plx_answer answer = plx_poll_evented_ready(&stream->io, cx, PLX_READ, &seen);
        if (answer != PLX_READY)
            return answer;
        ssize_t got = recv(stream->io.fd, bytes, size, 0);
        if (got >= 0) {
            *count = (size_t)got;
            return PLX_READY;
        }
        if (would_block(errno))
            plx_poll_evented_clear(&stream->io, PLX_READ, seen);
        else if (errno != EINTR)
            return plx_fail(cx, -errno);
    }
}

enum plx_answer plx_tcp_stream_poll_write(plx_tcp_stream *stream, plx_context *cx, const void *bytes,
                                          size_t size, size_t *count)
{
    int error = register_stream(stream, cx);
    if (error)
        return plx_fail(cx, error);
    for (;;) {
        uint64_t seen;
        enum plx_answer answer = plx_poll_evented_ready(&stream->io, cx, PLX_WRITE, &seen);
        if (answer != PLX_READY)
            return answer;
        ssize_t put = send(stream->io.fd, bytes, size, MSG_NOSIGNAL);
        if (put >= 0) {
            *count = (size_t)put;
            return PLX_READY;
        }
        if (would_block(errno))
            plx_poll_evented_clear(&stream->io, PLX_WRITE, seen);
        else if (errno != EINTR)
            return plx_fail(cx, -errno);
    }
}

int plx_tcp_stream_shutdown(plx_tcp_stream *stream, int how)
{
    return stream->io.open && shutdown(stream->io.fd, how) == 0 ? 0 : stream->io.open ? -errno : -EBADF;
}

int plx_tcp_stream_set_nodelay(plx_tcp_stream *stream, bool on)
{
    int value = on;
    if (!stream->io.open)
        return -EBADF;
    return setsockopt(stream->io.fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value) < 0 ? -errno : 0;
}

/* The words for an item: "Sock 7". */
void plx__print_tcp_stream(char *text, size_t size, const void *item)
{
    snprintf(text, size, "Sock %d", plx_tcp_stream_fd(item));
}

void plx__drop_tcp_stream(void *item)
{
    plx_tcp_stream_drop(item);
}

/* ── connect ──────────────────────────────────────────────────────────────────────────────────────────
 *
 *     NEW        socket, connect    → in progress: registered, WAITING
 *     WAITING    not writable yet   → NotReady
 *                writable           → SO_ERROR says how it ended: Ready(stream) or Failed
 */
PLX_LEAF_DEFINE(plx_tcp_connect)

/* Registered only after connect: a fresh socket counts as hung up, and would at once be called ready. */
static int begin_connect(plx_tcp_connect *self, plx_context *cx)
{
    char text[PLX_ADDRESS_TEXT_MAX], what[PLX_TEXT_MAX];
    int fd = socket(self->to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    self->stream.io = plx_poll_evented_of(fd);
    self->begun = true;
    plx_label(cx, "%s", plx_address_text(&self->to, text));
    if (connect(fd, (struct sockaddr *)&self->to.storage, self->to.length) < 0 && errno != EINPROGRESS &&
        errno != EINTR)
        return -errno;
    snprintf(what, sizeof what, "tcp %u", plx_address_port(&self->to));
    return plx_poll_evented_register(&self->stream.io, cx, what);
}

static int connect_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}

enum plx_answer plx_tcp_connect_poll(plx_tcp_connect *self, plx_context *cx, plx_tcp_stream *out)
{
    uint64_t seen;
    int error = self->begun ? 0 : begin_connect(self, cx);
    if (error)
        return plx_fail(cx, error);
    enum plx_answer answer = plx_poll_evented_ready(&self->stream.io, cx, PLX_WRITE, &seen);
    if (answer == PLX_NOT_READY)
        plx_detail(cx, "connecting");
    if (answer != PLX_READY)
        return answer;
    error = connect_error(self->stream.io.fd);
    if (error)
        return plx_fail(cx, error);
    *out = PLX_MOVE(self->stream);
    return PLX_READY;
}

void plx_tcp_connect_drop(plx_tcp_connect *self)
{
    plx_tcp_stream_drop(&self->stream);
}

/* ── listeners ────────────────────────────────────────────────────────────────────────────────────── */

static int listen_at(int fd, const struct plx_address *at, plx_tcp_listener *listener)
{
    int reuse = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&at->storage, at->length) < 0 || listen(fd, BACKLOG) < 0)
        return -errno;
    listener->address = (struct plx_address){.length = sizeof listener->address.storage};
    if (getsockname(fd, (struct sockaddr *)&listener->address.storage, &listener->address.length) < 0)
        return -errno;
    listener->io = plx_poll_evented_of(fd);
    return 0;
}

int plx_tcp_listener_bind(struct plx_address at, plx_tcp_listener *listener)
{
    int fd = socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    *listener = (plx_tcp_listener){0};
    int error = listen_at(fd, &at, listener);
    if (error)
        close(fd);
    return error;
}

void plx_tcp_listener_drop(plx_tcp_listener *listener)
{
    plx_poll_evented_drop(&listener->io);
}

/* Errors of the one connection, not of the listener. */
static bool is_passing(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO;
}

enum plx_answer plx_tcp_listener_poll_accept(plx_tcp_listener *listener, plx_context *cx,
                                             plx_tcp_stream *stream, struct plx_address *peer)
{
    int error = plx_poll_evented_register(&listener->io, cx, "listener");
    if (error)
        return plx_fail(cx, error);
    for (;;) {
        uint64_t seen;
        enum plx_answer answer = plx_poll_evented_ready(&listener->io, cx, PLX_READ, &seen);
        if (answer != PLX_READY)
            return answer;
        peer->length = sizeof peer->storage;
        int fd = accept4(listener->io.fd, (struct sockaddr *)&peer->storage, &peer->length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            *stream = (plx_tcp_stream){plx_poll_evented_of(fd)};
            return PLX_READY;
        }
        if (would_block(errno))
            plx_poll_evented_clear(&listener->io, PLX_READ, seen);
        else if (!is_passing(errno))
            return plx_fail(cx, -errno);
    }
}

void plx__print_tcp_incoming(char *text, size_t size, const void *item)
{
    plx__print_tcp_stream(text, size, &((const plx_tcp_incoming_item *)item)->stream);
}

void plx__drop_tcp_incoming(void *item)
{
    plx_tcp_stream_drop(&((plx_tcp_incoming_item *)item)->stream);
}

PLX_LEAF_DEFINE(plx_tcp_incoming)

enum plx_answer plx_tcp_incoming_poll(plx_tcp_incoming *self, plx_context *cx, plx_tcp_incoming_item *out)
{
    out->end = false;
    return plx_tcp_listener_poll_accept(&self->listener, cx, &out->stream, &out->peer);
}

void plx_tcp_incoming_drop(plx_tcp_incoming *self)
{
    plx_tcp_listener_drop(&self->listener);
}
