/* SPDX-License-Identifier: MIT
 *
 * Where the panels of the terminal's screen stand: a pure function of its size, of the panel that was asked
 * for and of the number of workers. A panel of height 0 is not shown.
 *
 *     80×24                100×31               120×40 and more
 *     title                title                title
 *     chain                chain | scheduler    chain | scheduler
 *                                | reactor            | reactor
 *     strip of workers
 *     story                story                story
 *     log                  log                  log   | why
 *     keys                 keys                 keys
 */
#ifndef PLX_LAYOUT_H
#define PLX_LAYOUT_H

#include "viz/tui/canvas.h"
#include "viz/tui/player.h"

#define PLX_LAYOUT_MIN_W 40
#define PLX_LAYOUT_MIN_H 12
#define PLX_BOX_H        6 /* a lower panel has a rule on top instead of a box around it */

struct plx_layout {
    bool too_small; /* nothing but a message has room */
    struct plx_area title, chain, scheduler, reactor, strip, story, log, why, keys;
};

struct plx_layout plx_layout_make(int w, int h, enum plx_panel panel, bool why_wide, int workers);

/* The lines within the log's panel, and which of them, from 0, is the event's own. */
int plx_layout_log_lines(const struct plx_layout *layout);
int plx_layout_log_at(const struct plx_layout *layout);

#endif
