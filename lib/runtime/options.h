/* SPDX-License-Identifier: MIT
 *
 * What can be chosen when a runtime is built. All zero is a good choice: a thread pool of as many workers as
 * there are processors (or as POLLUX_WORKERS says), as Tokio 1.x would run it. The knobs after `selector` are
 * where the ages of Tokio differ; turn one and look at the trace.
 */
#ifndef PLX_RUNTIME_OPTIONS_H
#define PLX_RUNTIME_OPTIONS_H

#include "lib/base.h"

struct plx_selector_ops;
struct plx_clock;

enum plx_runtime_kind {
    PLX_THREAD_POOL,    /* worker threads that steal from each other */
    PLX_CURRENT_THREAD, /* one worker, on the thread that runs the runtime */
};

/* Called by the runtime's threads and, for tasks, by whoever spawns or cancels one, with `arg`: that must
 * outlive the runtime and its executors. They may spawn and notify, but not wait. */
struct plx_runtime_hooks {
    void *arg;
    void (*thread_start)(void *arg); /* once a thread of the runtime, first … */
    void (*thread_stop)(void *arg);  /* … and last */
    void (*park)(void *arg);         /* a worker has found nothing to do, and is about to sleep */
    void (*unpark)(void *arg);       /* it is awake again */
    void (*task_spawn)(void *arg, uint64_t task);
    void (*task_end)(void *arg, uint64_t task);
    void (*task_fatal)(void *arg, uint64_t task,
                       const char *why); /* else standard error is told; see fatal.h */
};

struct plx_runtime_options {
    enum plx_runtime_kind kind;
    uint32_t workers;   /* at most PLX_WORKERS_MOST */
    const char *name;   /* of the threads: "NAME-0"; at most 10 characters count */
    size_t stack_bytes; /* of each thread */

    uint32_t max_blocking;     /* how many tasks may be in a blocking section at a time; 100 */
    uint32_t blocking_threads; /* how many jobs of PLX_SPAWN_BLOCKING run at a time; 512 */
    uint32_t keep_alive_ms;    /* after which an idle thread of the blocking pool ends; 10,000 */

    const struct plx_selector_ops *selector; /* epoll, or what POLLUX_SELECTOR says */
    struct plx_clock *clock;                 /* of the timers: the real one. Must outlive the runtime */

    bool no_lifo;         /* notified tasks go to the end of the deque, not into the LIFO slot (0.1) */
    bool wake_per_submit; /* every push wakes a worker, however many search already (0.1) */
    /* Each worker turns a reactor of its own, and a socket stays with the one whose worker polled it first
     * (0.1.12). */
    bool reactor_per_worker;
    /* A worker that leaves the reactor with something to do wakes another one, which takes its place there
     * (Tokio #8010). */
    bool eager_reactor;
    uint32_t budget;        /* of a poll: 128; PLX_NO_BUDGET as in 0.1 */
    uint32_t reactor_every; /* so many ticks a busy worker looks at sockets and timers; 61, at least 2 */
    uint32_t global_every;  /* … and at the global queue; 31 */
    /* A poll that takes longer is reported, and the sockets and timers of its worker are looked after
     * meanwhile. 0: nobody watches; nor does anybody watch a current_thread. */
    uint32_t watchdog_ms;
    struct plx_runtime_hooks hooks;
};

enum { PLX_WORKERS_MOST = 1024 };
#define PLX_NO_BUDGET UINT32_MAX

#endif
