/* SPDX-License-Identifier: MIT
 *
 * owning: a chain that takes its environment with it.
 *
 * A chain points to its environment. One that is spawned outlives the function that made it, so somebody must
 * own the environment; this future does, and calls `cleanup(env)` after the chain is dropped.
 *
 *     PLX_OWNING(T, A, cleanup)      T_new(A_env environment)      void cleanup(A_env *env)
 *
 * This is the deck's problem "self": the chain inside points into the future around it, so the future must
 * not move once it has begun. A future may be moved until its first poll; therefore the chain is made at the
 * first poll, not before.
 */
#ifndef PLX_FUTURE_OWNING_H
#define PLX_FUTURE_OWNING_H

#include "lib/future/combine.h"

#define PLX_OWNING(T, A, cleanup)                                                                            \
    typedef A##_env T##_env;                                                                                 \
    PLX__ITEM_AS(T, A)                                                                                       \
    typedef struct T {                                                                                       \
        bool begun;                                                                                          \
        bool dropped;                                                                                        \
        T##_env env;                                                                                         \
        A first;                                                                                             \
    } T;                                                                                                     \
    PLX__SHAPE_1(T, "owning", #T, A)                                                                         \
    PLX_BODY T T##_new(T##_env env)                                                                          \
    {                                                                                                        \
        T plx_made = {.begun = false, .env = env};                                                           \
        return plx_made;                                                                                     \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        if (!self->begun)                                                                                    \
            self->first = A##_new(&self->env);                                                               \
        self->begun = true;                                                                                  \
        return A##__ask(&self->first, cx, 1, out);                                                           \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        if (self->dropped) {                                                                                 \
            plx_contract_broken(PLX_DROPPED_TWICE, &T##_shape);                                              \
            return;                                                                                          \
        }                                                                                                    \
        self->dropped = true;                                                                                \
        if (self->begun)                                                                                     \
            A##__let_go(&self->first, 1);                                                                    \
        cleanup(&self->env);                                                                                 \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
