/* SPDX-License-Identifier: MIT
 *
 * The timer: a wheel, a clock, and the tasks that wait. Every worker has one, and turns it after its reactor.
 *
 *     a delay's first poll ── plx_timer_set ───▶ ┌───────┐
 *     reset, to earlier    ── plx_timer_move ──▶ │       │ ── plx_timer_turn ──▶ wakers, outside of the lock
 *     drop                 ── plx_timer_unset ─▶ │ wheel │
 *     reset, to later      ── a CAS              │       │ ── plx_timer_timeout_ns ──▶ how long to sleep
 *                                                └───────┘
 *
 * An entry is part of the future that waits, and its `deadline` says all about it in one word:
 *
 *     UNSET ──set──▶ a deadline (armed) ──its time has come──▶ FIRED ──moved──▶ UNSET
 *                        │        └───── the runtime ends ────▶ SHUT
 *                        └──unset──▶ UNSET
 *
 *     armed    the wheel points to the entry. Its owner may move the deadline later with a CAS and leave the
 *              wheel alone: the entry is then filed too early, which the turn finds out and puts right. A
 *              socket's idle timeout, pushed on by every request, so costs the wheel nothing.
 *     FIRED    by a CAS that fails if the deadline has just been moved: so it is either fired or moved, never
 *              both. It is the last that the timer does to an entry, which may be gone in the next moment.
 *
 * The lock. One a timer, held for a few instructions, by the worker itself nearly always. So it is a biased
 * one (biased_lock.h): two plain stores for the worker, a mutex for those who come from elsewhere. With a
 * mutex for all, setting one of a million timers takes 50 ns instead of 38 (22 of them look at the clock) and
 * unsetting it 26 instead of 15. Why no lock-free list of entries that the worker takes over later, as in
 * tokio-timer 0.1: an entry that is dropped must be out of every list when drop returns, since it is part of
 * the future whose memory goes. With a list it would need an allocation of its own, and a count of
 * references. Most timers are timeouts, set and unset without ever firing; that path should be short. The
 * lock guards the wheel and what entries have to do with it; no waker is called, cloned or dropped while it is
 * held. The one thing that is called is `unpark`: so that it is not called any more when shutdown, which takes
 * the lock, has returned.
 *
 * Who sleeps. Before a worker parks, timeout_ns notes until when it sleeps. Who files something earlier than
 * that unparks it; while it is awake, or will wake in time, nobody does.
 *
 * Pauses. A turn touches at most PLX_TIMER_SLICES * PLX_TIMER_SLICE entries, and lets go of the lock after
 * each slice. If more is due the next turn goes on, and tasks run in between.
 *
 * Source: tokio-timer 0.2 `timer/`, Tokio 1.x `runtime/time/` (entry.rs for the state word).
 */
#ifndef PLX_TIME_TIMER_H
#define PLX_TIME_TIMER_H

#include "lib/task/context.h"
#include "lib/time/clock.h"
#include "lib/time/wheel.h"

enum {
    PLX_TIMER_BATCH = PLX_SMALL ? 2 : 32,  /* wakers that are called between two holds of the lock */
    PLX_TIMER_SLICE = PLX_SMALL ? 4 : 128, /* entries touched in one hold */
    PLX_TIMER_SLICES = 16,                 /* holds in one turn */
};

struct plx_timer;

/* ── what a worker calls ──────────────────────────────────────────────────────────────────────────────── */

/* `clock` NULL: the process's. `worker_number` is what the trace calls the worker. `unpark(arg)` interrupts
 * its sleep; it is called by other threads, with a lock held, and must not come back here. 0 or -ENOMEM. */
int plx_timer_new(struct plx_clock *clock, uint32_t worker_number, void (*unpark)(void *arg), void *arg,
                  struct plx_timer **timer);

/* Who made it releases it. Entries that are set keep it by themselves. */
void plx_timer_keep(struct plx_timer *timer);
void plx_timer_release(struct plx_timer *timer);

/* How long the worker, which is about to park, may sleep: -1 for ever, 0 not at all. */
int64_t plx_timer_timeout_ns(struct plx_timer *timer);

/* Fires what is due, and says how many. The worker's thread only. A few ns when nothing is set. */
uint32_t plx_timer_turn(struct plx_timer *timer);

/* The same on any thread, while the worker is kept from it: what concerns its sleep is left alone. */
uint32_t plx_timer_stand_in(struct plx_timer *timer);

/* The end: all that is set is SHUT, and its tasks are notified; nothing can be set any more, `unpark` is not
 * called any more, and the clock is not used. */
void plx_timer_shutdown(struct plx_timer *timer);

struct plx_clock *plx_timer_clock(struct plx_timer *timer);

struct plx_timer_counts {
    size_t armed;  /* set just now */
    uint64_t work; /* entries that turns have touched so far */
};
struct plx_timer_counts plx_timer_counts(struct plx_timer *timer);

/* ── which timer ──────────────────────────────────────────────────────────────────────────────────────── */

/* The timer of futures that this thread polls outside of any runtime; NULL: none. Returns the one before.
 * For tests, and for those who drive a timer by hand (`with_default` of tokio-timer 0.1). */
struct plx_timer *plx_timer_use(struct plx_timer *timer);

/* That of the runtime which polls, else the thread's; NULL: there is none. */
struct plx_timer *plx__timer_of(plx_context *cx);

/* What time it is for the task that is being polled on this thread; outside of tasks, for its timer, or by
 * the process's clock. */
struct plx_instant plx_instant_now(void);

/* ── what a future that waits is made of ──────────────────────────────────────────────────────────────── */

/* One owner at a time calls these; it is not moved from set to unset. Unset when zero. */
struct plx_timer_entry {
    struct plx_wheel_entry filed; /* under the timer's lock. filed.when <= deadline, while it is armed */
    _Atomic uint64_t deadline;    /* ms, or one of the words below */
    plx_waker waker; /* while armed: written by the owner under the lock, read by the timer under it */
    struct plx_timer *timer; /* kept, NULL: none; the owner's */
    _Atomic uint64_t number; /* in the trace */
};

#define PLX_TIMER_UNSET ((uint64_t)0)
#define PLX_TIMER_FIRED (UINT64_MAX)
#define PLX_TIMER_SHUT  (UINT64_MAX - 1)

PLX_INLINE uint64_t plx_timer_deadline(const struct plx_timer_entry *entry)
{
    return atomic_load_explicit(&entry->deadline, memory_order_acquire);
}

PLX_INLINE bool plx_timer_is_armed(uint64_t deadline)
{
    return deadline - 1 < PLX_TIMER_SHUT - 1; /* neither 0 nor one of the last two */
}

/* Sets an entry that is UNSET: the task of cx is notified at the deadline. Both are ms of the timer's clock,
 * and `now` is what it shows. 0; -ETIME when the deadline is past, -ESHUTDOWN: the entry is as before. */
int plx_timer_set(struct plx_timer *timer, struct plx_timer_entry *entry, uint64_t now, uint64_t deadline,
                  plx_context *cx);

/* The task that polls now is to be notified, and no other. Look at the deadline afterwards. */
void plx_timer_rewake(struct plx_timer_entry *entry, plx_context *cx);

/* Another deadline. Armed: it stays so, or fires at once if that is past, and notifies. FIRED: it is UNSET.
 * UNSET, SHUT: nothing. */
void plx_timer_move(struct plx_timer_entry *entry, uint64_t deadline);

/* It is UNSET, and nobody points to it any more. */
void plx_timer_unset(struct plx_timer_entry *entry);

#endif
