/* SPDX-License-Identifier: MIT
 *
 * A painter: the few verbs in which the stage is drawn. The window, pictures and the browser's canvas
 * each bring one; the stage knows nothing of how they do it.
 *
 * Lengths are in pixels of the surface, x to the right and y down, and may have fractions: a painter that
 * has whole pixels rounds edges, so that things that touch still touch. Text stands on a baseline, as in SVG
 * and on a canvas. Later calls draw over earlier ones.
 */
#ifndef PLX_STAGE_PAINTER_H
#define PLX_STAGE_PAINTER_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t plx_colour; /* 0xAARRGGBB; alpha 0 draws nothing */

struct plx_rect {
    float x, y, w, h;
};

/* A box with round corners: `fill` within, a border `line` of `width` pixels inside its edge. */
struct plx_box {
    struct plx_rect at;
    float radius;
    plx_colour fill, line;
    float width;
    bool dashed;
};

/* Text of one size and weight. Sizes are heights of an em, in pixels. */
struct plx_type {
    float size;
    bool bold;
    plx_colour colour;
};

struct plx_painter {
    void (*box)(struct plx_painter *painter, const struct plx_box *box);
    /* From (x0, y0) to (x1, y1), with round ends; dotted: as dots of `width` across. */
    void (*line)(struct plx_painter *painter, float x0, float y0, float x1, float y1, float width,
                 plx_colour colour, bool dotted);
    /* A filled arrow head with its tip at (x, y), which points along (dx, dy), a unit vector. */
    void (*arrow)(struct plx_painter *painter, float x, float y, float dx, float dy, float size,
                  plx_colour colour);
    /* A ring of `width` inside the radius, or a disc when `width` is 0. */
    void (*circle)(struct plx_painter *painter, float x, float y, float radius, float width,
                   plx_colour colour);
    /* `x` is the left edge, `y` the baseline. UTF-8 on one line, without control characters. */
    void (*text)(struct plx_painter *painter, float x, float y, const struct plx_type *type,
                 const char *text);
    float (*text_width)(struct plx_painter *painter, const struct plx_type *type, const char *text);
    /* Nothing is drawn outside *rect until the next clip; NULL lifts it. Clips do not nest. */
    void (*clip)(struct plx_painter *painter, const struct plx_rect *rect);
};

#endif
