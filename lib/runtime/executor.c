/* SPDX-License-Identifier: MIT
 *
 * Which runtime a task is spawned onto: see runtime.h.
 */
#include "lib/runtime/internal.h"

#include <errno.h>

static _Thread_local struct plx_runtime *entered;

/* ── spawning ─────────────────────────────────────────────────────────────────────────────────────── */

struct plx_runtime *plx_runtime_current(void)
{
    plx_context *cx = plx__context_current();
    return cx && cx->runtime ? cx->runtime : entered;
}

struct plx_entered plx_runtime_enter(struct plx_runtime *runtime)
{
    struct plx_entered before = {entered};
    entered = runtime;
    return before;
}

void plx_runtime_leave(struct plx_entered guard)
{
    entered = guard.before;
}

static int spawn_on(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future,
                    struct plx_at at, struct plx_task **handle)
{
    if (schedule)
        return plx__task_spawn(schedule, ops, future, at, handle);
    if (handle)
        *handle = NULL;
    plx__drop_unnumbered(ops, future);
    return -ESHUTDOWN;
}

int plx__spawn(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, struct plx_at at,
               struct plx_task **handle)
{
    if (!runtime)
        runtime = plx_runtime_current();
    return spawn_on(runtime ? &runtime->pool->schedule : NULL, ops, future, at, handle);
}

int plx__spawn_blocking(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future,
                        struct plx_at at, struct plx_task **handle)
{
    if (!runtime)
        runtime = plx_runtime_current();
    return spawn_on(runtime ? &runtime->pool->jobs : NULL, ops, future, at, handle);
}

int plx__spawn_with(const plx_executor *executor, const struct plx_future_ops *ops, void *future,
                    struct plx_at at, struct plx_task **handle)
{
    return spawn_on(executor->pool ? &executor->pool->schedule : NULL, ops, future, at, handle);
}

plx_executor plx_executor_of(struct plx_runtime *runtime)
{
    if (runtime)
        plx__schedule_keep(&runtime->pool->schedule);
    return (plx_executor){runtime ? runtime->pool : NULL};
}

plx_executor plx_executor_current(void)
{
    return plx_executor_of(plx_runtime_current());
}

plx_executor plx_executor_clone(const plx_executor *executor)
{
    if (executor->pool)
        plx__schedule_keep(&executor->pool->schedule);
    return *executor;
}

void plx_executor_drop(plx_executor *executor)
{
    plx_executor gone = PLX_MOVE(*executor);
    if (gone.pool)
        plx__schedule_release(&gone.pool->schedule);
}

bool plx_executor_is_open(const plx_executor *executor)
{
    return executor->pool && !atomic_load(&executor->pool->stopping);
}
