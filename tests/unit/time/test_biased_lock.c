/* SPDX-License-Identifier: MIT
 *
 * The lock that leans towards the thread that takes it again and again. See lib/time/biased_lock.h.
 */
#include "tests/support/futures.h"

#include "lib/time/biased_lock.h"

enum { OFTEN = PLX_BIAS_AFTER + 1, THREADS = 4 };

static struct plx_biased_lock lock;

static int begin(void **state)
{
    (void)state;
    return plx_biased_lock_init(&lock);
}

static int end(void **state)
{
    (void)state;
    plx_biased_lock_done(&lock);
    return 0;
}

static bool has_owner(void)
{
    return atomic_load(&lock.owner) != &plx__bias_nobody;
}

static void *take_it(void *times)
{
    for (uintptr_t i = 0; i < (uintptr_t)times; i++) {
        plx_biased_lock(&lock);
        plx_biased_unlock(&lock);
    }
    return NULL;
}

static pthread_t start(void *(*function)(void *arg), void *arg)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, function, arg), 0);
    return thread;
}

static void on_another_thread(uintptr_t times)
{
    pthread_join(start(take_it, (void *)times), NULL);
}

/* Skips where the system has no membarrier: there it is a mutex. */
static void become_owner(void)
{
    take_it((void *)OFTEN);
    if (!has_owner())
        skip();
}

/* ── towards whom ─────────────────────────────────────────────────────────────────────────────────────── */

static void test_leans_in_time(void **state)
{
    (void)state;
    take_it((void *)(PLX_BIAS_AFTER - 1));
    assert_false(has_owner());
    become_owner();
    plx_biased_lock(&lock);
    assert_false(lock.by_mutex);
    plx_biased_unlock(&lock);
}

static void test_another_thread_takes_that_away(void **state)
{
    (void)state;
    become_owner();
    on_another_thread(1);
    assert_false(has_owner());
    plx_biased_lock(&lock);
    assert_true(lock.by_mutex);
    plx_biased_unlock(&lock);
    become_owner(); /* and gets it back in the same way */
    on_another_thread(OFTEN);
    assert_true(has_owner());
    assert_ptr_not_equal(atomic_load(&lock.owner), plx__bias_mine);
}

static void test_shared_by_turns_it_stays_a_mutex(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        take_it((void *)(PLX_BIAS_AFTER - 1));
        assert_false(has_owner());
        on_another_thread(PLX_BIAS_AFTER - 1);
        assert_false(has_owner());
    }
}

/* The lock still leans towards it, or towards a thread that has what it said about itself. That can be taken
 * away, too. */
static void test_the_owner_ends(void **state)
{
    (void)state;
    become_owner();
    for (int i = 0; i < 8; i++) {
        on_another_thread(OFTEN);
        on_another_thread(1);
        take_it((void *)1);
        assert_false(has_owner());
    }
}

/* ── one at a time ────────────────────────────────────────────────────────────────────────────────────── */

static atomic_bool came_in;

static void *come_in(void *arg)
{
    plx_biased_lock(&lock);
    atomic_store(&came_in, true);
    plx_biased_unlock(&lock);
    return arg;
}

static void test_who_revokes_waits_for_the_owner(void **state)
{
    (void)state;
    become_owner();
    atomic_store(&came_in, false);
    plx_biased_lock(&lock);
    pthread_t other = start(come_in, NULL);
    wait_until(!has_owner());
    for (int i = 0; i < 100; i++)
        sched_yield();
    assert_false(atomic_load(&came_in));
    plx_biased_unlock(&lock);
    pthread_join(other, NULL);
    assert_true(atomic_load(&came_in));
}

/* Under the lock, and no atomics: so the thread sanitizer looks, too. */
static uint64_t count, handed_over;
static uint64_t last;

/* In long runs, so that each becomes the owner, and in short ones, which take that away from another. */
static void *count_up(void *arg)
{
    uint64_t me = (uint64_t)(uintptr_t)arg, random = me, mine = 0;
    for (unsigned round = 0; round < scaled(1000); round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t run = random >> 62 ? 1 + (random >> 40) % 8 : 2 * PLX_BIAS_AFTER;
        for (uint64_t i = 0; i < run; i++) {
            plx_biased_lock(&lock);
            count++;
            handed_over += last != me;
            last = me;
            plx_biased_unlock(&lock);
        }
        mine += run;
        sched_yield();
    }
    return (void *)(uintptr_t)mine;
}

static void test_nothing_is_lost(void **state)
{
    pthread_t threads[THREADS];
    uint64_t sum = 0;
    (void)state;
    count = handed_over = 0;
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(count_up, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) {
        void *mine;
        pthread_join(threads[i], &mine);
        sum += (uint64_t)(uintptr_t)mine;
    }
    assert_int_equal(count, sum);
    print_message("%llu times, from one thread to another %llu times\n", (unsigned long long)count,
                  (unsigned long long)handed_over);
}

#define each(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(test_leans_in_time),
        each(test_another_thread_takes_that_away),
        each(test_shared_by_turns_it_stays_a_mutex),
        each(test_the_owner_ends),
        each(test_who_revokes_waits_for_the_owner),
        each(test_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
