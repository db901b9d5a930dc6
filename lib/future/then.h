/* SPDX-License-Identifier: MIT
 *
 * then: whatever the first future comes to, item or error, a function makes the second one of it.
 *
 *     FIRST   first answers   NotReady          → NotReady
 *                             Ready, Failed     → first is dropped, second = f(env, result), SECOND, polled at once;
 *                                                 after a task-fatal error (task/fatal.h) Failed, DONE
 *     SECOND  second answers  NotReady          → NotReady
 *                             Ready, Failed     → the same, DONE
 *
 *     PLX_THEN(T, A, B, f)      B f(T_env *env, T_result result)
 *
 * T_result holds either: `ready` says which, then `item` or `error` is filled. PLX_THEN defines it, so f is
 * declared before:
 *
 *     struct greeted_result;
 *     static plx_ok report(struct greeting *g, struct greeted_result result);
 *     PLX_THEN(greeted, connected, plx_ok, report)
 *
 * Source: futures 0.1 `Then`.
 */
#ifndef PLX_FUTURE_THEN_H
#define PLX_FUTURE_THEN_H

#include "lib/future/combine.h"

struct plx_then {
    plx_poll_part *poll_first, *poll_second; /* poll_first fills the item of a T_result */
    plx_drop_part *drop_first, *drop_second;
    void (*call)(void *self, void *result, bool ready, struct plx_error error); /* second = f(env, result) */
    const struct plx_shape *shape;
};

PLX_BODY enum plx_answer plx_then_poll(void *self, enum plx_stage *stage, const struct plx_then *part,
                                       void *result, plx_context *cx, void *out)
{
    enum plx_answer answer;

    if (*stage == PLX_FIRST) {
        answer = part->poll_first(self, cx, result);
        if (answer == PLX_NOT_READY)
            return PLX_NOT_READY;
        part->drop_first(self);
        *stage = PLX_DONE;
        if (answer == PLX_FAILED && plx_is_fatal(cx))
            return PLX_FAILED;
        part->call(self, result, answer == PLX_READY, cx->error);
        *stage = PLX_SECOND;
    } else if (plx_unlikely(*stage != PLX_SECOND)) {
        return plx_polled_after_end(cx, part->shape);
    }

    answer = part->poll_second(self, cx, out);
    if (answer != PLX_NOT_READY) {
        part->drop_second(self);
        *stage = PLX_DONE;
    }
    return answer;
}

#define PLX_THEN(T, A, B, f)                                                                                 \
    PLX__ITEM_AS(T, B)                                                                                       \
    typedef struct T##_result {                                                                              \
        A##_item item;                                                                                       \
        struct plx_error error;                                                                              \
        bool ready;                                                                                          \
    } T##_result;                                                                                            \
    PLX__STAGES(T, A, B, "then", f)                                                                          \
    PLX_BODY enum plx_answer T##__poll_first(void *self, plx_context *cx, void *plx_result)                  \
    {                                                                                                        \
        return A##__ask(&((T *)self)->first, cx, 1, &((T##_result *)plx_result)->item);                      \
    }                                                                                                        \
    PLX_BODY void T##__drop_first(void *self)                                                                \
    {                                                                                                        \
        A##__let_go(&((T *)self)->first, 1);                                                                 \
    }                                                                                                        \
    PLX_BODY void T##__call(void *self, void *plx_result, bool plx_ready, struct plx_error plx_error)        \
    {                                                                                                        \
        T *plx_me = self;                                                                                    \
        T##_result *plx_both = plx_result;                                                                   \
        plx_both->ready = plx_ready;                                                                         \
        plx_both->error = plx_ready ? (struct plx_error){0} : plx_error;                                     \
        plx_me->second = f(plx_me->env, *plx_both);                                                          \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        static const struct plx_then plx_part = {                                                            \
            T##__poll_first, T##__poll_second, T##__drop_first, T##__drop_second, T##__call, &T##_shape,     \
        };                                                                                                   \
        T##_result plx_result = {0};                                                                         \
        return plx_then_poll(self, &self->stage, &plx_part, &plx_result, cx, out);                           \
    }                                                                                                        \
    PLX__DROP_STAGES(T)                                                                                      \
    PLX__FUTURE(T)

#endif
