/* SPDX-License-Identifier: MIT
 *
 * interval: a stream of ticks, one every period, the first one at once.
 *
 *     PLX_START(ticks, struct clock_face, plx_interval, every_second)      plx_interval_new(PLX_SECONDS(1))
 *     PLX_FOR_EACH(ticking, ticks, plx_ok, move_hand)
 *
 * Each tick's moment is counted from the one before it, not from when that was seen, so ticks do not drift.
 * When a tick is taken so late that others should have come meanwhile, there are three policies. Period 10,
 * and the tick of 10 is taken at 38:
 *
 *     PLX_MISSED_BURST   0  38 38 38 40 50     all that were missed follow at once, then as planned
 *     PLX_MISSED_DELAY   0  38       48 58     the next is a period after this one
 *     PLX_MISSED_SKIP    0  38       40 50     those that were missed are left out
 *
 * Late means by more than 5 ms: by less, the timer's own granularity, the next tick comes as planned.
 *
 * A period of 0 is an error: the stream fails with EINVAL, whenever it is polled. It never ends by itself.
 *
 * Source: tokio-timer 0.2 `Interval`; Tokio 1.x `MissedTickBehavior`.
 */
#ifndef PLX_TIME_INTERVAL_H
#define PLX_TIME_INTERVAL_H

#include "lib/time/delay.h"

enum plx_missed {
    PLX_MISSED_BURST,
    PLX_MISSED_DELAY,
    PLX_MISSED_SKIP,
};

typedef struct plx_interval {
    plx_delay delay;
    uint64_t period;
    enum plx_missed missed; /* may be changed at any time */
} plx_interval;

typedef struct plx_interval_item {
    struct plx_instant tick; /* when it was to be */
    bool end;                /* never */
} plx_interval_item;
PLX_LEAF_DECLARE(plx_interval)

/* The first tick is at the first poll. */
PLX_INLINE plx_interval plx_interval_new(uint64_t period)
{
    return (plx_interval){.delay = plx_delay_for(0), .period = period};
}

/* The first tick is at `first`. */
PLX_INLINE plx_interval plx_interval_at(struct plx_instant first, uint64_t period)
{
    return (plx_interval){.delay = plx_delay_until(first), .period = period};
}

/* The next tick is a period from now, whatever was planned. */
void plx_interval_reset(plx_interval *interval);

#endif
