/* SPDX-License-Identifier: MIT
 *
 * What the trace tells of timers: the way of one from its setting through the wheel to the task that it
 * notifies.
 */
#include "tests/unit/trace/lines.h"

static struct lines lines;

#define SLEEPS_AWAITS(AWAIT)                                                                                 \
    AWAIT(slept, plx_delay)                                                                                  \
    AWAIT(limited, hurried)

struct nothing {
    char nothing;
};

PLX_TIMEOUT_OF(hurried, plx_delay)

/* Sleeps until 234 ms; then a delay of 1 ms in a timeout of 5000, which is cancelled. */
PLX_ASYNC(sleeps, struct nothing, plx_unit, SLEEPS_AWAITS, plx_no_cleanup)
{
    (void)my;
    PLX_BEGIN;
    PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(PLX_MS(234)));
    PLX_AWAIT(PLX_NOTHING, limited, hurried_of(plx_delay_for(PLX_MS(1)), PLX_MS(5000)));
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

static int record(void **state)
{
    struct plx_clock clock = PLX_CLOCK_PAUSED;
    const char *path = trace_path("timers.jsonl");
    plx_unit nothing;
    (void)state;
    if (!PLX_TRACE)
        return 0;
    assert_int_equal(plx_trace_start(path), 0);
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .clock = &clock});
    assert_int_equal(PLX_BLOCK_ON(runtime, sleeps, sleeps_new((struct nothing){0}), &nothing), 0);
    plx_runtime_free(runtime);
    plx_trace_stop();
    lines = read_lines(path);
    remove(path);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    if (PLX_TRACE)
        free_lines(&lines);
    return 0;
}

static void need_trace(void)
{
    if (!PLX_TRACE)
        skip();
}

static int first(const char *event, const char *field, double number)
{
    for (int n = 1; n < lines.count; n++)
        if (is_of(lines.line[n], event, field, number))
            return n;
    fail_msg("no %s with %s %.0f", event, field, number);
    return 0;
}

static void test_the_way_of_a_timer(void **state)
{
    (void)state;
    need_trace();
    int set = first("timer_set", "deadline_ms", 234);
    double timer = number_in(lines.line[set], "timer"), task = number_in(lines.line[set], "task");
    assert_true(timer > 0 && task > 0);
    assert_int_equal(number_in(lines.line[set], "now_ms"), 0);
    assert_int_equal(number_in(lines.line[set], "level"), 1);
    assert_int_equal(number_in(lines.line[set], "slot"), 3);

    int to_slot = first("clock", "now_ms", 192), cascade = first("timer_cascade", "timer", timer);
    assert_int_equal(number_in(lines.line[cascade], "level"), 0);
    assert_int_equal(number_in(lines.line[cascade], "slot"), 234 % 64);
    int to_end = first("clock", "now_ms", 234), fire = first("timer_fire", "timer", timer);
    assert_int_equal(number_in(lines.line[fire], "deadline_ms"), 234);
    assert_true(set < to_slot && to_slot < cascade && cascade < to_end && to_end < fire);
}

/* From a poll one can walk back: notified by the timer, which has fired before, and was set before that. */
static void test_who_has_notified(void **state)
{
    (void)state;
    need_trace();
    int by_timer = 0;
    for (int n = 1; n < lines.count; n++) {
        if (!is(lines.line[n], "notify") || strcmp(word_in(lines.line[n], "cause"), "timer") != 0)
            continue;
        double timer = number_in(lines.line[n], "by");
        int fire = last_before(&lines, n, "timer_fire", "timer", timer);
        int set = last_before(&lines, fire, "timer_set", "timer", timer);
        assert_int_equal(number_in(lines.line[set], "task"), number_in(lines.line[n], "task"));
        by_timer++;
    }
    assert_int_equal(by_timer, 2);
}

static void test_cancelled(void **state)
{
    (void)state;
    need_trace();
    int set = first("timer_set", "deadline_ms", 5234);
    double timer = number_in(lines.line[set], "timer");
    assert_true(first("timer_cancel", "timer", timer) > set);
    for (int n = 1; n < lines.count; n++)
        assert_false(is_of(lines.line[n], "timer_fire", "timer", timer));
    assert_int_equal(count_events(&lines, "timer_cancel"), 1);
    assert_int_equal(count_events(&lines, "timer_set"), 3);
    assert_int_equal(count_events(&lines, "timer_fire"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_way_of_a_timer),
        cmocka_unit_test(test_who_has_notified),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, record, forget);
}
