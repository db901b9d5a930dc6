/* SPDX-License-Identifier: MIT
 *
 * delay: when exactly it wakes. The clock is paused and moved from one wake of the timer to the next, so that
 * each cascade is seen. See lib/time/delay.h; that it is reset: test_delay_reset.c; whom it notifies, and how
 * it is dropped: test_delay_wakers.c
 */
#include "tests/unit/time/by_hand.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE };
#define YEAR ((uint64_t)365 * DAY)

/* conformance 221 */
static void test_now_and_past_are_ready_at_once(void **state)
{
    (void)state;
    turn_for(&my, 10);
    plx_delay past = delay_at(3), now = delay_at(10), none = plx_delay_for(0);
    assert_ready(&past, &hand);
    assert_ready(&now, &hand);
    assert_ready(&none, &hand);
    assert_true(plx_delay_is_elapsed(&past));
    assert_int_equal(plx_delay_deadline(&none).ns, PLX_MS(10));
    assert_int_equal(hand.clones, 0);
    plx_delay_drop(&past);
    plx_delay_drop(&now);
    plx_delay_drop(&none);
}

/* conformance 222 */
static void test_level_0(void **state)
{
    const uint64_t spans[] = {1, 10, 60};
    (void)state;
    for (int i = 0; i < 3; i++) {
        finish(&my);
        begin_at(&my, 0);
        plx_delay delay = plx_delay_for(PLX_MS(spans[i]));
        assert_waits(&delay, &hand);
        assert_int_equal(turn_for(&my, spans[i] - 1), spans[i] - 1);
        assert_waits(&delay, &hand);
        assert_int_equal(turn(&my), spans[i]);
        assert_int_equal(hand.notified, i + 1);
        assert_ready(&delay, &hand);
        plx_delay_drop(&delay);
    }
}

/* conformance 223 */
static void test_less_than_a_ms_rounds_up(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 5; i++) {
        uint64_t before = now_ms(&my);
        plx_delay delay = plx_delay_for(PLX_MS(1) + 1 + i * 249999);
        assert_waits(&delay, &hand);
        assert_int_equal(turn_for(&my, 1), before + 1);
        assert_waits(&delay, &hand);
        assert_int_equal(turn_for(&my, 1), before + 2);
        assert_ready(&delay, &hand);
        plx_delay_drop(&delay);
    }
}

/* The clock's own fraction of a ms: it rounds down. */
static void test_never_early(void **state)
{
    (void)state;
    atomic_store(&my.clock.stands_at, PLX_US(10700));
    plx_delay delay = plx_delay_for(PLX_US(1200)); /* until 11.9 */
    assert_waits(&delay, &hand);
    plx_clock_advance(&my.clock, PLX_US(1199)); /* 11.899 */
    assert_int_equal(plx_timer_turn(my.timer), 0);
    plx_clock_advance(&my.clock, PLX_US(101)); /* 12 */
    assert_int_equal(plx_timer_turn(my.timer), 1);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
}

/* conformance 224 */
static void test_wraps_inside_level_0(void **state)
{
    (void)state;
    turn_for(&my, 5);
    plx_delay delay = plx_delay_for(PLX_MS(60));
    assert_wakes(&delay, 64, 65);
    plx_delay_drop(&delay);
}

/* conformance 225 */
static void test_level_1_beside_a_wrapped_level_0(void **state)
{
    plx_delay one = delay_at(64), two = delay_at(65);
    (void)state;
    assert_waits(&one, &hand);
    turn_for(&my, 5);
    assert_waits(&two, &hand);
    assert_int_equal(turn(&my), 64);
    assert_ready(&one, &hand);
    assert_waits(&two, &hand);
    assert_int_equal(turn(&my), 65);
    assert_ready(&two, &hand);
    plx_delay_drop(&one);
    plx_delay_drop(&two);
}

/* conformance 226 */
static void test_level_1(void **state)
{
    plx_delay delay = delay_at(234);
    (void)state;
    assert_wakes(&delay, 192, 234);
    plx_delay_drop(&delay);
}

/* conformance 226: with a turn in between */
static void test_level_1_with_a_turn_before(void **state)
{
    plx_delay delay = delay_at(234);
    (void)state;
    assert_waits(&delay, &hand);
    assert_int_equal(turn_for(&my, 100), 100);
    assert_wakes(&delay, 192, 234);
    plx_delay_drop(&delay);
}

/* conformance 228 */
static void test_two_the_second_one_shorter(void **state)
{
    plx_delay longer = delay_at(500), shorter = delay_at(200);
    (void)state;
    assert_waits(&longer, &hand);
    assert_waits(&shorter, &hand);
    assert_int_equal(turn(&my), 192);
    assert_waits(&shorter, &hand);
    assert_int_equal(turn(&my), 200);
    assert_ready(&shorter, &hand);
    assert_waits(&longer, &hand);
    assert_int_equal(turn(&my), 448);
    assert_waits(&longer, &hand);
    assert_int_equal(turn(&my), 500);
    assert_ready(&longer, &hand);
    plx_delay_drop(&longer);
    plx_delay_drop(&shorter);
}

/* conformance 229 */
static void test_five_minutes(void **state)
{
    plx_delay delay = plx_delay_for(PLX_MINUTES(5));
    (void)state;
    assert_wakes(&delay, 262144, 299008, 299968, 300000);
    assert_int_equal(hand.notified, 1); /* cascades are the timer's business */
    plx_delay_drop(&delay);
}

/* conformance 230 */
static void test_five_months(void **state)
{
    plx_delay delay = delay_at((uint64_t)5 * 30 * DAY);
    (void)state;
    assert_wakes(&delay, 12884901888, 12952010752, 12959875072, 12959997952, 12960000000);
    plx_delay_drop(&delay);
}

/* conformance 231: no error here, and no hang. The ring of the top level goes round twice. */
static void test_five_years(void **state)
{
    plx_delay delay = delay_at(5 * YEAR);
    uint64_t now = 0;
    int wakes = 0;
    (void)state;
    assert_waits(&delay, &hand);
    while (!plx_delay_is_elapsed(&delay)) {
        now = turn(&my);
        assert_true(++wakes < 10);
    }
    assert_int_equal(now, 5 * YEAR);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
}

/* conformance 232 */
static void test_one_ms_after_five_years_of_uptime(void **state)
{
    (void)state;
    for (int year = 0; year < 5; year++) {
        plx_delay delay = plx_delay_for(PLX_MS(YEAR));
        assert_waits(&delay, &hand);
        while (!plx_delay_is_elapsed(&delay))
            turn(&my);
        plx_delay_drop(&delay);
    }
    assert_int_equal(now_ms(&my), 5 * YEAR);
    plx_delay delay = plx_delay_for(PLX_MS(1));
    assert_wakes(&delay, 5 * YEAR + 1);
    plx_delay_drop(&delay);
}

/* conformance 249; real bugs 43, 44: as in test_wheel.c, with delays */
static void test_short_ones_beside_a_long_one(void **state)
{
    const uint64_t starts[] = {(uint64_t)1 << 30, ((uint64_t)1 << 36) - 5, (uint64_t)1 << 36, 7 * YEAR};
    (void)state;
    for (int i = 0; i < 4; i++) {
        finish(&my);
        begin_at(&my, starts[i]);
        plx_delay longest = plx_delay_for(PLX_MS(((uint64_t)1 << 36) + 1));
        assert_waits(&longest, &hand);
        for (int shorter = 1; shorter < 200; shorter += 9) {
            plx_delay delay = plx_delay_for(PLX_MS(shorter));
            uint64_t until = now_ms(&my) + (uint64_t)shorter;
            assert_waits(&delay, &hand);
            while (!plx_delay_is_elapsed(&delay))
                assert_true(turn(&my) <= until);
            assert_int_equal(now_ms(&my), until);
            plx_delay_drop(&delay);
        }
        plx_delay_drop(&longest);
    }
}

/* conformance 233 */
static void test_a_late_turn_fires_all(void **state)
{
    plx_delay delays[] = {delay_at(100), delay_at(101), delay_at(200), delay_at(5000)};
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_waits(&delays[i], &hand);
    plx_clock_advance(&my.clock, PLX_MS(500));
    assert_int_equal(turn_all(&my), 3);
    for (int i = 0; i < 3; i++)
        assert_ready(&delays[i], &hand);
    assert_waits(&delays[3], &hand);
    for (int i = 0; i < 4; i++)
        plx_delay_drop(&delays[i]);
}

/* conformance 251 */
static void test_a_clock_that_goes_backwards(void **state)
{
    plx_delay delay = delay_at(1100), another;
    (void)state;
    turn_for(&my, 1000);
    assert_waits(&delay, &hand);
    atomic_store(&my.clock.stands_at, PLX_MS(300));
    assert_int_equal(plx_timer_turn(my.timer), 0);
    assert_waits(&delay, &hand);
    another = plx_delay_for(PLX_MS(50)); /* the wheel has been there */
    assert_ready(&another, &hand);
    assert_true(plx_timer_timeout_ns(my.timer) > 0);
    atomic_store(&my.clock.stands_at, PLX_MS(1099));
    plx_timer_turn(my.timer);
    assert_waits(&delay, &hand);
    turn(&my);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
    plx_delay_drop(&another);
}

/* conformance 252 */
static void test_for_ever(void **state)
{
    (void)state;
    assert_int_equal(PLX_MINUTES(UINT64_MAX / 2), PLX_FOREVER);
    assert_int_equal(PLX_MS(3), 3000000);
    turn_for(&my, 10);
    plx_delay delays[] = {plx_delay_for(PLX_FOREVER), plx_delay_until((struct plx_instant){PLX_FOREVER})};
    for (int i = 0; i < 2; i++) {
        assert_waits(&delays[i], &hand);
        assert_int_equal(plx_delay_deadline(&delays[i]).ns, PLX_FOREVER);
    }
    assert_int_equal(plx_timer_timeout_ns(my.timer), -1);
    plx_clock_advance(&my.clock, PLX_FOREVER); /* nor does it come at the end of time */
    assert_int_equal(plx_timer_turn(my.timer), 0);
    for (int i = 0; i < 2; i++)
        assert_waits(&delays[i], &hand);
    plx_delay_drop(&delays[0]);
    assert_int_equal(plx_timer_counts(my.timer).armed, 1);
    plx_timer_shutdown(my.timer);
    assert_int_equal(poll_delay(&delays[1], &hand), PLX_FAILED);
    plx_delay_drop(&delays[1]);
}

/* Each of them is ready once more, when it is asked again. */
static void test_ready_stays_ready(void **state)
{
    plx_delay delay = delay_at(10);
    (void)state;
    assert_wakes(&delay, 10);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(test_now_and_past_are_ready_at_once),
        each(test_level_0),
        each(test_less_than_a_ms_rounds_up),
        each(test_never_early),
        each(test_wraps_inside_level_0),
        each(test_level_1_beside_a_wrapped_level_0),
        each(test_level_1),
        each(test_level_1_with_a_turn_before),
        each(test_two_the_second_one_shorter),
        each(test_five_minutes),
        each(test_five_months),
        each(test_five_years),
        each(test_one_ms_after_five_years_of_uptime),
        each(test_short_ones_beside_a_long_one),
        each(test_a_late_turn_fires_all),
        each(test_a_clock_that_goes_backwards),
        each(test_for_ever),
        each(test_ready_stays_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
