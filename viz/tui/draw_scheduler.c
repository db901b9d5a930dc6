/* SPDX-License-Identifier: MIT
 *
 * The scheduler's panel: each worker with its state, its LIFO slot and its deque, and the global queue; and
 * the strip, the same in one line for screens without room for the panel.
 */
#include "viz/tui/cells.h"
#include "viz/tui/draw.h"

#include <inttypes.h>
#include <stdio.h>

#define DEQUE_SHOWN 4 /* places drawn of a deque even when it is empty */

static struct plx_style task_style(bool stolen)
{
    return plx_style_with(PLX_INK_SIGN + (int)(stolen ? PLX_SIGN_STOLEN : PLX_SIGN_NOTIFIED), PLX_LOOK_BOLD);
}

/* "[2]", or "[ ]" for none; returns the column behind. */
static int draw_place(struct plx_canvas *canvas, int x, int y, uint64_t task, bool stolen)
{
    if (task == 0)
        return plx_canvas_text(canvas, x, y, plx_style(PLX_INK_LINE), "[ ]");
    x = plx_canvas_text(canvas, x, y, plx_style(PLX_INK_FAINT), "[");
    x = plx_canvas_printf(canvas, x, y, task_style(stolen), "%s%" PRIu64, stolen ? "»" : "", task);
    return plx_canvas_text(canvas, x, y, plx_style(PLX_INK_FAINT), "]");
}

static int place_width(uint64_t task, bool stolen)
{
    char text[32];
    return task == 0 ? 3 : snprintf(text, sizeof text, "[%" PRIu64 "]", task) + stolen;
}

/* A queue in so many cells, the next to run first; what does not fit is counted. */
static void draw_queue(struct plx_canvas *canvas, int x, int y, int cells, const uint64_t *task, int count,
                       int stolen)
{
    int end = x + cells, i = 0;
    for (; i < plx__most(count, DEQUE_SHOWN); i++) {
        bool from_other = i < count && i >= count - stolen;
        int rest = i + 1 < count ? 5 : 0; /* room for " +999" */
        if (x + place_width(i < count ? task[i] : 0, from_other) + rest > end)
            break;
        x = draw_place(canvas, x, y, i < count ? task[i] : 0, from_other);
    }
    if (i < count)
        plx_canvas_printf(canvas, x, y, task_style(false), " +%d", count - i);
}

#define COUNTER_W 10

static void draw_counter(struct plx_canvas *canvas, int end, int y, const char *name, uint64_t value)
{
    char text[48];
    int cells = snprintf(text, sizeof text, "%-6s %3" PRIu64, name, value);
    if (cells > COUNTER_W) /* a large number takes the place of the spaces first */
        cells = snprintf(text, sizeof text, "%s %" PRIu64, name, value);
    plx_canvas_text(canvas, end - cells, y, plx_style(PLX_INK_FAINT), text);
}

static int draw_worker_name(struct plx_canvas *canvas, int x, int y, const struct plx_view_worker *worker,
                            bool brief)
{
    int ink = worker->current ? PLX_INK_STRONG : PLX_INK_TEXT;
    return plx_canvas_printf(canvas, x, y, plx_style(ink), brief ? "w%-2" PRIu32 : "worker %" PRIu32,
                             worker->worker);
}

static int state_look(const struct plx_view_worker *worker)
{
    return worker->sign == PLX_SIGN_DROPPED || worker->sign == PLX_SIGN_LATER ? 0 : PLX_LOOK_BOLD;
}

/* Two lines: state and polls, queues and steals. */
static void draw_worker(struct plx_canvas *canvas, struct plx_area at, const struct plx_view_worker *worker)
{
    int end = at.x + at.w - 1;
    bool counters = at.w >= 40;
    int room = end - (counters ? COUNTER_W + 1 : 0);
    int x = plx__most(at.x + 11, draw_worker_name(canvas, at.x + 1, at.y, worker, false) + 1);
    plx__draw_sign(canvas, x, at.y, room - x, worker->sign, state_look(worker), worker->state);
    x = plx_canvas_text(canvas, at.x + 2, at.y + 1, plx_style(PLX_INK_FAINT), "lifo ");
    x = draw_place(canvas, x, at.y + 1, worker->lifo, false);
    x = plx_canvas_text(canvas, x, at.y + 1, plx_style(PLX_INK_FAINT), "  deque ");
    draw_queue(canvas, x, at.y + 1, room - x, worker->deque, worker->queued, worker->stolen);
    if (counters) {
        draw_counter(canvas, end, at.y, "polls", worker->polls);
        draw_counter(canvas, end, at.y + 1, "steals", worker->steals);
    }
}

/* One line, for many workers: state, and the queue with the LIFO slot before it. */
static void draw_worker_line(struct plx_canvas *canvas, struct plx_area at,
                             const struct plx_view_worker *worker)
{
    int end = at.x + at.w - 1, x = draw_worker_name(canvas, at.x + 1, at.y, worker, true) + 1;
    int state = plx__most(8, plx__least(20, at.w / 2 - 4));
    plx__draw_sign(canvas, x, at.y, state, worker->sign, state_look(worker), worker->state);
    x = draw_place(canvas, x + state + 1, at.y, worker->lifo, false) + 1;
    draw_queue(canvas, x, at.y, end - x, worker->deque, worker->queued, worker->stolen);
}

static int current_worker(const struct plx_view *view)
{
    for (int i = 0; i < view->workers; i++)
        if (view->worker[i].current)
            return i;
    return 0;
}

static void draw_global(struct plx_canvas *canvas, struct plx_area at, const struct plx_view *view)
{
    int x = plx_canvas_text(canvas, at.x + 1, at.y, plx_style(PLX_INK_TEXT), "global queue ") + 1;
    draw_queue(canvas, x, at.y, at.x + at.w - 1 - x, view->global, view->global_count, 0);
}

void plx__draw_scheduler(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view)
{
    struct plx_area in = plx__draw_panel(canvas, area, "Scheduler", plx_style(PLX_INK_FAINT), view->mode);
    struct plx_area clip = plx_canvas_clip(canvas, in), at = in;
    int step = in.h >= 3 * view->workers + 1 && in.h >= 7 ? 3 : in.h > 2 * view->workers ? 2 : 1;
    int rows = plx__least(view->workers, plx__most(1, (in.h - 1) / step));
    int first = plx__first_row(view->workers, rows, current_worker(view));
    for (int i = first; i < view->workers && i < first + rows; i++, at.y += step)
        if (step == 1)
            draw_worker_line(canvas, at, &view->worker[i]);
        else
            draw_worker(canvas, at, &view->worker[i]);
    if (view->workers == 0)
        plx_canvas_text(canvas, at.x + 1, at.y++, plx_style(PLX_INK_FAINT), "no worker yet");
    at.y = plx__most(in.y, plx__least(at.y, in.y + in.h - 1));
    draw_global(canvas, at, view);
    if (rows < view->workers)
        plx_canvas_printf(canvas, area.x + area.w - 14, area.y + area.h - 1, plx_style(PLX_INK_FAINT),
                          " %d of %d ", rows, view->workers);
    plx_canvas_unclip(canvas, clip);
}

/* Who comes next and how many more, "[2]+3"; their number alone, "+4", where that has no room. */
static void strip_queue(struct plx_canvas *canvas, int x, int y, int cells, uint64_t next, int waiting)
{
    char more[16] = "";
    if (waiting > 1)
        snprintf(more, sizeof more, "+%d", waiting - 1);
    if (waiting == 0)
        return;
    if (place_width(next, false) + plx_cells_width(more) <= cells)
        plx_canvas_text(canvas, draw_place(canvas, x, y, next, false), y, task_style(false), more);
    else
        plx_canvas_printf(canvas, x, y, task_style(false), "+%d", waiting);
}

static int strip_worker(struct plx_canvas *canvas, int x, int y, int cells,
                        const struct plx_view_worker *worker)
{
    int end = x + cells, queue = plx__most(7, cells - 22);
    x = plx__most(x + 3, draw_worker_name(canvas, x, y, worker, true));
    plx__draw_sign(canvas, x, y, end - queue - 2 - x, worker->sign, state_look(worker), worker->state);
    int waiting = worker->queued + (worker->lifo != 0);
    uint64_t next = worker->lifo != 0 ? worker->lifo : worker->queued > 0 ? worker->deque[0] : 0;
    strip_queue(canvas, end - queue - 1, y, queue, next, waiting);
    return end;
}

void plx__draw_strip(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view)
{
    if (area.h < 1)
        return;
    struct plx_area clip = plx_canvas_clip(canvas, area);
    int global = 16, room = area.w - 2 - global;
    int cells = view->workers > 0 ? plx__most(20, plx__least(30, room / view->workers)) : 0;
    int shown = cells > 0 ? plx__least(view->workers, room / cells) : 0;
    int first = plx__first_row(view->workers, shown, current_worker(view)), x = area.x + 1;
    for (int i = first; i < first + shown; i++)
        x = strip_worker(canvas, x, area.y, cells, &view->worker[i]);
    x = plx_canvas_text(canvas, area.x + area.w - global, area.y, plx_style(PLX_INK_FAINT), "global ");
    if (view->global_count == 0)
        draw_place(canvas, x, area.y, 0, false);
    strip_queue(canvas, x, area.y, global - 8, view->global_count > 0 ? view->global[0] : 0,
                view->global_count);
    plx_canvas_unclip(canvas, clip);
}
