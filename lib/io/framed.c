/* SPDX-License-Identifier: MIT
 *
 * A stream of frames: see framed.h.
 */
#include "lib/io/framed.h"

#include "lib/io/buf_writer.h"

void plx_framed_drop(plx_framed *framed)
{
    plx_framed gone = PLX_MOVE(*framed);
    plx_bytes_done(&gone.kept);
    plx_buf_reader_drop(&gone.in);
}

/* ── reading ──────────────────────────────────────────────────────────────────────────────────────────────
 *
 * DECODING   a frame          → Ready(slice)
 *            an error         → Failed, DECODING: the codec has used what was wrong
 *            something used   → DECODING
 *            needs more       → READING; at the end: a rest → Failed(UNEXPECTED_END), none → Ready(end)
 * READING    NotReady, Failed → the same
 *            bytes, or end    → DECODING
 */
static int decode(plx_framed *framed, plx_slice *frame, struct plx_decoded *seen)
{
    plx_slice window = plx_buf_reader_window(&framed->in);
    int error = framed->codec->ops->decode(framed->codec, window.at, window.size, framed->ended, seen);
    if (seen->found)
        *frame = (plx_slice){window.at + seen->at, seen->size, false};
    plx_buf_reader_consume(&framed->in, seen->used);
    return error;
}

static enum plx_answer at_the_end(plx_framed *framed, plx_context *cx, plx_slice *frame)
{
    size_t rest = framed->in.end - framed->in.begin;
    plx_buf_reader_consume(&framed->in, rest);
    if (rest)
        return plx_fail(cx, PLX_UNEXPECTED_END);
    *frame = (plx_slice){.end = true};
    return PLX_READY;
}

enum plx_answer plx_framed_poll_next(plx_framed *framed, plx_context *cx, plx_slice *frame)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    for (;;) {
        struct plx_decoded seen;
        size_t got;
        int error = decode(framed, frame, &seen);
        if (error)
            return plx_fail(cx, error);
        if (seen.found) {
            plx_budget_spend(cx);
            return PLX_READY;
        }
        if (seen.used)
            continue;
        if (framed->ended)
            return at_the_end(framed, cx, frame);
        enum plx_answer answer = plx_buf_reader_poll_more(&framed->in, cx, SIZE_MAX, &got);
        if (answer != PLX_READY)
            return answer;
        framed->ended = got == 0;
    }
}

PLX_LEAF_DEFINE(plx_framed_next)

enum plx_answer plx_framed_next_poll(plx_framed_next *self, plx_context *cx, plx_slice *out)
{
    enum plx_answer answer = plx_framed_poll_next(self->framed, cx, out);
    if (answer == PLX_NOT_READY)
        plx_detail(cx, "%zu bytes", self->framed->in.end - self->framed->in.begin);
    return answer;
}

void plx_framed_next_drop(plx_framed_next *self)
{
    (void)self;
}

/* ── writing ──────────────────────────────────────────────────────────────────────────────────────────── */

int plx_framed_put(plx_framed *framed, const void *frame, size_t size)
{
    return framed->codec->ops->encode(framed->codec, &framed->kept, frame, size);
}

enum plx_answer plx_framed_poll_flush(plx_framed *framed, plx_context *cx)
{
    enum plx_answer answer = plx__drain(&framed->kept, &framed->done, &framed->in.stream, cx);
    return answer == PLX_READY ? plx_stream_poll_flush(&framed->in.stream, cx) : answer;
}

PLX_LEAF_DEFINE(plx_framed_send)

enum plx_answer plx_framed_send_poll(plx_framed_send *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    int error = self->put ? 0 : plx_framed_put(self->framed, self->frame, self->size);
    if (error)
        return plx_fail(cx, error);
    self->put = true;
    enum plx_answer answer = plx_framed_poll_flush(self->framed, cx);
    if (answer == PLX_NOT_READY)
        plx_detail(cx, "%zu bytes left", plx_framed_kept(self->framed));
    return answer;
}

void plx_framed_send_drop(plx_framed_send *self)
{
    (void)self;
}
