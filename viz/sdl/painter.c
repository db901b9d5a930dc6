/* SPDX-License-Identifier: MIT
 *
 * The verbs of the stage with SDL2, see painter.h. Edges of boxes are rounded to whole pixels, so that
 * straight edges are sharp and boxes that touch in the stage touch on the screen.
 */
#include "viz/sdl/painter.h"

#include <errno.h>
#include <math.h>

static struct plx__sdl_painter *ours(struct plx_painter *painter)
{
    return (struct plx__sdl_painter *)painter;
}

static int whole(float length)
{
    return (int)lroundf(length);
}

static void ink(struct plx__sdl_painter *painter, plx_colour colour)
{
    Uint8 alpha = (Uint8)(colour >> 24);
    SDL_SetRenderDrawBlendMode(painter->renderer, alpha == 255 ? SDL_BLENDMODE_NONE : SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(painter->renderer, (Uint8)(colour >> 16), (Uint8)(colour >> 8), (Uint8)colour,
                           alpha);
}

static void fill(struct plx__sdl_painter *painter, int x, int y, int w, int h)
{
    SDL_Rect rect = {x, y, w, h};
    if (w > 0 && h > 0)
        SDL_RenderFillRect(painter->renderer, &rect);
}

/* Draws a shape, or a part of it, in a colour. */
static void stamp(struct plx__sdl_painter *painter, const struct plx__cached *shape, const SDL_Rect *part,
                  int x, int y, plx_colour colour)
{
    if (shape == NULL) {
        painter->failed = true;
        return;
    }
    SDL_Rect to = {x, y, part != NULL ? part->w : shape->w, part != NULL ? part->h : shape->h};
    SDL_SetTextureColorMod(shape->texture, (Uint8)(colour >> 16), (Uint8)(colour >> 8), (Uint8)colour);
    SDL_SetTextureAlphaMod(shape->texture, (Uint8)(colour >> 24));
    SDL_RenderCopy(painter->renderer, shape->texture, part, &to);
}

/* ── boxes ────────────────────────────────────────────────────────────────────────────────────── */

struct pixels {
    int x, y, w, h, radius, width;
};

static struct pixels pixels_of(const struct plx_box *box)
{
    struct pixels at = {.x = whole(box->at.x), .y = whole(box->at.y)};
    at.w = whole(box->at.x + box->at.w) - at.x;
    at.h = whole(box->at.y + box->at.h) - at.y;
    int side = at.w < at.h ? at.w : at.h;
    at.radius = whole(box->radius) < side / 2 ? whole(box->radius) : side / 2;
    at.width = box->width > 0 && whole(box->width) < 1 ? 1 : whole(box->width);
    at.width = at.width < side ? at.width : side;
    return at;
}

/* The four quarters of a circle or ring of this radius, at the box's corners. */
static void draw_corners(struct plx__sdl_painter *painter, const struct pixels *at, float width,
                         plx_colour colour)
{
    int r = at->radius, right = at->x + at->w - r, bottom = at->y + at->h - r;
    if (r == 0)
        return;
    const struct plx__cached *shape = plx__shape_circle(&painter->shapes, (float)r, width);
    stamp(painter, shape, &(SDL_Rect){0, 0, r, r}, at->x, at->y, colour);
    stamp(painter, shape, &(SDL_Rect){r, 0, r, r}, right, at->y, colour);
    stamp(painter, shape, &(SDL_Rect){0, r, r, r}, at->x, bottom, colour);
    stamp(painter, shape, &(SDL_Rect){r, r, r, r}, right, bottom, colour);
}

static void fill_box(struct plx__sdl_painter *painter, const struct pixels *at, plx_colour colour)
{
    int r = at->radius;
    ink(painter, colour);
    fill(painter, at->x + r, at->y, at->w - 2 * r, r);
    fill(painter, at->x, at->y + r, at->w, at->h - 2 * r);
    fill(painter, at->x + r, at->y + at->h - r, at->w - 2 * r, r);
    draw_corners(painter, at, 0, colour);
}

/* A straight edge of `length` from (x, y), or dashes that begin and end with a full one. */
static void draw_edge(struct plx__sdl_painter *painter, int x, int y, int length, int width, bool across,
                      bool dashed)
{
    int dash = dashed ? 4 * width + 1 : length, gap = dashed ? 3 * width : 0;
    int dashes = dashed ? (length + gap) / (dash + gap) : 1;
    for (int i = 0; i < dashes; i++) {
        int from = dashes < 2 ? 0 : (int)((long)(length - dash) * i / (dashes - 1));
        if (across)
            fill(painter, x + from, y, dash, width);
        else
            fill(painter, x, y + from, width, dash);
    }
}

static void stroke_box(struct plx__sdl_painter *painter, const struct pixels *at, plx_colour colour,
                       bool dashed)
{
    int r = at->radius, width = at->width, across = at->w - 2 * r, down = at->h - 2 * r;
    ink(painter, colour);
    draw_edge(painter, at->x + r, at->y, across, width, true, dashed);
    draw_edge(painter, at->x + r, at->y + at->h - width, across, width, true, dashed);
    draw_edge(painter, at->x, at->y + r, down, width, false, dashed);
    draw_edge(painter, at->x + at->w - width, at->y + r, down, width, false, dashed);
    draw_corners(painter, at, (float)(width < r ? width : r), colour);
}

static void draw_box(struct plx_painter *verbs, const struct plx_box *box)
{
    struct plx__sdl_painter *painter = ours(verbs);
    struct pixels at = pixels_of(box);
    if (at.w <= 0 || at.h <= 0)
        return;
    if (box->fill >> 24 != 0)
        fill_box(painter, &at, box->fill);
    if (box->line >> 24 != 0 && at.width > 0)
        stroke_box(painter, &at, box->line, box->dashed);
}

/* ── the other verbs ──────────────────────────────────────────────────────────────────────────── */

static void draw_circle(struct plx_painter *verbs, float x, float y, float radius, float width,
                        plx_colour colour)
{
    struct plx__sdl_painter *painter = ours(verbs);
    const struct plx__cached *shape = plx__shape_circle(&painter->shapes, radius, width);
    int half = shape != NULL ? shape->w / 2 : 0;
    stamp(painter, shape, NULL, whole(x) - half, whole(y) - half, colour);
}

static void draw_dots(struct plx_painter *verbs, float x0, float y0, float dx, float dy, float width,
                      plx_colour colour)
{
    float length = hypotf(dx, dy), step = 3 * width;
    for (float at = 0; length > 0 && at <= length; at += step)
        draw_circle(verbs, x0 + dx * at / length, y0 + dy * at / length, width / 2, 0, colour);
}

static void draw_line(struct plx_painter *verbs, float x0, float y0, float x1, float y1, float width,
                      plx_colour colour, bool dotted)
{
    struct plx__sdl_painter *painter = ours(verbs);
    float dx = x1 - x0, dy = y1 - y0;
    if (dotted) {
        draw_dots(verbs, x0, y0, dx, dy, width, colour);
        return;
    }
    const struct plx__cached *shape = plx__shape_line(&painter->shapes, dx, dy, width);
    int half = shape != NULL ? shape->w / 2 : 0;
    stamp(painter, shape, NULL, whole((x0 + x1) / 2) - half, whole((y0 + y1) / 2) - half, colour);
}

static void draw_arrow(struct plx_painter *verbs, float x, float y, float dx, float dy, float size,
                       plx_colour colour)
{
    struct plx__sdl_painter *painter = ours(verbs);
    const struct plx__cached *shape = plx__shape_arrow(&painter->shapes, dx, dy, size);
    int half = shape != NULL ? shape->w / 2 : 0;
    stamp(painter, shape, NULL, whole(x) - half, whole(y) - half, colour);
}

static void set_clip(struct plx_painter *verbs, const struct plx_rect *rect)
{
    SDL_Rect clip = {0};
    if (rect != NULL)
        clip = (SDL_Rect){whole(rect->x), whole(rect->y), whole(rect->x + rect->w) - whole(rect->x),
                          whole(rect->y + rect->h) - whole(rect->y)};
    SDL_RenderSetClipRect(ours(verbs)->renderer, rect != NULL ? &clip : NULL);
}

int plx__sdl_painter_init(struct plx__sdl_painter *painter, SDL_Renderer *renderer, struct plx__fonts *fonts)
{
    *painter = (struct plx__sdl_painter){
        .verbs = {draw_box, draw_line, draw_arrow, draw_circle, plx__sdl_text, plx__sdl_text_width, set_clip},
        .renderer = renderer,
        .fonts = fonts,
    };
    painter->shapes = (struct plx__shapes){renderer, &painter->cache};
    return plx__cache_init(&painter->cache);
}

void plx__sdl_painter_done(struct plx__sdl_painter *painter)
{
    plx__cache_done(&painter->cache);
}

void plx__sdl_painter_frame(struct plx__sdl_painter *painter)
{
    painter->failed = false;
    plx__cache_frame(&painter->cache);
}
