/* SPDX-License-Identifier: MIT
 *
 * The threads of a runtime, and what they do: be a worker, run a job that may block, or wait to be either.
 *
 *                        ┌──────────── hand_off: its poll is about to block ───────────┐
 *                        │                                                             ▼
 *     offered workers ──▶ a thread that is a worker                    a thread inside of a blocking section
 *     (queues and all)   │       ▲                                                     │
 *                        │       └───────── take_back: nobody was quicker ─────────────┤
 *            the pool stops                                          its poll has ended│
 *                        ▼                                                             ▼
 *                       end ◀── keep_alive has passed ── idle ◀────────────────────────┘
 *                                                         │ ▲
 *                                  jobs ─────────────────▶ runs a job
 *
 * A worker (its deque, its LIFO slot, its timers) belongs to no thread for good. That is what makes a section
 * that blocks harmless: the worker goes on under another thread, and only the task that blocks waits.
 *
 * One lock for all of it: what is done under it is a few stores, and a thread that comes here is about to
 * sleep or has just slept (Tokio #8056: to share this queue out was tried, and hung).
 *
 * Source: the slides "Backup", "blocking"; tokio-threadpool `pool/backup.rs`; Tokio 1.x `blocking/pool.rs`.
 */
#ifndef PLX_SCHEDULER_THREADS_H
#define PLX_SCHEDULER_THREADS_H

#include "lib/task/task.h"

#include <pthread.h>

struct plx_pool;
struct plx_worker;

struct plx_thread {
    struct plx_pool *pool;
    struct plx_worker *worker;      /* the one that it is, or NULL. This thread changes it, under the lock */
    bool spare;                     /* not one of the first, which begin as workers */
    bool blocked;                   /* it has handed its worker on in this poll */
    bool holds_capacity;            /* it has blocked in this poll; see blocking.h */
    const struct plx_shape *polled; /* by the worker that it has handed on */
    plx_context cx;                 /* of the task that it polls. The watchdog looks at cx.future */
};

struct plx_threads_options {
    const char *name;       /* "NAME-0", "NAME-1" …: at most 10 characters of it */
    size_t stack_bytes;     /* 0: the system's */
    uint32_t workers;       /* so many threads are for them, whatever the others do */
    uint32_t most_jobs;     /* that run at the same time */
    uint64_t keep_alive_ns; /* an idle thread ends after it */
};

struct plx_threads {
    struct plx_pool *pool;
    struct plx_threads_options options;
    char name[11]; /* a copy: threads begin at any time */
    pthread_mutex_t lock;
    pthread_cond_t work;  /* idle threads wait for it */
    pthread_cond_t fewer; /* who stops the pool waits for it */
    /* under the lock */
    struct plx_task *first_job, *last_job;
    struct plx_worker *offered; /* workers that have no thread */
    uint32_t offers, waiting;   /* how many workers, and jobs, wait for a thread */
    uint32_t idle, jobs, blocked, workers, started;
    uint32_t alive;   /* threads that do one of these things, or come to ask for one */
    uint32_t leaving; /* … and those that have asked for the last time */
    bool stopping;
    bool abandoned; /* nobody waits for the last threads: each holds the pool, and joins nobody */
    bool has_ended;
    pthread_t last_ended; /* not joined yet */
};

int plx_threads_init(struct plx_threads *threads, struct plx_pool *pool,
                     const struct plx_threads_options *options);
void plx_threads_done(struct plx_threads *threads);

/* Gives a worker that has no thread to one. 0, or -EAGAIN when there is none to be had. */
int plx_threads_offer(struct plx_threads *threads, struct plx_worker *worker);

/* Queues a job: a task, with the queue's reference. 0; -EAGAIN or -ESHUTDOWN, then it is the caller's. */
int plx_threads_run_job(struct plx_threads *threads, struct plx_task *job);

/* The calling thread, which is a worker, is about to block: the worker goes on elsewhere. 0 or -EAGAIN. */
int plx_threads_hand_off(struct plx_thread *thread);

/* It is through: takes its worker back, if no other thread has it yet. */
void plx_threads_take_back(struct plx_thread *thread, struct plx_worker *worker);

/* The poll in which it did so has ended. */
void plx_threads_poll_ended(struct plx_thread *thread);

/* Whether a job runs or waits, or a task blocks. Any thread. */
bool plx_threads_busy(struct plx_threads *threads);

/* The end, in two steps. No thread is a worker any more when the first returns, but some may still block;
 * the second waits for those. Returns false when `timeout_ns` (negative: none) has passed: then they end by
 * themselves, some day, and free the pool. */
void plx_threads_stop_workers(struct plx_threads *threads);
bool plx_threads_join(struct plx_threads *threads, int64_t timeout_ns);

/* Jobs that have not begun when the pool stops: the caller cancels them. NULL: there are no more. */
struct plx_task *plx_threads_take_job(struct plx_threads *threads);

/* A condition whose timed waits are on the monotonic clock. 0 or a negative errno. */
int plx__monotonic_cond_init(pthread_cond_t *cond);

/* This thread, if a pool runs on it, or NULL. */
struct plx_thread *plx__thread_current(void);
struct plx_thread *plx__thread_set_current(struct plx_thread *thread); /* returns the one before */

#endif
