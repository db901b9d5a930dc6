/* SPDX-License-Identifier: MIT
 *
 * Split: see split.h.
 */
#include "lib/io/split.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct whole {
    plx_stream stream;
    _Atomic uint32_t halves;
};

static plx_stream *whole_of(plx_stream *half)
{
    return &((struct whole *)half->object)->stream;
}

static void drop_half(plx_stream *self)
{
    struct whole *whole = self->object;
    if (atomic_fetch_sub_explicit(&whole->halves, 1, memory_order_acq_rel) != 1)
        return;
    plx_stream_drop(&whole->stream);
    free(whole);
}

/* ── the reading half ─────────────────────────────────────────────────────────────────────────────────── */

static enum plx_answer half_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    return plx_stream_poll_read(whole_of(self), cx, bytes, size, count);
}

static enum plx_answer half_readv(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                  int parts_count, size_t *count)
{
    return plx_stream_poll_readv(whole_of(self), cx, parts, parts_count, count);
}

static const struct plx_stream_ops reader_ops = {
    .name = "reader",
    .read = half_read,
    .readv = half_readv,
    .drop = drop_half,
};

/* ── the writing half ─────────────────────────────────────────────────────────────────────────────────── */

static enum plx_answer half_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                  size_t *count)
{
    return plx_stream_poll_write(whole_of(self), cx, bytes, size, count);
}

static enum plx_answer half_writev(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                   int parts_count, size_t *count)
{
    return plx_stream_poll_writev(whole_of(self), cx, parts, parts_count, count);
}

static enum plx_answer half_flush(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_flush(whole_of(self), cx);
}

static enum plx_answer half_shutdown(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_shutdown(whole_of(self), cx);
}

static const struct plx_stream_ops writer_ops = {
    .name = "writer",
    .write = half_write,
    .writev = half_writev,
    .flush = half_flush,
    .shutdown = half_shutdown,
    .drop = drop_half,
};

/* ── apart, and together ──────────────────────────────────────────────────────────────────────────────── */

int plx_stream_split(plx_stream *stream, plx_stream *reader, plx_stream *writer)
{
    struct whole *whole = calloc(1, sizeof *whole);
    if (!whole)
        return -ENOMEM;
    atomic_init(&whole->halves, 2);
    whole->stream = PLX_MOVE(*stream);
    *reader = (plx_stream){.ops = &reader_ops, .object = whole};
    *writer = (plx_stream){.ops = &writer_ops, .object = whole};
    return 0;
}

int plx_stream_reunite(plx_stream *reader, plx_stream *writer, plx_stream *stream)
{
    if (reader->ops != &reader_ops || writer->ops != &writer_ops || reader->object != writer->object)
        return -EINVAL;
    struct whole *whole = reader->object;
    *stream = whole->stream;
    free(whole);
    *reader = *writer = (plx_stream){0};
    return 0;
}
