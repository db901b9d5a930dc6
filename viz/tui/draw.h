/* SPDX-License-Identifier: MIT
 *
 * The parts of a frame, for viz/tui only: each draws one panel into its area, and nothing outside of it.
 */
#ifndef PLX_TUI_DRAW_H
#define PLX_TUI_DRAW_H

#include "viz/tui/frame.h"
#include "viz/tui/layout.h"

void plx__draw_title(struct plx_canvas *canvas, struct plx_area area, const struct plx_frame *frame);
int plx__draw_chain(struct plx_canvas *canvas, struct plx_area area, const struct plx_view_chain *chain,
                    bool followed);
void plx__draw_scheduler(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view);
void plx__draw_strip(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view);
void plx__draw_reactor(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view);
void plx__draw_story(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view,
                     bool with_why);
void plx__draw_why(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view);
void plx__draw_log(struct plx_canvas *canvas, const struct plx_layout *layout, const struct plx_view *view);
void plx__draw_keys(struct plx_canvas *canvas, const struct plx_layout *layout,
                    const struct plx_frame *frame);
void plx__draw_overlay(struct plx_canvas *canvas, const struct plx_frame *frame);

/* A panel's border with its title, and a note at the right that gives way to the title. Low areas get a
 * rule on top alone. Returns the area within. */
struct plx_area plx__draw_panel(struct plx_canvas *canvas, struct plx_area area, const char *title,
                                struct plx_style note_style, const char *note);

/* "▶ poll" and the like, from column x on; returns the column behind. */
int plx__draw_sign(struct plx_canvas *canvas, int x, int y, int cells, enum plx_sign sign, int look,
                   const char *word);

/* The first of `count` rows to show when only `rows` have room and row `at` must be seen: moves by half
 * pages, so that it stands still while one steps near by. */
int plx__first_row(int count, int rows, int at);

static inline struct plx_style plx__ink(enum plx_sign sign)
{
    return plx_style(PLX_INK_SIGN + (int)sign);
}

static inline int plx__least(int a, int b)
{
    return a < b ? a : b;
}

static inline int plx__most(int a, int b)
{
    return a > b ? a : b;
}

#endif
