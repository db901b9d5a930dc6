/* SPDX-License-Identifier: MIT
 *
 * A task that runs only as long as somebody wants its result.
 *
 *     PLX_ONESHOT_SPAWN(S, T)          declares S, the handle of a task that runs a T
 *     S_spawn(future, &handle)         starts it: 0, or what PLX_SPAWN answers; S_spawn_on(runtime, …)
 *     S_forget(&handle)                the task runs on, and its result is dropped
 *     S_drop(&handle)                  the task is polled, ends, and its future is dropped
 *
 * The handle is a future: ready with the item of the T, or fails as it does; ECANCELED when the task was
 * cancelled. It differs from a PLX_HANDLE (task/join.h) in what dropping it does.
 *
 * The task's future holds the sender of a oneshot beside the T. At each poll it looks whether the receiver,
 * the handle, is still there, and it is notified when it goes.
 *
 * Source: futures 0.1 `oneshot::spawn`, `SpawnHandle`.
 */
#ifndef PLX_SYNC_ONESHOT_SPAWN_H
#define PLX_SYNC_ONESHOT_SPAWN_H

#include "lib/sync/oneshot.h"
#include "lib/task/join.h"

#define PLX_ONESHOT_SPAWN(S, T)                                                                              \
    typedef struct S##__result {                                                                             \
        bool ready;                                                                                          \
        struct plx_error error;                                                                              \
        T##_item item;                                                                                       \
    } S##__result;                                                                                           \
    PLX_INLINE void S##__drop_result(S##__result *plx_result)                                                \
    {                                                                                                        \
        if (plx_result->ready)                                                                               \
            plx_item_drop(T##__traits(), &plx_result->item);                                                 \
    }                                                                                                        \
    PLX_ONESHOT_OWNING(S##__reply, S##__result, S##__drop_result)                                            \
    typedef struct S##__run {                                                                                \
        S##__reply_sender sender;                                                                            \
        T future;                                                                                            \
    } S##__run;                                                                                              \
    typedef plx_unit S##__run_item;                                                                          \
    PLX__ITEM_OF(S##__run, plx_unit)                                                                         \
    PLX__SHAPE_1(S##__run, "spawn", #S, T)                                                                   \
    PLX_INLINE enum plx_answer S##__run_poll(S##__run *self, plx_context *cx, plx_unit *out)                 \
    {                                                                                                        \
        S##__result plx_result = {.ready = false};                                                           \
        *out = (plx_unit){0};                                                                                \
        if (plx__oneshot_unwanted(self->sender.channel, cx))                                                 \
            return PLX_READY;                                                                                \
        enum plx_answer plx_answer = T##__ask(&self->future, cx, 1, &plx_result.item);                       \
        if (plx_answer == PLX_NOT_READY)                                                                     \
            return PLX_NOT_READY;                                                                            \
        plx_result.ready = plx_answer == PLX_READY;                                                          \
        plx_result.error = cx->error;                                                                        \
        if (S##__reply_send(&self->sender, plx_result))                                                      \
            S##__drop_result(&plx_result);                                                                   \
        return PLX_READY;                                                                                    \
    }                                                                                                        \
    PLX_INLINE void S##__run_drop(S##__run *self)                                                            \
    {                                                                                                        \
        T##__let_go(&self->future, 1);                                                                       \
        S##__reply_sender_drop(&self->sender);                                                               \
    }                                                                                                        \
    PLX__FUTURE(S##__run)                                                                                    \
                                                                                                             \
    PLX__ITEM_AS(S, T)                                                                                       \
    typedef struct S {                                                                                       \
        S##__reply_receiver receiver;                                                                        \
    } S;                                                                                                     \
    PLX__SHAPE_0(S, "leaf", #S)                                                                              \
    PLX_INLINE enum plx_answer S##_poll(S *self, plx_context *cx, S##_item *out)                             \
    {                                                                                                        \
        S##__result plx_result;                                                                              \
        enum plx_answer plx_answer = S##__reply_receiver_poll(&self->receiver, cx, &plx_result);             \
        if (plx_answer != PLX_READY)                                                                         \
            return plx_answer;                                                                               \
        if (!plx_result.ready) {                                                                             \
            cx->error = plx_result.error;                                                                    \
            return PLX_FAILED;                                                                               \
        }                                                                                                    \
        *out = plx_result.item;                                                                              \
        return PLX_READY;                                                                                    \
    }                                                                                                        \
    PLX_INLINE void S##_drop(S *self)                                                                        \
    {                                                                                                        \
        S##__reply_receiver_drop(&self->receiver);                                                           \
    }                                                                                                        \
    PLX__FUTURE(S)                                                                                           \
    PLX_INLINE void S##_forget(S *plx_handle)                                                                \
    {                                                                                                        \
        plx__oneshot_forget(plx_handle->receiver.channel);                                                   \
        S##_drop(plx_handle);                                                                                \
    }                                                                                                        \
    PLX_INLINE int S##_spawn_on(struct plx_runtime *plx_runtime, T plx_future, S *plx_handle)                \
    {                                                                                                        \
        S##__run plx_run = {.future = plx_future};                                                           \
        int plx_error = S##__reply_channel(&plx_run.sender, &plx_handle->receiver);                          \
        if (plx_error) {                                                                                     \
            plx__drop_unnumbered(&T##_ops, &plx_run.future);                                                 \
            return plx_error;                                                                                \
        }                                                                                                    \
        plx_error = plx__spawn(plx_runtime, &S##__run_ops, &plx_run, S##__run_shape.at, NULL);               \
        if (plx_error)                                                                                       \
            S##_drop(plx_handle);                                                                            \
        return plx_error;                                                                                    \
    }                                                                                                        \
    PLX_INLINE int S##_spawn(T plx_future, S *plx_handle)                                                    \
    {                                                                                                        \
        return S##_spawn_on(NULL, plx_future, plx_handle);                                                   \
    }

#endif
