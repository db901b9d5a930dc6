/* SPDX-License-Identifier: MIT
 *
 * The verbs of the window's painter, looked at pixel by pixel: drawn by SDL's software renderer into memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "viz/sdl/font.h"
#include "viz/sdl/painter.h"
#include "viz/trace/recording.h"

#define WIDTH  200
#define HEIGHT 100
#define GROUND 0xFF000000u
#define RED    0xFFFF0000u
#define BLUE   0xFF0000FFu
#define WHITE  0xFFFFFFFFu

static SDL_Surface *surface;
static SDL_Renderer *renderer;
static struct plx__fonts *fonts;
static struct plx__sdl_painter painter;
static struct plx_painter *const verbs = &painter.verbs;

static int open_painter(void **state)
{
    (void)state;
    struct plx_problem why = {.text = ""};
    if (TTF_Init() != 0 || plx__fonts_new(&fonts, NULL, NULL, &why) != 0) {
        print_error("%s\n", why.text);
        return -1;
    }
    surface = SDL_CreateRGBSurfaceWithFormat(0, WIDTH, HEIGHT, 32, SDL_PIXELFORMAT_ARGB8888);
    renderer = surface != NULL ? SDL_CreateSoftwareRenderer(surface) : NULL;
    return renderer != NULL ? plx__sdl_painter_init(&painter, renderer, fonts) : -1;
}

static int close_painter(void **state)
{
    (void)state;
    plx__sdl_painter_done(&painter);
    SDL_DestroyRenderer(renderer);
    SDL_FreeSurface(surface);
    plx__fonts_free(fonts);
    TTF_Quit();
    return 0;
}

static int clear(void **state)
{
    (void)state;
    SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255);
    SDL_RenderClear(renderer);
    plx__sdl_painter_frame(&painter);
    return 0;
}

static uint32_t pixel(int x, int y)
{
    uint32_t value;
    SDL_RenderFlush(renderer);
    memcpy(&value, (const uint8_t *)surface->pixels + y * surface->pitch + x * 4, sizeof value);
    return value | 0xFF000000u;
}

/* How many pixels of a rectangle are not the ground. */
static int inked(int x, int y, int w, int h)
{
    int count = 0;
    for (int row = y; row < y + h; row++)
        for (int column = x; column < x + w; column++)
            count += pixel(column, row) != GROUND;
    return count;
}

static int red_of(uint32_t colour)
{
    return (int)(colour >> 16 & 0xFF);
}

static void box_has_round_smooth_corners(void **state)
{
    (void)state;
    verbs->box(verbs, &(struct plx_box){.at = {20, 20, 100, 60}, .radius = 12, .fill = RED});
    assert_int_equal(pixel(70, 50), RED);
    assert_int_equal(pixel(20, 50), RED);
    assert_int_equal(pixel(119, 50), RED);
    assert_int_equal(pixel(20, 20), GROUND);
    assert_int_equal(pixel(119, 79), GROUND);
    int smooth = 0;
    for (int x = 20; x < 32; x++)
        for (int y = 20; y < 32; y++)
            smooth += red_of(pixel(x, y)) > 0 && red_of(pixel(x, y)) < 255;
    assert_in_range(smooth, 8, 40);
    assert_int_equal(inked(0, 0, WIDTH, 20) + inked(0, 80, WIDTH, 20) + inked(0, 0, 20, HEIGHT), 0);
}

static void box_is_symmetric(void **state)
{
    (void)state;
    verbs->box(verbs, &(struct plx_box){
                          .at = {20, 20, 100, 60}, .radius = 9, .fill = RED, .line = BLUE, .width = 2});
    for (int y = 0; y < 30; y++) {
        for (int x = 0; x < 50; x++) {
            assert_int_equal(pixel(20 + x, 20 + y), pixel(119 - x, 20 + y));
            assert_int_equal(pixel(20 + x, 20 + y), pixel(20 + x, 79 - y));
        }
    }
}

static void border_lies_inside_the_box(void **state)
{
    (void)state;
    verbs->box(verbs, &(struct plx_box){.at = {20, 20, 100, 60}, .radius = 8, .line = BLUE, .width = 2});
    assert_int_equal(pixel(70, 20), BLUE);
    assert_int_equal(pixel(70, 21), BLUE);
    assert_int_equal(pixel(70, 22), GROUND);
    assert_int_equal(pixel(70, 79), BLUE);
    assert_int_equal(pixel(20, 50), BLUE);
    assert_int_equal(pixel(119, 50), BLUE);
    assert_int_equal(pixel(120, 50), GROUND);
    assert_int_equal(pixel(70, 50), GROUND);
}

static void dashes_have_gaps(void **state)
{
    (void)state;
    verbs->box(verbs, &(struct plx_box){
                          .at = {20, 20, 100, 60}, .radius = 8, .line = BLUE, .width = 1, .dashed = true});
    int changes = 0;
    for (int x = 29; x < 112; x++)
        changes += pixel(x, 20) != pixel(x - 1, 20);
    assert_in_range(changes, 10, 40);
}

static void boxes_of_any_size_are_drawn(void **state)
{
    (void)state;
    for (float w = -3; w < 30; w += 0.7f)
        for (float h = -3; h < 30; h += 4.1f)
            verbs->box(verbs, &(struct plx_box){.at = {40.3f, 40.8f, w, h},
                                                .radius = 9,
                                                .fill = RED,
                                                .line = BLUE,
                                                .width = 1.5f,
                                                .dashed = h > 10});
    assert_int_equal(inked(0, 0, 40, HEIGHT), 0);
    assert_false(painter.failed);
}

static void circle_and_ring_are_round(void **state)
{
    (void)state;
    verbs->circle(verbs, 50, 50, 20, 0, RED);
    assert_int_equal(pixel(50, 50), RED);
    assert_int_equal(pixel(50, 31), RED);
    assert_int_equal(pixel(50, 28), GROUND);
    assert_int_equal(pixel(35, 35), GROUND);
    assert_in_range(inked(20, 20, 60, 60), 1200, 1360); /* 400 π, and the smooth edge */
    verbs->circle(verbs, 150, 50, 20, 3, BLUE);
    assert_int_equal(pixel(150, 50), GROUND);
    assert_int_equal(pixel(150, 31), BLUE);
}

static void line_runs_between_its_ends(void **state)
{
    (void)state;
    verbs->line(verbs, 20, 20, 60, 60, 3, WHITE, false);
    assert_int_equal(pixel(40, 40), WHITE);
    assert_int_equal(pixel(40, 60), GROUND);
    assert_int_equal(inked(66, 0, 100, HEIGHT), 0);
    verbs->line(verbs, 100, 10, 100, 90, 2, WHITE, true);
    int dots = inked(98, 8, 5, 85);
    assert_in_range(dots, 30, 130);
    verbs->line(verbs, 150, 50, 150, 50, 2, WHITE, true);
    verbs->line(verbs, 150, 50, 150, 50, 2, WHITE, false);
    assert_false(painter.failed);
}

static void arrow_points_where_told(void **state)
{
    (void)state;
    static const float ways[][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        float dx = ways[i][0], dy = ways[i][1];
        clear(NULL);
        verbs->arrow(verbs, 50, 50, dx, dy, 16, RED);
        assert_int_equal(pixel(50 - (int)(8 * dx), 50 - (int)(8 * dy)), RED);
        assert_int_equal(pixel(50 + (int)(4 * dx), 50 + (int)(4 * dy)), GROUND);
        assert_int_equal(pixel(50 - (int)(20 * dx), 50 - (int)(20 * dy)), GROUND);
    }
}

static void text_stays_in_its_width(void **state)
{
    (void)state;
    static const char *const texts[] = {"read_exact", "Wm@", "→ × ▶ ✓ ✗ »", "\xFF broken", "异步"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct plx_type type = {.size = 15, .bold = i % 2 == 1, .colour = WHITE};
        clear(NULL);
        int width = (int)verbs->text_width(verbs, &type, texts[i]);
        verbs->text(verbs, 20, 50, &type, texts[i]);
        assert_in_range(width, 2 * 8, WIDTH - 40);
        assert_in_range(inked(20, 30, width, 28), 20, 20000);
        assert_int_equal(inked(0, 0, 18, HEIGHT) + inked(20 + width + 4, 0, 176 - width, HEIGHT), 0);
    }
    assert_false(painter.failed);
}

static void text_has_its_own_colour_in_the_cache(void **state)
{
    (void)state;
    struct plx_type type = {.size = 20, .bold = true, .colour = RED};
    verbs->text(verbs, 20, 50, &type, "HHH");
    type.colour = BLUE;
    verbs->text(verbs, 120, 50, &type, "HHH");
    int red = 0, blue = 0;
    for (int x = 0; x < WIDTH; x++)
        for (int y = 0; y < HEIGHT; y++) {
            red += pixel(x, y) == RED;
            blue += pixel(x, y) == BLUE;
        }
    assert_true(red > 20);
    assert_int_equal(red, blue);
}

static void clip_hides_what_is_outside(void **state)
{
    (void)state;
    verbs->clip(verbs, &(struct plx_rect){40, 0, 20, HEIGHT});
    verbs->box(verbs, &(struct plx_box){.at = {0, 0, WIDTH, HEIGHT}, .fill = RED});
    verbs->clip(verbs, NULL);
    assert_int_equal(pixel(39, 50), GROUND);
    assert_int_equal(pixel(40, 50), RED);
    assert_int_equal(pixel(60, 50), GROUND);
}

static void the_cache_is_bounded(void **state)
{
    (void)state;
    const struct plx_type type = {.size = 13, .colour = WHITE};
    for (int i = 0; i < 3 * PLX__CACHE_MAX; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        verbs->text(verbs, 20, 50, &type, text);
        assert_in_range(painter.cache.count, 1, PLX__CACHE_MAX);
        if (i % 100 == 0)
            plx__sdl_painter_frame(&painter);
    }
    assert_false(painter.failed);
}

static void many_sizes_are_drawn(void **state)
{
    (void)state;
    for (int size = 5; size < 90; size++) { /* as when a window is dragged larger */
        const struct plx_type type = {.size = (float)size, .bold = size % 2 == 0, .colour = WHITE};
        clear(NULL);
        verbs->text(verbs, 2, 80, &type, "poll ▶");
        assert_true(inked(0, 0, WIDTH, HEIGHT) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(box_has_round_smooth_corners, clear),
        cmocka_unit_test_setup(box_is_symmetric, clear),
        cmocka_unit_test_setup(border_lies_inside_the_box, clear),
        cmocka_unit_test_setup(dashes_have_gaps, clear),
        cmocka_unit_test_setup(boxes_of_any_size_are_drawn, clear),
        cmocka_unit_test_setup(circle_and_ring_are_round, clear),
        cmocka_unit_test_setup(line_runs_between_its_ends, clear),
        cmocka_unit_test_setup(arrow_points_where_told, clear),
        cmocka_unit_test_setup(text_stays_in_its_width, clear),
        cmocka_unit_test_setup(text_has_its_own_colour_in_the_cache, clear),
        cmocka_unit_test_setup(clip_hides_what_is_outside, clear),
        cmocka_unit_test_setup(the_cache_is_bounded, clear),
        cmocka_unit_test_setup(many_sizes_are_drawn, clear),
    };
    return cmocka_run_group_tests(tests, open_painter, close_painter);
}
