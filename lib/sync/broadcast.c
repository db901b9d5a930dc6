/* SPDX-License-Identifier: MIT
 *
 * broadcast: see broadcast.h. All is under the short lock. Values that are overwritten, or that the last
 * receiver leaves unread, are copied out under it and dropped after it.
 *
 * Positions count from 0 and never wrap (64 bits). A receiver that stands before the oldest value kept has
 * missed what lies between. It was counted in the slots that were overwritten, and in none that is there: so
 * `left` of a slot is at any time the number of receivers whose `next` is not beyond it.
 */
#include "lib/sync/broadcast.h"

#include <stdlib.h>

struct slot {
    uint64_t left; /* receivers that have still to read it; 0: there is no value */
    _Alignas(max_align_t) unsigned char value[];
};

struct plx_broadcast {
    struct plx_lock lock;
    /* under the lock */
    uint32_t senders, receivers;
    uint32_t references; /* both, and who is just waking others */
    uint64_t tail;       /* the next position to be sent to */
    struct plx_waiters waiters;
    /* constant */
    size_t capacity, size, stride;
    const struct plx_item_traits *traits;
    plx_item_clone *clone;
    struct plx_sync_name name;
    _Alignas(max_align_t) unsigned char slots[];
};

#define ALIGNED __attribute__((aligned(_Alignof(max_align_t))))

static struct slot *slot_at(struct plx_broadcast *channel, uint64_t position)
{
    return (struct slot *)(void *)(channel->slots + position % channel->capacity * channel->stride);
}

static uint64_t oldest(const struct plx_broadcast *channel)
{
    return channel->tail > channel->capacity ? channel->tail - channel->capacity : 0;
}

static struct plx_broadcast *new_channel(size_t capacity, size_t size)
{
    size_t stride = (sizeof(struct slot) + size + 15) & ~(size_t)15, slots, all;
    if (__builtin_mul_overflow(stride, capacity, &slots) ||
        __builtin_add_overflow(sizeof(struct plx_broadcast), slots, &all))
        return NULL;
    struct plx_broadcast *channel = aligned_alloc(_Alignof(max_align_t), (all + 15) & ~(size_t)15);
    if (!channel)
        return NULL;
    *channel = (struct plx_broadcast){.capacity = capacity, .size = size, .stride = stride};
    channel->name = (struct plx_sync_name){"broadcast", capacity, 0};
    for (size_t i = 0; i < capacity; i++)
        slot_at(channel, i)->left = 0;
    return channel;
}

int plx__broadcast_new(size_t capacity, size_t size, const struct plx_item_traits *traits,
                       plx_item_clone *clone, struct plx_broadcast **sender,
                       struct plx_broadcast_receiver *receiver)
{
    *sender = NULL;
    *receiver = (struct plx_broadcast_receiver){0};
    if (capacity == 0 || (traits->drop && !clone))
        return -EINVAL;
    struct plx_broadcast *channel = new_channel(capacity, size);
    if (!channel)
        return -ENOMEM;
    channel->traits = traits;
    channel->clone = clone;
    channel->senders = channel->references = 1;
    *sender = channel;
    plx__broadcast_subscribe(channel, receiver);
    return 0;
}

/* Under the lock, which it releases: somebody has gone, and the channel goes with the last. */
static void release(struct plx_broadcast *channel)
{
    bool last = --channel->references == 0;
    plx_lock_release(&channel->lock);
    if (last)
        free(channel);
}

/* ── senders ──────────────────────────────────────────────────────────────────────────────────────── */

/* Under the lock: puts a value in its place, and takes the one out that was there, if nobody needs it. */
static bool put(struct plx_broadcast *channel, const void *value, void *old)
{
    struct slot *slot = slot_at(channel, channel->tail);
    bool replaced = slot->left > 0;
    if (replaced)
        memcpy(old, slot->value, channel->size);
    memcpy(slot->value, value, channel->size);
    slot->left = channel->receivers;
    channel->tail++;
    return replaced;
}

int plx__broadcast_send(struct plx_broadcast *channel, const void *value)
{
    unsigned char old[channel->size + 1] ALIGNED;
    struct plx_waiters woken = {0};
    plx_sync_trace(send, &channel->name, .task = plx__sync_task(), .length = 0);
    plx_lock_take(&channel->lock);
    if (channel->receivers == 0) {
        plx_lock_release(&channel->lock);
        return PLX_CLOSED;
    }
    bool replaced = put(channel, value, old);
    plx_waiters_move(&channel->waiters, &woken);
    plx_waiters_wake_all(&woken, &channel->lock);
    if (replaced)
        plx_item_drop(channel->traits, old);
    return 0;
}

struct plx_broadcast *plx__broadcast_clone(struct plx_broadcast *channel)
{
    plx_lock_take(&channel->lock);
    channel->senders++;
    channel->references++;
    plx_lock_release(&channel->lock);
    return channel;
}

/* The last one wakes all who wait. Its reference keeps the channel until it has done so. */
void plx__broadcast_sender_drop(struct plx_broadcast **sender)
{
    struct plx_broadcast *channel = PLX_MOVE(*sender);
    struct plx_waiters woken = {0};
    if (!channel)
        return;
    plx_lock_take(&channel->lock);
    if (--channel->senders == 0) {
        plx_sync_trace(close, &channel->name, .side = PLX_SENDER);
        plx_waiters_move(&channel->waiters, &woken);
        plx_waiters_wake_all(&woken, &channel->lock);
        plx_lock_take(&channel->lock);
    }
    release(channel);
}

/* ── receivers ────────────────────────────────────────────────────────────────────────────────────── */

void plx__broadcast_subscribe(struct plx_broadcast *channel, struct plx_broadcast_receiver *receiver)
{
    *receiver = (struct plx_broadcast_receiver){.channel = channel};
    plx_lock_take(&channel->lock);
    receiver->next = channel->tail;
    channel->receivers++;
    channel->references++;
    plx_lock_release(&channel->lock);
}

/* Under the lock: the last one to read a value takes it, the others get copies. */
static void read_slot(struct plx_broadcast *channel, struct slot *slot, void *out)
{
    if (--slot->left > 0 && channel->clone)
        channel->clone(out, slot->value);
    else
        memcpy(out, slot->value, channel->size);
}

/* Under the lock: 0 with a value or the end, or -EAGAIN. */
static int look(struct plx_broadcast_receiver *receiver, void *out, struct plx_broadcast_news *news)
{
    struct plx_broadcast *channel = receiver->channel;
    *news = (struct plx_broadcast_news){0};
    if (receiver->next == channel->tail) {
        news->end = channel->senders == 0;
        return news->end ? 0 : -EAGAIN;
    }
    if (receiver->next < oldest(channel)) {
        news->missed = oldest(channel) - receiver->next;
        receiver->next = oldest(channel);
    }
    read_slot(channel, slot_at(channel, receiver->next++), out);
    return 0;
}

/* Under the lock. */
static plx_waker leave(struct plx_broadcast_receiver *receiver)
{
    if (plx_waiter_linked(&receiver->waiter))
        plx_waiter_unlink(&receiver->waiter);
    return PLX_MOVE(receiver->waiter.waker);
}

int plx__broadcast_try(struct plx_broadcast_receiver *receiver, void *out, struct plx_broadcast_news *news)
{
    plx_waker old = {0};
    plx_lock_take(&receiver->channel->lock);
    int state = look(receiver, out, news);
    if (state == 0)
        old = leave(receiver);
    plx_lock_release(&receiver->channel->lock);
    plx_waker_drop(&old);
    return state;
}

/* Looks again, and when there is nothing leaves this poll's waker in the same hold of the lock. */
static int look_or_wait(struct plx_broadcast_receiver *receiver, plx_context *cx, void *out,
                        struct plx_broadcast_news *news)
{
    struct plx_broadcast *channel = receiver->channel;
    plx_waker waker = plx_context_waker(cx), old;
    plx_lock_take(&channel->lock);
    int state = look(receiver, out, news);
    if (state == 0) {
        old = leave(receiver);
    } else {
        if (!plx_waiter_linked(&receiver->waiter))
            plx_waiters_add(&channel->waiters, &receiver->waiter);
        old = plx_waiter_renew(&receiver->waiter, waker);
        waker = (plx_waker){0};
    }
    plx_lock_release(&channel->lock);
    plx_waker_drop(&waker);
    plx_waker_drop(&old);
    return state;
}

enum plx_answer plx__broadcast_poll(struct plx_broadcast_receiver *receiver, plx_context *cx, void *out,
                                    struct plx_broadcast_news *news)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    if (plx__broadcast_try(receiver, out, news) && look_or_wait(receiver, cx, out, news)) {
        plx_sync_trace(sync_wait, &receiver->channel->name, .task = cx->task);
        return PLX_NOT_READY;
    }
    plx_sync_trace(receive, &receiver->channel->name, .task = cx->task, .length = 0);
    plx_budget_spend(cx);
    return PLX_READY;
}

void plx__broadcast_forget(struct plx_broadcast_receiver *receiver)
{
    if (!receiver->channel)
        return;
    plx_lock_take(&receiver->channel->lock);
    plx_waker waker = leave(receiver);
    plx_lock_release(&receiver->channel->lock);
    plx_waker_drop(&waker);
}

/* Under the lock: reads over the values that are left for this receiver, up to one that nobody else needs,
 * and takes that one out. False: there are no more. */
static bool take_unread(struct plx_broadcast_receiver *receiver, void *value)
{
    struct plx_broadcast *channel = receiver->channel;
    if (receiver->next < oldest(channel))
        receiver->next = oldest(channel);
    while (receiver->next != channel->tail) {
        struct slot *slot = slot_at(channel, receiver->next++);
        if (--slot->left == 0) {
            memcpy(value, slot->value, channel->size);
            return true;
        }
    }
    return false;
}

/* It counts as a receiver until it has left all slots, so that each of them counts it. */
void plx__broadcast_receiver_drop(struct plx_broadcast_receiver *receiver)
{
    struct plx_broadcast *channel = receiver->channel;
    if (!channel)
        return;
    unsigned char value[channel->size + 1] ALIGNED;
    plx__broadcast_forget(receiver);
    plx_lock_take(&channel->lock);
    while (take_unread(receiver, value)) {
        plx_lock_release(&channel->lock);
        plx_item_drop(channel->traits, value);
        plx_lock_take(&channel->lock);
    }
    receiver->channel = NULL;
    if (--channel->receivers == 0)
        plx_sync_trace(close, &channel->name, .side = PLX_RECEIVER);
    release(channel);
}
