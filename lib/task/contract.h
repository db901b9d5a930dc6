/* SPDX-License-Identifier: MIT
 *
 * What a future promises, and what is said when it does not keep it.
 *
 * Every broken promise is told once a place, on standard error and in the trace, with the task, the future
 * and its source line, and the program goes on. The checks that cost nothing are made in every build; the
 * debug build (PLX_DEBUG=1) makes them all.
 */
#ifndef PLX_TASK_CONTRACT_H
#define PLX_TASK_CONTRACT_H

#include "lib/future/shape.h"

enum plx_promise {
    PLX_POLLED_AFTER_END,   /* polled after it had answered Ready or Failed */
    PLX_DROPPED_TWICE,      /* dropped by two owners */
    PLX_NOBODY_WILL_NOTIFY, /* NotReady, but no waker was taken and nobody has notified (debug build) */
    PLX_NO_CURRENT_TASK,    /* plx_task_current() outside of a poll */
    PLX_WAKER_OUTLIVES,     /* a waker is still held when its runtime is freed (debug build) */
    PLX_AWAIT_IN_SWITCH,    /* an await stands inside a switch of the user's, see async.h */
    PLX_LOCAL_ELSEWHERE,    /* a local set was polled where its tasks cannot stay on one thread */
    PLX_PROMISES
};

/* By a future of the task that this thread polls; `shape` NULL: it is not known by which. */
void plx_contract_broken(enum plx_promise promise, const struct plx_shape *shape);

/* By a future of another task. */
void plx_contract_broken_by(enum plx_promise promise, const struct plx_shape *shape, uint64_t task);

/* How often this was reported: for tests. */
unsigned plx_contract_count(enum plx_promise promise);

#endif
