/* SPDX-License-Identifier: MIT
 *
 * Copying from stream to stream.
 *
 *     plx_copy                 from one to the other, until the end; ready with how many bytes
 *     plx_copy_bidirectional   both ways at once; the end of one way is handed on by a shutdown, and the
 *                              other way goes on: what a proxy does
 *
 * The streams are borrowed (stream.h); one may be both `from` and `to`: that is an echo. When nothing comes
 * for the moment, what was written is flushed. A stream that takes nothing fails with EIO (write.h).
 * Copying gives the worker away when the task's budget is used up, however fast both sides are.
 *
 * Source: tokio 0.1 `io::copy`; Tokio 1.x `copy_bidirectional`.
 */
#ifndef PLX_IO_COPY_H
#define PLX_IO_COPY_H

#include "lib/io/bytes.h"
#include "lib/io/stream.h"

/* One way. Allocates its buffer at the first poll. */
struct plx__way {
    char *bytes;
    size_t begin, end; /* what has been read and not yet written */
    uint64_t copied;
    enum { PLX__WAY_OPEN, PLX__WAY_ENDING, PLX__WAY_ENDED } stage;
    bool unflushed;
};

typedef struct plx_copy {
    plx_stream *from, *to;
    struct plx__way way;
} plx_copy;
typedef uint64_t plx_copy_item;
PLX_LEAF_DECLARE(plx_copy)

PLX_INLINE plx_copy plx_copy_new(plx_stream *from, plx_stream *to)
{
    return (plx_copy){.from = from, .to = to};
}

typedef struct plx_copied {
    uint64_t there, back; /* from a to b, from b to a */
} plx_copied;

typedef struct plx_copy_bidirectional {
    plx_stream *a, *b;
    struct plx__way there, back;
    bool back_first;
} plx_copy_bidirectional;
typedef plx_copied plx_copy_bidirectional_item;
PLX_LEAF_DECLARE(plx_copy_bidirectional)

PLX_INLINE plx_copy_bidirectional plx_copy_bidirectional_new(plx_stream *a, plx_stream *b)
{
    return (plx_copy_bidirectional){.a = a, .b = b};
}

#endif
