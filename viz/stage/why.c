/* SPDX-License-Identifier: MIT
 *
 * The walk back to the cause: as chips in a row, the newest kept when there is no room for all, or as a list.
 */
#include "viz/stage/draw.h"

#include "viz/stage/text.h"

#define CHIP_PAD   9
#define CHIP_ARROW 22 /* the room between two chips */
#define LIST_ROW   22
#define CHIP_MOST  30 /* cells of a chip's text */

static bool has_sign(enum plx_sign sign)
{
    return sign != PLX_SIGN_LATER && sign != PLX_SIGN_DROPPED;
}

static float chip_width(const struct plx__stage *stage, const struct plx_view_step *step)
{
    int cells = plx__text_cells(step->text);
    cells = cells < CHIP_MOST ? cells : CHIP_MOST;
    return (float)cells * plx__advance(stage, PLX__SMALL) + plx__px(stage, 2 * CHIP_PAD) +
           (has_sign(step->sign) ? plx__px(stage, 16) : 0);
}

static void draw_chip(struct plx__stage *stage, const struct plx_view_step *step, struct plx_rect at)
{
    const struct plx__theme *theme = &stage->theme;
    bool sign = has_sign(step->sign);
    float x = at.x + plx__px(stage, CHIP_PAD), y = at.y + at.h / 2;
    plx__round_box(stage, at, 6, theme->raised, sign ? theme->ink[step->sign] : theme->line, sign ? 1.5f : 1);
    if (sign) {
        plx__sign(stage, step->sign, x + plx__px(stage, 5), y, plx__px(stage, 11), theme->ink[step->sign]);
        x += plx__px(stage, 16);
    }
    plx__text(stage, x, y, at.x + at.w - plx__px(stage, CHIP_PAD) - x,
              (struct plx__ink){theme->text, PLX__SMALL, false}, step->text);
}

static void draw_arrow(struct plx__stage *stage, float x, float y)
{
    float begin = x + plx__px(stage, 4), end = x + plx__px(stage, CHIP_ARROW - 4);
    struct plx_painter *painter = stage->painter;
    painter->line(painter, begin, y, end - plx__px(stage, 4), y, plx__px(stage, 1.5f), stage->theme.faint,
                  false);
    painter->arrow(painter, end, y, 1, 0, plx__px(stage, 7), stage->theme.faint);
}

/* The oldest step that still fits when all newer ones are shown, for the newest are nearest to the event. */
static int first_step(const struct plx__stage *stage, float room)
{
    int first = stage->view->whys;
    while (first > 0) {
        room -= chip_width(stage, &stage->view->why[first - 1]) + plx__px(stage, CHIP_ARROW);
        if (room < 0)
            break;
        first--;
    }
    return first;
}

void plx__why_draw(struct plx__stage *stage, struct plx_rect at)
{
    const struct plx_view *view = stage->view;
    if (view->whys == 0)
        return;
    struct plx__ink faint = {stage->theme.faint, PLX__BODY, false};
    float y = at.y + at.h / 2, x = at.x + plx__text(stage, at.x, y, at.w, faint, "why") + plx__px(stage, 14);
    float room = at.x + at.w - x + plx__px(stage, CHIP_ARROW);
    int first = first_step(stage, room);
    if (first > 0) { /* a sign that the walk goes on further back */
        float dots = plx__px(stage, 12);
        first = first_step(stage, room - dots - plx__px(stage, CHIP_ARROW));
        plx__sign(stage, PLX_SIGN_NOT_READY, x + dots / 2, y, dots, faint.colour);
        draw_arrow(stage, x + dots, y);
        x += dots + plx__px(stage, CHIP_ARROW);
    }
    for (int i = first; i < view->whys; i++) {
        struct plx_rect chip = {x, at.y, chip_width(stage, &view->why[i]), at.h};
        draw_chip(stage, &view->why[i], chip);
        x += chip.w + plx__px(stage, CHIP_ARROW);
        if (i + 1 < view->whys)
            draw_arrow(stage, chip.x + chip.w, y);
    }
}

void plx__why_list_draw(struct plx__stage *stage, struct plx_rect at)
{
    const struct plx_view *view = stage->view;
    struct plx_rect in = plx__panel(stage, at, "WHY", "the oldest first");
    float row = plx__px(stage, LIST_ROW), number = in.x + 7 * plx__advance(stage, PLX__SMALL),
          mark = plx__px(stage, 20);
    int rows = (int)((in.h + plx__px(stage, 6)) / row), first = view->whys > rows ? view->whys - rows : 0;
    struct plx__ink faint = {stage->theme.faint, PLX__SMALL, false},
                    text = {stage->theme.text, PLX__SMALL, false};
    for (int i = first; i < view->whys; i++) {
        const struct plx_view_step *step = &view->why[i];
        float y = in.y + row * ((float)(i - first) + 0.5f), x = number + mark;
        plx__number(stage, number, y, faint, step->event);
        plx__sign(stage, step->sign, x, y, plx__px(stage, 11), stage->theme.ink[step->sign]);
        x += plx__px(stage, 14);
        plx__text(stage, x, y, in.x + in.w - x, text, step->text);
    }
    if (view->whys == 0)
        plx__text(stage, in.x, in.y + row / 2, in.w, faint, "the trace tells no cause of this event");
}
