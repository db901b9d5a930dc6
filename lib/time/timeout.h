/* SPDX-License-Identifier: MIT
 *
 * timeout: a future that has only so long, and a stream whose items have only so long each.
 *
 *     FIRST   first answers   Ready(v)            → Ready(v), DONE
 *                             Failed(e)           → Failed(e), DONE
 *                             NotReady, and       the delay is not ready → NotReady
 *                                                 the delay is ready     → Failed(ETIMEDOUT), DONE
 *                                                 the delay failed       → Failed(ENOTCONN: no runtime here,
 *                                                                          or ESHUTDOWN: it has ended), DONE
 *
 * The future is asked first, so one that is ready is never too late, and it is polled at least once. The time
 * begins to run with the first poll. When it is up the future is dropped, which cancels it.
 *
 *     PLX_TIMEOUT(T, A, after)    in a chain. `after` is an expression, a duration; it may use `env`, the
 *                                 chain's environment:  PLX_TIMEOUT(patient, dialled, PLX_MS(env->patience))
 *     PLX_TIMEOUT_OF(T, A)        around any future:      T_of(future, PLX_SECONDS(5))
 *     T_is_elapsed(error)         whether this is T's own ETIMEDOUT, and not one from inside (a connection
 *                                 that the kernel has given up): its place is the line of the PLX_TIMEOUT
 *
 * PLX_TIMEOUT_STREAM and PLX_TIMEOUT_STREAM_OF are the same for a stream. The time begins anew after each
 * item, and after it was up: that is one Failed(ETIMEDOUT), and the stream may be polled on.
 *
 * Source: tokio-timer 0.2 `Timeout`.
 */
#ifndef PLX_TIME_TIMEOUT_H
#define PLX_TIME_TIMEOUT_H

#include "lib/future/combine.h"
#include "lib/time/delay.h"

#include <string.h>

struct plx_timeout {
    plx_poll_part *poll_first;
    plx_drop_part *drop_first;
    const struct plx_shape *shape;
};

PLX_BODY enum plx_answer plx_timeout_poll(void *self, enum plx_stage *stage, plx_delay *delay,
                                          const struct plx_timeout *part, plx_context *cx, void *out)
{
    if (plx_unlikely(*stage != PLX_FIRST))
        return plx_polled_after_end(cx, part->shape);

    enum plx_answer answer = part->poll_first(self, cx, out);
    if (answer == PLX_NOT_READY) {
        enum plx_answer time = plx__delay_poll(delay, cx);
        if (time == PLX_NOT_READY)
            return PLX_NOT_READY;
        if (time == PLX_READY)
            cx->error = (struct plx_error){-ETIMEDOUT, part->shape->at};
        answer = PLX_FAILED;
    }
    struct plx_error error = cx->error; /* what is dropped now has no say in it */
    *stage = PLX_DONE;
    part->drop_first(self);
    plx_delay_drop(delay);
    cx->error = error;
    return answer;
}

PLX_BODY enum plx_answer plx_timeout_stream_poll(void *self, plx_delay *delay, uint64_t after,
                                                 const struct plx_timeout *part, plx_context *cx, void *out)
{
    enum plx_answer answer = part->poll_first(self, cx, out);
    if (answer == PLX_NOT_READY) {
        answer = plx__delay_poll(delay, cx);
        if (answer != PLX_READY)
            return answer;
        cx->error = (struct plx_error){-ETIMEDOUT, part->shape->at};
        plx_delay_reset_for(delay, after);
        return PLX_FAILED;
    }
    if (answer == PLX_READY)
        plx_delay_reset_for(delay, after);
    return answer;
}

PLX_BODY bool plx__timeout_is_elapsed(const struct plx_shape *shape, struct plx_error error)
{
    return error.code == -ETIMEDOUT && error.at.line == shape->at.line && error.at.file &&
           strcmp(error.at.file, shape->at.file) == 0;
}

#define PLX__TIMEOUT_SHAPE(T, A, kind)                                                                       \
    PLX__ITEM_AS(T, A)                                                                                       \
    PLX__SHAPE_1(T, kind, #T, A)                                                                             \
    PLX_BODY bool T##_is_elapsed(struct plx_error plx_error)                                                 \
    {                                                                                                        \
        return plx__timeout_is_elapsed(&T##_shape, plx_error);                                               \
    }

/* T_new(env) for a chain: `after` sees env. */
#define PLX__TIMEOUT_NEW(T, A, after)                                                                        \
    typedef A##_env T##_env;                                                                                 \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        (void)env;                                                                                           \
        return T##_of(A##_new(env), (after));                                                                \
    }

#define PLX_TIMEOUT_OF(T, A)                                                                                 \
    typedef struct T {                                                                                       \
        enum plx_stage stage;                                                                                \
        plx_delay delay;                                                                                     \
        A first;                                                                                             \
    } T;                                                                                                     \
    PLX__TIMEOUT_SHAPE(T, A, "timeout")                                                                      \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX_BODY T T##_of(A plx_first, uint64_t plx_after)                                                       \
    {                                                                                                        \
        return (T){.stage = PLX_FIRST, .delay = plx_delay_for(plx_after), .first = plx_first};               \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        static const struct plx_timeout plx_part = {T##__poll_first, T##__drop_first, &T##_shape};           \
        return plx_timeout_poll(self, &self->stage, &self->delay, &plx_part, cx, out);                       \
    }                                                                                                        \
    PLX_BODY void T##__drop_both(void *self)                                                                 \
    {                                                                                                        \
        T##__drop_first(self);                                                                               \
        plx_delay_drop(&((T *)self)->delay);                                                                 \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        plx_stages_drop(self, &self->stage, T##__drop_both, plx__no_second_part, &T##_shape);                \
    }                                                                                                        \
    PLX__FUTURE(T)

#define PLX_TIMEOUT(T, A, after)                                                                             \
    PLX_TIMEOUT_OF(T, A)                                                                                     \
    PLX__TIMEOUT_NEW(T, A, after)

#define PLX_TIMEOUT_STREAM_OF(T, S)                                                                          \
    typedef struct T {                                                                                       \
        bool dropped;                                                                                        \
        uint64_t after;                                                                                      \
        plx_delay delay;                                                                                     \
        S first;                                                                                             \
    } T;                                                                                                     \
    PLX__TIMEOUT_SHAPE(T, S, "timeout_stream")                                                               \
    PLX__PART(T, S, first, 1)                                                                                \
    PLX_BODY T T##_of(S plx_first, uint64_t plx_after)                                                       \
    {                                                                                                        \
        return (T){.after = plx_after, .delay = plx_delay_for(plx_after), .first = plx_first};               \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        static const struct plx_timeout plx_part = {T##__poll_first, T##__drop_first, &T##_shape};           \
        return plx_timeout_stream_poll(self, &self->delay, self->after, &plx_part, cx, out);                 \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        if (self->dropped) {                                                                                 \
            plx_contract_broken(PLX_DROPPED_TWICE, &T##_shape);                                              \
            return;                                                                                          \
        }                                                                                                    \
        self->dropped = true;                                                                                \
        T##__drop_first(self);                                                                               \
        plx_delay_drop(&self->delay);                                                                        \
    }                                                                                                        \
    PLX__FUTURE(T)

#define PLX_TIMEOUT_STREAM(T, S, after)                                                                      \
    PLX_TIMEOUT_STREAM_OF(T, S)                                                                              \
    PLX__TIMEOUT_NEW(T, S, after)

#endif
