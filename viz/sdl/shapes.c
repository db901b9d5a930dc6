/* SPDX-License-Identifier: MIT
 *
 * Anti-aliased shapes, see shapes.h. A pixel's coverage is taken from the signed distance of its middle to
 * the edge: exact for straight edges, and off by less than can be seen for the radii of a screen.
 */
#include "viz/sdl/shapes.h"

#include <math.h>
#include <stdlib.h>

/* What is drawn, in quarters of pixels, as the cache's key. */
struct shape {
    enum { CIRCLE, LINE, ARROW } kind;
    int a, b, c;
};

static float real(int quarters)
{
    return (float)quarters / 4.0f;
}

static int quarters(float length)
{
    return (int)lroundf(length * 4.0f);
}

/* Distances of (x, y) from the edge, negative inside; (0, 0) is the middle of the texture. */

static float circle_distance(const struct shape *shape, float x, float y)
{
    float radius = real(shape->a), width = real(shape->b), from = sqrtf(x * x + y * y);
    return shape->b == 0 ? from - radius : fabsf(from - (radius - width / 2)) - width / 2;
}

static float line_distance(const struct shape *shape, float x, float y)
{
    float dx = real(shape->a), dy = real(shape->b), square = dx * dx + dy * dy;
    float along = square > 0 ? (x * dx + y * dy) / square : 0;
    along = along < -0.5f ? -0.5f : along > 0.5f ? 0.5f : along;
    return hypotf(x - along * dx, y - along * dy) - real(shape->c) / 2;
}

/* A triangle of height `size` with its tip at the origin; half its base is 0.6 of that, hence the slopes. */
static float arrow_distance(const struct shape *shape, float x, float y)
{
    const float slope_x = 0.8575f, slope_y = 0.5145f;
    float angle = (float)shape->a / 256.0f, dx = cosf(angle), dy = sinf(angle), size = real(shape->b);
    float back = -(x * dx + y * dy), side = fabsf(y * dx - x * dy);
    float edge = side * slope_x - back * slope_y, base = back - size;
    return edge > base ? edge : base;
}

static int half_of(const struct shape *shape)
{
    if (shape->kind == CIRCLE)
        return (int)ceilf(real(shape->a));
    if (shape->kind == ARROW)
        return (int)ceilf(real(shape->b) * 1.2f) + 1;
    float x = fabsf(real(shape->a)), y = fabsf(real(shape->b));
    return (int)ceilf((x > y ? x : y) / 2 + real(shape->c) / 2) + 1;
}

static void fill(const struct shape *shape, uint32_t *pixels, int half)
{
    for (int row = 0; row < 2 * half; row++) {
        for (int column = 0; column < 2 * half; column++) {
            float x = (float)(column - half) + 0.5f, y = (float)(row - half) + 0.5f, distance;
            distance = shape->kind == CIRCLE ? circle_distance(shape, x, y)
                       : shape->kind == LINE ? line_distance(shape, x, y)
                                             : arrow_distance(shape, x, y);
            float coverage = 0.5f - distance;
            coverage = coverage < 0 ? 0 : coverage > 1 ? 1 : coverage;
            *pixels++ = 0x00FFFFFF | (uint32_t)(coverage * 255.0f + 0.5f) << 24;
        }
    }
}

static struct plx__cached *shape_of(struct plx__shapes *shapes, const struct shape *shape)
{
    struct plx__cached *found = plx__cache_find(shapes->cache, shape, sizeof *shape);
    if (found != NULL)
        return found;
    int half = half_of(shape), size = 2 * half;
    if (half < 1 || half > 1024)
        return NULL;
    uint32_t *pixels = malloc((size_t)size * (size_t)size * sizeof *pixels);
    SDL_Texture *texture = SDL_CreateTexture(shapes->renderer, SDL_PIXELFORMAT_ARGB8888,
                                             SDL_TEXTUREACCESS_STATIC, size, size);
    if (pixels == NULL || texture == NULL) {
        free(pixels);
        SDL_DestroyTexture(texture);
        return NULL;
    }
    fill(shape, pixels, half);
    SDL_UpdateTexture(texture, NULL, pixels, size * (int)sizeof *pixels);
    SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND);
    free(pixels);
    return plx__cache_add(shapes->cache, shape, sizeof *shape, texture, size, size);
}

struct plx__cached *plx__shape_circle(struct plx__shapes *shapes, float radius, float width)
{
    return shape_of(shapes, &(struct shape){CIRCLE, quarters(radius), quarters(width), 0});
}

struct plx__cached *plx__shape_line(struct plx__shapes *shapes, float dx, float dy, float width)
{
    return shape_of(shapes, &(struct shape){LINE, quarters(dx), quarters(dy), quarters(width)});
}

struct plx__cached *plx__shape_arrow(struct plx__shapes *shapes, float dx, float dy, float size)
{
    return shape_of(shapes, &(struct shape){ARROW, (int)lroundf(atan2f(dy, dx) * 256.0f), quarters(size), 0});
}
