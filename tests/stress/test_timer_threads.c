/* SPDX-License-Identifier: MIT
 *
 * One timer, whose worker is a thread of this test, and three threads that set, move, cancel and poll the same
 * delays as the worker does. It goes from hand to hand: now the lock leans towards the worker (biased_lock.h),
 * now somebody takes that away, and in between the worker sleeps and has to be unparked.
 *
 * Every waker that was made is accounted for: it is notified, or replaced by another task's, or its delay is
 * dropped before it fires. So none fires twice, and none is lost: whoever waits for one gets it.
 */
#include "tests/support/leaf.h"

#include "tests/support/stress.h"

#include "lib/scheduler/threads.h"

enum { SLOTS = 24, THREADS = 3, LONGEST_US = 4000, BURST = 3000 };

/* From a delay's first poll to its drop. Two tasks look at it by turns. */
static struct slot {
    pthread_mutex_t lock; /* whoever holds it is the delay's one user */
    plx_delay delay;
    bool live;
    struct hand hands[2];
    int replaced, unsure; /* wakers */
} slots[SLOTS];

static struct plx_timer *timer;
static atomic_bool stop, all_stopped;
static _Atomic uint64_t lives, ready, moved, cancelled;

static int sum_of(const struct slot *slot, size_t member)
{
    int sum = 0;
    for (int i = 0; i < 2; i++)
        sum += atomic_load((const _Atomic int *)((const char *)&slot->hands[i] + member));
    return sum;
}

#define sum(slot, member) sum_of((slot), offsetof(struct hand, member))

/* ── a delay's life ───────────────────────────────────────────────────────────────────────────────────── */

static void begin_life(struct slot *slot, uint32_t *seed)
{
    slot->hands[0] = slot->hands[1] = HAND;
    slot->replaced = slot->unsure = 0;
    slot->live = true;
    slot->delay = plx_delay_for(PLX_US(stress_below(seed, LONGEST_US)));
    atomic_fetch_add_explicit(&lives, 1, memory_order_relaxed);
}

/* The worker may be about to notify: it has taken the waker out, and drops it soon. `seen`: it was ready. */
static void end_life(struct slot *slot, bool seen)
{
    plx_delay_drop(&slot->delay);
    slot->live = false;
    wait_until(sum(slot, drops) == sum(slot, clones));
    int unheard = sum(slot, clones) - slot->replaced - sum(slot, notified);
    if (unheard >= 0 && unheard <= slot->unsure + !seen)
        return;
    fprintf(stderr, "%d wakers, %d replaced, %d unsure, %d notified, %s\n", sum(slot, clones), slot->replaced,
            slot->unsure, sum(slot, notified), seen ? "ready" : "cancelled");
    abort();
}

/* True: it was ready. If it had a waker already, and another is made, one of the two is let go. If it had
 * none, and is ready at once, then it has fired already, or it was too late to set it. */
static bool poll_it(struct slot *slot, uint32_t *seed)
{
    plx_unit nothing;
    struct hand *hand = &slot->hands[stress_below(seed, 2)];
    bool unset = plx_timer_deadline(&slot->delay.entry) == PLX_TIMER_UNSET;
    int before = sum(slot, clones);
    enum plx_answer answer = POLL(plx_delay, &slot->delay, hand, &nothing);
    if (!unset)
        slot->replaced += sum(slot, clones) - before;
    else if (answer == PLX_READY)
        slot->unsure += sum(slot, clones) - before;
    if (answer == PLX_FAILED ||
        (answer == PLX_READY && plx_instant_before(plx_instant_now(), plx_delay_deadline(&slot->delay))))
        abort();
    return answer == PLX_READY;
}

/* With its lock: one thing, and never one that waits. */
static void do_something(struct slot *slot, uint32_t *seed)
{
    if (!slot->live)
        begin_life(slot, seed);
    switch (stress_below(seed, 4)) {
    case 0:
        plx_delay_reset_for(&slot->delay, PLX_US(stress_below(seed, LONGEST_US)));
        atomic_fetch_add_explicit(&moved, 1, memory_order_relaxed);
        break;
    case 1:
        end_life(slot, false);
        atomic_fetch_add_explicit(&cancelled, 1, memory_order_relaxed);
        break;
    default:
        if (poll_it(slot, seed)) {
            end_life(slot, true);
            atomic_fetch_add_explicit(&ready, 1, memory_order_relaxed);
        }
    }
}

/* With its lock: nobody else moves it now, so it must fire. */
static void wait_for_it(struct slot *slot, uint32_t *seed)
{
    if (!slot->live)
        begin_life(slot, seed);
    while (!poll_it(slot, seed))
        sched_yield();
    end_life(slot, true);
    atomic_fetch_add_explicit(&ready, 1, memory_order_relaxed);
}

/* ── the threads ──────────────────────────────────────────────────────────────────────────────────────── */

static void *use(void *arg)
{
    uint32_t seed = (uint32_t)(uintptr_t)arg;
    plx_timer_use(timer);
    while (!atomic_load(&stop)) {
        struct slot *slot = &slots[stress_below(&seed, SLOTS)];
        pthread_mutex_lock(&slot->lock);
        if (stress_below(&seed, 32) == 0)
            wait_for_it(slot, &seed);
        else
            do_something(slot, &seed);
        pthread_mutex_unlock(&slot->lock);
        if (stress_below(&seed, 256) == 0) /* the worker is alone for a while, and takes the lock over */
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    plx_timer_use(NULL);
    return NULL;
}

static struct {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool unparked;
} sleeper = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void unpark(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&sleeper.lock);
    sleeper.unparked = true;
    pthread_cond_signal(&sleeper.cond);
    pthread_mutex_unlock(&sleeper.lock);
}

/* As a worker does: until what comes next, or for ever. */
static void park(void)
{
    struct timespec until;
    int64_t ns = plx_timer_timeout_ns(timer);
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t at = (uint64_t)until.tv_nsec + (uint64_t)ns;
    until.tv_sec += (time_t)(at / 1000000000);
    until.tv_nsec = (long)(at % 1000000000);
    pthread_mutex_lock(&sleeper.lock);
    int error = 0;
    while (!sleeper.unparked && !error)
        error = ns < 0 ? pthread_cond_wait(&sleeper.cond, &sleeper.lock)
                       : pthread_cond_timedwait(&sleeper.cond, &sleeper.lock, &until);
    sleeper.unparked = false;
    pthread_mutex_unlock(&sleeper.lock);
}

/* It must not wait for a slot: who has that may be waiting for a turn. */
static void *work(void *arg)
{
    uint32_t seed = (uint32_t)(uintptr_t)arg;
    plx_timer_use(timer);
    while (!atomic_load(&all_stopped)) {
        for (uint32_t i = stress_below(&seed, BURST); i > 0; i--) {
            struct slot *slot = &slots[stress_below(&seed, SLOTS)];
            if (pthread_mutex_trylock(&slot->lock))
                break;
            do_something(slot, &seed);
            pthread_mutex_unlock(&slot->lock);
        }
        plx_timer_turn(timer);
        if (stress_below(&seed, 2))
            park();
    }
    plx_timer_use(NULL);
    return NULL;
}

static void clear_slots(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].live)
            end_life(&slots[i], false);
        pthread_mutex_destroy(&slots[i].lock);
    }
}

static void one_round(void)
{
    pthread_t threads[THREADS], worker;
    assert_int_equal(plx_timer_new(NULL, 0, unpark, NULL, &timer), 0);
    atomic_store(&stop, false);
    atomic_store(&all_stopped, false);
    for (int i = 0; i < SLOTS; i++)
        pthread_mutex_init(&slots[i].lock, NULL);
    stress_thread(&worker, work, (void *)(uintptr_t)stress_source(THREADS));
    for (uint32_t i = 0; i < THREADS; i++)
        stress_thread(&threads[i], use, (void *)(uintptr_t)stress_source(i));
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&all_stopped, true); /* not before: they wait for what it turns */
    unpark(NULL);
    pthread_join(worker, NULL);
    clear_slots();
    assert_int_equal(plx_timer_counts(timer).armed, 0);
    plx_timer_shutdown(timer);
    plx_timer_release(timer);
}

static void test_from_several_threads(void **state)
{
    (void)state;
    assert_int_equal(plx__monotonic_cond_init(&sleeper.cond), 0);
    stress_begin();
    while (stress_goes_on())
        one_round();
    stress_end();
    pthread_cond_destroy(&sleeper.cond);
    assert_true(ready > 0 && moved > 0 && cancelled > 0);
    printf("%llu delays: %llu ready, %llu cancelled; %llu times moved\n", (unsigned long long)lives,
           (unsigned long long)ready, (unsigned long long)cancelled, (unsigned long long)moved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_from_several_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
