/* SPDX-License-Identifier: MIT
 *
 * The duplex: see duplex.h.
 */
#include "lib/io/duplex.h"

#include "lib/sync/sync.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* One direction: a ring of bytes. */
struct direction {
    pthread_mutex_t lock;
    char *bytes;
    size_t capacity;
    struct plx_sync_name name; /* in the trace */
    /* under the lock */
    size_t begin, size;
    bool writer_gone; /* dropped or shut down: after the rest comes the end */
    bool reader_gone;
    plx_waker reader, writer; /* who waits */
};

struct duplex {
    struct direction there, back;
    struct end {
        struct duplex *whole;
        struct direction *in, *out;
    } ends[2];
    _Atomic uint32_t holders; /* the ends that have not been dropped */
};

/* ── the ring, under the lock ─────────────────────────────────────────────────────────────────────────── */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t put_in(struct direction *out, const char *from, size_t size)
{
    size_t put = least(size, out->capacity - out->size);
    size_t at = (out->begin + out->size) % out->capacity;
    size_t first = least(put, out->capacity - at);
    memcpy(out->bytes + at, from, first);
    memcpy(out->bytes, from + first, put - first);
    out->size += put;
    return put;
}

static size_t take_out(struct direction *in, char *into, size_t size)
{
    size_t got = least(size, in->size);
    size_t first = least(got, in->capacity - in->begin);
    memcpy(into, in->bytes + in->begin, first);
    memcpy(into + first, in->bytes, got - first);
    in->begin = (in->begin + got) % in->capacity;
    in->size -= got;
    return got;
}

/* ── read and write ───────────────────────────────────────────────────────────────────────────────────────
 *
 * Most often nobody has to wait; so a waker is cloned only when it is needed: the lock is let go for it,
 * and all is looked at once more.
 */
struct step {
    size_t count;    /* how many bytes were moved */
    size_t level;    /* and how many are there after that */
    plx_waker mine;  /* this task's, to be left if it must wait; then the one that was left there before */
    plx_waker other; /* of who waits on the other side, to be notified */
};

static void leave(plx_waker *place, struct step *step)
{
    plx_waker old = *place;
    *place = step->mine;
    step->mine = old;
}

static void notify(plx_waker *waker)
{
    plx_waker_notify(*waker);
    plx_waker_drop(waker);
}

static plx_waker waker_to_leave(struct direction *direction, plx_context *cx)
{
    plx_sync_trace(sync_wait, &direction->name, .task = cx->task);
    return plx_context_waker(cx);
}

static enum plx_answer try_read(struct direction *in, void *bytes, size_t size, struct step *step)
{
    pthread_mutex_lock(&in->lock);
    bool done = in->size || in->writer_gone;
    step->count = take_out(in, bytes, size);
    step->level = in->size;
    if (step->count)
        step->other = PLX_MOVE(in->writer);
    else if (!done && step->mine.notify)
        leave(&in->reader, step);
    pthread_mutex_unlock(&in->lock);
    return done ? PLX_READY : PLX_NOT_READY;
}

static enum plx_answer duplex_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    struct direction *in = ((struct end *)self->object)->in;
    struct step step = {0};
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    enum plx_answer answer = try_read(in, bytes, size, &step);
    if (answer == PLX_NOT_READY) {
        step.mine = waker_to_leave(in, cx);
        answer = try_read(in, bytes, size, &step);
    }
    plx_waker_drop(&step.mine);
    if (answer != PLX_READY)
        return answer;
    plx_sync_trace(receive, &in->name, .task = cx->task, .length = step.level);
    notify(&step.other);
    *count = step.count;
    plx_budget_spend(cx);
    return PLX_READY;
}

static enum plx_answer try_write(struct direction *out, const void *bytes, size_t size, struct step *step)
{
    enum plx_answer answer = PLX_NOT_READY;
    pthread_mutex_lock(&out->lock);
    if (out->reader_gone || out->writer_gone) {
        answer = PLX_FAILED;
    } else if (out->size < out->capacity) {
        step->count = put_in(out, bytes, size);
        step->level = out->size;
        step->other = PLX_MOVE(out->reader);
        answer = PLX_READY;
    } else if (step->mine.notify) {
        leave(&out->writer, step);
    }
    pthread_mutex_unlock(&out->lock);
    return answer;
}

static enum plx_answer duplex_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                    size_t *count)
{
    struct direction *out = ((struct end *)self->object)->out;
    struct step step = {0};
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    enum plx_answer answer = try_write(out, bytes, size, &step);
    if (answer == PLX_NOT_READY) {
        step.mine = waker_to_leave(out, cx);
        answer = try_write(out, bytes, size, &step);
    }
    plx_waker_drop(&step.mine);
    if (answer == PLX_FAILED)
        return plx_fail(cx, -EPIPE);
    if (answer == PLX_NOT_READY)
        return PLX_NOT_READY;
    plx_sync_trace(send, &out->name, .task = cx->task, .length = step.level);
    notify(&step.other);
    *count = step.count;
    plx_budget_spend(cx);
    return PLX_READY;
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────────── */

static void close_side(struct direction *direction, bool *gone, enum plx_channel_side side)
{
    pthread_mutex_lock(&direction->lock);
    bool news = !*gone;
    *gone = true;
    plx_waker reader = PLX_MOVE(direction->reader), writer = PLX_MOVE(direction->writer);
    pthread_mutex_unlock(&direction->lock);
    if (news)
        plx_sync_trace(close, &direction->name, .side = side);
    notify(&reader);
    notify(&writer);
}

static enum plx_answer duplex_shutdown(plx_stream *self, plx_context *cx)
{
    struct direction *out = ((struct end *)self->object)->out;
    (void)cx;
    close_side(out, &out->writer_gone, PLX_SENDER);
    return PLX_READY;
}

static void direction_done(struct direction *direction)
{
    pthread_mutex_destroy(&direction->lock);
    free(direction->bytes);
}

static void release(struct duplex *whole)
{
    if (atomic_fetch_sub_explicit(&whole->holders, 1, memory_order_acq_rel) != 1)
        return;
    direction_done(&whole->there);
    direction_done(&whole->back);
    free(whole);
}

static void duplex_drop(plx_stream *self)
{
    struct end *end = self->object;
    close_side(end->out, &end->out->writer_gone, PLX_SENDER);
    close_side(end->in, &end->in->reader_gone, PLX_RECEIVER);
    release(end->whole);
}

/* ── the beginning ────────────────────────────────────────────────────────────────────────────────────── */

static const struct plx_stream_ops duplex_ops = {
    .name = "duplex",
    .read = duplex_read,
    .write = duplex_write,
    .shutdown = duplex_shutdown,
    .drop = duplex_drop,
};

static int direction_init(struct direction *direction, size_t capacity)
{
    direction->bytes = malloc(capacity);
    if (!direction->bytes)
        return -ENOMEM;
    direction->capacity = capacity;
    int error = -pthread_mutex_init(&direction->lock, NULL);
    if (error)
        free(direction->bytes);
    else
        direction->name = (struct plx_sync_name){"duplex", capacity, 0};
    return error;
}

int plx_duplex(size_t capacity, plx_stream *a, plx_stream *b)
{
    if (capacity == 0)
        return -EINVAL;
    struct duplex *whole = calloc(1, sizeof *whole);
    if (!whole)
        return -ENOMEM;
    int error = direction_init(&whole->there, capacity);
    if (!error) {
        error = direction_init(&whole->back, capacity);
        if (error)
            direction_done(&whole->there);
    }
    if (error) {
        free(whole);
        return error;
    }
    atomic_init(&whole->holders, 2);
    whole->ends[0] = (struct end){whole, &whole->back, &whole->there};
    whole->ends[1] = (struct end){whole, &whole->there, &whole->back};
    *a = (plx_stream){.ops = &duplex_ops, .object = &whole->ends[0]};
    *b = (plx_stream){.ops = &duplex_ops, .object = &whole->ends[1]};
    return 0;
}
