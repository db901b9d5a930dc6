/* SPDX-License-Identifier: MIT
 *
 * A thread that waits for a future: a Notify whose one "task" is the thread itself, with one token. However
 * often it is notified before it sleeps, the token is there once, and the next sleep returns at once.
 *
 * A waker of it may be held, and notified, after the wait has ended: whoever completes the future notifies
 * first and drops the waker later. So the sleeper is counted, by its wakers and by the wait, and not kept on
 * the stack.
 */
#include "lib/task/wait.h"

#include "lib/scheduler/parker.h"

#include <stdlib.h>

struct plx_sleeper {
    _Atomic uint32_t token;
    _Atomic uint32_t holders;
};

static void notify(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    struct plx_sleeper *sleeper = (struct plx_sleeper *)id;
    (void)self;
    (void)by;
    if (atomic_exchange(&sleeper->token, 1) == 0)
        plx__futex_wake(&sleeper->token);
}

static uintptr_t clone_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    atomic_fetch_add_explicit(&((struct plx_sleeper *)id)->holders, 1, memory_order_relaxed);
    return id;
}

static void drop_id(const struct plx_notify *self, uintptr_t id)
{
    struct plx_sleeper *sleeper = (struct plx_sleeper *)id;
    (void)self;
    if (atomic_fetch_sub_explicit(&sleeper->holders, 1, memory_order_acq_rel) == 1)
        free(sleeper);
}

static const struct plx_notify sleeper_notify = {notify, clone_id, drop_id};

static void sleep_until_token(struct plx_sleeper *sleeper)
{
    while (atomic_exchange(&sleeper->token, 0) == 0)
        plx__futex_wait(&sleeper->token, 0);
}

struct plx_sleeper *plx__sleeper_new(void)
{
    struct plx_sleeper *sleeper = calloc(1, sizeof *sleeper);
    if (sleeper)
        atomic_init(&sleeper->holders, 1);
    return sleeper;
}

void plx__sleeper_drop(struct plx_sleeper *sleeper)
{
    if (sleeper)
        drop_id(&sleeper_notify, (uintptr_t)sleeper);
}

static enum plx_answer poll_once(struct plx_sleeper *sleeper, plx_poll_on_thread *poll, void *arg, void *item,
                                 int *error)
{
    plx_context cx = {.waker = {&sleeper_notify, (uintptr_t)sleeper}};
    plx__context_enter(&cx);
    enum plx_answer answer = poll(arg, &cx, item);
    plx__context_leave(&cx);
    *error = answer == PLX_FAILED ? cx.error.code : 0;
    return answer;
}

int plx__sleep_until_ready(struct plx_sleeper *sleeper, plx_poll_on_thread *poll, void *arg, void *item)
{
    int error;
    while (poll_once(sleeper, poll, arg, item, &error) == PLX_NOT_READY)
        sleep_until_token(sleeper);
    return error;
}

struct erased {
    const struct plx_future_ops *ops;
    void *future;
};

static enum plx_answer poll_erased(void *arg, plx_context *cx, void *item)
{
    struct erased *erased = arg;
    return erased->ops->poll(erased->future, cx, 0, item);
}

static int wait_erased(struct erased *erased, void *item)
{
    struct plx_sleeper *sleeper = plx__sleeper_new();
    int error = sleeper ? plx__sleep_until_ready(sleeper, poll_erased, erased, item) : -ENOMEM;
    plx__sleeper_drop(sleeper);
    return error;
}

int plx__wait(const struct plx_future_ops *ops, void *future, void *item)
{
    plx_context *outer = plx__context_current();
    int error = outer && outer->task && !outer->may_block ? -EDEADLK
                                                          : wait_erased(&(struct erased){ops, future}, item);
    plx__drop_unnumbered(ops, future);
    return error;
}
