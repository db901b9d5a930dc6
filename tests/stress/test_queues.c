/* SPDX-License-Identifier: MIT
 *
 * The deque and the global queue in a storm: an owner that pushes, pops and lets half of its tasks overflow
 * into the global queue, thieves that steal from it and from each other, and somebody who takes from the
 * global queue. Every task is taken exactly once. The deque has four slots.
 */
#define PLX_DEQUE_SLOTS 4
#include "lib/scheduler/deque.c"

#include "lib/scheduler/global_queue.h"
#include "tests/support/stress.h"

enum { SLOTS = PLX_DEQUE_SLOTS, HALF = SLOTS / 2, THIEVES = 3, MOST = 200000 };

static struct {
    struct plx_deque owners, thieves[THIEVES]; /* a thief owns one as well, from which the next one steals */
    struct plx_global_queue global;
    struct plx_task *tasks; /* of which only the links are used */
    _Atomic unsigned char *taken;
    atomic_bool over;
} storm;

static unsigned tasks_of_round(void)
{
    return scaled(MOST);
}

static void take(struct plx_task *task)
{
    atomic_fetch_add(&storm.taken[task - storm.tasks], 1);
}

static void start_at(struct plx_deque *deque, uint32_t at)
{
    plx_deque_index index = (plx_deque_index)at;
    plx_deque_init(deque);
    atomic_store(&deque->heads, pack((struct heads){.steal = index, .head = index}));
    atomic_store(&deque->tail, index);
}

/* ── who takes ────────────────────────────────────────────────────────────────────────────────────────── */

struct thief {
    uint32_t me, source;
};

static void take_all_of(struct plx_deque *mine)
{
    struct plx_task *task;
    while ((task = plx_deque_pop(mine)))
        take(task);
}

/* Steals from the owner, or from the thief before it; keeps the booty in its own deque for a while, where
 * the next thief may steal it. conformance 334 */
static void *thief(void *arg)
{
    struct thief *self = arg;
    struct plx_deque *mine = &storm.thieves[self->me];
    while (!atomic_load(&storm.over)) {
        struct plx_task *some[HALF];
        bool from_owner = self->me == 0 || stress_below(&self->source, 2);
        struct plx_deque *victim = from_owner ? &storm.owners : &storm.thieves[self->me - 1];
        uint32_t count = plx_deque_room(mine) < HALF ? 0 : plx_deque_steal(victim, some);
        for (uint32_t i = 0; i < count; i++)
            if (!plx_deque_push(mine, some[i]))
                abort();
        if (count == 0)
            take_all_of(mine);
        stress_spin(stress_below(&self->source, 50));
    }
    take_all_of(mine);
    return NULL;
}

static void *drain(void *unused)
{
    (void)unused;
    for (bool over = false; !over || plx_global_queue_length(&storm.global) > 0;) {
        struct plx_task *some[5];
        over = atomic_load(&storm.over);
        size_t count = plx_global_queue_pop(&storm.global, some, 5);
        for (size_t i = 0; i < count; i++)
            take(some[i]);
        if (count == 0)
            sched_yield();
    }
    return NULL;
}

/* ── the owner ────────────────────────────────────────────────────────────────────────────────────────── */

static void push(struct plx_task *task)
{
    while (!plx_deque_push(&storm.owners, task)) {
        struct plx_task *half[HALF];
        uint32_t count = plx_deque_overflow(&storm.owners, half);
        if (count && !plx_global_queue_push(&storm.global, half, count))
            abort();
    }
}

static void own(uint32_t source)
{
    for (unsigned i = 0; i < tasks_of_round(); i++) {
        push(&storm.tasks[i]);
        struct plx_task *mine = stress_below(&source, 3) ? NULL : plx_deque_pop(&storm.owners);
        if (mine)
            take(mine);
        if (stress_below(&source, 64) == 0)
            stress_spin(stress_below(&source, 2000));
    }
    take_all_of(&storm.owners);
}

static void start_round(uint32_t source)
{
    uint32_t before_wrap = -stress_below(&source, tasks_of_round());
    start_at(&storm.owners, before_wrap);
    for (int i = 0; i < THIEVES; i++)
        start_at(&storm.thieves[i], before_wrap);
    memset((void *)storm.taken, 0, tasks_of_round());
    atomic_store(&storm.over, false);
}

/* conformance 144, 331, 333, 334, 335, 336; real bugs 25 */
static void every_task_is_taken_once(void **state)
{
    (void)state;
    storm.tasks = calloc(tasks_of_round(), sizeof *storm.tasks);
    storm.taken = calloc(tasks_of_round(), 1);
    assert_true(storm.tasks && storm.taken);
    assert_int_equal(plx_global_queue_init(&storm.global), 0);
    for (stress_begin(); stress_goes_on();) {
        struct thief thieves[THIEVES];
        pthread_t threads[THIEVES], drains;
        start_round(stress_source(1));
        for (uint32_t i = 0; i < THIEVES; i++) {
            thieves[i] = (struct thief){i, stress_source(10 + i)};
            stress_thread(&threads[i], thief, &thieves[i]);
        }
        stress_thread(&drains, drain, NULL);
        own(stress_source(2));
        atomic_store(&storm.over, true);
        for (int i = 0; i < THIEVES; i++)
            pthread_join(threads[i], NULL);
        pthread_join(drains, NULL);
        for (unsigned i = 0; i < tasks_of_round(); i++)
            assert_int_equal(storm.taken[i], 1);
    }
    stress_end();
    plx_global_queue_done(&storm.global);
    free(storm.tasks);
    free((void *)storm.taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_task_is_taken_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
