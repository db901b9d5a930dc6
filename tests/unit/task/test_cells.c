/* SPDX-License-Identifier: MIT
 *
 * Slabs, homes and cells: no memory is given to two, all of it comes back, and a cell may outlive the owner
 * of its scheduler.
 */
#include "tests/support/futures.h"

#include "lib/task/task.h"

#include <errno.h>

/* ── a scheduler that keeps its queue, with a worker's home beside the shared one ─────────────────────── */

struct world {
    struct plx_schedule schedule; /* first: the scheduler is found by it */
    struct plx_cells cells;
    struct plx_home home;
    struct plx_task *queue;
    bool at_once;    /* what is submitted runs at once, as if a worker had been waiting for it */
    bool looks_back; /* … and whoever has submitted it still keeps the scheduler then */
    int freed;
};

static void submit(struct plx_schedule *schedule, struct plx_task *task, enum plx_submit how)
{
    struct world *world = (struct world *)schedule;
    (void)how;
    if (world->at_once) {
        plx__task_run(task);
        world->looks_back = plx_state_load(&task->state) >= PLX_ONE_REFERENCE;
        return;
    }
    task->queue_next = world->queue;
    world->queue = task;
}

static void freed(struct plx_schedule *schedule)
{
    ((struct world *)schedule)->freed++;
}

static const struct plx_schedule_ops ops = {submit, freed, NULL, NULL};

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_int_equal(plx__cells_init(&world->cells), 0);
    plx__schedule_init(&world->schedule, &ops, NULL, &world->cells);
    plx__home_init(&world->home, &world->schedule);
    plx__home_mine = &world->home;
    *state = world;
    return 0;
}

static void run_queue(struct world *world)
{
    for (struct plx_task *task; (task = world->queue);) {
        world->queue = task->queue_next;
        plx__task_run(task);
    }
}

/* The owner lets go, and nobody else holds it. */
static int end(void **state)
{
    struct world *world = *state;
    plx__home_mine = NULL;
    if (!world->schedule.abandoned)
        plx__schedule_abandon(&world->schedule);
    assert_int_equal(world->freed, 1);
    plx__cells_done(&world->cells);
    free(world);
    return 0;
}

static struct plx_task *take(struct world *world, size_t bytes)
{
    struct plx_task *cell = plx__cells_take(&world->schedule, bytes, PLX_ONE_REFERENCE);
    assert_non_null(cell);
    assert_ptr_equal(plx__schedule_of_task(cell), &world->schedule);
    return cell;
}

static void give(struct world *world, struct plx_task *cell)
{
    assert_true(plx_state_release(&cell->state, 1));
    plx__cells_ended(&world->schedule);
    plx__home_return(cell);
}

/* ── memory ───────────────────────────────────────────────────────────────────────────────────────────── */

enum { CELLS = 3000 };

/* Each is filled to its last byte; whoever overlapped would be found changed. */
static void test_no_two_overlap(void **state)
{
    static const size_t sizes[] = {72, 80, 88, 96, 104, 1016, 1024, 1032, 2048, 5000, 40000, 70000, 200000};
    enum { SIZES = sizeof sizes / sizeof *sizes, OF_EACH = 40 };
    struct world *world = *state;
    struct plx_task *cells[SIZES][OF_EACH];
    const size_t head = offsetof(struct plx_task, ops);

    for (int i = 0; i < OF_EACH; i++)
        for (int s = 0; s < SIZES; s++) {
            struct plx_task *cell = cells[s][i] = take(world, sizes[s]);
            assert_int_equal((uintptr_t)cell % (sizes[s] % 16 ? 8 : 16), 0);
            assert_true(plx__slab_of(cell)->cell_bytes >= sizes[s]);
            memset((unsigned char *)cell + head, s * OF_EACH + i, sizes[s] - head);
        }
    for (int s = 0; s < SIZES; s++)
        for (int i = 0; i < OF_EACH; i++) {
            unsigned char *bytes = (unsigned char *)cells[s][i];
            for (size_t at = head; at < sizes[s]; at++)
                assert_int_equal(bytes[at], (unsigned char)(s * OF_EACH + i));
            give(world, cells[s][i]);
        }
    assert_int_equal(plx__cells_count(&world->cells), 0);
}

static int by_address(const void *a, const void *b)
{
    uintptr_t left = *(const uintptr_t *)a, right = *(const uintptr_t *)b;
    return (left > right) - (left < right);
}

/* What is given back is taken again before new memory is; by whom it was given makes no difference. */
static void test_cells_are_used_again(void **state)
{
    struct world *world = *state;
    static uintptr_t first[CELLS], second[CELLS];
    for (int i = 0; i < CELLS; i++)
        first[i] = (uintptr_t)take(world, 96);
    for (int i = 0; i < CELLS; i++) {
        plx__home_mine = i % 3 ? &world->home : NULL;
        give(world, (struct plx_task *)first[i]);
    }
    assert_non_null(world->home.returned);
    plx__home_mine = &world->home;
    for (int i = 0; i < CELLS; i++)
        second[i] = (uintptr_t)take(world, 96);
    qsort(first, CELLS, sizeof *first, by_address);
    qsort(second, CELLS, sizeof *second, by_address);
    assert_memory_equal(first, second, sizeof first);
    for (int i = 0; i < CELLS; i++)
        give(world, (struct plx_task *)second[i]);
}

/* ── several threads ──────────────────────────────────────────────────────────────────────────────────── */

enum { ROUNDS = PLX_SMALL ? 20000 : 200000, AT_A_TIME = 64 };

struct courier {
    struct world *world;
    _Atomic(struct plx_task *) hand[AT_A_TIME]; /* one thread puts, the other takes out */
};

/* Gives back what the owner takes. */
static void *give_back(void *arg)
{
    struct courier *courier = arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct plx_task *cell;
        while (!(cell = atomic_exchange(&courier->hand[i % AT_A_TIME], NULL)))
            sched_yield();
        assert_int_equal(cell->id, i);
        give(courier->world, cell);
    }
    return NULL;
}

static void test_owner_takes_and_another_gives(void **state)
{
    struct courier courier = {.world = *state};
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, give_back, &courier), 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct plx_task *none, *cell = take(courier.world, 72 + (size_t)(i % 3) * 8);
        cell->id = (uint64_t)i;
        do
            none = NULL;
        while (!atomic_compare_exchange_weak(&courier.hand[i % AT_A_TIME], &none, cell));
    }
    pthread_join(other, NULL);
    assert_int_equal(plx__cells_count(&courier.world->cells), 0);
}

static void *end_one(void *world)
{
    plx__cells_ended(&((struct world *)world)->schedule);
    return NULL;
}

static void test_who_waits_is_told_of_the_last_end(void **state)
{
    struct world *world = *state;
    pthread_t other;
    struct plx_task *cell = take(world, 72);
    assert_int_equal(plx__cells_count(&world->cells), 1);
    assert_false(plx__cells_wait_empty(&world->cells, 1)); /* a deadline long past */
    assert_int_equal(pthread_create(&other, NULL, end_one, world), 0);
    assert_true(plx__cells_wait_empty(&world->cells, 0));
    pthread_join(other, NULL);
    assert_true(plx_state_release(&cell->state, 1));
    plx__home_return(cell);
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────────── */

PLX_HANDLE(tally_task, tally)

static void spawn(struct world *world, struct tally_counts *counts, tally_task *handle)
{
    tally future = tally_new(counts, 0);
    assert_int_equal(plx__task_spawn(&world->schedule, &tally_ops, &future, PLX_HERE, &handle->task), 0);
}

/* A handle that is kept keeps the scheduler, and the memory: no cell counted as a holder before. */
static void test_a_cell_outlives_the_owner(void **state)
{
    struct world *world = *state;
    struct tally_counts counts = {0};
    tally_task kept, other;
    uint64_t polls;
    spawn(world, &counts, &kept);
    spawn(world, &counts, &other);
    run_queue(world);
    tally_task_drop(&other);
    assert_int_equal(world->schedule.holders, 1);

    plx__home_mine = NULL;
    plx__schedule_abandon(&world->schedule);
    assert_int_equal(world->schedule.holders, 1);
    assert_int_equal(world->freed, 0);
    assert_int_equal(tally_task_wait(&kept, &polls), 0);
    assert_int_equal(polls, 1);
    assert_int_equal(world->freed, 1);
}

/* An executor may spawn when the runtime has long gone; and a task that still blocks, a job, when nobody holds the
 * jobs any more (which it must not free a second time). */
static void test_nothing_is_taken_after_the_owner(void **state)
{
    struct world *world = *state;
    struct tally_counts counts = {0};
    plx__home_mine = NULL;
    plx__schedule_keep(&world->schedule);
    plx__cells_close(&world->cells);
    plx__schedule_abandon(&world->schedule);
    for (int i = 0; i < 2; i++) {
        tally future = tally_new(&counts, 0);
        struct plx_task *handle;
        assert_int_equal(plx__task_spawn(&world->schedule, &tally_ops, &future, PLX_HERE, &handle),
                         -ESHUTDOWN);
        assert_null(handle);
        assert_int_equal(counts.drops, i + 1);
        assert_int_equal(plx__cells_count(&world->cells), 0);
        assert_int_equal(world->freed, i);
        if (i == 0)
            plx__schedule_release(&world->schedule);
        assert_int_equal(world->freed, 1);
    }
}

/* Between PLX_LAUNCHED and the spawner's look at `closed` the task is cancelled: that notifies the join waker, by
 * which a join set comes to know its member. So it has been spawned, and the handle says what came of it. */
static void test_cancelled_while_it_is_launched(void **state)
{
    struct world *world = *state;
    struct tally_counts counts = {0};
    tally future = tally_new(&counts, 0);
    uint64_t polls;
    plx__home_mine = NULL;
    tally_task handle = {plx__task_new(&world->schedule, &tally_ops, &future, 0)};
    assert_non_null(handle.task);
    atomic_fetch_or(&handle.task->state, PLX_LAUNCHED);
    plx__cells_close(&world->cells);
    plx__cells_cancel_all(&world->cells);
    assert_int_equal(counts.drops, 1);
    assert_int_equal(plx__task_launch(handle.task, PLX_HERE), 0);
    assert_int_equal(tally_task_wait(&handle, &polls), -ECANCELED);
    assert_int_equal(counts.drops, 1);
}

/* Whoever spends a waker from outside looks at the scheduler after the queue has got the task; by then that may
 * have ended, and the scheduler's owner may have gone: the waker's reference keeps it until that look is over. */
static void test_spending_from_outside_keeps_the_scheduler(void **state)
{
    struct world *world = *state;
    struct gate gate = {0};
    pass future = pass_new(&gate);
    assert_int_equal(plx__task_spawn(&world->schedule, &pass_ops, &future, PLX_HERE, NULL), 0);
    run_queue(world);
    plx__home_mine = NULL;
    world->at_once = true;
    atomic_store(&gate.open, true);
    plx_waker_spend(plx_waker_cell_take(&gate.cell));
    assert_int_equal(gate.drops, 1);
    assert_true(world->looks_back);
    assert_int_equal(plx__cells_count(&world->cells), 0);
}

static void test_all_that_live_are_cancelled(void **state)
{
    struct world *world = *state;
    struct tally_counts counts = {0};
    static tally_task handles[CELLS];
    for (int i = 0; i < CELLS; i++) {
        plx__home_mine = i % 2 ? &world->home : NULL;
        spawn(world, &counts, &handles[i]);
    }
    for (int i = 0; i < CELLS; i += 7)
        tally_task_drop(&handles[i]);
    plx__home_mine = NULL;
    plx__cells_close(&world->cells);
    plx__cells_cancel_all(&world->cells);
    assert_int_equal(counts.drops, CELLS);
    assert_int_equal(counts.polls, 0);
    assert_int_equal(plx__cells_count(&world->cells), 0);
    run_queue(world);
    for (int i = 0; i < CELLS; i++)
        tally_task_drop(&handles[i]);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(test_no_two_overlap),
        IN_A_WORLD(test_cells_are_used_again),
        IN_A_WORLD(test_owner_takes_and_another_gives),
        IN_A_WORLD(test_who_waits_is_told_of_the_last_end),
        IN_A_WORLD(test_a_cell_outlives_the_owner),
        IN_A_WORLD(test_nothing_is_taken_after_the_owner),
        IN_A_WORLD(test_cancelled_while_it_is_launched),
        IN_A_WORLD(test_spending_from_outside_keeps_the_scheduler),
        IN_A_WORLD(test_all_that_live_are_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
