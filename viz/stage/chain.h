/* SPDX-License-Identifier: MIT
 *
 * Where the boxes of the chain stand.
 *
 * A chain that is too tall for its panel first loses spacing; then boxes that the poll is not in close (their
 * insides are counted, not drawn); then siblings far from the poll become one row; and at last the outer
 * boxes fold away. What the event is about always stays.
 */
#ifndef PLX_STAGE_CHAIN_H
#define PLX_STAGE_CHAIN_H

#include "viz/stage/draw.h"

struct plx__chain_box {
    struct plx_rect at;
    float row; /* the middle line of its heading */
    float height, next;
    bool path; /* the event is about it, or something in it */
    bool shown;
    bool closed;  /* its insides are not drawn … */
    int inside;   /* … and there are so many */
    int children; /* of any kind, and those that are shown */
    int open;
    int more;    /* it stands for so many siblings, itself among them; 0 for a box of its own */
    bool elided; /* another sibling stands for it */
    int place;   /* which child of its parent it is, from 0 */
    int inward;  /* on the path: the child on the path, -1 at its end */
};

struct plx__chain {
    const struct plx_view_chain *view;
    struct plx__chain_box *box; /* as many as the view has */
    int top;                    /* the outermost box that is drawn … */
    int outside;                /* … and how many are folded away around it */
    int focus;                  /* the innermost box that the event is about, -1 for none */
    float row, gap, pad, indent;
};

/* Lays out for `at`. 0 or -ENOMEM; plx__chain_done frees. */
int plx__chain_layout(struct plx__chain *chain, const struct plx__stage *stage, struct plx_rect at);
void plx__chain_done(struct plx__chain *chain);

#endif
