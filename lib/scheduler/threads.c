/* SPDX-License-Identifier: MIT
 *
 * The threads of a runtime: see threads.h for the picture.
 */
#include "lib/scheduler/threads.h"

#include "lib/runtime/runtime.h"
#include "lib/scheduler/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static _Thread_local struct plx_thread *current;

struct plx_thread *plx__thread_current(void)
{
    return current;
}

struct plx_thread *plx__thread_set_current(struct plx_thread *thread)
{
    struct plx_thread *before = current;
    current = thread;
    return before;
}

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────── */

int plx__monotonic_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;
    int error = pthread_condattr_init(&monotonic);
    if (error)
        return -error;
    error = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    if (!error)
        error = pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return -error;
}

int plx_threads_init(struct plx_threads *threads, struct plx_pool *pool,
                     const struct plx_threads_options *options)
{
    *threads = (struct plx_threads){.pool = pool, .options = *options};
    snprintf(threads->name, sizeof threads->name, "%s", options->name);
    int error = plx__monotonic_cond_init(&threads->work);
    if (error)
        return error;
    if ((error = plx__monotonic_cond_init(&threads->fewer)))
        goto no_fewer;
    if ((error = -pthread_mutex_init(&threads->lock, NULL)))
        goto no_lock;
    return 0;

no_lock:
    pthread_cond_destroy(&threads->fewer);
no_fewer:
    pthread_cond_destroy(&threads->work);
    return error;
}

void plx_threads_done(struct plx_threads *threads)
{
    pthread_cond_destroy(&threads->fewer);
    pthread_cond_destroy(&threads->work);
    pthread_mutex_destroy(&threads->lock);
}

/* `ns` from now, for pthread_cond_timedwait. */
static struct timespec deadline_after(uint64_t ns)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    uint64_t sum = (uint64_t)at.tv_nsec + ns % 1000000000u;
    at.tv_sec += (time_t)(ns / 1000000000u + sum / 1000000000u);
    at.tv_nsec = (long)(sum % 1000000000u);
    return at;
}

/* ── what a thread does next; all of this under the lock ─────────────────────────────────────────── */

static struct plx_worker *take_offered(struct plx_threads *threads)
{
    struct plx_worker *worker = threads->offered;
    if (!worker)
        return NULL;
    threads->offered = worker->next_offered;
    threads->offers--;
    return worker;
}

static void become(struct plx_thread *thread, struct plx_worker *worker)
{
    thread->worker = worker;
    worker->thread = thread;
    plx__home_mine = &worker->home;
    thread->pool->threads.workers++;
}

static void resign(struct plx_thread *thread)
{
    struct plx_threads *threads = &thread->pool->threads;
    atomic_store_explicit(&thread->worker->polling, NULL, memory_order_relaxed);
    thread->worker->thread = NULL;
    thread->worker = NULL;
    plx__home_mine = NULL;
    threads->workers--;
    pthread_cond_broadcast(&threads->fewer);
}

static struct plx_task *next_job(struct plx_threads *threads)
{
    struct plx_task *job = threads->first_job;
    if (job) {
        threads->first_job = job->queue_next;
        threads->waiting--;
    }
    return job;
}

/* So many workers and jobs could be taken just now: not those jobs that wait for another one to end, for the
 * thread of that one comes to ask again. */
static uint32_t takeable(const struct plx_threads *threads)
{
    uint32_t room = threads->options.most_jobs - threads->jobs;
    return threads->offers + (threads->waiting < room ? threads->waiting : room);
}

/* Sleeps until there may be something to do. False: nothing came for so long that the thread ends. */
static bool wait_for_work(struct plx_threads *threads)
{
    struct timespec until = deadline_after(threads->options.keep_alive_ns);
    threads->idle++;
    int error = pthread_cond_timedwait(&threads->work, &threads->lock, &until);
    threads->idle--;
    return error != ETIMEDOUT || takeable(threads) > 0;
}

/* True: the thread has become a worker, or has got a job. Workers go first: others wait for their tasks. */
static bool find_duty(struct plx_thread *thread, struct plx_task **job)
{
    struct plx_threads *threads = &thread->pool->threads;
    *job = NULL;
    do {
        if (threads->stopping)
            return false;
        struct plx_worker *worker = take_offered(threads);
        if (worker) {
            become(thread, worker);
            return true;
        }
        if (threads->jobs < threads->options.most_jobs && (*job = next_job(threads))) {
            threads->jobs++;
            return true;
        }
    } while (wait_for_work(threads));
    return false;
}

/* ── a thread ─────────────────────────────────────────────────────────────────────────────────────── */

static bool is_stopping(void *pool)
{
    return atomic_load(&((struct plx_pool *)pool)->stopping);
}

static void be_worker(struct plx_thread *thread)
{
    struct plx_threads *threads = &thread->pool->threads;
    uint64_t runtime = plx__runtime_number(thread->pool->schedule.runtime);
    uint16_t number = thread->worker->number;

    bool first = !thread->worker->started;
    thread->worker->started = true;
    if (!first)
        plx_trace(take_over, .worker = number);
    plx_trace_as_worker(number);
    if (first)
        plx_trace(worker_start, .runtime = runtime);
    plx_worker_run(thread, is_stopping, thread->pool);
    if (thread->worker) {
        plx_trace_as_worker(number);
        plx_trace(worker_stop, .runtime = runtime);
        plx_trace_as_worker(PLX_NO_WORKER);
    }
    pthread_mutex_lock(&threads->lock);
    if (thread->worker)
        resign(thread);
    pthread_mutex_unlock(&threads->lock);
}

static void run_job(struct plx_thread *thread, struct plx_task *job)
{
    struct plx_threads *threads = &thread->pool->threads;
    plx_trace(pop, .task = job->id, .queue = PLX_QUEUE_BLOCKING);
    thread->cx.may_block = true;
    thread->cx.spent = 0;
    plx__task_run_in(job, &thread->cx);
    thread->cx.may_block = false;
    pthread_mutex_lock(&threads->lock);
    threads->jobs--;
    pthread_mutex_unlock(&threads->lock);
    plx__pool_look_again(thread->pool);
}

static bool serve(struct plx_thread *thread)
{
    struct plx_threads *threads = &thread->pool->threads;
    struct plx_task *job;
    pthread_mutex_lock(&threads->lock);
    bool found = find_duty(thread, &job);
    threads->alive -= !found;
    threads->leaving += !found;
    pthread_mutex_unlock(&threads->lock);
    if (found && job)
        run_job(thread, job);
    else if (found)
        be_worker(thread);
    return found;
}

/* Who ends joins the one that ended before; who stops the pool joins the last. So no thread that has ended
 * is left lying about while the pool runs. */
static void leave(struct plx_threads *threads)
{
    pthread_mutex_lock(&threads->lock);
    bool join = threads->has_ended && !threads->abandoned, abandoned = threads->abandoned;
    pthread_t before = threads->last_ended;
    threads->last_ended = pthread_self();
    threads->has_ended = true;
    threads->leaving--;
    pthread_cond_broadcast(&threads->fewer);
    pthread_mutex_unlock(&threads->lock);
    if (join)
        pthread_join(before, NULL);
    if (abandoned)
        pthread_detach(pthread_self());
}

static void *thread_main(void *arg)
{
    struct plx_thread *thread = arg;
    struct plx_pool *pool = thread->pool;
    uint64_t runtime = plx__runtime_number(pool->schedule.runtime);

    plx__thread_set_current(thread);
    plx__pool_hook(pool, pool->options.hooks.thread_start);
    if (thread->spare)
        plx_trace(pool_thread_start, .runtime = runtime);
    while (serve(thread))
        ;
    if (thread->spare)
        plx_trace(pool_thread_stop, .runtime = runtime);
    plx__pool_hook(pool, pool->options.hooks.thread_stop);
    plx__thread_set_current(NULL);
    free(thread);
    leave(&pool->threads);
    plx__schedule_release(&pool->schedule);
    return NULL;
}

static int create(struct plx_threads *threads, struct plx_thread *thread)
{
    pthread_attr_t attributes;
    pthread_t id;
    char name[16];
    int error = pthread_attr_init(&attributes);
    if (error)
        return -error;
    if (threads->options.stack_bytes)
        error = pthread_attr_setstacksize(&attributes, threads->options.stack_bytes);
    if (!error)
        error = pthread_create(&id, &attributes, thread_main, thread);
    pthread_attr_destroy(&attributes);
    if (error)
        return -error;
    snprintf(name, sizeof name, "%s-%u", threads->name, threads->started);
    pthread_setname_np(id, name);
    return 0;
}

/* Under the lock: a thread that ends at once would have to take it, so its id is still its own here. */
static int start_thread(struct plx_threads *threads)
{
    struct plx_thread *thread = calloc(1, sizeof *thread);
    if (!thread)
        return -ENOMEM;
    thread->pool = threads->pool;
    thread->spare = threads->started >= threads->options.workers;
    plx__schedule_keep(&threads->pool->schedule);
    int error = create(threads, thread);
    if (error) {
        free(thread);
        plx__schedule_release(&threads->pool->schedule);
        return error;
    }
    threads->started++;
    threads->alive++;
    return 0;
}

/* ── giving them something to do ──────────────────────────────────────────────────────────────────── */

/* Under the lock: one more waits for a thread. Idle threads that were woken for others still count as idle,
 * but then those others can still be taken. */
static int want_thread(struct plx_threads *threads, uint32_t most)
{
    if (threads->idle > takeable(threads)) {
        pthread_cond_signal(&threads->work);
        return 0;
    }
    return threads->alive < most ? start_thread(threads) : 0;
}

static void enqueue_job(struct plx_threads *threads, struct plx_task *job)
{
    job->queue_next = NULL;
    if (threads->first_job)
        threads->last_job->queue_next = job;
    else
        threads->first_job = job;
    threads->last_job = job;
    threads->waiting++;
}

/* Without a new thread a job can only wait for one that is neither a worker nor about to be one: if there is
 * none, nobody would ever come (Tokio #8406). */
int plx_threads_run_job(struct plx_threads *threads, struct plx_task *job)
{
    int error = -ESHUTDOWN;
    pthread_mutex_lock(&threads->lock);
    if (!threads->stopping) {
        error = want_thread(threads, threads->options.workers + threads->options.most_jobs);
        if (error && threads->alive > threads->options.workers)
            error = 0;
    }
    if (!error) {
        plx_trace(push, .task = job->id, .queue = PLX_QUEUE_BLOCKING);
        enqueue_job(threads, job);
    }
    pthread_mutex_unlock(&threads->lock);
    return error;
}

static void put_on_offer(struct plx_threads *threads, struct plx_worker *worker)
{
    worker->next_offered = threads->offered;
    threads->offered = worker;
    threads->offers++;
}

int plx_threads_offer(struct plx_threads *threads, struct plx_worker *worker)
{
    pthread_mutex_lock(&threads->lock);
    int error = want_thread(threads, UINT32_MAX);
    if (!error)
        put_on_offer(threads, worker);
    pthread_mutex_unlock(&threads->lock);
    return error;
}

/* When the pool is being stopped the worker needs no other thread, but this one may not be it while it
 * blocks: who stops the pool waits until nobody is a worker. */
int plx_threads_hand_off(struct plx_thread *thread)
{
    struct plx_threads *threads = &thread->pool->threads;
    struct plx_worker *worker = thread->worker;

    pthread_mutex_lock(&threads->lock);
    bool offer = !threads->stopping;
    int error = offer ? want_thread(threads, UINT32_MAX) : 0;
    if (!error) {
        plx_trace_as_worker(PLX_NO_WORKER);
        plx_trace(hand_off, .worker = worker->number);
        thread->polled = atomic_load_explicit(&worker->polling, memory_order_relaxed);
        resign(thread);
        threads->blocked += !thread->blocked;
        thread->blocked = true;
        if (offer)
            put_on_offer(threads, worker);
    }
    pthread_mutex_unlock(&threads->lock);
    return error;
}

static bool withdraw(struct plx_threads *threads, struct plx_worker *worker)
{
    struct plx_worker **link = &threads->offered;
    while (*link && *link != worker)
        link = &(*link)->next_offered;
    if (!*link)
        return false;
    *link = worker->next_offered;
    threads->offers--;
    return true;
}

void plx_threads_take_back(struct plx_thread *thread, struct plx_worker *worker)
{
    struct plx_threads *threads = &thread->pool->threads;
    pthread_mutex_lock(&threads->lock);
    if (!threads->stopping && withdraw(threads, worker)) {
        become(thread, worker);
        atomic_store_explicit(&worker->polling, thread->polled, memory_order_relaxed);
    }
    pthread_mutex_unlock(&threads->lock);
    if (!thread->worker)
        return;
    plx_trace(take_over, .worker = worker->number);
    plx_trace_as_worker(worker->number);
}

void plx_threads_poll_ended(struct plx_thread *thread)
{
    struct plx_threads *threads = &thread->pool->threads;
    pthread_mutex_lock(&threads->lock);
    threads->blocked -= thread->blocked;
    thread->blocked = false;
    pthread_mutex_unlock(&threads->lock);
    plx__pool_look_again(thread->pool);
}

bool plx_threads_busy(struct plx_threads *threads)
{
    pthread_mutex_lock(&threads->lock);
    bool busy = threads->jobs > 0 || threads->waiting > 0 || threads->offers > 0 || threads->blocked > 0;
    pthread_mutex_unlock(&threads->lock);
    return busy;
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────── */

void plx_threads_stop_workers(struct plx_threads *threads)
{
    pthread_mutex_lock(&threads->lock);
    threads->stopping = true;
    while (take_offered(threads))
        ;
    pthread_cond_broadcast(&threads->work);
    while (threads->workers > 0)
        pthread_cond_wait(&threads->fewer, &threads->lock);
    pthread_mutex_unlock(&threads->lock);
}

bool plx_threads_join(struct plx_threads *threads, int64_t timeout_ns)
{
    struct timespec until = deadline_after(timeout_ns < 0 ? 0 : (uint64_t)timeout_ns);
    int error = 0;
    pthread_mutex_lock(&threads->lock);
    while (threads->alive + threads->leaving > 0 && !error)
        error = timeout_ns < 0 ? pthread_cond_wait(&threads->fewer, &threads->lock)
                               : pthread_cond_timedwait(&threads->fewer, &threads->lock, &until);
    bool all = threads->alive + threads->leaving == 0, join = threads->has_ended;
    pthread_t last = threads->last_ended;
    threads->has_ended = false;
    threads->abandoned = !all;
    pthread_mutex_unlock(&threads->lock);
    if (join)
        pthread_join(last, NULL);
    return all;
}

struct plx_task *plx_threads_take_job(struct plx_threads *threads)
{
    pthread_mutex_lock(&threads->lock);
    struct plx_task *job = next_job(threads);
    pthread_mutex_unlock(&threads->lock);
    return job;
}
