/* SPDX-License-Identifier: MIT
 *
 * Which runtime a task goes to, who may wait where, and how runtimes end.
 */
#include "tests/support/futures.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

static struct plx_runtime *pool_of_two(void)
{
    return runtime_of((struct plx_runtime_options){.workers = 2});
}

/* ── executors ────────────────────────────────────────────────────────────────────────────────────────── */

static void *spawn_from_thread(void *executor)
{
    static struct tally_counts counts;
    for (int i = 0; i < 100; i++)
        assert_int_equal(PLX_SPAWN_WITH((plx_executor *)executor, tally, tally_new(&counts, 1)), 0);
    plx_executor_drop(executor);
    return NULL;
}

/* conformance 301 */
static void a_clone_spawns_from_any_thread(void **state)
{
    struct plx_runtime *runtime = pool_of_two();
    plx_executor executors[4] = {plx_executor_of(runtime)};
    pthread_t threads[4];
    (void)state;
    for (int i = 1; i < 4; i++)
        executors[i] = plx_executor_clone(&executors[0]);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spawn_from_thread, &executors[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    plx_runtime_shutdown_on_idle(runtime);
}

PLX_HANDLE(tally_task, tally)

/* conformance 130, 301 */
static void an_executor_outlives_its_runtime(void **state)
{
    struct plx_runtime *runtime = pool_of_two();
    plx_executor executor = plx_executor_of(runtime), clone = plx_executor_clone(&executor);
    struct tally_counts counts = {0};
    tally_task handle;
    (void)state;
    assert_true(plx_executor_is_open(&executor));
    plx_runtime_free(runtime);
    assert_false(plx_executor_is_open(&executor));
    assert_int_equal(PLX_SPAWN_WITH(&executor, tally, tally_new(&counts, 0)), -ESHUTDOWN);
    assert_int_equal(PLX_SPAWN_HANDLE_WITH(&clone, tally, tally_new(&counts, 0), &handle), -ESHUTDOWN);
    assert_null(handle.task);
    assert_int_equal(counts.drops, 2);
    assert_int_equal(counts.polls, 0);
    plx_executor_drop(&executor);
    plx_executor_drop(&clone);
    plx_executor_drop(&clone); /* empty: nothing */
    assert_false(plx_executor_is_open(&clone));
    assert_int_equal(PLX_SPAWN_WITH(&clone, tally, tally_new(&counts, 0)), -ESHUTDOWN);
}

static int current_is(void *runtime)
{
    plx_executor here = plx_executor_current();
    bool open = plx_executor_is_open(&here);
    plx_executor_drop(&here);
    return open && plx_runtime_current() == runtime;
}

/* conformance 129, 273, 289 */
static void a_task_spawns_where_it_is(void **state)
{
    struct plx_runtime *runtime = pool_of_two();
    struct tally_counts counts = {0};
    uint64_t same;
    (void)state;
    assert_null(plx_runtime_current());
    assert_int_equal(PLX_SPAWN(tally, tally_new(&counts, 0)), -ESHUTDOWN);
    assert_int_equal(counts.drops, 1);
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(current_is, runtime), &same), 0);
    assert_int_equal(same, 1);
    plx_runtime_free(runtime);
}

/* conformance 212: enters nest, and each leave restores. */
static void entering_a_runtime(void **state)
{
    struct plx_runtime *one = pool_of_two(), *other = pool_of_two();
    struct tally_counts counts = {0};
    uint64_t same;
    (void)state;
    struct plx_entered outer = plx_runtime_enter(one);
    assert_ptr_equal(plx_runtime_current(), one);
    struct plx_entered inner = plx_runtime_enter(other);
    assert_int_equal(PLX_SPAWN(tally, tally_new(&counts, 0)), 0);
    assert_int_equal(PLX_BLOCK_ON(one, call, call_new(current_is, one), &same), 0);
    assert_int_equal(same, 1); /* a task's own runtime counts more */
    plx_runtime_leave(inner);
    assert_ptr_equal(plx_runtime_current(), one);
    plx_runtime_leave(outer);
    assert_null(plx_runtime_current());
    plx_runtime_shutdown_on_idle(other);
    plx_runtime_free(one);
    assert_int_equal(counts.drops, 1);
}

/* ── who may wait where ───────────────────────────────────────────────────────────────────────────────── */

static int wait_in_task(void *runtime)
{
    struct tally_counts counts = {0};
    uint64_t item;
    int refused = 0;
    refused += PLX_BLOCK_ON((struct plx_runtime *)runtime, tally, tally_new(&counts, 0), &item) == -EDEADLK;
    refused += PLX_WAIT(tally, tally_new(&counts, 0), &item) == -EDEADLK;
    refused += PLX_RUN(tally, tally_new(&counts, 0)) == -EDEADLK;
    refused += plx_runtime_wait_idle(runtime) == -EDEADLK;
    refused += plx_runtime_wait_idle_for(runtime, 1) == -EDEADLK;
    refused += plx_runtime_shutdown_on_idle(runtime) == -EDEADLK;
    refused += plx_runtime_shutdown_timeout(runtime, 1) == -EDEADLK;
    refused += plx_runtime_free(runtime) == -EDEADLK;
    return counts.drops == 3 && counts.polls == 0 ? refused : -EIO;
}

/* conformance 172, 276, 291, 298 */
static void a_task_may_not_wait(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct plx_runtime *runtime = runtime_of(
            (struct plx_runtime_options){.kind = kind ? PLX_CURRENT_THREAD : PLX_THREAD_POOL, .workers = 1});
        uint64_t refused;
        assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(wait_in_task, runtime), &refused), 0);
        assert_int_equal(refused, 8);
        plx_runtime_free(runtime);
    }
}

/* ── ends ─────────────────────────────────────────────────────────────────────────────────────────────── */

static int spawn_two_more(void *counts)
{
    int error = PLX_SPAWN(tally, tally_new(counts, 3));
    return error ? error : PLX_SPAWN(tally, tally_new(counts, 3));
}

/* conformance 131 */
static void on_idle_takes_what_tasks_spawn_meanwhile(void **state)
{
    (void)state;
    for (unsigned i = 0; i < scaled(200); i++) {
        struct plx_runtime *runtime = pool_of_two();
        struct tally_counts counts = {0};
        assert_int_equal(PLX_SPAWN_ON(runtime, call, call_new(spawn_two_more, &counts)), 0);
        assert_int_equal(plx_runtime_shutdown_on_idle(runtime), 0);
        assert_int_equal(counts.ends, 2);
    }
}

/* conformance 160, 161, 294 */
static void on_idle_waits_for_all(void **state)
{
    struct plx_runtime *runtime = pool_of_two();
    struct gate gate = {0};
    (void)state;
    assert_int_equal(plx_runtime_wait_idle_for(runtime, 0), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, pass, pass_new(&gate)), 0);
    assert_int_equal(plx_runtime_wait_idle_for(runtime, 1), -ETIMEDOUT);
    gate_open(&gate);
    assert_int_equal(plx_runtime_shutdown_on_idle(runtime), 0);
    assert_int_equal(gate.drops, 1);
}

/* conformance 163, 164, 165, 168 */
static void now_drops_what_never_ends(void **state)
{
    (void)state;
    for (unsigned i = 0; i < scaled(200); i++) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = i % 20 + 1});
        struct gate gate = {0};
        assert_int_equal(PLX_SPAWN_ON(runtime, pass, pass_new(&gate)), 0);
        if (i % 2)
            wait_until(gate.polls > 0);
        plx_runtime_free(runtime);
        assert_int_equal(gate.drops, 1);
        gate_open(&gate); /* a waker of a task that is gone */
    }
}

static void *spawn_and_stop(void *unused)
{
    static _Thread_local struct plx_runtime *mine;
    struct tally_counts counts = {0};
    (void)unused;
    mine = pool_of_two();
    assert_int_equal(PLX_SPAWN_ON(mine, tally, tally_new(&counts, 5)), 0);
    plx_runtime_shutdown_on_idle(mine);
    return NULL;
}

static long resident_kilobytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* conformance 166, 302, 304; real bugs 70, 71: a thousand runtimes, some of them made on threads that are
 * gone again. */
static void a_thousand_leave_nothing(void **state)
{
    int descriptors = count_own("fd");
    long before = 0;
    (void)state;
    for (unsigned i = 0; i < scaled(1000); i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, spawn_and_stop, NULL), 0);
        pthread_join(thread, NULL);
        if (i == scaled(1000) / 2)
            before = resident_kilobytes();
    }
    assert_int_equal(count_own("fd"), descriptors);
    if (!SANITIZED)
        assert_in_range(resident_kilobytes() - before, 0, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clone_spawns_from_any_thread),
        cmocka_unit_test(an_executor_outlives_its_runtime),
        cmocka_unit_test(a_task_spawns_where_it_is),
        cmocka_unit_test(entering_a_runtime),
        cmocka_unit_test(a_task_may_not_wait),
        cmocka_unit_test(on_idle_takes_what_tasks_spawn_meanwhile),
        cmocka_unit_test(on_idle_waits_for_all),
        cmocka_unit_test(now_drops_what_never_ends),
        cmocka_unit_test(a_thousand_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
