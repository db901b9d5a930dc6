/* SPDX-License-Identifier: MIT
 *
 * oneshot: the state word is described in oneshot.h.
 *
 * While a waker's bit is set both sides only read it: the one may compare it with a newer one, the other, who
 * has set SETTLED or CLOSED and saw the bit, notifies through it. To replace it its owner clears the bit
 * first, which is refused once the other has settled or closed. Wakers are dropped when they are replaced,
 * and with the channel when both ends are gone; who notifies says only afterwards that he is gone.
 */
#include "lib/sync/oneshot.h"

#include <stdlib.h>

enum {
    RECEIVER_WAKER = PLX_ONESHOT_RECEIVER_WAKER,
    SENDER_WAKER = PLX_ONESHOT_SENDER_WAKER,
    SETTLED = PLX_ONESHOT_SETTLED,
    VALUE = PLX_ONESHOT_VALUE,
    CLOSED = PLX_ONESHOT_CLOSED,
    SENDER_GONE = PLX_ONESHOT_SENDER_GONE,
    RECEIVER_GONE = PLX_ONESHOT_RECEIVER_GONE,
};

/* Tells the trace of `event`. */
#define trace_of(channel, event, ...)                                                                        \
    plx_trace(event, .object = plx__sync_number_of("oneshot", 0, &(channel)->number), __VA_ARGS__)

static uint32_t look(struct plx_oneshot *channel)
{
    return atomic_load_explicit(&channel->state, memory_order_acquire);
}

static bool swap(struct plx_oneshot *channel, uint32_t *seen, uint32_t next)
{
    return atomic_compare_exchange_weak_explicit(&channel->state, seen, next, memory_order_acq_rel,
                                                 memory_order_acquire);
}

static uint32_t set(struct plx_oneshot *channel, uint32_t bits)
{
    return atomic_fetch_or_explicit(&channel->state, bits, memory_order_acq_rel);
}

struct plx_oneshot *plx__oneshot_new(size_t value_size)
{
    struct plx_oneshot *channel = aligned_alloc(_Alignof(max_align_t),
                                                (sizeof *channel + value_size + 15) & ~(size_t)15);
    if (channel)
        *channel = (struct plx_oneshot){.state = 0};
    return channel;
}

static void free_channel(struct plx_oneshot *channel)
{
    plx_waker_drop(&channel->receiver);
    plx_waker_drop(&channel->sender);
    free(channel);
}

/* One end touches the channel no more. If the other one had gone before, it is freed. Nobody but us is left
 * when the other is seen gone: then nothing need be written. */
static void go(struct plx_oneshot *channel, uint32_t own, uint32_t other)
{
    if (look(channel) & other || set(channel, own) & other)
        free_channel(channel);
}

/* Leaves this poll's waker in `place`, which belongs to the caller while `bit` is clear. False: the other
 * side has set `over` meanwhile. */
static bool leave_waker(struct plx_oneshot *channel, plx_context *cx, plx_waker *place, uint32_t bit,
                        uint32_t over)
{
    uint32_t seen = look(channel);
    if (seen & bit && !(seen & over)) {
        if (plx_waker_same(*place, cx->waker)) {
            cx->waker_taken = true;
            return true;
        }
        while (!(seen & over) && !swap(channel, &seen, seen & ~bit))
            ;
    }
    if (seen & over)
        return false;
    plx_waker_drop(place);
    *place = plx_context_waker(cx);
    seen = look(channel);
    while (!(seen & over))
        if (swap(channel, &seen, seen | bit))
            return true;
    return false;
}

/* Who goes takes his waker along, unless the other side is just notifying through it. */
static void take_waker_along(struct plx_oneshot *channel, plx_waker *place, uint32_t bit, uint32_t over)
{
    uint32_t seen = look(channel);
    while (seen & bit && !(seen & over))
        if (swap(channel, &seen, seen & ~bit)) {
            plx_waker_drop(place);
            return;
        }
}

/* ── the sender ───────────────────────────────────────────────────────────────────────────────────── */

/* Settles the matter, unless the receiver has closed. Without a receiver that waits that is all there is to
 * do, and the sender is gone with the same swap. True: it is settled; `seen` is how the word was before. */
static bool settle(struct plx_oneshot *channel, uint32_t how, uint32_t *seen)
{
    uint32_t next;
    take_waker_along(channel, &channel->sender, SENDER_WAKER, CLOSED);
    *seen = look(channel);
    do {
        if (*seen & CLOSED)
            return false;
        next = *seen | how | (*seen & RECEIVER_WAKER ? 0 : SENDER_GONE);
    } while (!swap(channel, seen, next));
    return true;
}

/* After settling. */
static void leave(struct plx_oneshot *channel, uint32_t seen)
{
    if (!(seen & RECEIVER_WAKER))
        return;
    plx_waker_notify(channel->receiver);
    go(channel, SENDER_GONE, RECEIVER_GONE);
}

int plx__oneshot_send(struct plx_oneshot **sender, const void *value, size_t size)
{
    struct plx_oneshot *channel = PLX_MOVE(*sender);
    uint32_t seen;
    plx__item_copy(channel->value, value, size);
    trace_of(channel, send, .task = plx__sync_task(), .length = 1);
    if (settle(channel, SETTLED | VALUE, &seen)) {
        leave(channel, seen);
        return 0;
    }
    go(channel, SENDER_GONE, RECEIVER_GONE);
    return PLX_CLOSED;
}

void plx__oneshot_sender_drop(struct plx_oneshot **sender)
{
    struct plx_oneshot *channel = PLX_MOVE(*sender);
    uint32_t seen;
    if (!channel)
        return;
    trace_of(channel, close, .side = PLX_SENDER);
    if (settle(channel, SETTLED, &seen))
        leave(channel, seen);
    else
        go(channel, SENDER_GONE, RECEIVER_GONE);
}

enum plx_answer plx__oneshot_poll_cancelled(struct plx_oneshot *channel, plx_context *cx)
{
    if (!channel)
        return PLX_READY;
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    if (leave_waker(channel, cx, &channel->sender, SENDER_WAKER, CLOSED))
        return PLX_NOT_READY;
    plx_budget_spend(cx);
    return PLX_READY;
}

/* For a task that runs on behalf of the receiver: it is to stop. Registers the task if not. */
bool plx__oneshot_unwanted(struct plx_oneshot *channel, plx_context *cx)
{
    return !leave_waker(channel, cx, &channel->sender, SENDER_WAKER, CLOSED) &&
           !(look(channel) & PLX_ONESHOT_FORGOTTEN);
}

/* ── the receiver ─────────────────────────────────────────────────────────────────────────────────── */

/* Takes nothing more. What stood in the word before is returned. */
static uint32_t close_channel(struct plx_oneshot *channel)
{
    uint32_t seen = set(channel, CLOSED);
    if (seen & SENDER_WAKER && !(seen & (CLOSED | SETTLED)))
        plx_waker_notify(channel->sender);
    return seen;
}

void plx__oneshot_close(struct plx_oneshot *channel)
{
    if (!channel || look(channel) & (CLOSED | SETTLED))
        return;
    trace_of(channel, close, .side = PLX_RECEIVER);
    close_channel(channel);
}

void plx__oneshot_forget(struct plx_oneshot *channel)
{
    set(channel, PLX_ONESHOT_FORGOTTEN);
}

/* What has come, and with it the receiver's end: 0, -ECANCELED, or -EAGAIN while it is open. */
static int take(struct plx_oneshot **receiver, void *out, size_t size)
{
    struct plx_oneshot *channel = *receiver;
    uint32_t seen = look(channel);
    if (!(seen & (SETTLED | CLOSED)))
        return -EAGAIN;
    *receiver = NULL;
    if (seen & VALUE) {
        plx__item_copy(out, channel->value, size);
        trace_of(channel, receive, .task = plx__sync_task(), .length = 0);
    }
    go(channel, RECEIVER_GONE, SENDER_GONE);
    return seen & VALUE ? 0 : -ECANCELED;
}

int plx__oneshot_try(struct plx_oneshot **receiver, void *out, size_t size)
{
    return *receiver ? take(receiver, out, size) : -ECANCELED;
}

enum plx_answer plx__oneshot_poll(struct plx_oneshot **receiver, plx_context *cx, void *out, size_t size)
{
    struct plx_oneshot *channel = *receiver;
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    int state = take(receiver, out, size);
    if (state == -EAGAIN) {
        if (leave_waker(channel, cx, &channel->receiver, RECEIVER_WAKER, SETTLED)) {
            trace_of(channel, sync_wait, .task = cx->task);
            return PLX_NOT_READY;
        }
        state = take(receiver, out, size);
    }
    plx_budget_spend(cx);
    return state ? plx_fail(cx, state) : PLX_READY;
}

void plx__oneshot_receiver_drop(struct plx_oneshot **receiver, const struct plx_item_traits *traits)
{
    struct plx_oneshot *channel = PLX_MOVE(*receiver);
    if (!channel)
        return;
    uint32_t seen = look(channel);
    if (!(seen & SETTLED)) {
        trace_of(channel, close, .side = PLX_RECEIVER);
        take_waker_along(channel, &channel->receiver, RECEIVER_WAKER, SETTLED);
        seen = close_channel(channel);
    }
    if (seen & VALUE)
        plx_item_drop(traits, channel->value);
    go(channel, RECEIVER_GONE, SENDER_GONE);
}
