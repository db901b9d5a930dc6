/* SPDX-License-Identifier: MIT
 *
 * The frames of chosen events, as the terminal shows them, compared with the files in tests/golden/frames/.
 *
 * The events are found by what they are, so that a trace that was recorded anew asks the same questions.
 * After a change that is wanted: UPDATE_GOLDEN=1 writes the files anew; then read the difference.
 */
#include "tests/support/run.h"
#include "tests/support/view.h"
#include "viz/replay/search.h"
#include "viz/trace/kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define EVENTS 10 /* of a trace */

struct scene {
    const char *name;
    size_t event;
};

static size_t find(const struct plx_recording *recording, size_t from, enum plx_kind kind)
{
    return plx_search_kind(recording, from, 1, kind);
}

/* A life: spawned, polled, waiting, notified, polled again, ready, ended. */
static void choose(const struct plx_recording *recording, struct scene scene[EVENTS])
{
    size_t not_ready = find(recording, 0, PLX_EV_not_ready), io = find(recording, not_ready, PLX_EV_io_ready);
    size_t notify = find(recording, io, PLX_EV_notify), again = find(recording, notify, PLX_EV_task_poll);
    size_t ready = find(recording, again, PLX_EV_ready), end = find(recording, ready, PLX_EV_task_end);
    const struct scene chosen[EVENTS] = {
        {"start", 0},
        {"spawn", find(recording, 0, PLX_EV_spawn)},
        {"innermost-poll", plx_search_kind(recording, not_ready, -1, PLX_EV_poll)},
        {"wait", plx_search_kind(recording, not_ready, -1, PLX_EV_wait)},
        {"not-ready-on-its-way-out", not_ready + 2},
        {"io-ready", io},
        {"notify", notify},
        {"ready", ready},
        {"second-stage-poll", find(recording, ready, PLX_EV_poll)},
        {"end", end},
    };
    memcpy(scene, chosen, sizeof chosen);
}

/* A timer, a channel, a blocking section under which the worker goes on, a lock. */
static void choose_waits(const struct plx_recording *recording, struct scene scene[EVENTS])
{
    size_t set = find(recording, 0, PLX_EV_timer_set), fire = find(recording, set, PLX_EV_timer_fire);
    size_t hand_off = find(recording, fire, PLX_EV_hand_off);
    size_t send = find(recording, hand_off, PLX_EV_send),
           release = find(recording, send, PLX_EV_lock_release);
    const struct scene chosen[EVENTS] = {
        {"mailbox-empty", find(recording, 0, PLX_EV_sync_wait)},
        {"timer-set", set},
        {"waits-for-two", find(recording, set, PLX_EV_not_ready) + 1},
        {"timer-fires", fire},
        {"polled-by-timer", find(recording, fire, PLX_EV_task_poll)},
        {"hand-off", hand_off},
        {"blocks", find(recording, hand_off, PLX_EV_take_over)},
        {"reply-sent", send},
        {"polled-by-sender", find(recording, send, PLX_EV_task_poll)},
        {"lock-granted", find(recording, release, PLX_EV_lock_grant)},
    };
    memcpy(scene, chosen, sizeof chosen);
}

static bool writes_anew(void)
{
    const char *update = getenv("UPDATE_GOLDEN");
    return update != NULL && *update != '\0';
}

/* The first line that differs. */
static void tell_difference(const char *path, char *golden, char *text)
{
    char *was, *is;
    int line = 0;
    do {
        was = strsep(&golden, "\n");
        is = strsep(&text, "\n");
        line++;
    } while (was != NULL && is != NULL && strcmp(was, is) == 0);
    fail_msg("%s:%d was\n%s\nand is\n%s\nIf that is wanted: UPDATE_GOLDEN=1", path, line,
             was != NULL ? was : "", is != NULL ? is : "");
}

static void check_frame(const char *path, char *text)
{
    if (writes_anew()) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(text, out);
        assert_int_equal(fclose(out), 0);
        return;
    }
    char *golden = test_read_file(path);
    if (golden == NULL)
        fail_msg("there is no %s: UPDATE_GOLDEN=1 makes it", path);
    if (strcmp(golden, text) != 0)
        tell_difference(path, golden, text);
    free(golden);
}

static void check_trace(const char *trace, const char *name, int w, int h,
                        void choice(const struct plx_recording *recording, struct scene scene[EVENTS]))
{
    struct scene scene[EVENTS];
    char path[256];
    if (access(trace, R_OK) != 0)
        skip();
    struct plx_recording *recording = test_load(trace);
    choice(recording, scene);
    for (int i = 0; i < EVENTS; i++) {
        if (scene[i].event == 0 && strcmp(scene[i].name, "start") != 0)
            fail_msg("%s has no event for \"%s\"", trace, scene[i].name);
        snprintf(path, sizeof path, "tests/golden/frames/%s.%dx%d.%02d-%s.txt", name, w, h, i, scene[i].name);
        char *text = test_frame_text(recording, scene[i].event, w, h, PLX_PANEL_ALL);
        check_frame(path, text);
        free(text);
    }
    plx_recording_free(recording);
}

static void test_small_80x24(void **state)
{
    (void)state;
    check_trace(TEST_SMALL_TRACE, "small", 80, 24, choose);
}

static void test_small_120x40(void **state)
{
    (void)state;
    check_trace(TEST_SMALL_TRACE, "small", 120, 40, choose);
}

static void test_handshake_80x24(void **state)
{
    (void)state;
    check_trace("traces/handshake.jsonl", "handshake", 80, 24, choose);
}

static void test_handshake_120x40(void **state)
{
    (void)state;
    check_trace("traces/handshake.jsonl", "handshake", 120, 40, choose);
}

static void test_waiting_80x24(void **state)
{
    (void)state;
    check_trace("traces/waiting.jsonl", "waiting", 80, 24, choose_waits);
}

static void test_waiting_120x40(void **state)
{
    (void)state;
    check_trace("traces/waiting.jsonl", "waiting", 120, 40, choose_waits);
}

/* `pollux view` prints the same frame, byte for byte. */
static void test_view_prints_the_same_frame(void **state)
{
    (void)state;
    struct plx_recording *recording = test_load(TEST_SMALL_TRACE);
    char *text = test_frame_text(recording, 40, 120, 40, PLX_PANEL_ALL);
    struct test_run run = test_run(TEST_POLLUX " view --at 40 --size 120x40 --plain " TEST_SMALL_TRACE);
    assert_string_equal(run.out, text);
    test_run_done(&run);
    free(text);
    plx_recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_80x24),
        cmocka_unit_test(test_small_120x40),
        cmocka_unit_test(test_handshake_80x24),
        cmocka_unit_test(test_handshake_120x40),
        cmocka_unit_test(test_waiting_80x24),
        cmocka_unit_test(test_waiting_120x40),
        cmocka_unit_test(test_view_prints_the_same_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
