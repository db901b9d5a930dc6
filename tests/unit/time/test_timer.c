/* SPDX-License-Identifier: MIT
 *
 * The timer as a worker drives it: who is unparked when, how much a turn does, races with other threads, the
 * end. See lib/time/timer.h.
 */
#include "tests/unit/time/by_hand.h"

#include "tests/support/futures.h"

static int unparked(void)
{
    return atomic_exchange(&my.unparked, 0);
}

/* ── who is asleep ────────────────────────────────────────────────────────────────────────────────────── */

static void test_nothing_set(void **state)
{
    (void)state;
    assert_int_equal(plx_timer_timeout_ns(my.timer), -1);
    assert_int_equal(plx_timer_turn(my.timer), 0);
}

/* A worker that is awake looks before it parks; one that sleeps is unparked for what comes earlier than it
 * would wake, and then it is awake. */
static void test_only_a_sleeper_is_unparked(void **state)
{
    plx_delay delays[] = {delay_at(50), delay_at(20), delay_at(30), delay_at(20), delay_at(10), delay_at(5)};
    (void)state;
    assert_waits(&delays[0], &hand);
    assert_int_equal(unparked(), 0);

    assert_int_equal(plx_timer_timeout_ns(my.timer), PLX_MS(50)); /* it sleeps until 50 */
    assert_waits(&delays[1], &hand);
    assert_int_equal(unparked(), 1);
    assert_waits(&delays[2], &hand);
    assert_waits(&delays[3], &hand);
    assert_waits(&delays[4], &hand);
    assert_int_equal(unparked(), 0);
    assert_int_equal(plx_timer_timeout_ns(my.timer), PLX_MS(10)); /* it looks, and sleeps again */
    plx_delay_reset_for(&delays[0], PLX_MS(3));
    assert_int_equal(unparked(), 1);

    plx_timer_timeout_ns(my.timer);
    plx_timer_turn(my.timer); /* it is awake for another reason */
    plx_delay_reset_for(&delays[0], PLX_MS(60));
    assert_waits(&delays[5], &hand);
    assert_int_equal(unparked(), 0);
    for (int i = 0; i < 6; i++)
        plx_delay_drop(&delays[i]);
}

/* One that sleeps for ever is unparked for anything; also for what was reset. */
static void test_unparked_from_sleep_for_ever(void **state)
{
    plx_delay delay = delay_at(1000);
    (void)state;
    plx_timer_timeout_ns(my.timer);
    assert_waits(&delay, &hand);
    assert_int_equal(unparked(), 1);
    plx_timer_timeout_ns(my.timer);
    plx_delay_reset(&delay, (struct plx_instant){PLX_MS(2000)});
    assert_int_equal(unparked(), 0);
    plx_delay_reset(&delay, (struct plx_instant){PLX_MS(10)});
    assert_int_equal(unparked(), 1);
    plx_delay_drop(&delay);
}

/* What is dropped does not wake the worker either: the next wake is that of what is left. */
static void test_dropped_is_not_waited_for(void **state)
{
    plx_delay shorter = delay_at(10), longer = delay_at(50);
    (void)state;
    assert_waits(&shorter, &hand);
    assert_waits(&longer, &hand);
    plx_delay_drop(&shorter);
    assert_int_equal(plx_timer_timeout_ns(my.timer), PLX_MS(50));
    plx_delay_drop(&longer);
    assert_int_equal(plx_timer_timeout_ns(my.timer), -1);
}

static void test_the_clock_jumps(void **state)
{
    (void)state;
    plx_timer_timeout_ns(my.timer);
    plx_clock_advance(&my.clock, PLX_MS(1));
    assert_int_equal(unparked(), 1);
}

/* After a long idle time a timer does not wake for rings that have passed meanwhile. */
static void test_set_after_idling(void **state)
{
    (void)state;
    plx_clock_advance(&my.clock, PLX_MS(1000000));
    plx_delay delay = plx_delay_for(PLX_MS(10));
    assert_waits(&delay, &hand);
    assert_int_equal(plx_timer_timeout_ns(my.timer), PLX_MS(10));
    plx_delay_drop(&delay);
}

/* What is due, but has not been turned to, is not lost when another is set. */
static void test_set_beside_what_is_due(void **state)
{
    plx_delay due = delay_at(10), later = delay_at(60);
    (void)state;
    assert_waits(&due, &hand);
    plx_clock_advance(&my.clock, PLX_MS(50));
    assert_waits(&later, &hand);
    assert_int_equal(plx_timer_timeout_ns(my.timer), 0);
    assert_int_equal(turn_all(&my), 1);
    assert_ready(&due, &hand);
    assert_int_equal(turn(&my), 60);
    assert_ready(&later, &hand);
    plx_delay_drop(&due);
    plx_delay_drop(&later);
}

/* ── how much a turn does ─────────────────────────────────────────────────────────────────────────────── */

enum { MANY = 20000 };
static plx_delay many[MANY];

static void set_many(uint64_t first, uint64_t among)
{
    for (uint64_t i = 0; i < MANY; i++) {
        many[i] = delay_at(first + i % among);
        assert_waits(&many[i], &hand);
    }
}

static uint64_t work_of_a_turn(void)
{
    uint64_t before = plx_timer_counts(my.timer).work;
    plx_timer_turn(my.timer);
    return plx_timer_counts(my.timer).work - before;
}

/* All of them come down at once, and then fire at once: no turn does more than its share, and in the end all
 * is done. */
static void test_a_turn_does_its_share(void **state)
{
    int turns = 0;
    (void)state;
    set_many(4096, 10);
    plx_clock_advance(&my.clock, PLX_MS(5000));
    while (plx_timer_counts(my.timer).armed > 0) {
        assert_int_equal(plx_timer_timeout_ns(my.timer), 0);
        assert_true(work_of_a_turn() <= PLX_TIMER_SLICE * PLX_TIMER_SLICES);
        assert_true(++turns < MANY);
    }
    assert_int_equal(hand.notified, MANY);
    for (int i = 0; i < MANY; i++)
        plx_delay_drop(&many[i]);
}

/* ── several threads ──────────────────────────────────────────────────────────────────────────────────── */

static atomic_bool stop;

static void *turn_all_the_time(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        plx_timer_timeout_ns(my.timer);
        plx_timer_turn(my.timer);
    }
    return NULL;
}

static pthread_t start_turning(void)
{
    pthread_t worker;
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&worker, NULL, turn_all_the_time, NULL), 0);
    return worker;
}

static void stop_turning(pthread_t worker)
{
    atomic_store(&stop, true);
    pthread_join(worker, NULL);
}

/* conformance 239; real bugs 46: the owner resets to later while the worker fires. Either the reset comes too
 * late: then there is a wake in vain, and the delay is set anew, with another waker. Or it wins: then there
 * is one wake in all. Elapsed it is only at the new deadline. */
static void test_reset_against_fire(void **state)
{
    unsigned lost = 0;
    (void)state;
    pthread_t worker = start_turning();
    for (unsigned i = 0; i < scaled(20000); i++) {
        struct hand mine = HAND;
        uint64_t now = now_ms(&my);
        plx_delay delay = delay_at(now + 1);
        assert_waits(&delay, &mine);
        plx_clock_advance(&my.clock, PLX_MS(1));
        for (unsigned wait = i % 64; wait > 0; wait--)
            atomic_signal_fence(memory_order_seq_cst);
        plx_delay_reset(&delay, (struct plx_instant){PLX_MS(now + 3)});
        assert_false(plx_delay_is_elapsed(&delay));
        assert_waits(&delay, &mine);
        plx_clock_advance(&my.clock, PLX_MS(2));
        wait_until(plx_delay_is_elapsed(&delay));
        assert_ready(&delay, &mine);
        plx_delay_drop(&delay);
        wait_until(hand_wakers(&mine) == 0); /* all notifies have been made */
        assert_int_equal(mine.notified, mine.clones);
        assert_true(mine.clones <= 2);
        lost += mine.clones == 2;
    }
    stop_turning(worker);
    print_message("the reset came too late %u times\n", lost);
}

/* Drop against fire: when drop returns nobody points to the delay, so its memory may be anything. */
static void test_drop_against_fire(void **state)
{
    (void)state;
    pthread_t worker = start_turning();
    for (unsigned i = 0; i < scaled(20000); i++) {
        plx_delay *delay = malloc(sizeof *delay);
        assert_non_null(delay);
        *delay = plx_delay_for(PLX_MS(1));
        assert_waits(delay, &hand);
        plx_clock_advance(&my.clock, PLX_MS(1));
        for (unsigned wait = i % 64; wait > 0; wait--)
            atomic_signal_fence(memory_order_seq_cst);
        plx_delay_drop(delay);
        memset(delay, 0xaa, sizeof *delay);
        free(delay);
    }
    stop_turning(worker);
}

enum { THREADS = 3 };

static void *set_and_drop(void *arg)
{
    uintptr_t seed = (uintptr_t)arg;
    struct hand mine = HAND;
    plx_timer_use(my.timer);
    for (unsigned i = 0; i < scaled(20000); i++) {
        seed = seed * 1103515245 + 12345;
        plx_delay delay = plx_delay_for(PLX_MS(1 + (seed >> 16) % 100));
        poll_delay(&delay, &mine);
        if (seed & 4096)
            plx_delay_reset_for(&delay, PLX_MS((seed >> 20) % 200));
        poll_delay(&delay, &mine);
        if (i % 64 == 0)
            plx_clock_advance(&my.clock, PLX_MS(10));
        plx_delay_drop(&delay);
    }
    plx_timer_use(NULL);
    wait_until(hand_wakers(&mine) == 0); /* the turn lets go of those it has taken */
    return NULL;
}

static void test_all_at_once(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    pthread_t worker = start_turning();
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, set_and_drop, (void *)(i + 1)), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    stop_turning(worker);
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 244; real bugs 47 */
static void test_shutdown(void **state)
{
    plx_delay pending = delay_at(10), later = delay_at(1000000000), fired = delay_at(1),
              new_one = delay_at(50);
    (void)state;
    assert_waits(&pending, &hand);
    assert_waits(&later, &hand);
    assert_waits(&fired, &hand);
    turn(&my);
    assert_int_equal(hand.notified, 1);
    unparked();
    plx_timer_keep(my.timer);
    plx_timer_shutdown(my.timer);
    assert_int_equal(hand.notified, 3);
    assert_int_equal(plx_timer_counts(my.timer).armed, 0);

    assert_int_equal(poll_delay(&pending, &hand), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ESHUTDOWN);
    assert_int_equal(poll_delay(&later, &hand), PLX_FAILED);
    assert_ready(&fired, &hand);
    assert_int_equal(poll_delay(&new_one, &hand), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ESHUTDOWN);

    plx_delay_reset(&pending, (struct plx_instant){PLX_MS(5)}); /* it stays shut */
    assert_int_equal(poll_delay(&pending, &hand), PLX_FAILED);
    plx_delay_reset(&fired, (struct plx_instant){PLX_MS(500)});
    assert_int_equal(poll_delay(&fired, &hand), PLX_FAILED);
    plx_clock_advance(&my.clock, PLX_MS(1));
    assert_int_equal(unparked(), 0);

    plx_timer_release(my.timer);
    plx_delay_drop(&pending);
    plx_delay_drop(&later);
    plx_delay_drop(&fired);
    plx_delay_drop(&new_one);
}

/* The last one that has to do with it frees it: here a delay, long after the runtime. */
static void test_a_delay_outlives_its_timer(void **state)
{
    plx_delay pending = delay_at(10), fired = delay_at(1);
    (void)state;
    assert_waits(&pending, &hand);
    assert_waits(&fired, &hand);
    turn(&my);
    plx_timer_shutdown(my.timer);
    plx_timer_release(my.timer);
    plx_timer_use(NULL);
    assert_int_equal(poll_delay(&pending, &hand), PLX_FAILED);
    plx_delay_drop(&pending);
    assert_ready(&fired, &hand);
    plx_delay_drop(&fired);
    begin_at(&my, 0);
}

/* A fired delay that is set again in another timer lets go of the first. */
static void test_from_timer_to_timer(void **state)
{
    plx_delay delay = delay_at(1);
    struct plx_timer *second;
    (void)state;
    assert_waits(&delay, &hand);
    turn(&my);
    assert_int_equal(plx_timer_new(&my.clock, 1, by_hand_unpark, &my, &second), 0);
    plx_timer_use(second);
    plx_delay_reset(&delay, (struct plx_instant){PLX_MS(5)});
    assert_waits(&delay, &hand);
    assert_int_equal(plx_timer_counts(my.timer).armed, 0);
    assert_int_equal(plx_timer_counts(second).armed, 1);
    plx_clock_advance(&my.clock, PLX_MS(4));
    plx_timer_turn(second);
    assert_ready(&delay, &hand);
    plx_delay_drop(&delay);
    plx_timer_shutdown(second);
    plx_timer_release(second);
    plx_timer_use(my.timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(test_nothing_set),
        each(test_only_a_sleeper_is_unparked),
        each(test_unparked_from_sleep_for_ever),
        each(test_dropped_is_not_waited_for),
        each(test_the_clock_jumps),
        each(test_set_after_idling),
        each(test_set_beside_what_is_due),
        each(test_a_turn_does_its_share),
        each(test_reset_against_fire),
        each(test_drop_against_fire),
        each(test_all_at_once),
        each(test_from_timer_to_timer),
        each(test_shutdown),
        each(test_a_delay_outlives_its_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
