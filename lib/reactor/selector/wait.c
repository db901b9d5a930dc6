/* SPDX-License-Identifier: MIT
 *
 * How long is left of a wait that a signal has ended too early: what all selectors need.
 *
 * Source: mio `poll.rs` (#742: EINTR is retried with the time that remains; milliseconds are rounded up).
 */
#include "lib/reactor/selector/selector.h"

#include <limits.h>
#include <time.h>

enum { NS_A_MS = 1000000 };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* fails only for a clock that does not exist */
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

int64_t plx__wait_deadline(int64_t timeout_ns)
{
    if (timeout_ns <= 0)
        return timeout_ns < 0 ? INT64_MAX : 0; /* the clock is not asked on the way that is taken most */
    int64_t now = now_ns();
    return timeout_ns < INT64_MAX - now ? now + timeout_ns : INT64_MAX;
}

int64_t plx__wait_left(int64_t deadline_ns)
{
    if (deadline_ns == INT64_MAX)
        return -1;
    int64_t left = deadline_ns ? deadline_ns - now_ns() : 0;
    return left > 0 ? left : 0;
}

int plx__wait_ms(int64_t timeout_ns)
{
    if (timeout_ns < 0)
        return -1;
    int64_t ms = timeout_ns / NS_A_MS + (timeout_ns % NS_A_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}
