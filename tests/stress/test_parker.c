/* SPDX-License-Identifier: MIT
 *
 * The parker and the idle word in a storm: no unpark is lost, whoever sleeps where and for how long; nobody
 * is woken who does not sleep, and everybody is in the end.
 */
#include "lib/reactor/reactor.h"
#include "lib/scheduler/idle.h"
#include "lib/scheduler/parker.h"
#include "tests/support/stress.h"

/* ── a ball between players ───────────────────────────────────────────────────────────────────────────── */

enum { PLAYERS = 3 };

struct game {
    struct plx_reactor *reactor;
    struct plx_parker parkers[PLAYERS];
    _Atomic unsigned ball; /* whose turn it is, modulo PLAYERS */
    unsigned rounds;
};

struct player {
    struct game *game;
    unsigned me;
    uint32_t source;
};

static _Atomic uint64_t parks;

/* For ever, for no time, or for a time that is over just about when the unpark comes. */
static int64_t random_limit(uint32_t *source)
{
    switch (stress_below(source, 4)) {
    case 0:
        return (int64_t)stress_below(source, 20000);
    case 1:
        return 0;
    default:
        return -1;
    }
}

/* One of them sleeps in the reactor, the others on the futex: who is first. A sleep without a limit after
 * an unpark that was lost never ends, for nobody else would wake this player. */
static void *play(void *arg)
{
    struct player *self = arg;
    struct game *game = self->game;
    for (unsigned i = 0; i < game->rounds; i++) {
        while (atomic_load(&game->ball) % PLAYERS != self->me) {
            plx_parker_park(&game->parkers[self->me], game->reactor, random_limit(&self->source));
            atomic_fetch_add_explicit(&parks, 1, memory_order_relaxed);
        }
        stress_spin(stress_below(&self->source, 300));
        atomic_fetch_add(&game->ball, 1);
        plx_parker_unpark(&game->parkers[(self->me + 1) % PLAYERS], game->reactor);
    }
    return NULL;
}

/* conformance 148, 150, 151, 152; real bugs 1: a sleep that ends by its time and an unpark at the same time
 * leave the token there, or take it and see what it was about. */
static void no_unpark_is_lost(void **state)
{
    struct plx_reactor *reactor;
    (void)state;
    assert_int_equal(plx_reactor_new(&plx_epoll, &reactor), 0);
    for (stress_begin(); stress_goes_on();) {
        struct game game = {.reactor = reactor, .rounds = scaled(5000)};
        struct player players[PLAYERS];
        pthread_t threads[PLAYERS];
        for (unsigned i = 0; i < PLAYERS; i++) {
            players[i] = (struct player){&game, i, stress_source(i)};
            stress_thread(&threads[i], play, &players[i]);
        }
        for (int i = 0; i < PLAYERS; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(game.ball, PLAYERS * game.rounds);
    }
    stress_end();
    printf("%llu parks\n", (unsigned long long)parks);
    plx_reactor_release(reactor);
}

/* conformance 152: nobody wakes it, and it returns. */
static void a_limit_is_a_limit(void **state)
{
    static const int64_t limits[] = {0, 1, 1000, 1000000, 20000000};
    struct plx_reactor *reactor;
    struct plx_parker parker = {0};
    (void)state;
    assert_int_equal(plx_reactor_new(&plx_epoll, &reactor), 0);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        plx_parker_park(&parker, reactor, limits[i]); /* in the reactor */
        assert_true(plx_reactor_try_own(reactor));
        plx_parker_park(&parker, reactor, limits[i]); /* on the futex */
        plx_reactor_disown(reactor);
        assert_int_equal(atomic_load(&parker.state), 0);
    }
    plx_reactor_release(reactor);
}

/* ── the idle word ────────────────────────────────────────────────────────────────────────────────────── */

enum { SLEEPERS = 4 };

static struct {
    struct plx_idle idle;
    _Atomic int asleep[SLEEPERS];
    _Atomic unsigned chosen_awake, sleepers_left;
} night;

struct sleeper {
    uint32_t me, source;
};

/* Goes to sleep as a searcher or not; wakes by itself now and then, as the reactor makes a worker do. */
static void *sleep_on_and_on(void *arg)
{
    struct sleeper *self = arg;
    for (unsigned i = 0; i < scaled(5000); i++) {
        bool searching = stress_below(&self->source, 2) && plx_idle_start_search(&night.idle);
        stress_spin(stress_below(&self->source, 200));
        atomic_store(&night.asleep[self->me], 1);
        plx_idle_park(&night.idle, self->me, searching);
        if (stress_below(&self->source, 3) || !plx_idle_unpark(&night.idle, self->me)) {
            wait_until(!atomic_load(&night.asleep[self->me]));
            plx_idle_stop_search(&night.idle); /* who is chosen counts as searching */
        }
        atomic_store(&night.asleep[self->me], 0);
    }
    atomic_fetch_sub(&night.sleepers_left, 1);
    return NULL;
}

static void *wake_on_and_on(void *unused)
{
    (void)unused;
    while (atomic_load(&night.sleepers_left) > 0) {
        int worker = plx_idle_worker_to_wake(&night.idle);
        if (worker < 0)
            sched_yield();
        else if (!atomic_exchange(&night.asleep[worker], 0))
            atomic_fetch_add(&night.chosen_awake, 1);
    }
    return NULL;
}

/* conformance 154, 155 */
static void nobody_is_forgotten_or_woken_twice(void **state)
{
    (void)state;
    for (stress_begin(); stress_goes_on();) {
        struct sleeper sleepers[SLEEPERS];
        pthread_t threads[SLEEPERS], wakers[2];
        memset((void *)&night, 0, sizeof night);
        assert_int_equal(plx_idle_init(&night.idle, SLEEPERS, stress.rounds % 4 == 0), 0);
        atomic_store(&night.sleepers_left, SLEEPERS);
        uint32_t word = atomic_load(&night.idle.word);
        for (uint32_t i = 0; i < SLEEPERS; i++) {
            sleepers[i] = (struct sleeper){i, stress_source(10 + i)};
            stress_thread(&threads[i], sleep_on_and_on, &sleepers[i]);
        }
        for (int i = 0; i < 2; i++)
            stress_thread(&wakers[i], wake_on_and_on, NULL);
        for (int i = 0; i < SLEEPERS; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < 2; i++)
            pthread_join(wakers[i], NULL);
        assert_int_equal(night.chosen_awake, 0);
        assert_int_equal(atomic_load(&night.idle.word), word);
        assert_int_equal(night.idle.sleeping, 0);
        plx_idle_done(&night.idle);
    }
    stress_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_unpark_is_lost),
        cmocka_unit_test(a_limit_is_a_limit),
        cmocka_unit_test(nobody_is_forgotten_or_woken_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
