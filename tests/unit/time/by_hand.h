/* SPDX-License-Identifier: MIT
 *
 * For tests of timers: a paused clock, and a timer that the test turns by hand, as a worker would. Each test
 * has a timer, `my`, and a task, `hand`, of its own.
 */
#ifndef TESTS_UNIT_TIME_BY_HAND_H
#define TESTS_UNIT_TIME_BY_HAND_H

#include "tests/support/leaf.h"

#include <errno.h>

struct by_hand {
    struct plx_clock clock;
    struct plx_timer *timer;
    _Atomic int unparked;
};

PLX_INLINE void by_hand_unpark(void *arg)
{
    atomic_fetch_add(&((struct by_hand *)arg)->unparked, 1);
}

/* The clock stands at `ms`; futures that this thread polls outside of a runtime use the timer. */
PLX_INLINE void begin_at(struct by_hand *my, uint64_t ms)
{
    *my = (struct by_hand){.clock = PLX_CLOCK_PAUSED};
    atomic_store(&my->clock.stands_at, PLX_MS(ms));
    assert_int_equal(plx_timer_new(&my->clock, 0, by_hand_unpark, my, &my->timer), 0);
    assert_null(plx_timer_use(my->timer));
}

PLX_INLINE void finish(struct by_hand *my)
{
    assert_int_equal(plx_timer_counts(my->timer).armed, 0);
    plx_timer_shutdown(my->timer);
    plx_timer_release(my->timer);
    plx_timer_use(NULL);
    plx_clock_done(&my->clock);
}

PLX_INLINE uint64_t now_ms(struct by_hand *my)
{
    return plx__ms_down(plx_clock_now(&my->clock).ns);
}

/* Turns until nothing is due, and says how many have fired. */
PLX_INLINE uint32_t turn_all(struct by_hand *my)
{
    uint32_t fired = 0;
    do {
        fired += plx_timer_turn(my->timer);
    } while (plx_timer_timeout_ns(my->timer) == 0);
    return fired;
}

/* The worker parks, for at most `most` ms, and turns the timer when it wakes. What time it is then. */
PLX_INLINE uint64_t turn_for(struct by_hand *my, uint64_t most)
{
    int64_t ns = plx_timer_timeout_ns(my->timer);
    uint64_t sleep = ns < 0 || (uint64_t)ns > PLX_MS(most) ? PLX_MS(most) : (uint64_t)ns;
    assert_int_equal(plx_clock_advance(&my->clock, sleep), 0);
    turn_all(my);
    return now_ms(my);
}

/* … until the timer itself wakes it. */
PLX_INLINE uint64_t turn(struct by_hand *my)
{
    assert_true(plx_timer_timeout_ns(my->timer) >= 0);
    return turn_for(my, UINT64_MAX);
}

/* So many ms pass; the timer is turned whenever it wants to be. */
PLX_INLINE void pass_ms(struct by_hand *my, uint64_t ms)
{
    for (uint64_t until = now_ms(my) + ms; now_ms(my) < until;)
        turn_for(my, until - now_ms(my));
}

PLX_INLINE plx_delay delay_at(uint64_t ms)
{
    return plx_delay_until((struct plx_instant){PLX_MS(ms)});
}

PLX_INLINE enum plx_answer poll_delay(plx_delay *delay, struct hand *hand)
{
    plx_unit nothing;
    return POLL(plx_delay, delay, hand, &nothing);
}

#define assert_waits(delay, hand) assert_int_equal(poll_delay((delay), (hand)), PLX_NOT_READY)
#define assert_ready(delay, hand) assert_int_equal(poll_delay((delay), (hand)), PLX_READY)

/* ── every test with a timer of its own: at 0 ms; in the end no waker is left ─────────────────────────── */

static struct by_hand my;
static struct hand hand;

PLX_INLINE int begin(void **state)
{
    (void)state;
    begin_at(&my, 0);
    hand = HAND;
    return 0;
}

PLX_INLINE int end(void **state)
{
    (void)state;
    finish(&my);
    assert_int_equal(hand_wakers(&hand), 0);
    return 0;
}

#define each(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* The timer wakes at each of `wakes` in vain, and at the last one the delay is ready. */
PLX_INLINE void wakes_at(plx_delay *delay, const uint64_t *wakes, size_t count)
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

#endif
