/* SPDX-License-Identifier: MIT
 *
 * Reading and writing a stream: see io.h.
 */
#include "lib/net/io.h"

#include <errno.h>
#include <stdio.h>

/* ── write_all: WRITING until all is out, then Ready(stream) ──────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_write_all)

enum plx_answer plx_write_all_poll(plx_write_all *self, plx_context *cx, plx_tcp_stream *out)
{
    if (self->refused)
        return plx_fail(cx, self->refused);
    while (self->done < self->size) {
        size_t put;
        enum plx_answer answer = plx_tcp_stream_poll_write(&self->stream, cx, self->bytes + self->done,
                                                           self->size - self->done, &put);
        if (answer == PLX_NOT_READY)
            plx_detail(cx, "%zu of %zu bytes", self->done, self->size);
        if (answer != PLX_READY)
            return answer;
        if (put == 0)
            return plx_fail(cx, -EIO);
        self->done += put;
    }
    *out = PLX_MOVE(self->stream);
    return PLX_READY;
}

void plx_write_all_drop(plx_write_all *self)
{
    plx_tcp_stream_drop(&self->stream);
}

/* ── read_exact: READING until all is there, then Ready(stream) ───────────────────────────────────── */

PLX_LEAF_DEFINE(plx_read_exact)

enum plx_answer plx_read_exact_poll(plx_read_exact *self, plx_context *cx, plx_tcp_stream *out)
{
    if (self->refused)
        return plx_fail(cx, self->refused);
    while (self->done < self->size) {
        size_t got;
        enum plx_answer answer = plx_tcp_stream_poll_read(&self->stream, cx, self->bytes + self->done,
                                                          self->size - self->done, &got);
        if (answer == PLX_NOT_READY)
            plx_detail(cx, "%zu of %zu bytes", self->done, self->size);
        if (answer != PLX_READY)
            return answer;
        if (got == 0)
            return plx_fail(cx, PLX_UNEXPECTED_END);
        self->done += got;
    }
    *out = PLX_MOVE(self->stream);
    return PLX_READY;
}

void plx_read_exact_drop(plx_read_exact *self)
{
    plx_tcp_stream_drop(&self->stream);
}

/* ── read_some ────────────────────────────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_read_some)

enum plx_answer plx_read_some_poll(plx_read_some *self, plx_context *cx, plx_read_some_item *out)
{
    enum plx_answer answer = plx_tcp_stream_poll_read(&self->stream, cx, self->bytes, self->size,
                                                      &out->count);
    if (answer == PLX_READY)
        out->stream = PLX_MOVE(self->stream);
    return answer;
}

void plx_read_some_drop(plx_read_some *self)
{
    plx_tcp_stream_drop(&self->stream);
}

void plx__print_read_some(char *text, size_t size, const void *item)
{
    const plx_read_some_item *read = item;
    snprintf(text, size, "Sock %d, %zu bytes", plx_tcp_stream_fd(&read->stream), read->count);
}

void plx__drop_read_some(void *item)
{
    plx_tcp_stream_drop(&((plx_read_some_item *)item)->stream);
}
