/* SPDX-License-Identifier: MIT
 *
 * Several workers: who runs what, and that nothing is lost or run twice.
 */
#include "tests/support/futures.h"

static int new_runtime(void **state)
{
    *state = runtime_of((struct plx_runtime_options){.workers = 4});
    return 0;
}

static int free_runtime(void **state)
{
    return plx_runtime_free(*state);
}

static int is_other_thread(void *thread)
{
    return !pthread_equal(*(pthread_t *)thread, pthread_self());
}

/* conformance 125, 129, 138 */
static void spawned_from_outside_it_runs_on_a_worker(void **state)
{
    pthread_t me = pthread_self();
    uint64_t other;
    assert_int_equal(PLX_BLOCK_ON(*state, call, call_new(is_other_thread, &me), &other), 0);
    assert_int_equal(other, 1);
}

/* conformance 126, 132 */
static void ten_thousand_tasks_once_each(void **state)
{
    struct tally_counts counts = {0};
    for (int i = 0; i < 10000; i++)
        assert_int_equal(PLX_SPAWN_ON(*state, tally, tally_new(&counts, 1)), 0);
    assert_int_equal(plx_runtime_wait_idle(*state), 0);
    assert_int_equal(counts.polls, 20000);
    assert_int_equal(counts.ends, 10000);
    assert_int_equal(counts.drops, 10000);
    assert_int_equal(counts.clashes, 0);
    assert_int_equal(plx_runtime_tasks(*state), 0);
}

/* ── spawned by several threads ───────────────────────────────────────────────────────────────────────── */

struct spawner {
    struct plx_runtime *runtime;
    struct tally_counts *counts;
    unsigned tasks;
};

static void *spawn_each(void *arg)
{
    struct spawner *spawner = arg;
    for (unsigned i = 0; i < spawner->tasks; i++)
        if (PLX_SPAWN_ON(spawner->runtime, tally, tally_new(spawner->counts, i % 3)))
            abort();
    return NULL;
}

/* conformance 281, 284 */
static void from_several_threads(void **state)
{
    struct tally_counts counts = {0};
    struct spawner spawner = {*state, &counts, scaled(50000)};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spawn_each, &spawner), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    plx_runtime_wait_idle(*state);
    assert_int_equal(counts.ends, 4 * spawner.tasks);
    assert_int_equal(counts.drops, 4 * spawner.tasks);
    assert_int_equal(counts.clashes, 0);
}

/* ── a spawn while the last worker goes to sleep ──────────────────────────────────────────────────────── */

static int nothing(void *unused)
{
    (void)unused;
    return 0;
}

static void one_by_one(uint32_t workers)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = workers});
    uint64_t result;
    for (unsigned i = 0; i < scaled(20000); i++)
        assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(nothing, NULL), &result), 0);
    plx_runtime_free(runtime);
}

/* conformance 153, 338; real bugs 4: each finds the workers just going to sleep. One that is lost stops
 * the test for ever. */
static void spawned_while_the_last_worker_falls_asleep(void **state)
{
    (void)state;
    one_by_one(1);
    one_by_one(2);
    one_by_one(4);
}

/* ── all workers work ─────────────────────────────────────────────────────────────────────────────────── */

static _Atomic unsigned present;

static int wait_for_four(void *unused)
{
    (void)unused;
    atomic_fetch_add(&present, 1);
    wait_until(atomic_load(&present) == 4);
    return 0;
}

static int spawn_four(void *unused)
{
    (void)unused;
    for (int i = 0; i < 4; i++)
        if (PLX_SPAWN(call, call_new(wait_for_four, NULL)))
            return -ENOMEM;
    return 0;
}

/* conformance 140: four tasks of which none ends until all have begun. */
static void all_workers_become_active(void **state)
{
    for (int round = 0; round < 200; round++) {
        atomic_store(&present, 0);
        for (int i = 0; i < 4; i++)
            assert_int_equal(PLX_SPAWN_ON(*state, call, call_new(wait_for_four, NULL)), 0);
        plx_runtime_wait_idle(*state);
    }
}

/* The same, spawned by a worker: the first three wake the others, the last is its own. */
static void all_workers_become_active_from_within(void **state)
{
    for (int round = 0; round < 200; round++) {
        atomic_store(&present, 0);
        assert_int_equal(PLX_SPAWN_ON(*state, call, call_new(spawn_four, NULL)), 0);
        plx_runtime_wait_idle(*state);
    }
}

/* ── a rogue ──────────────────────────────────────────────────────────────────────────────────────────── */

/* Spawns a thousand tasks into its own queues, and keeps its worker until they are done. */
static int rogue(void *arg)
{
    struct tally_counts *counts = arg;
    for (int i = 0; i < 1000; i++)
        if (PLX_SPAWN(tally, tally_new(counts, 0)))
            return -ENOMEM;
    wait_until(atomic_load(&counts->ends) == 1000);
    return 0;
}

/* conformance 139; real bugs 2. What is in the LIFO slot nobody can steal, so there is none here. */
static void a_hogging_task_does_not_keep_the_others(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2, .no_lifo = true});
    uint64_t result;
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct tally_counts counts = {0};
        assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(rogue, &counts), &result), 0);
        assert_int_equal(plx_runtime_wait_idle(runtime), 0);
        assert_int_equal(counts.polls, 1000);
    }
    plx_runtime_free(runtime);
}

static int hog(void *arg)
{
    struct tally_counts *counts = arg;
    wait_until(atomic_load(&counts->ends) == 100);
    return 0;
}

/* The others come from outside, while one worker is kept and the other one may be going to sleep: it was
 * not allowed to search, or it looked when they were on their way from the global queue to a deque. The
 * workers are new each time, and just starting. */
static void a_hogging_task_does_not_keep_those_from_outside(void **state)
{
    (void)state;
    for (unsigned round = 0; round < scaled(10000); round++) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
        struct tally_counts counts = {0};
        assert_int_equal(PLX_SPAWN_ON(runtime, call, call_new(hog, &counts)), 0);
        for (int i = 0; i < 100; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 0)), 0);
        assert_int_equal(plx_runtime_wait_idle(runtime), 0);
        plx_runtime_free(runtime);
    }
}

/* ── block_on from several threads ────────────────────────────────────────────────────────────────────── */

static void *block_on_each(void *runtime)
{
    for (unsigned i = 0; i < scaled(5000); i++) {
        struct tally_counts counts = {0};
        uint64_t polls = 0;
        if (PLX_BLOCK_ON(runtime, tally, tally_new(&counts, i % 4), &polls) || polls != i % 4 + 1 ||
            counts.drops != 1)
            return runtime;
    }
    return NULL;
}

/* conformance 271, 342 */
static void block_on_from_several_threads(void **state)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, block_on_each, *state), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

#define with_runtime(test) cmocka_unit_test_setup_teardown(test, new_runtime, free_runtime)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_runtime(spawned_from_outside_it_runs_on_a_worker),
        with_runtime(ten_thousand_tasks_once_each),
        with_runtime(from_several_threads),
        cmocka_unit_test(spawned_while_the_last_worker_falls_asleep),
        with_runtime(all_workers_become_active),
        with_runtime(all_workers_become_active_from_within),
        cmocka_unit_test(a_hogging_task_does_not_keep_the_others),
        cmocka_unit_test(a_hogging_task_does_not_keep_those_from_outside),
        with_runtime(block_on_from_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
