/* SPDX-License-Identifier: MIT
 *
 * Spawn, and join handles.
 *
 *     PLX_SPAWN(T, future)      starts a task that nobody waits for. 0, or -ENOMEM, or -ESHUTDOWN when there
 *                               is no runtime here, or it has been shut down. The future is taken over in
 *                               any case.
 *     PLX_SPAWN_ON(runtime, T, future)   the same on a given runtime; from any thread
 *
 *     PLX_HANDLE(H, T)          declares H, the handle of a task that runs a T
 *     H_spawn(future, &handle)  starts a task and gives its handle; H_spawn_on(runtime, future, &handle) from
 *                               anywhere
 *     H_spawn_local(future, &handle), H_spawn_local_on(&set, future, &handle)
 *                               a task that stays on this thread (local_set.h)
 *     H_abort(&handle)          the task is to end without another poll (abort.h); the handle then fails with
 *                               ECANCELED, unless the task has ended before
 *     H_abort_handle(&handle)   a struct plx_abort_handle of the task
 *     H_is_finished(&handle)    the task has ended, and the item is there to be taken
 *     H_task(&handle)           its number: what the trace calls it. 0 when the handle is empty
 *     H_name(&handle, "name")   calls it by another name in the trace than that of its future's type
 *     H_wait(&handle, &item)    outside of tasks: the thread waits for the task, and the handle is empty
 *                               afterwards. 0, the task's error; or, with the handle as it was, -EDEADLK when
 *                               called from a task, -EBUSY when another thread runs the current_thread
 *
 * A handle is a future itself: ready with the task's item, failed with its error, or with ECANCELED when the
 * task was cancelled. Dropping it lets the task run on without it.
 */
#ifndef PLX_TASK_JOIN_H
#define PLX_TASK_JOIN_H

#include "lib/future/combine.h"
#include "lib/task/abort.h"

struct plx_task;
struct plx_runtime;
struct plx_local_set;

/* `runtime` NULL: the one whose task this thread polls. `handle` NULL: nobody waits. */
int plx__spawn(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, struct plx_at at,
               struct plx_task **handle);

/* `set` NULL: the one whose task this thread polls. See local_set.h. */
int plx__spawn_local(struct plx_local_set *set, const struct plx_future_ops *ops, void *future,
                     struct plx_at at, struct plx_task **handle);

enum plx_answer plx__handle_poll(struct plx_task **handle, plx_context *cx, void *out);
void plx__handle_drop(struct plx_task **handle);
int plx__handle_wait(struct plx_task **handle, void *item);

/* Gives the task that is being polled another name in the trace than that of its future's type. */
void plx_task_name(const char *name);
void plx__task_name(uint64_t task, const char *name);

#define PLX_SPAWN_ON(runtime, T, value)                                                                      \
    __extension__({                                                                                          \
        T plx_future = (value);                                                                              \
        plx__spawn((runtime), &T##_ops, &plx_future, PLX_HERE, NULL);                                        \
    })

#define PLX_SPAWN(T, value) PLX_SPAWN_ON(NULL, T, value)

#define PLX_HANDLE(H, T)                                                                                     \
    PLX__ITEM_AS(H, T)                                                                                       \
    typedef struct H {                                                                                       \
        struct plx_task *task; /* NULL: none, or its item has been taken */                                  \
    } H;                                                                                                     \
    PLX__SHAPE_0(H, "leaf", #H)                                                                              \
    PLX_INLINE enum plx_answer H##_poll(H *self, plx_context *cx, H##_item *out)                             \
    {                                                                                                        \
        if (!self->task)                                                                                     \
            return plx_polled_after_end(cx, &H##_shape);                                                     \
        return plx__handle_poll(&self->task, cx, out);                                                       \
    }                                                                                                        \
    PLX_INLINE void H##_drop(H *self)                                                                        \
    {                                                                                                        \
        plx__handle_drop(&self->task);                                                                       \
    }                                                                                                        \
    PLX__FUTURE(H)                                                                                           \
    PLX_INLINE int H##_spawn_on(struct plx_runtime *plx_runtime, T plx_future, H *plx_handle)                \
    {                                                                                                        \
        return plx__spawn(plx_runtime, &T##_ops, &plx_future, T##_shape.at, &plx_handle->task);              \
    }                                                                                                        \
    PLX_INLINE int H##_spawn(T plx_future, H *plx_handle)                                                    \
    {                                                                                                        \
        return H##_spawn_on(NULL, plx_future, plx_handle);                                                   \
    }                                                                                                        \
    PLX_INLINE int H##_spawn_local_on(struct plx_local_set *plx_set, T plx_future, H *plx_handle)            \
    {                                                                                                        \
        return plx__spawn_local(plx_set, &T##_ops, &plx_future, T##_shape.at, &plx_handle->task);            \
    }                                                                                                        \
    PLX_INLINE int H##_spawn_local(T plx_future, H *plx_handle)                                              \
    {                                                                                                        \
        return H##_spawn_local_on(NULL, plx_future, plx_handle);                                             \
    }                                                                                                        \
    PLX_INLINE struct plx_abort_handle H##_abort_handle(const H *plx_handle)                                 \
    {                                                                                                        \
        return plx__abort_handle_of(plx_handle->task);                                                       \
    }                                                                                                        \
    PLX_INLINE void H##_abort(const H *plx_handle)                                                           \
    {                                                                                                        \
        plx_abort_handle_abort(&(struct plx_abort_handle){plx_handle->task});                                \
    }                                                                                                        \
    PLX_INLINE bool H##_is_finished(const H *plx_handle)                                                     \
    {                                                                                                        \
        return plx_abort_handle_is_finished(&(struct plx_abort_handle){plx_handle->task});                   \
    }                                                                                                        \
    PLX_INLINE uint64_t H##_task(const H *plx_handle)                                                        \
    {                                                                                                        \
        return plx_abort_handle_task(&(struct plx_abort_handle){plx_handle->task});                          \
    }                                                                                                        \
    PLX_INLINE void H##_name(const H *plx_handle, const char *plx_name)                                      \
    {                                                                                                        \
        plx__task_name(H##_task(plx_handle), plx_name);                                                      \
    }                                                                                                        \
    PLX_INLINE int H##_wait(H *plx_handle, H##_item *plx_item)                                               \
    {                                                                                                        \
        return plx__handle_wait(&plx_handle->task, plx_item);                                                \
    }

#endif
