/* SPDX-License-Identifier: MIT
 *
 * The parker: one token, whoever comes first, on the futex and in the reactor.
 */
#include "lib/reactor/reactor.h"
#include "lib/scheduler/parker.h"
#include "tests/support/futures.h"

#include <signal.h>

static int new_reactor(void **state)
{
    struct plx_reactor *reactor;
    int error = plx_reactor_new(&plx_epoll, &reactor);
    *state = reactor;
    return error;
}

static int free_reactor(void **state)
{
    plx_reactor_release(*state);
    return 0;
}

static bool has_token(struct plx_parker *parker)
{
    return atomic_load(&parker->state) != 0;
}

/* conformance 148: none of these parks may sleep. */
static void unpark_before_park(void **state)
{
    struct plx_parker parker = {0};
    plx_parker_unpark(&parker, *state);
    plx_parker_park(&parker, *state, -1); /* would sleep in the reactor */
    assert_false(has_token(&parker));

    assert_true(plx_reactor_try_own(*state));
    plx_parker_unpark(&parker, *state);
    plx_parker_park(&parker, *state, -1); /* would sleep on the futex */
    assert_false(has_token(&parker));
    plx_reactor_disown(*state);
}

/* conformance 149 */
static void two_unparks_are_one_token(void **state)
{
    struct plx_parker parker = {0};
    plx_parker_unpark(&parker, *state);
    plx_parker_unpark(&parker, *state);
    plx_parker_park(&parker, *state, -1);
    assert_false(has_token(&parker));
}

/* conformance 152: it ends by itself, in the reactor and on the futex. */
static void a_park_has_an_end(void **state)
{
    struct plx_parker parker = {0};
    plx_parker_park(&parker, *state, 1000000);
    plx_parker_park(&parker, *state, 0);
    assert_true(plx_reactor_try_own(*state));
    plx_parker_park(&parker, *state, 1000000);
    plx_parker_park(&parker, *state, 0);
    plx_reactor_disown(*state);
    assert_false(has_token(&parker));
}

/* ── two threads that take turns ──────────────────────────────────────────────────────────────────────── */

struct player {
    struct plx_reactor *reactor;
    struct plx_parker parker, *other;
    _Atomic unsigned *ball; /* even: the first player's turn */
    unsigned me, rounds;
    atomic_bool done;
};

static void *play(void *arg)
{
    struct player *self = arg;
    for (unsigned i = 0; i < self->rounds; i++) {
        while (atomic_load(self->ball) % 2 != self->me)
            plx_parker_park(&self->parker, self->reactor, -1);
        atomic_fetch_add(self->ball, 1);
        plx_parker_unpark(self->other, self->reactor);
    }
    atomic_store(&self->done, true);
    return NULL;
}

static void nothing(int signal)
{
    (void)signal;
}

/* Each wakes the other and sleeps: one in the reactor, one on the futex, now this way, now the other. An
 * unpark that is lost stops both for ever, unless signals wake them for no reason. */
static void play_together(struct plx_reactor *reactor, unsigned rounds, bool signals)
{
    _Atomic unsigned ball = 0;
    struct player player[2] = {
        {.reactor = reactor, .other = &player[1].parker, .ball = &ball, .me = 0, .rounds = rounds},
        {.reactor = reactor, .other = &player[0].parker, .ball = &ball, .me = 1, .rounds = rounds},
    };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, play, &player[i]), 0);
    for (unsigned i = 0; signals && !atomic_load(&player[i % 2].done); i++) {
        pthread_kill(threads[i % 2], SIGUSR1);
        sched_yield();
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(ball, 2 * rounds);
}

/* conformance 151, 210; real bugs 1 */
static void no_unpark_is_lost(void **state)
{
    play_together(*state, scaled(100000), false);
}

/* conformance 150 */
static void signals_do_no_harm(void **state)
{
    struct sigaction action = {.sa_handler = nothing}; /* without SA_RESTART */
    sigaction(SIGUSR1, &action, NULL);
    play_together(*state, scaled(50000), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unpark_before_park, new_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(two_unparks_are_one_token, new_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(a_park_has_an_end, new_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(no_unpark_is_lost, new_reactor, free_reactor),
        cmocka_unit_test_setup_teardown(signals_do_no_harm, new_reactor, free_reactor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
