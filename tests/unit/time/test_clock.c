/* SPDX-License-Identifier: MIT
 *
 * Clocks and instants: see lib/time/clock.h.
 */
#include "tests/unit/time/by_hand.h"

/* conformance 268: the default one runs, and never backwards */
static void test_the_process_clock(void **state)
{
    struct plx_clock *clock = plx_clock_of_process();
    struct plx_instant before = plx_clock_now(clock);
    (void)state;
    assert_false(plx_clock_is_paused(clock));
    assert_int_equal(plx_clock_pause(clock), -EPERM);
    assert_int_equal(plx_clock_resume(clock), -EPERM);
    assert_int_equal(plx_clock_advance(clock, 1), -EINVAL);
    for (int i = 0; i < 10000; i++) {
        struct plx_instant now = plx_instant_now();
        assert_false(plx_instant_before(now, before));
        before = now;
    }
}

/* conformance 268: one that goes as it is told */
static void test_a_paused_one(void **state)
{
    struct plx_clock clock = PLX_CLOCK_PAUSED;
    (void)state;
    assert_true(plx_clock_is_paused(&clock));
    assert_int_equal(plx_clock_now(&clock).ns, 0);
    assert_int_equal(plx_clock_advance(&clock, PLX_MS(5)), 0);
    assert_int_equal(plx_clock_now(&clock).ns, PLX_MS(5));
    assert_int_equal(plx_clock_advance(&clock, PLX_FOREVER), 0);
    assert_int_equal(plx_clock_now(&clock).ns, PLX_FOREVER - 1);
    assert_true(plx_clock_is_paused(&clock));
    plx_clock_done(&clock);
}

static void test_paused_and_resumed(void **state)
{
    struct plx_clock clock;
    (void)state;
    assert_int_equal(plx_clock_init(&clock), 0);
    assert_false(plx_clock_is_paused(&clock));
    assert_int_equal(plx_clock_advance(&clock, 1), -EINVAL);
    while (plx_clock_now(&clock).ns == 0)
        ;
    assert_int_equal(plx_clock_pause(&clock), 0);
    struct plx_instant stood = plx_clock_now(&clock);
    assert_int_equal(plx_clock_pause(&clock), 0);
    assert_int_equal(plx_clock_advance(&clock, PLX_SECONDS(1000)), 0);
    assert_int_equal(plx_instant_since(plx_clock_now(&clock), stood), PLX_SECONDS(1000));
    assert_int_equal(plx_clock_resume(&clock), 0);
    assert_int_equal(plx_clock_resume(&clock), 0);
    stood = plx_clock_now(&clock);
    assert_true(plx_instant_since(stood, (struct plx_instant){0}) >= PLX_SECONDS(1000));
    while (plx_clock_now(&clock).ns == stood.ns)
        ;
    assert_true(plx_instant_before(stood, plx_clock_now(&clock)));
    plx_clock_done(&clock);
}

/* conformance 268: what time it is depends on where one is */
static void test_each_context_has_its_own(void **state)
{
    struct by_hand a, b;
    (void)state;
    begin_at(&a, 1000);
    assert_int_equal(plx_instant_now().ns, PLX_MS(1000));
    plx_timer_use(NULL);
    begin_at(&b, 5);
    assert_int_equal(plx_instant_now().ns, PLX_MS(5));
    plx_timer_use(a.timer);
    assert_int_equal(plx_instant_now().ns, PLX_MS(1000));
    finish(&b);
    finish(&a);
}

/* conformance 252 */
static void test_instants_saturate(void **state)
{
    struct plx_instant end = {PLX_FOREVER}, now = {100};
    (void)state;
    assert_int_equal(plx_instant_after(now, PLX_FOREVER).ns, PLX_FOREVER);
    assert_int_equal(plx_instant_after(end, 1).ns, PLX_FOREVER);
    assert_int_equal(plx_instant_after(now, 23).ns, 123);
    assert_int_equal(plx_instant_since(now, end), 0);
    assert_int_equal(plx_instant_since(end, now), PLX_FOREVER - 100);
    assert_int_equal(PLX_SECONDS(PLX_FOREVER), PLX_FOREVER);
    for (uint64_t n = UINT64_MAX / 1000 - 1; n <= UINT64_MAX / 1000 + 1; n++)
        assert_true(PLX_US(n) == (n > UINT64_MAX / 1000 ? PLX_FOREVER : n * 1000));
    static const uint64_t constant = PLX_MINUTES(3);
    assert_int_equal(constant, 180000000000);
    assert_int_equal(plx__ms_up(1), 1);
    assert_int_equal(plx__ms_up(1000000), 1);
    assert_int_equal(plx__ms_up(PLX_FOREVER), UINT64_MAX / 1000000 + 1);
    assert_int_equal(plx__ms_down(1999999), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_process_clock),  cmocka_unit_test(test_a_paused_one),
        cmocka_unit_test(test_paused_and_resumed), cmocka_unit_test(test_each_context_has_its_own),
        cmocka_unit_test(test_instants_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
