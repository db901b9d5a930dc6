/* SPDX-License-Identifier: MIT
 *
 * The log: the events around this one, which stands on the same row of the panel as far as the log allows.
 */
#include "viz/tui/draw.h"

#include <stdio.h>

static int digits(size_t n)
{
    int count = 1;
    for (; n >= 10; n /= 10)
        count++;
    return count;
}

static void draw_line(struct plx_canvas *canvas, struct plx_area at, const struct plx_view_line *line,
                      int number_w, int order)
{
    int end = at.x + at.w - 1, x = at.x + 3, verb_w = at.w >= 60 ? 16 : 12, who_w = at.w >= 60 ? 8 : 4;
    int ink = order > 0 ? PLX_INK_FAINT : order == 0 ? PLX_INK_STRONG : PLX_INK_TEXT;
    char number[24];
    if (order == 0)
        plx_canvas_text(canvas, at.x + 1, at.y,
                        plx_style_with(PLX_INK_SIGN + (int)PLX_SIGN_POLL, PLX_LOOK_BOLD), "▶");
    snprintf(number, sizeof number, "%zu", line->event);
    plx_canvas_fit(canvas, x, at.y, number_w, PLX_FIT_RIGHT, plx_style(order == 0 ? ink : PLX_INK_FAINT),
                   number);
    x += number_w + 2;
    plx_canvas_fit(canvas, x, at.y, plx__least(who_w, end - x), PLX_FIT_MIDDLE, plx_style(PLX_INK_FAINT),
                   line->who);
    x += who_w + 1;
    struct plx_style verb = order > 0 ? plx_style(ink) : plx__ink(line->sign);
    plx_canvas_fit(canvas, x, at.y, plx__least(verb_w, end - x), PLX_FIT_MIDDLE, verb, line->verb);
    x += verb_w + 1;
    plx_canvas_fit(canvas, x, at.y, end - x, PLX_FIT_END, plx_style(ink), line->text);
    if (order == 0)
        plx_canvas_light(canvas, (struct plx_area){at.x, at.y, at.w, 1});
}

void plx__draw_log(struct plx_canvas *canvas, const struct plx_layout *layout, const struct plx_view *view)
{
    struct plx_area in = plx__draw_panel(canvas, layout->log, "Log", plx_style(PLX_INK_FAINT), "");
    struct plx_area clip = plx_canvas_clip(canvas, in);
    int number_w = digits(view->events), first = plx__most(0, view->log_at - plx_layout_log_at(layout));
    for (int i = first; i < view->log_count && i - first < in.h; i++) {
        int order = view->log_at < 0 || i > view->log_at ? 1 : i == view->log_at ? 0 : -1;
        draw_line(canvas, (struct plx_area){in.x, in.y + i - first, in.w, 1}, &view->log[i], number_w, order);
    }
    plx_canvas_unclip(canvas, clip);
}
