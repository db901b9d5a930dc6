/* SPDX-License-Identifier: MIT
 *
 * Futures that write to a plx_stream.
 *
 *     plx_stream_write       what fits                   ready with the count
 *     plx_stream_write_all   all of it
 *     plx_stream_writev      all of several parts, in as few system calls as can be
 *     plx_stream_flush       hands on what a buffer kept back
 *     plx_stream_shutdown    flushes, and lets the other side read the end
 *
 * They borrow the stream and the memory (stream.h). A stream that takes nothing (a write of 0) fails with
 * EIO: to try again would go on for ever. One that is dropped before its end has written `done` bytes.
 *
 * Source: Tokio 1.x `AsyncWriteExt`; for the write of 0, Tokio #57 and #576.
 */
#ifndef PLX_IO_WRITE_H
#define PLX_IO_WRITE_H

#include "lib/io/stream.h"

typedef struct plx_stream_write {
    plx_stream *stream;
    const char *bytes;
    size_t size;
} plx_stream_write;
typedef size_t plx_stream_write_item;
PLX_LEAF_DECLARE(plx_stream_write)

PLX_INLINE plx_stream_write plx_stream_write_new(plx_stream *stream, const void *bytes, size_t size)
{
    return (plx_stream_write){stream, bytes, size};
}

typedef struct plx_stream_write_all {
    plx_stream *stream;
    const char *bytes;
    size_t size, done;
} plx_stream_write_all;
typedef size_t plx_stream_write_all_item;
PLX_LEAF_DECLARE(plx_stream_write_all)

PLX_INLINE plx_stream_write_all plx_stream_write_all_new(plx_stream *stream, const void *bytes, size_t size)
{
    return (plx_stream_write_all){stream, bytes, size, 0};
}

typedef struct plx_stream_writev {
    plx_stream *stream;
    const struct iovec *parts;
    int count;
    int at;        /* the part that is being written, */
    size_t offset; /* and how much of it has been */
    size_t done;
} plx_stream_writev;
typedef size_t plx_stream_writev_item;
PLX_LEAF_DECLARE(plx_stream_writev)

PLX_INLINE plx_stream_writev plx_stream_writev_new(plx_stream *stream, const struct iovec *parts, int count)
{
    return (plx_stream_writev){.stream = stream, .parts = parts, .count = count};
}

typedef struct plx_stream_flush {
    plx_stream *stream;
} plx_stream_flush;
typedef plx_unit plx_stream_flush_item;
PLX_LEAF_DECLARE(plx_stream_flush)

PLX_INLINE plx_stream_flush plx_stream_flush_new(plx_stream *stream)
{
    return (plx_stream_flush){stream};
}

typedef struct plx_stream_shutdown {
    plx_stream *stream;
} plx_stream_shutdown;
typedef plx_unit plx_stream_shutdown_item;
PLX_LEAF_DECLARE(plx_stream_shutdown)

PLX_INLINE plx_stream_shutdown plx_stream_shutdown_new(plx_stream *stream)
{
    return (plx_stream_shutdown){stream};
}

#endif
