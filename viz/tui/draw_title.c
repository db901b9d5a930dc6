/* SPDX-License-Identifier: MIT
 *
 * The first and the last line of the frame: where one is, and what the keys do.
 */
#include "viz/tui/cells.h"
#include "viz/tui/draw.h"
#include "viz/view/sign.h"

#include <inttypes.h>
#include <stdio.h>

/* Always as wide, so that what stands beside it does not move: "    1.482 ms" up to 10 s, then "   12.345
 * s". */
static void time_text(uint64_t ns, char *out, size_t size)
{
    uint64_t us = ns / 1000;
    if (us < 10000000)
        snprintf(out, size, "%5" PRIu64 ".%03u ms", us / 1000, (unsigned)(us % 1000));
    else
        snprintf(out, size, "%6" PRIu64 ".%03u s", us / 1000000, (unsigned)(us / 1000 % 1000));
}

static void event_text(const struct plx_view *view, bool brief, char *out, size_t size)
{
    char total[24];
    int digits = snprintf(total, sizeof total, "%zu", view->events);
    snprintf(out, size, "%s%*zu/%s", brief ? "" : "event ", digits, view->event, total);
}

static void program_text(const struct plx_view *view, char *out, size_t size)
{
    if (view->worker_count == 0)
        snprintf(out, size, "%s", view->program);
    else
        snprintf(out, size, "%s%s%" PRIu32 " worker%s", view->program, *view->program == '\0' ? "" : ", ",
                 view->worker_count, view->worker_count == 1 ? "" : "s");
}

/* At the right edge: whether it plays, how fast, and what is odd. Returns the column before it. */
static int draw_right(struct plx_canvas *canvas, struct plx_area area, const struct plx_frame *frame)
{
    const struct plx_view *view = frame->view;
    int end = area.x + area.w - 1;
    char text[64];
    if (view->issues > 0) {
        snprintf(text, sizeof text, area.w >= 72 ? "! %zu issue%s" : "! %zu", view->issues,
                 view->issues == 1 ? "" : "s");
        end -= plx_cells_width(text);
        plx_canvas_text(canvas, end, area.y,
                        plx_style_with(PLX_INK_SIGN + (int)PLX_SIGN_NOTIFIED, PLX_LOOK_BOLD), text);
        end -= area.w >= 72 ? 3 : 2;
    }
    if (area.w >= 60) {
        struct plx_style style = frame->playing
                                     ? plx_style_with(PLX_INK_SIGN + (int)PLX_SIGN_POLL, PLX_LOOK_BOLD)
                                     : plx_style(PLX_INK_FAINT);
        snprintf(text, sizeof text, "%s  %-4s", frame->playing ? "▶ plays" : " paused", frame->speed);
        end -= plx_cells_width(text);
        plx_canvas_text(canvas, end, area.y, style, text);
    }
    return end - 1;
}

void plx__draw_title(struct plx_canvas *canvas, struct plx_area area, const struct plx_frame *frame)
{
    const struct plx_view *view = frame->view;
    struct plx_area clip = plx_canvas_clip(canvas, area);
    int end = draw_right(canvas, area, frame), gap = area.w >= 90 ? 3 : 2, x = area.x + 1;
    char program[256], event[64], time[40];
    program_text(view, program, sizeof program);
    event_text(view, area.w < 60, event, sizeof event);
    time_text(view->t_ns, time, sizeof time);
    int fixed = plx_cells_width(event) + plx_cells_width(time) + 2 * gap, room = end - x - fixed;
    x = plx_canvas_fit(canvas, x, area.y, plx__most(8, plx__least(room, 40)), PLX_FIT_MIDDLE,
                       plx_style(PLX_INK_STRONG), view->file);
    room = end - x - fixed - gap;
    if (room < plx_cells_width(program))
        snprintf(program, sizeof program, "%s", view->program);
    if (room >= 6)
        x = plx_canvas_fit(canvas, x + gap, area.y, room, PLX_FIT_MIDDLE, plx_style(PLX_INK_FAINT), program);
    x = plx_canvas_text(canvas, x + gap, area.y, plx_style(PLX_INK_TEXT), event);
    plx_canvas_fit(canvas, x + gap - 1, area.y, end - x - gap + 1, PLX_FIT_END, plx_style(PLX_INK_TEXT),
                   time);
    plx_canvas_unclip(canvas, clip);
}

struct hint {
    const char *key, *what;
    int rank; /* the higher, the sooner it gives way */
};

/* The keys in their order on the line. Panels that are not shown are named, so that nobody misses them. */
static int collect_hints(const struct plx_layout *layout, const struct plx_frame *frame, struct hint *hint)
{
    int n = 0;
    hint[n++] = (struct hint){"space", frame->playing ? "pause" : "play", 1};
    hint[n++] = (struct hint){"← →", "event", 1};
    hint[n++] = (struct hint){"↑ ↓", "poll", 1};
    if (frame->panel != PLX_PANEL_ALL)
        hint[n++] = (struct hint){"Esc", "all panels", 1};
    if (layout->chain.h == 0)
        hint[n++] = (struct hint){"1", "chain", 2};
    if (layout->scheduler.h == 0)
        hint[n++] = (struct hint){"2", "scheduler", 2};
    if (layout->reactor.h == 0)
        hint[n++] = (struct hint){"3", "reactor", 2};
    if (layout->log.h == 0)
        hint[n++] = (struct hint){"4", "log", 2};
    if (frame->view->issues > 0)
        hint[n++] = (struct hint){"i", "issues", 2};
    hint[n++] = (struct hint){"n", "same kind", 6};
    hint[n++] = (struct hint){"w", "why", layout->why.h > 0 ? 5 : 3};
    hint[n++] = (struct hint){"t", frame->follow != 0 ? "unfollow" : "follow", 5};
    hint[n++] = (struct hint){"/", "search", 4};
    hint[n++] = (struct hint){":", "go to", 4};
    hint[n++] = (struct hint){"+ -", "speed", 7};
    hint[n++] = (struct hint){"?", "help", 0};
    hint[n++] = (struct hint){"q", "quit", 3};
    return n;
}

static int hint_width(const struct hint *hint, int gap)
{
    return plx_cells_width(hint->key) + 1 + plx_cells_width(hint->what) + gap;
}

/* The highest rank with which all hints up to it fit. */
static int rank_that_fits(const struct hint *hint, int n, int cells, int gap)
{
    for (int rank = 7; rank > 0; rank--) {
        int used = 0;
        for (int i = 0; i < n; i++)
            used += hint[i].rank <= rank ? hint_width(&hint[i], gap) : 0;
        if (used - gap <= cells)
            return rank;
    }
    return 0;
}

static void draw_hints(struct plx_canvas *canvas, struct plx_area area, const struct hint *hint, int n)
{
    int x = area.x + 1, cells = area.w - 2, gap = area.w >= 100 ? 3 : 2;
    int rank = rank_that_fits(hint, n, cells, gap);
    for (int i = 0; i < n; i++) {
        bool early = hint[i].rank > rank && hint[i].rank == rank + 1 &&
                     rank == 0; /* nothing fits: the first do */
        if ((hint[i].rank > rank && !early) || x + hint_width(&hint[i], 0) > area.x + area.w)
            continue;
        x = plx_canvas_text(canvas, x, area.y, plx_style(PLX_INK_STRONG), hint[i].key);
        x = plx_canvas_text(canvas, x + 1, area.y, plx_style(PLX_INK_FAINT), hint[i].what) + gap;
    }
}

static void draw_prompt(struct plx_canvas *canvas, struct plx_area area, const struct plx_frame *frame)
{
    bool search = frame->prompt == PLX_PROMPT_SEARCH;
    int x = plx_canvas_text(canvas, area.x + 1, area.y, plx_style(PLX_INK_STRONG), search ? "/ " : ": ");
    x = plx_canvas_text(canvas, x, area.y, plx_style(PLX_INK_TEXT), frame->input);
    x = plx_canvas_text(canvas, x, area.y, plx_style_with(PLX_INK_SIGN + (int)PLX_SIGN_POLL, PLX_LOOK_PILL),
                        " ");
    const char *hint = search ? "text in the log   Enter: next match   Esc: leave"
                              : "event or time: 41, +5, 1.5ms   Enter: go   Esc: leave";
    plx_canvas_fit(canvas, x + 3, area.y, area.x + area.w - x - 4, PLX_FIT_END, plx_style(PLX_INK_FAINT),
                   hint);
}

void plx__draw_keys(struct plx_canvas *canvas, const struct plx_layout *layout, const struct plx_frame *frame)
{
    struct hint hint[24];
    struct plx_area area = layout->keys, clip = plx_canvas_clip(canvas, area);
    if (frame->prompt != PLX_PROMPT_NONE)
        draw_prompt(canvas, area, frame);
    else if (frame->message != NULL && *frame->message != '\0')
        plx_canvas_fit(canvas, area.x + 1, area.y, area.w - 2, PLX_FIT_END,
                       plx_style_with(PLX_INK_SIGN + (int)PLX_SIGN_NOTIFIED, PLX_LOOK_BOLD), frame->message);
    else
        draw_hints(canvas, area, hint, collect_hints(layout, frame, hint));
    plx_canvas_unclip(canvas, clip);
}
