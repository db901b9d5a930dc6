/* SPDX-License-Identifier: MIT
 *
 * Futures that read a plx_stream: see read.h.
 */
#include "lib/io/read.h"

#include <errno.h>

/* ── read, readv: one read ────────────────────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_stream_read)

enum plx_answer plx_stream_read_poll(plx_stream_read *self, plx_context *cx, size_t *out)
{
    return plx_stream_poll_read(self->stream, cx, self->bytes, self->size, out);
}

void plx_stream_read_drop(plx_stream_read *self)
{
    (void)self;
}

PLX_LEAF_DEFINE(plx_stream_readv)

enum plx_answer plx_stream_readv_poll(plx_stream_readv *self, plx_context *cx, size_t *out)
{
    return plx_stream_poll_readv(self->stream, cx, self->parts, self->count, out);
}

void plx_stream_readv_drop(plx_stream_readv *self)
{
    (void)self;
}

/* ── read_exact: READING until all is there ───────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_stream_read_exact)

enum plx_answer plx_stream_read_exact_poll(plx_stream_read_exact *self, plx_context *cx, size_t *out)
{
    while (self->done < self->size) {
        size_t got;
        enum plx_answer answer = plx_stream_poll_read(self->stream, cx, self->bytes + self->done,
                                                      self->size - self->done, &got);
        if (answer == PLX_NOT_READY)
            plx_detail(cx, "%zu of %zu bytes", self->done, self->size);
        if (answer != PLX_READY)
            return answer;
        if (got == 0)
            return plx_fail(cx, PLX_UNEXPECTED_END);
        self->done += got;
    }
    *out = self->done;
    return PLX_READY;
}

void plx_stream_read_exact_drop(plx_stream_read_exact *self)
{
    (void)self;
}

/* ── read_to_end: READING until there is nothing more ─────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_stream_read_to_end)

enum { READ_AT_ONCE = 4096 };

/* One byte more than the limit may be read, or it could not be told that there is one. It is not kept. */
static enum plx_answer read_more(plx_stream_read_to_end *self, plx_context *cx, size_t *got)
{
    struct plx_bytes *into = self->into;
    size_t left = self->limit - self->done;
    char one_more;
    if (left == 0)
        return plx_stream_poll_read(self->stream, cx, &one_more, 1, got);
    int error = into->room - into->size < READ_AT_ONCE / 2 ? plx_bytes_reserve(into, READ_AT_ONCE) : 0;
    if (error)
        return plx_fail(cx, error);
    size_t room = into->room - into->size;
    return plx_stream_poll_read(self->stream, cx, into->at + into->size, room < left ? room : left, got);
}

enum plx_answer plx_stream_read_to_end_poll(plx_stream_read_to_end *self, plx_context *cx, size_t *out)
{
    for (;;) {
        size_t got;
        enum plx_answer answer = read_more(self, cx, &got);
        if (answer == PLX_NOT_READY)
            plx_detail(cx, "%zu bytes", self->done);
        if (answer != PLX_READY)
            return answer;
        if (got == 0)
            break;
        if (self->done == self->limit)
            return plx_fail(cx, -EMSGSIZE);
        self->into->size += got;
        self->done += got;
    }
    *out = self->done;
    return PLX_READY;
}

void plx_stream_read_to_end_drop(plx_stream_read_to_end *self)
{
    (void)self;
}
