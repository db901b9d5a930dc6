/* SPDX-License-Identifier: MIT
 *
 * plx_consume_budget: see budget.h.
 */
#include "lib/task/budget.h"

PLX_LEAF_DEFINE(plx_consume_budget)

enum plx_answer plx_consume_budget_poll(plx_consume_budget *self, plx_context *cx, plx_unit *out)
{
    (void)self;
    *out = (plx_unit){0};
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    plx_budget_spend(cx);
    return PLX_READY;
}

void plx_consume_budget_drop(plx_consume_budget *self)
{
    (void)self;
}
