/* SPDX-License-Identifier: MIT
 *
 * Futures that read a plx_stream.
 *
 *     plx_stream_read        what is there               ready with the count; 0 is the end
 *     plx_stream_readv       the same, into several parts
 *     plx_stream_read_exact  so many bytes, or Failed(PLX_UNEXPECTED_END)
 *     plx_stream_read_to_end all that comes, into a growing array
 *
 * They borrow the stream and the memory (stream.h). One that is dropped before its end: plx_stream_read has
 * taken nothing; what read_exact had read is in its memory, `done` bytes; read_to_end's is in the array.
 *
 * Source: Tokio 1.x `AsyncReadExt`.
 */
#ifndef PLX_IO_READ_H
#define PLX_IO_READ_H

#include "lib/io/bytes.h"
#include "lib/io/stream.h"

typedef struct plx_stream_read {
    plx_stream *stream;
    char *bytes;
    size_t size;
} plx_stream_read;
typedef size_t plx_stream_read_item;
PLX_LEAF_DECLARE(plx_stream_read)

PLX_INLINE plx_stream_read plx_stream_read_new(plx_stream *stream, void *bytes, size_t size)
{
    return (plx_stream_read){stream, bytes, size};
}

typedef struct plx_stream_readv {
    plx_stream *stream;
    const struct iovec *parts;
    int count;
} plx_stream_readv;
typedef size_t plx_stream_readv_item;
PLX_LEAF_DECLARE(plx_stream_readv)

PLX_INLINE plx_stream_readv plx_stream_readv_new(plx_stream *stream, const struct iovec *parts, int count)
{
    return (plx_stream_readv){stream, parts, count};
}

typedef struct plx_stream_read_exact {
    plx_stream *stream;
    char *bytes;
    size_t size, done;
} plx_stream_read_exact;
typedef size_t plx_stream_read_exact_item;
PLX_LEAF_DECLARE(plx_stream_read_exact)

PLX_INLINE plx_stream_read_exact plx_stream_read_exact_new(plx_stream *stream, void *bytes, size_t size)
{
    return (plx_stream_read_exact){stream, bytes, size, 0};
}

/* Adds to `into` until the end; ready with how many bytes it has added. More than `limit` of them:
 * Failed(EMSGSIZE) when the limit has been read and there is more. */
typedef struct plx_stream_read_to_end {
    plx_stream *stream;
    struct plx_bytes *into;
    size_t limit, done;
} plx_stream_read_to_end;
typedef size_t plx_stream_read_to_end_item;
PLX_LEAF_DECLARE(plx_stream_read_to_end)

PLX_INLINE plx_stream_read_to_end plx_stream_read_to_end_new(plx_stream *stream, struct plx_bytes *into,
                                                             size_t limit)
{
    return (plx_stream_read_to_end){stream, into, limit, 0};
}

#endif
