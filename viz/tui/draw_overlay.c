/* SPDX-License-Identifier: MIT
 *
 * What lies over the panels when asked for: the list of keys, and the list of what is odd in the recording.
 */
#include "viz/tui/cells.h"
#include "viz/tui/draw.h"

#include <stdio.h>

#define LABEL_W 14

/* The last line stays with the keys. */
static int rows_for_overlay(const struct plx_canvas *canvas)
{
    return plx__most(1, canvas->h - (canvas->h >= PLX_LAYOUT_MIN_H ? 1 : 0));
}

static struct plx_area window(struct plx_canvas *canvas, int w, int h, const char *title, const char *note)
{
    w = plx__least(w, canvas->w);
    h = plx__least(h, rows_for_overlay(canvas));
    struct plx_area area = {(canvas->w - w) / 2, (rows_for_overlay(canvas) - h) / 2, w, h};
    plx_canvas_blank(canvas, area);
    plx_canvas_box(canvas, area, PLX_BORDER_THIN,
                   plx_style_with(PLX_INK_SIGN + (int)PLX_SIGN_POLL, PLX_LOOK_RULE));
    char text[64];
    snprintf(text, sizeof text, " %s ", title);
    plx_canvas_fit(canvas, area.x + 2, area.y, w - 4, PLX_FIT_END, plx_style(PLX_INK_STRONG), text);
    snprintf(text, sizeof text, " %s ", note);
    plx_canvas_fit(canvas, area.x + 2, area.y + h - 1, w - 4, PLX_FIT_RIGHT, plx_style(PLX_INK_FAINT), text);
    return (struct plx_area){area.x + 2, area.y + 1, plx__most(0, w - 4), plx__most(0, h - 2)};
}

/* In two columns when the list is too long for one and the screen is wide enough. */
static void draw_help(struct plx_canvas *canvas, const struct plx_frame *frame)
{
    int count = (int)frame->helps, room = rows_for_overlay(canvas) - 2;
    int columns = count > room && canvas->w >= 76 ? 2 : 1, rows = (count + columns - 1) / columns;
    int column_w = columns == 2 ? plx__least(58, (canvas->w - 4) / 2) : plx__least(62, canvas->w - 4);
    int top = plx__most(0, plx__least(frame->overlay_top, rows - room));
    struct plx_area in = window(canvas, columns * column_w + 4, rows + 2, "Keys",
                                rows > room ? "↓ more   any other key: back" : "any key: back");
    struct plx_area clip = plx_canvas_clip(canvas, in);
    for (int i = 0; i < count; i++) {
        int x = in.x + 1 + i / rows * column_w, y = in.y + i % rows - top;
        if (y < in.y || y >= in.y + in.h)
            continue;
        plx_canvas_fit(canvas, x, y, LABEL_W, PLX_FIT_END, plx_style(PLX_INK_STRONG), frame->help[i].label);
        plx_canvas_fit(canvas, x + LABEL_W, y, column_w - LABEL_W - 2, PLX_FIT_END, plx_style(PLX_INK_TEXT),
                       frame->help[i].what);
    }
    plx_canvas_unclip(canvas, clip);
}

static void draw_issue(struct plx_canvas *canvas, struct plx_area in, int *y, const struct plx_issue *issue)
{
    char line[512];
    const char *rest = issue->text;
    if (issue->line > 0)
        plx_canvas_printf(canvas, in.x, *y, plx_style(PLX_INK_FAINT), "line %6zu", issue->line);
    do {
        rest = plx_cells_line(rest, plx__most(1, in.w - 13), line, sizeof line);
        plx_canvas_text(canvas, in.x + 13, (*y)++, plx_style(PLX_INK_TEXT), line);
    } while (*rest != '\0' && *y < in.y + in.h);
}

static int issue_rows(const struct plx_issue *issue, int cells)
{
    char line[512];
    int rows = 0;
    for (const char *rest = issue->text; rows == 0 || *rest != '\0'; rows++)
        rest = plx_cells_line(rest, plx__most(1, cells - 13), line, sizeof line);
    return rows;
}

static void draw_issues(struct plx_canvas *canvas, const struct plx_frame *frame)
{
    int count = plx__least(100000, (int)frame->issues), top = plx__least(frame->overlay_top, count - 1);
    int w = plx__least(canvas->w - 2, 96), room = rows_for_overlay(canvas) - 2, rows = count == 0;
    for (int i = 0; i < count && rows <= room; i++)
        rows += issue_rows(frame->issue[i], w - 4);
    struct plx_area in = window(canvas, w, rows + 2, "What is odd in this recording",
                                rows > room ? "↓ more   any other key: back" : "any key: back");
    struct plx_area clip = plx_canvas_clip(canvas, in);
    if (count == 0)
        plx_canvas_text(canvas, in.x, in.y, plx_style(PLX_INK_TEXT), "Nothing.");
    for (int i = plx__most(0, top), y = in.y; i < count && y < in.y + in.h; i++)
        draw_issue(canvas, in, &y, frame->issue[i]);
    plx_canvas_unclip(canvas, clip);
}

void plx__draw_overlay(struct plx_canvas *canvas, const struct plx_frame *frame)
{
    if (frame->overlay == PLX_OVERLAY_HELP)
        draw_help(canvas, frame);
    else if (frame->overlay == PLX_OVERLAY_ISSUES)
        draw_issues(canvas, frame);
}
