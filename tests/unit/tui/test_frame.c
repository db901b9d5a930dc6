/* SPDX-License-Identifier: MIT
 *
 * Layouts and frames at all sizes: panels stay within the screen and apart, the box that one looks at is
 * always to be seen, nothing moves from one event to the next.
 */
#include "tests/support/view.h"
#include "viz/tui/cells.h"
#include "viz/tui/draw.h"
#include "viz/tui/layout.h"
#include "viz/tui/player.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AREAS 9

static void areas_of(const struct plx_layout *layout, struct plx_area area[AREAS])
{
    const struct plx_area all[AREAS] = {layout->title,   layout->chain, layout->scheduler,
                                        layout->reactor, layout->strip, layout->story,
                                        layout->log,     layout->why,   layout->keys};
    memcpy(area, all, sizeof all);
}

static bool overlap(struct plx_area a, struct plx_area b)
{
    return a.w > 0 && a.h > 0 && b.w > 0 && b.h > 0 && a.x < b.x + b.w && b.x < a.x + a.w &&
           a.y < b.y + b.h && b.y < a.y + a.h;
}

static void check_layout(int w, int h, enum plx_panel panel, bool why_wide, int workers)
{
    struct plx_layout layout = plx_layout_make(w, h, panel, why_wide, workers);
    struct plx_area area[AREAS];
    areas_of(&layout, area);
    int cells = 0;
    for (int i = 0; i < AREAS; i++) {
        assert_true(area[i].w >= 0 && area[i].h >= 0);
        assert_true(area[i].h == 0 || (area[i].x >= 0 && area[i].y >= 0 && area[i].x + area[i].w <= w &&
                                       area[i].y + area[i].h <= h));
        for (int j = 0; j < i; j++)
            assert_false(overlap(area[i], area[j]));
        cells += area[i].w * area[i].h;
    }
    if (!layout.too_small)
        assert_int_equal(cells, w * h); /* and no room is left over */
}

static void test_layouts_fill_the_screen_without_overlap(void **state)
{
    (void)state;
    for (int w = 1; w <= 300; w += w < 125 ? 1 : 7)
        for (int h = 1; h <= 100; h += h < 45 ? 1 : 5)
            for (int panel = 0; panel < PLX_PANELS; panel++) {
                check_layout(w, h, panel, false, 2);
                check_layout(w, h, panel, true, 16);
            }
}

static void test_layouts_of_the_sketches(void **state)
{
    (void)state;
    struct plx_layout at = plx_layout_make(80, 24, PLX_PANEL_ALL, false, 2);
    assert_true(at.chain.h >= 13 && at.story.h == 3 && at.log.h >= 3 && at.keys.h == 1 && at.strip.h == 1);
    assert_int_equal(at.scheduler.h, 0);
    at = plx_layout_make(80, 24, PLX_PANEL_SCHEDULER, false, 2);
    assert_true(at.scheduler.h > 0 && at.chain.w >= 40); /* beside the chain */
    at = plx_layout_make(100, 31, PLX_PANEL_ALL, false, 2);
    assert_true(at.scheduler.h > 0 && at.reactor.h > 0 && at.chain.w == 56);
    at = plx_layout_make(120, 40, PLX_PANEL_ALL, false, 2);
    assert_true(at.why.h > 0);
    at = plx_layout_make(40, 12, PLX_PANEL_ALL, false, 2);
    assert_true(!at.too_small && at.chain.h >= 6 && at.story.h == 2);
    assert_true(plx_layout_make(39, 12, PLX_PANEL_ALL, false, 2).too_small);
    assert_true(plx_layout_make(40, 11, PLX_PANEL_ALL, false, 2).too_small);
}

/* Every line of the frame is as wide as the screen at most; the sanitizers watch the rest. */
static void check_frame(const struct plx_recording *recording, size_t n, int w, int h, enum plx_panel panel)
{
    char *text = test_frame_text(recording, n, w, h, panel);
    int lines = 0;
    for (char *line = text; *line != '\0'; lines++) {
        char *end = strchr(line, '\n');
        *end = '\0';
        assert_true(plx_cells_width(line) <= w);
        line = end + 1;
    }
    assert_int_equal(lines, h);
    free(text);
}

static void test_frames_at_odd_sizes(void **state)
{
    (void)state;
    struct plx_recording *recording = test_load(TEST_SMALL_TRACE);
    size_t events = plx_recording_count(recording);
    static const int sizes[][2] = {{1, 1},     {2, 30},   {3, 1},    {10, 5},   {39, 11},  {40, 12},
                                   {41, 13},   {57, 17},  {72, 18},  {79, 23},  {80, 24},  {99, 30},
                                   {100, 1},   {1, 100},  {100, 31}, {120, 40}, {133, 12}, {160, 50},
                                   {300, 100}, {300, 12}, {40, 100}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int panel = 0; panel < PLX_PANELS; panel++)
            for (size_t n = 0; n <= events; n += 1 + events / 7)
                check_frame(recording, n, sizes[i][0], sizes[i][1], panel);
    plx_recording_free(recording);
}

static void test_a_screen_too_small_still_tells_the_sentence(void **state)
{
    (void)state;
    struct plx_recording *recording = test_load(TEST_SMALL_TRACE);
    char *text = test_frame_text(recording, 2, 30, 4, PLX_PANEL_ALL);
    assert_non_null(strstr(text, "starts"));
    assert_non_null(strstr(text, "needs 40×12"));
    free(text);
    plx_recording_free(recording);
}

/* Rows of chains of every depth, in every room: the box that one looks at is among them, and what is left
 * out is counted. */
static void test_the_current_box_is_always_shown(void **state)
{
    (void)state;
    static const int depths[] = {0, 1, 4, 12, 60};
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
        int depth = depths[d];
        struct plx_recording *recording = test_deep_recording(depth);
        size_t events = plx_recording_count(recording);
        for (int h = 12; h <= 40; h += 7)
            for (size_t n = events - (size_t)depth; n <= events; n += 1 + (size_t)depth / 6) {
                char *text = test_frame_text(recording, n, 80, h, PLX_PANEL_ALL);
                assert_non_null(strstr(text, "→ "));
                assert_true(depth < 60 || n < events - 1 || strstr(text, "outer boxes") != NULL);
                free(text);
            }
        plx_recording_free(recording);
    }
}

/* The columns where the names of the rows of the chain begin do not depend on the event. */
static void test_stepping_moves_no_box(void **state)
{
    (void)state;
    struct plx_recording *recording = test_load(TEST_SMALL_TRACE);
    size_t events = plx_recording_count(recording);
    int row_of_ok = -1, rows_seen = 0;
    for (size_t n = 1; n <= events; n++) {
        char *text = test_frame_text(recording, n, 100, 31, PLX_PANEL_ALL);
        char *chain = strstr(text, "and_then process_response ");
        int row = 0;
        for (char *c = text; chain != NULL && c < chain; c++)
            row += *c == '\n';
        if (chain != NULL && row < 6) { /* in the chain's panel, not in the sentence or the log */
            assert_true(row_of_ok == -1 || row == row_of_ok);
            row_of_ok = row;
            rows_seen++;
        }
        free(text);
    }
    assert_true(rows_seen > 50);
    plx_recording_free(recording);
}

static void test_scrolling_stands_still_near_by(void **state)
{
    (void)state;
    assert_int_equal(plx__first_row(10, 20, 9), 0);
    assert_int_equal(plx__first_row(100, 20, 5), 0);
    for (int at = 0; at < 100; at++) {
        int first = plx__first_row(100, 20, at);
        assert_true(first <= at && at < first + 20);
        assert_true(first % 10 == 0);
    }
    assert_int_equal(plx__first_row(0, 0, 0), 0);
}

/* ── what stands on the screen ────────────────────────────────────────────────────────────────── */

static void check_shown(const struct plx_player *player, const struct plx_view *view, int w, int h,
                        const char *what, bool expected)
{
    struct plx_canvas canvas;
    struct plx_frame frame = {.view = view,
                              .panel = player->panel,
                              .playing = player->playing,
                              .speed = plx_player_speed(player),
                              .follow = player->follow,
                              .message = player->message,
                              .prompt = player->prompt,
                              .input = player->input,
                              .overlay = player->overlay,
                              .overlay_top = player->overlay_top};
    frame.help = plx_player_help(&frame.helps);
    const struct plx_issue *issue = plx_player_issues(player) > 0 ? plx_player_issue(player, 0) : NULL;
    frame.issue = &issue;
    frame.issues = issue != NULL;
    assert_int_equal(plx_canvas_init(&canvas, w, h), 0);
    assert_int_equal(plx_frame_draw(&frame, &canvas), 0);
    char *text = test_canvas_text(&canvas, false);
    if ((strstr(text, what) != NULL) != expected)
        fail_msg("\"%s\" should %sbe in\n%s", what, expected ? "" : "not ", text);
    free(text);
    plx_canvas_done(&canvas);
}

static void test_title_keys_and_overlays(void **state)
{
    (void)state;
    struct plx_recording *recording = test_load(TEST_SMALL_TRACE);
    struct plx_player player;
    const struct plx_view *view;
    assert_int_equal(plx_player_init(&player, recording, 20), 0);
    assert_int_equal(plx_player_view(&player, 3, 3, &view), 0);
    check_shown(&player, view, 80, 24, "2 scheduler", true); /* a panel that is not shown is named */
    check_shown(&player, view, 100, 31, "2 scheduler", false);
    check_shown(&player, view, 100, 31, "paused  ×1", true);
    plx_player_key(&player, '+');
    plx_player_key(&player, ' ');
    check_shown(&player, view, 100, 31, "▶ plays  ×2", true);
    plx_player_key(&player, ':');
    plx_player_key(&player, '4');
    check_shown(&player, view, 80, 24, " : 4 ", true);
    plx_player_key(&player, 'x');
    plx_player_key(&player, '\r');
    check_shown(&player, view, 80, 24, "\"4x\" is neither", true);
    plx_player_key(&player, '?');
    check_shown(&player, view, 80, 24, "next poll of this task", true);
    check_shown(&player, view, 80, 24, "what is odd in this recording", true);
    check_shown(&player, view, 40, 12, "↓ more", true);
    plx_player_key(&player, 'x');
    plx_player_key(&player, 'i');
    check_shown(&player, view, 80, 24, "What is odd in this recording", true);
    plx_player_done(&player);
    plx_recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts_fill_the_screen_without_overlap),
        cmocka_unit_test(test_layouts_of_the_sketches),
        cmocka_unit_test(test_frames_at_odd_sizes),
        cmocka_unit_test(test_a_screen_too_small_still_tells_the_sentence),
        cmocka_unit_test(test_the_current_box_is_always_shown),
        cmocka_unit_test(test_stepping_moves_no_box),
        cmocka_unit_test(test_scrolling_stands_still_near_by),
        cmocka_unit_test(test_title_keys_and_overlays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
