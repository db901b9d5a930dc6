/* SPDX-License-Identifier: MIT
 *
 * How a file operation is polled: see op.h.
 */
#include "lib/fs/op.h"

#include "lib/future/combine.h"

#include <string.h>

/* Of a long path the end says more than the beginning: "…/notes.txt". */
static void label(plx_context *cx, const char *path)
{
    const char *name = strlen(path) < PLX_TEXT_MAX ? NULL : strrchr(path, '/');
    plx_label(cx, "%s%s", name && name > path ? "…" : "", name && name > path ? name : path);
}

/* The section may be waited for in many polls, so what is said once is said before the first. */
static void begin(struct plx_fs_op *op, plx_context *cx)
{
    if (!op->begun && op->path)
        label(cx, op->path);
    op->begun = true;
}

/* A piece was done and more is to come: like every yield this lets the others go first. */
static enum plx_answer go_on_later(plx_context *cx)
{
    plx_detail(cx, "in pieces");
    plx_context_yield(cx);
    return PLX_NOT_READY;
}

/* On a thread of the blocking pool, or inside of another section, it keeps nobody waiting: it goes on to the
 * end. */
static int run_in(bool nested, int (*run)(void *self, void *out), void *self, void *out)
{
    int result;
    do
        result = run(self, out);
    while (nested && result == PLX__FS_MORE);
    return result;
}

enum plx_answer plx__fs_poll(struct plx_fs_op *op, plx_context *cx, const struct plx_shape *shape,
                             int (*run)(void *self, void *out), void *self, void *out)
{
    const bool nested = cx->may_block;
    if (plx_unlikely(op->ended))
        return plx_polled_after_end(cx, shape);
    begin(op, cx);
    if (!nested && !plx_budget_left(cx))
        return PLX_NOT_READY;
    enum plx_answer answer = plx_blocking_enter(cx, &op->section);
    if (answer != PLX_READY)
        return answer;
    int result = run_in(nested, run, self, out);
    plx_blocking_leave(cx, &op->section);
    plx_budget_spend(cx);
    if (result == PLX__FS_MORE)
        return go_on_later(cx);
    op->ended = true;
    if (result == 0)
        return PLX_READY;
    cx->error = (struct plx_error){result, shape->at};
    return PLX_FAILED;
}
