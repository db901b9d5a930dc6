/* SPDX-License-Identifier: MIT
 *
 * The buffered reader: see buf_reader.h.
 */
#include "lib/io/buf_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void plx_buf_reader_drop(plx_buf_reader *reader)
{
    plx_buf_reader gone = PLX_MOVE(*reader);
    free(gone.bytes);
    plx_stream_drop(&gone.stream);
}

void plx_buf_reader_consume(plx_buf_reader *reader, size_t size)
{
    size_t window = reader->end - reader->begin;
    reader->begin += size < window ? size : window;
    if (reader->begin == reader->end)
        reader->begin = reader->end = 0;
}

/* ── room ─────────────────────────────────────────────────────────────────────────────────────────────── */

enum { KEEP_ROOM = 1 << 16 };

/* Memory that one large frame needed. */
static void give_back(plx_buf_reader *reader)
{
    free(reader->bytes);
    reader->bytes = NULL;
    reader->begin = reader->end = reader->room = 0;
}

static int grow(plx_buf_reader *reader, size_t limit)
{
    size_t room = reader->room ? 2 * reader->room : reader->room_at_first;
    if (room > limit && limit > reader->room)
        room = limit;
    char *bytes = realloc(reader->bytes, room);
    if (!bytes)
        return -ENOMEM;
    reader->bytes = bytes;
    reader->room = room;
    return 0;
}

/* Room behind the window: by moving it to the front when that gains much or nothing else is left, so that
 * no byte is moved again and again; else by growing. */
static int make_room(plx_buf_reader *reader, size_t limit)
{
    size_t window = reader->end - reader->begin;
    if (window == 0 && reader->room > KEEP_ROOM && reader->room > reader->room_at_first)
        give_back(reader);
    if (reader->end < reader->room)
        return 0;
    if (window >= limit)
        return -EMSGSIZE;
    if (reader->begin > reader->room / 2 || (reader->begin && reader->room >= limit)) {
        memmove(reader->bytes, reader->bytes + reader->begin, window);
        reader->begin = 0;
        reader->end = window;
        return 0;
    }
    return grow(reader, limit);
}

enum plx_answer plx_buf_reader_poll_more(plx_buf_reader *reader, plx_context *cx, size_t limit, size_t *got)
{
    int error = reader->end - reader->begin >= limit ? -EMSGSIZE : make_room(reader, limit);
    if (error)
        return plx_fail(cx, error);
    enum plx_answer answer = plx_stream_poll_read(&reader->stream, cx, reader->bytes + reader->end,
                                                  reader->room - reader->end, got);
    if (answer == PLX_READY)
        reader->end += *got;
    return answer;
}

/* ── as a stream ──────────────────────────────────────────────────────────────────────────────────────── */

/* A read as large as the buffer goes past it. */
enum plx_answer plx_buf_reader_poll_read(plx_buf_reader *reader, plx_context *cx, void *bytes, size_t size,
                                         size_t *count)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    if (reader->begin == reader->end) {
        size_t got;
        if (size >= reader->room_at_first)
            return plx_stream_poll_read(&reader->stream, cx, bytes, size, count);
        enum plx_answer answer = plx_buf_reader_poll_more(reader, cx, SIZE_MAX, &got);
        if (answer != PLX_READY)
            return answer;
    } else {
        plx_budget_spend(cx);
    }
    plx_slice window = plx_buf_reader_window(reader);
    *count = size < window.size ? size : window.size;
    if (*count)
        memcpy(bytes, window.at, *count);
    plx_buf_reader_consume(reader, *count);
    return PLX_READY;
}

static enum plx_answer lent_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    return plx_buf_reader_poll_read(self->object, cx, bytes, size, count);
}

static plx_stream *inner(plx_stream *self)
{
    return &((plx_buf_reader *)self->object)->stream;
}

static enum plx_answer lent_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                  size_t *count)
{
    return plx_stream_poll_write(inner(self), cx, bytes, size, count);
}

static enum plx_answer lent_writev(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                   int parts_count, size_t *count)
{
    return plx_stream_poll_writev(inner(self), cx, parts, parts_count, count);
}

static enum plx_answer lent_flush(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_flush(inner(self), cx);
}

static enum plx_answer lent_shutdown(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_shutdown(inner(self), cx);
}

static const struct plx_stream_ops reader_ops = {
    .name = "buffered",
    .read = lent_read,
    .write = lent_write,
    .writev = lent_writev,
    .flush = lent_flush,
    .shutdown = lent_shutdown,
};

plx_stream plx_stream_of_buf_reader(plx_buf_reader *reader)
{
    return (plx_stream){.ops = &reader_ops, .object = reader};
}

/* ── read_until, read_line ────────────────────────────────────────────────────────────────────────────────
 *
 * SEARCHING   the window has it     → Ready(slice): consumed, but its bytes stay where they are until the
 * next use
 *             it has not            → more is read: NotReady, Failed, or the search goes on behind that
 *             the stream has ended  → Ready(what is left), then Ready(end)
 */
static bool find(plx_read_until *self, size_t *size)
{
    plx_slice window = plx_buf_reader_window(self->reader);
    size_t most = window.size < self->limit ? window.size : self->limit;
    if (most <= self->searched)
        return false;
    char *at = memchr(window.at + self->searched, self->delimiter, most - self->searched);
    self->searched = most;
    if (at)
        *size = (size_t)(at - window.at) + 1;
    return at;
}

PLX_LEAF_DEFINE(plx_read_until)

enum plx_answer plx_read_until_poll(plx_read_until *self, plx_context *cx, plx_slice *out)
{
    plx_buf_reader *reader = self->reader;
    size_t size = 0, got;
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    while (!find(self, &size)) {
        enum plx_answer answer = plx_buf_reader_poll_more(reader, cx, self->limit, &got);
        size = reader->end - reader->begin;
        if (answer == PLX_NOT_READY)
            plx_detail(cx, "%zu bytes", size);
        if (answer != PLX_READY)
            return answer;
        if (got == 0)
            break;
    }
    *out = plx_buf_reader_window(reader);
    out->size = size;
    out->end = size == 0;
    self->searched = 0; /* it may be asked for the next one */
    plx_buf_reader_consume(reader, size);
    plx_budget_spend(cx);
    return PLX_READY;
}

void plx_read_until_drop(plx_read_until *self)
{
    (void)self;
}

PLX_LEAF_DEFINE(plx_read_line)

enum plx_answer plx_read_line_poll(plx_read_line *self, plx_context *cx, plx_slice *out)
{
    enum plx_answer answer = plx_read_until_poll(&self->until, cx, out);
    if (answer == PLX_READY && out->size && out->at[out->size - 1] == '\n') {
        out->size--;
        if (out->size && out->at[out->size - 1] == '\r')
            out->size--;
    }
    return answer;
}

void plx_read_line_drop(plx_read_line *self)
{
    (void)self;
}
