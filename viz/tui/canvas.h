/* SPDX-License-Identifier: MIT
 *
 * A canvas: a grid of cells, each with a character and a style, in which the terminal's screen is composed.
 *
 * It knows no terminal. The player lays it on the screen (screen.h), `pollux view` prints it (print.h) and
 * the tests look into it. Whatever is drawn outside the clip is left out: no verb can write beyond the grid.
 *
 *     struct plx_canvas canvas;
 *     if (plx_canvas_init(&canvas, 80, 24) == 0) {
 *         plx_canvas_box(&canvas, (struct plx_area){0, 0, 80, 3}, PLX_BORDER_THIN, plx_style(PLX_INK_LINE));
 *         plx_canvas_text(&canvas, 2, 1, plx_style(PLX_INK_TEXT), "hello");
 *         plx_canvas_done(&canvas);
 *     }
 */
#ifndef PLX_CANVAS_H
#define PLX_CANVAS_H

#include "viz/view/view.h"

#include <stdbool.h>
#include <stdint.h>

struct plx_area {
    int x, y, w, h;
};

/* What a cell's colour stands for; the screen and the printer know how that looks. */
enum plx_ink {
    PLX_INK_TEXT,
    PLX_INK_STRONG, /* headings, the name that matters */
    PLX_INK_FAINT,
    PLX_INK_LINE, /* borders at rest */
    PLX_INK_SIGN, /* + enum plx_sign */
    PLX_INKS = PLX_INK_SIGN + PLX_SIGNS
};

enum plx_look {
    PLX_LOOK_BOLD = 1,
    PLX_LOOK_PILL = 2, /* dark text on the ink: the sign's word where it matters most */
    PLX_LOOK_LIT = 4,  /* on a ground of its own: the line that one looks at */
    PLX_LOOK_RULE = 8, /* a border: takes the ink, but no attribute, of a sign */
};

struct plx_style {
    uint8_t ink;  /* enum plx_ink */
    uint8_t look; /* enum plx_look, or-ed */
};

static inline struct plx_style plx_style(int ink)
{
    return (struct plx_style){.ink = (uint8_t)ink};
}

static inline struct plx_style plx_style_with(int ink, int look)
{
    return (struct plx_style){.ink = (uint8_t)ink, .look = (uint8_t)look};
}

#define PLX_CELL_BYTES 16

struct plx_cell {
    char text[PLX_CELL_BYTES]; /* one character with its marks, UTF-8, never empty unless width is 0 */
    uint8_t width;             /* 1 or 2; 0: the right half of the wide character before */
    struct plx_style style;
};

struct plx_canvas {
    int w, h;
    struct plx_area clip;
    struct plx_cell *cell; /* h rows of w */
};

enum plx_border { PLX_BORDER_THIN, PLX_BORDER_HEAVY, PLX_BORDER_DASHED };
enum plx_fit { PLX_FIT_END, PLX_FIT_MIDDLE, PLX_FIT_RIGHT /* at the right edge, loses its end */ };

/* Blank cells. 0, -EINVAL for a size below 1 or beyond 1000 each way, -ENOMEM. */
int plx_canvas_init(struct plx_canvas *canvas, int w, int h);
void plx_canvas_done(struct plx_canvas *canvas);
void plx_canvas_clear(struct plx_canvas *canvas); /* and lifts the clip */

/* Draws only within the area, and within the clip that there was. Returns that one, to be set again. */
struct plx_area plx_canvas_clip(struct plx_canvas *canvas, struct plx_area area);
void plx_canvas_unclip(struct plx_canvas *canvas, struct plx_area before);

/* NULL outside of the grid. */
const struct plx_cell *plx_canvas_at(const struct plx_canvas *canvas, int x, int y);

/* Both return the column behind what was, or would have been, drawn. */
int plx_canvas_text(struct plx_canvas *canvas, int x, int y, struct plx_style style, const char *text);
int plx_canvas_fit(struct plx_canvas *canvas, int x, int y, int cells, enum plx_fit fit,
                   struct plx_style style, const char *text);
int plx_canvas_printf(struct plx_canvas *canvas, int x, int y, struct plx_style style, const char *format,
                      ...) __attribute__((format(printf, 5, 6)));

void plx_canvas_hline(struct plx_canvas *canvas, int x, int y, int cells, enum plx_border border,
                      struct plx_style style);
void plx_canvas_vline(struct plx_canvas *canvas, int x, int y, int cells, enum plx_border border,
                      struct plx_style style);
void plx_canvas_box(struct plx_canvas *canvas, struct plx_area area, enum plx_border border,
                    struct plx_style style);
void plx_canvas_blank(struct plx_canvas *canvas, struct plx_area area);
void plx_canvas_light(struct plx_canvas *canvas,
                      struct plx_area area); /* adds PLX_LOOK_LIT to what is there */

#endif
