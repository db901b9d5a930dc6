/* SPDX-License-Identifier: MIT
 *
 * The eight signs as drawings of lines and dots. Few monospaced fonts have all of ▶ … ✓ ✗ » and they differ
 * in size; drawn, they look the same everywhere and sit in the middle of the line.
 */
#include "viz/stage/draw.h"

struct pen {
    struct plx_painter *painter;
    float x, y, unit; /* the middle, and a twelfth of the size */
    plx_colour colour;
};

static void stroke(const struct pen *pen, float x0, float y0, float x1, float y1)
{
    pen->painter->line(pen->painter, pen->x + x0 * pen->unit, pen->y + y0 * pen->unit,
                       pen->x + x1 * pen->unit, pen->y + y1 * pen->unit, 1.8f * pen->unit, pen->colour,
                       false);
}

static void dot(const struct pen *pen, float x, float y, float radius)
{
    pen->painter->circle(pen->painter, pen->x + x * pen->unit, pen->y + y * pen->unit, radius * pen->unit, 0,
                         pen->colour);
}

static void chevrons(const struct pen *pen)
{
    for (float x = -4; x < 2; x += 4.5f) {
        stroke(pen, x, -3.5f, x + 3.5f, 0);
        stroke(pen, x + 3.5f, 0, x, 3.5f);
    }
}

static void dots(const struct pen *pen)
{
    for (int i = -1; i <= 1; i++)
        dot(pen, 4 * (float)i, 2.5f, 1.2f);
}

void plx__sign(struct plx__stage *stage, enum plx_sign sign, float x, float y, float size, plx_colour colour)
{
    struct pen pen = {stage->painter, x, y, size / 12, colour};
    switch (sign) {
    case PLX_SIGN_POLL:
        stage->painter->arrow(stage->painter, x + 5 * pen.unit, y, 1, 0, 9.5f * pen.unit, colour);
        break;
    case PLX_SIGN_NOT_READY:
        dots(&pen);
        break;
    case PLX_SIGN_READY:
        stroke(&pen, -4, 0.5f, -1.2f, 3.5f);
        stroke(&pen, -1.2f, 3.5f, 4.2f, -4);
        break;
    case PLX_SIGN_FAILED:
        stroke(&pen, -3.5f, -3.5f, 3.5f, 3.5f);
        stroke(&pen, -3.5f, 3.5f, 3.5f, -3.5f);
        break;
    case PLX_SIGN_NOTIFIED:
        stroke(&pen, 0, -4.5f, 0, 0.8f);
        dot(&pen, 0, 4.2f, 1.2f);
        break;
    case PLX_SIGN_STOLEN:
        chevrons(&pen);
        break;
    case PLX_SIGN_DROPPED:
        stroke(&pen, -3.5f, 0, 3.5f, 0);
        break;
    case PLX_SIGN_LATER:
    case PLX_SIGNS:
        dot(&pen, 0, 0, 1.4f);
        break;
    }
}
