/* SPDX-License-Identifier: MIT
 *
 * delay: given another deadline, at any time of its life. See lib/time/delay.h.
 */
#include "tests/unit/time/by_hand.h"

static void reset(plx_delay *delay, uint64_t ms)
{
    plx_delay_reset(delay, (struct plx_instant){PLX_MS(ms)});
    assert_int_equal(plx_delay_deadline(delay).ns, PLX_MS(ms));
}

/* conformance 234 */
static void test_reset_to_later(void **state)
{
    plx_delay delay = delay_at(100);
    (void)state;
    assert_waits(&delay, &hand);
    reset(&delay, 250);
    assert_waits(&delay, &hand);
    while (now_ms(&my) < 250) {
        assert_waits(&delay, &hand);
        turn(&my);
    }
    assert_int_equal(now_ms(&my), 250);
    assert_int_equal(hand.notified, 1);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
}

/* conformance 235: before a turn */
static void test_reset_to_earlier(void **state)
{
    plx_delay delay = delay_at(100);
    (void)state;
    assert_waits(&delay, &hand);
    turn_for(&my, 50);
    reset(&delay, 60);
    assert_waits(&delay, &hand);
    assert_int_equal(turn(&my), 60);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
}

/* conformance 235: to a moment that the wheel has passed, and to one that only the clock has */
static void test_reset_to_the_past(void **state)
{
    const uint64_t to[] = {40, 55, 60};
    (void)state;
    for (int i = 0; i < 3; i++) {
        finish(&my);
        begin_at(&my, 0);
        plx_delay delay = delay_at(100);
        assert_waits(&delay, &hand);
        turn_for(&my, 50);
        plx_clock_advance(&my.clock, PLX_MS(10)); /* it is 60, but nobody has turned */
        reset(&delay, to[i]);
        assert_int_equal(hand.notified, i + 1);
        assert_true(plx_delay_is_elapsed(&delay));
        assert_ready(&delay, &hand);
        plx_delay_drop(&delay);
    }
}

/* conformance 236 */
static void test_reset_after_it_fired(void **state)
{
    plx_delay delay = delay_at(100);
    (void)state;
    assert_wakes(&delay, 64, 100);
    reset(&delay, 110);
    assert_false(plx_delay_is_elapsed(&delay));
    assert_waits(&delay, &hand);
    assert_int_equal(turn(&my), 110);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
}

/* Nobody has seen that it fired. */
static void test_reset_before_it_is_seen(void **state)
{
    plx_delay delay = delay_at(10);
    (void)state;
    assert_waits(&delay, &hand);
    turn(&my);
    reset(&delay, 20);
    assert_waits(&delay, &hand);
    assert_int_equal(turn(&my), 20);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
}

static void test_reset_before_the_first_poll(void **state)
{
    plx_delay delay = plx_delay_for(PLX_MS(100)), another = delay_at(100);
    (void)state;
    reset(&delay, 20);
    plx_delay_reset_for(&another, PLX_MS(20));
    assert_wakes(&delay, 20);
    assert_ready(&another, &hand);
    plx_delay_drop(&delay);
    plx_delay_drop(&another);
}

/* Many times later: the wheel is left alone until the first deadline comes. Then it is put right once. */
static void test_an_idle_timeout(void **state)
{
    plx_delay delay = plx_delay_for(PLX_MS(50));
    (void)state;
    assert_waits(&delay, &hand);
    for (uint64_t now = 1; now < 40; now++) {
        assert_int_equal(turn_for(&my, 1), now);
        plx_delay_reset_for(&delay, PLX_MS(50));
    }
    assert_int_equal(plx_timer_counts(my.timer).work, 0);
    assert_wakes(&delay, 50, 64, 89);
    plx_delay_drop(&delay);
}

/* From a moment to never, and back. */
static void test_reset_to_never_and_back(void **state)
{
    plx_delay delay = plx_delay_for(PLX_MS(10));
    (void)state;
    assert_waits(&delay, &hand);
    plx_delay_reset_for(&delay, PLX_FOREVER);
    turn(&my);
    assert_waits(&delay, &hand);
    assert_int_equal(plx_timer_timeout_ns(my.timer), -1);
    plx_delay_reset_for(&delay, PLX_MS(10));
    assert_wakes(&delay, 20);
    plx_delay_drop(&delay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(test_reset_to_later),          each(test_reset_to_earlier),
        each(test_reset_to_the_past),       each(test_reset_after_it_fired),
        each(test_reset_before_it_is_seen), each(test_reset_before_the_first_poll),
        each(test_an_idle_timeout),         each(test_reset_to_never_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
