/* SPDX-License-Identifier: MIT
 *
 * interval: see interval.h.
 */
#include "lib/time/interval.h"

#include <errno.h>

PLX_LEAF_DEFINE(plx_interval)

#define LATE PLX_MS(5)

static struct plx_instant next_tick(const plx_interval *self, struct plx_instant tick, struct plx_instant now)
{
    uint64_t late = plx_instant_since(now, tick);
    if (late <= LATE || self->missed == PLX_MISSED_BURST)
        return plx_instant_after(tick, self->period);
    if (self->missed == PLX_MISSED_DELAY)
        return plx_instant_after(now, self->period);
    return plx_instant_after(now, self->period - late % self->period);
}

enum plx_answer plx_interval_poll(plx_interval *self, plx_context *cx, plx_interval_item *out)
{
    if (self->period == 0)
        return plx_fail(cx, -EINVAL);
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    enum plx_answer answer = plx__delay_poll(&self->delay, cx);
    if (answer != PLX_READY)
        return answer;
    plx_budget_spend(cx);
    *out = (plx_interval_item){.tick = self->delay.deadline};
    plx_delay_reset(&self->delay, next_tick(self, out->tick, plx_instant_now()));
    return PLX_READY;
}

void plx_interval_drop(plx_interval *self)
{
    plx_delay_drop(&self->delay);
}

void plx_interval_reset(plx_interval *interval)
{
    plx_delay_reset_for(&interval->delay, interval->period);
}
