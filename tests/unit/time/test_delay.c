/* SPDX-License-Identifier: MIT
 *
 * delay: when exactly it wakes. The clock is paused and moved from one wake of the timer to the next, so that
 * each cascade is seen. See lib/time/delay.h.
 */
#include "tests/unit/time/by_hand.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE };
#define YEAR ((uint64_t)365 * DAY)

static struct by_hand my;
static struct hand hand;

static int begin(void **state)
{
    (void)state;
    begin_at(&my, 0);
    hand = HAND;
    return 0;
}

static int end(void **state)
{
    (void)state;
    finish(&my);
    assert_int_equal(hand_wakers(&hand), 0);
    return 0;
}

/* The timer wakes at each of `wakes` in vain, and at the last one the delay is ready. */
static void wakes_at(plx_delay *delay, const uint64_t *wakes, size_t count)
{
    assert_waits(delay, &hand);
    for (size_t i = 0; i < count; i++) {
        assert_false(plx_delay_is_elapsed(delay));
        assert_waits(delay, &hand);
        assert_int_equal(turn(&my), wakes[i]);
    }
    assert_true(plx_delay_is_elapsed(delay));
    assert_ready(delay, &hand);
}

#define assert_wakes(delay, ...)                                                                             \
    wakes_at((delay), (const uint64_t[]){__VA_ARGS__},                                                       \
             sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* ── when it fires ────────────────────────────────────────────────────────────────────────────────────── */

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

/* ── reset ────────────────────────────────────────────────────────────────────────────────────────────── */

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

/* ── wakers and drop ──────────────────────────────────────────────────────────────────────────────────── */

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

/* Each of them is ready once more, when it is asked again. */
static void test_ready_stays_ready(void **state)
{
    plx_delay delay = delay_at(10);
    (void)state;
    assert_wakes(&delay, 10);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
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

#define each(test) cmocka_unit_test_setup_teardown(test, begin, end)

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
        each(test_reset_to_never_and_back),
        each(test_reset_to_later),
        each(test_reset_to_earlier),
        each(test_reset_to_the_past),
        each(test_reset_after_it_fired),
        each(test_reset_before_it_is_seen),
        each(test_reset_before_the_first_poll),
        each(test_an_idle_timeout),
        each(test_only_the_last_poller_is_notified),
        each(test_dropped_is_not_notified),
        each(test_a_storm_of_timers),
        each(test_dropped_inside_of_a_wake),
        each(test_dropped_on_its_tick),
        each(test_ready_stays_ready),
        each(test_budget),
        each(test_without_a_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
