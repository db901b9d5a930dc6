/* SPDX-License-Identifier: MIT
 *
 * The whole frame, see frame.h: lays it out and has each part drawn.
 */
#include "viz/tui/frame.h"

#include "viz/tui/cells.h"
#include "viz/tui/draw.h"

#include <stdio.h>

static bool shown(struct plx_area area)
{
    return area.w > 0 && area.h > 0;
}

/* On a screen too small for panels the sentence still tells what happens. */
static void draw_small(const struct plx_frame *frame, struct plx_canvas *canvas)
{
    char line[512];
    const char *rest = frame->view->sentence;
    for (int y = 0; y < canvas->h - 1 && *rest != '\0'; y++) {
        rest = plx_cells_line(rest, canvas->w, line, sizeof line);
        plx_canvas_text(canvas, 0, y, plx_style(PLX_INK_TEXT), line);
    }
    snprintf(line, sizeof line, "%d×%d of %d×%d", canvas->w, canvas->h, PLX_LAYOUT_MIN_W, PLX_LAYOUT_MIN_H);
    plx_canvas_fit(canvas, 0, canvas->h - 1, canvas->w, PLX_FIT_END, plx_style(PLX_INK_FAINT),
                   canvas->w >= 24 ? "needs 40×12, q quits" : line);
}

static int draw_panels(const struct plx_frame *frame, struct plx_canvas *canvas,
                       const struct plx_layout *layout)
{
    const struct plx_view *view = frame->view;
    int result = 0;
    plx__draw_title(canvas, layout->title, frame);
    if (shown(layout->chain))
        result = plx__draw_chain(canvas, layout->chain, &view->chain, frame->follow != 0);
    if (shown(layout->scheduler))
        plx__draw_scheduler(canvas, layout->scheduler, view);
    if (shown(layout->reactor))
        plx__draw_reactor(canvas, layout->reactor, view);
    if (shown(layout->strip))
        plx__draw_strip(canvas, layout->strip, view);
    plx__draw_story(canvas, layout->story, view, !shown(layout->why));
    if (shown(layout->log))
        plx__draw_log(canvas, layout, view);
    if (shown(layout->why))
        plx__draw_why(canvas, layout->why, view);
    return result;
}

int plx_frame_draw(const struct plx_frame *frame, struct plx_canvas *canvas)
{
    struct plx_layout layout = plx_layout_make(canvas->w, canvas->h, frame->panel, frame->why_wide,
                                               frame->view->workers);
    int result = 0;
    plx_canvas_clear(canvas);
    if (layout.too_small)
        draw_small(frame, canvas);
    else
        result = draw_panels(frame, canvas, &layout);
    plx__draw_overlay(canvas, frame);
    if (!layout.too_small)
        plx__draw_keys(canvas, &layout, frame);
    return result;
}

void plx_frame_log(int w, int h, enum plx_panel panel, bool why_wide, int *before, int *after)
{
    struct plx_layout layout = plx_layout_make(w, h, panel, why_wide,
                                               1); /* the log does not depend on workers */
    int lines = plx_layout_log_lines(&layout);
    *before = plx_layout_log_at(&layout);
    *after = lines; /* near the start more lines come after than before */
}
