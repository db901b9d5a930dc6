/* SPDX-License-Identifier: MIT
 *
 * The life of a task: one page, one word.
 *
 *               ┌───────────────── pause: PLX_PAUSED ──────────────────┐
 *               ▼                                                      │
 *   spawn ─▶ NOTIFIED ──start──▶ RUNNING ──notify──▶ RUNNING|NOTIFIED ─┤
 *               ▲    (in a queue)   │                                  │ pause: PLX_PAUSED_NOTIFIED, the poller
 *               │                   │ Ready, Failed, cancelled         │ puts it back in a queue
 *             notify                ▼                                  │
 *               └── (idle) ◀─────  COMPLETE                            └─▶ NOTIFIED
 *
 * Bits
 *   RUNNING        somebody owns the future: polls it, or drops it. Whoever sets this bit may touch it, nobody
 *                  else.
 *   COMPLETE       the future is gone; the item (or error) is in the cell. Never cleared.
 *   NOTIFIED       the task is in a queue, or will be when the poll that runs ends. At most one queue holds
 *                  it.
 *   JOIN_INTEREST  a join handle exists and will take the item. Without it the item is dropped at completion.
 *   JOIN_WAKER     the join waker is set, and belongs to the runtime. While clear, it belongs to the handle.
 *   CANCELLED      the task is to end without another poll: its runtime shuts down, or somebody aborts it.
 *   LAUNCHED       its scheduler has taken it, and will cancel it when that shuts down (see cells.h)
 *   ADOPTED        its scheduler's owner has gone, and the cell keeps the scheduler (see cells.c)
 * Above them the count of references: the future's life is one, the join handle one, the queue (or the poll
 * that it has become) one, every waker one, and every abort handle one. Who takes the count to zero frees the
 * cell.
 *
 * Who may touch what: `future` whoever set RUNNING; item and error (in its place) the poller before
 * COMPLETE, the join handle after; `locals` whoever set RUNNING; `join_waker` see JOIN_WAKER; `queue_next`
 * the queue that holds it.
 *
 * Every transition is one atomic read-modify-write, AcqRel: what one poller did to the future is seen by the
 * next, and what was done before a notify is seen by the poll that follows it, also when the notify found the
 * bit set already (that is why a coalesced notify still writes; a plain load would order nothing).
 *
 * Source: the slide "Task { state, … }" for the idea of one word, Tokio 1.x `runtime/task/state.rs` for these
 * bits.
 */
#ifndef PLX_TASK_STATE_H
#define PLX_TASK_STATE_H

#include "lib/base.h"

#include <stdatomic.h>

enum {
    PLX_RUNNING = 1 << 0,
    PLX_COMPLETE = 1 << 1,
    PLX_NOTIFIED = 1 << 2,
    PLX_JOIN_INTEREST = 1 << 3,
    PLX_JOIN_WAKER = 1 << 4,
    PLX_CANCELLED = 1 << 5,
    PLX_LAUNCHED = 1 << 6,
    PLX_ADOPTED = 1 << 7,
    PLX_ONE_REFERENCE = 1 << 8,
};

/* A poll begins with so many references for the wakers that it will make, and gives back what it has then: in
 * the read-modify-writes that begin and end it anyway. See `spare` in task.c. */
enum { PLX_SPARE = 2, PLX_MORE_SPARE = 64 };

typedef _Atomic uint64_t plx_state;

/* At spawn: alive, in a queue, and with a join handle or without. */
#define PLX_STATE_SPAWNED       (3 * PLX_ONE_REFERENCE | PLX_JOIN_INTEREST | PLX_NOTIFIED)
#define PLX_STATE_SPAWNED_ALONE (2 * PLX_ONE_REFERENCE | PLX_NOTIFIED)

/* Tries to replace the word `seen`; on failure `seen` is what stands there now. */
PLX_INLINE bool plx_state_try(plx_state *state, uint64_t *seen, uint64_t next)
{
    return atomic_compare_exchange_weak_explicit(state, seen, next, memory_order_acq_rel,
                                                 memory_order_acquire);
}

PLX_INLINE uint64_t plx_state_load(plx_state *state)
{
    return atomic_load_explicit(state, memory_order_acquire);
}

enum plx_wake {
    PLX_WAKE_SUBMIT,    /* it was idle: the caller puts it in a queue, with the reference made here */
    PLX_WAKE_COALESCED, /* it is in a queue already, or its poller will put it back */
    PLX_WAKE_TOO_LATE,  /* it has ended */
};

/* Sets `bits`, NOTIFIED among them, unless the task has ended. */
PLX_INLINE enum plx_wake plx__state_wake_with(plx_state *state, uint64_t bits)
{
    uint64_t seen = atomic_load_explicit(state, memory_order_relaxed);
    for (;;) {
        bool idle = !(seen & (PLX_RUNNING | PLX_NOTIFIED | PLX_COMPLETE));
        uint64_t next = seen & PLX_COMPLETE ? seen : seen | bits;
        if (idle)
            next += PLX_ONE_REFERENCE;
        if (!plx_state_try(state, &seen, next))
            continue;
        if (seen & PLX_COMPLETE)
            return PLX_WAKE_TOO_LATE;
        return idle ? PLX_WAKE_SUBMIT : PLX_WAKE_COALESCED;
    }
}

/* notify: any thread that holds a waker. */
PLX_INLINE enum plx_wake plx_state_wake(plx_state *state)
{
    return plx__state_wake_with(state, PLX_NOTIFIED);
}

/* The same by a waker that goes with it: its reference becomes the queue's. When the task has ended it is left
 * to the caller. */
PLX_INLINE enum plx_wake plx_state_spend(plx_state *state)
{
    uint64_t seen = atomic_load_explicit(state, memory_order_relaxed);
    for (;;) {
        bool idle = !(seen & (PLX_RUNNING | PLX_NOTIFIED | PLX_COMPLETE));
        uint64_t next = seen & PLX_COMPLETE ? seen : seen | PLX_NOTIFIED;
        if (!idle && !(seen & PLX_COMPLETE))
            next -= PLX_ONE_REFERENCE; /* not the last: the queue has one, or the poll */
        if (!plx_state_try(state, &seen, next))
            continue;
        if (seen & PLX_COMPLETE)
            return PLX_WAKE_TOO_LATE;
        return idle ? PLX_WAKE_SUBMIT : PLX_WAKE_COALESCED;
    }
}

/* An abort handle: the task is to end without another poll. Like a notify it makes the task be run, so that
 * its future is dropped where it would be polled. One that is in a queue, or is polled just now, will be seen
 * to. */
PLX_INLINE enum plx_wake plx_state_abort(plx_state *state)
{
    return plx__state_wake_with(state, PLX_NOTIFIED | PLX_CANCELLED);
}

enum plx_start {
    PLX_START_POLL,   /* the caller owns the future: poll it */
    PLX_START_CANCEL, /* the caller owns the future: drop it */
    PLX_START_NOT,    /* somebody else has ended it: let the queue's reference go */
};

/* A worker has taken the task from a queue. The queue's reference becomes the poll's. POLL: and PLX_SPARE more. */
PLX_INLINE enum plx_start plx_state_start(plx_state *state)
{
    uint64_t seen = plx_state_load(state);
    for (;;) {
        if (seen & (PLX_RUNNING | PLX_COMPLETE))
            return PLX_START_NOT;
        bool cancelled = seen & PLX_CANCELLED;
        uint64_t next = (seen & ~(uint64_t)PLX_NOTIFIED) | PLX_RUNNING;
        if (plx_state_try(state, &seen, cancelled ? next : next + PLX_SPARE * PLX_ONE_REFERENCE))
            return cancelled ? PLX_START_CANCEL : PLX_START_POLL;
    }
}

enum plx_pause {
    PLX_PAUSED, /* nothing more to do; the poll's reference is gone, never the last: the future lives */
    PLX_PAUSED_NOTIFIED, /* notified meanwhile: the caller queues it, the poll's reference goes along */
    PLX_PAUSED_CANCEL,   /* cancelled meanwhile: the caller still owns the future and drops it */
};

/* The poll has answered NotReady, and gives `spare` references back, whatever becomes of it. `again`: the task has
 * notified itself. */
PLX_INLINE enum plx_pause plx_state_pause(plx_state *state, uint64_t spare, bool again)
{
    uint64_t seen = plx_state_load(state);
    for (;;) {
        bool cancelled = seen & PLX_CANCELLED, notified = again || seen & PLX_NOTIFIED;
        uint64_t next = seen - spare * PLX_ONE_REFERENCE;
        if (!cancelled)
            next &= ~(uint64_t)PLX_RUNNING;
        if (!cancelled && notified)
            next |= PLX_NOTIFIED;
        else if (!cancelled)
            next -= PLX_ONE_REFERENCE;
        if (!plx_state_try(state, &seen, next))
            continue;
        return cancelled ? PLX_PAUSED_CANCEL : notified ? PLX_PAUSED_NOTIFIED : PLX_PAUSED;
    }
}

/* The future is gone and the item in its place. Returns the bits as they were. */
PLX_INLINE uint64_t plx_state_complete(plx_state *state)
{
    return atomic_fetch_xor_explicit(state, PLX_RUNNING | PLX_COMPLETE, memory_order_acq_rel);
}

/* The runtime shuts down. True: the task was idle, and the caller owns the future now and drops it. */
PLX_INLINE bool plx_state_cancel(plx_state *state)
{
    uint64_t seen = plx_state_load(state);
    for (;;) {
        bool idle = !(seen & (PLX_RUNNING | PLX_COMPLETE));
        if (plx_state_try(state, &seen, seen | PLX_CANCELLED | (idle ? PLX_RUNNING : 0)))
            return idle;
    }
}

/* The join handle has filled in its waker and hands it over, or takes it back: JOIN_WAKER changes. False: the
 * task has completed first. Only the handle does this. */
PLX_INLINE bool plx_state_flip_join_waker(plx_state *state)
{
    uint64_t seen = plx_state_load(state);
    do {
        if (seen & PLX_COMPLETE)
            return false;
    } while (!plx_state_try(state, &seen, seen ^ PLX_JOIN_WAKER));
    return true;
}

/* The runtime has used the join waker. True: the handle is gone, and the caller drops the waker. */
PLX_INLINE bool plx_state_join_waker_used(plx_state *state)
{
    uint64_t seen = atomic_fetch_and_explicit(state, ~(uint64_t)PLX_JOIN_WAKER, memory_order_acq_rel);
    return !(seen & PLX_JOIN_INTEREST);
}

struct plx_leave {
    bool drop_item;  /* the task had completed: the item is the handle's to drop */
    bool drop_waker; /* the waker is the handle's to drop */
};

/* The join handle goes. Its reference goes afterwards. */
PLX_INLINE struct plx_leave plx_state_leave(plx_state *state)
{
    uint64_t seen = plx_state_load(state), next;
    do {
        next = seen & ~(uint64_t)PLX_JOIN_INTEREST;
        if (!(seen & PLX_COMPLETE))
            next &= ~(uint64_t)PLX_JOIN_WAKER;
    } while (!plx_state_try(state, &seen, next));
    return (struct plx_leave){(seen & PLX_COMPLETE) != 0, !(next & PLX_JOIN_WAKER)};
}

/* So many references more. Relaxed: whoever makes them holds one already. */
PLX_INLINE void plx_state_keep(plx_state *state, uint64_t count)
{
    atomic_fetch_add_explicit(state, count * PLX_ONE_REFERENCE, memory_order_relaxed);
}

/* The same for one that holds none: false when there are none left. */
PLX_INLINE bool plx_state_try_keep(plx_state *state)
{
    uint64_t seen = plx_state_load(state);
    while (seen >= PLX_ONE_REFERENCE)
        if (plx_state_try(state, &seen, seen + PLX_ONE_REFERENCE))
            return true;
    return false;
}

/* Sets ADOPTED, unless no reference is left. */
PLX_INLINE bool plx_state_adopt(plx_state *state)
{
    uint64_t seen = plx_state_load(state);
    while (seen >= PLX_ONE_REFERENCE)
        if (plx_state_try(state, &seen, seen | PLX_ADOPTED))
            return true;
    return false;
}

/* `count` references less. True: they were the last, the caller frees the cell. */
PLX_INLINE bool plx_state_release(plx_state *state, uint64_t count)
{
    uint64_t seen = atomic_fetch_sub_explicit(state, count * PLX_ONE_REFERENCE, memory_order_acq_rel);
    return seen / PLX_ONE_REFERENCE == count;
}

#endif
