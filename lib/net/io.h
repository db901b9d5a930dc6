/* SPDX-License-Identifier: MIT
 *
 * Futures that read and write a TCP stream: exactly so many bytes, or what is there. (For streams of any
 * kind, lines, copying and more: lib/io.)
 *
 * Each owns the stream while it works, and is ready with it; when it fails, or is dropped, the stream is
 * closed. The bytes belong to the caller and must stay where they are until the future has ended.
 *
 * Source: tokio 0.1 `io::write_all`, `io::read_exact`, `io::read`.
 */
#ifndef PLX_NET_IO_H
#define PLX_NET_IO_H

#include "lib/net/tcp.h"

/* Writes all `size` bytes. Fails with EPIPE and the like; with EIO should the system take nothing. */
typedef struct plx_write_all {
    plx_tcp_stream stream;
    const char *bytes;
    size_t size, done;
    int refused; /* see plx_write_all_failed */
} plx_write_all;
typedef plx_tcp_stream plx_write_all_item;
PLX_LEAF_DECLARE(plx_write_all)

PLX_INLINE plx_write_all plx_write_all_new(plx_tcp_stream stream, const void *bytes, size_t size)
{
    return (plx_write_all){.stream = stream, .bytes = bytes, .size = size};
}

/* A write that only fails: what a function of a chain returns when it does not want to go on. */
PLX_INLINE plx_write_all plx_write_all_failed(plx_tcp_stream stream, int code)
{
    return (plx_write_all){.stream = stream, .refused = code};
}

/* Reads exactly `size` bytes. Fails with PLX_UNEXPECTED_END when the stream ends before. */
typedef struct plx_read_exact {
    plx_tcp_stream stream;
    char *bytes;
    size_t size, done;
    int refused;
} plx_read_exact;
typedef plx_tcp_stream plx_read_exact_item;
PLX_LEAF_DECLARE(plx_read_exact)

PLX_INLINE plx_read_exact plx_read_exact_new(plx_tcp_stream stream, void *bytes, size_t size)
{
    return (plx_read_exact){.stream = stream, .bytes = bytes, .size = size};
}

PLX_INLINE plx_read_exact plx_read_exact_failed(plx_tcp_stream stream, int code)
{
    return (plx_read_exact){.stream = stream, .refused = code};
}

/* Reads what is there, at most `size` bytes; `count` is 0 at the end of the stream. */
typedef struct plx_read_some {
    plx_tcp_stream stream;
    char *bytes;
    size_t size;
} plx_read_some;
typedef struct plx_read_some_item {
    plx_tcp_stream stream;
    size_t count;
} plx_read_some_item;
PLX_LEAF_DECLARE(plx_read_some)

PLX_INLINE plx_read_some plx_read_some_new(plx_tcp_stream stream, void *bytes, size_t size)
{
    return (plx_read_some){stream, bytes, size};
}

#endif
