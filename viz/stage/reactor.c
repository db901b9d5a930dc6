/* SPDX-License-Identifier: MIT
 *
 * The reactor's panel: the rows of io_dispatch, what is ready and who waits for it.
 */
#include "viz/stage/draw.h"

#include <stdio.h>

#define ROW    26
#define HEADER 22

struct columns {
    float token, fd; /* right edges */
    float what, ready, waits, right;
};

static struct columns columns_of(const struct plx__stage *stage, struct plx_rect in)
{
    float body = plx__advance(stage, PLX__BODY), small = plx__advance(stage, PLX__SMALL),
          gap = plx__px(stage, 16);
    int longest = 11; /* "task 1 read" */
    for (int i = 0; i < stage->view->sources; i++) {
        const struct plx_view_source *source = &stage->view->source[i];
        longest = source->reader != 0 && source->writer != 0 ? 17 : longest;
    }
    struct columns at;
    at.token = in.x + 5 * small + plx__px(stage, 4);
    at.fd = at.token + gap + 3 * body;
    at.what = at.fd + gap;
    at.right = in.x + in.w - plx__px(stage, 4);
    at.waits = at.right - (float)longest * body;
    at.ready = at.waits - gap - 5 * small;
    return at;
}

static void draw_header(struct plx__stage *stage, const struct columns *at, float y)
{
    struct plx__ink faint = {stage->theme.faint, PLX__SMALL, false};
    float room = stage->state->width;
    plx__text_right(stage, at->token, y, room, faint, "token");
    plx__text_right(stage, at->fd, y, room, faint, "fd");
    plx__text(stage, at->what, y, at->ready - at->what, faint, "what");
    plx__text(stage, at->ready, y, room, faint, "ready");
    plx__text(stage, at->waits, y, at->right - at->waits, faint, "waits");
}

static void draw_ready(struct plx__stage *stage, const struct plx_view_source *source, float x, float y)
{
    const bool ready[] = {source->readable, source->writable};
    static const char *const letters[] = {"R", "W"};
    float advance = plx__advance(stage, PLX__BODY);
    plx_colour green = stage->theme.ink[PLX_SIGN_READY], faint = stage->theme.faint;
    for (int i = 0; i < 2; i++) {
        if (ready[i])
            plx__text(stage, x, y, advance, (struct plx__ink){green, PLX__BODY, true}, letters[i]);
        else
            plx__sign(stage, PLX_SIGN_LATER, x + advance / 2, y, plx__px(stage, 12), faint);
        x += 1.5f * advance;
    }
    if (source->closed)
        plx__sign(stage, PLX_SIGN_FAILED, x + advance / 2, y, plx__px(stage, 10),
                  stage->theme.ink[PLX_SIGN_FAILED]);
}

static void waits_text(const struct plx_view_source *source, char *out, size_t size)
{
    unsigned long long reader = source->reader, writer = source->writer;
    if (reader != 0 && writer != 0)
        snprintf(out, size, "%llu read, %llu write", reader, writer);
    else if (reader != 0)
        snprintf(out, size, "task %llu read", reader);
    else if (writer != 0)
        snprintf(out, size, "task %llu write", writer);
    else
        out[0] = '\0';
}

static void draw_row(struct plx__stage *stage, const struct plx_view_source *source, const struct columns *at,
                     struct plx_rect row)
{
    struct plx__ink ink = {stage->theme.text, PLX__BODY, false};
    float y = row.y + row.h / 2;
    char waits[64];
    if (source->current)
        plx__round_box(stage, row, 6, stage->theme.raised, stage->theme.ink[PLX_SIGN_NOTIFIED], 1.5f);
    plx__number(stage, at->token, y, ink, source->token);
    snprintf(waits, sizeof waits, "%d", source->fd);
    plx__text_right(stage, at->fd, y, at->fd - at->token, ink, waits);
    plx__text(stage, at->what, y, at->ready - at->what - plx__px(stage, 8), ink, source->what);
    draw_ready(stage, source, at->ready, y);
    waits_text(source, waits, sizeof waits);
    plx__text(stage, at->waits, y, at->right - at->waits, ink, waits);
}

/* The first row to show, so that the current one is among the `rows`. */
static int first_shown(const struct plx_view *view, int rows)
{
    for (int i = rows; i < view->sources; i++)
        if (view->source[i].current)
            return i - rows + 1;
    return 0;
}

static void draw_rows(struct plx__stage *stage, struct plx_rect in, const struct columns *at)
{
    const struct plx_view *view = stage->view;
    float height = plx__px(stage, ROW), y = in.y + plx__px(stage, HEADER), out = plx__px(stage, 8);
    int room = (int)((in.y + in.h + out - y) / height), rows = view->sources;
    if (rows > room)
        rows = room > 1 ? room - 1 : 1;
    int first = first_shown(view, rows);
    for (int i = 0; i < rows; i++, y += height)
        draw_row(
            stage, &view->source[first + i], at,
            (struct plx_rect){in.x - out, y + plx__px(stage, 1), in.w + 2 * out, height - plx__px(stage, 2)});
    if (rows == view->sources || room < 2)
        return;
    char more[32];
    snprintf(more, sizeof more, "%d more", view->sources - rows);
    plx__text(stage, at->what, y + height / 2, in.w, (struct plx__ink){stage->theme.faint, PLX__SMALL, false},
              more);
}

void plx__reactor_draw(struct plx__stage *stage, struct plx_rect at)
{
    char rest[48];
    int sources = stage->view->sources;
    snprintf(rest, sizeof rest, sources > 1 ? "io_dispatch, %d sources" : "io_dispatch", sources);
    struct plx_rect in = plx__panel(stage, at, "REACTOR", rest);
    if (sources == 0) {
        plx__text(stage, in.x, in.y + plx__px(stage, 12), in.w,
                  (struct plx__ink){stage->theme.faint, PLX__BODY, false}, "nothing is registered");
        return;
    }
    struct columns columns = columns_of(stage, in);
    draw_header(stage, &columns, in.y + plx__px(stage, 10));
    draw_rows(stage, in, &columns);
}
