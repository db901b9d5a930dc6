/* SPDX-License-Identifier: MIT
 *
 * interval: see lib/time/interval.h.
 */
#include "tests/unit/time/by_hand.h"

/* Nobody turns the timer before. */
static void late_until_ms(uint64_t ms)
{
    plx_clock_advance(&my.clock, PLX_MS(ms - now_ms(&my)));
    turn_all(&my);
}

/* The tick that is ready, in ms; -1: none is. */
static int64_t tick(plx_interval *interval)
{
    plx_interval_item item;
    enum plx_answer answer = POLL(plx_interval, interval, &hand, &item);
    if (answer == PLX_NOT_READY)
        return -1;
    assert_int_equal(answer, PLX_READY);
    assert_false(item.end);
    return (int64_t)plx__ms_down(item.tick.ns);
}

/* conformance 254 */
static void test_ticks(void **state)
{
    plx_interval interval = plx_interval_new(PLX_MS(300));
    (void)state;
    for (uint64_t ms = 0; ms <= 3000; ms += 300) {
        if (ms > 0)
            late_until_ms(ms - 1);
        if (ms > 0)
            assert_int_equal(tick(&interval), -1);
        late_until_ms(ms);
        assert_int_equal(tick(&interval), (int64_t)ms);
        assert_int_equal(tick(&interval), -1);
    }
    assert_int_equal(hand.notified, 10);
    plx_interval_drop(&interval);
}

/* Waits until 10, is late until 38, and takes what there is: the next `count` ticks, and when they came. */
static void late_by_28(enum plx_missed missed, const int64_t *ticks, const uint64_t *at, int count)
{
    plx_interval interval = plx_interval_new(PLX_MS(10));
    interval.missed = missed;
    finish(&my);
    begin_at(&my, 0);
    assert_int_equal(tick(&interval), 0);
    assert_int_equal(tick(&interval), -1);
    late_until_ms(38);
    for (int i = 0; i < count; i++) {
        int64_t got;
        while ((got = tick(&interval)) < 0)
            turn(&my);
        assert_int_equal(got, ticks[i]);
        assert_int_equal(now_ms(&my), at[i]);
    }
    plx_interval_drop(&interval);
}

/* conformance 254: bursts when it was late, without drift */
static void test_missed_burst(void **state)
{
    (void)state;
    late_by_28(PLX_MISSED_BURST, (int64_t[]){10, 20, 30, 40, 50}, (uint64_t[]){38, 38, 38, 40, 50}, 5);
}

static void test_missed_delay(void **state)
{
    (void)state;
    late_by_28(PLX_MISSED_DELAY, (int64_t[]){10, 48, 58}, (uint64_t[]){38, 48, 58}, 3);
}

static void test_missed_skip(void **state)
{
    (void)state;
    late_by_28(PLX_MISSED_SKIP, (int64_t[]){10, 40, 50}, (uint64_t[]){38, 40, 50}, 3);
}

/* A few ms are no delay: every policy goes on as planned. */
static void test_a_little_late(void **state)
{
    (void)state;
    for (int missed = PLX_MISSED_BURST; missed <= PLX_MISSED_SKIP; missed++) {
        finish(&my);
        begin_at(&my, 0);
        plx_interval interval = plx_interval_new(PLX_MS(10));
        interval.missed = (enum plx_missed)missed;
        assert_int_equal(tick(&interval), 0);
        late_until_ms(15);
        assert_int_equal(tick(&interval), 10);
        late_until_ms(20);
        assert_int_equal(tick(&interval), 20);
        plx_interval_drop(&interval);
    }
}

/* conformance 255 */
static void test_no_period(void **state)
{
    plx_interval interval = plx_interval_new(0);
    plx_interval_item item;
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(POLL(plx_interval, &interval, &hand, &item), PLX_FAILED);
        assert_int_equal(hand.cx.error.code, -EINVAL);
    }
    plx_interval_drop(&interval);
}

/* conformance 252 */
static void test_a_period_of_for_ever(void **state)
{
    plx_interval interval = plx_interval_at((struct plx_instant){PLX_MS(10)}, PLX_FOREVER);
    (void)state;
    assert_int_equal(tick(&interval), -1);
    late_until_ms(10);
    assert_int_equal(tick(&interval), 10);
    for (int missed = PLX_MISSED_BURST; missed <= PLX_MISSED_SKIP; missed++) {
        interval.missed = (enum plx_missed)missed;
        late_until_ms(now_ms(&my) + 1000000000);
        assert_int_equal(tick(&interval), -1);
    }
    plx_interval_drop(&interval);
}

static void test_reset(void **state)
{
    plx_interval interval = plx_interval_new(PLX_MS(10));
    (void)state;
    assert_int_equal(tick(&interval), 0);
    assert_int_equal(tick(&interval), -1);
    late_until_ms(7);
    plx_interval_reset(&interval);
    late_until_ms(16);
    assert_int_equal(tick(&interval), -1);
    late_until_ms(17);
    assert_int_equal(tick(&interval), 17);
    late_until_ms(27);
    assert_int_equal(tick(&interval), 27);
    plx_interval_drop(&interval);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(test_ticks),
        each(test_missed_burst),
        each(test_missed_delay),
        each(test_missed_skip),
        each(test_a_little_late),
        each(test_no_period),
        each(test_a_period_of_for_ever),
        each(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
