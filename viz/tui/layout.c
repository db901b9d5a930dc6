/* SPDX-License-Identifier: MIT
 *
 * The layouts of the terminal's screen, see layout.h.
 */
#include "viz/tui/layout.h"

#define SIDE_FROM   100 /* columns from which scheduler and reactor stand beside the chain */
#define BESIDE_FROM 72  /* columns from which one of them can, when asked for */
#define BESIDE_W    36
#define BESIDE_H    12  /* rows from which both of them have room there */
#define WHY_FROM    110 /* columns from which the causes stand beside the log */
#define CHAIN_H     14  /* rows for the deck's client in brackets; the log gives way to it */
#define STRIP_FROM  19  /* rows between title and story from which a strip of workers is worth one */

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

/* Takes rows off the top or the bottom of what is left. */
static struct plx_area top(struct plx_area *left, int rows)
{
    struct plx_area area = {left->x, left->y, left->w, most(0, least(rows, left->h))};
    left->y += area.h;
    left->h -= area.h;
    return area;
}

static struct plx_area bottom(struct plx_area *left, int rows)
{
    struct plx_area area = {left->x, 0, left->w, most(0, least(rows, left->h))};
    left->h -= area.h;
    area.y = left->y + left->h;
    return area;
}

static struct plx_area right(struct plx_area *left, int columns)
{
    left->w -= columns;
    return (struct plx_area){left->x + left->w, left->y, columns, left->h};
}

static int log_rows(int rows)
{
    if (rows < 13)
        return 0;
    if (rows < STRIP_FROM)
        return 3;
    return most(4, least(rows * 3 / 10, rows - 1 - CHAIN_H));
}

/* The scheduler takes what it needs, the reactor the rest, which is a box's height at least: two lines a
 * worker, or one when there are many. */
static void split_side(struct plx_layout *layout, struct plx_area side, int workers)
{
    int most_rows = most(side.h - PLX_BOX_H, side.h / 2), rows = 2 * workers + 3;
    if (side.h >= 22 && workers <= 4)
        rows += workers; /* a blank line after each worker */
    if (rows > most_rows)
        rows = workers + 3;
    layout->scheduler = top(&side, least(rows, most_rows));
    layout->reactor = side;
}

static void split_bottom(struct plx_layout *layout, struct plx_area rows, bool why_wide)
{
    bool room = rows.w >= WHY_FROM && rows.h >= PLX_BOX_H;
    if (room && !why_wide)
        layout->why = right(&rows, rows.w * 42 / 100);
    else if (!room && why_wide) {
        layout->why = rows;
        return;
    }
    layout->log = rows;
}

/* The chain, and what stands beside or below it. */
static void split_main(struct plx_layout *layout, struct plx_area rows, enum plx_panel panel, int workers)
{
    if (rows.w >= SIDE_FROM)
        split_side(layout, right(&rows, least(64, most(44, rows.w * 44 / 100))), workers);
    else if (panel != PLX_PANEL_ALL && rows.h >= BESIDE_H)
        split_side(layout, right(&rows, BESIDE_W), workers);
    else if (panel == PLX_PANEL_SCHEDULER)
        layout->scheduler = right(&rows, BESIDE_W);
    else if (panel == PLX_PANEL_REACTOR)
        layout->reactor = right(&rows, BESIDE_W);
    else if (rows.h > CHAIN_H)
        layout->strip = bottom(&rows, 1);
    layout->chain = rows;
}

/* The panel that has the room alone; NULL when several share it. */
static struct plx_area *alone(struct plx_layout *layout, int w, enum plx_panel panel)
{
    bool beside = w >= BESIDE_FROM && w < SIDE_FROM;
    switch (panel) {
    case PLX_PANEL_CHAIN:
        return &layout->chain;
    case PLX_PANEL_SCHEDULER:
        return beside ? NULL : &layout->scheduler;
    case PLX_PANEL_REACTOR:
        return beside ? NULL : &layout->reactor;
    case PLX_PANEL_LOG:
        return &layout->log;
    case PLX_PANEL_WHY:
        return &layout->why;
    default:
        return NULL;
    }
}

struct plx_layout plx_layout_make(int w, int h, enum plx_panel panel, bool why_wide, int workers)
{
    struct plx_layout layout = {.too_small = w < PLX_LAYOUT_MIN_W || h < PLX_LAYOUT_MIN_H};
    struct plx_area rows = {0, 0, w, h};
    if (layout.too_small)
        return layout;
    layout.title = top(&rows, 1);
    layout.keys = bottom(&rows, 1);
    int story = h < 24 || (w >= WHY_FROM && !why_wide) ? 2 : 3;
    struct plx_area *only = alone(&layout, w, panel);
    if (only == NULL)
        split_bottom(&layout, bottom(&rows, log_rows(rows.h - story)), why_wide);
    layout.story = bottom(&rows, story);
    if (only == NULL)
        split_main(&layout, rows, panel, workers);
    else
        *only = rows;
    return layout;
}

int plx_layout_log_lines(const struct plx_layout *layout)
{
    return most(0, layout->log.h - (layout->log.h >= PLX_BOX_H ? 2 : 1));
}

int plx_layout_log_at(const struct plx_layout *layout)
{
    int lines = plx_layout_log_lines(layout);
    return lines < 4 ? most(0, lines - 1) : lines * 2 / 3;
}
