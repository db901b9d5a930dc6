/* SPDX-License-Identifier: MIT
 *
 * Jobs of the blocking pool: each is run, once, whatever its threads are about to do.
 */
#include "tests/unit/scheduler/sections.h"

#include <errno.h>

/* ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────── */

static void jobs_run_on(struct plx_runtime_options options)
{
    struct plx_runtime *runtime = runtime_of(options);
    struct word word = {0};
    uint64_t item;
    for (uint64_t i = 0; i < scaled(200); i++) {
        quickly handle;
        assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, quick, quick_new(&word), &handle), 0);
        assert_int_equal(quickly_wait(&handle, &item), 0);
        assert_int_equal(item, i);
    }
    plx_runtime_free(runtime);
}

/* conformance 341 */
static void jobs_run_on_every_kind(void **state)
{
    (void)state;
    jobs_run_on((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    jobs_run_on((struct plx_runtime_options){.workers = 1});
    jobs_run_on((struct plx_runtime_options){.workers = 2, .keep_alive_ms = 1});
}

/* conformance 358: at the limit of threads jobs still run, one after the other. */
static void one_thread_for_all_jobs(void **state)
{
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.workers = 1, .blocking_threads = 1});
    struct word word = {0};
    quickly handles[20];
    uint64_t item;
    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, quick, quick_new(&word), &handles[i]), 0);
    for (uint64_t i = 0; i < 20; i++) {
        assert_int_equal(quickly_wait(&handles[i], &item), 0);
        assert_int_equal(item, i);
    }
    assert_int_equal(word.at_most, 1);
    plx_runtime_free(runtime);
}

/* ── jobs and the last idle thread ────────────────────────────────────────────────────────────────────── */

struct leaving {
    struct plx_runtime *runtime;
    struct word word;
    quickly handle;
    _Atomic unsigned stops;
};

/* The only thread there may be for jobs has made up its mind to end, and another job comes. */
static void spawn_job_at_stop(void *arg)
{
    struct leaving *leaving = arg;
    if (atomic_fetch_add(&leaving->stops, 1) == 0)
        assert_int_equal(
            PLX_SPAWN_BLOCKING_ON(leaving->runtime, quick, quick_new(&leaving->word), &leaving->handle), 0);
}

static void a_job_does_not_wait_for_a_thread_that_ends(void **state)
{
    struct leaving leaving = {0};
    quickly handle;
    uint64_t item;
    (void)state;
    leaving.runtime = runtime_of(
        (struct plx_runtime_options){.kind = PLX_CURRENT_THREAD,
                                     .blocking_threads = 1,
                                     .keep_alive_ms = 1,
                                     .hooks = {.arg = &leaving, .thread_stop = spawn_job_at_stop}});
    assert_int_equal(PLX_SPAWN_BLOCKING_ON(leaving.runtime, quick, quick_new(&leaving.word), &handle), 0);
    quickly_drop(&handle);
    wait_until(leaving.word.passed == 2);
    assert_int_equal(quickly_wait(&leaving.handle, &item), 0);
    plx_runtime_free(leaving.runtime);
}

struct vain {
    struct plx_runtime *runtime;
    quickly handle;
    struct word word;
    atomic_bool ends;
};

static void *spawn_in_vain(void *arg)
{
    struct vain *vain = arg;
    PLX_SPAWN_BLOCKING_ON(vain->runtime, quick, quick_new(&vain->word), &vain->handle);
    return NULL;
}

/* The task ends, but is still on the list: until the thread that waits for the list sleeps. */
static void wait_for_a_sleeper(void *arg, uint64_t task)
{
    struct vain *vain = arg;
    struct plx_worker_metrics metrics = {0};
    (void)task;
    atomic_store(&vain->ends, true);
    wait_until(plx_runtime_worker_metrics(vain->runtime, 0, &metrics) == 0 && metrics.parks > 0);
}

/* There is no thread with such a stack. Who waits for the last task learns that it has failed, on whatever
 * thread. */
static void a_job_without_a_thread_fails(void **state)
{
    struct vain vain = {0};
    pthread_t other;
    uint64_t item;
    (void)state;
    vain.runtime = runtime_of(
        (struct plx_runtime_options){.kind = PLX_CURRENT_THREAD,
                                     .stack_bytes = 1,
                                     .hooks = {.arg = &vain, .task_end = wait_for_a_sleeper}});
    assert_int_equal(pthread_create(&other, NULL, spawn_in_vain, &vain), 0);
    wait_until(vain.ends);
    assert_int_equal(plx_runtime_wait_idle(vain.runtime), 0);
    pthread_join(other, NULL);
    assert_int_equal(quickly_wait(&vain.handle, &item), -EINVAL);
    plx_runtime_free(vain.runtime);
}

static int read_name(char *name, uint64_t *item)
{
    *item = 0;
    return -pthread_getname_np(pthread_self(), name, 16);
}

PLX_BLOCKING(named, char, uint64_t, read_name)
PLX_HANDLE(naming, named)

/* Threads that begin later have the name, too, though the string that gave it may be gone. */
static void the_name_need_not_stay(void **state)
{
    char *name = strdup("a-name-of-its-own"), seen[16];
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 1, .name = name});
    naming handle;
    uint64_t item;
    (void)state;
    free(name);
    assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, named, named_new(seen), &handle), 0);
    assert_int_equal(naming_wait(&handle, &item), 0);
    assert_memory_equal(seen, "a-name-of--", 11); /* and its number */
    plx_runtime_free(runtime);
}

/* Jobs that wait for their turn need no thread yet: a worker that is handed on takes one that is idle. */
static void jobs_that_wait_cost_no_threads(void **state)
{
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.workers = 1, .blocking_threads = 1});
    struct word word = {0}, other = {0};
    struct plx_runtime_metrics metrics;
    uint64_t item;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, quick, quick_new(&other), &item), 0);
    for (int i = 0; i < 50; i++) {
        heeding handle;
        assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, heed, heed_new(&word), &handle), 0);
        heeding_drop(&handle);
    }
    wait_until(word.inside == 1);
    plx_runtime_metrics(runtime, &metrics);
    assert_int_equal(metrics.jobs_waiting, 49);
    for (int i = 0; i < 50; i++)
        assert_int_equal(PLX_BLOCK_ON(runtime, quick, quick_new(&other), &item), 0);
    plx_runtime_metrics(runtime, &metrics);
    assert_in_range(metrics.threads, 2, 25); /* and not one more for each */
    atomic_store(&word.said, 1);
    plx_runtime_shutdown_on_idle(runtime);
    assert_int_equal(word.passed, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_on_every_kind),
        cmocka_unit_test(one_thread_for_all_jobs),
        cmocka_unit_test(a_job_does_not_wait_for_a_thread_that_ends),
        cmocka_unit_test(a_job_without_a_thread_fails),
        cmocka_unit_test(the_name_need_not_stay),
        cmocka_unit_test(jobs_that_wait_cost_no_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
