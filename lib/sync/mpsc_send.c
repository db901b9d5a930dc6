/* SPDX-License-Identifier: MIT
 *
 * mpsc: messages and permits, from the senders' side. See mpsc_channel.h.
 */
#include "lib/sync/mpsc_channel.h"

/* ── sending ──────────────────────────────────────────────────────────────────────────────────────── */

/* Under the lock. The memory for a full block's successor is there, unless the channel is unbounded or
 * huge. */
static inline bool has_place(struct plx_mpsc *channel, uint64_t sent)
{
    if (plx_likely(!plx_block_full(&channel->writer)))
        return true;
    uint64_t received = atomic_load_explicit(&channel->received, memory_order_acquire);
    bool grows = channel->buffer > PLX_MPSC_READY_ITEMS;
    return plx__block_next(&channel->writer, channel->size, sent, received, grows);
}

/* Under the lock: writes a message and lets the receiver see it. The trace is told before that. */
PLX_BODY int put(struct plx_mpsc *channel, const void *value)
{
    uint64_t sent = atomic_load_explicit(&channel->sent, memory_order_relaxed);
    if (plx_unlikely(!has_place(channel, sent)))
        return -ENOMEM;
    plx__item_copy(plx_block_to_write(&channel->writer, channel->size), value, channel->size);
    plx_sync_trace(send, &channel->name, .task = plx__sync_task(),
                   .length = sent + 1 - atomic_load_explicit(&channel->received, memory_order_relaxed));
    atomic_store_explicit(&channel->sent, sent + 1, memory_order_release);
    return 0;
}

static bool over_the_buffer(struct plx_mpsc *channel)
{
    return channel->claimed - channel->seen > channel->buffer;
}

/* Under the lock, which it releases: a place was claimed above the buffer, or so it seemed when a sender
 * looked last. The sender is parked if it is true. */
static PLX_COLD void claimed_the_last(struct plx_mpsc *channel, struct plx_mpsc_seat *seat)
{
    channel->seen = atomic_load_explicit(&channel->received, memory_order_relaxed);
    if (over_the_buffer(channel)) {
        plx__mpsc_park(channel, seat);
        plx__mpsc_unpark_and_release(channel);
    } else {
        plx_lock_release(&channel->lock);
    }
}

/* Under the lock, which it releases: one place was claimed. */
static inline void claimed(struct plx_mpsc *channel, struct plx_mpsc_seat *seat)
{
    channel->claimed++;
    if (plx_unlikely(over_the_buffer(channel)))
        claimed_the_last(channel, seat);
    else
        plx_lock_release(&channel->lock);
}

static bool is_closed(const struct plx_mpsc *channel)
{
    return plx_unlikely(atomic_load_explicit(&channel->closed, memory_order_relaxed));
}

/* Room that this very poll has made, and has not told of yet, counts. */
static PLX_COLD bool is_still_parked(const struct plx_mpsc_seat *seat)
{
    plx_context *cx = plx__context_current();
    if (cx)
        plx_context_settle(cx);
    return atomic_load_explicit(&seat->parked, memory_order_acquire);
}

static inline bool is_parked(const struct plx_mpsc_seat *seat)
{
    return plx_unlikely(atomic_load_explicit(&seat->parked, memory_order_acquire)) && is_still_parked(seat);
}

/* Under the lock, which it releases: sends from a seat that is not parked. */
PLX_BODY int send_and_release(struct plx_mpsc_seat *seat, const void *value)
{
    struct plx_mpsc *channel = seat->channel;
    int error = is_closed(channel) ? PLX_CLOSED : put(channel, value);
    if (plx_unlikely(error)) {
        plx_lock_release(&channel->lock);
        return error;
    }
    plx_waker receiver = plx__mpsc_take_receiver(channel);
    claimed(channel, seat);
    plx_waker_spend(receiver);
    return 0;
}

static int no_place(const struct plx_mpsc_seat *seat)
{
    return plx__mpsc_is_closed(seat) ? PLX_CLOSED : -EAGAIN;
}

int plx__mpsc_try_send(struct plx_mpsc_seat *seat, const void *value)
{
    if (is_parked(seat))
        return no_place(seat);
    plx_lock_take(&seat->channel->lock);
    return send_and_release(seat, value);
}

/* Leaves this poll's waker with the parked sender. False: it is parked no more. */
static bool wait_parked(struct plx_mpsc_seat *seat, plx_context *cx)
{
    struct plx_mpsc *channel = seat->channel;
    plx_waker waker = plx_context_waker(cx);
    plx_lock_take(&channel->lock);
    bool parked = atomic_load_explicit(&seat->parked, memory_order_relaxed);
    if (parked) {
        plx_waker old = seat->waker;
        seat->waker = waker;
        waker = old;
    }
    plx_lock_release(&channel->lock);
    plx_waker_drop(&waker);
    if (parked)
        plx_sync_trace(sync_wait, &channel->name, .task = cx->task);
    return parked;
}

enum plx_answer plx__mpsc_poll_flush(struct plx_mpsc_seat *seat, plx_context *cx)
{
    seat->waits = is_parked(seat) && wait_parked(seat, cx);
    return seat->waits ? PLX_NOT_READY : PLX_READY;
}

enum plx_answer plx__mpsc_poll_ready(struct plx_mpsc_seat *seat, plx_context *cx)
{
    enum plx_answer answer = plx__mpsc_poll_flush(seat, cx);
    return plx__mpsc_is_closed(seat) ? plx_fail(cx, PLX_CLOSED) : answer;
}

enum plx_answer plx__mpsc_start_send(struct plx_mpsc_seat *seat, plx_context *cx, const void *value)
{
    if (plx__mpsc_poll_flush(seat, cx) == PLX_NOT_READY)
        return PLX_NOT_READY;
    int error = plx__mpsc_try_send(seat, value);
    return error ? plx_fail(cx, error) : PLX_READY;
}

/* Another worker is sending, perhaps many messages one after the other. The lock and what it guards are in
 * the cache of its processor, and whoever takes them over for one message makes both wait for memory. So the
 * task lets the others of its own worker go first, the receiver perhaps; only when it comes again, and again
 * in vain, it waits, and leaves the other one alone for a while. Four senders and a receiver on two workers:
 * 21 ns a message, and 50 to 110 when each spins for the lock. True: the lock was taken. */
static PLX_COLD bool give_way(struct plx_mpsc_seat *seat, plx_context *cx)
{
    seat->gave_way = !seat->gave_way;
    if (seat->gave_way) {
        plx_detail(cx, "another one is sending");
        plx_context_notify(cx);
        return false;
    }
    plx__lock_stand_back();
    plx_lock_take(&seat->channel->lock);
    return true;
}

enum plx_answer plx__mpsc_poll_send(struct plx_mpsc_seat *seat, plx_context *cx, const void *value)
{
    if (is_parked(seat) && plx__mpsc_poll_flush(seat, cx) == PLX_NOT_READY)
        return PLX_NOT_READY;
    if (plx_unlikely(!plx_lock_try(&seat->channel->lock)) && !give_way(seat, cx))
        return PLX_NOT_READY;
    seat->gave_way = false;
    int error = send_and_release(seat, value);
    return plx_unlikely(error) ? plx_fail(cx, error) : PLX_READY;
}

bool plx__mpsc_is_closed(const struct plx_mpsc_seat *seat)
{
    return atomic_load_explicit(&seat->channel->closed, memory_order_acquire);
}

void plx__mpsc_forget_sender(struct plx_mpsc_seat *seat)
{
    if (!PLX_MOVE(seat->waits))
        return;
    plx_lock_take(&seat->channel->lock);
    plx_waker waker = PLX_MOVE(seat->waker);
    plx_lock_release(&seat->channel->lock);
    plx_waker_drop(&waker);
}

/* ── permits ──────────────────────────────────────────────────────────────────────────────────────── */

int plx__mpsc_try_reserve(struct plx_mpsc_seat *seat, struct plx_mpsc **permit)
{
    struct plx_mpsc *channel = seat->channel;
    if (is_parked(seat))
        return no_place(seat);
    plx_lock_take(&channel->lock);
    if (is_closed(channel)) {
        plx_lock_release(&channel->lock);
        return PLX_CLOSED;
    }
    channel->reserved++;
    channel->references++;
    claimed(channel, seat);
    *permit = channel;
    return 0;
}

enum plx_answer plx__mpsc_poll_reserve(struct plx_mpsc_seat *seat, plx_context *cx, struct plx_mpsc **permit)
{
    if (plx__mpsc_poll_flush(seat, cx) == PLX_NOT_READY)
        return PLX_NOT_READY;
    int error = plx__mpsc_try_reserve(seat, permit);
    return error ? plx_fail(cx, error) : PLX_READY;
}

int plx__mpsc_permit_send(struct plx_mpsc **permit, const void *value)
{
    struct plx_mpsc *channel = *permit;
    plx_lock_take(&channel->lock);
    int error = channel->receiver_gone ? PLX_CLOSED : put(channel, value);
    if (error) {
        plx_lock_release(&channel->lock);
        if (error == PLX_CLOSED)
            plx__mpsc_permit_drop(permit);
        return error;
    }
    *permit = NULL;
    channel->reserved--;
    plx_waker receiver = plx__mpsc_take_receiver(channel);
    plx__mpsc_let_go(channel);
    plx_waker_spend(receiver);
    return 0;
}

/* The place goes to who is parked; a receiver that waited for this permit only is told. */
void plx__mpsc_permit_drop(struct plx_mpsc **permit)
{
    struct plx_mpsc *channel = PLX_MOVE(*permit);
    if (!channel)
        return;
    plx_lock_take(&channel->lock);
    channel->reserved--;
    channel->claimed--;
    plx__mpsc_unpark_and_release(channel);
    plx_lock_take(&channel->lock);
    plx__mpsc_let_go(channel);
}
