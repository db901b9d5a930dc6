/* SPDX-License-Identifier: MIT
 *
 * Durations and instants.
 *
 * A duration is a uint64_t of nanoseconds, written PLX_MS(20) or PLX_SECONDS(5). An instant is a moment of
 * some clock (clock.h), a type of its own, so that the two cannot be mixed up. Both saturate: PLX_FOREVER and
 * the instant that lies so far ahead are as far as time goes, 584 years, and nothing wraps round to the past.
 *
 * Source: Tokio #3551, #6612: a timeout of "for ever" must not overflow.
 */
#ifndef PLX_TIME_INSTANT_H
#define PLX_TIME_INSTANT_H

#include "lib/base.h"

#define PLX_FOREVER    UINT64_MAX
#define PLX_US(n)      PLX__TIMES(n, 1000)
#define PLX_MS(n)      PLX__TIMES(n, 1000000)
#define PLX_SECONDS(n) PLX__TIMES(n, 1000000000)
#define PLX_MINUTES(n) PLX__TIMES(n, 60000000000)

/* A constant for a constant, so that it may stand in an initializer; `n` is evaluated once. */
#define PLX__TIMES(n, unit)                                                                                  \
    __builtin_choose_expr(__builtin_constant_p(n), PLX__TIMES_CONSTANT(PLX__CONSTANT(n), unit),              \
                          plx__times((uint64_t)(n), (unit)))
#define PLX__CONSTANT(n)             ((uint64_t) __builtin_choose_expr(__builtin_constant_p(n), (n), 0))
#define PLX__TIMES_CONSTANT(n, unit) ((n) > UINT64_MAX / (unit) ? UINT64_MAX : (n) * (unit))

PLX_INLINE uint64_t plx__times(uint64_t n, uint64_t unit)
{
    return n > UINT64_MAX / unit ? UINT64_MAX : n * unit;
}

struct plx_instant {
    uint64_t ns; /* since its clock's zero */
};

/* So much later; at most the end of time. */
PLX_INLINE struct plx_instant plx_instant_after(struct plx_instant instant, uint64_t ns)
{
    return (struct plx_instant){ns > UINT64_MAX - instant.ns ? UINT64_MAX : instant.ns + ns};
}

/* How long ago `earlier` was; 0 if it was not. */
PLX_INLINE uint64_t plx_instant_since(struct plx_instant instant, struct plx_instant earlier)
{
    return instant.ns > earlier.ns ? instant.ns - earlier.ns : 0;
}

PLX_INLINE bool plx_instant_before(struct plx_instant a, struct plx_instant b)
{
    return a.ns < b.ns;
}

/* Whole milliseconds, as wheels count. Deadlines are rounded up and the time that it is down, so nothing
 * comes too early, and at most a millisecond too late. */
PLX_INLINE uint64_t plx__ms_up(uint64_t ns)
{
    return ns / 1000000 + (ns % 1000000 != 0);
}

PLX_INLINE uint64_t plx__ms_down(uint64_t ns)
{
    return ns / 1000000;
}

#endif
