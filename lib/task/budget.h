/* SPDX-License-Identifier: MIT
 *
 * The budget of a poll (context.h), from a program's side.
 *
 * A task may get so many answers of leaves in one poll; then every further leaf answers NotReady, the task
 * yields, and the others come first. Leaves of the library count by themselves. For what does not:
 *
 *     plx_consume_budget_new()       a future that is ready at once, as long as there is budget, and takes
 *                                    one. Awaited in a loop that computes, it lets the others in now and then
 *     PLX_UNCONSTRAINED(T, A)        an A whose leaves see no budget, T_new(env) as A_new(env). For what must
 *                                    not be interrupted half-way; it may starve its worker
 *
 *     consume    budget is left    → Ready(), one less
 *                nothing is left   → NotReady; the task has yielded
 *
 * Source: Tokio 1.x `task::consume_budget`, `task::unconstrained`.
 */
#ifndef PLX_TASK_BUDGET_H
#define PLX_TASK_BUDGET_H

#include "lib/future/combine.h"

typedef struct plx_consume_budget {
    char nothing;
} plx_consume_budget;
typedef plx_unit plx_consume_budget_item;
PLX_LEAF_DECLARE(plx_consume_budget)

PLX_INLINE plx_consume_budget plx_consume_budget_new(void)
{
    return (plx_consume_budget){0};
}

/* What the inside spends is not counted outside either. */
PLX_BODY enum plx_answer plx_unconstrained_poll(void *self, plx_poll_part *poll_first, plx_context *cx,
                                                void *out)
{
    uint32_t budget = cx->budget, spent = cx->spent;
    cx->budget = 0;
    enum plx_answer answer = poll_first(self, cx, out);
    cx->budget = budget;
    cx->spent = spent;
    return answer;
}

#define PLX_UNCONSTRAINED(T, A)                                                                              \
    typedef A##_env T##_env;                                                                                 \
    PLX__ITEM_AS(T, A)                                                                                       \
    typedef struct T {                                                                                       \
        A first;                                                                                             \
    } T;                                                                                                     \
    PLX__SHAPE_1(T, "unconstrained", #T, A)                                                                  \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        return (T){.first = A##_new(env)};                                                                   \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        return plx_unconstrained_poll(self, T##__poll_first, cx, out);                                       \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        T##__drop_first(self);                                                                               \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
