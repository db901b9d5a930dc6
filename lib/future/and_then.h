/* SPDX-License-Identifier: MIT
 *
 * and_then: when the first future is ready, a function makes the second out of its item.
 *
 *     FIRST   first answers   NotReady   → NotReady
 *                             Failed(e)  → Failed(e): f never runs, DONE
 *                             Ready(v)   → first is dropped, second = f(env, v), SECOND, which is polled at once
 *     SECOND  second answers  NotReady   → NotReady
 *                             Ready, Failed → the same, DONE
 *
 *     PLX_AND_THEN(T, A, B, f)      B f(T_env *env, A_item item)
 *
 * To fail, f returns a future that fails, e.g. plx_write_all_failed.
 *
 * Source: the slides "And then", futures 0.1 `AndThen`. That `first` is dropped before f runs is part of what
 * it promises: what the first step held is free when the second begins.
 */
#ifndef PLX_FUTURE_AND_THEN_H
#define PLX_FUTURE_AND_THEN_H

#include "lib/future/combine.h"

struct plx_and_then {
    plx_poll_part *poll_first, *poll_second;
    plx_drop_part *drop_first, *drop_second;
    void (*call)(void *self, void *item); /* second = f(env, item) */
    const struct plx_shape *shape;
};

PLX_BODY enum plx_answer plx_and_then_poll(void *self, enum plx_stage *stage, const struct plx_and_then *part,
                                           void *item, plx_context *cx, void *out)
{
    enum plx_answer answer;

    if (*stage == PLX_FIRST) {
        answer = part->poll_first(self, cx, item);
        if (answer == PLX_NOT_READY)
            return PLX_NOT_READY;
        part->drop_first(self);
        *stage = PLX_DONE;
        if (answer == PLX_FAILED)
            return PLX_FAILED;
        part->call(self, item);
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

#define PLX_AND_THEN(T, A, B, f)                                                                             \
    PLX__ITEM_AS(T, B)                                                                                       \
    PLX__STAGES(T, A, B, "and_then", f)                                                                      \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX_BODY void T##__call(void *self, void *plx_item)                                                      \
    {                                                                                                        \
        T *plx_me = self;                                                                                    \
        A##_item *plx_value = plx_item;                                                                      \
        plx_me->second = f(plx_me->env, *plx_value);                                                         \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        static const struct plx_and_then plx_part = {                                                        \
            T##__poll_first, T##__poll_second, T##__drop_first, T##__drop_second, T##__call, &T##_shape,     \
        };                                                                                                   \
        PLX__ITEM_PLACE(A##_item, plx_item);                                                                 \
        return plx_and_then_poll(self, &self->stage, &plx_part, &plx_item, cx, out);                         \
    }                                                                                                        \
    PLX__DROP_STAGES(T)                                                                                      \
    PLX__FUTURE(T)

#endif
