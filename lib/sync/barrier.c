/* SPDX-License-Identifier: MIT
 *
 * The barrier: see barrier.h. All of it is under the short lock; that a round is over shows in `rounds`, for
 * those who are linked still as well as for those who were unlinked.
 */
#include "lib/sync/barrier.h"

PLX_LEAF_DEFINE(plx_barrier_wait)

void plx_barrier_init(struct plx_barrier *barrier, uint32_t parties)
{
    *barrier = (struct plx_barrier)PLX_BARRIER(parties);
}

/* Under the lock, which it releases: the last has come. */
static void open_up(struct plx_barrier *barrier)
{
    struct plx_waiters woken = {0};
    barrier->arrived = 0;
    barrier->rounds++;
    plx_waiters_move(&barrier->waiters, &woken);
    plx_sync_trace(lock_release, &barrier->name, .task = plx__sync_task());
    plx_waiters_wake_all(&woken, &barrier->lock);
}

static enum plx_answer arrive(plx_barrier_wait *self, plx_context *cx, plx_barrier_wait_item *out)
{
    struct plx_barrier *barrier = self->barrier;
    plx_waker waker = plx_context_waker(cx);
    plx_lock_take(&barrier->lock);
    bool last = ++barrier->arrived >= barrier->parties;
    if (last) {
        open_up(barrier);
    } else {
        self->round = barrier->rounds;
        self->queued = true;
        plx_waiters_add(&barrier->waiters, &self->waiter);
        waker = plx_waiter_renew(&self->waiter, waker);
        plx_lock_release(&barrier->lock);
    }
    plx_waker_drop(&waker);
    *out = (plx_barrier_wait_item){last};
    return last ? PLX_READY : PLX_NOT_READY;
}

/* Under the lock. A linked waiter may be one that is about to be woken. */
static plx_waker leave(plx_barrier_wait *self)
{
    if (plx_waiter_linked(&self->waiter))
        plx_waiter_unlink(&self->waiter);
    self->queued = false;
    return PLX_MOVE(self->waiter.waker);
}

static enum plx_answer look_again(plx_barrier_wait *self, plx_context *cx, plx_barrier_wait_item *out)
{
    plx_waker waker = plx_context_waker(cx), old;
    plx_lock_take(&self->barrier->lock);
    bool over = self->barrier->rounds != self->round;
    old = over ? leave(self) : plx_waiter_renew(&self->waiter, waker);
    plx_lock_release(&self->barrier->lock);
    plx_waker_drop(&old);
    if (over)
        plx_waker_drop(&waker);
    *out = (plx_barrier_wait_item){false};
    return over ? PLX_READY : PLX_NOT_READY;
}

enum plx_answer plx_barrier_wait_poll(plx_barrier_wait *self, plx_context *cx, plx_barrier_wait_item *out)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    enum plx_answer answer = self->queued ? look_again(self, cx, out) : arrive(self, cx, out);
    if (answer == PLX_READY)
        plx_budget_spend(cx);
    else
        plx_sync_trace(sync_wait, &self->barrier->name, .task = cx->task);
    return answer;
}

/* Whose round is over has met the others, whether it knows it or not. */
void plx_barrier_wait_drop(plx_barrier_wait *self)
{
    if (!self->queued)
        return;
    plx_lock_take(&self->barrier->lock);
    if (self->barrier->rounds == self->round)
        self->barrier->arrived--;
    plx_waker waker = leave(self);
    plx_lock_release(&self->barrier->lock);
    plx_waker_drop(&waker);
}
