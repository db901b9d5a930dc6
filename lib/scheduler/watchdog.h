/* SPDX-License-Identifier: MIT
 *
 * The watchdog: a thread that looks whether workers get on.
 *
 * A poll must not block; one that does holds up all that its worker has to do: the tasks in its LIFO slot,
 * its timers, and the sockets, when they are its own reactor's or nobody else is awake to look at them. When
 * a worker is found in the same poll twice in a row, a period apart, the watchdog names the task and the
 * future on standard error and in the trace, once, and stands in for the worker until it is back: it turns
 * its reactor and its timer, whose tasks go to the global queue, where the other workers find them.
 *
 * Source: Tokio #4730 and what was proposed there; the idea of naming the future is ours.
 */
#ifndef PLX_SCHEDULER_WATCHDOG_H
#define PLX_SCHEDULER_WATCHDOG_H

struct plx_pool;

/* Watches every pool->options.watchdog_ms. 0 or a negative errno. */
int plx_watchdog_start(struct plx_pool *pool);

/* Ends it, if there is one. */
void plx_watchdog_stop(struct plx_pool *pool);

#endif
