/* SPDX-License-Identifier: MIT
 *
 * Reading and writing sockets, and other descriptors: what the types of lib/net and plx_stream share.
 * Inside the library.
 */
#ifndef PLX_IO_DESCRIPTOR_H
#define PLX_IO_DESCRIPTOR_H

#include "lib/io/stream.h"

/* recv and send; of several parts; without a signal when nobody reads. `drains`: see plx_stream_ops. */
enum plx_answer plx__socket_recv(plx_poll_evented *io, plx_context *cx, void *bytes, size_t size, int flags,
                                 bool drains, size_t *count);
enum plx_answer plx__socket_send(plx_poll_evented *io, plx_context *cx, const void *bytes, size_t size,
                                 bool drains, size_t *count);
enum plx_answer plx__socket_recvv(plx_poll_evented *io, plx_context *cx, const struct iovec *parts,
                                  int parts_count, bool drains, size_t *count);
enum plx_answer plx__socket_sendv(plx_poll_evented *io, plx_context *cx, const struct iovec *parts,
                                  int parts_count, bool drains, size_t *count);

/* shutdown(2); a connection that is gone already is as shut as can be. 0 or a negative errno. */
int plx__socket_shutdown(plx_poll_evented *io, int how);

/* Makes a descriptor non-blocking. 0 or a negative errno. */
int plx__set_nonblocking(int fd);

/* The table of a plx_stream that is a socket: `what` is its kind. */
enum plx_answer plx__socket_stream_read(plx_stream *self, plx_context *cx, void *bytes, size_t size,
                                        size_t *count);
enum plx_answer plx__socket_stream_readv(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                         int parts_count, size_t *count);
enum plx_answer plx__socket_stream_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                         size_t *count);
enum plx_answer plx__socket_stream_writev(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                          int parts_count, size_t *count);
enum plx_answer plx__socket_stream_shutdown(plx_stream *self, plx_context *cx);
void plx__descriptor_stream_drop(plx_stream *self);

#define PLX__SOCKET_STREAM_OPS(what, is_tcp)                                                                 \
    {                                                                                                        \
        .name = (what), .is_descriptor = true, .drains = (is_tcp), .read = plx__socket_stream_read,          \
        .readv = plx__socket_stream_readv, .write = plx__socket_stream_write,                                \
        .writev = plx__socket_stream_writev, .shutdown = plx__socket_stream_shutdown,                        \
        .drop = plx__descriptor_stream_drop,                                                                 \
    }

#endif
