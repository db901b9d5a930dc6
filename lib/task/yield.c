/* SPDX-License-Identifier: MIT
 *
 * plx_yield: see yield.h.
 */
#include "lib/task/yield.h"

PLX_LEAF_DEFINE(plx_yield)

enum plx_answer plx_yield_poll(plx_yield *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (self->yielded)
        return PLX_READY;
    self->yielded = true;
    plx_context_yield(cx);
    return PLX_NOT_READY;
}

void plx_yield_drop(plx_yield *self)
{
    (void)self;
}
