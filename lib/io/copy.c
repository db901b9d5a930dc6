/* SPDX-License-Identifier: MIT
 *
 * Copying: see copy.h.
 *
 *     OPEN     the buffer is empty   → read: NotReady → flush what was written, NotReady
 *                                            the end  → ENDING
 *              it is not             → write; a count of 0 → Failed(EIO)
 *     ENDING   flush, or shutdown    → ENDED
 */
#include "lib/io/copy.h"

#include <errno.h>
#include <stdlib.h>

static enum plx_answer write_out(struct plx__way *way, plx_stream *to, plx_context *cx)
{
    while (way->begin < way->end) {
        size_t put;
        enum plx_answer answer = plx_stream_poll_write(to, cx, way->bytes + way->begin, way->end - way->begin,
                                                       &put);
        if (answer != PLX_READY)
            return answer;
        if (put == 0)
            return plx_fail(cx, -EIO);
        way->begin += put;
        way->copied += put;
        way->unflushed = true;
    }
    return PLX_READY;
}

/* Ready: the buffer has something in it, or the way is ENDING. */
static enum plx_answer read_in(struct plx__way *way, plx_stream *from, plx_stream *to, plx_context *cx)
{
    if (!way->bytes && !(way->bytes = malloc(PLX_BUFFER_ROOM)))
        return plx_fail(cx, -ENOMEM);
    way->begin = way->end = 0;
    enum plx_answer answer = plx_stream_poll_read(from, cx, way->bytes, PLX_BUFFER_ROOM, &way->end);
    if (answer == PLX_READY && way->end == 0)
        way->stage = PLX__WAY_ENDING;
    if (answer != PLX_NOT_READY || !way->unflushed)
        return answer;
    enum plx_answer flushed = plx_stream_poll_flush(to, cx);
    if (flushed == PLX_READY)
        way->unflushed = false;
    return flushed == PLX_FAILED ? PLX_FAILED : PLX_NOT_READY;
}

/* Goes on until it would wait. */
static enum plx_answer go_on(struct plx__way *way, plx_stream *from, plx_stream *to, bool shut,
                             plx_context *cx)
{
    enum plx_answer answer;
    while (way->stage == PLX__WAY_OPEN) {
        answer = write_out(way, to, cx);
        if (answer == PLX_READY)
            answer = read_in(way, from, to, cx);
        if (answer != PLX_READY)
            return answer;
    }
    if (way->stage == PLX__WAY_ENDING) {
        answer = shut ? plx_stream_poll_shutdown(to, cx) : plx_stream_poll_flush(to, cx);
        if (answer != PLX_READY)
            return answer;
        way->stage = PLX__WAY_ENDED;
    }
    return PLX_READY;
}

PLX_LEAF_DEFINE(plx_copy)

enum plx_answer plx_copy_poll(plx_copy *self, plx_context *cx, uint64_t *out)
{
    enum plx_answer answer = go_on(&self->way, self->from, self->to, false, cx);
    if (answer == PLX_NOT_READY)
        plx_detail(cx, "%llu bytes", (unsigned long long)self->way.copied);
    *out = self->way.copied;
    return answer;
}

void plx_copy_drop(plx_copy *self)
{
    free(self->way.bytes);
}

PLX_LEAF_DEFINE(plx_copy_bidirectional)

/* The ways take turns in being first: a busy one could use up the budget in every poll, and the other would
 * never get on. */
enum plx_answer plx_copy_bidirectional_poll(plx_copy_bidirectional *self, plx_context *cx, plx_copied *out)
{
    enum plx_answer answers[2];
    for (int i = 0; i < 2; i++) {
        bool back = self->back_first ^ (i == 1);
        answers[i] = back ? go_on(&self->back, self->b, self->a, true, cx)
                          : go_on(&self->there, self->a, self->b, true, cx);
        if (answers[i] == PLX_FAILED)
            return PLX_FAILED;
    }
    self->back_first = !self->back_first;
    *out = (plx_copied){self->there.copied, self->back.copied};
    if (answers[0] == PLX_READY && answers[1] == PLX_READY)
        return PLX_READY;
    plx_detail(cx, "%llu there, %llu back", (unsigned long long)out->there, (unsigned long long)out->back);
    return PLX_NOT_READY;
}

void plx_copy_bidirectional_drop(plx_copy_bidirectional *self)
{
    free(self->there.bytes);
    free(self->back.bytes);
}
