/* SPDX-License-Identifier: MIT
 *
 * throttle: a stream whose items come no closer together than so long.
 *
 *     OPEN      the stream answers  NotReady, Failed → the same
 *                                   Ready(v)         → Ready(v), CLOSED for the spacing (not if that is 0)
 *     CLOSED    the delay answers   NotReady         → NotReady; the stream is not asked
 *                                   Ready            → OPEN, and the stream is asked at once
 *                                   Failed(e)        → Failed(e)
 *
 * The first item passes at once.
 *
 *     PLX_THROTTLE(T, S, spacing)     in a chain. `spacing` is an expression, a duration; it may use `env`
 *     PLX_THROTTLE_OF(T, S)           around any stream: T_of(stream, PLX_MS(10))
 *
 * Source: tokio-timer 0.2 `Throttle`.
 */
#ifndef PLX_TIME_THROTTLE_H
#define PLX_TIME_THROTTLE_H

#include "lib/future/combine.h"
#include "lib/time/delay.h"

struct plx_gate {
    plx_delay delay;
    uint64_t spacing;
    bool closed;
};

PLX_BODY enum plx_answer plx_throttle_poll(void *self, struct plx_gate *gate, plx_poll_part *poll_first,
                                           plx_context *cx, void *out)
{
    if (gate->closed) {
        enum plx_answer answer = plx__delay_poll(&gate->delay, cx);
        if (answer != PLX_READY)
            return answer;
        gate->closed = false;
    }
    enum plx_answer answer = poll_first(self, cx, out);
    if (answer == PLX_READY && gate->spacing) {
        gate->closed = true;
        plx_delay_reset_for(&gate->delay, gate->spacing);
    }
    return answer;
}

#define PLX_THROTTLE_OF(T, S)                                                                                \
    PLX__ITEM_AS(T, S)                                                                                       \
    typedef struct T {                                                                                       \
        bool dropped;                                                                                        \
        struct plx_gate gate;                                                                                \
        S first;                                                                                             \
    } T;                                                                                                     \
    PLX__SHAPE_1(T, "throttle", #T, S)                                                                       \
    PLX__PART(T, S, first, 1)                                                                                \
    PLX_BODY T T##_of(S plx_first, uint64_t plx_spacing)                                                     \
    {                                                                                                        \
        return (T){.gate = {.spacing = plx_spacing}, .first = plx_first};                                    \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        return plx_throttle_poll(self, &self->gate, T##__poll_first, cx, out);                               \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        if (self->dropped) {                                                                                 \
            plx_contract_broken(PLX_DROPPED_TWICE, &T##_shape);                                              \
            return;                                                                                          \
        }                                                                                                    \
        self->dropped = true;                                                                                \
        T##__drop_first(self);                                                                               \
        plx_delay_drop(&self->gate.delay);                                                                   \
    }                                                                                                        \
    PLX__FUTURE(T)

#define PLX_THROTTLE(T, S, spacing)                                                                          \
    PLX_THROTTLE_OF(T, S)                                                                                    \
    typedef S##_env T##_env;                                                                                 \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        (void)env;                                                                                           \
        return T##_of(S##_new(env), (spacing));                                                              \
    }

#endif
