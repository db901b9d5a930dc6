/* SPDX-License-Identifier: MIT
 *
 * The contract of selector.h, kept by each selector: what comes once and what comes again, what ends a wait,
 * how long it lasts; and how one of them is chosen.
 */
#include "tests/unit/reactor/fixture.h"

#include <limits.h>
#include <sys/time.h>
#include <time.h>

enum { MS = 1000000 };

static struct plx_selector *selected;
static struct plx_selector_event events[8];

static int open_one(void **state)
{
    (void)state;
    return selector->open(&selected) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends);
}

static int close_one(void **state)
{
    (void)state;
    selector->close(selected);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static int wait_ns(int64_t timeout_ns)
{
    return selector->wait(selected, events, 8, timeout_ns);
}

/* All that is told until nothing more is. */
static unsigned drain(uint64_t token)
{
    unsigned ready = 0;
    for (int count; (count = wait_ns(0)) != 0;)
        for (int i = 0; i < count; i++) {
            assert_int_equal(events[i].token, token);
            ready |= events[i].ready;
        }
    return ready;
}

static void add(uint64_t token)
{
    assert_int_equal(selector->add(selected, ends[0], token, PLX_READABLE | PLX_WRITABLE), 0);
}

/* A system that tells edges by itself need not be told. */
static void rearm(uint64_t token, unsigned interest)
{
    if (selector->rearm)
        selector->rearm(selected, ends[0], token, interest);
}

/* ── events ────────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 219 */
static void each_readiness_is_told_once(void **state)
{
    const uint64_t token = UINT64_C(0xfedcba9876543210);
    char byte;
    (void)state;
    add(token);
    assert_int_equal(drain(token), PLX_WRITABLE); /* what is ready already */
    send_byte();
    assert_int_equal(drain(token) & PLX_READABLE, PLX_READABLE);
    assert_int_equal(drain(token), 0); /* it is still readable, but that was told */
    assert_int_equal(read(ends[0], &byte, 1), 1);
    rearm(token, PLX_READABLE);
    assert_int_equal(drain(token), 0);
    send_byte();
    assert_int_equal(drain(token) & PLX_READABLE, PLX_READABLE);
}

/* A hang-up, too, though poll(2) tells it unasked. conformance 199 */
static void a_hang_up_is_told_once(void **state)
{
    (void)state;
    add(1);
    drain(1);
    close(ends[1]);
    unsigned ready = drain(1);
    assert_int_equal(ready & (PLX_READ_CLOSED | PLX_WRITE_CLOSED), PLX_READ_CLOSED | PLX_WRITE_CLOSED);
    assert_int_equal(wait_ns(MS), 0);
    ends[1] = -1;
}

static void half_a_hang_up(void **state)
{
    (void)state;
    add(1);
    drain(1);
    assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
    assert_int_equal(drain(1) & (PLX_READ_CLOSED | PLX_WRITE_CLOSED), PLX_READ_CLOSED);
}

static void only_what_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(selector->add(selected, ends[0], 1, PLX_READABLE), 0);
    assert_int_equal(drain(1), 0);
    send_byte();
    assert_int_equal(drain(1), PLX_READABLE);
}

/* conformance 218 */
static void removed_it_says_nothing_more(void **state)
{
    (void)state;
    add(1);
    drain(1);
    assert_int_equal(selector->remove(selected, ends[0]), 0);
    send_byte();
    assert_int_equal(wait_ns(0), 0);
    add(2); /* and again, without a wait in between */
    assert_int_equal(selector->remove(selected, ends[0]), 0);
    add(3);
    assert_int_equal(drain(3), PLX_READABLE | PLX_WRITABLE);
}

static void what_is_not_open_cannot_be_added(void **state)
{
    (void)state;
    assert_int_equal(selector->add(selected, 9999, 1, PLX_READABLE), -EBADF);
    assert_int_equal(selector->add(selected, -1, 1, PLX_READABLE), -EBADF);
}

/* Closed without being removed: it does not say so again and again, and its number may come back. real bugs
 * 58 */
static void closed_without_being_removed(void **state)
{
    (void)state;
    add(1);
    drain(1);
    int fd = ends[0], others[2];
    close(ends[0]);
    drain(1);
    assert_int_equal(wait_ns(MS), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, others), 0);
    assert_int_equal(others[0], fd);
    int error = selector->add(selected, fd, 2, PLX_READABLE | PLX_WRITABLE);
    assert_true(error == 0 || error == -EEXIST);
    if (!error)
        assert_int_equal(drain(2), PLX_WRITABLE);
    close(others[1]);
}

/* More than are asked for at once: all come in the end. */
static void more_than_fit(void **state)
{
    enum { COPIES = 50 };
    int copies[COPIES], told[COPIES] = {0}, count;
    (void)state;
    for (int i = 0; i < COPIES; i++) {
        copies[i] = dup(ends[0]);
        assert_int_equal(selector->add(selected, copies[i], (uint64_t)i, PLX_WRITABLE), 0);
    }
    while ((count = wait_ns(0)) > 0) {
        assert_true(count <= 8);
        for (int i = 0; i < count; i++)
            told[events[i].token]++;
    }
    for (int i = 0; i < COPIES; i++) {
        assert_int_equal(told[i], 1);
        assert_int_equal(selector->remove(selected, copies[i]), 0);
        close(copies[i]);
    }
}

/* ── while another thread waits ────────────────────────────────────────────────────────────────────────── */

static _Atomic bool waits;

/* Returns the token that has become readable. */
static void *wait_for_reading(void *unused)
{
    (void)unused;
    for (;;) {
        struct plx_selector_event mine[8];
        atomic_store(&waits, true);
        int count = selector->wait(selected, mine, 8, -1);
        for (int i = 0; i < count; i++)
            if (mine[i].ready & PLX_READABLE)
                return (void *)(uintptr_t)mine[i].token;
    }
}

static uint64_t joined(pthread_t thread)
{
    void *token;
    pthread_join(thread, &token);
    return (uintptr_t)token;
}

static pthread_t another_waits(void)
{
    pthread_t thread;
    waits = false;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_reading, NULL), 0);
    wait_until(atomic_load(&waits));
    return thread;
}

static void added_and_rearmed_while_it_waits(void **state)
{
    char byte;
    (void)state;
    for (unsigned i = 1; i <= scaled(200); i++) {
        pthread_t thread = another_waits();
        add(i);
        send_byte();
        assert_int_equal(joined(thread), i);
        assert_int_equal(read(ends[0], &byte, 1), 1);
        thread = another_waits();
        rearm(i, PLX_READABLE);
        send_byte();
        assert_int_equal(joined(thread), i);
        assert_int_equal(read(ends[0], &byte, 1), 1);
        assert_int_equal(selector->remove(selected, ends[0]), 0);
    }
}

/* Closing what was removed sends the peer its end at once, though another thread waits: nothing holds it
 * open. */
static void removed_while_it_waits(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= scaled(200); i++) {
        int pair[2];
        char byte;
        add(i);
        drain(i);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        assert_int_equal(selector->add(selected, pair[0], 1000 + i, PLX_READABLE), 0);
        pthread_t thread = another_waits();
        assert_int_equal(selector->remove(selected, pair[0]), 0);
        close(pair[0]);
        assert_int_equal(read(pair[1], &byte, 1), 0);
        close(pair[1]);
        send_byte();
        assert_int_equal(joined(thread), i);
        assert_int_equal(read(ends[0], &byte, 1), 1);
        assert_int_equal(selector->remove(selected, ends[0]), 0);
    }
}

/* ── waking ────────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 210, 211 */
static void a_wake_ends_the_next_wait_once(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) /* more than a pipe holds */
        assert_int_equal(selector->wake(selected), 0);
    assert_int_equal(wait_ns(-1), 0);
    int64_t end = plx__wait_deadline(2 * MS);
    assert_int_equal(wait_ns(2 * MS), 0); /* that was all of them */
    assert_int_equal(plx__wait_left(end), 0);
    assert_int_equal(selector->wake(selected), 0);
    assert_int_equal(wait_ns(-1), 0);
}

static _Atomic unsigned woken;

static void *wait_on_and_on(void *rounds)
{
    for (unsigned i = 0; i < (uintptr_t)rounds; i++) {
        selector->wait(selected, events, 8, -1);
        atomic_fetch_add(&woken, 1);
    }
    return NULL;
}

/* One that is lost stops the test for ever. conformance 210; real bugs 8 */
static void no_wake_is_lost(void **state)
{
    const uintptr_t rounds = scaled(5000);
    pthread_t waiter;
    (void)state;
    woken = 0;
    assert_int_equal(pthread_create(&waiter, NULL, wait_on_and_on, (void *)rounds), 0);
    for (unsigned i = 0; i < rounds; i++) {
        assert_int_equal(selector->wake(selected), 0);
        wait_until(atomic_load(&woken) > i);
    }
    pthread_join(waiter, NULL);
}

/* ── time ──────────────────────────────────────────────────────────────────────────────────────────────── */

/* Never too short, or a timer would be asked again and again; nothing is said of too long. */
static void it_waits_as_long_as_it_is_told(void **state)
{
    static const int64_t timeouts[] = {0, 1, 999, 300000, MS - 1, MS, MS + 1, 5 * MS};
    (void)state;
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        int64_t end = plx__wait_deadline(timeouts[i]);
        assert_int_equal(wait_ns(timeouts[i]), 0);
        assert_int_equal(plx__wait_left(end), 0);
    }
}

static _Atomic unsigned signals;

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

/* conformance 220: signals do not shorten it. */
static void signals_do_not_end_a_wait(void **state)
{
    struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = count_signal};
    (void)state;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    do {
        int64_t end = plx__wait_deadline(20 * MS);
        assert_int_equal(wait_ns(20 * MS), 0);
        assert_int_equal(plx__wait_left(end), 0);
    } while (signals < 5);
    setitimer(ITIMER_REAL, &never, NULL);
}

/* conformance 220 */
static void milliseconds_are_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(plx__wait_ms(-1), -1);
    assert_int_equal(plx__wait_ms(INT64_MIN), -1);
    assert_int_equal(plx__wait_ms(0), 0);
    assert_int_equal(plx__wait_ms(1), 1);
    assert_int_equal(plx__wait_ms(MS), 1);
    assert_int_equal(plx__wait_ms(MS + 1), 2);
    assert_int_equal(plx__wait_ms(INT64_C(3000000) * MS), 3000000);
    assert_int_equal(plx__wait_ms(INT64_MAX), INT_MAX);
    assert_int_equal(plx__wait_left(plx__wait_deadline(-1)), -1);
    assert_int_equal(plx__wait_left(plx__wait_deadline(INT64_MAX)), -1);
    assert_int_equal(plx__wait_left(plx__wait_deadline(0)), 0);
    assert_true(plx__wait_left(plx__wait_deadline(INT64_C(3600000) * MS)) > 0);
}

/* ── which one ─────────────────────────────────────────────────────────────────────────────────────────── */

static void chosen_by_name(void **state)
{
    const struct plx_selector_ops *chosen = NULL;
    (void)state;
    const char *before = getenv("POLLUX_SELECTOR");
    char *restore = before ? strdup(before) : NULL;
    unsetenv("POLLUX_SELECTOR");
    assert_int_equal(plx_selector_choose(&chosen), 0);
    assert_ptr_equal(chosen, &plx_epoll);
    setenv("POLLUX_SELECTOR", "poll", 1);
    assert_int_equal(plx_selector_choose(&chosen), 0);
    assert_ptr_equal(chosen, &plx_poll);
    setenv("POLLUX_SELECTOR", "crystal-ball", 1);
    assert_int_equal(plx_selector_choose(&chosen), -EINVAL);
    assert_ptr_equal(plx_selector_by_name("epoll"), &plx_epoll);
    assert_null(plx_selector_by_name("kqueue")); /* that one is of the tests */
    assert_null(plx_selector_by_name(""));
    unsetenv("POLLUX_SELECTOR");
    if (restore)
        setenv("POLLUX_SELECTOR", restore, 1);
    free(restore);
}

#define selector_test(test) cmocka_unit_test_setup_teardown(test, open_one, close_one)

int main(void)
{
    const struct CMUnitTest tests[] = {
        selector_test(each_readiness_is_told_once),
        selector_test(a_hang_up_is_told_once),
        selector_test(half_a_hang_up),
        selector_test(only_what_is_asked_for),
        selector_test(removed_it_says_nothing_more),
        selector_test(what_is_not_open_cannot_be_added),
        selector_test(closed_without_being_removed),
        selector_test(more_than_fit),
        selector_test(added_and_rearmed_while_it_waits),
        selector_test(removed_while_it_waits),
        selector_test(a_wake_ends_the_next_wait_once),
        selector_test(no_wake_is_lost),
        selector_test(it_waits_as_long_as_it_is_told),
        selector_test(signals_do_not_end_a_wait),
        selector_test(milliseconds_are_rounded_up),
    };
    const struct CMUnitTest choice[] = {cmocka_unit_test(chosen_by_name)};
    int failed = RUN_WITH_EACH_SELECTOR(tests);
    return failed + cmocka_run_group_tests(choice, NULL, NULL);
}
