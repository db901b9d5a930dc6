/* SPDX-License-Identifier: MIT
 *
 * The tests of test_lossless.c once more, under worse conditions: rings of 1024 bytes, which are full all
 * the time, and a clock that now and then takes its time, before or after it looks. So everybody is often
 * caught between a deed and its stamp, or between the stamp and its record. And what is told goes through a
 * spill and through none, by turns, for it is about as much as is told in a round.
 */
#include <sched.h>
#include <stdint.h>
#include <time.h>

static int jittery_clock(clockid_t clock, struct timespec *now);

#define PLX_RING_BYTES       1024
#define PLX_TRACE_NO_COUNTER 1
#define clock_gettime        jittery_clock
#include "lib/trace/barrier.c"
#include "lib/trace/clock.c"
#include "lib/trace/ring.c"
#include "lib/trace/writer.c"
#undef clock_gettime

#define TRACE_TEST_LESS   5
#define TRACE_TEST_DIRECT 20
#include "tests/unit/trace/test_lossless.c"

static void dawdle(uint32_t random)
{
    if (random % 64 == 0)
        sched_yield();
    else if (random % 8 == 0)
        for (volatile uint32_t i = random >> 20; i > 0; i--)
            ;
}

static int jittery_clock(clockid_t clock, struct timespec *now)
{
    static _Thread_local uint32_t random;
    random = (random ? random : (uint32_t)(uintptr_t)&random) * 1664525u + 1013904223u;
    dawdle(random >> 4);
    int error = clock_gettime(clock, now);
    dawdle(random >> 7);
    return error;
}
