/* SPDX-License-Identifier: MIT
 *
 * Why: the walk back from an event to its cause.
 */
#include "traces.h"

#include "viz/replay/why.h"

#include <glob.h>
#include <stdlib.h>

#define STEPS_MAX 100000

/* The walk from event n as the names of its kinds, e.g. "pop push spawn". */
static void expect_walk(const struct plx_recording *recording, size_t n, const char *kinds)
{
    size_t events[64], count = plx_why_walk(recording, n, events, 64);
    char got[1024] = "";
    assert_true(count <= 64);
    for (size_t i = 0; i < count; i++)
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
                 plx_kind_info((enum plx_kind)plx_recording_event(recording, events[i])->kind).name);
    assert_string_equal(got, kinds);
}

static void a_short_life(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    expect_walk(recording, 91, "task_end ready poll task_poll pop steal push push spawn");
    plx_recording_free(recording);
}

static void readiness_leads_to_the_wait_and_the_registration(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    expect_walk(recording, 48,
                "task_poll pop push notify io_ready wait register poll poll poll poll poll poll "
                "task_poll pop push spawn");
    plx_recording_free(recording);
}

static void the_turn_stands_between_readiness_and_an_earlier_wait(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    struct plx_why walk = plx_why_from(recording, 98);    /* notify */
    assert_int_equal(plx_why_back(recording, &walk), 97); /* io_ready */
    assert_int_equal(plx_recording_event(recording, plx_why_back(recording, &walk))->kind, PLX_EV_turn_start);
    assert_int_equal(plx_why_back(recording, &walk), 64); /* wait */
    plx_recording_free(recording);
}

#define PUSH(t) E("push", "\"task\":" t ",\"queue\":\"global\",\"worker\":0")
#define POP(t)  E("pop", "\"task\":" t ",\"queue\":\"global\"")

static void another_task_notifies(void **state)
{
    (void)state;
    struct plx_recording *recording = recorded(
        LINES(SPAWN("1", "0"), TASK_POLL("1"), POLL("1", "1", "0", "0"), NOT_READY("1", "1"), SPAWN("2", "0"),
              TASK_POLL("2"), POLL("2", "1", "0", "0"), NOTIFY("1", "task", "2", "scheduled"), PUSH("1"),
              POP("1"), TASK_POLL("1")));
    expect_walk(recording, 11, "task_poll pop push notify poll not_ready poll task_poll spawn");
    plx_recording_free(recording);
}

static void a_timer_and_a_thread_notify(void **state)
{
    (void)state;
    struct plx_recording *recording = recorded(LINES(
        SPAWN("1", "0"), TASK_POLL("1"), POLL("1", "1", "0", "0"), NOT_READY("1", "1"),
        NOTIFY("1", "timer", "0", "scheduled"), PUSH("1"), POP("1"), TASK_POLL("1"), POLL("1", "1", "0", "0"),
        NOT_READY("1", "1"), NOTIFY("1", "thread", "0", "scheduled"), TASK_POLL("1")));
    expect_walk(recording, 12,
                "task_poll notify not_ready poll task_poll pop push notify not_ready poll task_poll spawn");
    plx_recording_free(recording);
}

static void a_notify_that_came_too_late_causes_nothing(void **state)
{
    (void)state;
    struct plx_recording *recording = recorded(
        LINES(SPAWN("1", "0"), PUSH("1"), NOTIFY("1", "thread", "0", "coalesced"), POP("1")));
    expect_walk(recording, 4, "pop push spawn");
    plx_recording_free(recording);
    recording = recorded(
        LINES(SPAWN("1", "0"), TASK_POLL("1"), NOTIFY("1", "task", "1", "too_late"), PUSH("1")));
    expect_walk(recording, 4, "push spawn");
    plx_recording_free(recording);
}

static void a_task_that_notifies_itself_is_polled_again(void **state)
{
    (void)state;
    struct plx_recording *recording = recorded(LINES(
        SPAWN("1", "0"), TASK_POLL("1"), POLL("1", "1", "0", "0"), NOTIFY("1", "task", "1", "coalesced"),
        NOT_READY("1", "1"), PUSH("1"), NOTIFY("1", "thread", "0", "coalesced"), POP("1")));
    expect_walk(recording, 8, "pop push notify poll task_poll spawn");
    plx_recording_free(recording);
}

static void a_spawn_by_a_task_goes_on_to_its_poll(void **state)
{
    (void)state;
    struct plx_recording *recording = recorded(
        LINES(SPAWN("1", "0"), TASK_POLL("1"), POLL("1", "1", "0", "0"),
              E("spawn", "\"task\":2,\"shape\":0,\"by\":1,\"at\":\"\""), PUSH("2")));
    expect_walk(recording, 5, "push spawn");
    struct plx_why walk = plx_why_from(recording, 4);
    assert_int_equal(plx_why_back(recording, &walk), 3);
    assert_int_equal(walk.task, 1);
    plx_recording_free(recording);
}

static void a_worker_wakes_because_of_a_push(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    struct plx_why walk = plx_why_from(recording, 22);
    assert_int_equal(plx_why_back(recording, &walk), 21); /* unpark */
    assert_int_equal(plx_why_back(recording, &walk), 20); /* push */
    assert_int_equal(walk.task, 1);
    plx_recording_free(recording);
}

static void an_event_that_is_not_there_has_no_cause(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    struct plx_why walk = plx_why_from(recording, 0);
    assert_int_equal(plx_why_back(recording, &walk), 0);
    assert_int_equal(plx_why_walk(recording, 5000, NULL, 0), 0);
    plx_recording_free(recording);
}

/* ── all committed traces: from every end to its spawn ── */

static void expect_story(const char *path, const struct plx_recording *recording, size_t end)
{
    static size_t events[STEPS_MAX];
    uint64_t task = plx_recording_event(recording, end)->task;
    size_t count = plx_why_walk(recording, end, events, STEPS_MAX);
    assert_true(count >= 2 && count <= STEPS_MAX);
    for (size_t i = 1; i < count; i++)
        assert_true(events[i] < events[i - 1]);
    const struct plx_event *first = plx_recording_event(recording, events[count - 1]);
    if (first->kind != PLX_EV_spawn || first->task != task)
        fail_msg("%s: the walk from event %zu, the end of task %llu, stops at event %zu", path, end,
                 (unsigned long long)task, events[count - 1]);
}

static void every_end_leads_to_its_spawn(void **state)
{
    (void)state;
    static const char *const patterns[] = {"traces/*.jsonl", "tests/fixtures/*.jsonl"};
    size_t ends = 0;
    for (size_t i = 0; i < 2; i++) {
        glob_t found;
        if (glob(patterns[i], 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++) {
            struct plx_recording *recording = loaded(found.gl_pathv[k]);
            size_t n = 0;
            while ((n = plx_search_kind(recording, n, 1, PLX_EV_task_end)) && ++ends)
                expect_story(found.gl_pathv[k], recording, n);
            plx_recording_free(recording);
        }
        globfree(&found);
    }
    assert_true(ends >= 3);
}

/* ── searching ── */

static void searching_goes_both_ways(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    size_t count = plx_recording_count(recording);
    assert_int_equal(plx_search_poll(recording, 0, 1, 1), 24);
    assert_int_equal(plx_search_poll(recording, 24, 1, 1), 48);
    assert_int_equal(plx_search_poll(recording, 48, -1, 1), 24);
    assert_int_equal(plx_search_poll(recording, 24, -1, 1), 0);
    assert_int_equal(plx_search_poll(recording, 48, 1, 0), 78);
    assert_int_equal(plx_search_task(recording, count + 1, -1, 3), 91);
    assert_int_equal(plx_search_task(recording, 0, 1, 99), 0);
    assert_int_equal(plx_search_kind(recording, 0, 1, PLX_EV_steal), 82);
    assert_int_equal(plx_search_kind(recording, 82, 1, PLX_EV_steal), 0);
    assert_int_equal(plx_search_kind(recording, 5000, -1, PLX_EV_steal), 82);
    assert_int_equal(plx_search_time(recording, 0), 0);
    assert_int_equal(plx_search_time(recording, 115000), 18);
    assert_int_equal(plx_search_time(recording, UINT64_MAX), count);
    plx_recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_life),
        cmocka_unit_test(readiness_leads_to_the_wait_and_the_registration),
        cmocka_unit_test(the_turn_stands_between_readiness_and_an_earlier_wait),
        cmocka_unit_test(another_task_notifies),
        cmocka_unit_test(a_timer_and_a_thread_notify),
        cmocka_unit_test(a_notify_that_came_too_late_causes_nothing),
        cmocka_unit_test(a_task_that_notifies_itself_is_polled_again),
        cmocka_unit_test(a_spawn_by_a_task_goes_on_to_its_poll),
        cmocka_unit_test(a_worker_wakes_because_of_a_push),
        cmocka_unit_test(an_event_that_is_not_there_has_no_cause),
        cmocka_unit_test(every_end_leads_to_its_spawn),
        cmocka_unit_test(searching_goes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
