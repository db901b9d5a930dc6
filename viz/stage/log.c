/* SPDX-License-Identifier: MIT
 *
 * The log: the lines around this event, in columns. The event's own line stays at one height, so that the eye
 * need not search for it.
 */
#include "viz/stage/draw.h"

#include <stdio.h>

#include "viz/stage/text.h"

#define ROW 22

struct columns {
    float event; /* right edge */
    float who, verb, text, right;
};

static int most_cells(const char *text, int most, int limit)
{
    int cells = plx__text_cells(text);
    cells = cells < limit ? cells : limit;
    return cells > most ? cells : most;
}

/* Columns depend on the whole trace or on fixed widths where they can, lest they jump from event to event. */
static struct columns columns_of(const struct plx__stage *stage, struct plx_rect in)
{
    const struct plx_view *view = stage->view;
    float small = plx__advance(stage, PLX__SMALL), mark = plx__px(stage, 16);
    int digits = 3, who = 4; /* "main" */
    for (size_t n = view->events; n > 999; n /= 10)
        digits++;
    for (int i = 0; i < view->log_count; i++)
        who = most_cells(view->log[i].who, who, 8);
    struct columns at;
    at.event = in.x + mark + (float)digits * small;
    at.who = at.event + 2 * small;
    at.verb = at.who + (float)(who + 1) * small;
    at.text = at.verb + 13 * small;
    at.right = in.x + in.w;
    return at;
}

static void draw_line(struct plx__stage *stage, const struct plx_view_line *line, const struct columns *at,
                      float y, bool current)
{
    const struct plx__theme *theme = &stage->theme;
    float small = plx__advance(stage, PLX__SMALL);
    struct plx__ink ink = {current ? theme->ink[PLX_SIGN_POLL] : theme->text, PLX__SMALL, false};
    struct plx__ink faint = {current ? ink.colour : theme->faint, PLX__SMALL, false};
    plx__number(stage, at->event, y, faint, line->event);
    plx__text(stage, at->who, y, at->verb - at->who - small, faint, line->who);
    plx__text(stage, at->verb, y, at->text - at->verb - small, ink, line->verb);
    plx__text(stage, at->text, y, at->right - at->text, current ? ink : faint, line->text);
}

/* Behind the event's own line. */
static void draw_mark(struct plx__stage *stage, struct plx_rect at)
{
    float out = plx__px(stage, 8);
    plx_colour ink = stage->theme.ink[PLX_SIGN_POLL];
    plx__round_box(stage, (struct plx_rect){at.x - out, at.y, at.w + 2 * out, at.h}, 4,
                   plx__mix(stage->theme.panel, ink, 0.13f), 0, 0);
    plx__sign(stage, PLX_SIGN_POLL, at.x + plx__px(stage, 3), at.y + at.h / 2, plx__px(stage, 10), ink);
}

void plx__log_draw(struct plx__stage *stage, struct plx_rect at)
{
    const struct plx_view *view = stage->view;
    struct plx_rect in = plx__panel(stage, at, "LOG", "");
    struct columns columns = columns_of(stage, in);
    float row = plx__px(stage, ROW);
    int rows = (int)((in.h + plx__px(stage, 6)) / row), above = (rows - 1) * 2 / 3;
    int first = view->log_at - above; /* before the first event, log_at is -1 */
    if (first > view->log_count - rows)
        first = view->log_count - rows;
    if (first < 0)
        first = 0;
    for (int i = 0; i < rows && first + i < view->log_count; i++) {
        int index = first + i;
        float y = in.y + row * ((float)i + 0.5f);
        bool current = index == view->log_at;
        if (current)
            draw_mark(stage, (struct plx_rect){in.x, y - row / 2, in.w, row});
        draw_line(stage, &view->log[index], &columns, y, current);
    }
}
