/* SPDX-License-Identifier: MIT
 *
 * What the tests of the reactor share: a task that is only a counter, a runtime for the context, a pair of
 * sockets; and the selectors, for each of which all tests are run.
 */
#ifndef TESTS_UNIT_REACTOR_FIXTURE_H
#define TESTS_UNIT_REACTOR_FIXTURE_H

#include "lib/reactor/reactor.h"
#include "lib/reactor/readiness.h"
#include "lib/runtime/runtime.h"
#include "tests/support/futures.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct plx_selector_ops *selector = &plx_epoll;

/* The same tests with each selector. */
#define RUN_WITH_EACH_SELECTOR(tests)                                                                        \
    __extension__({                                                                                          \
        int wrong = 0;                                                                                       \
        static const struct plx_selector_ops *const each[] = {&plx_epoll, &plx_poll, &plx_kqueue};           \
        for (unsigned i = 0; i < sizeof each / sizeof *each; i++) {                                          \
            selector = each[i];                                                                              \
            wrong += cmocka_run_group_tests_name(selector->name, tests, NULL, NULL);                         \
        }                                                                                                    \
        wrong;                                                                                               \
    })

/* ── a task that is only a counter ─────────────────────────────────────────────────────────────────────── */

static _Atomic int notified, kept, dropped;
static void (*when_notified)(void);

static void count_notify(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self, (void)id, (void)by;
    atomic_fetch_add(&notified, 1);
    if (when_notified)
        when_notified();
}

static uintptr_t count_clone(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    atomic_fetch_add(&kept, 1);
    return id;
}

static void count_drop(const struct plx_notify *self, uintptr_t id)
{
    (void)self, (void)id;
    atomic_fetch_add(&dropped, 1);
}

static const struct plx_notify counter = {count_notify, count_clone, count_drop};

/* ── a reactor, a runtime for the context, a pair of sockets ───────────────────────────────────────────── */

static struct plx_runtime *runtime;
static struct plx_reactor *reactor;
static plx_context context;
static int ends[2];

PLX_INLINE int begin(void **state)
{
    (void)state;
    runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .selector = selector});
    reactor = plx__runtime_reactor(runtime);
    context = (plx_context){.waker = {&counter, 1}, .runtime = runtime};
    notified = kept = dropped = 0;
    when_notified = NULL;
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
}

PLX_INLINE int end(void **state)
{
    (void)state;
    close(ends[1]);
    int error = runtime ? plx_runtime_free(runtime) : 0;
    return error || kept != dropped; /* every waker that was kept was let go */
}

#define reactor_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

PLX_INLINE int turn(int64_t timeout_ns)
{
    assert_true(plx_reactor_try_own(reactor));
    int events = plx_reactor_turn(reactor, timeout_ns);
    plx_reactor_disown(reactor);
    return events;
}

static uint64_t seen; /* by the last look that found it ready */

PLX_INLINE enum plx_answer ready(plx_poll_evented *io, enum plx_direction direction)
{
    return plx_poll_evented_ready(io, &context, direction, &seen);
}

/* It was tried, and would block. */
PLX_INLINE void would_block(plx_poll_evented *io, enum plx_direction direction)
{
    plx_poll_evented_clear(io, direction, seen);
}

/* Nothing is ready from the start: the first turn has told that there is room to write, and nobody waited for
 * it. */
PLX_INLINE plx_poll_evented settled(int fd)
{
    plx_poll_evented io = plx_poll_evented_of(fd);
    assert_int_equal(plx_poll_evented_register(&io, &context, "settled"), 0);
    assert_true(turn(-1) >= 1);
    return io;
}

PLX_INLINE void send_byte(void)
{
    assert_int_equal(write(ends[1], "x", 1), 1);
}

PLX_INLINE void take_byte(void)
{
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
}

#endif
