/* SPDX-License-Identifier: MIT
 *
 * The semaphore: its line, its permits, closing, and waiters that go; then mutex and rwlock, which are made
 * of it.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

static struct plx_semaphore semaphore;

static int begin(void **state)
{
    (void)state;
    return plx_semaphore_init(&semaphore, 1);
}

/* Somebody who waits: a future, and the task that polls it. */
struct waiting {
    struct hand hand;
    plx_acquire acquire;
    plx_permit permit;
};

static enum plx_answer ask(struct waiting *waiting)
{
    return POLL(plx_acquire, &waiting->acquire, &waiting->hand, &waiting->permit);
}

static void queue_up(struct waiting *waiting, uint32_t count)
{
    *waiting = (struct waiting){.hand = HAND, .acquire = plx_acquire_new(&semaphore, count)};
    assert_int_equal(ask(waiting), PLX_NOT_READY);
}

static plx_permit take(uint32_t count)
{
    plx_permit permit;
    assert_int_equal(plx_semaphore_try(&semaphore, count, &permit), 0);
    return permit;
}

/* ── the line ─────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 121: first come, first served; who asks for more is not overtaken by who asks for less */
static void permits_go_in_the_order_they_were_asked_for(void **state)
{
    struct waiting first, second, third;
    plx_permit none;
    (void)state;
    assert_int_equal(plx_semaphore_init(&semaphore, 3), 0);
    plx_permit two = take(2);
    queue_up(&first, 3);
    queue_up(&second, 1);
    queue_up(&third, 1);
    assert_int_equal(plx_semaphore_free(&semaphore), 0); /* the one that was free waits with the first */
    assert_int_equal(plx_semaphore_try(&semaphore, 1, &none), -EAGAIN);
    plx_permit_drop(&two);
    assert_int_equal(first.hand.notified, 1);
    assert_int_equal(second.hand.notified, 0);
    assert_int_equal(ask(&second), PLX_NOT_READY);
    assert_int_equal(ask(&first), PLX_READY);
    assert_int_equal(first.permit.count, 3);
    plx_permit_drop(&first.permit);
    assert_int_equal(ask(&second), PLX_READY);
    assert_int_equal(ask(&third), PLX_READY);
    assert_int_equal(plx_semaphore_free(&semaphore), 1);
    plx_permit_drop(&second.permit);
    plx_permit_drop(&third.permit);
    assert_int_equal(plx_semaphore_free(&semaphore), 3);
    assert_int_equal(hand_wakers(&first.hand) + hand_wakers(&second.hand) + hand_wakers(&third.hand), 0);
}

/* conformance 121 */
static void none_at_first_and_added_later(void **state)
{
    enum { WAITING = 100 };
    static struct waiting waiting[WAITING];
    (void)state;
    assert_int_equal(plx_semaphore_init(&semaphore, 0), 0);
    for (int i = 0; i < WAITING; i++)
        queue_up(&waiting[i], 1);
    assert_int_equal(plx_semaphore_add(&semaphore, WAITING + 5), 0);
    for (int i = 0; i < WAITING; i++) {
        assert_int_equal(waiting[i].hand.notified, 1);
        assert_int_equal(ask(&waiting[i]), PLX_READY);
        plx_acquire_drop(&waiting[i].acquire);
    }
    assert_int_equal(plx_semaphore_free(&semaphore), 5);
}

/* As many as one batch of wakers holds: then the line is empty, and the word says so. */
static void exactly_one_batch(void **state)
{
    static struct waiting waiting[PLX_WAKERS];
    (void)state;
    assert_int_equal(plx_semaphore_init(&semaphore, 0), 0);
    for (int i = 0; i < PLX_WAKERS; i++)
        queue_up(&waiting[i], 1);
    assert_int_equal(plx_semaphore_add(&semaphore, PLX_WAKERS), 0);
    assert_int_equal(plx_semaphore_add(&semaphore, 1), 0);
    assert_int_equal(plx_semaphore_free(&semaphore), 1);
    plx_permit permit = take(1);
    plx_permit_drop(&permit);
}

/* conformance 121 */
static void too_many_and_none_are_refused(void **state)
{
    struct hand hand = HAND;
    plx_permit permit;
    (void)state;
    assert_int_equal(plx_semaphore_init(&semaphore, PLX_PERMITS_MOST + 1), -EINVAL);
    assert_int_equal(plx_semaphore_init(&semaphore, PLX_PERMITS_MOST), 0);
    assert_int_equal(plx_semaphore_add(&semaphore, 1), -EOVERFLOW);
    assert_int_equal(plx_semaphore_free(&semaphore), PLX_PERMITS_MOST);
    plx_acquire none = plx_acquire_new(&semaphore, 0);
    assert_int_equal(POLL(plx_acquire, &none, &hand, &permit), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -EINVAL);
    permit = take(PLX_PERMITS_MOST);
    plx_permit_drop(&permit);
    assert_int_equal(plx_semaphore_free(&semaphore), PLX_PERMITS_MOST);
}

/* conformance 121: closing tells all who wait, and nobody gets one afterwards */
static void closing_ends_the_line(void **state)
{
    enum { WAITING = 40 };
    static struct waiting waiting[WAITING];
    struct hand hand = HAND;
    plx_permit permit = take(1);
    (void)state;
    for (int i = 0; i < WAITING; i++)
        queue_up(&waiting[i], 1);
    plx_semaphore_close(&semaphore);
    for (int i = 0; i < WAITING; i++) {
        assert_int_equal(waiting[i].hand.notified, 1);
        assert_int_equal(ask(&waiting[i]), PLX_FAILED);
        assert_int_equal(waiting[i].hand.cx.error.code, PLX_CLOSED);
        plx_acquire_drop(&waiting[i].acquire);
        assert_int_equal(hand_wakers(&waiting[i].hand), 0);
    }
    plx_permit_drop(&permit);
    plx_acquire late = plx_acquire_new(&semaphore, 1);
    assert_int_equal(POLL(plx_acquire, &late, &hand, &permit), PLX_FAILED);
    assert_int_equal(plx_semaphore_try(&semaphore, 1, &permit), PLX_CLOSED);
}

/* real bugs 79 (T#8021): neither forgetting nor adding permits opens a closed semaphore */
static void closed_stays_closed(void **state)
{
    plx_permit permit = take(1);
    (void)state;
    plx_semaphore_close(&semaphore);
    plx_permit_forget(&permit);
    assert_true(plx_semaphore_is_closed(&semaphore));
    assert_int_equal(plx_semaphore_add(&semaphore, 7), 0);
    assert_true(plx_semaphore_is_closed(&semaphore));
    assert_int_equal(plx_semaphore_try(&semaphore, 1, &permit), PLX_CLOSED);
}

static void a_forgotten_permit_is_gone(void **state)
{
    plx_permit permit = take(1);
    (void)state;
    plx_permit_forget(&permit);
    plx_permit_drop(&permit);
    assert_int_equal(plx_semaphore_free(&semaphore), 0);
}

/* ── waiters that go ──────────────────────────────────────────────────────────────────────────────────── */

/* conformance 122, 365: granted, but dropped before it was polled: the next one gets the permit */
static void a_waiter_that_goes_hands_its_permit_on(void **state)
{
    struct waiting first, second;
    plx_permit permit = take(1);
    (void)state;
    queue_up(&first, 1);
    queue_up(&second, 1);
    plx_permit_drop(&permit);
    assert_int_equal(first.hand.notified, 1);
    assert_int_equal(second.hand.notified, 0);
    plx_acquire_drop(&first.acquire);
    assert_int_equal(second.hand.notified, 1);
    assert_int_equal(ask(&second), PLX_READY);
    plx_permit_drop(&second.permit);
    assert_int_equal(plx_semaphore_free(&semaphore), 1);
}

/* real bugs 79 (T#900): in line and not granted: what it had got so far goes to the next one */
static void a_waiter_that_goes_gives_back_its_part(void **state)
{
    struct waiting first, second;
    (void)state;
    assert_int_equal(plx_semaphore_init(&semaphore, 2), 0);
    plx_permit permit = take(1);
    queue_up(&first, 2);
    queue_up(&second, 1);
    plx_acquire_drop(&first.acquire);
    assert_int_equal(hand_wakers(&first.hand), 0);
    assert_int_equal(second.hand.notified, 1);
    assert_int_equal(ask(&second), PLX_READY);
    plx_permit_drop(&second.permit);
    plx_permit_drop(&permit);
    assert_int_equal(plx_semaphore_free(&semaphore), 2);

    permit = take(1); /* the only one in line: the part goes back */
    queue_up(&first, 2);
    plx_acquire_drop(&first.acquire);
    assert_int_equal(plx_semaphore_free(&semaphore), 1);
    plx_permit_drop(&permit);
    assert_int_equal(plx_semaphore_free(&semaphore), 2);
}

/* real bugs 79 (T#2340): every order of leaving; a node that dangled would be written to under ASan */
static void waiters_leave_from_every_place(void **state)
{
    (void)state;
    for (int gone = 0; gone < 5; gone++) {
        struct waiting *waiting[5];
        plx_permit permit = take(1);
        for (int i = 0; i < 5; i++) {
            waiting[i] = malloc(sizeof **waiting);
            queue_up(waiting[i], 1);
        }
        plx_acquire_drop(&waiting[gone]->acquire);
        free(waiting[gone]);
        plx_permit_drop(&permit);
        for (int i = 0; i < 5; i++) {
            if (i == gone)
                continue;
            assert_int_equal(ask(waiting[i]), PLX_READY);
            plx_permit_drop(&waiting[i]->permit);
            free(waiting[i]);
        }
        assert_int_equal(plx_semaphore_free(&semaphore), 1);
    }
}

/* conformance 8: the waiter's task changes while it waits */
static void a_waiter_moves_to_another_task(void **state)
{
    struct waiting waiting;
    struct hand other = HAND;
    plx_permit permit = take(1);
    (void)state;
    queue_up(&waiting, 1);
    assert_int_equal(POLL(plx_acquire, &waiting.acquire, &other, &waiting.permit), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&waiting.hand), 0);
    plx_permit_drop(&permit);
    assert_int_equal(waiting.hand.notified, 0);
    assert_int_equal(other.notified, 1);
    assert_int_equal(POLL(plx_acquire, &waiting.acquire, &other, &waiting.permit), PLX_READY);
    plx_permit_drop(&waiting.permit);
    assert_int_equal(hand_wakers(&other), 0);
}

/* ── mutex and rwlock ─────────────────────────────────────────────────────────────────────────────────── */

/* conformance 124: unlocking hands the mutex to who has waited longest, even when somebody else asks first */
static void the_mutex_is_handed_over(void **state)
{
    struct plx_mutex mutex = PLX_MUTEX;
    struct hand one = HAND, two = HAND;
    plx_permit guard, first, second, none;
    (void)state;
    assert_int_equal(plx_mutex_try(&mutex, &guard), 0);
    plx_mutex_lock lock = plx_mutex_lock_new(&mutex), next = plx_mutex_lock_new(&mutex);
    assert_int_equal(POLL(plx_mutex_lock, &lock, &one, &first), PLX_NOT_READY);
    assert_int_equal(POLL(plx_mutex_lock, &next, &two, &second), PLX_NOT_READY);
    plx_permit_drop(&guard);
    assert_int_equal(one.notified, 1);
    assert_int_equal(plx_mutex_try(&mutex, &none), -EAGAIN); /* nobody gets in between */
    assert_int_equal(POLL(plx_mutex_lock, &next, &two, &second), PLX_NOT_READY);
    assert_int_equal(POLL(plx_mutex_lock, &lock, &one, &first), PLX_READY);
    plx_permit_drop(&first);
    assert_int_equal(two.notified, 1);
    assert_int_equal(POLL(plx_mutex_lock, &next, &two, &second), PLX_READY);
    plx_permit_drop(&second);
    assert_int_equal(plx_mutex_try(&mutex, &guard), 0);
    plx_permit_drop(&guard);
}

/* Readers share; a writer waits for them, and readers that come later wait for the writer. */
static void readers_and_writers_are_fair(void **state)
{
    struct plx_rwlock lock = PLX_RWLOCK;
    struct hand writer = HAND, late = HAND;
    plx_permit one, two, guard, none;
    (void)state;
    assert_int_equal(plx_rwlock_try_read(&lock, &one), 0);
    assert_int_equal(plx_rwlock_try_read(&lock, &two), 0);
    assert_int_equal(plx_rwlock_try_write(&lock, &none), -EAGAIN);
    plx_rwlock_write write = plx_rwlock_write_new(&lock);
    assert_int_equal(POLL(plx_rwlock_write, &write, &writer, &guard), PLX_NOT_READY);
    plx_rwlock_read read = plx_rwlock_read_new(&lock);
    assert_int_equal(POLL(plx_rwlock_read, &read, &late, &none), PLX_NOT_READY);
    assert_int_equal(plx_rwlock_try_read(&lock, &none), -EAGAIN);
    plx_permit_drop(&one);
    assert_int_equal(writer.notified, 0);
    plx_permit_drop(&two);
    assert_int_equal(writer.notified, 1);
    assert_int_equal(late.notified, 0);
    assert_int_equal(POLL(plx_rwlock_write, &write, &writer, &guard), PLX_READY);
    plx_rwlock_downgrade(&guard);
    assert_int_equal(late.notified, 1);
    assert_int_equal(POLL(plx_rwlock_read, &read, &late, &one), PLX_READY);
    plx_permit_drop(&guard);
    plx_permit_drop(&one);
    assert_int_equal(plx_rwlock_try_write(&lock, &guard), 0);
    plx_permit_drop(&guard);
}

/* A writer that goes lets those behind it in. */
static void a_writer_that_goes_lets_readers_in(void **state)
{
    struct plx_rwlock lock = PLX_RWLOCK;
    struct hand writer = HAND, reader = HAND;
    plx_permit held, guard;
    (void)state;
    assert_int_equal(plx_rwlock_try_read(&lock, &held), 0);
    plx_rwlock_write write = plx_rwlock_write_new(&lock);
    plx_rwlock_read read = plx_rwlock_read_new(&lock);
    assert_int_equal(POLL(plx_rwlock_write, &write, &writer, &guard), PLX_NOT_READY);
    assert_int_equal(POLL(plx_rwlock_read, &read, &reader, &guard), PLX_NOT_READY);
    plx_rwlock_write_drop(&write);
    assert_int_equal(reader.notified, 1);
    assert_int_equal(POLL(plx_rwlock_read, &read, &reader, &guard), PLX_READY);
    plx_permit_drop(&held);
    plx_permit_drop(&guard);
    assert_int_equal(plx_rwlock_try_write(&lock, &guard), 0);
    plx_permit_drop(&guard);
}

/* ── with threads and tasks ───────────────────────────────────────────────────────────────────────────── */

/* Takes two permits of a semaphore of three, again and again; now and then it gives up while it waits. */
struct hammer {
    struct plx_semaphore *of;
    _Atomic uint32_t *inside;
    unsigned seed, rounds;
    bool too_many;
};

static void give_up_or_wait(struct hammer *hammer, uint32_t count)
{
    struct hand hand = HAND;
    plx_permit permit;
    plx_acquire acquire = plx_acquire_new(hammer->of, count);
    if (rand_r(&hammer->seed) % 3 == 0) {
        if (POLL(plx_acquire, &acquire, &hand, &permit) == PLX_READY)
            plx_permit_drop(&permit);
        plx_acquire_drop(&acquire);
        wait_until(hand_wakers(&hand) == 0); /* somebody may be about to notify it */
        return;
    }
    assert_int_equal(PLX_WAIT(plx_acquire, acquire, &permit), 0);
    if (atomic_fetch_add(hammer->inside, count) + count > 3)
        hammer->too_many = true;
    atomic_fetch_sub(hammer->inside, count);
    plx_permit_drop(&permit);
}

static void *hammer_on(void *arg)
{
    struct hammer *hammer = arg;
    for (unsigned i = 0; i < hammer->rounds; i++)
        give_up_or_wait(hammer, 1 + rand_r(&hammer->seed) % 3);
    return NULL;
}

/* conformance 122: waiters cancelled at any moment by four threads; no permit is lost or made */
static void cancelled_waiters_lose_no_permit(void **state)
{
    enum { THREADS = 4 };
    _Atomic uint32_t inside = 0;
    pthread_t threads[THREADS];
    struct hammer hammers[THREADS];
    (void)state;
    assert_int_equal(plx_semaphore_init(&semaphore, 3), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        hammers[i] = (struct hammer){&semaphore, &inside, i + 1, scaled(20000), false};
        assert_int_equal(pthread_create(&threads[i], NULL, hammer_on, &hammers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(hammers[i].too_many);
    }
    assert_int_equal(plx_semaphore_free(&semaphore), 3);
}

struct adder_vars {
    struct plx_mutex *mutex;
    uint64_t *sum;
    unsigned rounds;
    uint64_t before;
    plx_permit guard;
};

#define ADDER_AWAITS(AWAIT)                                                                                  \
    AWAIT(locked, plx_mutex_lock)                                                                            \
    AWAIT(yielded, plx_yield)

static void adder_cleanup(struct adder_vars *my)
{
    plx_permit_drop(&my->guard);
}

/* Reads, lets others run, and writes: right only when the lock is held across the await. */
PLX_ASYNC(adder, struct adder_vars, plx_unit, ADDER_AWAITS, adder_cleanup)
{
    PLX_BEGIN;
    while (my->rounds--) {
        PLX_AWAIT(my->guard, locked, plx_mutex_lock_new(my->mutex));
        my->before = *my->sum;
        PLX_AWAIT(PLX_NOTHING, yielded, plx_yield_new());
        *my->sum = my->before + 1;
        plx_permit_drop(&my->guard);
    }
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* conformance 124: held across an await by many tasks on two workers */
static void tasks_hold_a_mutex_across_awaits(void **state)
{
    enum { TASKS = 20 };
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct plx_mutex mutex = PLX_MUTEX;
    uint64_t sum = 0;
    unsigned rounds = scaled(1000);
    (void)state;
    for (int i = 0; i < TASKS; i++) {
        adder task = adder_new((struct adder_vars){.mutex = &mutex, .sum = &sum, .rounds = rounds});
        assert_int_equal(PLX_SPAWN_ON(runtime, adder, task), 0);
    }
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    plx_runtime_free(runtime);
    assert_int_equal(sum, TASKS * rounds);
}

PLX_HANDLE(lock_handle, plx_mutex_lock)

/* A guard that nobody takes out of a join handle unlocks. */
static void a_guard_that_nobody_takes_unlocks(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct plx_mutex mutex = PLX_MUTEX;
    lock_handle handle;
    plx_permit guard;
    (void)state;
    assert_int_equal(lock_handle_spawn_on(runtime, plx_mutex_lock_new(&mutex), &handle), 0);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    assert_int_equal(plx_mutex_try(&mutex, &guard), -EAGAIN);
    lock_handle_drop(&handle);
    assert_int_equal(plx_mutex_try(&mutex, &guard), 0);
    plx_permit_drop(&guard);
    plx_runtime_free(runtime);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        test(permits_go_in_the_order_they_were_asked_for),
        test(none_at_first_and_added_later),
        test(exactly_one_batch),
        test(too_many_and_none_are_refused),
        test(closing_ends_the_line),
        test(closed_stays_closed),
        test(a_forgotten_permit_is_gone),
        test(a_waiter_that_goes_hands_its_permit_on),
        test(a_waiter_that_goes_gives_back_its_part),
        test(waiters_leave_from_every_place),
        test(a_waiter_moves_to_another_task),
        test(the_mutex_is_handed_over),
        test(readers_and_writers_are_fair),
        test(a_writer_that_goes_lets_readers_in),
        test(cancelled_waiters_lose_no_permit),
        test(tasks_hold_a_mutex_across_awaits),
        test(a_guard_that_nobody_takes_unlocks),
    };
    return cmocka_run_group_tests_name("semaphore, mutex, rwlock", tests, NULL, NULL);
}
