/* SPDX-License-Identifier: MIT
 *
 * The characters of the frame on a terminal that has ASCII only, and the colours of the inks.
 */
#ifndef PLX_GLYPH_H
#define PLX_GLYPH_H

#include "viz/tui/canvas.h"

/* The ASCII character that stands for this cell, always of one column. */
char plx_glyph_ascii(const struct plx_cell *cell);

/* Horizontal, vertical or a corner of a border? Then its lines lead to these sides, or-ed; else 0. */
enum { PLX_SIDE_LEFT = 1, PLX_SIDE_RIGHT = 2, PLX_SIDE_UP = 4, PLX_SIDE_DOWN = 8 };
int plx_glyph_border(const struct plx_cell *cell);
bool plx_glyph_heavy(const struct plx_cell *cell); /* the border of the box that one looks at */

/* What a terminal does for a style. */
enum plx_attr { PLX_ATTR_BOLD = 1, PLX_ATTR_DIM = 2, PLX_ATTR_UNDERLINE = 4, PLX_ATTR_REVERSE = 8 };

#define PLX_COLOUR_DEFAULT (-1)

struct plx_paint {
    int fore, back; /* 0xRRGGBB, or PLX_COLOUR_DEFAULT for the terminal's own */
    int attrs;      /* enum plx_attr, or-ed */
};

/* With colour, and without. */
struct plx_paint plx_glyph_paint(struct plx_style style);
struct plx_paint plx_glyph_plain(struct plx_style style);

/* The nearest of the 240 fixed colours of a terminal with 256, and of the eight first ones. */
int plx_glyph_colour_256(int rgb);
int plx_glyph_colour_8(int rgb);

#endif
