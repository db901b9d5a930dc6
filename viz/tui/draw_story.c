/* SPDX-License-Identifier: MIT
 *
 * The story of the event: the sentence, and the walk back to its cause as a line or as a panel.
 */
#include "viz/tui/cells.h"
#include "viz/tui/draw.h"
#include "viz/view/sign.h"

#include <stdio.h>

/* The steps that fit into the line: the first, and as many of the last as there is room for. Returns the
 * index at which the last ones begin; 1 means that nothing is left out. */
static int last_steps(const struct plx_view *view, int cells)
{
    char text[512];
    int from = view->whys, used = 0;
    while (from > 0) {
        const struct plx_view_step *step = &view->why[from - 1];
        snprintf(text, sizeof text, "%s (%zu)", step->text, step->event);
        used += plx_cells_width(text) + 3;
        if (used > cells && from < view->whys)
            break;
        from--;
    }
    return from;
}

static int draw_step(struct plx_canvas *canvas, int x, int y, int end, const struct plx_view_step *step,
                     bool first)
{
    char text[512];
    if (!first)
        x = plx_canvas_fit(canvas, x, y, end - x, PLX_FIT_END, plx_style(PLX_INK_FAINT), " → ");
    x = plx_canvas_fit(canvas, x, y, end - x, PLX_FIT_END, plx__ink(step->sign), step->text);
    snprintf(text, sizeof text, " (%zu)", step->event);
    return plx_canvas_fit(canvas, x, y, end - x, PLX_FIT_END, plx_style(PLX_INK_FAINT), text);
}

static void draw_why_line(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view)
{
    int end = area.x + area.w - 1,
        x = plx_canvas_text(canvas, area.x + 1, area.y, plx_style(PLX_INK_FAINT), "why  ");
    if (view->whys == 0) {
        plx_canvas_text(canvas, x, area.y, plx_style(PLX_INK_FAINT), "–");
        return;
    }
    int from = last_steps(view, end - x - 4);
    if (from > 0)
        x = plx_canvas_text(canvas, x, area.y, plx_style(PLX_INK_FAINT), "…");
    for (int i = from; i < view->whys; i++)
        x = draw_step(canvas, x, area.y, end, &view->why[i], i == 0);
}

void plx__draw_story(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view,
                     bool with_why)
{
    struct plx_area clip = plx_canvas_clip(canvas, area);
    char line[1024];
    const char *rest = view->sentence;
    int lines = with_why && area.h > 2 ? area.h - 1 : area.h, y = 0;
    for (; y < lines && *rest != '\0'; y++) {
        if (y == lines - 1) /* what does not fit on the last line loses its end */
            plx_cells_end(rest, area.w - 2, line, sizeof line);
        const char *next = y == lines - 1 ? "" : plx_cells_line(rest, area.w - 2, line, sizeof line);
        plx_canvas_text(canvas, area.x + 1, area.y + y, plx_style(PLX_INK_STRONG), line);
        rest = next;
    }
    if (with_why && y < area.h)
        draw_why_line(canvas, (struct plx_area){area.x, area.y + area.h - 1, area.w, 1}, view);
    plx_canvas_unclip(canvas, clip);
}

static void draw_why_row(struct plx_canvas *canvas, struct plx_area in, int y,
                         const struct plx_view_step *step, bool last)
{
    int x = plx_canvas_printf(canvas, in.x + 1, y, plx_style(PLX_INK_FAINT), "%6zu  ", step->event);
    plx__draw_sign(canvas, x, y, in.x + in.w - 1 - x, step->sign, last ? PLX_LOOK_BOLD : 0, step->text);
}

static int step_width(const struct plx_view_step *step)
{
    char text[512];
    snprintf(text, sizeof text, "%s (%zu)", step->text, step->event);
    return plx_cells_width(text);
}

/* All steps one after the other over several lines, for a panel with fewer lines than steps. Steps that do
 * not fit even so are left out at the front. */
static void draw_why_flow(struct plx_canvas *canvas, struct plx_area in, const struct plx_view *view)
{
    int left = in.x + 1, end = in.x + in.w - 1, x = left, y = in.y;
    int from = last_steps(view, (in.w - 2) * in.h - in.h * 12); /* a line may end early, by part of a step */
    if (from > 0)
        x = plx_canvas_text(canvas, x, y, plx_style(PLX_INK_FAINT), "… → ");
    for (int i = from; i < view->whys && y < in.y + in.h; i++) {
        const struct plx_view_step *step = &view->why[i];
        if (x > left && x + step_width(step) > end) {
            x = left;
            y++;
        }
        x = draw_step(canvas, x, y, end, step, true);
        if (i + 1 < view->whys)
            x = plx_canvas_text(canvas, x, y, plx_style(PLX_INK_FAINT), " → ");
    }
}

/* The oldest cause on top. What does not fit is left out after the first, which is where it all came from. */
void plx__draw_why(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view)
{
    struct plx_area in = plx__draw_panel(canvas, area, "Why", plx_style(PLX_INK_FAINT), "");
    struct plx_area clip = plx_canvas_clip(canvas, in);
    int skip = plx__most(0, view->whys - in.h), y = in.y;
    if (skip > 0 && in.h < 6) {
        draw_why_flow(canvas, in, view);
        plx_canvas_unclip(canvas, clip);
        return;
    }
    for (int i = 0; i < view->whys && in.h > 0; i++) {
        if (skip > 0 && i == 1) {
            i += skip;
            plx_canvas_printf(canvas, in.x + 1, y++, plx_style(PLX_INK_FAINT), "     …  %d steps between",
                              skip + 1);
            continue;
        }
        draw_why_row(canvas, in, y++, &view->why[i], i == view->whys - 1);
    }
    if (view->whys == 0)
        plx_canvas_text(canvas, in.x + 1, in.y, plx_style(PLX_INK_FAINT), "nothing in the trace caused this");
    plx_canvas_unclip(canvas, clip);
}
