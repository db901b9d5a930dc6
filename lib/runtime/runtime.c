/* SPDX-License-Identifier: MIT
 *
 * Runtimes: built, run and taken down. See runtime.h.
 */
#include "lib/runtime/runtime.h"

#include "lib/reactor/reactor.h"
#include "lib/scheduler/pool.h"
#include "lib/task/contract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct plx_runtime {
    struct plx_pool *pool;
    struct plx_reactor *reactor;
    enum plx_runtime_kind kind;
    uint64_t number;  /* in the trace, from 1 */
    atomic_bool lent; /* current_thread: some thread is running it */
};

/* ── building ─────────────────────────────────────────────────────────────────────────────────────── */

static int workers_from_environment(uint32_t *workers)
{
    const char *text = getenv("POLLUX_WORKERS");
    if (!text || !*text) {
        long cpus = sysconf(_SC_NPROCESSORS_ONLN);
        *workers = cpus < 1 ? 1 : cpus > PLX_WORKERS_MOST ? PLX_WORKERS_MOST : (uint32_t)cpus;
        return 0;
    }
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || *end || number < 1 || number > PLX_WORKERS_MOST) {
        fprintf(stderr, "pollux: POLLUX_WORKERS=%s is not a number from 1 to %d\n", text, PLX_WORKERS_MOST);
        return -EINVAL;
    }
    *workers = (uint32_t)number;
    return 0;
}

static int choose_workers(const struct plx_runtime_options *options, uint32_t *workers)
{
    if (options->workers > PLX_WORKERS_MOST)
        return -EINVAL;
    *workers = options->kind == PLX_CURRENT_THREAD ? 1 : options->workers;
    return *workers ? 0 : workers_from_environment(workers);
}

static void take_down(struct plx_runtime *runtime)
{
    if (runtime->pool)
        plx__pool_release(runtime->pool);
    if (runtime->reactor)
        plx_reactor_release(runtime->reactor);
    free(runtime);
}

static void shut_down(struct plx_runtime *runtime, enum plx_shutdown how)
{
    plx_trace(runtime_shutdown, .runtime = runtime->number, .how = how);
    plx_pool_stop(runtime->pool);
    plx_reactor_shutdown(runtime->reactor);
    plx__cells_check(&runtime->pool->cells);
    plx_trace(runtime_stop, .runtime = runtime->number);
    take_down(runtime);
}

static int build(struct plx_runtime *runtime, const struct plx_runtime_options *options, uint32_t workers)
{
    const struct plx_selector_ops *selector = options->selector ? options->selector : &plx_epoll;
    int error = plx_reactor_new(selector, &runtime->reactor);
    if (!error)
        error = plx_pool_new(runtime, runtime->reactor, workers, !options->no_lifo, &runtime->pool);
    if (error)
        return error;

    bool threads = options->kind == PLX_THREAD_POOL;
    plx_trace(runtime_start, .runtime = runtime->number, .kind = threads ? "thread_pool" : "current_thread",
              .first_worker = runtime->pool->workers[0].number, .workers = workers);
    return threads
               ? plx_pool_start(runtime->pool, options->name ? options->name : "pollux", options->stack_bytes)
               : 0;
}

int plx_runtime_new(const struct plx_runtime_options *options, struct plx_runtime **out)
{
    static const struct plx_runtime_options chosen;
    static _Atomic uint64_t last_number;
    uint32_t workers;

    plx_trace_obey_environment();
    if (!options)
        options = &chosen;
    int error = choose_workers(options, &workers);
    if (error)
        return error;
    struct plx_runtime *runtime = calloc(1, sizeof *runtime);
    if (!runtime)
        return -ENOMEM;
    runtime->kind = options->kind;
    runtime->number = atomic_fetch_add(&last_number, 1) + 1;
    error = build(runtime, options, workers);
    if (error) {
        take_down(runtime);
        return error;
    }
    *out = runtime;
    return 0;
}

/* ── running ──────────────────────────────────────────────────────────────────────────────────────── */

static bool called_from_a_task(void)
{
    return plx__worker_current() != NULL || plx__context_current() != NULL;
}

static bool no_task_left(void *runtime)
{
    return plx_owned_count(&((struct plx_runtime *)runtime)->pool->owned) == 0;
}

/* The right to be the worker of a current_thread runtime. One thread at a time: 0 or -EBUSY. */
static int begin_lending(struct plx_runtime *runtime)
{
    return atomic_exchange(&runtime->lent, true) ? -EBUSY : 0;
}

static void end_lending(struct plx_runtime *runtime)
{
    atomic_store(&runtime->lent, false);
}

/* Lets the caller's thread be that worker until `done(arg)`. */
static int lend_thread(struct plx_runtime *runtime, bool (*done)(void *arg), void *arg)
{
    int error = begin_lending(runtime);
    if (error)
        return error;
    plx_pool_lend_thread(runtime->pool, done, arg);
    end_lending(runtime);
    return 0;
}

int plx_runtime_wait_idle(struct plx_runtime *runtime)
{
    if (called_from_a_task())
        return -EDEADLK;
    if (runtime->kind == PLX_CURRENT_THREAD)
        return lend_thread(runtime, no_task_left, runtime);
    plx_owned_wait_empty(&runtime->pool->owned);
    return 0;
}

/* A thread that waits for a task: a Notify whose one "task" is the thread itself, with one token. */
struct sleeper {
    _Atomic uint32_t token;
};

static void notify_sleeper(const struct plx_notify *notify, uintptr_t id, struct plx_cause by)
{
    struct sleeper *sleeper = (struct sleeper *)id;
    (void)notify;
    (void)by;
    atomic_store(&sleeper->token, 1);
    plx__futex_wake(&sleeper->token);
}

static uintptr_t keep_sleeper(const struct plx_notify *notify, uintptr_t id)
{
    (void)notify;
    return id;
}

static void drop_sleeper(const struct plx_notify *notify, uintptr_t id)
{
    (void)notify;
    (void)id;
}

static const struct plx_notify sleeper_notify = {notify_sleeper, keep_sleeper, drop_sleeper};

static enum plx_answer poll_from_thread(struct plx_task **handle, struct sleeper *sleeper, void *item,
                                        struct plx_error *error)
{
    plx_context cx = {.waker = {&sleeper_notify, (uintptr_t)sleeper}};
    plx__context_enter(&cx);
    enum plx_answer answer = plx__handle_poll(handle, &cx, item);
    plx__context_leave(&cx);
    *error = cx.error;
    return answer;
}

static void sleep_until_token(struct sleeper *sleeper)
{
    while (atomic_exchange(&sleeper->token, 0) == 0)
        plx__futex_wait(&sleeper->token, 0);
}

/* The sleeper is on this stack. A completing task may still hold its waker when this returns, but then it
 * only drops it, which touches nothing: the token was its last word. */
static int wait_on_thread(struct plx_task **handle, void *item)
{
    struct sleeper sleeper = {0};
    struct plx_error error = {0};
    enum plx_answer answer;
    while ((answer = poll_from_thread(handle, &sleeper, item, &error)) == PLX_NOT_READY)
        sleep_until_token(&sleeper);
    return answer == PLX_READY ? 0 : error.code;
}

static bool is_complete(void *task)
{
    return plx_state_load(&((struct plx_task *)task)->state) & PLX_COMPLETE;
}

int plx__handle_wait(struct plx_task **handle, void *item)
{
    if (called_from_a_task())
        return -EDEADLK;
    if (!*handle)
        return -EINVAL;
    struct plx_runtime *runtime = (*handle)->pool->runtime;
    bool complete = is_complete(*handle);
    int error = complete || runtime->kind == PLX_THREAD_POOL ? 0 : lend_thread(runtime, is_complete, *handle);
    return error ? error : wait_on_thread(handle, item);
}

/* With current_thread the right to run it is had before the task is: else the task, which may borrow from
 * the caller, would be there after the caller has been refused and has gone. */
int plx__block_on(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, void *item,
                  struct plx_at at)
{
    bool lend = runtime->kind == PLX_CURRENT_THREAD;
    int error = called_from_a_task() ? -EDEADLK : lend ? begin_lending(runtime) : 0;
    if (error) {
        plx__drop_unnumbered(ops, future);
        return error;
    }
    struct plx_task *handle;
    error = plx__spawn(runtime, ops, future, at, &handle);
    if (lend) {
        if (!error)
            plx_pool_lend_thread(runtime->pool, is_complete, handle);
        end_lending(runtime);
    }
    return error ? error : wait_on_thread(&handle, item);
}

int plx__run(const struct plx_future_ops *ops, void *future, void *item, struct plx_at at)
{
    struct plx_runtime *runtime;
    int error = called_from_a_task() ? -EDEADLK : plx_runtime_new(NULL, &runtime);
    if (error) {
        plx__drop_unnumbered(ops, future);
        return error;
    }
    error = plx__block_on(runtime, ops, future, item, at);
    if (!error)
        plx_item_drop(ops->item(), item);
    plx_runtime_wait_idle(runtime);
    shut_down(runtime, PLX_ON_IDLE);
    return error;
}

/* ── spawning ─────────────────────────────────────────────────────────────────────────────────────── */

struct plx_runtime *plx_runtime_current(void)
{
    plx_context *cx = plx__context_current();
    return cx ? cx->runtime : NULL;
}

/* The pool takes no more tasks: this one ends as cancelled, before it has begun. Its references: the
 * list's, the queue's, and the handle's. */
static int refuse(struct plx_task *task)
{
    plx__task_cancel(task);
    plx__task_release(task, 2);
    return -ESHUTDOWN;
}

int plx__spawn(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, struct plx_at at,
               struct plx_task **handle)
{
    plx_context *cx = plx__context_current();
    if (handle)
        *handle = NULL;
    if (!runtime)
        runtime = plx_runtime_current();
    if (!runtime) {
        plx__drop_unnumbered(ops, future);
        return -ESHUTDOWN;
    }
    struct plx_task *task = plx__task_new(runtime->pool, ops, future);
    if (!task)
        return -ENOMEM;
    struct plx_task *unused = task;
    plx_trace(spawn, .task = task->id, .shape = ops->shape, .by = cx ? cx->task : 0, .at = at);
    plx__task_name(task->id, ops->name);
    if (!plx_owned_add(&runtime->pool->owned, task)) {
        plx__handle_drop(&unused);
        return refuse(task);
    }
    if (handle)
        *handle = task;
    else
        plx__handle_drop(&unused);
    plx__pool_submit(runtime->pool, task, PLX_SUBMIT_NOTIFIED);
    return 0;
}

/* ── taking down ──────────────────────────────────────────────────────────────────────────────────── */

int plx_runtime_free(struct plx_runtime *runtime)
{
    if (!runtime)
        return 0;
    if (called_from_a_task())
        return -EDEADLK;
    shut_down(runtime, PLX_NOW);
    return 0;
}

uint32_t plx_runtime_workers(struct plx_runtime *runtime)
{
    return runtime->pool->count;
}

size_t plx_runtime_tasks(struct plx_runtime *runtime)
{
    return plx_owned_count(&runtime->pool->owned);
}

size_t plx_runtime_sources(struct plx_runtime *runtime)
{
    return plx_reactor_sources(runtime->reactor);
}

struct plx_reactor *plx__runtime_reactor(struct plx_runtime *runtime)
{
    return runtime->reactor;
}

uint64_t plx__runtime_number(struct plx_runtime *runtime)
{
    return runtime->number;
}
