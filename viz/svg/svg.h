/* SPDX-License-Identifier: MIT
 *
 * A painter that writes SVG: pictures for documents and slides that stay sharp at any size.
 *
 * Text is in whatever monospaced typeface the reader has: a cell is taken to be 0.6 em wide, and every text
 * says its width, so that another typeface does not break the layout. The same view always gives the same
 * bytes.
 */
#ifndef PLX_SVG_H
#define PLX_SVG_H

#include "viz/stage/stage.h"

#include <stdio.h>

struct plx_svg {
    struct plx_painter painter; /* stands first */
    FILE *out;
    bool clipped;
};

/* Begins a picture of this size, with a title for those who do not see it; plx_svg_end ends it. 0 or a
 * negative errno. */
void plx_svg_begin(struct plx_svg *svg, FILE *out, float width, float height, const char *title);
int plx_svg_end(struct plx_svg *svg);

#endif
