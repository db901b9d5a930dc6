/* SPDX-License-Identifier: MIT
 *
 * throttle: see lib/time/throttle.h.
 */
#include "tests/unit/time/stream.h"

struct env {
    struct numbers numbers;
    uint64_t spacing;
};

static counting make_counting(struct env *e)
{
    return counting_of(&e->numbers);
}

PLX_START(counted, struct env, counting, make_counting)
PLX_THROTTLE(spaced, counted, PLX_MS(env->spacing))
PLX_THROTTLE_OF(spaced_any, counting)

/* conformance 262 */
static void test_spacing(void **state)
{
    struct env e = {.numbers = {.let = 3, .ended = true}, .spacing = 10};
    spaced stream = spaced_new(&e);
    counting_item item = {0};
    (void)state;
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            assert_int_equal(POLL(spaced, &stream, &hand, &item), PLX_NOT_READY);
            assert_int_equal(e.numbers.polls, i); /* it is not asked meanwhile */
            pass_ms(&my, 9);
            assert_int_equal(POLL(spaced, &stream, &hand, &item), PLX_NOT_READY);
            pass_ms(&my, 1);
        }
        assert_int_equal(now_ms(&my), (uint64_t)i * 10);
        assert_int_equal(POLL(spaced, &stream, &hand, &item), PLX_READY);
        assert_int_equal(item.end, i == 3);
    }
    spaced_drop(&stream);
    assert_int_equal(e.numbers.drops, 1);
}

/* A slow stream is not held up. */
static void test_slow_already(void **state)
{
    struct env e = {.spacing = 10};
    spaced stream = spaced_new(&e);
    counting_item item = {0};
    (void)state;
    assert_int_equal(POLL(spaced, &stream, &hand, &item), PLX_NOT_READY);
    for (int i = 0; i < 3; i++) {
        pass_ms(&my, 20);
        e.numbers.let++;
        assert_int_equal(POLL(spaced, &stream, &hand, &item), PLX_READY);
    }
    spaced_drop(&stream);
}

/* conformance 262 */
static void test_no_spacing(void **state)
{
    struct env e = {.numbers = {.let = 100, .ended = true}};
    spaced stream = spaced_new(&e);
    counting_item item = {0};
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(POLL(spaced, &stream, &hand, &item), PLX_READY);
    assert_int_equal(item.number, 100);
    assert_int_equal(plx_timer_counts(my.timer).armed, 0);
    spaced_drop(&stream);
}

static void test_around_any_stream(void **state)
{
    struct numbers numbers = {.let = 2};
    spaced_any stream = spaced_any_of(counting_of(&numbers), PLX_MS(5));
    counting_item item = {0};
    (void)state;
    assert_int_equal(POLL(spaced_any, &stream, &hand, &item), PLX_READY);
    assert_int_equal(POLL(spaced_any, &stream, &hand, &item), PLX_NOT_READY);
    spaced_any_drop(&stream); /* while it is closed */
    assert_int_equal(numbers.drops, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(test_spacing),
        each(test_slow_already),
        each(test_no_spacing),
        each(test_around_any_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
