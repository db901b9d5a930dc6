/* SPDX-License-Identifier: MIT
 *
 * mpsc: see mpsc.h. What it holds and who touches it:
 *
 *      senders, one at a time, under the lock          the receiver, without the lock
 *      ┌────────────────────────────────────┐          ┌─────────────────────────────┐
 *      │ claimed  writer ──▶ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣│─ sent ──▶│ reader   position           │
 *      │ seen  ◀────────────────────────────│◀─ received ─                           │
 *      └────────────────────────────────────┘          └─────────────────────────────┘
 *
 * Senders queue up at a short lock: it costs an uncontended swap, and gives all messages one order. The receiver
 * does not take it. It reads all that `sent` covers without looking at the senders' line again, so that it takes
 * the messages in batches though it hands them out one by one. It comes to the lock in two cases only: when it
 * finds nothing, to leave its waker, and when somebody is parked, to let him go on. A sender wakes it only when its
 * waker is there: once a batch.
 *
 * How much there is. `claimed` counts messages and permits, `received` the messages that were taken; the
 * difference is what is under way. Above `buffer`, each sender has one place:
 *
 *      parked senders  ≥  messages and permits under way − buffer,  of those whose senders are still here
 *
 * A sender that claims a place above the buffer is parked by that. Whoever makes room unparks, first come first
 * served, as many as are more than the right side. Both sides are computed under the lock, so room is never given
 * away twice.
 *
 * No wake is lost.
 *   The receiver: it leaves its waker under the lock, and looks at `sent` in the same hold; a sender publishes
 *   `sent` and takes the waker in one hold, too.
 *   A parked sender: it says so (`anyone_parked`), then looks at `received` once more; the receiver counts up
 *   `received`, then looks at `anyone_parked`. All four are sequentially consistent, so one sees the other.
 *
 * Fields of the same user share a cache line; `received` and the receiver's own are the only ones that a receive
 * writes.
 */
#include "lib/sync/mpsc.h"

#include "lib/sync/blocks.h"
#include "lib/sync/lock.h"
#include "lib/sync/waiters.h"

#include <stdlib.h>

enum {
    LINE = 64,
    READY_ITEMS = 1 << 16, /* a bounded channel has the memory for so many from the beginning */
    BLOCK_BYTES = 1024,    /* about */
};

struct plx_mpsc {
    /* under the lock */
    _Alignas(LINE) struct plx_lock lock;
    uint32_t reserved; /* permits */
    uint64_t claimed;  /* places ever taken, less those given back */
    uint64_t seen;     /* `received`, when a sender looked last */
    _Atomic uint64_t sent;
    struct plx_block_writer writer;
    /* the receiver's */
    _Alignas(LINE) struct plx_block_reader reader;
    uint64_t position, known; /* messages taken, and known to be sent */
    _Atomic uint64_t received;
    /* never or seldom written; under the lock, the atomic ones are read without */
    _Alignas(LINE) uint64_t buffer;
    size_t size;
    const struct plx_item_traits *traits;
    _Atomic bool anyone_parked, closed;
    bool receiver_gone;
    uint32_t senders, references; /* references: senders, permits, receiver */
    uint64_t parked;
    struct plx_mpsc_seat *first_parked, **last_link;
    plx_waker receiver; /* of the task that waits for a message */
    struct plx_sync_name name;
};

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

/* Under the lock, or before anybody knows the channel: are there blocks for one sender more? The most that can be
 * under way rises with that only, see `unpark`. */
static bool has_blocks(const struct plx_mpsc *channel, uint64_t under_way)
{
    if (channel->buffer > READY_ITEMS)
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
    struct plx_mpsc *channel = aligned_alloc(LINE, sizeof *channel);
    *sender = NULL;
    *receiver = NULL;
    if (!channel)
        return -ENOMEM;
    *channel = (struct plx_mpsc){.buffer = buffer, .size = size, .traits = traits};
    channel->name = (struct plx_sync_name){"mpsc", buffer == PLX_UNBOUNDED ? 0 : buffer, 0};
    channel->last_link = &channel->first_parked;
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

static void park(struct plx_mpsc *channel, struct plx_mpsc_seat *seat)
{
    seat->next = NULL;
    seat->link = channel->last_link;
    *channel->last_link = seat;
    channel->last_link = &seat->next;
    channel->parked++;
    atomic_store_explicit(&seat->parked, true, memory_order_relaxed);
    atomic_store(&channel->anyone_parked, true);
}

/* Under the lock: unparks those for whom there is room, a closed channel's all; as many as `wakers` holds. True:
 * there are more. */
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
static void unpark_and_release(struct plx_mpsc *channel)
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

static PLX_COLD void made_room(struct plx_mpsc *channel)
{
    plx_lock_take(&channel->lock);
    unpark_and_release(channel);
}

/* ── sending ──────────────────────────────────────────────────────────────────────────────────────── */

/* Under the lock: the receiver's waker, if it waits. */
static plx_waker take_receiver(struct plx_mpsc *channel)
{
    return channel->receiver.notify ? PLX_MOVE(channel->receiver) : (plx_waker){0};
}

static int may_claim(const struct plx_mpsc *channel, const struct plx_mpsc_seat *seat)
{
    if (plx_unlikely(atomic_load_explicit(&channel->closed, memory_order_relaxed)))
        return PLX_CLOSED;
    return plx_unlikely(atomic_load_explicit(&seat->parked, memory_order_relaxed)) ? -EAGAIN : 0;
}

/* Under the lock. The memory for a full block's successor is there, unless the channel is unbounded or huge. */
static bool has_place(struct plx_mpsc *channel, uint64_t sent)
{
    if (plx_likely(!plx_block_full(&channel->writer)))
        return true;
    uint64_t received = atomic_load_explicit(&channel->received, memory_order_acquire);
    bool grows = channel->buffer > READY_ITEMS;
    return plx__block_next(&channel->writer, channel->size, sent, received, grows);
}

/* Under the lock: writes a message and lets the receiver see it. The trace is told before that. */
static int put(struct plx_mpsc *channel, const void *value)
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

/* Under the lock, which it releases: one place was claimed. Above the buffer, the sender is parked. */
static void claimed(struct plx_mpsc *channel, struct plx_mpsc_seat *seat)
{
    channel->claimed++;
    if (plx_likely(!over_the_buffer(channel))) {
        plx_lock_release(&channel->lock);
        return;
    }
    channel->seen = atomic_load_explicit(&channel->received, memory_order_relaxed);
    if (over_the_buffer(channel)) {
        park(channel, seat);
        unpark_and_release(channel);
    } else {
        plx_lock_release(&channel->lock);
    }
}

int plx__mpsc_try_send(struct plx_mpsc_seat *seat, const void *value)
{
    struct plx_mpsc *channel = seat->channel;
    plx_lock_take(&channel->lock);
    int error = may_claim(channel, seat);
    if (!error)
        error = put(channel, value);
    if (error) {
        plx_lock_release(&channel->lock);
        return error;
    }
    plx_waker receiver = take_receiver(channel);
    claimed(channel, seat);
    plx_waker_spend(receiver);
    return 0;
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
    if (!atomic_load_explicit(&seat->parked, memory_order_acquire))
        return PLX_READY;
    return wait_parked(seat, cx) ? PLX_NOT_READY : PLX_READY;
}

enum plx_answer plx__mpsc_poll_ready(struct plx_mpsc_seat *seat, plx_context *cx)
{
    enum plx_answer answer = plx__mpsc_poll_flush(seat, cx);
    return plx__mpsc_is_closed(seat) ? plx_fail(cx, PLX_CLOSED) : answer;
}

enum plx_answer plx__mpsc_poll_send(struct plx_mpsc_seat *seat, plx_context *cx, const void *value)
{
    if (plx__mpsc_poll_flush(seat, cx) == PLX_NOT_READY)
        return PLX_NOT_READY;
    int error = plx__mpsc_try_send(seat, value);
    return error ? plx_fail(cx, error) : PLX_READY;
}

bool plx__mpsc_is_closed(const struct plx_mpsc_seat *seat)
{
    return atomic_load_explicit(&seat->channel->closed, memory_order_acquire);
}

void plx__mpsc_forget_sender(struct plx_mpsc_seat *seat)
{
    plx_lock_take(&seat->channel->lock);
    plx_waker waker = PLX_MOVE(seat->waker);
    plx_lock_release(&seat->channel->lock);
    plx_waker_drop(&waker);
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

/* Under the lock: nothing can come any more. */
static bool ended(const struct plx_mpsc *channel)
{
    bool closed = atomic_load_explicit(&channel->closed, memory_order_relaxed);
    return (closed || channel->senders == 0) && channel->reserved == 0;
}

/* A sender, permit or receiver has gone: under the lock, which it releases. */
static void let_go(struct plx_mpsc *channel)
{
    plx_waker receiver = ended(channel) ? take_receiver(channel) : (plx_waker){0};
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
    let_go(channel);
    plx_waker_drop(&seat->waker);
    free(seat);
}

/* ── permits ──────────────────────────────────────────────────────────────────────────────────────── */

int plx__mpsc_try_reserve(struct plx_mpsc_seat *seat, struct plx_mpsc **permit)
{
    struct plx_mpsc *channel = seat->channel;
    plx_lock_take(&channel->lock);
    int error = may_claim(channel, seat);
    if (error) {
        plx_lock_release(&channel->lock);
        return error;
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
    plx_waker receiver = take_receiver(channel);
    let_go(channel);
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
    unpark_and_release(channel);
    plx_lock_take(&channel->lock);
    let_go(channel);
}

/* ── receiving ────────────────────────────────────────────────────────────────────────────────────── */

/* The receiver knows of what was sent when it looked last; it looks again when that is used up. */
static bool anything(struct plx_mpsc *channel)
{
    if (channel->position == channel->known)
        channel->known = atomic_load_explicit(&channel->sent, memory_order_acquire);
    return channel->position != channel->known;
}

/* An unbounded channel has nobody parked, and needs no order between the two. */
static void count_received(struct plx_mpsc *channel)
{
    channel->position++;
    if (channel->buffer == PLX_UNBOUNDED) {
        atomic_store_explicit(&channel->received, channel->position, memory_order_release);
        return;
    }
    atomic_exchange(&channel->received, channel->position);
    if (plx_unlikely(atomic_load(&channel->anyone_parked)))
        made_room(channel);
}

static bool take(struct plx_mpsc *channel, void *out)
{
    if (!anything(channel))
        return false;
    plx__item_copy(out, plx_block_to_read(&channel->reader, channel->size), channel->size);
    plx_sync_trace(receive, &channel->name, .task = plx__sync_task(),
                   .length = channel->known - channel->position - 1);
    count_received(channel);
    return true;
}

enum state { SOMETHING, NOTHING_YET, END };

/* Under the lock: then nothing can come in between. */
static enum state look(struct plx_mpsc *channel)
{
    if (anything(channel))
        return SOMETHING;
    return ended(channel) ? END : NOTHING_YET;
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
    if (!take(channel, out)) {
        switch (wait_for_more(channel, cx)) {
        case NOTHING_YET:
            return PLX_NOT_READY;
        case SOMETHING:
            take(channel, out);
            break;
        case END:
            *end = true;
            break;
        }
    }
    plx_budget_spend(cx);
    return PLX_READY;
}

int plx__mpsc_try_recv(struct plx_mpsc *channel, void *out)
{
    if (take(channel, out))
        return 0;
    plx_lock_take(&channel->lock);
    enum state state = look(channel);
    plx_lock_release(&channel->lock);
    if (state == SOMETHING)
        take(channel, out);
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
    plx_sync_trace(close, &channel->name, .side = PLX_RECEIVER);
    plx_lock_take(&channel->lock);
    atomic_store_explicit(&channel->closed, true, memory_order_release);
    unpark_and_release(channel);
}

void plx__mpsc_forget_receiver(struct plx_mpsc *channel)
{
    plx_lock_take(&channel->lock);
    plx_waker waker = take_receiver(channel);
    plx_lock_release(&channel->lock);
    plx_waker_drop(&waker);
}

/* Once the channel is closed and receiver_gone is set nothing is put in, so what is left is all there will be.
 * What an item's drop does may be anything, even drop a sender of this channel. */
void plx__mpsc_receiver_drop(struct plx_mpsc **receiver)
{
    struct plx_mpsc *channel = PLX_MOVE(*receiver);
    if (!channel)
        return;
    plx__mpsc_close(channel);
    plx_lock_take(&channel->lock);
    channel->receiver_gone = true;
    plx_waker waker = take_receiver(channel);
    plx_lock_release(&channel->lock);
    plx_waker_drop(&waker);

    unsigned char item[channel->size + 1] __attribute__((aligned(_Alignof(max_align_t))));
    while (take(channel, item))
        plx_item_drop(channel->traits, item);
    plx_lock_take(&channel->lock);
    let_go(channel);
}
