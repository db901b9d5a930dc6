/* SPDX-License-Identifier: MIT
 *
 * Running futures on a runtime, and waiting for it: see runtime.h. With current_thread the one who waits does
 * the work: he lends his thread.
 */
#include "lib/runtime/internal.h"
#include "lib/time/clock.h"

#include <errno.h>

/* ── waiting and lending ──────────────────────────────────────────────────────────────────────────── */

bool plx__may_not_wait(void)
{
    plx_context *cx = plx__context_current();
    return cx ? !cx->may_block : plx__worker_current() != NULL;
}

bool plx__may_not_wait_for_all_of(const struct plx_runtime *runtime)
{
    struct plx_thread *thread = plx__thread_current();
    return plx__may_not_wait() || (thread && thread->pool == runtime->pool);
}

static bool no_task_left(void *runtime)
{
    return plx__cells_count(&((struct plx_runtime *)runtime)->pool->cells) == 0;
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
    if (plx__may_not_wait_for_all_of(runtime))
        return -EDEADLK;
    if (plx__is_current_thread(runtime))
        return lend_thread(runtime, no_task_left, runtime);
    plx__cells_wait_empty(&runtime->pool->cells, 0);
    return 0;
}

static bool no_task_or_no_time(void *arg)
{
    struct plx_runtime *runtime = arg;
    return no_task_left(runtime) || plx_monotonic_ns() >= runtime->pool->workers[0].wake_at_ns;
}

/* With the right to run it. A deadline of 0 is none. */
static void lend_until(struct plx_runtime *runtime, uint64_t deadline_ns, bool (*done)(void *arg), void *arg)
{
    struct plx_worker *worker = &runtime->pool->workers[0];
    worker->wake_at_ns = deadline_ns;
    plx_pool_lend_thread(runtime->pool, done, arg);
    worker->wake_at_ns = 0;
}

int plx_runtime_wait_idle_for(struct plx_runtime *runtime, uint32_t ms)
{
    uint64_t deadline_ns = plx_monotonic_ns() + ms * UINT64_C(1000000);
    if (plx__may_not_wait_for_all_of(runtime))
        return -EDEADLK;
    if (!plx__is_current_thread(runtime))
        return plx__cells_wait_empty(&runtime->pool->cells, deadline_ns) ? 0 : -ETIMEDOUT;
    int error = begin_lending(runtime);
    if (error)
        return error;
    lend_until(runtime, deadline_ns, no_task_or_no_time, runtime);
    end_lending(runtime);
    return no_task_left(runtime) ? 0 : -ETIMEDOUT;
}

static bool is_something_ready(struct plx_worker *worker)
{
    return plx_worker_has_more_than(worker, 0) || plx_global_queue_length(&worker->pool->global) > 0 ||
           (worker->wake_at_ns && plx_monotonic_ns() >= worker->wake_at_ns);
}

/* A turn, in place of the worker's ticks: those would poll what comes while it waits, one by one. */
static bool take_turn(void *arg)
{
    struct plx_worker *worker = arg;
    plx_worker_turn_reactor(worker);
    while (!is_something_ready(worker))
        plx_worker_park(worker);
    plx_worker_run_each_once(worker);
    return true;
}

int plx_runtime_turn(struct plx_runtime *runtime, int ms)
{
    if (!plx__is_current_thread(runtime))
        return -ENOTSUP;
    int error = plx__may_not_wait() ? -EDEADLK : begin_lending(runtime);
    if (error)
        return error;
    struct plx_worker *worker = &runtime->pool->workers[0];
    uint64_t polls = plx_counted(&worker->counters.polls);
    uint64_t deadline_ns = ms < 0 ? 0 : plx_monotonic_ns() + (uint64_t)ms * 1000000;
    lend_until(runtime, deadline_ns, take_turn, worker);
    polls = plx_counted(&worker->counters.polls) - polls;
    end_lending(runtime);
    return (int)polls;
}

static enum plx_answer poll_handle(void *handle, plx_context *cx, void *item)
{
    return plx__handle_poll(handle, cx, item);
}

static bool is_complete(void *task)
{
    return plx_state_load(&((struct plx_task *)task)->state) & PLX_COMPLETE;
}

/* Without a sleeper, which is two calls of malloc's. */
static int take_ended(struct plx_task **handle, void *item)
{
    plx_context cx;
    cx.budget = cx.spent = 0;
    return plx__handle_poll(handle, &cx, item) == PLX_FAILED ? cx.error.code : 0;
}

int plx__handle_wait(struct plx_task **handle, void *item)
{
    if (plx__may_not_wait())
        return -EDEADLK;
    if (!*handle)
        return -EINVAL;
    if (is_complete(*handle))
        return take_ended(handle, item);
    struct plx_runtime *runtime = plx__schedule_of_task(*handle)->runtime;
    struct plx_sleeper *sleeper = plx__sleeper_new();
    if (!sleeper)
        return -ENOMEM;
    bool lend = runtime && plx__is_current_thread(runtime);
    int error = lend ? lend_thread(runtime, is_complete, *handle) : 0;
    if (!error)
        error = plx__sleep_until_ready(sleeper, poll_handle, handle, item);
    plx__sleeper_drop(sleeper);
    return error;
}

static int spawn_and_wait(struct plx_runtime *runtime, struct plx_sleeper *sleeper,
                          const struct plx_future_ops *ops, void *future, void *item, struct plx_at at)
{
    struct plx_task *handle;
    int error = plx__spawn(runtime, ops, future, at, &handle);
    if (error)
        return error;
    if (plx__is_current_thread(runtime))
        plx_pool_lend_thread(runtime->pool, is_complete, handle);
    return plx__sleep_until_ready(sleeper, poll_handle, &handle, item);
}

/* All that can be refused is asked for before the task is spawned: it may borrow from the caller, and would
 * be there after the caller has been refused and has gone. */
int plx__block_on(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, void *item,
                  struct plx_at at)
{
    bool lend = plx__is_current_thread(runtime);
    struct plx_sleeper *sleeper = plx__sleeper_new();
    int error = plx__may_not_wait() ? -EDEADLK : !sleeper ? -ENOMEM : lend ? begin_lending(runtime) : 0;
    if (error) {
        plx__drop_unnumbered(ops, future);
    } else {
        error = spawn_and_wait(runtime, sleeper, ops, future, item, at);
        if (lend)
            end_lending(runtime);
    }
    plx__sleeper_drop(sleeper);
    return error;
}

int plx__run(const struct plx_future_ops *ops, void *future, void *item, struct plx_at at)
{
    struct plx_runtime *runtime;
    int error = plx__may_not_wait() ? -EDEADLK : plx_runtime_new(NULL, &runtime);
    if (error) {
        plx__drop_unnumbered(ops, future);
        return error;
    }
    error = plx__block_on(runtime, ops, future, item, at);
    if (!error)
        plx_item_drop(ops->item(), item);
    plx_runtime_shutdown_on_idle(runtime);
    return error;
}
