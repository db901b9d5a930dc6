/* SPDX-License-Identifier: MIT
 *
 * Which rows a chain's panel has, see chain_rows.h. The form depends on the chain's shape and on the panel's
 * size alone, so that stepping through a poll moves nothing; only folding follows the poll.
 */
#include "viz/tui/chain_rows.h"

#include "viz/tui/draw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_W 26 /* columns that the innermost box needs for its name and its state */
#define EASY_W 40 /* … and that it needs to look well */

bool plx_chain_has_parts(const struct plx_view_chain *chain, int box)
{
    return box + 1 < chain->count && chain->boxes[box + 1].depth > chain->boxes[box].depth;
}

/* The box of the event; without one the innermost that is being polled, or that waits. */
static int focus_of(const struct plx_view_chain *chain)
{
    int focus = chain->count > 0 ? 0 : -1;
    bool on_path = false;
    for (int i = 0; i < chain->count; i++) {
        if (chain->boxes[i].current)
            return i;
        if (chain->boxes[i].on_path)
            on_path = true;
        if (chain->boxes[i].on_path || (!on_path && chain->boxes[i].sign == PLX_SIGN_NOT_READY))
            focus = i;
    }
    return focus;
}

static void add(struct plx_chain_rows *rows, int box, enum plx_chain_part part)
{
    rows->all[rows->count++] = (struct plx_chain_row){box, part, false};
}

static void add_leaf(struct plx_chain_rows *rows, int box)
{
    if (rows->form == PLX_CHAIN_ROOMY)
        add(rows, box, PLX_PART_LEAF_TOP);
    add(rows, box, PLX_PART_LEAF);
    if (rows->form == PLX_CHAIN_ROOMY)
        add(rows, box, PLX_PART_LEAF_BOTTOM);
}

/* Adds the bottoms of the boxes that end with box i, the inner ones first. */
static void add_bottoms(struct plx_chain_rows *rows, const struct plx_view_chain *chain, int first, int i,
                        int next)
{
    for (int p = chain->boxes[i].parent; p >= first && chain->boxes[p].depth >= next;
         p = chain->boxes[p].parent)
        add(rows, p, PLX_PART_BOTTOM);
}

/* The rows of boxes first … end-1, a whole subtree. */
static void fill(struct plx_chain_rows *rows, const struct plx_view_chain *chain, int first, int end)
{
    rows->count = 0;
    for (int i = first; i < end; i++) {
        if (plx_chain_has_parts(chain, i))
            add(rows, i, PLX_PART_TOP);
        else
            add_leaf(rows, i);
        if (rows->form != PLX_CHAIN_BRACKETS)
            add_bottoms(rows, chain, first, i, i + 1 < end ? chain->boxes[i + 1].depth : -1);
        else if (i > first && (i + 1 == end || chain->boxes[i + 1].depth < chain->boxes[i].depth))
            rows->all[rows->count - 1].last = true;
    }
}

static int end_of(const struct plx_view_chain *chain, int box)
{
    int end = box + 1;
    while (end < chain->count && chain->boxes[end].depth > chain->boxes[box].depth)
        end++;
    return end;
}

static int deepest(const struct plx_view_chain *chain)
{
    int depth = 0;
    for (int i = 0; i < chain->count; i++)
        depth = plx__most(depth, chain->boxes[i].depth);
    return depth;
}

/* In brackets a chain may still be too deep: then the boxes around are left out, as many as it takes to give
 * the focus room for its name. */
static void fold_outer(struct plx_chain_rows *rows, const struct plx_view_chain *chain, int w)
{
    int room = plx__most(1, (w - NAME_W) / 2), root = rows->focus;
    rows->base = plx__most(0, chain->boxes[rows->focus].depth - room);
    rows->max_depth = rows->base + room;
    while (root > 0 && chain->boxes[root].depth > rows->base)
        root = chain->boxes[root].parent;
    fill(rows, chain, root, end_of(chain, root));
    rows->outer = rows->base;
}

/* Which rows to show: from the first on as long as the focus is among them, else by half pages. A line
 * above tells of what is folded away there, and a line below likewise. */
static int choose_rows(struct plx_chain_rows *rows, int all, int at, int h)
{
    int from_top = plx__most(1, h - 1 - (rows->outer > 0 ? 1 : 0));
    rows->count = from_top;
    if (at < from_top)
        return 0;
    int between = plx__most(1, h - 2), first = plx__first_row(all, between, at);
    bool to_end = all - first <= plx__most(1, h - 1);
    rows->count = to_end ? all - first : between;
    return first;
}

static void fold_rows(struct plx_chain_rows *rows, const struct plx_view_chain *chain, int h)
{
    int at = 0, all = rows->count;
    while (at < all - 1 && rows->all[at].box != rows->focus)
        at++;
    if (all <= plx__most(1, h - (rows->outer > 0 ? 1 : 0)))
        return;
    int first = choose_rows(rows, all, at, h);
    for (int i = first - 1, around = chain->boxes[rows->all[first].box].parent; i >= 0; i--) {
        bool outer = rows->all[i].box == around;
        rows->outer += outer;
        rows->before += !outer;
        around = outer ? chain->boxes[around].parent : around;
    }
    rows->row = rows->all + first;
    rows->after = all - first - rows->count;
}

/* One more row than needed tells that the form does not fit. */
static bool fits(struct plx_chain_rows *rows, const struct plx_view_chain *chain, enum plx_chain_form form,
                 int w, int h)
{
    rows->form = form;
    rows->base = 0;
    rows->max_depth = deepest(chain);
    fill(rows, chain, 0, chain->count);
    rows->right_step = form == PLX_CHAIN_BRACKETS ? 0 : w - 4 * rows->max_depth >= EASY_W ? 2 : 1;
    return rows->count <= h && w - (2 + rows->right_step) * rows->max_depth >= NAME_W;
}

int plx_chain_rows_make(const struct plx_view_chain *chain, int w, int h, struct plx_chain_rows *rows)
{
    *rows = (struct plx_chain_rows){.focus = focus_of(chain)};
    if (chain->count <= 0)
        return 0;
    rows->all = malloc((size_t)chain->count * 3 * sizeof *rows->all);
    if (rows->all == NULL)
        return -ENOMEM;
    rows->row = rows->all;
    if (fits(rows, chain, PLX_CHAIN_ROOMY, w, h) || fits(rows, chain, PLX_CHAIN_BOXES, w, h) ||
        fits(rows, chain, PLX_CHAIN_BRACKETS, w, h))
        return 0;
    fold_outer(rows, chain, w);
    fold_rows(rows, chain, h);
    return 0;
}

void plx_chain_rows_done(struct plx_chain_rows *rows)
{
    free(rows->all);
    memset(rows, 0, sizeof *rows);
}
