/* SPDX-License-Identifier: MIT
 *
 * Best practice: three ways to an executor.
 *
 *     from where          how                                  0.1
 *     a task              PLX_SPAWN(T, future)                 tokio::spawn(future): the default executor is
 *                                                              the runtime whose task this is
 *     who has a runtime   PLX_SPAWN_ON(runtime, T, future)     runtime.spawn(future)
 *     anywhere else       PLX_SPAWN_WITH(&executor, T, …)      runtime.executor(), and clones of it
 *
 * An executor is a handle that one clones and gives away: to another thread, or into a struct that must start
 * tasks and should not know of runtimes. It outlives its runtime; then it says so.
 */
#include <pollux.h>
#include <pthread.h>
#include <stdio.h>

/* A task that says who has spawned it. */
struct greeting {
    const char *by;
};

#define GREET_AWAITS(AWAIT) AWAIT(others_first, plx_yield)

PLX_ASYNC(greet, struct greeting, plx_unit, GREET_AWAITS, plx_no_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    PLX_AWAIT(nothing, others_first, plx_yield_new());
    printf("spawned by %s\n", my->by);
    PLX_RETURN(nothing);
    PLX_END;
}

static greet greeting_by(const char *who)
{
    return greet_new((struct greeting){who});
}

/* 1. In a task: the default executor. Nobody has to hand it around. */
#define PARENT_AWAITS(AWAIT) AWAIT(others_first, plx_yield)

PLX_ASYNC(parent, struct greeting, plx_unit, PARENT_AWAITS, plx_no_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    if (PLX_SPAWN(greet, greeting_by(my->by)))
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(nothing, others_first, plx_yield_new());
    PLX_RETURN(nothing);
    PLX_END;
}

/* 3. On a thread that is no worker of any runtime: it has been given a clone, which it drops in the end. */
static void *run_thread(void *arg)
{
    plx_executor *executor = arg;
    int error = PLX_SPAWN_WITH(executor, greet, greeting_by("a thread that has a clone of the executor"));
    if (error)
        fprintf(stderr, "spawn: %s\n", plx_error_text(error));
    plx_executor_drop(executor);
    return NULL;
}

static int spawn_from_thread(const plx_executor *executor)
{
    pthread_t thread;
    plx_executor clone = plx_executor_clone(executor);
    int error = pthread_create(&thread, NULL, run_thread, &clone);
    if (error)
        plx_executor_drop(&clone);
    else
        pthread_join(thread, NULL);
    return -error;
}

static int spawn_in_all_ways(struct plx_runtime *runtime, const plx_executor *executor)
{
    int error = PLX_SPAWN_ON(runtime, parent,
                             parent_new((struct greeting){"a task, with the default executor"}));
    if (!error)
        error = PLX_SPAWN_ON(runtime, greet, greeting_by("main, which has the runtime")); /* 2. */
    if (!error)
        error = spawn_from_thread(executor);

    /* And plain code can be let in: until the guard is left, the default executor of this thread is this
     * one. */
    struct plx_entered entered = plx_runtime_enter(runtime);
    if (!error)
        error = PLX_SPAWN(greet, greeting_by("main, which has entered the runtime"));
    plx_runtime_leave(entered);
    return error;
}

int main(void)
{
    struct plx_runtime *runtime;

    int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 2}, &runtime);
    if (error) {
        fprintf(stderr, "spawn: %s\n", plx_error_text(error));
        return 1;
    }
    plx_executor executor = plx_executor_of(runtime);
    error = spawn_in_all_ways(runtime, &executor);
    plx_runtime_shutdown_on_idle(runtime); /* all that was spawned ends, then the runtime does */

    int refused = PLX_SPAWN_WITH(&executor, greet, greeting_by("nobody: there is no runtime any more"));
    printf("after the end: %s\n", plx_error_text(refused));
    plx_executor_drop(&executor);
    return error ? 1 : 0;
}
