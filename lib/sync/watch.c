/* SPDX-License-Identifier: MIT
 *
 * watch: see watch.h. Value, version, counts and both lists are under the short lock; the version is read
 * without it by has_changed only, which promises nothing about what comes next. A value that is replaced is
 * copied out and dropped after the lock is released.
 */
#include "lib/sync/watch.h"

#include <stdlib.h>

PLX_LEAF_DEFINE(plx_watch_closed)

struct plx_watch {
    struct plx_lock lock;
    /* under the lock */
    bool sender_gone;
    uint32_t receivers;
    uint32_t references;      /* the sender, the receivers, and who is just waking others */
    _Atomic uint64_t version; /* from 1; a receiver that has seen none has 0 */
    struct plx_waiters waiters;
    struct plx_waiters closers; /* the sender's futures that wait for the last receiver */
    /* constant */
    size_t size;
    const struct plx_item_traits *traits;
    plx_item_clone *clone;
    struct plx_sync_name name;
    _Alignas(max_align_t) unsigned char value[]; /* under the lock */
};

static uint64_t version_of(struct plx_watch *channel)
{
    return atomic_load_explicit(&channel->version, memory_order_relaxed);
}

uint64_t plx__watch_version(struct plx_watch *channel)
{
    return version_of(channel);
}

int plx__watch_new(size_t size, const void *value, const struct plx_item_traits *traits,
                   plx_item_clone *clone, struct plx_watch **sender, struct plx_watch_receiver *receiver)
{
    struct plx_watch *channel;
    *sender = NULL;
    *receiver = (struct plx_watch_receiver){0};
    if (traits->drop && !clone)
        return -EINVAL;
    channel = aligned_alloc(_Alignof(max_align_t), (sizeof *channel + size + 15) & ~(size_t)15);
    if (!channel)
        return -ENOMEM;
    *channel = (struct plx_watch){
        .version = 1, .references = 1, .size = size, .traits = traits, .clone = clone};
    channel->name = (struct plx_sync_name){"watch", 0, 0};
    memcpy(channel->value, value, size);
    *sender = channel;
    plx__watch_subscribe(channel, 0, receiver);
    return 0;
}

/* Under the lock, which it releases: somebody has gone, and the channel goes with the last. */
static void release(struct plx_watch *channel)
{
    bool last = --channel->references == 0;
    plx_lock_release(&channel->lock);
    if (!last)
        return;
    plx_item_drop(channel->traits, channel->value);
    free(channel);
}

/* Under the lock, which it releases. The caller's reference keeps the channel meanwhile, and goes then. */
static void wake_and_release(struct plx_watch *channel, struct plx_waiters *waiters)
{
    struct plx_waiters woken = {0};
    plx_waiters_move(waiters, &woken);
    plx_waiters_wake_all(&woken, &channel->lock);
    plx_lock_take(&channel->lock);
    release(channel);
}

/* ── the sender ───────────────────────────────────────────────────────────────────────────────────── */

int plx__watch_send(struct plx_watch *channel, const void *value)
{
    unsigned char old[channel->size + 1] __attribute__((aligned(_Alignof(max_align_t))));
    struct plx_waiters woken = {0};
    plx_sync_trace(send, &channel->name, .task = plx__sync_task(), .length = 1);
    plx_lock_take(&channel->lock);
    if (channel->receivers == 0) {
        plx_lock_release(&channel->lock);
        return PLX_CLOSED;
    }
    memcpy(old, channel->value, channel->size);
    memcpy(channel->value, value, channel->size);
    atomic_fetch_add_explicit(&channel->version, 1, memory_order_release);
    plx_waiters_move(&channel->waiters, &woken);
    plx_waiters_wake_all(&woken, &channel->lock);
    plx_item_drop(channel->traits, old);
    return 0;
}

void plx__watch_sender_drop(struct plx_watch **sender)
{
    struct plx_watch *channel = PLX_MOVE(*sender);
    if (!channel)
        return;
    plx_sync_trace(close, &channel->name, .side = PLX_SENDER);
    plx_lock_take(&channel->lock);
    channel->sender_gone = true;
    wake_and_release(channel, &channel->waiters);
}

/* ── the value ────────────────────────────────────────────────────────────────────────────────────── */

static void copy_value(struct plx_watch *channel, void *out)
{
    if (channel->clone)
        channel->clone(out, channel->value);
    else
        memcpy(out, channel->value, channel->size);
}

void plx__watch_get(struct plx_watch *channel, void *out)
{
    plx_lock_take(&channel->lock);
    copy_value(channel, out);
    plx_lock_release(&channel->lock);
}

bool plx__watch_has_changed(const struct plx_watch_receiver *receiver)
{
    return atomic_load_explicit(&receiver->channel->version, memory_order_acquire) != receiver->seen;
}

/* ── receivers ────────────────────────────────────────────────────────────────────────────────────── */

void plx__watch_subscribe(struct plx_watch *channel, uint64_t seen, struct plx_watch_receiver *receiver)
{
    *receiver = (struct plx_watch_receiver){.channel = channel, .seen = seen};
    plx_lock_take(&channel->lock);
    channel->receivers++;
    channel->references++;
    plx_lock_release(&channel->lock);
}

/* Under the lock: a new value, or the end; else the receiver joins those who wait, with this poll's waker.
 * What is left in `waker` is to be dropped. */
static bool look(struct plx_watch_receiver *receiver, plx_waker *waker, void *out, bool *end)
{
    struct plx_watch *channel = receiver->channel;
    bool changed = version_of(channel) != receiver->seen;
    *end = !changed && channel->sender_gone;
    if (!changed && !*end) {
        if (!plx_waiter_linked(&receiver->waiter))
            plx_waiters_add(&channel->waiters, &receiver->waiter);
        *waker = plx_waiter_renew(&receiver->waiter, *waker);
        return false;
    }
    if (plx_waiter_linked(&receiver->waiter))
        plx_waiter_unlink(&receiver->waiter);
    receiver->seen = version_of(channel);
    if (changed)
        copy_value(channel, out);
    return true;
}

enum plx_answer plx__watch_poll(struct plx_watch_receiver *receiver, plx_context *cx, void *out, bool *end)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    plx_waker waker = {0}, old = {0};
    if (!plx__watch_has_changed(receiver))
        waker = plx_context_waker(cx);
    plx_lock_take(&receiver->channel->lock);
    bool ready = look(receiver, &waker, out, end);
    if (ready)
        old = PLX_MOVE(receiver->waiter.waker);
    plx_lock_release(&receiver->channel->lock);
    plx_waker_drop(&waker);
    plx_waker_drop(&old);
    if (!ready) {
        plx_sync_trace(sync_wait, &receiver->channel->name, .task = cx->task);
        return PLX_NOT_READY;
    }
    plx_sync_trace(receive, &receiver->channel->name, .task = cx->task, .length = 0);
    plx_budget_spend(cx);
    return PLX_READY;
}

/* Under the lock. */
static plx_waker leave(struct plx_waiter *waiter)
{
    if (plx_waiter_linked(waiter))
        plx_waiter_unlink(waiter);
    return PLX_MOVE(waiter->waker);
}

void plx__watch_forget(struct plx_watch_receiver *receiver)
{
    if (!receiver->channel)
        return;
    plx_lock_take(&receiver->channel->lock);
    plx_waker waker = leave(&receiver->waiter);
    plx_lock_release(&receiver->channel->lock);
    plx_waker_drop(&waker);
}

/* The last one wakes who waits for that. */
void plx__watch_receiver_drop(struct plx_watch_receiver *receiver)
{
    struct plx_watch *channel = receiver->channel;
    if (!channel)
        return;
    plx__watch_forget(receiver);
    receiver->channel = NULL;
    plx_lock_take(&channel->lock);
    if (--channel->receivers > 0) {
        release(channel);
        return;
    }
    plx_sync_trace(close, &channel->name, .side = PLX_RECEIVER);
    wake_and_release(channel, &channel->closers);
}

/* ── closed ───────────────────────────────────────────────────────────────────────────────────────── */

enum plx_answer plx_watch_closed_poll(plx_watch_closed *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    plx_waker waker = plx_context_waker(cx);
    plx_lock_take(&self->channel->lock);
    bool closed = self->channel->receivers == 0;
    if (!closed) {
        if (!plx_waiter_linked(&self->waiter))
            plx_waiters_add(&self->channel->closers, &self->waiter);
        waker = plx_waiter_renew(&self->waiter, waker);
    }
    plx_lock_release(&self->channel->lock);
    plx_waker_drop(&waker);
    if (!closed)
        return PLX_NOT_READY;
    plx_budget_spend(cx);
    return PLX_READY;
}

void plx_watch_closed_drop(plx_watch_closed *self)
{
    if (!self->channel)
        return;
    plx_lock_take(&self->channel->lock);
    plx_waker waker = leave(&self->waiter);
    plx_lock_release(&self->channel->lock);
    plx_waker_drop(&waker);
    self->channel = NULL;
}
