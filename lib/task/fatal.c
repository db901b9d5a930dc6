/* SPDX-License-Identifier: MIT
 *
 * How a fatal error is noted and told: see fatal.h. task.c looks for it after each poll and drop.
 */
#include "lib/task/fatal.h"

#include "lib/runtime/runtime.h"

#include <inttypes.h>
#include <stdio.h>

struct plx_error plx__fatal_error(const plx_context *cx)
{
    return (struct plx_error){PLX_TASK_FATAL, cx->fatal};
}

/* The task's own context: those that drops and polls by hand put around themselves belong to no task. */
static plx_context *context_of_task(void)
{
    plx_context *cx = plx__context_current();
    while (cx && !cx->task)
        cx = cx->outer;
    return cx;
}

static void tell(const plx_context *cx, const char *why, struct plx_at at)
{
    const struct plx_runtime_hooks *hooks = cx && cx->runtime ? plx__runtime_hooks(cx->runtime) : NULL;
    uint64_t task = cx ? cx->task : 0;
    plx_note("task %" PRIu64 " ends by a fatal error: %s (%s:%d)", task, why, at.file, at.line);
    if (hooks && hooks->task_fatal)
        hooks->task_fatal(hooks->arg, task, why);
    else
        fprintf(stderr, "pollux: fatal error in task %" PRIu64 ": %s (%s:%d)\n", task, why, at.file, at.line);
}

/* A poll that goes on after the first is not heard again. */
PLX_COLD int plx__task_fatal(const char *why, struct plx_at at)
{
    plx_context *cx = context_of_task();
    if (cx && plx_is_fatal(cx))
        return PLX_TASK_FATAL;
    if (cx)
        cx->fatal = at;
    tell(cx, why, at);
    return PLX_TASK_FATAL;
}
