/* SPDX-License-Identifier: MIT
 *
 * delay: whom it notifies, and what is left of it when it is dropped; a task without budget, a thread without
 * a timer. See lib/time/delay.h.
 */
#include "tests/unit/time/by_hand.h"

/* conformance 246 */
static void test_only_the_last_poller_is_notified(void **state)
{
    plx_delay delay = delay_at(10);
    struct hand other = HAND;
    (void)state;
    assert_waits(&delay, &hand);
    assert_waits(&delay, &hand);
    assert_int_equal(hand.clones, 1);
    assert_waits(&delay, &other);
    assert_int_equal(hand_wakers(&hand), 0);
    turn(&my);
    assert_int_equal(hand.notified, 0);
    assert_int_equal(other.notified, 1);
    assert_int_equal(hand_wakers(&other), 0);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
}

/* conformance 238 */
static void test_dropped_is_not_notified(void **state)
{
    plx_delay delay = delay_at(10), never_polled = delay_at(10);
    (void)state;
    assert_waits(&delay, &hand);
    plx_delay_drop(&delay);
    plx_delay_drop(&never_polled);
    assert_int_equal(hand_wakers(&hand), 0);
    assert_int_equal(plx_timer_timeout_ns(my.timer), -1);
    turn_for(&my, 20);
    assert_int_equal(hand.notified, 0);
}

/* conformance 238: what is dropped leaves nothing behind, in memory or in work to be done */
static void test_a_storm_of_timers(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        plx_delay delay = plx_delay_for(PLX_MS(1 + (i * 7919) % 1000000));
        assert_waits(&delay, &hand);
        plx_delay_drop(&delay);
        if (i % 100 == 0)
            turn_for(&my, 1);
    }
    assert_int_equal(plx_timer_counts(my.timer).armed, 0);
    assert_int_equal(plx_timer_counts(my.timer).work, 0);
    assert_int_equal(plx_timer_timeout_ns(my.timer), -1);
}

/* A task that drops another's delays when it is notified. */
struct dropper {
    struct plx_timer *timer;
    plx_delay *delays;
    int count, notified;
};

static void drop_them(const struct plx_notify *notify, uintptr_t id, struct plx_cause by)
{
    struct dropper *dropper = (struct dropper *)id;
    (void)notify;
    assert_int_equal(by.kind, PLX_BY_TIMER);
    dropper->notified++;
    for (int i = 0; i < dropper->count; i++)
        plx_delay_drop(&dropper->delays[i]);
    dropper->count = 0;
}

static uintptr_t keep(const struct plx_notify *notify, uintptr_t id)
{
    (void)notify;
    return id;
}

static void let_go(const struct plx_notify *notify, uintptr_t id)
{
    (void)notify;
    (void)id;
}

static const struct plx_notify dropper_functions = {drop_them, keep, let_go};

static void poll_as(struct dropper *dropper, plx_delay *delay)
{
    plx_context cx = {.waker = {&dropper_functions, (uintptr_t)dropper}};
    plx_unit nothing;
    plx__context_enter(&cx);
    assert_int_equal(plx_delay__ask(delay, &cx, 1, &nothing), PLX_NOT_READY);
    plx__context_leave(&cx);
}

/* conformance 250: some of those dropped have fired in the same turn, some are on the same tick but come in a
 * later batch, and some are still to come */
static void test_dropped_inside_of_a_wake(void **state)
{
    enum { MANY = 200 };
    static plx_delay delays[MANY];
    (void)state;
    for (int at = 0; at < 3; at++) {
        struct dropper dropper = {.delays = delays, .count = MANY};
        plx_delay trigger = delay_at(now_ms(&my) + 10);
        for (int i = 0; i < MANY; i++)
            delays[i] = delay_at(now_ms(&my) + (at == 0   ? 10
                                                : at == 1 ? 9 + (uint64_t)i % 3
                                                          : 64 + (uint64_t)i));
        poll_as(&dropper, &trigger);
        for (int i = 0; i < MANY; i++)
            assert_waits(&delays[i], &hand);
        turn_for(&my, 5);
        plx_clock_advance(&my.clock, PLX_MS(10));
        turn_all(&my);
        assert_int_equal(dropper.notified, 1);
        assert_int_equal(plx_timer_counts(my.timer).armed, 0);
        assert_int_equal(hand_wakers(&hand), 0);
        plx_delay_drop(&trigger);
    }
}

/* conformance 250: dropped exactly on its tick, with and without the turn that has fired it */
static void test_dropped_on_its_tick(void **state)
{
    (void)state;
    for (int turned = 0; turned < 2; turned++) {
        plx_delay delay = plx_delay_for(PLX_MS(10));
        assert_waits(&delay, &hand);
        plx_clock_advance(&my.clock, PLX_MS(10));
        if (turned)
            plx_timer_turn(my.timer);
        plx_delay_drop(&delay);
        plx_timer_turn(my.timer);
        assert_int_equal(hand.notified, turned);
    }
}

/* A task without budget is not ready: it yields. */
static void test_budget(void **state)
{
    plx_delay delay = delay_at(0);
    plx_unit nothing;
    (void)state;
    hand_enter(&hand);
    hand.cx.budget = 1;
    assert_int_equal(plx_delay_poll(&delay, &hand.cx, &nothing), PLX_READY);
    assert_int_equal(plx_delay_poll(&delay, &hand.cx, &nothing), PLX_NOT_READY);
    assert_int_equal(hand.notified, 1);
    hand_leave(&hand);
    plx_delay_drop(&delay);
}

static void test_without_a_timer(void **state)
{
    plx_delay delay = plx_delay_for(1);
    (void)state;
    plx_timer_use(NULL);
    assert_int_equal(poll_delay(&delay, &hand), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ENOTCONN);
    plx_timer_use(my.timer);
    assert_waits(&delay, &hand);
    plx_delay_drop(&delay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(test_only_the_last_poller_is_notified),
        each(test_dropped_is_not_notified),
        each(test_a_storm_of_timers),
        each(test_dropped_inside_of_a_wake),
        each(test_dropped_on_its_tick),
        each(test_budget),
        each(test_without_a_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
