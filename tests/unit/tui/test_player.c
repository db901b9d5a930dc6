/* SPDX-License-Identifier: MIT
 *
 * Every key of the player, without a terminal.
 */
#include "tests/support/view.h"
#include "viz/replay/search.h"
#include "viz/tui/player.h"
#include "viz/tui/prompt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct plx_recording *recording;

static int load(void **state)
{
    (void)state;
    recording = test_load(TEST_SMALL_TRACE);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    plx_recording_free(recording);
    return 0;
}

static int start(void **state)
{
    struct plx_player *player = malloc(sizeof *player);
    assert_non_null(player);
    assert_int_equal(plx_player_init(player, recording, 30), 0);
    *state = player;
    return 0;
}

static int stop(void **state)
{
    plx_player_done(*state);
    free(*state);
    return 0;
}

static void press(struct plx_player *player, uint32_t key)
{
    assert_int_equal(plx_player_key(player, key), 0);
    assert_true(player->position <= player->events);
}

static void type(struct plx_player *player, const char *text)
{
    for (; *text != '\0'; text++)
        press(player, (unsigned char)*text);
}

static const struct plx_view *view_of(struct plx_player *player)
{
    const struct plx_view *view;
    assert_int_equal(plx_player_view(player, 4, 2, &view), 0);
    assert_int_equal(view->event, player->position);
    return view;
}

static enum plx_kind kind_at(size_t n)
{
    return plx_recording_event(recording, n)->kind;
}

static void test_one_event_on_and_back(void **state)
{
    struct plx_player *player = *state;
    press(player, PLX_KEY_RIGHT);
    assert_int_equal(player->position, 31);
    press(player, PLX_KEY_LEFT);
    press(player, PLX_KEY_LEFT);
    assert_int_equal(player->position, 29);
    press(player, PLX_KEY_PAGE_DOWN); /* a clicker */
    assert_int_equal(player->position, 30);
    press(player, PLX_KEY_PAGE_UP);
    assert_int_equal(player->position, 29);
    view_of(player);
}

static void test_the_ends_hold(void **state)
{
    struct plx_player *player = *state;
    press(player, PLX_KEY_HOME);
    assert_int_equal(player->position, 0);
    press(player, PLX_KEY_LEFT);
    assert_int_equal(player->position, 0);
    assert_string_not_equal(player->message, "");
    view_of(player);
    press(player, PLX_KEY_END);
    assert_int_equal(player->position, player->events);
    press(player, PLX_KEY_RIGHT);
    assert_int_equal(player->position, player->events);
    assert_string_not_equal(player->message, "");
    press(player, ' ');
    assert_false(player->playing);
    view_of(player);
}

static void test_play_and_pause(void **state)
{
    struct plx_player *player = *state;
    press(player, ' ');
    assert_true(player->playing);
    assert_int_equal(plx_player_tick(player, 200000000), 0); /* not yet an event's time */
    assert_int_equal(player->position, 30);
    assert_int_equal(plx_player_tick(player, 50000000), 0);
    assert_int_equal(player->position, 31);
    assert_int_equal(plx_player_tick(player, 1000000000), 0);
    assert_int_equal(player->position, 35);
    press(player, ' ');
    assert_int_equal(plx_player_tick(player, 1000000000), 0);
    assert_int_equal(player->position, 35);
}

static void test_it_pauses_at_the_end(void **state)
{
    struct plx_player *player = *state;
    press(player, ' ');
    assert_int_equal(plx_player_tick(player, UINT64_MAX), 0);
    assert_int_equal(player->position, player->events);
    assert_false(player->playing);
}

static void test_a_step_by_hand_pauses(void **state)
{
    struct plx_player *player = *state;
    press(player, ' ');
    press(player, PLX_KEY_RIGHT);
    assert_false(player->playing);
}

static void test_speed(void **state)
{
    struct plx_player *player = *state;
    assert_string_equal(plx_player_speed(player), "×1");
    press(player, '+');
    assert_string_equal(plx_player_speed(player), "×2");
    for (int i = 0; i < 20; i++)
        press(player, '=');
    assert_string_equal(plx_player_speed(player), "×64");
    press(player, ' ');
    assert_int_equal(plx_player_tick(player, 250000000), 0);
    assert_int_equal(player->position, 94);
    for (int i = 0; i < 20; i++)
        press(player, '-');
    assert_string_equal(plx_player_speed(player), "×1/8");
}

static void test_polls_of_the_task(void **state)
{
    struct plx_player *player = *state;
    uint64_t task = view_of(player)->chain.task;
    assert_int_not_equal(task, 0);
    size_t next = plx_search_poll(recording, 30, 1, task);
    press(player, PLX_KEY_DOWN);
    assert_int_equal(player->position, next);
    press(player, PLX_KEY_UP);
    assert_int_equal(player->position, plx_search_poll(recording, next, -1, task));
    press(player, PLX_KEY_UP);
    assert_string_equal(player->message, "There is no earlier poll of task 1.");
    for (int i = 0; i < 100; i++)
        press(player, PLX_KEY_DOWN);
    assert_string_equal(player->message, "There is no later poll of task 1.");
}

static void test_events_of_the_same_kind(void **state)
{
    struct plx_player *player = *state;
    enum plx_kind kind = kind_at(30);
    press(player, 'n');
    assert_true(player->position > 30);
    assert_int_equal(kind_at(player->position), kind);
    press(player, 'N');
    assert_int_equal(player->position, 30);
    for (int i = 0; i < 200; i++)
        press(player, 'n');
    assert_non_null(strstr(player->message, "There is no later"));
    press(player, PLX_KEY_HOME);
    press(player, 'n');
    assert_int_equal(player->position, 0);
    assert_string_not_equal(player->message, "");
}

static void test_follow(void **state)
{
    struct plx_player *player = *state;
    uint64_t task = view_of(player)->chain.task;
    press(player, 't');
    assert_int_equal(player->follow, task);
    for (size_t n = 31; n <= player->events; n++) {
        press(player, PLX_KEY_RIGHT);
        assert_int_equal(view_of(player)->chain.task, task);
    }
    press(player, 't');
    assert_int_equal(player->follow, 0);
    press(player, PLX_KEY_HOME);
    press(player, 't');
    assert_int_equal(player->follow, 0);
}

static void go_to(struct plx_player *player, const char *text, size_t expected)
{
    press(player, ':');
    assert_int_equal(player->prompt, PLX_PROMPT_GO_TO);
    type(player, text);
    press(player, '\r');
    assert_int_equal(player->prompt, PLX_PROMPT_NONE);
    if (player->position != expected)
        fail_msg("\"%s\" led to %zu instead of %zu", text, player->position, expected);
}

static void test_go_to(void **state)
{
    struct plx_player *player = *state;
    go_to(player, "41", 41);
    go_to(player, "+5", 46);
    go_to(player, "-6", 40);
    go_to(player, "-600", 0);
    go_to(player, "99999999999999999999999", player->events);
    go_to(player, "+99999999999999999999999", player->events);
    uint64_t t = plx_recording_event(recording, 41)->t_ns;
    char time[32];
    snprintf(time, sizeof time, "%lluns", (unsigned long long)t);
    go_to(player, time, plx_search_time(recording, t));
    snprintf(time, sizeof time, "%.6f ms", (double)t / 1e6);
    go_to(player, time, plx_search_time(recording, t));
    go_to(player, "0s", plx_search_time(recording, 0));
    go_to(player, "99999999999s", player->events);
}

static void test_nonsense_moves_nothing(void **state)
{
    struct plx_player *player = *state;
    static const char *const nonsense[] = {"x",   "4x",  "1.5",   "+1.5ms", "--1", "ms",
                                           "nan", "inf", "1e999", "+",      "0x10"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        go_to(player, nonsense[i], 30);
        assert_string_not_equal(player->message, "");
    }
    go_to(player, "", 30);
}

static void test_prompts_can_be_edited_and_left(void **state)
{
    struct plx_player *player = *state;
    press(player, ':');
    type(player, "49");
    press(player, PLX_KEY_BACKSPACE);
    press(player, '1');
    assert_string_equal(player->input, "41");
    press(player, 'q'); /* belongs to the prompt */
    assert_false(player->quit);
    press(player, PLX_KEY_ESCAPE);
    assert_int_equal(player->prompt, PLX_PROMPT_NONE);
    assert_int_equal(player->position, 30);
    press(player, '/');
    press(player, 0xE9);
    press(player, 0x1F980);
    press(player, PLX_KEY_BACKSPACE);
    assert_string_equal(player->input, "\xC3\xA9");
    for (int i = 0; i < 200; i++)
        press(player, 0x65E5);
    assert_true(strlen(player->input) < sizeof player->input);
    for (int i = 0; i < 200 && player->prompt != PLX_PROMPT_NONE; i++)
        press(player, PLX_KEY_BACKSPACE);
    assert_int_equal(player->prompt, PLX_PROMPT_NONE);
}

static void search(struct plx_player *player, const char *text)
{
    press(player, '/');
    assert_int_equal(player->prompt, PLX_PROMPT_SEARCH);
    type(player, text);
    press(player, '\r');
}

static void test_search(void **state)
{
    struct plx_player *player = *state;
    search(player, "IO_READY");
    assert_true(player->position > 30);
    assert_int_equal(kind_at(player->position), PLX_EV_io_ready);
    size_t first = player->position;
    search(player, ""); /* the same again */
    assert_true(player->position > first);
    assert_int_equal(kind_at(player->position), PLX_EV_io_ready);
    press(player, PLX_KEY_END);
    search(player, "io_ready"); /* goes on from the start */
    assert_int_equal(player->position, first);
    search(player, "surely not there");
    assert_int_equal(player->position, first);
    assert_non_null(strstr(player->message, "nowhere"));
    assert_int_equal(view_of(player)->event, first); /* the world was put back */
}

static void test_panels(void **state)
{
    struct plx_player *player = *state;
    press(player, '2');
    assert_int_equal(player->panel, PLX_PANEL_SCHEDULER);
    press(player, '3');
    assert_int_equal(player->panel, PLX_PANEL_REACTOR);
    press(player, '3');
    assert_int_equal(player->panel, PLX_PANEL_ALL);
    press(player, '5');
    press(player, PLX_KEY_ESCAPE);
    assert_int_equal(player->panel, PLX_PANEL_ALL);
    for (int i = 1; i <= PLX_PANELS; i++) {
        press(player, '\t');
        assert_int_equal(player->panel, i % PLX_PANELS);
    }
    press(player, PLX_KEY_BACK_TAB);
    assert_int_equal(player->panel, PLX_PANELS - 1);
    press(player, 'w');
    assert_true(player->why_wide);
    press(player, 'w');
    assert_false(player->why_wide);
}

static void test_overlays(void **state)
{
    struct plx_player *player = *state;
    press(player, '?');
    assert_int_equal(player->overlay, PLX_OVERLAY_HELP);
    press(player, PLX_KEY_UP);
    assert_int_equal(player->overlay_top, 0);
    press(player, PLX_KEY_DOWN);
    assert_int_equal(player->overlay_top, 1);
    press(player, PLX_KEY_RIGHT); /* any other key only closes it */
    assert_int_equal(player->overlay, PLX_OVERLAY_NONE);
    assert_int_equal(player->position, 30);
    press(player, 'i');
    assert_int_equal(player->overlay, PLX_OVERLAY_ISSUES);
    press(player, PLX_KEY_ESCAPE);
    assert_int_equal(player->overlay, PLX_OVERLAY_NONE);
    press(player, 'q');
    assert_true(player->quit);
}

/* Whatever is pressed, in whatever order, the position stays in range and there is always a view. */
static void test_any_keys_at_all(void **state)
{
    struct plx_player *player = *state;
    static const uint32_t keys[] = {
        PLX_KEY_RIGHT,
        PLX_KEY_LEFT,
        PLX_KEY_DOWN,
        PLX_KEY_UP,
        PLX_KEY_HOME,
        PLX_KEY_END,
        PLX_KEY_PAGE_DOWN,
        PLX_KEY_PAGE_UP,
        PLX_KEY_BACK_TAB,
        ' ',
        '\t',
        '\r',
        'n',
        'N',
        ':',
        '/',
        '+',
        '-',
        't',
        'w',
        '?',
        'i',
        '1',
        '2',
        '9',
        'x',
        PLX_KEY_ESCAPE,
        PLX_KEY_BACKSPACE,
        0,
        UINT32_MAX,
        0x110000,
        0xD800,
        '5',
        'm',
        's',
    };
    uint32_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525u + 1013904223u;
        press(player, keys[(seed >> 16) % (sizeof keys / sizeof *keys)]);
        assert_int_equal(plx_player_tick(player, seed >> 8), 0);
        assert_true(player->position <= player->events);
        if (i % 16 == 0)
            view_of(player);
    }
}

static void test_a_recording_without_events(void **state)
{
    (void)state;
    const char *text =
        "{\"pollux\":1,\"program\":\"\",\"pid\":1,\"clock\":\"monotonic_ns\",\"started\":\"\"}\n";
    struct plx_recording *empty;
    struct plx_problem why;
    struct plx_player player;
    assert_int_equal(plx_recording_parse(text, strlen(text), "empty", &empty, &why), 0);
    assert_int_equal(plx_player_init(&player, empty, 5), 0);
    static const uint32_t keys[] = {PLX_KEY_RIGHT, PLX_KEY_LEFT, PLX_KEY_DOWN, PLX_KEY_UP,
                                    PLX_KEY_END,   ' ',          'n',          't'};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        press(&player, keys[i]);
        assert_int_equal(player.position, 0);
    }
    search(&player, "x");
    view_of(&player);
    char *frame = test_frame_text(empty, 0, 80, 24, PLX_PANEL_ALL);
    assert_non_null(strstr(frame, "event 0/0"));
    free(frame);
    plx_player_done(&player);
    plx_recording_free(empty);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_event_on_and_back),
        TEST(test_the_ends_hold),
        TEST(test_play_and_pause),
        TEST(test_it_pauses_at_the_end),
        TEST(test_a_step_by_hand_pauses),
        TEST(test_speed),
        TEST(test_polls_of_the_task),
        TEST(test_events_of_the_same_kind),
        TEST(test_follow),
        TEST(test_go_to),
        TEST(test_nonsense_moves_nothing),
        TEST(test_prompts_can_be_edited_and_left),
        TEST(test_search),
        TEST(test_panels),
        TEST(test_overlays),
        TEST(test_any_keys_at_all),
        cmocka_unit_test(test_a_recording_without_events),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
