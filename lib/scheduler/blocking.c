/* SPDX-License-Identifier: MIT
 *
 * Blocking sections: see blocking.h.
 *
 * Capacity is held by a thread, from its first section in a poll until that poll ends: more sections in the
 * same poll need no more of it. A grant, made while others still hold theirs, belongs to a section until
 * this is entered or cancelled.
 */
#include "lib/scheduler/blocking.h"

#include "lib/scheduler/pool.h"

#include <stdlib.h>

int plx_capacity_new(uint32_t most, struct plx_capacity **out)
{
    struct plx_capacity *capacity = calloc(1, sizeof *capacity);
    if (!capacity)
        return -ENOMEM;
    int error = -pthread_mutex_init(&capacity->lock, NULL);
    if (error) {
        free(capacity);
        return error;
    }
    atomic_init(&capacity->holders, 1);
    capacity->left = most;
    *out = capacity;
    return 0;
}

void plx_capacity_drop(struct plx_capacity *capacity)
{
    if (atomic_fetch_sub_explicit(&capacity->holders, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&capacity->lock);
    free(capacity);
}

/* ── the list of those that wait; under the lock ─────────────────────────────────────────────────── */

static void enqueue(struct plx_capacity *capacity, struct plx_blocking *section)
{
    section->state = PLX_BLOCKING_QUEUED;
    section->next_blocking = NULL;
    section->previous = capacity->last;
    if (capacity->last)
        capacity->last->next_blocking = section;
    else
        capacity->first = section;
    capacity->last = section;
}

static void dequeue(struct plx_capacity *capacity, struct plx_blocking *section)
{
    if (section->previous)
        section->previous->next_blocking = section->next_blocking;
    else
        capacity->first = section->next_blocking;
    if (section->next_blocking)
        section->next_blocking->previous = section->previous;
    else
        capacity->last = section->previous;
}

/* ── getting and giving back ──────────────────────────────────────────────────────────────────────── */

/* True: one is taken. False: the section stands in the list, with the waker, which it takes over. */
static bool get_or_queue(struct plx_capacity *capacity, struct plx_blocking *section, plx_waker *waker)
{
    pthread_mutex_lock(&capacity->lock);
    bool got = section->state == PLX_BLOCKING_GRANTED;
    if (section->state == PLX_BLOCKING_IDLE && !capacity->first && capacity->left > 0) {
        capacity->left--;
        got = true;
    } else if (section->state == PLX_BLOCKING_IDLE) {
        enqueue(capacity, section);
    }
    if (!got) {
        plx_waker before = section->waker;
        section->waker = *waker;
        *waker = before;
    }
    pthread_mutex_unlock(&capacity->lock);
    return got;
}

/* To the first that waits; else it is left for who comes. */
static void give_back(struct plx_capacity *capacity)
{
    plx_waker waker = {0};
    pthread_mutex_lock(&capacity->lock);
    struct plx_blocking *section = capacity->first;
    if (section) {
        dequeue(capacity, section);
        section->state = PLX_BLOCKING_GRANTED;
        waker = PLX_MOVE(section->waker);
    } else {
        capacity->left++;
    }
    pthread_mutex_unlock(&capacity->lock);
    plx_waker_spend(waker);
}

static void forget(struct plx_blocking *section)
{
    struct plx_capacity *capacity = PLX_MOVE(section->capacity);
    section->state = PLX_BLOCKING_IDLE;
    plx_waker_drop(&section->waker);
    if (capacity)
        plx_capacity_drop(capacity);
}

static enum plx_blocking_state leave_list(struct plx_blocking *section)
{
    struct plx_capacity *capacity = section->capacity;
    pthread_mutex_lock(&capacity->lock);
    enum plx_blocking_state was = section->state;
    if (was == PLX_BLOCKING_QUEUED)
        dequeue(capacity, section);
    section->state = PLX_BLOCKING_IDLE;
    pthread_mutex_unlock(&capacity->lock);
    return was;
}

void plx_blocking_cancel(struct plx_blocking *section)
{
    if (!section->capacity)
        return;
    if (leave_list(section) == PLX_BLOCKING_GRANTED)
        give_back(section->capacity);
    forget(section);
}

/* ── the section ──────────────────────────────────────────────────────────────────────────────────── */

/* The waker is cloned before the lock is taken, and what is left of it dropped after. */
static bool has_capacity(plx_context *cx, struct plx_capacity *capacity, struct plx_blocking *section)
{
    if (!section->capacity) {
        atomic_fetch_add_explicit(&capacity->holders, 1, memory_order_relaxed);
        section->capacity = capacity;
    }
    plx_waker waker = plx_context_waker(cx);
    bool got = get_or_queue(capacity, section, &waker);
    plx_waker_drop(&waker);
    if (!got)
        plx_trace(blocking_wait, .task = cx->task);
    return got;
}

static enum plx_answer begin(plx_context *cx, struct plx_blocking *section)
{
    plx_trace(blocking_enter, .task = cx->task);
    plx_context_settle(cx);
    section->state = PLX_BLOCKING_INSIDE;
    section->nested = cx->may_block;
    cx->may_block = true;
    return PLX_READY;
}

/* A section that needs no capacity of its own, because its poll has got some meanwhile, may still stand in
 * the list from an earlier poll, or have a grant: it waits no longer, and gives that on. */
enum plx_answer plx_blocking_enter(plx_context *cx, struct plx_blocking *section)
{
    struct plx_thread *thread = plx__thread_current();
    if (cx->may_block) {
        plx_blocking_cancel(section);
        return begin(cx, section);
    }
    if (!thread || !cx->task || cx->stays || thread->pool->options.kind != PLX_THREAD_POOL)
        return plx_fail(cx, -ENOTSUP);
    if (thread->holds_capacity) {
        plx_blocking_cancel(section);
    } else if (!has_capacity(cx, thread->pool->capacity, section)) {
        plx_detail(cx, "too many block already");
        return PLX_NOT_READY;
    }
    thread->holds_capacity = true;
    forget(section);
    if (thread->worker) {
        struct plx_worker *worker = thread->worker;
        int error = plx_threads_hand_off(thread);
        if (error)
            return plx_fail(cx, error);
        section->handed_off = worker;
    }
    return begin(cx, section);
}

void plx_blocking_leave(plx_context *cx, struct plx_blocking *section)
{
    struct plx_worker *worker = PLX_MOVE(section->handed_off);
    cx->may_block = section->nested;
    section->state = PLX_BLOCKING_IDLE;
    plx_trace(blocking_leave, .task = cx->task);
    if (worker)
        plx_threads_take_back(plx__thread_current(), worker);
}

void plx__blocking_poll_ended(struct plx_thread *thread)
{
    thread->holds_capacity = false;
    plx_threads_poll_ended(thread);
    give_back(thread->pool->capacity);
}
