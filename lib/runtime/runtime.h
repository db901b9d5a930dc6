/* SPDX-License-Identifier: MIT
 *
 * Runtimes: a scheduler and a reactor, built to order; and how to run a future on one.
 *
 *     int main(void)
 *     {
 *         struct session session = {…};
 *         return PLX_RUN(client, client_new(&session)) ? 1 : 0;
 *     }
 *
 * PLX_RUN(T, future) is the deck's `tokio::run`: it builds a runtime, spawns the future, waits until it
 * and all that it has spawned are done, and takes the runtime down. For more, build one:
 *
 *     struct plx_runtime *runtime;
 *     int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 2}, &runtime);
 *     error = PLX_BLOCK_ON(runtime, fetch, fetch_new(vars), &reply);
 *     plx_runtime_free(runtime);
 *
 * Every runtime obeys the environment: POLLUX_TRACE=FILE traces all of them into FILE, POLLUX_WORKERS=N
 * sets how many workers those have that do not say so themselves.
 */
#ifndef PLX_RUNTIME_RUNTIME_H
#define PLX_RUNTIME_RUNTIME_H

#include "lib/future/future.h"
#include "lib/task/join.h"

struct plx_runtime;
struct plx_reactor;
struct plx_selector_ops;

enum plx_runtime_kind {
    PLX_THREAD_POOL,    /* worker threads that steal from each other */
    PLX_CURRENT_THREAD, /* one worker, on the thread that runs the runtime */
};

/* What is zero is chosen: a thread pool of as many workers as there are processors, or as POLLUX_WORKERS
 * says. */
struct plx_runtime_options {
    enum plx_runtime_kind kind;
    uint32_t workers;   /* at most PLX_WORKERS_MOST */
    const char *name;   /* of the threads: "NAME-0"; at most 10 characters count */
    size_t stack_bytes; /* of each thread */
    bool no_lifo;       /* notified tasks go to the end of the deque, not into the LIFO slot */
    const struct plx_selector_ops *selector; /* epoll */
};

enum { PLX_WORKERS_MOST = 1024 };

/* `options` NULL: all chosen. 0, or a negative errno: -EINVAL for too many workers or a POLLUX_WORKERS
 * that is no number in 1..1024. */
int plx_runtime_new(const struct plx_runtime_options *options, struct plx_runtime **runtime);

/* Cancels what has not ended, ends all threads, frees the runtime. Wakers, sockets and handles that are
 * still held stay safe to use. Not from a task of the runtime itself (-EDEADLK, and nothing is done). */
int plx_runtime_free(struct plx_runtime *runtime);

/* Waits until all tasks have ended. Not from a task (-EDEADLK). With current_thread the caller's thread
 * does the work, and -EBUSY says that another one is doing it. The same holds for PLX_BLOCK_ON, and for
 * waiting on a handle. */
int plx_runtime_wait_idle(struct plx_runtime *runtime);

/* Runs a future to its end and gives its item; the caller's thread waits, or with current_thread does the
 * work. 0, the future's error, or -EDEADLK when called from a task, or -EBUSY; then the future is dropped. */
#define PLX_BLOCK_ON(runtime, T, value, item)                                                                \
    __extension__({                                                                                          \
        T plx_future = (value);                                                                              \
        T##_item *plx_item = (item);                                                                         \
        plx__block_on((runtime), &T##_ops, &plx_future, plx_item, PLX_HERE);                                 \
    })

/* tokio::run. 0, or the error of the future or of building the runtime. */
#define PLX_RUN(T, value)                                                                                    \
    __extension__({                                                                                          \
        T plx_future = (value);                                                                              \
        T##_item plx_item;                                                                                   \
        plx__run(&T##_ops, &plx_future, &plx_item, PLX_HERE);                                                \
    })

int plx__block_on(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, void *item,
                  struct plx_at at);
int plx__run(const struct plx_future_ops *ops, void *future, void *item, struct plx_at at);

/* The runtime whose task this thread polls, or NULL. */
struct plx_runtime *plx_runtime_current(void);

uint32_t plx_runtime_workers(struct plx_runtime *runtime);

/* How many tasks have not ended, and how many sources are registered. */
size_t plx_runtime_tasks(struct plx_runtime *runtime);
size_t plx_runtime_sources(struct plx_runtime *runtime);

struct plx_reactor *plx__runtime_reactor(struct plx_runtime *runtime);
uint64_t plx__runtime_number(struct plx_runtime *runtime);

#endif
