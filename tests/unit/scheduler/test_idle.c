/* SPDX-License-Identifier: MIT
 *
 * Who sleeps and who searches.
 */
#include "lib/scheduler/idle.h"
#include "tests/support/futures.h"

enum { WORKERS = 4 };

static int new_idle(void **state)
{
    static struct plx_idle idle;
    *state = &idle;
    return plx_idle_init(&idle, WORKERS, false);
}

static int done_idle(void **state)
{
    plx_idle_done(*state);
    return 0;
}

static void half_of_them_search(void **state)
{
    struct plx_idle *idle = *state;
    assert_true(plx_idle_start_search(idle));
    assert_true(plx_idle_start_search(idle));
    assert_false(plx_idle_start_search(idle));
    assert_false(plx_idle_stop_search(idle));
    assert_true(plx_idle_stop_search(idle)); /* the last one wakes another */
}

static void one_worker_may_search(void **state)
{
    struct plx_idle idle;
    (void)state;
    assert_int_equal(plx_idle_init(&idle, 1, false), 0);
    assert_true(plx_idle_start_search(&idle));
    assert_false(plx_idle_start_search(&idle));
    plx_idle_done(&idle);
}

static void nobody_is_woken_when_none_sleeps_or_one_searches(void **state)
{
    struct plx_idle *idle = *state;
    assert_int_equal(plx_idle_worker_to_wake(idle), -1);
    plx_idle_park(idle, 2, false);
    assert_true(plx_idle_start_search(idle));
    assert_int_equal(plx_idle_worker_to_wake(idle), -1);
    assert_true(plx_idle_stop_search(idle));
    assert_int_equal(plx_idle_worker_to_wake(idle), 2);
    assert_int_equal(plx_idle_worker_to_wake(idle), -1); /* 2 searches now */
}

/* conformance 159 */
static void the_last_to_sleep_is_woken_first(void **state)
{
    struct plx_idle *idle = *state;
    for (uint32_t i = 0; i < WORKERS; i++)
        plx_idle_park(idle, i, false);
    for (int i = WORKERS - 1; i >= 0; i--) {
        assert_int_equal(plx_idle_worker_to_wake(idle), i);
        assert_true(plx_idle_stop_search(idle));
    }
    assert_int_equal(plx_idle_worker_to_wake(idle), -1);
}

/* conformance 338: whoever leaves no searcher behind looks once more, also when it was not allowed to
 * search itself. */
static void who_leaves_no_searcher_looks_once_more(void **state)
{
    struct plx_idle *idle = *state;
    assert_true(plx_idle_park(idle, 0, false));
    assert_true(plx_idle_start_search(idle));
    assert_true(plx_idle_start_search(idle));
    assert_false(plx_idle_park(idle, 1, true));
    assert_false(plx_idle_park(idle, 2, false));
    assert_true(plx_idle_park(idle, 3, true));
}

/* conformance 155, 156 */
static void who_woke_by_itself_is_not_woken_again(void **state)
{
    struct plx_idle *idle = *state;
    plx_idle_park(idle, 0, false);
    plx_idle_park(idle, 1, false);
    plx_idle_park(idle, 3, false);
    assert_true(plx_idle_is_parked(idle, 1));
    assert_true(plx_idle_unpark(idle, 1));
    assert_false(plx_idle_is_parked(idle, 1));
    assert_false(plx_idle_unpark(idle, 1));
    assert_int_equal(plx_idle_worker_to_wake(idle), 3);
    assert_false(plx_idle_unpark(idle, 3)); /* it had been chosen as well */
    assert_true(plx_idle_stop_search(idle));
    assert_int_equal(plx_idle_worker_to_wake(idle), 0);
}

/* ── storms ───────────────────────────────────────────────────────────────────────────────────────────── */

enum { ROUNDS = 30000 };

static struct {
    struct plx_idle idle;
    _Atomic int asleep[WORKERS];
    atomic_bool chosen_awake;
} storm;

/* Every third time it wakes by itself, like a worker that the reactor woke, if it has not been chosen
 * already; else it waits until it is. */
static void *sleeper(void *arg)
{
    uint32_t me = (uint32_t)(uintptr_t)arg;
    for (int i = 0; i < ROUNDS; i++) {
        atomic_store(&storm.asleep[me], 1);
        plx_idle_park(&storm.idle, me, false);
        if (i % 3 || !plx_idle_unpark(&storm.idle, me))
            wait_until(!atomic_load(&storm.asleep[me]));
        atomic_store(&storm.asleep[me], 0);
    }
    return NULL;
}

static atomic_bool storm_over;

static void *waker(void *unused)
{
    (void)unused;
    while (!atomic_load(&storm_over)) {
        int worker = plx_idle_worker_to_wake(&storm.idle);
        if (worker < 0) {
            sched_yield();
            continue;
        }
        if (!atomic_exchange(&storm.asleep[worker], 0))
            atomic_store(&storm.chosen_awake, true);
        plx_idle_stop_search(&storm.idle);
    }
    return NULL;
}

/* conformance 154: nobody is chosen who does not sleep, and at the end the counts are as at the beginning. */
static void storms_lose_no_worker(void **state)
{
    pthread_t threads[3], waking;
    (void)state;
    assert_int_equal(plx_idle_init(&storm.idle, 3, false), 0);
    uint32_t word = atomic_load(&storm.idle.word);
    assert_int_equal(pthread_create(&waking, NULL, waker, NULL), 0);
    for (uintptr_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sleeper, (void *)i), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&storm_over, true);
    pthread_join(waking, NULL);
    assert_false(atomic_load(&storm.chosen_awake));
    assert_int_equal(atomic_load(&storm.idle.word), word);
    assert_int_equal(storm.idle.sleeping, 0);
    plx_idle_done(&storm.idle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(half_of_them_search, new_idle, done_idle),
        cmocka_unit_test(one_worker_may_search),
        cmocka_unit_test_setup_teardown(nobody_is_woken_when_none_sleeps_or_one_searches, new_idle,
                                        done_idle),
        cmocka_unit_test_setup_teardown(the_last_to_sleep_is_woken_first, new_idle, done_idle),
        cmocka_unit_test_setup_teardown(who_leaves_no_searcher_looks_once_more, new_idle, done_idle),
        cmocka_unit_test_setup_teardown(who_woke_by_itself_is_not_woken_again, new_idle, done_idle),
        cmocka_unit_test(storms_lose_no_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
