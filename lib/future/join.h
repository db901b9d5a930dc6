/* SPDX-License-Identifier: MIT
 *
 * join: both futures at once in one task; ready with both items when both are ready.
 *
 * A poll asks each future that is still pending, the first one first.
 *
 *     both pending, or one of them      → NotReady; an item that came early is kept
 *     the second of them is ready       → Ready({first, second})
 *     one of them fails                 → the other, or its item, is dropped at once; Failed(e)
 *
 *     PLX_JOIN(T, A, B)      T_item is struct { A_item first; B_item second; }      A_env and B_env are the same
 *
 * Source: futures 0.1 `Join`.
 */
#ifndef PLX_FUTURE_JOIN_H
#define PLX_FUTURE_JOIN_H

#include "lib/future/combine.h"

/* What became of one side of a join. */
enum plx_side {
    PLX_SIDE_PENDING,
    PLX_SIDE_READY, /* its item is kept, the future is gone */
    PLX_SIDE_GONE,
};

struct plx_join_side {
    plx_poll_part *poll; /* into the place where its item is kept */
    plx_drop_part *drop;
    plx_drop_part *drop_item;
};

PLX_BODY void plx_join_end(void *self, enum plx_side *state, const struct plx_join_side *side)
{
    if (*state == PLX_SIDE_PENDING)
        side->drop(self);
    else if (*state == PLX_SIDE_READY)
        side->drop_item(self);
    *state = PLX_SIDE_GONE;
}

PLX_BODY enum plx_answer plx_join_ask(void *self, enum plx_side *state, const struct plx_join_side *side,
                                      plx_context *cx, void *item)
{
    if (*state == PLX_SIDE_READY)
        return PLX_READY;
    enum plx_answer answer = side->poll(self, cx, item);
    if (answer != PLX_NOT_READY) {
        side->drop(self);
        *state = answer == PLX_READY ? PLX_SIDE_READY : PLX_SIDE_GONE;
    }
    return answer;
}

PLX_BODY enum plx_answer plx_join_poll(void *self, enum plx_side state[2], const struct plx_join_side side[2],
                                       void *const item[2], plx_context *cx)
{
    enum plx_answer first = plx_join_ask(self, &state[0], &side[0], cx, item[0]);
    if (first == PLX_FAILED) {
        plx_join_end(self, &state[1], &side[1]);
        return PLX_FAILED;
    }
    enum plx_answer second = plx_join_ask(self, &state[1], &side[1], cx, item[1]);
    if (second == PLX_FAILED) {
        plx_join_end(self, &state[0], &side[0]);
        return PLX_FAILED;
    }
    return first == PLX_READY && second == PLX_READY ? PLX_READY : PLX_NOT_READY;
}

#define PLX_JOIN(T, A, B)                                                                                    \
    _Static_assert(__builtin_types_compatible_p(A##_env, B##_env),                                           \
                   #T ": " #A " and " #B " must have the same environment");                                 \
    typedef A##_env T##_env;                                                                                 \
    typedef struct T##_item {                                                                                \
        A##_item first;                                                                                      \
        B##_item second;                                                                                     \
    } T##_item;                                                                                              \
    typedef struct T {                                                                                       \
        enum plx_side state[2];                                                                              \
        bool dropped;                                                                                        \
        A first;                                                                                             \
        B second;                                                                                            \
        T##_item item;                                                                                       \
    } T;                                                                                                     \
    PLX__SHAPE_2(T, "join", #T, A, B)                                                                        \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX__PART(T, B, second, PLX__SECOND_AFTER(A))                                                            \
    PLX_BODY void T##__drop_first_item(void *self)                                                           \
    {                                                                                                        \
        plx_item_drop(A##__traits(), &((T *)self)->item.first);                                              \
    }                                                                                                        \
    PLX_BODY void T##__drop_second_item(void *self)                                                          \
    {                                                                                                        \
        plx_item_drop(B##__traits(), &((T *)self)->item.second);                                             \
    }                                                                                                        \
    PLX_BODY void T##__drop_items(void *plx_item)                                                            \
    {                                                                                                        \
        plx_item_drop(A##__traits(), &((T##_item *)plx_item)->first);                                        \
        plx_item_drop(B##__traits(), &((T##_item *)plx_item)->second);                                       \
    }                                                                                                        \
    static const struct plx_item_traits T##__both __attribute__((unused)) = {NULL, T##__drop_items};         \
    PLX_BODY const struct plx_item_traits *T##__traits(void)                                                 \
    {                                                                                                        \
        return &T##__both;                                                                                   \
    }                                                                                                        \
    static const struct plx_join_side T##__sides[2] __attribute__((unused)) = {                              \
        {T##__poll_first, T##__drop_first, T##__drop_first_item},                                            \
        {T##__poll_second, T##__drop_second, T##__drop_second_item},                                         \
    };                                                                                                       \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        if (plx_unlikely(self->state[0] == PLX_SIDE_GONE || self->state[1] == PLX_SIDE_GONE))                \
            return plx_polled_after_end(cx, &T##_shape);                                                     \
        void *const plx_item[2] = {&self->item.first, &self->item.second};                                   \
        enum plx_answer plx_answer = plx_join_poll(self, self->state, T##__sides, plx_item, cx);             \
        if (plx_answer == PLX_READY) {                                                                       \
            *out = self->item;                                                                               \
            self->state[0] = self->state[1] = PLX_SIDE_GONE;                                                 \
        }                                                                                                    \
        return plx_answer;                                                                                   \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        if (self->dropped)                                                                                   \
            plx_contract_broken(PLX_DROPPED_TWICE, &T##_shape);                                              \
        self->dropped = true;                                                                                \
        plx_join_end(self, &self->state[0], &T##__sides[0]);                                                 \
        plx_join_end(self, &self->state[1], &T##__sides[1]);                                                 \
    }                                                                                                        \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        return (T){.first = A##_new(env), .second = B##_new(env)};                                           \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
