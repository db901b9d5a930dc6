/* SPDX-License-Identifier: MIT
 *
 * mpsc: channels and senders come and go, and senders are parked and unparked. See mpsc_channel.h.
 */
#include "lib/sync/mpsc_channel.h"

#include <stdlib.h>

/* About what a block holds. */
enum { BLOCK_BYTES = 1024 };

/* ── made and freed ───────────────────────────────────────────────────────────────────────────────── */

/* Items in a block: about a kilobyte, and for a small channel less. */
static uint32_t block_capacity(uint64_t buffer, size_t size)
{
    if (PLX_SMALL)
        return 2;
    uint64_t most = size && size <= BLOCK_BYTES / 4 ? BLOCK_BYTES / size : 4;
    uint64_t wanted = buffer / 2 < 4 ? 4 : buffer / 2;
    return (uint32_t)(wanted < most ? wanted : most);
}

/* Under the lock, or before anybody knows the channel: are there blocks for one sender more? The most that
 * can be under way rises with that only, see `unpark`. */
static bool has_blocks(const struct plx_mpsc *channel, uint64_t under_way)
{
    if (channel->buffer > PLX_MPSC_READY_ITEMS)
        return true;
    uint64_t most = (under_way > channel->buffer ? under_way : channel->buffer) + channel->senders + 1;
    return channel->writer.owned >= plx_blocks_for(most, channel->writer.capacity);
}

static int make_blocks(struct plx_mpsc *channel)
{
    uint32_t capacity = block_capacity(channel->buffer, channel->size);
    int error = plx_blocks_init(&channel->writer, &channel->reader, capacity, channel->size);
    while (!error && !has_blocks(channel, 0)) {
        struct plx_block *block = plx_block_new(capacity, channel->size);
        if (block)
            plx_blocks_add(&channel->writer, block);
        else
            error = -ENOMEM;
    }
    return error;
}

static struct plx_mpsc_seat *new_seat(struct plx_mpsc *channel)
{
    struct plx_mpsc_seat *seat = malloc(sizeof *seat);
    if (seat)
        *seat = (struct plx_mpsc_seat){.channel = channel};
    return seat;
}

static void free_channel(struct plx_mpsc *channel)
{
    plx_blocks_free(&channel->writer);
    free(channel);
}

int plx__mpsc_new(uint64_t buffer, size_t size, const struct plx_item_traits *traits,
                  struct plx_mpsc_seat **sender, struct plx_mpsc **receiver)
{
    struct plx_mpsc *channel = aligned_alloc(PLX_MPSC_LINE, sizeof *channel);
    *sender = NULL;
    *receiver = NULL;
    if (!channel)
        return -ENOMEM;
    *channel = (struct plx_mpsc){.buffer = buffer, .size = size, .traits = traits};
    channel->name = (struct plx_sync_name){"mpsc", buffer == PLX_UNBOUNDED ? 0 : buffer, 0};
    channel->last_link = &channel->first_parked;
    channel->end_of_poll.run = plx__mpsc_poll_ended;
    *sender = new_seat(channel);
    if (!*sender || make_blocks(channel)) {
        free(PLX_MOVE(*sender));
        free_channel(channel);
        return -ENOMEM;
    }
    channel->senders = 1;
    channel->references = 2;
    *receiver = channel;
    return 0;
}

/* ── parking ──────────────────────────────────────────────────────────────────────────────────────── */

static void unlink_seat(struct plx_mpsc *channel, struct plx_mpsc_seat *seat)
{
    *seat->link = seat->next;
    if (seat->next)
        seat->next->link = seat->link;
    else
        channel->last_link = seat->link;
    channel->parked--;
    atomic_store_explicit(&seat->parked, false, memory_order_release);
    if (!channel->parked)
        atomic_store_explicit(&channel->anyone_parked, false, memory_order_relaxed);
}

void plx__mpsc_park(struct plx_mpsc *channel, struct plx_mpsc_seat *seat)
{
    seat->next = NULL;
    seat->link = channel->last_link;
    *channel->last_link = seat;
    channel->last_link = &seat->next;
    channel->parked++;
    atomic_store_explicit(&seat->parked, true, memory_order_relaxed);
    atomic_store(&channel->anyone_parked, true);
}

/* Under the lock: unparks those for whom there is room, a closed channel's all; as many as `wakers` holds.
 * True: there are more. */
static bool unpark(struct plx_mpsc *channel, struct plx_wakers *wakers)
{
    channel->seen = atomic_load(&channel->received);
    uint64_t under_way = channel->claimed - channel->seen;
    uint64_t stay = under_way > channel->buffer ? under_way - channel->buffer : 0;
    if (atomic_load_explicit(&channel->closed, memory_order_relaxed))
        stay = 0;
    while (channel->parked > stay && !plx_wakers_full(wakers)) {
        struct plx_mpsc_seat *seat = channel->first_parked;
        unlink_seat(channel, seat);
        plx_wakers_add(wakers, &seat->waker);
    }
    return channel->parked > stay;
}

/* Releases the lock, and lets go on who can. */
void plx__mpsc_unpark_and_release(struct plx_mpsc *channel)
{
    struct plx_wakers wakers;
    bool more;
    do {
        wakers.count = 0;
        more = unpark(channel, &wakers);
        plx_lock_release(&channel->lock);
        plx_wakers_notify(&wakers);
        if (more)
            plx_lock_take(&channel->lock);
    } while (more);
}

/* ── senders come and go ──────────────────────────────────────────────────────────────────────────── */

/* Under the lock: a sender more, if there are blocks for it. */
static bool count_sender(struct plx_mpsc *channel)
{
    uint64_t received = atomic_load_explicit(&channel->received, memory_order_relaxed);
    if (!has_blocks(channel, channel->claimed - received))
        return false;
    channel->senders++;
    channel->references++;
    return true;
}

int plx__mpsc_clone(struct plx_mpsc_seat *sender, struct plx_mpsc_seat **clone)
{
    struct plx_mpsc *channel = sender->channel;
    struct plx_block *block = NULL;
    *clone = new_seat(channel);
    while (*clone) {
        plx_lock_take(&channel->lock);
        if (block)
            plx_blocks_add(&channel->writer, block);
        bool counted = count_sender(channel);
        plx_lock_release(&channel->lock);
        if (counted)
            return 0;
        block = plx_block_new(channel->writer.capacity, channel->size);
        if (!block)
            free(PLX_MOVE(*clone));
    }
    return -ENOMEM;
}

/* A sender, permit or receiver has gone: under the lock, which it releases. */
void plx__mpsc_let_go(struct plx_mpsc *channel)
{
    plx_waker receiver = plx__mpsc_ended(channel) ? plx__mpsc_take_receiver(channel) : (plx_waker){0};
    bool last = --channel->references == 0;
    plx_lock_release(&channel->lock);
    plx_waker_spend(receiver);
    if (last)
        free_channel(channel);
}

void plx__mpsc_sender_drop(struct plx_mpsc_seat **sender)
{
    struct plx_mpsc_seat *seat = PLX_MOVE(*sender);
    if (!seat)
        return;
    struct plx_mpsc *channel = seat->channel;
    plx_lock_take(&channel->lock);
    if (atomic_load_explicit(&seat->parked, memory_order_relaxed))
        unlink_seat(channel, seat);
    if (--channel->senders == 0)
        plx_sync_trace(close, &channel->name, .side = PLX_SENDER);
    plx__mpsc_let_go(channel);
    plx_waker_drop(&seat->waker);
    free(seat);
}
