/* SPDX-License-Identifier: MIT
 *
 * mpsc: the receiver's side. See mpsc_channel.h.
 */
#include "lib/sync/mpsc_channel.h"

/* ── receiving ────────────────────────────────────────────────────────────────────────────────────── */

/* The receiver knows of what was sent when it looked last; it looks again when that is used up. */
static inline bool anything(struct plx_mpsc *channel)
{
    if (channel->position == channel->known)
        channel->known = atomic_load_explicit(&channel->sent, memory_order_acquire);
    return channel->position != channel->known;
}

static PLX_COLD void made_room(struct plx_mpsc *channel)
{
    plx_lock_take(&channel->lock);
    plx__mpsc_unpark_and_release(channel);
}

/* The poll has ended in which room was made. */
void plx__mpsc_poll_ended(struct plx_after *after)
{
    struct plx_mpsc *channel = plx_container_of(after, struct plx_mpsc, end_of_poll);
    made_room(channel);
    plx_lock_take(&channel->lock);
    plx__mpsc_let_go(channel);
}

/* The receiver may be gone when the poll ends, so the poll holds the channel. */
static PLX_COLD bool put_off(struct plx_mpsc *channel, plx_context *cx)
{
    if (!plx_context_after(cx, &channel->end_of_poll))
        return false;
    plx_lock_take(&channel->lock);
    channel->references++;
    plx_lock_release(&channel->lock);
    return true;
}

/* Whether those who are parked can be told of the room at the end of this poll. That saves a receive the
 * order between the two words, and all but the last of the wakes: 6 ns of 29 a message on one worker. In a
 * channel for a few, or when few wait, there is nothing to save, and they are told at once. */
static inline bool tells_later(struct plx_mpsc *channel, plx_context *cx)
{
    if (!cx)
        return false;
    if (cx->after == &channel->end_of_poll)
        return true;
    return channel->buffer >= PLX_MPSC_LARGE && channel->known - channel->position >= PLX_MPSC_MANY &&
           put_off(channel, cx);
}

/* An unbounded channel has nobody parked, and needs no order between the two. */
static inline void count_received(struct plx_mpsc *channel, plx_context *cx)
{
    channel->position++;
    if (channel->buffer == PLX_UNBOUNDED || tells_later(channel, cx)) {
        atomic_store_explicit(&channel->received, channel->position, memory_order_release);
        return;
    }
    atomic_exchange(&channel->received, channel->position);
    if (plx_unlikely(atomic_load(&channel->anyone_parked)))
        made_room(channel);
}

/* `cx`: of the poll in which it is taken, or NULL. */
PLX_BODY bool take(struct plx_mpsc *channel, plx_context *cx, void *out)
{
    if (!anything(channel))
        return false;
    plx__item_copy(out, plx_block_to_read(&channel->reader, channel->size), channel->size);
    plx_sync_trace(receive, &channel->name, .task = plx__sync_task(),
                   .length = channel->known - channel->position - 1);
    count_received(channel, cx);
    return true;
}

enum state { SOMETHING, NOTHING_YET, END };

/* Under the lock: then nothing can come in between. */
static enum state look(struct plx_mpsc *channel)
{
    if (anything(channel))
        return SOMETHING;
    return plx__mpsc_ended(channel) ? END : NOTHING_YET;
}

/* Leaves this poll's waker, unless there is something to say. */
static enum state wait_for_more(struct plx_mpsc *channel, plx_context *cx)
{
    plx_waker waker = plx_context_waker(cx);
    plx_lock_take(&channel->lock);
    enum state state = look(channel);
    if (state == NOTHING_YET) {
        plx_waker old = channel->receiver;
        channel->receiver = waker;
        waker = old;
    }
    plx_lock_release(&channel->lock);
    plx_waker_drop(&waker);
    if (state == NOTHING_YET)
        plx_sync_trace(sync_wait, &channel->name, .task = cx->task);
    return state;
}

enum plx_answer plx__mpsc_poll(struct plx_mpsc *channel, plx_context *cx, void *out, bool *end)
{
    if (plx_unlikely(!plx_budget_left(cx)))
        return PLX_NOT_READY;
    *end = false;
    enum state state = SOMETHING;
    if (plx_unlikely(!anything(channel)))
        state = wait_for_more(channel, cx);
    if (plx_unlikely(state == NOTHING_YET))
        return PLX_NOT_READY;
    if (!take(channel, cx, out))
        *end = true;
    plx_budget_spend(cx);
    return PLX_READY;
}

int plx__mpsc_try_recv(struct plx_mpsc *channel, void *out)
{
    enum state state = SOMETHING;
    if (!anything(channel)) {
        plx_lock_take(&channel->lock);
        state = look(channel);
        plx_lock_release(&channel->lock);
    }
    if (state == SOMETHING)
        take(channel, NULL, out);
    return state == SOMETHING ? 0 : state == END ? PLX_CLOSED : -EAGAIN;
}

uint64_t plx__mpsc_length(struct plx_mpsc *channel)
{
    return atomic_load_explicit(&channel->sent, memory_order_acquire) - channel->position;
}

/* Nobody can claim a place from here on; all who are parked are told. */
void plx__mpsc_close(struct plx_mpsc *channel)
{
    if (!channel || atomic_load_explicit(&channel->closed, memory_order_relaxed))
        return;
    plx_lock_take(&channel->lock);
    if (channel->senders)
        plx_sync_trace(close, &channel->name, .side = PLX_RECEIVER);
    atomic_store_explicit(&channel->closed, true, memory_order_release);
    plx__mpsc_unpark_and_release(channel);
}

void plx__mpsc_forget_receiver(struct plx_mpsc *channel)
{
    plx_lock_take(&channel->lock);
    plx_waker waker = plx__mpsc_take_receiver(channel);
    plx_lock_release(&channel->lock);
    plx_waker_drop(&waker);
}

/* Once the channel is closed and receiver_gone is set nothing is put in, so what is left is all there will
 * be. What an item's drop does may be anything, even drop a sender of this channel. */
void plx__mpsc_receiver_drop(struct plx_mpsc **receiver)
{
    struct plx_mpsc *channel = PLX_MOVE(*receiver);
    if (!channel)
        return;
    plx__mpsc_close(channel);
    plx_lock_take(&channel->lock);
    channel->receiver_gone = true;
    plx_waker waker = plx__mpsc_take_receiver(channel);
    plx_lock_release(&channel->lock);
    plx_waker_drop(&waker);

    unsigned char item[channel->size + 1] __attribute__((aligned(_Alignof(max_align_t))));
    while (take(channel, NULL, item))
        plx_item_drop(channel->traits, item);
    plx_lock_take(&channel->lock);
    plx__mpsc_let_go(channel);
}
