/* SPDX-License-Identifier: MIT
 *
 * The watchdog: see watchdog.h.
 *
 * It takes part in no lock of the hot path. What it reads of a worker (the number of polls, the task's shape,
 * the future's number) is stored without order, so a report may name the neighbour of the guilty future, but
 * never touches what is gone: shapes are constants, and the thread's record is kept in place by the lock of
 * the threads.
 */
#include "lib/scheduler/watchdog.h"

#include "lib/reactor/reactor.h"
#include "lib/scheduler/pool.h"
#include "lib/time/timer.h"

#include <stdio.h>
#include <stdlib.h>

struct watched {
    uint64_t polls;   /* when last looked at */
    uint64_t periods; /* that it has been in the same poll */
};

struct plx_watchdog {
    struct plx_pool *pool;
    pthread_t thread;
    _Atomic uint32_t stop;
    struct watched workers[];
};

/* ── the report ───────────────────────────────────────────────────────────────────────────────────── */

/* The future of that number in a chain: numbers are given in preorder. */
static const struct plx_shape *shape_of(const struct plx_shape *shape, uint32_t number)
{
    uint32_t left = number > 0 ? number - 1 : 0;
    while (left > 0) {
        uint32_t i = 0;
        for (left--; i < shape->count && left >= shape->children[i]->nodes; i++)
            left -= shape->children[i]->nodes;
        if (i == shape->count)
            return shape; /* inside of a box, whose shape is not known here */
        shape = shape->children[i];
    }
    return shape;
}

struct suspect {
    uint64_t task;
    uint32_t future;
    const struct plx_shape *shape;
};

static bool find_suspect(struct plx_worker *worker, struct suspect *suspect)
{
    struct plx_threads *threads = &worker->pool->threads;
    const struct plx_shape *root = atomic_load_explicit(&worker->polling, memory_order_relaxed);
    pthread_mutex_lock(&threads->lock);
    bool found = root && worker->thread;
    if (found) {
        suspect->task = __atomic_load_n(&worker->thread->cx.task, __ATOMIC_RELAXED);
        suspect->future = __atomic_load_n(&worker->thread->cx.future, __ATOMIC_RELAXED);
        suspect->shape = shape_of(root, suspect->future);
    }
    pthread_mutex_unlock(&threads->lock);
    return found;
}

static void report(struct plx_worker *worker, uint64_t ms)
{
    struct suspect suspect;
    if (!find_suspect(worker, &suspect))
        return;
    const struct plx_shape *shape = suspect.shape;
    plx_trace(stuck, .worker = worker->number, .task = suspect.task, .future = suspect.future, .ms = ms,
              .at = shape->at);
    fprintf(stderr, "pollux: worker %u has been polling task %llu for %llu ms: it is in %s %s (%s:%d)\n",
            worker->number, (unsigned long long)suspect.task, (unsigned long long)ms, shape->kind,
            shape->name, shape->at.file, shape->at.line);
}

/* ── the round ────────────────────────────────────────────────────────────────────────────────────── */

static void stand_in(struct plx_worker *worker)
{
    if (plx_reactor_try_own(worker->reactor)) {
        plx_reactor_turn(worker->reactor, 0);
        plx_reactor_disown(worker->reactor);
    }
    plx_timer_stand_in(worker->timer);
}

static void look_at(struct plx_watchdog *dog, struct plx_worker *worker)
{
    struct watched *watched = &dog->workers[worker->index];
    uint64_t polls = plx_counted(&worker->counters.polls);
    bool same = polls == watched->polls && atomic_load_explicit(&worker->polling, memory_order_relaxed);
    watched->polls = polls;
    watched->periods = same ? watched->periods + 1 : 0;
    if (watched->periods == 1)
        report(worker, dog->pool->options.watchdog_ms);
    if (watched->periods >= 1)
        stand_in(worker);
}

static void *watch(void *arg)
{
    struct plx_watchdog *dog = arg;
    int64_t period_ns = (int64_t)dog->pool->options.watchdog_ms * 1000000;
    for (;;) {
        plx__futex_wait_for(&dog->stop, 0, period_ns);
        if (atomic_load(&dog->stop))
            return NULL;
        for (uint32_t i = 0; i < dog->pool->count; i++)
            look_at(dog, &dog->pool->workers[i]);
    }
}

int plx_watchdog_start(struct plx_pool *pool)
{
    struct plx_watchdog *dog = calloc(1, sizeof *dog + pool->count * sizeof dog->workers[0]);
    if (!dog)
        return -ENOMEM;
    dog->pool = pool;
    int error = pthread_create(&dog->thread, NULL, watch, dog);
    if (error) {
        free(dog);
        return -error;
    }
    pthread_setname_np(dog->thread, "watchdog");
    pool->watchdog = dog;
    plx__context_watch();
    return 0;
}

void plx_watchdog_stop(struct plx_pool *pool)
{
    struct plx_watchdog *dog = pool->watchdog;
    if (!dog)
        return;
    pool->watchdog = NULL;
    atomic_store(&dog->stop, 1);
    plx__futex_wake(&dog->stop);
    pthread_join(dog->thread, NULL);
    plx__context_unwatch();
    free(dog);
}
