/* SPDX-License-Identifier: MIT
 *
 * select: two futures race; ready with the item of the one that answers first.
 *
 * A poll asks the first one, and only if that is not ready the second: the first wins a tie.
 *
 *     both answer NotReady     → NotReady
 *     one is Ready(v)          → Ready({which, v}); the other is still alive
 *     one is Failed(e)         → Failed(e);         the other is still alive
 *
 * What becomes of the other is its owner's choice: dropping the select cancels it (so does and_then, before
 * it goes on); polling the select again goes on with it alone. futures 0.1 hands it out instead; here it
 * stays in its place, because a future that has been polled is better not moved.
 *
 *     PLX_SELECT(T, A, B)      T_item is struct { enum plx_winner which; union { A_item first; B_item second; }; }
 *
 * Source: futures 0.1 `Select` and `Select2`.
 */
#ifndef PLX_FUTURE_SELECT_H
#define PLX_FUTURE_SELECT_H

#include "lib/future/combine.h"

enum plx_winner {
    PLX_FIRST_WINS,
    PLX_SECOND_WINS,
};

struct plx_select {
    plx_poll_part *poll_first, *poll_second;
    plx_drop_part *drop_first, *drop_second;
    const struct plx_shape *shape;
};

/* alive[i] says whether that side is still there; *which is set when one of them has ended. */
PLX_BODY enum plx_answer plx_select_poll(void *self, bool alive[2], const struct plx_select *part,
                                         void *const item[2], enum plx_winner *which, plx_context *cx)
{
    enum plx_answer answer = PLX_NOT_READY;

    if (plx_unlikely(!alive[0] && !alive[1]))
        return plx_polled_after_end(cx, part->shape);
    if (alive[0]) {
        answer = part->poll_first(self, cx, item[0]);
        if (answer != PLX_NOT_READY) {
            part->drop_first(self);
            alive[0] = false;
            *which = PLX_FIRST_WINS;
            return answer;
        }
    }
    if (alive[1]) {
        answer = part->poll_second(self, cx, item[1]);
        if (answer != PLX_NOT_READY) {
            part->drop_second(self);
            alive[1] = false;
            *which = PLX_SECOND_WINS;
        }
    }
    return answer;
}

#define PLX_SELECT(T, A, B)                                                                                  \
    _Static_assert(__builtin_types_compatible_p(A##_env, B##_env),                                           \
                   #T ": " #A " and " #B " must have the same environment");                                 \
    typedef A##_env T##_env;                                                                                 \
    typedef struct T##_item {                                                                                \
        enum plx_winner which;                                                                               \
        union {                                                                                              \
            A##_item first;                                                                                  \
            B##_item second;                                                                                 \
        };                                                                                                   \
    } T##_item;                                                                                              \
    typedef struct T {                                                                                       \
        bool alive[2];                                                                                       \
        bool dropped;                                                                                        \
        A first;                                                                                             \
        B second;                                                                                            \
    } T;                                                                                                     \
    PLX__SHAPE_2(T, "select", #T, A, B)                                                                      \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX__PART(T, B, second, PLX__SECOND_AFTER(A))                                                            \
    PLX_BODY void T##__drop_winner(void *plx_item)                                                           \
    {                                                                                                        \
        T##_item *plx_winner = plx_item;                                                                     \
        if (plx_winner->which == PLX_FIRST_WINS)                                                             \
            plx_item_drop(A##__traits(), &plx_winner->first);                                                \
        else                                                                                                 \
            plx_item_drop(B##__traits(), &plx_winner->second);                                               \
    }                                                                                                        \
    static const struct plx_item_traits T##__winner __attribute__((unused)) = {NULL, T##__drop_winner};      \
    PLX_BODY const struct plx_item_traits *T##__traits(void)                                                 \
    {                                                                                                        \
        return &T##__winner;                                                                                 \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        static const struct plx_select plx_part = {                                                          \
            T##__poll_first, T##__poll_second, T##__drop_first, T##__drop_second, &T##_shape,                \
        };                                                                                                   \
        void *const plx_item[2] = {&out->first, &out->second};                                               \
        return plx_select_poll(self, self->alive, &plx_part, plx_item, &out->which, cx);                     \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        if (self->dropped)                                                                                   \
            plx_contract_broken(PLX_DROPPED_TWICE, &T##_shape);                                              \
        self->dropped = true;                                                                                \
        if (self->alive[0])                                                                                  \
            T##__drop_first(self);                                                                           \
        if (self->alive[1])                                                                                  \
            T##__drop_second(self);                                                                          \
        self->alive[0] = self->alive[1] = false;                                                             \
    }                                                                                                        \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        return (T){.alive = {true, true}, .first = A##_new(env), .second = B##_new(env)};                    \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
