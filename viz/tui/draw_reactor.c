/* SPDX-License-Identifier: MIT
 *
 * The reactor's panel: a row for each source in io_dispatch, what it is ready for, and who waits for it.
 */
#include "viz/tui/draw.h"

#include <inttypes.h>
#include <stdio.h>

/* Columns of a row; `what` takes the room that the others leave. */
enum { TOKEN_W = 6, FD_W = 4, READY_W = 5, GAP = 2, READY_GAP = 1 };

struct columns {
    int token, fd, what, what_w, ready, waits, waits_w;
};

static struct columns columns_of(struct plx_area in)
{
    struct columns at = {.token = in.x};
    int waits = in.w >= 60 ? 26 : in.w >= 40 ? 13 : 8;
    at.fd = at.token + TOKEN_W;
    at.what = at.fd + FD_W + GAP;
    at.what_w = plx__most(4, in.w - (TOKEN_W + FD_W + GAP) - READY_GAP - READY_W - waits);
    at.ready = at.what + at.what_w + READY_GAP;
    at.waits = at.ready + READY_W;
    at.waits_w = plx__most(0, in.x + in.w - at.waits);
    return at;
}

static void draw_heading(struct plx_canvas *canvas, const struct columns *at, int y)
{
    struct plx_style faint = plx_style(PLX_INK_FAINT);
    plx_canvas_fit(canvas, at->token, y, TOKEN_W, PLX_FIT_RIGHT, faint, "token");
    plx_canvas_fit(canvas, at->fd, y, FD_W, PLX_FIT_RIGHT, faint, "fd");
    plx_canvas_fit(canvas, at->what, y, at->what_w, PLX_FIT_END, faint, "what");
    plx_canvas_fit(canvas, at->ready, y, READY_W, PLX_FIT_END, faint, "ready");
    plx_canvas_fit(canvas, at->waits + 1, y, at->waits_w - 1, PLX_FIT_END, faint, "waits");
}

static void draw_ready(struct plx_canvas *canvas, int x, int y, const struct plx_view_source *source)
{
    struct plx_style yes = plx_style_with(PLX_INK_SIGN + (int)PLX_SIGN_READY, PLX_LOOK_BOLD);
    struct plx_style no = plx_style(PLX_INK_FAINT);
    plx_canvas_text(canvas, x, y, source->readable ? yes : no, source->readable ? "R" : "·");
    plx_canvas_text(canvas, x + 2, y, source->writable ? yes : no, source->writable ? "W" : "·");
    if (source->closed)
        plx_canvas_text(canvas, x + 3, y, plx__ink(PLX_SIGN_FAILED), "✗");
}

static void waits_text(const struct plx_view_source *source, bool brief, char *out, size_t size)
{
    const char *task = brief ? "" : "task ";
    out[0] = '\0';
    if (source->reader != 0 && source->reader == source->writer)
        snprintf(out, size, "%s%" PRIu64 " read+write", task, source->reader);
    else if (source->reader != 0 && source->writer != 0)
        snprintf(out, size, "%s%" PRIu64 " read, %" PRIu64 " write", task, source->reader, source->writer);
    else if (source->reader != 0 || source->writer != 0)
        snprintf(out, size, "%s%" PRIu64 " %s", task, source->reader != 0 ? source->reader : source->writer,
                 source->reader != 0 ? "read" : "write");
}

static void draw_source(struct plx_canvas *canvas, const struct columns *at, int y,
                        const struct plx_view_source *source)
{
    char text[64];
    struct plx_style ink = plx_style(source->current ? PLX_INK_STRONG : PLX_INK_TEXT);
    snprintf(text, sizeof text, "%" PRIu64, source->token);
    plx_canvas_fit(canvas, at->token, y, TOKEN_W, PLX_FIT_RIGHT, ink, text);
    snprintf(text, sizeof text, "%d", source->fd);
    plx_canvas_fit(canvas, at->fd, y, FD_W, PLX_FIT_RIGHT, ink, text);
    plx_canvas_fit(canvas, at->what, y, at->what_w, PLX_FIT_MIDDLE, ink, source->what);
    draw_ready(canvas, at->ready, y, source);
    waits_text(source, at->waits_w < 13, text, sizeof text);
    plx_canvas_fit(canvas, at->waits + 1, y, at->waits_w - 1, PLX_FIT_END, plx__ink(PLX_SIGN_NOT_READY),
                   text);
}

/* The event's source, or one that the task on the screen waits for. */
static int current_source(const struct plx_view *view)
{
    for (int i = 0; i < view->sources; i++)
        if (view->source[i].current)
            return i;
    uint64_t task = view->chain.task;
    for (int i = 0; i < view->sources; i++)
        if (task != 0 && (view->source[i].reader == task || view->source[i].writer == task))
            return i;
    return 0;
}

void plx__draw_reactor(struct plx_canvas *canvas, struct plx_area area, const struct plx_view *view)
{
    char note[48] = "";
    int rows = plx__most(0, area.h - (area.h >= PLX_BOX_H ? 3 : 2)); /* below the headings */
    if (view->sources > rows)
        snprintf(note, sizeof note, "%d of %d", rows, view->sources);
    struct plx_area in = plx__draw_panel(canvas, area, "Reactor", plx_style(PLX_INK_FAINT), note);
    struct plx_area clip = plx_canvas_clip(canvas, in);
    struct columns at = columns_of(in);
    int first = plx__first_row(view->sources, rows, current_source(view));
    draw_heading(canvas, &at, in.y);
    for (int i = first, y = in.y + 1; i < view->sources && y < in.y + in.h; i++, y++) {
        draw_source(canvas, &at, y, &view->source[i]);
        if (view->source[i].current)
            plx_canvas_light(canvas, (struct plx_area){in.x, y, in.w, 1});
    }
    if (view->sources == 0)
        plx_canvas_text(canvas, in.x + 3, in.y + 1, plx_style(PLX_INK_FAINT), "nothing is registered");
    plx_canvas_unclip(canvas, clip);
}
