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
 * Every runtime obeys the environment: POLLUX_TRACE=FILE traces all of them into FILE, POLLUX_WORKERS=N sets
 * how many workers those have that do not say so themselves, POLLUX_SELECTOR=poll picks another selector.
 */
#ifndef PLX_RUNTIME_RUNTIME_H
#define PLX_RUNTIME_RUNTIME_H

#include "lib/future/future.h"
#include "lib/runtime/options.h"
#include "lib/task/join.h"
#include "lib/task/wait.h"

struct plx_runtime;
struct plx_reactor;
struct plx_timer;
struct plx_pool;

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────── */

/* `options` NULL: all chosen. 0, or a negative errno: -EINVAL for too many workers, a POLLUX_WORKERS that is
 * no number in 1..1024, or a POLLUX_SELECTOR that there is not. */
int plx_runtime_new(const struct plx_runtime_options *options, struct plx_runtime **runtime);

/* Stops it: cancels what has not ended, ends all threads, frees the runtime. Wakers, sockets, handles and
 * executors that are still held stay safe to use. A blocking section or job that has begun is waited for. Not
 * from a task, nor from a thread of its own that blocks (-EDEADLK, and nothing is done). */
int plx_runtime_free(struct plx_runtime *runtime);

/* Waits until all tasks have ended, then stops it. Errors as with plx_runtime_wait_idle; then it is not
 * stopped. */
int plx_runtime_shutdown_on_idle(struct plx_runtime *runtime);

/* Stops it, and waits for those that block at most `ms` milliseconds. -ETIMEDOUT: some do still; their
 * threads end, and free what is left, when they are through; till then they use the clock and the hooks. */
int plx_runtime_shutdown_timeout(struct plx_runtime *runtime, uint32_t ms);

/* ── running ──────────────────────────────────────────────────────────────────────────────────────── */

/* Runs a future to its end and gives its item; the caller's thread waits, or with current_thread does the
 * work. 0, the future's error, or -EDEADLK when called from a task, or -EBUSY when another thread runs the
 * current_thread; then the future is dropped. Inside of a blocking section a thread may wait. */
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

/* Waits until all tasks have ended, the second at most so long (then -ETIMEDOUT). Errors as with
 * PLX_BLOCK_ON; and a thread of the runtime's own, which would wait for itself, gets -EDEADLK even where it
 * may block. */
int plx_runtime_wait_idle(struct plx_runtime *runtime);
int plx_runtime_wait_idle_for(struct plx_runtime *runtime, uint32_t ms);

/* One turn of a current_thread: runs the tasks that are ready now, each once; when there are none, waits for
 * some at most `ms` (negative: for as long as it takes). Tasks that are spawned or notified meanwhile have
 * their turn next time. Returns how many it polled, or -EDEADLK, -EBUSY, or -ENOTSUP for a thread pool. */
int plx_runtime_turn(struct plx_runtime *runtime, int ms);

/* ── which runtime ────────────────────────────────────────────────────────────────────────────────── */

/* The runtime whose task this thread polls, else the one it has entered, else NULL. PLX_SPAWN spawns
 * there. */
struct plx_runtime *plx_runtime_current(void);

/* Lets plain code spawn with PLX_SPAWN: from here to leave, this thread's runtime is `runtime`. May nest;
 * each leave restores what was before. */
struct plx_entered {
    struct plx_runtime *before;
};
struct plx_entered plx_runtime_enter(struct plx_runtime *runtime);
void plx_runtime_leave(struct plx_entered entered);

/* An executor: a handle through which tasks are spawned onto one runtime, from any thread. It may be cloned,
 * and outlives its runtime: spawning then fails with ESHUTDOWN. Dropped once by each owner. (TaskExecutor,
 * 0.1) */
typedef struct plx_executor {
    struct plx_pool *pool;
} plx_executor;

plx_executor plx_executor_of(struct plx_runtime *runtime);
plx_executor plx_executor_current(void); /* of plx_runtime_current(); empty when there is none */
plx_executor plx_executor_clone(const plx_executor *executor);
void plx_executor_drop(plx_executor *executor);
bool plx_executor_is_open(const plx_executor *executor);

/* Spawns onto it. 0, -ENOMEM or -ESHUTDOWN; then the future is dropped. */
#define PLX_SPAWN_WITH(executor, T, value)                                                                   \
    __extension__({                                                                                          \
        T plx_future = (value);                                                                              \
        plx__spawn_with((executor), &T##_ops, &plx_future, PLX_HERE, NULL);                                  \
    })

/* The same with a handle, of a type made by PLX_HANDLE(…, T). */
#define PLX_SPAWN_HANDLE_WITH(executor, T, value, handle)                                                    \
    __extension__({                                                                                          \
        T plx_future = (value);                                                                              \
        plx__spawn_with((executor), &T##_ops, &plx_future, PLX_HERE, &(handle)->task);                       \
    })

int plx__spawn_with(const plx_executor *executor, const struct plx_future_ops *ops, void *future,
                    struct plx_at at, struct plx_task **handle);

/* ── looking at it ────────────────────────────────────────────────────────────────────────────────── */

uint32_t plx_runtime_workers(struct plx_runtime *runtime);

/* How many tasks have not ended, and how many sources are registered. */
size_t plx_runtime_tasks(struct plx_runtime *runtime);
size_t plx_runtime_sources(struct plx_runtime *runtime);

/* What a worker has done so far. The numbers only grow, but for `queued`. Any thread. */
struct plx_worker_metrics {
    uint64_t polls, lifo_polls; /* tasks polled; of them, from the LIFO slot */
    uint64_t steals, stolen;    /* raids on other workers that brought something, and tasks they brought */
    uint64_t overflows;         /* tasks moved to the global queue because the deque was full */
    uint64_t parks, noops;      /* times it slept; of them, those after which it found nothing to do */
    uint64_t turns;             /* of the reactor, without sleeping */
    uint64_t busy_ns;           /* time awake */
    uint32_t queued;            /* in its deque */
};

struct plx_runtime_metrics {
    uint32_t workers, threads, idle_threads;
    size_t tasks, sources;
    size_t queued;               /* in the global queue */
    uint32_t jobs, jobs_waiting; /* of the blocking pool */
};

/* 0, or -EINVAL when there is no such worker (they count from 0). */
int plx_runtime_worker_metrics(struct plx_runtime *runtime, uint32_t worker,
                               struct plx_worker_metrics *metrics);
void plx_runtime_metrics(struct plx_runtime *runtime, struct plx_runtime_metrics *metrics);

/* ── for the rest of the library ──────────────────────────────────────────────────────────────────── */

/* Those of the worker that this thread is, if it is one of the runtime's; else of its first worker. */
struct plx_reactor *plx__runtime_reactor(struct plx_runtime *runtime);
struct plx_timer *plx__runtime_timer(struct plx_runtime *runtime);
const struct plx_runtime_hooks *plx__runtime_hooks(struct plx_runtime *runtime);
uint64_t plx__runtime_number(struct plx_runtime *runtime);
struct plx_pool *plx__runtime_pool(struct plx_runtime *runtime);
void plx__runtime_free_memory(struct plx_runtime *runtime);

#endif
