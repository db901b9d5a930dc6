/* SPDX-License-Identifier: MIT
 *
 * The parker: see parker.h.
 */
#include "lib/scheduler/parker.h"

#include "lib/reactor/reactor.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { EMPTY, TOKEN, ON_FUTEX, IN_REACTOR };

/* Returns early for a signal, or when the word changed before it slept: callers look again. */
void plx__futex_wait_for(_Atomic uint32_t *word, uint32_t value, int64_t timeout_ns)
{
    struct timespec most = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout_ns < 0 ? NULL : &most, NULL, 0);
}

void plx__futex_wait(_Atomic uint32_t *word, uint32_t value)
{
    plx__futex_wait_for(word, value, -1);
}

void plx__futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Announces where this worker sleeps. False: the token is there, and is taken instead. */
static bool announce(struct plx_parker *parker, uint32_t where)
{
    uint32_t seen = EMPTY;
    if (atomic_compare_exchange_strong(&parker->state, &seen, where))
        return true;
    atomic_exchange(&parker->state, EMPTY);
    return false;
}

/* Whatever ended the sleep: a token that came is taken with it. */
static void awake(struct plx_parker *parker)
{
    atomic_exchange(&parker->state, EMPTY);
}

static void sleep_in_reactor(struct plx_parker *parker, struct plx_reactor *reactor, int64_t timeout_ns)
{
    if (!announce(parker, IN_REACTOR))
        return;
    plx_reactor_turn(reactor, timeout_ns);
    awake(parker);
}

/* Once: who was woken too early parks again, with the time that is left. */
void plx_parker_sleep(struct plx_parker *parker, int64_t timeout_ns)
{
    if (!announce(parker, ON_FUTEX))
        return;
    if (timeout_ns != 0)
        plx__futex_wait_for(&parker->state, ON_FUTEX, timeout_ns);
    awake(parker);
}

void plx_parker_park(struct plx_parker *parker, struct plx_reactor *reactor, int64_t timeout_ns)
{
    if (plx_reactor_try_own(reactor)) {
        sleep_in_reactor(parker, reactor, timeout_ns);
        plx_reactor_disown(reactor);
    } else {
        plx_parker_sleep(parker, timeout_ns);
    }
}

void plx_parker_unpark(struct plx_parker *parker, struct plx_reactor *reactor)
{
    switch (atomic_exchange(&parker->state, TOKEN)) {
    case ON_FUTEX:
        plx__futex_wake(&parker->state);
        break;
    case IN_REACTOR:
        plx_reactor_wake(reactor);
        break;
    default:
        break;
    }
}
