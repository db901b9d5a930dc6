/* SPDX-License-Identifier: MIT
 *
 * delay: see delay.h.
 *
 *     NEW      the deadline is past, or now            → Ready, FIRED
 *              there is no runtime                     → Failed(ENOTCONN)
 *              its timer has been shut down            → Failed(ESHUTDOWN)
 *              it is put into the timer                → NotReady, ARMED
 *     ARMED                                            → NotReady; this poll's task is notified, and no other
 *     FIRED                                            → Ready
 *     SHUT                                             → Failed(ESHUTDOWN)
 *
 * The states are those of its entry (timer.h); NEW is its UNSET.
 */
#include "lib/time/delay.h"

#include <errno.h>

PLX_LEAF_DEFINE(plx_delay)

static void fire_at_once(plx_delay *self)
{
    atomic_store_explicit(&self->entry.deadline, PLX_TIMER_FIRED, memory_order_relaxed);
}

static int set(plx_delay *self, plx_context *cx)
{
    struct plx_timer *timer = plx__timer_of(cx);
    if (!timer)
        return -ENOTCONN;
    struct plx_instant now = plx_clock_now(plx_timer_clock(timer));
    if (self->from_first_poll) {
        self->from_first_poll = false;
        self->deadline = plx_instant_after(now, self->deadline.ns);
    }
    int error = -ETIME;
    if (plx_instant_before(now, self->deadline))
        error = plx_timer_set(timer, &self->entry, plx__ms_down(now.ns), plx__ms_up(self->deadline.ns), cx);
    if (error == -ETIME)
        fire_at_once(self);
    return error == -ETIME ? 0 : error;
}

enum plx_answer plx__delay_poll(plx_delay *self, plx_context *cx)
{
    uint64_t state = plx_timer_deadline(&self->entry);
    if (plx_timer_is_armed(state)) {
        plx_timer_rewake(&self->entry, cx);
        state = plx_timer_deadline(&self->entry);
    } else if (state == PLX_TIMER_UNSET) {
        int error = set(self, cx);
        if (error)
            return plx_fail(cx, error);
        state = plx_timer_deadline(&self->entry);
    }
    if (state == PLX_TIMER_FIRED)
        return PLX_READY;
    if (state == PLX_TIMER_SHUT)
        return plx_fail(cx, -ESHUTDOWN);
    plx_detail(cx, "until %.0f ms", (double)self->deadline.ns / 1e6);
    return PLX_NOT_READY;
}

enum plx_answer plx_delay_poll(plx_delay *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    enum plx_answer answer = plx__delay_poll(self, cx);
    if (answer == PLX_READY)
        plx_budget_spend(cx);
    return answer;
}

void plx_delay_drop(plx_delay *self)
{
    plx_timer_unset(&self->entry);
}

void plx_delay_reset(plx_delay *delay, struct plx_instant deadline)
{
    delay->from_first_poll = false;
    delay->deadline = deadline;
    plx_timer_move(&delay->entry, plx__ms_up(deadline.ns));
}

void plx_delay_reset_for(plx_delay *delay, uint64_t ns)
{
    bool armed = plx_timer_is_armed(plx_timer_deadline(&delay->entry));
    struct plx_instant now = armed ? plx_clock_now(plx_timer_clock(delay->entry.timer)) : plx_instant_now();
    plx_delay_reset(delay, plx_instant_after(now, ns));
}
