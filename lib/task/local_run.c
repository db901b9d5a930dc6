/* SPDX-License-Identifier: MIT
 *
 * A thread that runs a local set: as the worker of a current_thread runtime, or beside a pool, asleep between
 * the wakes. See local_set.h.
 */
#include "lib/runtime/runtime.h"
#include "lib/task/join_set.h"
#include "lib/task/local_set.h"
#include "lib/task/task.h"
#include "lib/task/wait.h"

/* A set that is only lent. */
typedef struct lent_set {
    plx_local_set *set;
} lent_set;
typedef plx_unit lent_set_item;

static enum plx_answer lent_set_poll(lent_set *self, plx_context *cx, plx_unit *out)
{
    return plx_local_set_poll(self->set, cx, out);
}

static void lent_set_drop(lent_set *self)
{
    (void)self;
}

PLX_LEAF(lent_set)

struct run {
    plx_local_set *set;
    struct plx_runtime *runtime;
};

static enum plx_answer poll_on_thread(void *arg, plx_context *cx, void *item)
{
    struct run *run = arg;
    cx->runtime = run->runtime;
    return plx_local_set_poll(run->set, cx, item);
}

int plx_local_set_run(plx_local_set *set, struct plx_runtime *runtime)
{
    plx_context *outer = plx__context_current();
    plx_unit nothing;
    if (outer && outer->task)
        return -EDEADLK;
    if (runtime && plx__schedule_of(runtime)->stays)
        return PLX_BLOCK_ON(runtime, lent_set, ((lent_set){set}), &nothing);
    struct plx_sleeper *sleeper = plx__sleeper_new();
    if (!sleeper)
        return -ENOMEM;
    int error = plx__sleep_until_ready(sleeper, poll_on_thread, &(struct run){set, runtime}, &nothing);
    plx__sleeper_drop(sleeper);
    return error;
}
