/* SPDX-License-Identifier: MIT
 *
 * The parker: how a worker sleeps, and how it is woken.
 *
 * One token: unpark leaves it, park takes it or sleeps until it comes. So an unpark that comes before the
 * park is not lost, and two of them are one.
 *
 * One sleeper at a time sleeps in the reactor, because somebody has to wait for the sockets; the others sleep
 * on a futex. Who gets the reactor's lock sleeps there, unless it only dozes.
 *
 *     EMPTY ──park──▶ ON_FUTEX or IN_REACTOR ──unpark──▶ TOKEN ──▶ EMPTY
 *     EMPTY ──unpark──▶ TOKEN ──park, at once──▶ EMPTY
 *
 * unpark is always a swap, never a load and a branch: it must take part in the order of changes to the
 * word, so that what was done before it is seen by the one that wakes.
 *
 * Source: Tokio 1.x `scheduler/multi_thread/park.rs`.
 */
#ifndef PLX_SCHEDULER_PARKER_H
#define PLX_SCHEDULER_PARKER_H

#include "lib/base.h"

#include <stdatomic.h>

struct plx_reactor;

struct plx_parker {
    _Atomic uint32_t state;
};

/* Sleeps until unpark, or until the reactor has seen an event, or for `timeout_ns` (negative: for ever; 0:
 * turns the reactor and does not sleep); may also return for no reason. */
void plx_parker_park(struct plx_parker *parker, struct plx_reactor *reactor, int64_t timeout_ns);

/* The same, but never in the reactor. */
void plx_parker_sleep(struct plx_parker *parker, int64_t timeout_ns);

/* Any thread. */
void plx_parker_unpark(struct plx_parker *parker, struct plx_reactor *reactor);

/* The futex itself: sleeps while *word is `value`; wakes one sleeper. For threads outside of the workers,
 * too. */
void plx__futex_wait(_Atomic uint32_t *word, uint32_t value);
void plx__futex_wait_for(_Atomic uint32_t *word, uint32_t value, int64_t timeout_ns); /* negative: for ever */
void plx__futex_wake(_Atomic uint32_t *word);

#endif
