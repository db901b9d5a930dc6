/* SPDX-License-Identifier: MIT
 *
 * plx_readiness: see readiness.h.
 */
#include "lib/reactor/readiness.h"

PLX_LEAF_DEFINE(plx_readiness)

enum plx_answer plx_readiness_poll(plx_readiness *self, plx_context *cx, plx_readiness_item *out)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    enum plx_answer answer = plx_poll_evented_ready_among(self->source, cx, self->direction, &self->waiter,
                                                          &out->seen);
    if (answer == PLX_READY)
        plx_budget_spend(cx);
    else if (answer == PLX_NOT_READY)
        plx_detail(cx, "until it is %s", self->direction == PLX_READ ? "readable" : "writable");
    return answer;
}

void plx_readiness_drop(plx_readiness *self)
{
    plx_io_waiter_end(&self->waiter);
}
