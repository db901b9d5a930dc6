/* SPDX-License-Identifier: MIT
 *
 * TCP streams and listeners: see tcp.h.
 */
#include "lib/net/tcp.h"

#include "lib/io/descriptor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* ── streams ──────────────────────────────────────────────────────────────────────────────────────── */

int plx_tcp_stream_of(int fd, plx_tcp_stream *stream)
{
    int error = plx__set_nonblocking(fd);
    if (error)
        return error;
    *stream = (plx_tcp_stream){plx_poll_evented_try_first(fd)};
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

enum plx_answer plx_tcp_stream_poll_read(plx_tcp_stream *stream, plx_context *cx, void *bytes, size_t size,
                                         size_t *count)
{
    return plx__socket_recv(&stream->io, cx, bytes, size, 0, true, count);
}

enum plx_answer plx_tcp_stream_poll_write(plx_tcp_stream *stream, plx_context *cx, const void *bytes,
                                          size_t size, size_t *count)
{
    return plx__socket_send(&stream->io, cx, bytes, size, true, count);
}

enum plx_answer plx_tcp_stream_poll_readv(plx_tcp_stream *stream, plx_context *cx, const struct iovec *parts,
                                          int parts_count, size_t *count)
{
    return plx__socket_recvv(&stream->io, cx, parts, parts_count, true, count);
}

enum plx_answer plx_tcp_stream_poll_writev(plx_tcp_stream *stream, plx_context *cx, const struct iovec *parts,
                                           int parts_count, size_t *count)
{
    return plx__socket_sendv(&stream->io, cx, parts, parts_count, true, count);
}

enum plx_answer plx_tcp_stream_poll_peek(plx_tcp_stream *stream, plx_context *cx, void *bytes, size_t size,
                                         size_t *count)
{
    return plx__socket_recv(&stream->io, cx, bytes, size, MSG_PEEK, false, count);
}

int plx_tcp_stream_shutdown(plx_tcp_stream *stream, int how)
{
    return stream->io.open && shutdown(stream->io.fd, how) == 0 ? 0 : stream->io.open ? -errno : -EBADF;
}

int plx_tcp_stream_set_nodelay(plx_tcp_stream *stream, bool on)
{
    return plx_socket_set(plx_tcp_stream_fd(stream), PLX_SOCKET_NODELAY, on);
}

int plx_tcp_stream_set_keepalive(plx_tcp_stream *stream, int idle_s, int every_s, int count)
{
    const int fd = plx_tcp_stream_fd(stream);
    int error = plx_socket_set(fd, PLX_SOCKET_KEEPALIVE, idle_s > 0);
    if (error || idle_s == 0)
        return error;
    error = plx_socket_set(fd, PLX_SOCKET_KEEPALIVE_IDLE, idle_s);
    if (!error)
        error = plx_socket_set(fd, PLX_SOCKET_KEEPALIVE_EVERY, every_s);
    return error ? error : plx_socket_set(fd, PLX_SOCKET_KEEPALIVE_COUNT, count);
}

int plx_tcp_stream_local(const plx_tcp_stream *stream, struct plx_address *address)
{
    return plx_address_of_socket(plx_tcp_stream_fd(stream), address);
}

int plx_tcp_stream_peer(const plx_tcp_stream *stream, struct plx_address *address)
{
    return plx_address_of_peer(plx_tcp_stream_fd(stream), address);
}

static const struct plx_stream_ops tcp_ops = PLX__SOCKET_STREAM_OPS("tcp", true);

plx_stream plx_stream_of_tcp(plx_tcp_stream stream)
{
    return (plx_stream){.ops = &tcp_ops, .io = stream.io};
}

PLX_LEAF_DEFINE(plx_tcp_peek)

enum plx_answer plx_tcp_peek_poll(plx_tcp_peek *self, plx_context *cx, size_t *out)
{
    return plx_tcp_stream_poll_peek(self->stream, cx, self->bytes, self->size, out);
}

void plx_tcp_peek_drop(plx_tcp_peek *self)
{
    (void)self;
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

/* ── connect: socket.c has the states ─────────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_tcp_connect)

enum plx_answer plx_tcp_connect_poll(plx_tcp_connect *self, plx_context *cx, plx_tcp_stream *out)
{
    enum plx_answer answer = plx__socket_connect(&self->connecting, cx, &self->to);
    if (answer == PLX_READY)
        *out = (plx_tcp_stream){PLX_MOVE(self->connecting.io)};
    return answer;
}

void plx_tcp_connect_drop(plx_tcp_connect *self)
{
    plx__connecting_drop(&self->connecting);
}

/* ── listeners ────────────────────────────────────────────────────────────────────────────────────── */

static int set_all(int fd, int family, const struct plx_listen_options *options)
{
    int error = plx_socket_set(fd, PLX_SOCKET_REUSE_ADDRESS, !options->keep_address);
    if (!error && options->reuse_port)
        error = plx_socket_set(fd, PLX_SOCKET_REUSE_PORT, 1);
    if (!error && family == AF_INET6)
        error = plx_socket_set(fd, PLX_SOCKET_V6_ONLY, options->v6_only);
    if (!error && options->receive_buffer)
        error = plx_socket_set(fd, PLX_SOCKET_RECEIVE_BUFFER, options->receive_buffer);
    if (!error && options->send_buffer)
        error = plx_socket_set(fd, PLX_SOCKET_SEND_BUFFER, options->send_buffer);
    return error;
}

static int listen_at(int fd, const struct plx_address *at, const struct plx_listen_options *options,
                     plx_tcp_listener *listener)
{
    int error = set_all(fd, at->storage.ss_family, options);
    if (error)
        return error;
    if (bind(fd, (const struct sockaddr *)&at->storage, at->length) < 0 ||
        listen(fd, options->backlog ? options->backlog : BACKLOG) < 0)
        return -errno;
    listener->io = plx_poll_evented_of(fd);
    return plx_address_of_socket(fd, &listener->address);
}

int plx_tcp_listener_bind_with(struct plx_address at, const struct plx_listen_options *options,
                               plx_tcp_listener *listener)
{
    int fd = plx__socket_open(at.storage.ss_family, SOCK_STREAM);
    if (fd < 0)
        return fd;
    *listener = (plx_tcp_listener){0};
    int error = listen_at(fd, &at, options, listener);
    if (error) {
        *listener = (plx_tcp_listener){0};
        close(fd);
    }
    return error;
}

int plx_tcp_listener_bind(struct plx_address at, plx_tcp_listener *listener)
{
    return plx_tcp_listener_bind_with(at, &(struct plx_listen_options){0}, listener);
}

void plx_tcp_listener_drop(plx_tcp_listener *listener)
{
    plx__backoff_drop(&listener->backoff);
    plx_poll_evented_drop(&listener->io);
}

enum plx_answer plx_tcp_listener_poll_accept(plx_tcp_listener *listener, plx_context *cx,
                                             plx_tcp_stream *stream, struct plx_address *peer)
{
    return plx__socket_accept(&listener->io, &listener->backoff, cx, &stream->io, peer);
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
