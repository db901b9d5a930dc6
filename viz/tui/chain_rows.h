/* SPDX-License-Identifier: MIT
 *
 * A chain laid out in rows for a panel of a given size.
 *
 * Futures with parts are boxes, leaves are lines. What does not fit as it should is drawn more and more
 * plainly: leaves lose their boxes, boxes lose their bottoms (brackets), and at last the outer boxes and
 * what is far from the box that one looks at are folded away.
 */
#ifndef PLX_CHAIN_ROWS_H
#define PLX_CHAIN_ROWS_H

#include "viz/view/view.h"

enum plx_chain_form {
    PLX_CHAIN_ROOMY,    /* leaves have boxes of their own */
    PLX_CHAIN_BOXES,    /* leaves are lines */
    PLX_CHAIN_BRACKETS, /* a line each, with brackets at the left */
};

enum plx_chain_part { PLX_PART_TOP, PLX_PART_LEAF, PLX_PART_BOTTOM, PLX_PART_LEAF_TOP, PLX_PART_LEAF_BOTTOM };

struct plx_chain_row {
    int box; /* index into the chain's boxes */
    enum plx_chain_part part;
    bool last; /* in brackets: the last row within the box around it */
};

struct plx_chain_rows {
    enum plx_chain_form form;
    int right_step;           /* columns at the right by which a box is narrower than the one around it */
    int base;                 /* depth that is drawn at the left edge */
    int max_depth;            /* deeper ones are drawn at this depth */
    int focus;                /* the box that one looks at, -1 when there is none */
    int outer, before, after; /* folded away: boxes around, rows before and after */
    int count;                /* rows to draw */
    const struct plx_chain_row *row;
    struct plx_chain_row *all; /* owner */
};

/* 0 or -ENOMEM. Freed with plx_chain_rows_done. */
int plx_chain_rows_make(const struct plx_view_chain *chain, int w, int h, struct plx_chain_rows *rows);
void plx_chain_rows_done(struct plx_chain_rows *rows);

/* Has this box parts? */
bool plx_chain_has_parts(const struct plx_view_chain *chain, int box);

#endif
