/* SPDX-License-Identifier: MIT
 *
 * timeout, on futures and on streams: see lib/time/timeout.h.
 */
#include "tests/unit/time/stream.h"

struct env {
    struct probe probe;
    struct numbers numbers;
    uint64_t patience;
};

static leaf make_leaf(struct env *e)
{
    return leaf_of(&e->probe);
}

static counting make_counting(struct env *e)
{
    return counting_of(&e->numbers);
}

PLX_START(first, struct env, leaf, make_leaf)
PLX_TIMEOUT(timed, first, PLX_MS(env->patience))
PLX_TIMEOUT(twice, timed, PLX_MS(10))
PLX_TIMEOUT_OF(timed_leaf, leaf)
PLX_START(counted, struct env, counting, make_counting)
PLX_TIMEOUT_STREAM(timed_stream, counted, PLX_MS(env->patience))

/* conformance 256 */
static void test_a_ready_one_is_never_too_late(void **state)
{
    struct env e = {.probe = {.waits = 1, .value = 7}, .patience = 10};
    timed future = timed_new(&e);
    token item;
    (void)state;
    assert_int_equal(POLL(timed, &future, &hand, &item), PLX_NOT_READY);
    pass_ms(&my, 100);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(timed, &future, &hand, &item), PLX_READY);
    assert_int_equal(item.value, 7);
    assert_int_equal(e.probe.drops, 1);
    timed_drop(&future);
    assert_int_equal(e.probe.drops, 1);
}

/* conformance 256, 261: no time at all, and it is asked nevertheless */
static void test_polled_at_least_once(void **state)
{
    struct env e = {.probe = {.value = 7}}, late = {.probe = {.waits = FOREVER}};
    timed future = timed_new(&e), other = timed_new(&late);
    token item;
    (void)state;
    assert_int_equal(POLL(timed, &future, &hand, &item), PLX_READY);
    timed_drop(&future);
    /* conformance 258: at once */
    assert_int_equal(POLL(timed, &other, &hand, &item), PLX_FAILED);
    assert_failed_at(&hand, -ETIMEDOUT, timed_shape.at.line);
    assert_true(timed_is_elapsed(hand.cx.error));
    assert_int_equal(late.probe.polls, 1);
    assert_int_equal(late.probe.drops, 1);
    timed_drop(&other);
}

/* conformance 258: later. The future is dropped at that moment */
static void test_elapses(void **state)
{
    struct env e = {.probe = {.waits = FOREVER}, .patience = 10};
    timed future = timed_new(&e);
    token item;
    (void)state;
    turn_for(&my, 1000); /* the time begins with the first poll */
    assert_int_equal(POLL(timed, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(turn(&my), 1010);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(timed, &future, &hand, &item), PLX_FAILED);
    assert_true(timed_is_elapsed(hand.cx.error));
    assert_false(twice_is_elapsed(hand.cx.error));
    assert_int_equal(e.probe.drops, 1);
    timed_drop(&future);
    assert_int_equal(e.probe.drops, 1);
}

/* conformance 259: also an ETIMEDOUT of its own */
static void test_inner_errors(void **state)
{
    const int codes[] = {-ECONNREFUSED, -ETIMEDOUT};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct env e = {.probe = {.waits = 1, .code = codes[i]}, .patience = 10};
        timed future = timed_new(&e);
        token item;
        assert_int_equal(POLL(timed, &future, &hand, &item), PLX_NOT_READY);
        assert_int_equal(POLL(timed, &future, &hand, &item), PLX_FAILED);
        assert_int_equal(hand.cx.error.code, codes[i]);
        assert_int_equal(hand.cx.error.at.line, leaf_fails_line);
        assert_false(timed_is_elapsed(hand.cx.error));
        timed_drop(&future);
        assert_int_equal(e.probe.drops, 1);
    }
}

/* One timeout within another: each knows its own. */
static void test_nested(void **state)
{
    const uint64_t patience[] = {5, 50};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct env e = {.probe = {.waits = FOREVER}, .patience = patience[i]};
        twice future = twice_new(&e);
        token item;
        assert_int_equal(POLL(twice, &future, &hand, &item), PLX_NOT_READY);
        pass_ms(&my, 10);
        assert_int_equal(POLL(twice, &future, &hand, &item), PLX_FAILED);
        assert_int_equal(timed_is_elapsed(hand.cx.error), i == 0);
        assert_int_equal(twice_is_elapsed(hand.cx.error), i == 1);
        assert_int_equal(e.probe.drops, 1);
        twice_drop(&future);
    }
}

/* The inner future has used up the budget: that the time is up is seen all the same. */
static void test_no_budget_left(void **state)
{
    struct env e = {.probe = {.waits = FOREVER}};
    timed future = timed_new(&e);
    token item;
    (void)state;
    hand_enter(&hand);
    hand.cx.budget = hand.cx.spent = 1;
    assert_int_equal(timed_poll(&future, &hand.cx, &item), PLX_FAILED);
    assert_true(timed_is_elapsed(hand.cx.error));
    hand_leave(&hand);
    timed_drop(&future);
}

static void test_around_any_future(void **state)
{
    struct probe probe = {.waits = FOREVER};
    timed_leaf future = timed_leaf_of(leaf_of(&probe), PLX_MS(3));
    token item;
    (void)state;
    assert_int_equal(POLL(timed_leaf, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(turn(&my), 3);
    assert_int_equal(POLL(timed_leaf, &future, &hand, &item), PLX_FAILED);
    assert_true(timed_leaf_is_elapsed(hand.cx.error));
    timed_leaf_drop(&future);
    assert_int_equal(probe.drops, 1);
}

static void test_without_a_timer(void **state)
{
    struct env ready = {.probe = {.value = 1}, .patience = 1}, waits = {.probe = {.waits = 1}, .patience = 1};
    timed future = timed_new(&ready), other = timed_new(&waits);
    token item;
    (void)state;
    plx_timer_use(NULL);
    assert_int_equal(POLL(timed, &future, &hand, &item), PLX_READY);
    assert_int_equal(POLL(timed, &other, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ENOTCONN);
    plx_timer_use(my.timer);
    timed_drop(&future);
    timed_drop(&other);
    assert_int_equal(waits.probe.drops, 1);
}

/* conformance 60, 61 */
static void test_dropped_and_polled_too_often(void **state)
{
    struct env e = {.probe = {.waits = FOREVER}, .patience = 10};
    unsigned after_end = plx_contract_count(PLX_POLLED_AFTER_END);
    unsigned dropped_twice = plx_contract_count(PLX_DROPPED_TWICE);
    token item;
    (void)state;
    for (int polls = 0; polls <= 2; polls++) {
        timed future = timed_new(&e);
        for (int i = 0; i < polls; i++)
            assert_int_equal(POLL(timed, &future, &hand, &item), PLX_NOT_READY);
        timed_drop(&future);
        assert_int_equal(e.probe.drops, polls + 1);
        assert_int_equal(plx_timer_counts(my.timer).armed, 0);
    }
    timed future = timed_new(&e);
    timed_drop(&future);
    assert_int_equal(POLL(timed, &future, &hand, &item), PLX_FAILED);
    timed_drop(&future);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end + 1);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), dropped_twice + 1);
}

/* ── streams ──────────────────────────────────────────────────────────────────────────────────────────── */

static enum plx_answer poll_stream(timed_stream *stream, int *number)
{
    counting_item item = {0};
    enum plx_answer answer = POLL(timed_stream, stream, &hand, &item);
    *number = answer != PLX_READY ? -1 : item.end ? 0 : item.number;
    return answer;
}

/* conformance 260: each item has the whole time */
static void test_a_stream_of_items_in_time(void **state)
{
    struct env e = {.patience = 10};
    timed_stream stream = timed_stream_new(&e);
    int number;
    (void)state;
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(poll_stream(&stream, &number), PLX_NOT_READY);
        pass_ms(&my, 8);
        assert_int_equal(poll_stream(&stream, &number), PLX_NOT_READY);
        numbers_let(&e.numbers, 1);
        assert_int_equal(poll_stream(&stream, &number), PLX_READY);
        assert_int_equal(number, i);
    }
    assert_int_equal(now_ms(&my), 40);
    e.numbers.ended = true;
    assert_int_equal(poll_stream(&stream, &number), PLX_READY);
    assert_int_equal(number, 0);
    timed_stream_drop(&stream);
    assert_int_equal(e.numbers.drops, 1);
}

/* conformance 260: an idle one tells it again and again, and goes on when there is something */
static void test_an_idle_stream(void **state)
{
    struct env e = {.patience = 10};
    timed_stream stream = timed_stream_new(&e);
    int number;
    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(poll_stream(&stream, &number), PLX_NOT_READY);
        while (now_ms(&my) < i * 10)
            turn(&my);
        assert_int_equal(poll_stream(&stream, &number), PLX_FAILED);
        assert_true(timed_stream_is_elapsed(hand.cx.error));
        assert_int_equal(now_ms(&my), i * 10);
    }
    numbers_let(&e.numbers, 2);
    assert_int_equal(poll_stream(&stream, &number), PLX_READY);
    assert_int_equal(poll_stream(&stream, &number), PLX_READY);
    assert_int_equal(number, 2);
    timed_stream_drop(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(test_a_ready_one_is_never_too_late),
        each(test_polled_at_least_once),
        each(test_elapses),
        each(test_inner_errors),
        each(test_nested),
        each(test_no_budget_left),
        each(test_around_any_future),
        each(test_without_a_timer),
        each(test_dropped_and_polled_too_often),
        each(test_a_stream_of_items_in_time),
        each(test_an_idle_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
