/* SPDX-License-Identifier: MIT
 *
 * Streams: many items, one after the other; and for_each, which makes a future of a stream.
 *
 * A stream type S is polled like a future, but answers Ready many times:
 *
 *     enum plx_answer S_poll(S *self, plx_context *cx, S_item *out)
 *
 * S_item is a struct with a member `bool end`: Ready with end set is what futures 0.1 calls Ready(None), the
 * stream is over. A failure does not end a stream, it may be polled on.
 *
 *     PLX_FOR_EACH(T, S, B, f)      B f(T_env *env, S_item item); T is ready with plx_unit
 *
 *     NEXT    the stream answers  NotReady   → NotReady
 *                                 Ready(end) → Ready(), DONE
 *                                 Failed(e)  → Failed(e), DONE
 *                                 Ready(v)   → body = f(env, v), BODY, which is polled at once
 *     BODY    the body answers    NotReady   → NotReady
 *                                 Failed(e)  → Failed(e), DONE
 *                                 Ready      → the body and its item are dropped, NEXT again
 *
 * So one item is dealt with before the next is asked for. To deal with many at a time, f spawns a task and
 * returns plx_ok, as the deck's server does.
 *
 * Source: futures 0.1 `Stream`, `ForEach`.
 */
#ifndef PLX_FUTURE_STREAM_H
#define PLX_FUTURE_STREAM_H

#include "lib/future/combine.h"

enum plx_each_stage {
    PLX_EACH_NEXT,
    PLX_EACH_BODY,
    PLX_EACH_DONE,
};

struct plx_for_each {
    plx_poll_part *poll_stream, *poll_body;
    plx_drop_part *drop_body;
    const struct plx_item_traits *body_item; /* what the body is ready with is dropped: nobody takes it */
    bool (*call)(void *self, void *item);    /* body = f(env, item); false: the stream is over */
    const struct plx_shape *shape;
};

/* An always ready stream must not keep its worker for ever: after so many items the task yields. */
enum { PLX_EACH_AT_ONCE = 32 };

PLX_BODY enum plx_answer plx_for_each_poll(void *self, enum plx_each_stage *stage,
                                           const struct plx_for_each *part, void *item, void *body_item,
                                           plx_context *cx)
{
    if (plx_unlikely(*stage == PLX_EACH_DONE))
        return plx_polled_after_end(cx, part->shape);

    for (int done = 0; done < PLX_EACH_AT_ONCE; done++) {
        enum plx_answer answer;
        if (*stage == PLX_EACH_NEXT) {
            answer = part->poll_stream(self, cx, item);
            if (answer == PLX_NOT_READY)
                return PLX_NOT_READY;
            *stage = PLX_EACH_DONE;
            if (answer == PLX_FAILED)
                return PLX_FAILED;
            if (!part->call(self, item))
                return PLX_READY;
            *stage = PLX_EACH_BODY;
        }
        answer = part->poll_body(self, cx, body_item);
        if (answer == PLX_NOT_READY)
            return PLX_NOT_READY;
        part->drop_body(self);
        *stage = answer == PLX_READY ? PLX_EACH_NEXT : PLX_EACH_DONE;
        if (answer == PLX_FAILED)
            return PLX_FAILED;
        plx_item_drop(part->body_item, body_item);
    }
    plx_context_yield(cx);
    return PLX_NOT_READY;
}

#define PLX_FOR_EACH(T, S, B, f)                                                                             \
    typedef S##_env T##_env;                                                                                 \
    typedef plx_unit T##_item;                                                                               \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    typedef struct T {                                                                                       \
        enum plx_each_stage stage;                                                                           \
        bool dropped;                                                                                        \
        T##_env *env;                                                                                        \
        S stream;                                                                                            \
        B body;                                                                                              \
    } T;                                                                                                     \
    PLX__SHAPE_2(T, "for_each", #f, S, B)                                                                    \
    PLX__PART(T, S, stream, 1)                                                                               \
    PLX__PART(T, B, body, PLX__SECOND_AFTER(S))                                                              \
    PLX_BODY bool T##__call(void *self, void *plx_item)                                                      \
    {                                                                                                        \
        T *plx_me = self;                                                                                    \
        S##_item *plx_value = plx_item;                                                                      \
        if (plx_value->end)                                                                                  \
            return false;                                                                                    \
        plx_me->body = f(plx_me->env, *plx_value);                                                           \
        return true;                                                                                         \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        const struct plx_for_each plx_part = {                                                               \
            T##__poll_stream, T##__poll_body, T##__drop_body, B##__traits(), T##__call, &T##_shape,          \
        };                                                                                                   \
        PLX__ITEM_PLACE(S##_item, plx_item);                                                                 \
        PLX__ITEM_PLACE(B##_item, plx_body_item);                                                            \
        *out = (T##_item){0};                                                                                \
        return plx_for_each_poll(self, &self->stage, &plx_part, &plx_item, &plx_body_item, cx);              \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        if (self->dropped) {                                                                                 \
            plx_contract_broken(PLX_DROPPED_TWICE, &T##_shape);                                              \
            return;                                                                                          \
        }                                                                                                    \
        self->dropped = true;                                                                                \
        if (self->stage == PLX_EACH_BODY)                                                                    \
            T##__drop_body(self);                                                                            \
        T##__drop_stream(self);                                                                              \
    }                                                                                                        \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        return (T){.env = env, .stream = S##_new(env)};                                                      \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
