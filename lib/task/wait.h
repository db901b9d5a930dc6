/* SPDX-License-Identifier: MIT
 *
 * Waiting on a plain thread: drives a future without a runtime, and sleeps while it is not ready.
 *
 *     int item;
 *     int error = PLX_WAIT(answer_receiver, receiver, &item);      // outside of tasks
 *
 * For futures that need nothing of a runtime: the ends of channels, locks, join handles. One that needs a
 * reactor or a timer fails (ENOTCONN); give it to PLX_BLOCK_ON instead.
 *
 * Source: futures 0.1 `Future::wait`.
 */
#ifndef PLX_TASK_WAIT_H
#define PLX_TASK_WAIT_H

#include "lib/future/future.h"

/* Polls the future on this thread until it is ready, and drops it. 0 and *item, or its error; -EDEADLK from a
 * task, whose worker would sleep: then the future is dropped. */
#define PLX_WAIT(T, value, item)                                                                             \
    __extension__({                                                                                          \
        T plx_future = (value);                                                                              \
        T##_item *plx_item = (item);                                                                         \
        plx__wait(&T##_ops, &plx_future, plx_item);                                                          \
    })

int plx__wait(const struct plx_future_ops *ops, void *future, void *item);

/* The same in parts, for what must not begin when there is no memory to wait with: a sleeper, then
 * `poll(arg, cx, item)` until it answers. That this is no task is not checked. */
typedef enum plx_answer plx_poll_on_thread(void *arg, plx_context *cx, void *item);
struct plx_sleeper *plx__sleeper_new(void);
void plx__sleeper_drop(struct plx_sleeper *sleeper);
int plx__sleep_until_ready(struct plx_sleeper *sleeper, plx_poll_on_thread *poll, void *arg, void *item);

#endif
