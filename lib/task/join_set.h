/* SPDX-License-Identifier: MIT
 *
 * Join sets: many tasks of one type, and their items in the order in which they end.
 *
 *     PLX_JOIN_SET(downloads, download)              declares downloads, a set of tasks that run a download
 *
 *     downloads set = {0};
 *     downloads_spawn(&set, download_new(url), NULL);          as often as you like, also later
 *     …
 *     for (;;) {
 *         PLX_AWAIT(my->done, next, downloads_next_new(&my->set));
 *         if (my->done.end)
 *             break;                                           // no task is left
 *         if (my->done.how == PLX_ENDED_READY)
 *             …  my->done.item
 *     }
 *
 *     S_spawn(&set, future, &abort)        starts a task on this runtime; `abort` gets an abort handle of it,
 *                                          or is NULL. 0, -ENOMEM, -ESHUTDOWN; the future is taken over
 *     S_spawn_on(runtime, &set, …)         on a given runtime
 *     S_spawn_local_on(&local, &set, …)    on a local set (local_set.h)
 *     S_next_new(&set)                     a future of the next task that has ended, and a stream of all
 *     S_abort_all(&set)                    asks all to end; they still come out of S_next, as cancelled
 *     S_detach_all(&set)                   lets them run on without the set, which is empty then
 *     S_length(&set)                       how many have not come out yet
 *     S_drop(&set)                         aborts all. The set is empty, and may be used again
 *
 * A set belongs to one task (or thread) at a time. That a task fails is no failure of S_next, but what has
 * come of it: how, task, and item or error. An S is empty when zero, and may be moved, but not while an
 * S_next of it lives.
 *
 *       the set's owner                                        any worker
 *     ┌─────────────────────────────┐                      a task of the set ends:
 *     │ members ⇄ ⇄ ⇄ (all)         │                        its join waker is this set's
 *     │ ready ▶ ▶ (oldest first)    │◀── taken at once ── finished ◀── push ── and puts its member there
 *     └─────────────────────────────┘                        then it notifies the owner
 *
 * So an end costs the same however many tasks there are. The member lies in the task's cell, behind its
 * future, and is no allocation of its own. The shared part of the set is counted: by the set, and by every
 * join waker, since the task that uses one may do so after the set has gone.
 *
 * Source: Tokio 1.x `JoinSet`, `util/idle_notified_set.rs`.
 */
#ifndef PLX_TASK_JOIN_SET_H
#define PLX_TASK_JOIN_SET_H

#include "lib/task/join.h"
#include "lib/task/local_set.h"

struct plx_join_set;

/* What has come of a task. */
struct plx_join_outcome {
    bool end; /* there was none: nothing else is filled */
    enum plx_ending how;
    uint64_t task;
    struct plx_error error; /* unless ready */
};

/* Where a runtime's tasks are submitted (NULL: this thread's runtime), or a local set's. NULL: there is
 * none. */
struct plx_schedule;
struct plx_schedule *plx__schedule_of(struct plx_runtime *runtime);

int plx__join_set_spawn(struct plx_join_set **set, struct plx_schedule *schedule,
                        const struct plx_future_ops *ops, void *future, struct plx_at at,
                        struct plx_abort_handle *abort);
enum plx_answer plx__join_set_poll(struct plx_join_set *set, plx_context *cx,
                                   struct plx_join_outcome *outcome, void *item);
void plx__join_set_abort_all(struct plx_join_set *set);
void plx__join_set_detach_all(struct plx_join_set **set);
void plx__join_set_drop(struct plx_join_set **set);
size_t plx__join_set_length(const struct plx_join_set *set);

#define PLX_JOIN_SET(S, T)                                                                                   \
    typedef struct S##_next_item {                                                                           \
        bool end; /* no task is left: nothing else is filled */                                              \
        enum plx_ending how;                                                                                 \
        uint64_t task;                                                                                       \
        T##_item item;          /* if it was ready */                                                        \
        struct plx_error error; /* if not */                                                                 \
    } S##_next_item;                                                                                         \
    typedef struct S {                                                                                       \
        struct plx_join_set *set; /* NULL: no task yet */                                                    \
    } S;                                                                                                     \
    PLX_INLINE int S##_spawn_on(struct plx_runtime *plx_runtime, S *plx_set, T plx_future,                   \
                                struct plx_abort_handle *plx_abort)                                          \
    {                                                                                                        \
        return plx__join_set_spawn(&plx_set->set, plx__schedule_of(plx_runtime), &T##_ops, &plx_future,      \
                                   T##_shape.at, plx_abort);                                                 \
    }                                                                                                        \
    PLX_INLINE int S##_spawn(S *plx_set, T plx_future, struct plx_abort_handle *plx_abort)                   \
    {                                                                                                        \
        return S##_spawn_on(NULL, plx_set, plx_future, plx_abort);                                           \
    }                                                                                                        \
    PLX_INLINE int S##_spawn_local_on(plx_local_set *plx_local, S *plx_set, T plx_future,                    \
                                      struct plx_abort_handle *plx_abort)                                    \
    {                                                                                                        \
        return plx__join_set_spawn(&plx_set->set, plx__local_schedule(plx_local), &T##_ops, &plx_future,     \
                                   T##_shape.at, plx_abort);                                                 \
    }                                                                                                        \
    PLX_INLINE void S##_abort_all(S *plx_set)                                                                \
    {                                                                                                        \
        plx__join_set_abort_all(plx_set->set);                                                               \
    }                                                                                                        \
    PLX_INLINE void S##_detach_all(S *plx_set)                                                               \
    {                                                                                                        \
        plx__join_set_detach_all(&plx_set->set);                                                             \
    }                                                                                                        \
    PLX_INLINE size_t S##_length(const S *plx_set)                                                           \
    {                                                                                                        \
        return plx__join_set_length(plx_set->set);                                                           \
    }                                                                                                        \
    PLX_INLINE void S##_drop(S *plx_set)                                                                     \
    {                                                                                                        \
        plx__join_set_drop(&plx_set->set);                                                                   \
    }                                                                                                        \
    typedef struct S##_next {                                                                                \
        S *set;                                                                                              \
    } S##_next;                                                                                              \
    PLX__SHAPE_0(S##_next, "leaf", #S "_next")                                                               \
    PLX_BODY void S##__drop_item(void *plx_item)                                                             \
    {                                                                                                        \
        S##_next_item *plx_next = plx_item;                                                                  \
        if (!plx_next->end && plx_next->how == PLX_ENDED_READY)                                              \
            plx_item_drop(T##__traits(), &plx_next->item);                                                   \
    }                                                                                                        \
    static const struct plx_item_traits S##__item __attribute__((unused)) = {NULL, S##__drop_item};          \
    PLX_BODY const struct plx_item_traits *S##_next__traits(void)                                            \
    {                                                                                                        \
        return &S##__item;                                                                                   \
    }                                                                                                        \
    PLX_INLINE S##_next S##_next_new(S *plx_set)                                                             \
    {                                                                                                        \
        return (S##_next){plx_set};                                                                          \
    }                                                                                                        \
    PLX_INLINE enum plx_answer S##_next_poll(S##_next *self, plx_context *cx, S##_next_item *out)            \
    {                                                                                                        \
        struct plx_join_outcome plx_outcome;                                                                 \
        if (plx__join_set_poll(self->set->set, cx, &plx_outcome, &out->item) == PLX_NOT_READY)               \
            return PLX_NOT_READY;                                                                            \
        out->end = plx_outcome.end;                                                                          \
        out->how = plx_outcome.how;                                                                          \
        out->task = plx_outcome.task;                                                                        \
        out->error = plx_outcome.error;                                                                      \
        return PLX_READY;                                                                                    \
    }                                                                                                        \
    PLX_INLINE void S##_next_drop(S##_next *self)                                                            \
    {                                                                                                        \
        (void)self;                                                                                          \
    }                                                                                                        \
    PLX__FUTURE(S##_next)

#endif
