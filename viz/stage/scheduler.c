/* SPDX-License-Identifier: MIT
 *
 * The scheduler's panel: a card a worker with its state, LIFO slot and deque, and the global queue.
 *
 * Cards become rows when there are too many of them, and the last row says how many more there are. The
 * worker that this event is the doing of is always among those shown.
 */
#include "viz/stage/draw.h"

#include <stdio.h>

#include "viz/stage/text.h"

#define HEAD       38 /* of the panel, above the cards */
#define FOOT       12
#define CARD       116
#define CARD_LEAST 216 /* width below which a card's texts would be shortened */
#define ROW        28
#define ROW_LEAST  240
#define GAP        8
#define GLOBAL     40
#define CELL       28

struct grid {
    int columns, rows, shown; /* workers are shown 0 to shown - 1, or around the current one */
    bool cards;
    float height; /* of the whole panel, at scale 1 */
};

static float grid_height(int rows, bool cards)
{
    float workers = cards ? (float)rows * (CARD + GAP) : (float)rows * ROW + GAP;
    return HEAD + workers + GLOBAL - (cards ? 4 : 0) + FOOT - 8;
}

static struct grid grid_of(const struct plx__stage *stage, float width, float most)
{
    int workers = stage->view->workers,
        columns = (int)((width / stage->unit - 32 + GAP) / (CARD_LEAST + GAP));
    columns = columns < 1 ? 1 : columns > workers && workers > 0 ? workers : columns;
    struct grid grid = {columns, (workers + columns - 1) / columns, workers, true, 0};
    grid.height = grid_height(grid.rows, true);
    if (grid.height * stage->unit <= most)
        return grid;
    int room = (int)((most / stage->unit - grid_height(0, false)) / ROW);
    room = room < 1 ? 1 : room;
    columns = workers > room && width / stage->unit > 2 * ROW_LEAST ? 2 : 1;
    grid = (struct grid){columns, (workers + columns - 1) / columns, workers, false, 0};
    if (grid.rows > room)
        grid.rows = room, grid.shown = room > 1 ? (room - 1) * columns : 1;
    grid.height = grid_height(grid.rows, false);
    return grid;
}

float plx__scheduler_height(const struct plx__stage *stage, float width, float most)
{
    return grid_of(stage, width, most).height * stage->unit;
}

/* ── cells ────────────────────────────────────────────────────────────────────────────────────── */

/* Cells are as wide as the longest number in any queue of this panel, so that queues line up. */
static float cell_width(const struct plx__stage *stage)
{
    const struct plx_view *view = stage->view;
    uint64_t most = 0;
    for (int w = 0; w < view->workers; w++) {
        most = view->worker[w].lifo > most ? view->worker[w].lifo : most;
        for (int i = 0; i < view->worker[w].queued && i < 8; i++)
            most = view->worker[w].deque[i] > most ? view->worker[w].deque[i] : most;
    }
    for (int i = 0; i < view->global_count && i < 16; i++)
        most = view->global[i] > most ? view->global[i] : most;
    int digits = 1;
    for (; most > 9; most /= 10)
        digits++;
    float width = (float)(digits > 5 ? 5 : digits) * plx__advance(stage, PLX__SMALL) + plx__px(stage, 12);
    return width < plx__px(stage, CELL) ? plx__px(stage, CELL) : width;
}

struct cells {
    float x, y, right; /* left edge, middle line, and where they must end */
    float width, height;
    int least;  /* so many are drawn, full or empty, when there is room */
    int stolen; /* so many of the last ones are marked as stolen */
};

static void draw_cell(struct plx__stage *stage, struct plx_rect at, uint64_t task, bool stolen)
{
    char text[24] = "";
    plx_colour line = task == 0 ? stage->theme.line
                                : stage->theme.ink[stolen ? PLX_SIGN_STOLEN : PLX_SIGN_NOTIFIED];
    plx__round_box(stage, at, 4, stage->theme.panel, line, task == 0 ? 1 : 1.5f);
    if (task == 0)
        return;
    snprintf(text, sizeof text, stolen ? "»%llu" : "%llu", (unsigned long long)task);
    plx__text_middle(stage, at.x + at.w / 2, at.y + at.h / 2, at.w - plx__px(stage, 4),
                     (struct plx__ink){stage->theme.text, PLX__SMALL, false}, text);
}

/* A queue as cells, the next to run at the left; what does not fit is counted: "+12". */
static void draw_cells(struct plx__stage *stage, struct cells cells, const uint64_t *tasks, int count)
{
    float gap = plx__px(stage, 4), more = plx__px(stage, 4) + 4 * plx__advance(stage, PLX__SMALL);
    int fit = (int)((cells.right - cells.x + gap) / (cells.width + gap));
    if (count > fit)
        fit = (int)((cells.right - more - cells.x + gap) / (cells.width + gap));
    int drawn = count > cells.least ? count : cells.least;
    drawn = drawn > fit ? fit : drawn;
    for (int i = 0; i < drawn; i++) {
        struct plx_rect at = {cells.x, cells.y - cells.height / 2, cells.width, cells.height};
        draw_cell(stage, at, i < count ? tasks[i] : 0, i < count && i >= count - cells.stolen);
        cells.x += cells.width + gap;
    }
    char text[16];
    snprintf(text, sizeof text, "+%d", count - drawn);
    if (count > drawn)
        plx__text(stage, cells.x, cells.y, cells.right - cells.x,
                  (struct plx__ink){stage->theme.faint, PLX__SMALL, false}, text);
}

/* ── a worker ─────────────────────────────────────────────────────────────────────────────────── */

static float draw_worker_name(struct plx__stage *stage, const struct plx_view_worker *worker, float x,
                              float y, float right)
{
    char name[32];
    snprintf(name, sizeof name, "worker %u", (unsigned)worker->worker);
    x += plx__text(stage, x, y, right - x, (struct plx__ink){stage->theme.text, PLX__BODY, true}, name);
    return x + plx__px(stage, 8);
}

static void draw_worker_state(struct plx__stage *stage, const struct plx_view_worker *worker, float x,
                              float y, float right)
{
    plx_colour ink = stage->theme.ink[worker->sign];
    plx__sign(stage, worker->sign, x + plx__px(stage, 6), y, plx__px(stage, 12), ink);
    x += plx__px(stage, 18);
    bool tight = plx__width(stage, PLX__BODY, worker->state) > right - x;
    plx__text(stage, x, y, right - x, (struct plx__ink){ink, tight ? PLX__SMALL : PLX__BODY, false},
              worker->state);
}

static void draw_counts(struct plx__stage *stage, const struct plx_view_worker *worker, struct plx_rect in,
                        float y)
{
    static const char *const names[] = {"polls ", "steals ", "parks "};
    const uint64_t counts[] = {worker->polls, worker->steals, worker->parks};
    for (int i = 0; i < 3; i++) {
        char text[40];
        snprintf(text, sizeof text, "%s%llu", names[i], (unsigned long long)counts[i]);
        plx__text(stage, in.x + in.w * (float)i * 0.35f, y, in.w * 0.33f,
                  (struct plx__ink){stage->theme.faint, PLX__SMALL, false}, text);
    }
}

static void draw_queues(struct plx__stage *stage, const struct plx_view_worker *worker, struct plx_rect in,
                        float y)
{
    struct plx__ink faint = {stage->theme.faint, PLX__SMALL, false};
    float gap = plx__px(stage, 8), cell = cell_width(stage), right = in.x + in.w;
    float x = in.x + plx__text(stage, in.x, y, in.w, faint, "LIFO") + gap;
    struct cells lifo = {x, y, x + cell, cell, plx__px(stage, CELL), 1, 0};
    draw_cells(stage, lifo, &worker->lifo, worker->lifo != 0);
    x += cell + gap * 1.5f;
    x += plx__text(stage, x, y, right - x, faint, "deque") + gap;
    struct cells deque = {x, y, right, cell, plx__px(stage, CELL), 3, worker->stolen};
    draw_cells(stage, deque, worker->deque, worker->queued);
}

static void draw_card(struct plx__stage *stage, const struct plx_view_worker *worker, struct plx_rect at)
{
    const struct plx__theme *theme = &stage->theme;
    plx_colour line = worker->current ? theme->ink[PLX_SIGN_POLL] : theme->line;
    plx__round_box(stage, at, 6, theme->raised, line, worker->current ? 1.5f : 1);
    struct plx_rect in = plx__inset(at, plx__px(stage, 12));
    float y = at.y + plx__px(stage, 22);
    draw_worker_state(stage, worker, draw_worker_name(stage, worker, in.x, y, in.x + in.w), y, in.x + in.w);
    draw_queues(stage, worker, in, at.y + plx__px(stage, 58));
    draw_counts(stage, worker, in, at.y + plx__px(stage, 96));
}

/* One line for a worker: state, how much waits in its queues, and its polls. */
static void draw_row(struct plx__stage *stage, const struct plx_view_worker *worker, struct plx_rect at)
{
    struct plx__ink faint = {stage->theme.faint, PLX__SMALL, false};
    bool narrow = at.w < plx__px(stage, 320);
    float y = at.y + at.h / 2, pad = plx__px(stage, 8), x = at.x + pad, right = at.x + at.w - pad;
    if (worker->current)
        plx__round_box(stage, at, 6, stage->theme.raised, stage->theme.ink[PLX_SIGN_POLL], 1.5f);
    char text[64];
    snprintf(text, sizeof text, narrow ? "queued %d" : "queued %d  polls %llu",
             worker->queued + (worker->lifo != 0), (unsigned long long)worker->polls);
    float counts = plx__text_right(stage, right, y, at.w * 0.5f, faint, text);
    draw_worker_state(stage, worker, draw_worker_name(stage, worker, x, y, right - counts - pad), y,
                      right - counts - pad);
}

/* ── the panel ────────────────────────────────────────────────────────────────────────────────── */

/* Where the workers shown begin, so that the current one is among them. */
static int first_shown(const struct plx_view *view, const struct grid *grid)
{
    for (int i = grid->shown; i < view->workers; i++)
        if (view->worker[i].current)
            return i - grid->shown + 1;
    return 0;
}

static void draw_workers(struct plx__stage *stage, const struct grid *grid, struct plx_rect in)
{
    const struct plx_view *view = stage->view;
    int first = first_shown(view, grid);
    float gap = plx__px(stage, GAP), width = (in.w + gap) / (float)grid->columns - gap;
    float height = plx__px(stage, grid->cards ? CARD : ROW - 2),
          step = height + (grid->cards ? gap : plx__px(stage, 2));
    for (int i = 0; i < grid->shown; i++) {
        struct plx_rect at = {in.x + (float)(i % grid->columns) * (width + gap),
                              in.y + (float)(i / grid->columns) * step, width, height};
        if (grid->cards)
            draw_card(stage, &view->worker[first + i], at);
        else
            draw_row(stage, &view->worker[first + i], at);
    }
    if (grid->shown >= view->workers)
        return;
    char text[48];
    snprintf(text, sizeof text, "%d more workers", view->workers - grid->shown);
    plx__text(stage, in.x + plx__px(stage, 8), in.y + (float)(grid->rows - 1) * step + height / 2, in.w,
              (struct plx__ink){stage->theme.faint, PLX__SMALL, false}, text);
}

void plx__scheduler_draw(struct plx__stage *stage, struct plx_rect at)
{
    const struct plx_view *view = stage->view;
    struct plx_rect in = plx__panel(stage, at, "SCHEDULER", view->mode);
    struct grid grid = grid_of(stage, at.w, at.h + 1);
    draw_workers(stage, &grid, in);
    float y = at.y + at.h - plx__px(stage, 28), x = in.x + plx__px(stage, grid.cards ? 12 : 8),
          gap = plx__px(stage, 16);
    x += plx__text(stage, x, y, in.w, (struct plx__ink){stage->theme.faint, PLX__SMALL, false},
                   "global queue") +
         gap;
    struct cells cells = {x, y, in.x + in.w, cell_width(stage), plx__px(stage, CELL), 3, 0};
    draw_cells(stage, cells, view->global, view->global_count);
}
