/* SPDX-License-Identifier: MIT
 *
 * The semaphore: see semaphore.h.
 *
 * While nobody waits, taking and giving back is one compare-and-swap of the word, without the lock. Who does
 * not find enough takes the lock and swaps in WAITED, and with it takes what is free: from then on the word
 * is changed under the lock only, and no permit is free. What is given back goes to the first in line until
 * he has all he asked for, then to the next. When the line is empty again, the rest goes into the word, and
 * WAITED is cleared with the same swap. So a permit is never free while somebody waits, and none is lost
 * between the two.
 *
 * Order: the swaps are AcqRel and the lock orders the rest, so that what was done with a permit is seen by
 * the one who has it next.
 */
#include "lib/sync/semaphore.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

PLX_LEAF_DEFINE(plx_acquire)

static uint32_t free_in(uint64_t word)
{
    return (uint32_t)(word / PLX_ONE_PERMIT);
}

static bool swap(struct plx_semaphore *semaphore, uint64_t *seen, uint64_t next)
{
    return atomic_compare_exchange_weak_explicit(&semaphore->word, seen, next, memory_order_acq_rel,
                                                 memory_order_acquire);
}

static uint64_t look(struct plx_semaphore *semaphore)
{
    return atomic_load_explicit(&semaphore->word, memory_order_acquire);
}

int plx_semaphore_init(struct plx_semaphore *semaphore, uint32_t permits)
{
    *semaphore = (struct plx_semaphore)PLX_SEMAPHORE(permits);
    return permits > PLX_PERMITS_MOST ? -EINVAL : 0;
}

uint32_t plx_semaphore_free(struct plx_semaphore *semaphore)
{
    return free_in(look(semaphore));
}

bool plx_semaphore_is_closed(struct plx_semaphore *semaphore)
{
    return look(semaphore) & PLX_SEMAPHORE_CLOSED;
}

/* ── taking ───────────────────────────────────────────────────────────────────────────────────────── */

static void granted(struct plx_semaphore *semaphore, uint64_t task)
{
    plx_sync_trace(lock_grant, &semaphore->name, .task = task);
}

/* While WAITED is set no permit is free, so that nobody overtakes. */
static int take(struct plx_semaphore *semaphore, uint32_t count)
{
    uint64_t seen = look(semaphore);
    do {
        if (seen & PLX_SEMAPHORE_CLOSED)
            return PLX_CLOSED;
        if (free_in(seen) < count)
            return -EAGAIN;
    } while (!swap(semaphore, &seen, seen - (uint64_t)count * PLX_ONE_PERMIT));
    return 0;
}

int plx_semaphore_try(struct plx_semaphore *semaphore, uint32_t count, plx_permit *permit)
{
    int error = take(semaphore, count);
    if (error)
        return error;
    granted(semaphore, plx__sync_task());
    *permit = (plx_permit){semaphore, count};
    return 0;
}

/* ── giving ───────────────────────────────────────────────────────────────────────────────────────── */

/* Puts what nobody waits for into the word. Under the lock, with an empty line. */
static void put_back(struct plx_semaphore *semaphore, uint32_t count)
{
    uint64_t seen = look(semaphore), next;
    do
        next = (seen & ~(uint64_t)PLX_SEMAPHORE_WAITED) + (uint64_t)count * PLX_ONE_PERMIT;
    while (!swap(semaphore, &seen, next));
}

/* Gives the first in line what he misses, as far as it goes. True: he has got all. */
static bool grant(struct plx_semaphore *semaphore, plx_acquire *first, uint32_t *count)
{
    uint32_t given = first->missing < *count ? first->missing : *count;
    first->missing -= given;
    *count -= given;
    if (first->missing)
        return false;
    granted(semaphore, first->task);
    plx_waiter_unlink(&first->waiter);
    return true;
}

/* Gives the permits to those who wait, until there are no more of one or the other, or `wakers` is full. */
static struct plx_waiter *hand_out(struct plx_semaphore *semaphore, uint32_t *count,
                                   struct plx_wakers *wakers)
{
    struct plx_waiter *first;
    while ((first = plx_waiters_first(&semaphore->waiters)) && !plx_wakers_full(wakers)) {
        if (!grant(semaphore, plx_container_of(first, plx_acquire, waiter), count))
            break;
        plx_wakers_add(wakers, &first->waker);
    }
    return first;
}

/* Gives `count` permits to those who wait, and the rest back. Called with the lock held, returns without. */
static void give(struct plx_semaphore *semaphore, uint32_t count)
{
    struct plx_wakers wakers = {.count = 0};
    for (;;) {
        struct plx_waiter *first = hand_out(semaphore, &count, &wakers);
        if (!first)
            put_back(semaphore, count);
        bool more = first && count;
        plx_lock_release(&semaphore->lock);
        plx_wakers_notify(&wakers);
        if (!more)
            return;
        plx_lock_take(&semaphore->lock);
    }
}

/* Without the lock while nobody waits. */
static void give_back(struct plx_semaphore *semaphore, uint32_t count)
{
    uint64_t seen = look(semaphore);
    while (!(seen & PLX_SEMAPHORE_WAITED))
        if (swap(semaphore, &seen, seen + (uint64_t)count * PLX_ONE_PERMIT))
            return;
    plx_lock_take(&semaphore->lock);
    give(semaphore, count);
}

int plx_semaphore_add(struct plx_semaphore *semaphore, uint32_t count)
{
    if (count > PLX_PERMITS_MOST || plx_semaphore_free(semaphore) + count > PLX_PERMITS_MOST)
        return -EOVERFLOW;
    give_back(semaphore, count);
    return 0;
}

void plx_permit_drop(plx_permit *permit)
{
    plx_permit gone = PLX_MOVE(*permit);
    if (!gone.semaphore)
        return;
    plx_sync_trace(lock_release, &gone.semaphore->name, .task = plx__sync_task());
    give_back(gone.semaphore, gone.count);
}

void plx_permit_forget(plx_permit *permit)
{
    *permit = (plx_permit){0};
}

/* Those who wait find themselves unlinked without having got all: that says it. */
void plx_semaphore_close(struct plx_semaphore *semaphore)
{
    struct plx_waiters woken = {0};
    plx_sync_trace(close, &semaphore->name, .side = PLX_SENDER);
    plx_lock_take(&semaphore->lock);
    atomic_fetch_or_explicit(&semaphore->word, PLX_SEMAPHORE_CLOSED, memory_order_acq_rel);
    atomic_fetch_and_explicit(&semaphore->word, ~(uint64_t)PLX_SEMAPHORE_WAITED, memory_order_acq_rel);
    plx_waiters_move(&semaphore->waiters, &woken);
    plx_waiters_wake_all(&woken, &semaphore->lock);
}

/* ── acquire ──────────────────────────────────────────────────────────────────────────────────────── */

/* Under the lock: takes all, or what is there and a place in the line. 0, PLX_CLOSED, or -EAGAIN. */
static int queue_up(plx_acquire *self)
{
    struct plx_semaphore *semaphore = self->semaphore;
    uint64_t seen = look(semaphore), next;
    uint32_t taken;
    do {
        if (seen & PLX_SEMAPHORE_CLOSED)
            return PLX_CLOSED;
        taken = free_in(seen) < self->count ? free_in(seen) : self->count;
        next = seen - (uint64_t)taken * PLX_ONE_PERMIT;
        if (taken < self->count)
            next |= PLX_SEMAPHORE_WAITED;
    } while (!swap(semaphore, &seen, next));
    self->missing = self->count - taken;
    if (!self->missing)
        return 0;
    self->queued = true;
    plx_waiters_add(&semaphore->waiters, &self->waiter);
    return -EAGAIN;
}

/* Under the lock. */
static plx_waker renew(plx_acquire *self, plx_waker waker, const plx_context *cx)
{
    self->task = cx->task;
    return plx_waiter_renew(&self->waiter, waker);
}

/* The first poll that finds too few. The waker is cloned before the lock is taken, and dropped after it when
 * there was enough after all. */
static int join_line(plx_acquire *self, plx_context *cx)
{
    plx_waker waker = plx_context_waker(cx);
    plx_lock_take(&self->semaphore->lock);
    int state = queue_up(self);
    if (state == 0)
        granted(self->semaphore, cx->task);
    if (state == -EAGAIN)
        waker = renew(self, waker, cx);
    plx_lock_release(&self->semaphore->lock);
    plx_waker_drop(&waker);
    return state;
}

/* 0 all were granted, PLX_CLOSED, or -EAGAIN: it waits on, for this poll's task. */
static int look_again(plx_acquire *self, plx_context *cx)
{
    plx_waker waker = plx_context_waker(cx);
    plx_lock_take(&self->semaphore->lock);
    int state = self->missing ? PLX_CLOSED : 0;
    if (plx_waiter_linked(&self->waiter)) {
        waker = renew(self, waker, cx);
        state = -EAGAIN;
    }
    plx_lock_release(&self->semaphore->lock);
    plx_waker_drop(&waker);
    return state;
}

static int advance(plx_acquire *self, plx_context *cx)
{
    if (self->queued)
        return look_again(self, cx);
    if (self->count == 0 || self->count > PLX_PERMITS_MOST)
        return -EINVAL;
    int state = take(self->semaphore, self->count);
    if (state == 0)
        granted(self->semaphore, cx->task);
    return state == -EAGAIN ? join_line(self, cx) : state;
}

enum plx_answer plx_acquire_poll(plx_acquire *self, plx_context *cx, plx_permit *out)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    int state = advance(self, cx);
    if (state == -EAGAIN) {
        plx_sync_trace(sync_wait, &self->semaphore->name, .task = cx->task);
        return PLX_NOT_READY;
    }
    plx_budget_spend(cx);
    if (state)
        return plx_fail(cx, state);
    *out = (plx_permit){self->semaphore, self->count};
    self->queued = false;
    return PLX_READY;
}

/* What it was granted, all or a part, goes to the next in line. */
void plx_acquire_drop(plx_acquire *self)
{
    if (!self->queued)
        return;
    self->queued = false;
    plx_lock_take(&self->semaphore->lock);
    if (plx_waiter_linked(&self->waiter))
        plx_waiter_unlink(&self->waiter);
    plx_waker waker = PLX_MOVE(self->waiter.waker);
    give(self->semaphore, self->count - self->missing);
    plx_waker_drop(&waker);
}

/* ── the item ─────────────────────────────────────────────────────────────────────────────────────── */

void plx__print_permit(char *text, size_t size, const void *item)
{
    const plx_permit *permit = item;
    if (!permit->semaphore)
        snprintf(text, size, "moved away");
    else if (plx_trace_on())
        snprintf(text, size, "%s %" PRIu64, permit->semaphore->name.kind,
                 plx__sync_number(&permit->semaphore->name));
}

void plx__drop_permit(void *item)
{
    plx_permit_drop(item);
}
