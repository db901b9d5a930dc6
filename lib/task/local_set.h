/* SPDX-License-Identifier: MIT
 *
 * Local sets: tasks that stay on one thread. Their futures may use what belongs to a thread (thread-locals, a
 * library that is not thread-safe, plain counters), and need no lock among each other.
 *
 *     plx_local_set set;
 *     int error = plx_local_set_new(&set);
 *     PLX_SPAWN_LOCAL_ON(&set, widget, widget_new());
 *     error = plx_local_set_run(&set, runtime);           // this thread polls them until none is left
 *     plx_local_set_drop(&set);
 *
 *     PLX_SPAWN_LOCAL(T, future)            from a task of the set: one more, on the same set
 *     PLX_SPAWN_LOCAL_ON(&set, T, future)   from the set's thread; before its first poll, from its owner's
 *     H_spawn_local, H_spawn_local_on       the same with a handle (join.h)
 *                                           0, -ENOMEM; -ESHUTDOWN when there is no set here, or it was
 *                                           dropped; -EXDEV from another thread. The future is taken over
 *
 * The set is a future itself, ready when none of its tasks is left; and PLX_RUN_UNTIL(T, A) is an A that
 * takes a set along, T_new(&set, env): ready when the A is, and the tasks stay in the set.
 *
 *            its thread                                        any thread
 *     ┌─────────────────────────────┐                   wakes a task of the set
 *     │ poll: queue ▶ task ▶ task …  │◀── spliced ── remote ◀── under the lock ──┘
 *     │       yielded (next time)   │                   and notifies whoever polls the set
 *     └─────────────────────────────┘
 *
 * The set's tasks are the same cells as all others, only that they are submitted here (struct plx_schedule
 * in task.h). They are polled inside the poll of the set, some at a time, each with a budget of its own.
 * Wakes may come at any time from any thread, also after the set has been dropped. Dropping it cancels all
 * its tasks, on the thread that drops it.
 *
 * Nobody but that thread runs the tasks: H_wait on it, for one of them that has not ended, would wait for
 * ever. Run the set first.
 *
 * Who may poll it: one thread, the one that polls it first. That is plx_local_set_run's; or that of a
 * current_thread runtime, or of another local set, when the set is (part of) a task there. A task of a
 * thread pool goes from worker to worker: a set that is polled in one fails at once with -EXDEV, and the
 * broken promise is reported. A local task cannot enter a blocking section (ENOTSUP), as its neighbours
 * would stand still; it can spawn a blocking job and await that.
 *
 * Source: Tokio 1.x `task/local.rs`.
 */
#ifndef PLX_TASK_LOCAL_SET_H
#define PLX_TASK_LOCAL_SET_H

#include "lib/task/join.h"

struct plx_local;

/* Empty when zero. May be moved until it is polled. */
typedef struct plx_local_set {
    struct plx_local *local;
} plx_local_set;
typedef plx_unit plx_local_set_item;
PLX_LEAF_DECLARE(plx_local_set)

/* 0 or -ENOMEM. */
int plx_local_set_new(plx_local_set *set);

struct plx_schedule *plx__local_schedule(plx_local_set *set);

/* How many of its tasks have not ended. */
size_t plx_local_set_length(const plx_local_set *set);

/* This thread polls the set until no task is left; its leaves use the reactor and the timer of `runtime`,
 * and PLX_SPAWN its workers. NULL: the tasks need neither. Not from a task (-EDEADLK). With a
 * current_thread runtime this thread is its worker meanwhile (-EBUSY: another one is). */
int plx_local_set_run(plx_local_set *set, struct plx_runtime *runtime);

#define PLX_SPAWN_LOCAL_ON(set, T, value)                                                                    \
    __extension__({                                                                                          \
        T plx_future = (value);                                                                              \
        plx__spawn_local((set), &T##_ops, &plx_future, PLX_HERE, NULL);                                      \
    })

#define PLX_SPAWN_LOCAL(T, value) PLX_SPAWN_LOCAL_ON(NULL, T, value)

/* ── run_until ────────────────────────────────────────────────────────────────────────────────────── */

/* May this poll run the set? Reports it when not. */
bool plx__local_is_mine(struct plx_local *local, plx_context *cx);

/* From here on PLX_SPAWN_LOCAL means this set. Returns the one before. */
struct plx_local *plx__local_enter(struct plx_local *local);

/* Runs some of its tasks, and arranges to be polled again. False: none is left. */
bool plx__local_turn(struct plx_local *local, plx_context *cx);

/* A waker is left with the set before the inside is asked: what that spawns comes to the queue, and what
 * comes from outside notifies. */
PLX_BODY enum plx_answer plx_run_until_poll(void *self, struct plx_local *local, plx_poll_part *poll_first,
                                            plx_context *cx, void *out)
{
    if (!plx__local_is_mine(local, cx))
        return plx_fail(cx, -EXDEV);
    struct plx_local *outer = plx__local_enter(local);
    enum plx_answer answer = poll_first(self, cx, out);
    plx__local_enter(outer);
    if (answer == PLX_NOT_READY)
        plx__local_turn(local, cx);
    return answer;
}

#define PLX_RUN_UNTIL(T, A)                                                                                  \
    typedef A##_env T##_env;                                                                                 \
    PLX__ITEM_AS(T, A)                                                                                       \
    typedef struct T {                                                                                       \
        plx_local_set *set;                                                                                  \
        A first;                                                                                             \
    } T;                                                                                                     \
    PLX__SHAPE_1(T, "run_until", #T, A)                                                                      \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX_BODY T T##_new(plx_local_set *plx_set, T##_env *env)                                                 \
    {                                                                                                        \
        return (T){.set = plx_set, .first = A##_new(env)};                                                   \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        return plx_run_until_poll(self, self->set->local, T##__poll_first, cx, out);                         \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        T##__drop_first(self);                                                                               \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
