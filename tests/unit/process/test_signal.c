/* SPDX-License-Identifier: MIT
 *
 * Signals: to every listener, on every runtime, once or more; and put back when the last listener goes.
 */
#include "tests/unit/process/process.h"

#include <pthread.h>

PLX_HANDLE(next_handle, plx_signal_next)

static int next(plx_signal *signal, int *number)
{
    return RUN(plx_signal_next, plx_signal_next_new(signal), number);
}

static void (*action_of(int number))(int)
{
    struct sigaction now;
    assert_int_equal(sigaction(number, NULL, &now), 0);
    return now.sa_handler;
}

static plx_signal listen_to(int number)
{
    plx_signal signal;
    assert_int_equal(plx_signal_listen(number, &signal), 0);
    return signal;
}

/* ── delivery ─────────────────────────────────────────────────────────────────────────────────────────── */

/* It counts from the moment one listens, not from the first poll. */
static void it_came_before_it_was_asked_for(void **state)
{
    plx_signal signal = listen_to(SIGUSR1);
    int number;
    (void)state;
    raise(SIGUSR1);
    assert_int_equal(next(&signal, &number), 0);
    assert_int_equal(number, SIGUSR1);
    plx_signal_drop(&signal);
}

static void it_comes_to_one_who_waits(void **state)
{
    plx_signal signal = listen_to(SIGUSR1);
    next_handle waiting;
    int number;
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(next_handle_spawn_on(runtime, plx_signal_next_new(&signal), &waiting), 0);
        wait_until(plx_runtime_sources(runtime) == 1);
        kill(getpid(), SIGUSR1);
        assert_int_equal(next_handle_wait(&waiting, &number), 0);
    }
    plx_signal_drop(&signal);
}

static void two_listeners(void **state)
{
    plx_signal first = listen_to(SIGUSR1), second = listen_to(SIGUSR1), other = listen_to(SIGUSR2);
    int number;
    (void)state;
    raise(SIGUSR1);
    assert_int_equal(next(&second, &number), 0);
    assert_int_equal(next(&first, &number), 0);
    raise(SIGUSR2);
    assert_int_equal(next(&other, &number), 0);
    assert_int_equal(number, SIGUSR2);
    plx_signal_drop(&first);
    raise(SIGUSR1);
    assert_int_equal(next(&second, &number), 0);
    plx_signal_drop(&second);
    plx_signal_drop(&other);
}

static void two_runtimes(void **state)
{
    struct plx_runtime *second = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    plx_signal here = listen_to(SIGUSR1), there = listen_to(SIGUSR1);
    next_handle waiting;
    int number;
    (void)state;
    assert_int_equal(next_handle_spawn_on(runtime, plx_signal_next_new(&here), &waiting), 0);
    wait_until(plx_runtime_sources(runtime) == 1);
    raise(SIGUSR1);
    assert_int_equal(PLX_BLOCK_ON(second, plx_signal_next, plx_signal_next_new(&there), &number), 0);
    assert_int_equal(next_handle_wait(&waiting, &number), 0);
    plx_signal_drop(&here);
    plx_signal_drop(&there);
    plx_runtime_free(second);
}

/* A hundred thousand are one: more than the pipe holds, and the next one comes as well. */
static void many_are_one(void **state)
{
    plx_signal signal = listen_to(SIGUSR1);
    int number;
    (void)state;
    for (unsigned i = 0; i < 100000; i++)
        raise(SIGUSR1);
    assert_int_equal(next(&signal, &number), 0);

    next_handle waiting;
    assert_int_equal(next_handle_spawn_on(runtime, plx_signal_next_new(&signal), &waiting), 0);
    wait_until(plx_runtime_tasks(runtime) == 1);
    raise(SIGUSR1);
    assert_int_equal(next_handle_wait(&waiting, &number), 0);
    plx_signal_drop(&signal);
}

/* ── as a stream ──────────────────────────────────────────────────────────────────────────────────────── */

struct counting {
    plx_signal signal;
    int count;
};

static plx_signal signals(struct counting *c)
{
    return PLX_MOVE(c->signal);
}

/* Each item raises the next. */
static plx_ok count(struct counting *c, plx_signal_item item)
{
    assert_int_equal(item.number, SIGUSR1);
    if (++c->count == 10)
        return plx_err(-ECANCELED);
    raise(SIGUSR1);
    return plx_ok_new();
}

PLX_START(delivered, struct counting, plx_signal, signals)
PLX_FOR_EACH(counted, delivered, plx_ok, count)

static void as_a_stream(void **state)
{
    struct counting c = {.signal = listen_to(SIGUSR1)};
    plx_unit nothing;
    (void)state;
    raise(SIGUSR1);
    assert_int_equal(RUN(counted, counted_new(&c), &nothing), -ECANCELED);
    assert_int_equal(c.count, 10);
    assert_ptr_equal(action_of(SIGUSR1), SIG_DFL); /* for_each has dropped it */
}

/* ── what the signal did before ───────────────────────────────────────────────────────────────────────── */

static void ours(int number)
{
    (void)number;
}

static void put_back(void **state)
{
    plx_signal first, second;
    (void)state;
    signal(SIGUSR1, SIG_IGN);
    first = listen_to(SIGUSR1);
    second = listen_to(SIGUSR1);
    assert_ptr_not_equal(action_of(SIGUSR1), SIG_IGN);
    plx_signal_drop(&first);
    assert_ptr_not_equal(action_of(SIGUSR1), SIG_IGN);
    plx_signal_drop(&second);
    plx_signal_drop(&second); /* is empty */
    assert_ptr_equal(action_of(SIGUSR1), SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
}

/* Another part of the program has taken the signal over since: it keeps it. */
static void not_put_back_over_anothers(void **state)
{
    plx_signal one = listen_to(SIGUSR1);
    (void)state;
    signal(SIGUSR1, ours);
    plx_signal_drop(&one);
    assert_ptr_equal(action_of(SIGUSR1), ours);
    signal(SIGUSR1, SIG_DFL);
}

static void those_that_cannot_be_heard(void **state)
{
    static const int numbers[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, 0, -1, 1000};
    plx_signal signal;
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(plx_signal_listen(numbers[i], &signal), -EINVAL);
}

static void an_empty_one(void **state)
{
    plx_signal none = {0};
    int number;
    (void)state;
    assert_int_equal(next(&none, &number), -EBADF);
    plx_signal_drop(&none);
}

static plx_signal attempted;

static int attempt(void)
{
    return plx_signal_listen(SIGUSR1, &attempted);
}

static void no_descriptors_left(void **state)
{
    (void)state;
    with_ever_more_descriptors(attempt);
    plx_signal_drop(&attempted);
    assert_ptr_equal(action_of(SIGUSR1), SIG_DFL);
}

/* The handler may interrupt a system call of any thread, and must leave errno alone. */
static void errno_is_kept(void **state)
{
    plx_signal signal = listen_to(SIGUSR1);
    (void)state;
    for (unsigned i = 0; i < 70000; i++) { /* so that its write fails */
        errno = ENOTTY;
        raise(SIGUSR1);
        assert_int_equal(errno, ENOTTY);
    }
    plx_signal_drop(&signal);
}

/* ── listeners that come and go while signals arrive ──────────────────────────────────────────────────── */

static atomic_bool stop;

static void *come_and_go(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        plx_signal one = listen_to(SIGUSR1), two = listen_to(SIGUSR1);
        plx_signal_drop(&one);
        plx_signal_drop(&two);
    }
    return NULL;
}

/* Under the sanitizers: no handler touches a listener that has gone, and no other's descriptor. */
static void come_and_gone(void **state)
{
    plx_signal stays = listen_to(SIGUSR1);
    pthread_t threads[2];
    int number;
    (void)state;
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
    for (unsigned i = 0; i < scaled(2000); i++) {
        kill(getpid(), SIGUSR1);
        pthread_kill(threads[i % 2], SIGUSR1);
        if (i % 16 == 0)
            assert_int_equal(next(&stays, &number), 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    plx_signal_drop(&stays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        process_test(it_came_before_it_was_asked_for),
        process_test(it_comes_to_one_who_waits),
        process_test(two_listeners),
        process_test(two_runtimes),
        process_test(many_are_one),
        process_test(as_a_stream),
        process_test(put_back),
        process_test(not_put_back_over_anothers),
        process_test(those_that_cannot_be_heard),
        process_test(an_empty_one),
        process_test(no_descriptors_left),
        process_test(errno_is_kept),
        process_test(come_and_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
