/* SPDX-License-Identifier: MIT
 *
 * What all combinators are made of.
 *
 * A combinator is a thin macro and a body. The macro, PLX_AND_THEN(T, A, B, f) say, declares the struct T
 * that holds an A and a B by value, and hands the functions of both, as constants, to the body. The body,
 * `plx_and_then_poll`, is an ordinary function that one can read, and step through in a debugger. It is
 * folded into T_poll, so that the calls through the constants become direct calls and then nothing at all: no
 * call is left of a chain of five.
 *
 * C has no closures. A chain has an environment instead: one struct of the user's, T_env, that every function
 * of the chain gets as its first argument. PLX_START names its type, the combinators above inherit it, and
 * T_new(&environment) builds the whole chain. The environment outlives the chain, or goes with it (owning.h).
 */
#ifndef PLX_FUTURE_COMBINE_H
#define PLX_FUTURE_COMBINE_H

#include "lib/future/future.h"
#include "lib/task/contract.h"

#include <string.h>

/* Which part of a combinator is alive. */
enum plx_stage {
    PLX_FIRST,
    PLX_SECOND,
    PLX_DONE,    /* it has answered Ready or Failed: nothing is left */
    PLX_DROPPED, /* its owner has let it go */
};

/* The parts of a combinator, as its body sees them. `self` is always the user's T. */
typedef enum plx_answer plx_poll_part(void *self, plx_context *cx, void *out);
typedef void plx_drop_part(void *self);

/* The place for a part's item. It is read after a Ready only, but gcc does not follow that through a long chain,
 * and warns; so what is small, and may live in registers, is given a value. */
#define PLX__ITEM_PLACE(type, name)                                                                          \
    type name;                                                                                               \
    memset(&name, 0, sizeof name <= 2 * sizeof(void *) ? sizeof name : 0)

/* Writes T__poll_WHICH and T__drop_WHICH for the part of type A in the field WHICH. */
#define PLX__PART(T, A, which, offset)                                                                       \
    PLX_BODY enum plx_answer T##__poll_##which(void *self, plx_context *cx, void *out)                       \
    {                                                                                                        \
        return A##__ask(&((T *)self)->which, cx, offset, out);                                               \
    }                                                                                                        \
    PLX_BODY void T##__drop_##which(void *self)                                                              \
    {                                                                                                        \
        A##__let_go(&((T *)self)->which, offset);                                                            \
    }

/* Declares T for a combinator of two stages, of which one is alive at a time: the struct, its shape and T_new. */
#define PLX__STAGES(T, A, B, kind, f)                                                                        \
    typedef A##_env T##_env;                                                                                 \
    typedef struct T {                                                                                       \
        enum plx_stage stage;                                                                                \
        T##_env *env;                                                                                        \
        union {                                                                                              \
            A first;                                                                                         \
            B second;                                                                                        \
        };                                                                                                   \
    } T;                                                                                                     \
    PLX__SHAPE_2(T, kind, #f, A, B)                                                                          \
    PLX__PART(T, B, second, PLX__SECOND_AFTER(A))                                                            \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        T plx_made;                                                                                          \
        plx_made.stage = PLX_FIRST;                                                                          \
        plx_made.env = env;                                                                                  \
        plx_made.first = A##_new(env);                                                                       \
        return plx_made;                                                                                     \
    }

/* Writes T_drop for a combinator that has two stages: it drops the part that is alive. */
#define PLX__DROP_STAGES(T)                                                                                  \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        plx_stages_drop(self, &self->stage, T##__drop_first, T##__drop_second, &T##_shape);                  \
    }

/* … for one that has only the first. */
PLX_BODY void plx__no_second_part(void *self)
{
    (void)self;
}

PLX_BODY void plx_stages_drop(void *self, enum plx_stage *stage, plx_drop_part *drop_first,
                              plx_drop_part *drop_second, const struct plx_shape *shape)
{
    switch (*stage) {
    case PLX_FIRST:
        drop_first(self);
        break;
    case PLX_SECOND:
        drop_second(self);
        break;
    case PLX_DONE:
        break;
    case PLX_DROPPED:
        plx_contract_broken(PLX_DROPPED_TWICE, shape);
    }
    *stage = PLX_DROPPED;
}

/* Polling after the end is a broken promise of the caller. It is told, and answered Failed, so that nothing
 * worse happens. */
PLX_BODY enum plx_answer plx_polled_after_end(plx_context *cx, const struct plx_shape *shape)
{
    plx_contract_broken(PLX_POLLED_AFTER_END, shape);
    cx->error = (struct plx_error){-EINVAL, shape->at};
    return PLX_FAILED;
}

/* Begins a chain: T is the future that `A f(ENV *env)` makes, and ENV the environment of all that is built on
 * it. Like every future it does nothing until it is polled.
 *
 * Most chains begin with a leaf: then T is that leaf, told by its name and the chain's line. When A is itself
 * made of futures (an async function, a chain with another environment), T is a node of its own around A, so
 * that A's parts keep their numbers. */
#define PLX_START(T, ENV, A, f)                                                                              \
    typedef ENV T##_env;                                                                                     \
    typedef A T;                                                                                             \
    PLX__ITEM_AS(T, A)                                                                                       \
    enum { T##__is_leaf = A##_nodes == 1, T##_nodes = T##__is_leaf ? 1 : 1 + A##_nodes };                    \
    static const struct plx_shape *const T##__children[] = {&A##_shape};                                     \
    static const struct plx_shape T##_shape __attribute__((unused)) = {                                      \
        T##__is_leaf ? "leaf" : "start",                                                                     \
        T##__is_leaf ? #A : #f,                                                                              \
        {__FILE__, __LINE__},                                                                                \
        T##_nodes,                                                                                           \
        !T##__is_leaf,                                                                                       \
        T##__children,                                                                                       \
    };                                                                                                       \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        return f(env);                                                                                       \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        return T##__is_leaf ? A##_poll(self, cx, out) : A##__ask(self, cx, 1, out);                          \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        if (T##__is_leaf)                                                                                    \
            A##_drop(self);                                                                                  \
        else                                                                                                 \
            A##__let_go(self, 1);                                                                            \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
