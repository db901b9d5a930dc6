/* SPDX-License-Identifier: MIT
 *
 * or_else: when the first future fails, a function makes a second one that may still succeed.
 *
 *     FIRST   first answers   NotReady   → NotReady
 *                             Ready(v)   → Ready(v): f never runs, DONE
 *                             Failed(e)  → first is dropped, second = f(env, e), SECOND, which is polled at once;
 *                                          after a task-fatal error (task/fatal.h) Failed(e), DONE
 *     SECOND  second answers  NotReady   → NotReady
 *                             Ready, Failed → the same, DONE
 *
 *     PLX_OR_ELSE(T, A, B, f)      B f(T_env *env, struct plx_error error)      B_item is A_item
 *
 * Source: futures 0.1 `OrElse`, the mirror image of and_then.
 */
#ifndef PLX_FUTURE_OR_ELSE_H
#define PLX_FUTURE_OR_ELSE_H

#include "lib/future/combine.h"

struct plx_or_else {
    plx_poll_part *poll_first, *poll_second;
    plx_drop_part *drop_first, *drop_second;
    void (*call)(void *self, struct plx_error error); /* second = f(env, error) */
    const struct plx_shape *shape;
};

PLX_BODY enum plx_answer plx_or_else_poll(void *self, enum plx_stage *stage, const struct plx_or_else *part,
                                          plx_context *cx, void *out)
{
    enum plx_answer answer;

    if (*stage == PLX_FIRST) {
        answer = part->poll_first(self, cx, out);
        if (answer == PLX_NOT_READY)
            return PLX_NOT_READY;
        part->drop_first(self);
        *stage = PLX_DONE;
        if (answer == PLX_READY || plx_is_fatal(cx))
            return answer;
        part->call(self, cx->error);
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

#define PLX_OR_ELSE(T, A, B, f)                                                                              \
    PLX__ITEM_AS(T, A)                                                                                       \
    _Static_assert(__builtin_types_compatible_p(A##_item, B##_item),                                         \
                   #T ": " #A " and " #B " must be ready with the same type");                               \
    PLX__STAGES(T, A, B, "or_else", f)                                                                       \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX_BODY void T##__call(void *self, struct plx_error plx_error)                                          \
    {                                                                                                        \
        T *plx_me = self;                                                                                    \
        plx_me->second = f(plx_me->env, plx_error);                                                          \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        static const struct plx_or_else plx_part = {                                                         \
            T##__poll_first, T##__poll_second, T##__drop_first, T##__drop_second, T##__call, &T##_shape,     \
        };                                                                                                   \
        return plx_or_else_poll(self, &self->stage, &plx_part, cx, out);                                     \
    }                                                                                                        \
    PLX__DROP_STAGES(T)                                                                                      \
    PLX__FUTURE(T)

#endif
