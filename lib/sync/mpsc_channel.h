/* SPDX-License-Identifier: MIT
 *
 * The inside of an mpsc channel (mpsc.h): what it holds and who touches it.
 *
 *      senders, one at a time, under the lock          the receiver, without the lock
 *      ┌────────────────────────────────────┐          ┌─────────────────────────────┐
 *      │ claimed  writer ──▶ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣│─ sent ──▶│ reader   position           │
 *      │ seen  ◀────────────────────────────│◀─ received ─                           │
 *      └────────────────────────────────────┘          └─────────────────────────────┘
 *
 * Senders queue up at a short lock: it costs an uncontended swap, and gives all messages one order. The
 * receiver does not take it. It reads all that `sent` covers without looking at the senders' line again, so
 * that it takes the messages in batches though it hands them out one by one. It comes to the lock in two
 * cases only: when it finds nothing, to leave its waker, and when somebody is parked, to let him go on. A
 * sender wakes it only when its waker is there: once a batch.
 *
 * Those who are parked wait for a batch, too. While many messages wait in a large channel, the receiver does
 * not look after each of them whether anybody is parked, but once, when its poll ends (plx_context_after). It
 * does so then under the lock: either it finds who is parked, or he, who looks under the lock as well when he
 * is parked, finds the room.
 *
 * How much there is. `claimed` counts messages and permits, `received` the messages that were taken; the
 * difference is what is under way. Above `buffer`, each sender has one place:
 *
 *      parked senders  ≥  messages and permits under way − buffer,  of those whose senders are still here
 *
 * A sender that claims a place above the buffer is parked by that. Whoever makes room unparks, first come
 * first served, as many as are more than the right side. Both sides are computed under the lock, so room is
 * never given away twice.
 *
 * No wake is lost.
 *   The receiver: it leaves its waker under the lock, and looks at `sent` in the same hold; a sender
 *   publishes `sent` and takes the waker in one hold, too.
 *
 *   A parked sender: it says so (`anyone_parked`), then looks at `received` once more; the receiver counts up
 *   `received`, then looks at `anyone_parked`. All four are sequentially consistent, so one sees the other;
 *   or the lock orders them, when a poll ends.
 *
 * Fields of the same user share a cache line; `received` and the receiver's own are the only ones that a
 * receive writes.
 */
#ifndef PLX_SYNC_MPSC_CHANNEL_H
#define PLX_SYNC_MPSC_CHANNEL_H

#include "lib/sync/blocks.h"
#include "lib/sync/lock.h"
#include "lib/sync/mpsc.h"
#include "lib/sync/waiters.h"

enum {
    PLX_MPSC_LINE = 64,
    PLX_MPSC_READY_ITEMS = 1 << 16,      /* a bounded channel has the memory for so many from the beginning */
    PLX_MPSC_LARGE = PLX_SMALL ? 2 : 64, /* from this buffer on, and while so many messages wait, */
    PLX_MPSC_MANY = PLX_SMALL ? 1 : 16,  /* those who are parked hear of room at the end of a poll */
};

struct plx_mpsc {
    /* under the lock */
    _Alignas(PLX_MPSC_LINE) struct plx_lock lock;
    uint32_t reserved; /* permits */
    uint64_t claimed;  /* places ever taken, less those given back */
    uint64_t seen;     /* `received`, when a sender looked last */
    _Atomic uint64_t sent;
    struct plx_block_writer writer;
    /* the receiver's */
    _Alignas(PLX_MPSC_LINE) struct plx_block_reader reader;
    uint64_t position, known; /* messages taken, and known to be sent */
    _Atomic uint64_t received;
    struct plx_after end_of_poll; /* see made_room in mpsc_receive.c */
    /* never or seldom written; under the lock, the atomic ones are read without */
    _Alignas(PLX_MPSC_LINE) uint64_t buffer;
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

/* ── what the three files share: all under the lock ───────────────────────────────────────────────── */

/* Releases the lock, and lets go on those who are parked and need be no more. */
void plx__mpsc_unpark_and_release(struct plx_mpsc *channel);

/* Parks the sender: it has claimed a place above the buffer. */
void plx__mpsc_park(struct plx_mpsc *channel, struct plx_mpsc_seat *seat);

/* A sender, permit or receiver has gone. Releases the lock, and frees the channel with the last. */
void plx__mpsc_let_go(struct plx_mpsc *channel);

/* The poll has ended in which the receiver has made room. */
void plx__mpsc_poll_ended(struct plx_after *after);

/* The receiver's waker, if it waits. */
PLX_INLINE plx_waker plx__mpsc_take_receiver(struct plx_mpsc *channel)
{
    return channel->receiver.notify ? PLX_MOVE(channel->receiver) : (plx_waker){0};
}

/* Nothing can come any more. */
PLX_INLINE bool plx__mpsc_ended(const struct plx_mpsc *channel)
{
    bool closed = atomic_load_explicit(&channel->closed, memory_order_relaxed);
    return (closed || channel->senders == 0) && channel->reserved == 0;
}

#endif
