/* SPDX-License-Identifier: MIT
 *
 * The deque, built here once more with 4 slots: so it wraps, overflows and is raced for all the time.
 * test_deque_narrow.c does the same with indices of 8 bits.
 */
#ifndef PLX_DEQUE_SLOTS
#define PLX_DEQUE_SLOTS 4
#endif
#include "lib/scheduler/deque.c"
#include "tests/support/futures.h"

enum { SLOTS = PLX_DEQUE_SLOTS, HALF = SLOTS / 2 };

/* The deque never looks into a task: a number will do. */
static struct plx_task *task(uintptr_t number)
{
    return (struct plx_task *)(number * 16);
}

static uintptr_t number_of(struct plx_task *task)
{
    return (uintptr_t)task / 16;
}

static void start_at(struct plx_deque *deque, uint32_t at)
{
    plx_deque_index index = (plx_deque_index)at;
    plx_deque_init(deque);
    atomic_store(&deque->heads, pack((struct heads){.steal = index, .head = index}));
    atomic_store(&deque->tail, index);
}

static void push_all(struct plx_deque *deque, uintptr_t from, uintptr_t to)
{
    for (uintptr_t i = from; i <= to; i++)
        assert_true(plx_deque_push(deque, task(i)));
}

/* conformance 330 */
static void first_in_first_out(void **state)
{
    struct plx_deque deque;
    (void)state;
    plx_deque_init(&deque);
    push_all(&deque, 1, SLOTS);
    assert_false(plx_deque_push(&deque, task(9)));
    assert_int_equal(plx_deque_length(&deque), SLOTS);
    assert_int_equal(plx_deque_room(&deque), 0);
    for (uintptr_t i = 1; i <= SLOTS; i++)
        assert_ptr_equal(plx_deque_pop(&deque), task(i));
    assert_null(plx_deque_pop(&deque));
    assert_int_equal(plx_deque_room(&deque), SLOTS);
}

/* conformance 336: the indices come round in the midst of everything. */
static void wraps(void **state)
{
    struct plx_deque deque;
    struct plx_task *taken[HALF];
    (void)state;
    for (uint32_t before = 0; before <= 2 * SLOTS; before++) {
        start_at(&deque, -before);
        push_all(&deque, 1, 3);
        assert_int_equal(plx_deque_length(&deque), 3);
        assert_int_equal(plx_deque_steal(&deque, taken), 2);
        assert_ptr_equal(taken[0], task(1));
        assert_ptr_equal(taken[1], task(2));
        push_all(&deque, 4, 6);
        assert_int_equal(plx_deque_room(&deque), 0);
        assert_int_equal(plx_deque_overflow(&deque, taken), HALF);
        assert_ptr_equal(taken[0], task(5));
        assert_ptr_equal(taken[1], task(6));
        assert_ptr_equal(plx_deque_pop(&deque), task(3));
        assert_ptr_equal(plx_deque_pop(&deque), task(4));
        assert_null(plx_deque_pop(&deque));
    }
}

static void several_pushed_in_one_go(void **state)
{
    struct plx_deque deque;
    struct plx_task *tasks[SLOTS];
    (void)state;
    for (uintptr_t i = 0; i < SLOTS; i++)
        tasks[i] = task(i + 2);
    for (uint32_t before = 0; before <= 2 * SLOTS; before++) {
        start_at(&deque, -before);
        push_all(&deque, 1, 1);
        plx_deque_push_all(&deque, tasks, SLOTS - 1);
        assert_int_equal(plx_deque_room(&deque), 0);
        for (uintptr_t i = 1; i <= SLOTS; i++)
            assert_ptr_equal(plx_deque_pop(&deque), task(i));
        assert_null(plx_deque_pop(&deque));
    }
}

/* conformance 144, 332: a thief takes the older half, rounded up. */
static void a_thief_takes_half(void **state)
{
    struct plx_deque deque;
    struct plx_task *taken[HALF];
    (void)state;
    plx_deque_init(&deque);
    assert_int_equal(plx_deque_steal(&deque, taken), 0);
    for (uint32_t length = 1; length <= SLOTS; length++) {
        push_all(&deque, 1, length);
        uint32_t half = plx_deque_steal(&deque, taken);
        assert_int_equal(half, length - length / 2);
        for (uint32_t i = 0; i < half; i++)
            assert_ptr_equal(taken[i], task(i + 1));
        for (uint32_t i = half; i < length; i++)
            assert_ptr_equal(plx_deque_pop(&deque), task(i + 1));
        assert_null(plx_deque_pop(&deque));
    }
}

/* conformance 331: the younger half goes, the older stays, both in order. */
static void overflow_moves_the_younger_half(void **state)
{
    struct plx_deque deque;
    struct plx_task *half[HALF];
    (void)state;
    plx_deque_init(&deque);
    push_all(&deque, 1, SLOTS - 1);
    assert_int_equal(plx_deque_overflow(&deque, half), 0); /* it is not full */
    push_all(&deque, SLOTS, SLOTS);
    assert_int_equal(plx_deque_overflow(&deque, half), HALF);
    for (uintptr_t i = 0; i < HALF; i++)
        assert_ptr_equal(half[i], task(HALF + i + 1));
    for (uintptr_t i = 1; i <= HALF; i++)
        assert_ptr_equal(plx_deque_pop(&deque), task(i));
    assert_null(plx_deque_pop(&deque));
}

/* While a thief copies, its slots are in use: neither pushed over, nor given to another thief, nor
 * overflowed. */
static void slots_of_a_thief_are_left_alone(void **state)
{
    struct plx_deque deque;
    struct plx_task *taken[HALF];
    plx_deque_index first;
    (void)state;
    plx_deque_init(&deque);
    push_all(&deque, 1, SLOTS);
    assert_int_equal(claim(&deque, &first), HALF);
    assert_false(plx_deque_push(&deque, task(9)));
    assert_int_equal(plx_deque_room(&deque), 0);
    assert_int_equal(plx_deque_length(&deque), SLOTS - HALF);
    assert_int_equal(plx_deque_steal(&deque, taken), 0);
    assert_int_equal(plx_deque_overflow(&deque, taken), 0);
    assert_ptr_equal(plx_deque_pop(&deque), task(HALF + 1));
    assert_ptr_equal(get(&deque, first), task(1));
    unclaim(&deque);
    assert_int_equal(plx_deque_room(&deque), HALF + 1);
    assert_ptr_equal(plx_deque_pop(&deque), task(HALF + 2));
    assert_null(plx_deque_pop(&deque));
}

/* ── the owner against several thieves ────────────────────────────────────────────────────────────────── */

enum { THIEVES = 3 };

static struct {
    struct plx_deque deque;
    _Atomic unsigned char *seen; /* how often each task was taken */
    atomic_bool over;
} race;

static void take(struct plx_task *task)
{
    atomic_fetch_add(&race.seen[number_of(task)], 1);
}

static void *thief(void *unused)
{
    struct plx_task *taken[HALF];
    (void)unused;
    while (!atomic_load(&race.over)) {
        uint32_t count = plx_deque_steal(&race.deque, taken);
        for (uint32_t i = 0; i < count; i++)
            take(taken[i]);
        if (count == 0)
            sched_yield();
    }
    return NULL;
}

static void owner(unsigned tasks)
{
    struct plx_task *half[HALF], *mine;
    for (unsigned i = 1; i <= tasks; i++) { /* task 0 would be NULL */
        while (!plx_deque_push(&race.deque, task(i))) {
            uint32_t count = plx_deque_overflow(&race.deque, half);
            for (uint32_t j = 0; j < count; j++)
                take(half[j]);
        }
        if (i % 3 == 0 && (mine = plx_deque_pop(&race.deque)))
            take(mine);
    }
    while ((mine = plx_deque_pop(&race.deque)))
        take(mine);
}

/* conformance 144, 333, 334, 335; real bugs 25 */
static void every_task_exactly_once(void **state)
{
    const unsigned tasks = scaled(8000000);
    pthread_t threads[THIEVES];
    (void)state;
    start_at(&race.deque, -tasks / 2); /* and over 2^32 on the way */
    race.seen = calloc(tasks + 1, sizeof *race.seen);
    assert_non_null(race.seen);
    for (int i = 0; i < THIEVES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thief, NULL), 0);
    owner(tasks);
    atomic_store(&race.over, true);
    for (int i = 0; i < THIEVES; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 1; i <= tasks; i++)
        assert_int_equal(race.seen[i], 1);
    free((void *)race.seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(wraps),
        cmocka_unit_test(several_pushed_in_one_go),
        cmocka_unit_test(a_thief_takes_half),
        cmocka_unit_test(overflow_moves_the_younger_half),
        cmocka_unit_test(slots_of_a_thief_are_left_alone),
        cmocka_unit_test(every_task_exactly_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
