/* SPDX-License-Identifier: MIT
 *
 * The waker cell: see lib/task/waker_cell.h.
 */
#include "tests/support/leaf.h"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static plx_waker waker_of(struct hand *hand)
{
    hand_enter(hand);
    plx_waker waker = plx_task_current();
    hand_leave(hand);
    return waker;
}

/* Registers, and does with what comes back what its users do. */
static void leave(struct plx_waker_cell *cell, struct hand *hand)
{
    plx_waker missed = plx_waker_cell_register(cell, waker_of(hand));
    plx_waker_notify(missed);
    plx_waker_drop(&missed);
}

static void wake(struct plx_waker_cell *cell)
{
    plx_waker waker = plx_waker_cell_take(cell);
    plx_waker_notify(waker);
    plx_waker_drop(&waker);
}

/* conformance 15 */
static void test_wakes_exactly_once(void **state)
{
    struct plx_waker_cell cell = {0};
    struct hand hand = HAND;
    (void)state;

    leave(&cell, &hand);
    assert_int_equal(hand.notified, 0);
    wake(&cell);
    wake(&cell);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(hand_wakers(&hand), 0);
}

/* conformance 16 */
static void test_wake_of_an_empty_cell(void **state)
{
    struct plx_waker_cell cell = {0};
    struct hand hand = HAND;
    (void)state;

    wake(&cell);
    leave(&cell, &hand);
    assert_int_equal(hand.notified, 0);
    assert_int_equal(hand_wakers(&hand), 1);
    wake(&cell);
    assert_int_equal(hand.notified, 1);
}

/* conformance 18: the states that two threads at once would see, set by hand */
static void test_register_while_another_is_inside(void **state)
{
    static const uint32_t states[] = {PLX_CELL_TAKING, PLX_CELL_REGISTERING};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct plx_waker_cell cell = {0};
        struct hand hand = HAND;
        atomic_store(&cell.state, states[i]);
        leave(&cell, &hand);
        assert_int_equal(hand.notified, 1);
        assert_int_equal(hand_wakers(&hand), 0);
        assert_int_equal(atomic_load(&cell.state), states[i]);
    }
}

/* A waker whose drop takes from the cell: as a thread would that comes in between. conformance 22: no bit is
 * held by then */
static struct plx_waker_cell *dropped_into;

static void notify_nobody(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self;
    (void)id;
    (void)by;
}

static uintptr_t same_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    return id;
}

static void drop_and_wake(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    ++*(int *)id;
    wake(dropped_into);
}

static void test_old_waker_is_dropped_outside(void **state)
{
    static const struct plx_notify nasty = {notify_nobody, same_id, drop_and_wake};
    struct plx_waker_cell cell = {0};
    struct hand hand = HAND;
    int drops = 0;
    (void)state;

    dropped_into = &cell;
    plx_waker none = plx_waker_cell_register(&cell, (plx_waker){&nasty, (uintptr_t)&drops});
    assert_null(none.notify);
    leave(&cell, &hand);
    assert_int_equal(drops, 1);
    assert_int_equal(hand.notified, 1);
}

/* conformance 19 */
static void test_second_register_replaces_the_first(void **state)
{
    struct plx_waker_cell cell = {0};
    struct hand first = HAND, second = HAND;
    (void)state;

    leave(&cell, &first);
    leave(&cell, &second);
    assert_int_equal(hand_wakers(&first), 0);
    assert_int_equal(first.notified, 0);
    wake(&cell);
    assert_int_equal(first.notified, 0);
    assert_int_equal(second.notified, 1);
}

/* conformance 21 */
static void test_take_does_not_notify(void **state)
{
    struct plx_waker_cell cell = {0};
    struct hand hand = HAND;
    (void)state;

    leave(&cell, &hand);
    plx_waker taken = plx_waker_cell_take(&cell);
    assert_int_equal(hand.notified, 0);
    assert_int_equal(hand_wakers(&hand), 1);
    assert_null(plx_waker_cell_take(&cell).notify);
    plx_waker_drop(&taken);
    assert_int_equal(hand_wakers(&hand), 0);
}

/* ── two threads: no wake is lost ─────────────────────────────────────────────────────────────────── */

enum { ROUNDS = 20000 };

struct race {
    struct plx_waker_cell cell;
    _Atomic int published; /* the condition that is waited for */
    sem_t woken;
};

static void post(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self;
    (void)by;
    sem_post(&((struct race *)id)->woken);
}

static void drop_nothing(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    (void)id;
}

static const struct plx_notify thread_notify = {post, same_id, drop_nothing};

static void *publish(void *arg)
{
    struct race *race = arg;
    for (int round = 1; round <= ROUNDS; round++) {
        atomic_store(&race->published, round);
        wake(&race->cell);
    }
    return NULL;
}

/* Register, look again, and only then sleep. */
static void *consume(void *arg)
{
    struct race *race = arg;
    struct timespec patience;
    int seen = 0;

    clock_gettime(CLOCK_REALTIME, &patience);
    patience.tv_sec += 60;
    while (seen < ROUNDS) {
        plx_waker missed = plx_waker_cell_register(&race->cell, (plx_waker){&thread_notify, (uintptr_t)race});
        plx_waker_notify(missed);
        int now = atomic_load(&race->published);
        if (now == seen && sem_timedwait(&race->woken, &patience) != 0)
            return "a wake was lost";
        seen = now;
    }
    return NULL;
}

/* conformance 15, 18; real bugs 7 */
static void test_no_wake_is_lost(void **state)
{
    struct race race = {.published = 0};
    pthread_t publisher, consumer;
    void *failure;
    (void)state;

    assert_int_equal(sem_init(&race.woken, 0, 0), 0);
    assert_int_equal(pthread_create(&consumer, NULL, consume, &race), 0);
    assert_int_equal(pthread_create(&publisher, NULL, publish, &race), 0);
    pthread_join(publisher, NULL);
    pthread_join(consumer, &failure);
    assert_null(failure);
    sem_destroy(&race.woken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wakes_exactly_once),
        cmocka_unit_test(test_wake_of_an_empty_cell),
        cmocka_unit_test(test_register_while_another_is_inside),
        cmocka_unit_test(test_old_waker_is_dropped_outside),
        cmocka_unit_test(test_second_register_replaces_the_first),
        cmocka_unit_test(test_take_does_not_notify),
        cmocka_unit_test(test_no_wake_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
