/* SPDX-License-Identifier: MIT
 *
 * Notifications: see notify.h.
 *
 * A waiter's end is told in two ways. notify_one unlinks it and marks it chosen. notify_waiters counts one
 * call more and moves the whole list aside in the same hold of the lock; who then finds the count to differ
 * from its own is notified, linked still or not. So one notify_waiters is one moment: who joins later is not
 * woken by it, however many hold it up.
 *
 * Order: the word's changes are AcqRel, so what was done before a notify is seen by the one it wakes.
 */
#include "lib/sync/notify.h"

#include "lib/task/abort.h"
#include "lib/task/task.h"

PLX_LEAF_DEFINE(plx_notified)

static uint64_t look(struct plx_sync_notify *notify)
{
    return atomic_load_explicit(&notify->word, memory_order_acquire);
}

static uint64_t calls_of(uint64_t word)
{
    return word / PLX_NOTIFY_CALL;
}

/* Sets the lower bits, and keeps the calls. False: the word was another one, which `seen` is now. */
static bool become(struct plx_sync_notify *notify, uint64_t *seen, uint64_t bits)
{
    uint64_t next = (*seen & ~(uint64_t)PLX_NOTIFY_BITS) | bits;
    return atomic_compare_exchange_weak_explicit(&notify->word, seen, next, memory_order_acq_rel,
                                                 memory_order_acquire);
}

void plx_sync_notify_init(struct plx_sync_notify *notify)
{
    *notify = (struct plx_sync_notify)PLX_SYNC_NOTIFY;
}

/* ── notifying ────────────────────────────────────────────────────────────────────────────────────── */

/* Under the lock: whether the line is empty shows in the word. */
static void line_left(struct plx_sync_notify *notify)
{
    uint64_t seen = look(notify);
    while (plx_waiters_empty(&notify->waiters) && (seen & PLX_NOTIFY_BITS) == PLX_NOTIFY_WAITED)
        if (become(notify, &seen, PLX_NOTIFY_NOBODY))
            return;
}

/* The number in the trace of the task that the waker is of; 0: of none. */
static uint64_t task_of(plx_waker waker)
{
    struct plx_abort_handle task = {(struct plx_task *)waker.id};
    return waker.notify == &plx__task_notify ? plx_abort_handle_task(&task) : 0;
}

/* Under the lock: chooses who is woken, or keeps the notification. */
static plx_waker choose(struct plx_sync_notify *notify)
{
    struct plx_waiter *first = plx_waiters_first(&notify->waiters);
    uint64_t seen = look(notify);
    if (!first) {
        while (!become(notify, &seen, PLX_NOTIFY_KEPT))
            ;
        return (plx_waker){0};
    }
    plx_waiter_unlink(first);
    plx_waiter_choose(first);
    plx_sync_trace(lock_grant, &notify->name, .task = task_of(first->waker));
    line_left(notify);
    return PLX_MOVE(first->waker);
}

void plx_sync_notify_one(struct plx_sync_notify *notify)
{
    uint64_t seen = look(notify);
    plx_sync_trace(lock_release, &notify->name, .task = plx__sync_task());
    while ((seen & PLX_NOTIFY_BITS) != PLX_NOTIFY_WAITED)
        if (become(notify, &seen, PLX_NOTIFY_KEPT))
            return;
    plx_lock_take(&notify->lock);
    plx_waker waker = choose(notify);
    plx_lock_release(&notify->lock);
    plx_waker_spend(waker);
}

void plx_sync_notify_waiters(struct plx_sync_notify *notify)
{
    struct plx_waiters woken = {0};
    plx_sync_trace(lock_release, &notify->name, .task = plx__sync_task());
    plx_lock_take(&notify->lock);
    atomic_fetch_add_explicit(&notify->word, PLX_NOTIFY_CALL, memory_order_acq_rel);
    plx_waiters_move(&notify->waiters, &woken);
    line_left(notify);
    plx_waiters_wake_all(&woken, &notify->lock);
}

/* ── notified ─────────────────────────────────────────────────────────────────────────────────────── */

plx_notified plx_notified_new(struct plx_sync_notify *notify)
{
    return (plx_notified){.notify = notify, .calls = calls_of(look(notify))};
}

static bool called(plx_notified *self)
{
    return calls_of(look(self->notify)) != self->calls;
}

/* A notification is there, and is taken. */
static bool take_kept(plx_notified *self)
{
    uint64_t seen = look(self->notify);
    while ((seen & PLX_NOTIFY_BITS) == PLX_NOTIFY_KEPT)
        if (become(self->notify, &seen, PLX_NOTIFY_NOBODY))
            return true;
    return false;
}

/* Under the lock: announces that somebody waits, unless there is a notification. */
static bool announce(plx_notified *self)
{
    uint64_t seen = look(self->notify);
    do
        if ((seen & PLX_NOTIFY_BITS) == PLX_NOTIFY_KEPT || calls_of(seen) != self->calls)
            return false;
    while (!become(self->notify, &seen, PLX_NOTIFY_WAITED));
    return true;
}

/* Under the lock: has it been notified? If not it is in the line, with this poll's waker. */
static bool notified(plx_notified *self, plx_waker *waker)
{
    if (!self->queued) {
        while (!announce(self))
            if (called(self) || take_kept(self))
                return true;
        plx_waiters_add(&self->notify->waiters, &self->waiter);
        self->queued = true;
    } else if (called(self) || plx_waiter_chosen(&self->waiter)) {
        return true;
    }
    *waker = plx_waiter_renew(&self->waiter, *waker);
    return false;
}

/* Under the lock: leaves the line. What notify_one gave it is used up. */
static plx_waker leave(plx_notified *self)
{
    if (plx_waiter_linked(&self->waiter))
        plx_waiter_unlink(&self->waiter);
    line_left(self->notify);
    self->queued = false;
    self->waiter.prev = NULL;
    return PLX_MOVE(self->waiter.waker);
}

static bool look_in_line(plx_notified *self, plx_context *cx)
{
    plx_waker waker = plx_context_waker(cx), old = {0};
    plx_lock_take(&self->notify->lock);
    bool done = notified(self, &waker);
    if (done)
        old = leave(self);
    plx_lock_release(&self->notify->lock);
    plx_waker_drop(&waker);
    plx_waker_drop(&old);
    return done;
}

enum plx_answer plx_notified_poll(plx_notified *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    bool at_once = !self->queued && (called(self) || take_kept(self));
    if (!at_once && !look_in_line(self, cx)) {
        plx_sync_trace(sync_wait, &self->notify->name, .task = cx->task);
        return PLX_NOT_READY;
    }
    plx_budget_spend(cx);
    return PLX_READY;
}

/* Chosen by notify_one, but not told: the next one is chosen. One that notify_waiters woke has nothing to
 * hand on, unless notify_one chose it before. */
void plx_notified_drop(plx_notified *self)
{
    plx_waker next = {0};
    if (!self->queued)
        return;
    plx_lock_take(&self->notify->lock);
    bool chosen = plx_waiter_chosen(&self->waiter);
    plx_waker own = leave(self);
    if (chosen)
        next = choose(self->notify);
    plx_lock_release(&self->notify->lock);
    plx_waker_drop(&own);
    plx_waker_spend(next);
}
