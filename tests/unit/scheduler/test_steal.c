/* SPDX-License-Identifier: MIT
 *
 * When a worker steals: two workers, ticked by hand, the thief as polite as one that has a thread.
 */
#include "lib/scheduler/pool.h"
#include "tests/support/futures.h"

static struct {
    struct plx_pool *pool;
    struct plx_thread threads[2];
    struct plx_worker *thief, *victim;
    struct tally_counts counts;
} two;

static int new_pool(void **state)
{
    struct plx_runtime *runtime;
    (void)state;
    memset(&two, 0, sizeof two);
    int error = plx_runtime_new(&(struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, &runtime);
    if (error)
        return error;
    struct plx_runtime_options chosen = plx__runtime_pool(runtime)->options;
    chosen.workers = 2;
    error = plx_pool_new(NULL, &chosen, &two.pool);
    plx_runtime_free(runtime);
    for (int i = 0; i < 2 && !error; i++) {
        two.threads[i] = (struct plx_thread){.pool = two.pool, .worker = &two.pool->workers[i]};
        two.pool->workers[i].thread = &two.threads[i];
    }
    if (error)
        return error;
    two.thief = &two.pool->workers[0];
    two.victim = &two.pool->workers[1];
    two.thief->polite = true;
    return 0;
}

static int free_pool(void **state)
{
    (void)state;
    plx_pool_stop(two.pool, -1);
    plx__schedule_abandon(&two.pool->schedule);
    return 0;
}

static struct plx_task *new_task(void)
{
    tally future = tally_new(&two.counts, 0);
    struct plx_task *task = plx__task_new(&two.pool->schedule, &tally_ops, &future, 0), *handle = task;
    assert_non_null(task);
    plx__handle_drop(&handle);
    return task;
}

static void give_victim(uint32_t tasks)
{
    for (uint32_t i = 0; i < tasks; i++)
        plx_worker_schedule(two.victim, new_task(), PLX_SUBMIT_AGAIN);
}

static void run_all(void)
{
    while (plx_worker_tick(two.victim) != PLX_TICK_WOULD_PARK)
        ;
    while (plx_worker_tick(two.thief) != PLX_TICK_WOULD_PARK)
        ;
}

static void few_tasks_are_left_to_their_owner(void **state)
{
    (void)state;
    give_victim(PLX_WORTH_STEALING - 1);
    assert_int_equal(plx_worker_tick(two.thief), PLX_TICK_WOULD_PARK);
    assert_int_equal(plx_deque_length(&two.victim->deque), PLX_WORTH_STEALING - 1);
    run_all();
    assert_int_equal(two.counts.polls, PLX_WORTH_STEALING - 1);
}

/* conformance 144 */
static void of_many_it_takes_half(void **state)
{
    (void)state;
    give_victim(PLX_WORTH_STEALING);
    assert_int_equal(plx_worker_tick(two.thief), PLX_TICK_STOLE);
    assert_int_equal(plx_deque_length(&two.victim->deque), PLX_WORTH_STEALING / 2);
    assert_int_equal(plx_deque_length(&two.thief->deque), PLX_WORTH_STEALING / 2 - 1);
    run_all();
    assert_int_equal(two.counts.polls, PLX_WORTH_STEALING);
}

/* conformance 139; real bugs 2: the victim's poll does not end, so the one task behind it is stolen. */
static void who_does_not_get_on_is_helped(void **state)
{
    (void)state;
    give_victim(1);
    assert_int_equal(plx_worker_tick(two.thief), PLX_TICK_WOULD_PARK);
    assert_int_equal(plx_worker_look_out(two.thief), PLX_OUTLOOK_TASKS);
    assert_int_equal(plx_worker_tick(two.thief), PLX_TICK_STOLE);
    assert_int_equal(two.counts.polls, 1);
    give_victim(1); /* the next one is another matter */
    assert_int_equal(plx_worker_tick(two.thief), PLX_TICK_WOULD_PARK);
    run_all();
}

static atomic_bool over;

static void *poll_briskly(void *unused)
{
    (void)unused;
    while (!atomic_load(&over))
        plx_count(&two.victim->counters.polls, 1);
    return NULL;
}

/* Again and again: the other thread may just have slept. */
static void who_gets_on_is_left_alone(void **state)
{
    pthread_t thread;
    enum plx_outlook outlook;
    (void)state;
    atomic_store(&over, false);
    give_victim(1);
    assert_int_equal(plx_worker_tick(two.thief), PLX_TICK_WOULD_PARK);
    assert_int_equal(pthread_create(&thread, NULL, poll_briskly, NULL), 0);
    do {
        two.thief->needs_help = NULL;
        outlook = plx_worker_look_out(two.thief);
    } while (outlook == PLX_OUTLOOK_TASKS);
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    assert_int_equal(outlook, PLX_OUTLOOK_DOZE);
    assert_int_equal(plx_worker_tick(two.thief), PLX_TICK_WOULD_PARK);
    run_all();
}

/* Only as often as that has been worth while. */
static void looking_out_in_vain_it_loses_patience(void **state)
{
    (void)state;
    assert_int_equal(plx_worker_tick(two.thief), PLX_TICK_WOULD_PARK);
    int patience = two.thief->patience;
    for (int i = patience; i > 0; i--) {
        assert_int_equal(two.thief->patience, i);
        assert_int_equal(plx_worker_look_out(two.thief), PLX_OUTLOOK_NOTHING);
    }
    assert_int_equal(plx_worker_look_out(two.thief), PLX_OUTLOOK_NOTHING);
    assert_int_equal(two.thief->patience, 0);
    struct plx_task *task = new_task();
    assert_true(plx_global_queue_push(&two.pool->global, &task, 1));
    two.thief->patience = 1;
    assert_int_equal(plx_worker_look_out(two.thief), PLX_OUTLOOK_TASKS);
    assert_int_equal(two.thief->patience, 3);
    run_all();
}

#define with_pool(test) cmocka_unit_test_setup_teardown(test, new_pool, free_pool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_pool(few_tasks_are_left_to_their_owner),     with_pool(of_many_it_takes_half),
        with_pool(who_does_not_get_on_is_helped),         with_pool(who_gets_on_is_left_alone),
        with_pool(looking_out_in_vain_it_loses_patience),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
