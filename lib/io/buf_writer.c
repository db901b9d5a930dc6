/* SPDX-License-Identifier: MIT
 *
 * The buffered writer: see buf_writer.h.
 */
#include "lib/io/buf_writer.h"

#include <errno.h>

void plx_buf_writer_drop(plx_buf_writer *writer)
{
    plx_buf_writer gone = PLX_MOVE(*writer);
    plx_bytes_done(&gone.kept);
    plx_stream_drop(&gone.stream);
}

int plx_buf_writer_put(plx_buf_writer *writer, const void *bytes, size_t size)
{
    return plx_bytes_add(&writer->kept, bytes, size);
}

/* Memory that one large burst needed is given back. */
enum plx_answer plx__drain(struct plx_bytes *kept, size_t *done, plx_stream *stream, plx_context *cx)
{
    enum { KEEP_ROOM = 1 << 16 };
    while (*done < kept->size) {
        size_t put;
        enum plx_answer answer = plx_stream_poll_write(stream, cx, kept->at + *done, kept->size - *done,
                                                       &put);
        if (answer != PLX_READY)
            return answer;
        if (put == 0)
            return plx_fail(cx, -EIO);
        *done += put;
    }
    *done = kept->size = 0;
    if (kept->room > KEEP_ROOM)
        plx_bytes_done(kept);
    return PLX_READY;
}

/* It takes of a write what fits, and hands on what it has when nothing does. */
enum plx_answer plx_buf_writer_poll_write(plx_buf_writer *writer, plx_context *cx, const void *bytes,
                                          size_t size, size_t *count)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    size_t kept = plx_buf_writer_kept(writer);
    if (kept && (kept >= writer->limit || size > writer->limit - kept)) {
        enum plx_answer answer = plx__drain(&writer->kept, &writer->done, &writer->stream, cx);
        if (answer != PLX_READY)
            return answer;
        kept = 0;
    }
    if (!kept && size >= writer->limit)
        return plx_stream_poll_write(&writer->stream, cx, bytes, size, count);
    int error = plx_bytes_add(&writer->kept, bytes, size);
    if (error)
        return plx_fail(cx, error);
    *count = size;
    plx_budget_spend(cx);
    return PLX_READY;
}

enum plx_answer plx_buf_writer_poll_flush(plx_buf_writer *writer, plx_context *cx)
{
    enum plx_answer answer = plx__drain(&writer->kept, &writer->done, &writer->stream, cx);
    return answer == PLX_READY ? plx_stream_poll_flush(&writer->stream, cx) : answer;
}

/* ── as a stream ──────────────────────────────────────────────────────────────────────────────────────── */

static plx_buf_writer *writer_of(plx_stream *self)
{
    return self->object;
}

static enum plx_answer lent_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                  size_t *count)
{
    return plx_buf_writer_poll_write(writer_of(self), cx, bytes, size, count);
}

static enum plx_answer lent_flush(plx_stream *self, plx_context *cx)
{
    return plx_buf_writer_poll_flush(writer_of(self), cx);
}

static enum plx_answer lent_shutdown(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_shutdown(&writer_of(self)->stream, cx);
}

static enum plx_answer lent_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    return plx_stream_poll_read(&writer_of(self)->stream, cx, bytes, size, count);
}

static enum plx_answer lent_readv(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                  int parts_count, size_t *count)
{
    return plx_stream_poll_readv(&writer_of(self)->stream, cx, parts, parts_count, count);
}

static const struct plx_stream_ops writer_ops = {
    .name = "buffered",
    .read = lent_read,
    .readv = lent_readv,
    .write = lent_write,
    .flush = lent_flush,
    .shutdown = lent_shutdown, /* a flush comes before it: plx_stream_poll_shutdown */
};

plx_stream plx_stream_of_buf_writer(plx_buf_writer *writer)
{
    return (plx_stream){.ops = &writer_ops, .object = writer};
}
