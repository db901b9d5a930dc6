/* SPDX-License-Identifier: MIT
 *
 * The boxed future: see boxed.h.
 */
#include "lib/future/boxed.h"

#include <errno.h>
#include <stdlib.h>

PLX_COLD void plx__box_refuse(const struct plx_future_ops *ops, void *future)
{
    plx__drop_unnumbered(ops, future);
}

/* A task's shape says nothing of what is in a box. When it is first polled the inside is given the next free
 * numbers of the task, and the trace is told (graft). */
static void number_inside(struct plx_box *box, plx_context *cx)
{
    box->first = cx->next_future;
    cx->next_future += box->ops->shape->nodes;
    plx_trace(graft, .task = cx->task, .future = cx->future, .shape = box->ops->shape, .first = box->first);
}

enum plx_answer plx__box_poll_watched(struct plx_box *box, plx_context *cx, void *out)
{
    if (!box->ops)
        return plx_fail(cx, -ENOMEM);
    if (plx_trace_on() && !box->first)
        number_inside(box, cx);
    return box->ops->poll(box->future, cx, box->first - cx->future, out);
}

void plx__box_drop(struct plx_box *box)
{
    if (!box->ops)
        return;
    plx_context *cx = plx__context_current();
    if (cx && box->first)
        box->ops->drop(box->future, box->first - cx->future);
    else
        plx__drop_unnumbered(box->ops, box->future);
    free(box->future);
    box->ops = NULL;
    box->future = NULL;
}
