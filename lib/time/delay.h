/* SPDX-License-Identifier: MIT
 *
 * delay: a future that is ready when its time has come, and not before.
 *
 *     PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(PLX_MS(20)));
 *
 *     plx_delay_for(ns)          so long after its first poll: like every future it does nothing until then
 *     plx_delay_until(instant)   at a moment of the clock of the runtime that polls it
 *
 * It may be moved until its first poll, which puts it into the timer of the worker that polls it; there it
 * stays until it fires, is reset or dropped, whichever worker its task runs on meanwhile.
 *
 * Source: tokio-timer 0.2 `Delay`.
 */
#ifndef PLX_TIME_DELAY_H
#define PLX_TIME_DELAY_H

#include "lib/future/future.h"
#include "lib/time/timer.h"

typedef struct plx_delay {
    struct plx_timer_entry entry;
    struct plx_instant deadline; /* or, until the first poll, how long after it */
    bool from_first_poll;
} plx_delay;
typedef plx_unit plx_delay_item;
PLX_LEAF_DECLARE(plx_delay)

PLX_INLINE plx_delay plx_delay_for(uint64_t ns)
{
    return (plx_delay){.deadline = {ns}, .from_first_poll = true};
}

PLX_INLINE plx_delay plx_delay_until(struct plx_instant deadline)
{
    return (plx_delay){.deadline = deadline};
}

/* When it is ready. Of a plx_delay_for that has not been polled: the end of time, since nobody knows yet. */
PLX_INLINE struct plx_instant plx_delay_deadline(const plx_delay *delay)
{
    return delay->from_first_poll ? (struct plx_instant){PLX_FOREVER} : delay->deadline;
}

/* Whether it has fired: a poll would answer Ready. */
PLX_INLINE bool plx_delay_is_elapsed(const plx_delay *delay)
{
    return plx_timer_deadline(&delay->entry) == PLX_TIMER_FIRED;
}

/* Gives it another deadline, at any time: before it fires, and after, when it begins anew. If it is waited
 * for, a deadline that is past notifies the task. Its owner calls this, from any thread; nobody polls it
 * meanwhile. */
void plx_delay_reset(plx_delay *delay, struct plx_instant deadline);

/* The same, so long from now: by the clock of its timer while it is in one, else by plx_instant_now. */
void plx_delay_reset_for(plx_delay *delay, uint64_t ns);

/* A poll that costs nothing of the budget, for a future that asks its delay after something else: what that
 * has used up must not keep the delay from being seen. */
enum plx_answer plx__delay_poll(plx_delay *self, plx_context *cx);

#endif
