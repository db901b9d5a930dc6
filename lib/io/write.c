/* SPDX-License-Identifier: MIT
 *
 * Futures that write to a plx_stream: see write.h.
 */
#include "lib/io/write.h"

#include <errno.h>
#include <string.h>

/* ── write: one write ─────────────────────────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_stream_write)

enum plx_answer plx_stream_write_poll(plx_stream_write *self, plx_context *cx, size_t *out)
{
    return plx_stream_poll_write(self->stream, cx, self->bytes, self->size, out);
}

void plx_stream_write_drop(plx_stream_write *self)
{
    (void)self;
}

/* ── write_all: WRITING until all is out ──────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_stream_write_all)

enum plx_answer plx_stream_write_all_poll(plx_stream_write_all *self, plx_context *cx, size_t *out)
{
    while (self->done < self->size) {
        size_t put;
        enum plx_answer answer = plx_stream_poll_write(self->stream, cx, self->bytes + self->done,
                                                       self->size - self->done, &put);
        if (answer == PLX_NOT_READY)
            plx_detail(cx, "%zu of %zu bytes", self->done, self->size);
        if (answer != PLX_READY)
            return answer;
        if (put == 0)
            return plx_fail(cx, -EIO);
        self->done += put;
    }
    *out = self->done;
    return PLX_READY;
}

void plx_stream_write_all_drop(plx_stream_write_all *self)
{
    (void)self;
}

/* ── writev: WRITING until all parts are out ──────────────────────────────────────────────────────────────
 *
 * A write may end in the middle of a part. The caller's table is not touched: a few parts at a time are
 * copied, the first without what is out already.
 */
PLX_LEAF_DEFINE(plx_stream_writev)

enum { PARTS_AT_ONCE = 16 };

static void skip(plx_stream_writev *self, size_t put)
{
    self->done += put;
    self->offset += put;
    while (self->at < self->count && self->offset >= self->parts[self->at].iov_len)
        self->offset -= self->parts[self->at++].iov_len;
}

static int next_parts(const plx_stream_writev *self, struct iovec next[PARTS_AT_ONCE])
{
    int count = self->count - self->at < PARTS_AT_ONCE ? self->count - self->at : PARTS_AT_ONCE;
    memcpy(next, self->parts + self->at, (size_t)count * sizeof *next);
    next[0].iov_base = (char *)next[0].iov_base + self->offset;
    next[0].iov_len -= self->offset;
    return count;
}

enum plx_answer plx_stream_writev_poll(plx_stream_writev *self, plx_context *cx, size_t *out)
{
    skip(self, 0); /* empty parts at the beginning */
    while (self->at < self->count) {
        struct iovec next[PARTS_AT_ONCE];
        size_t put;
        enum plx_answer answer = plx_stream_poll_writev(self->stream, cx, next, next_parts(self, next), &put);
        if (answer == PLX_NOT_READY)
            plx_detail(cx, "part %d of %d", self->at + 1, self->count);
        if (answer != PLX_READY)
            return answer;
        if (put == 0)
            return plx_fail(cx, -EIO);
        skip(self, put);
    }
    *out = self->done;
    return PLX_READY;
}

void plx_stream_writev_drop(plx_stream_writev *self)
{
    (void)self;
}

/* ── flush, shutdown ──────────────────────────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_stream_flush)

enum plx_answer plx_stream_flush_poll(plx_stream_flush *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    return plx_stream_poll_flush(self->stream, cx);
}

void plx_stream_flush_drop(plx_stream_flush *self)
{
    (void)self;
}

PLX_LEAF_DEFINE(plx_stream_shutdown)

enum plx_answer plx_stream_shutdown_poll(plx_stream_shutdown *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    return plx_stream_poll_shutdown(self->stream, cx);
}

void plx_stream_shutdown_drop(plx_stream_shutdown *self)
{
    (void)self;
}
