/* SPDX-License-Identifier: MIT
 *
 * What the system refuses: a selector that fails where it is told to, around a real one; and the system calls
 * of waking, which may be interrupted or find a full pipe.
 */
#include "tests/unit/reactor/fixture.h"

/* ── a selector that fails ─────────────────────────────────────────────────────────────────────────────── */

static struct {
    int open, add, wake, wait;  /* the errors; 0: it works */
    int wakes_left, waits_left; /* how often they fail before they work again */
    int wakes, adds;
} faults;

static int open_it(struct plx_selector **out)
{
    return faults.open ? faults.open : plx_poll.open(out);
}

static void close_it(struct plx_selector *it)
{
    plx_poll.close(it);
}

static int add_it(struct plx_selector *it, int fd, uint64_t token, unsigned interest)
{
    faults.adds++;
    if (faults.add)
        return faults.add < 0 ? faults.add : 0; /* 1: it takes everything, and knows nothing */
    return plx_poll.add(it, fd, token, interest);
}

static int remove_it(struct plx_selector *it, int fd)
{
    return plx_poll.remove(it, fd);
}

static void rearm_it(struct plx_selector *it, int fd, uint64_t token, unsigned interest)
{
    plx_poll.rearm(it, fd, token, interest);
}

static int wait_for_it(struct plx_selector *it, struct plx_selector_event *events, int most,
                       int64_t timeout_ns)
{
    if (faults.wait && faults.waits_left-- > 0)
        return faults.wait;
    return plx_poll.wait(it, events, most, timeout_ns);
}

static int wake_it(struct plx_selector *it)
{
    faults.wakes++;
    if (faults.wake && faults.wakes_left-- > 0)
        return faults.wake;
    return plx_poll.wake(it);
}

static const struct plx_selector_ops failing = {
    .name = "failing",
    .open = open_it,
    .close = close_it,
    .add = add_it,
    .rearm = rearm_it,
    .remove = remove_it,
    .wait = wait_for_it,
    .wake = wake_it,
};

static int begin_failing(void **state)
{
    memset(&faults, 0, sizeof faults);
    selector = &failing;
    return begin(state);
}

#define fault_test(test) cmocka_unit_test_setup_teardown(test, begin_failing, end)

/* ── the reactor ───────────────────────────────────────────────────────────────────────────────────────── */

static void a_selector_that_does_not_open(void **state)
{
    struct plx_runtime *none;
    struct plx_runtime_options options = {.kind = PLX_CURRENT_THREAD, .selector = &failing};
    (void)state;
    faults.open = -EMFILE;
    assert_int_equal(plx_runtime_new(&options, &none), -EMFILE);
    close(ends[0]);
}

/* conformance 208: each error comes out of the poll that met it, and the slot is free again. */
static void a_source_that_is_refused(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    plx_readiness wait = plx_readiness_new(&io, PLX_READ);
    plx_readiness_item item;
    (void)state;
    faults.add = -ENOSPC;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(ready(&io, PLX_READ), PLX_FAILED);
        assert_int_equal(context.error.code, -ENOSPC);
        assert_int_equal(plx_reactor_sources(reactor), 0);
    }
    assert_int_equal(plx_readiness_poll(&wait, &context, &item), PLX_FAILED);
    plx_readiness_drop(&wait);
    faults.add = 0;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY); /* it was not the descriptor's fault */
    plx_poll_evented_drop(&io);
}

/* conformance 209 */
static void as_many_sources_as_there_can_be(void **state)
{
    struct plx_scheduled_io **slots, *one_more;
    (void)state;
    close(ends[0]);
    if (SANITIZED && !PLX_SMALL)
        skip(); /* a million are too many for it */
    slots = malloc(PLX_SOURCES_MOST * sizeof *slots);
    assert_non_null(slots);
    faults.add = 1;
    for (int i = 0; i < PLX_SOURCES_MOST; i++)
        assert_int_equal(plx_reactor_register(reactor, i, "one of many", 0, &slots[i]), 0);
    assert_int_equal(plx_reactor_register(reactor, 0, "one too many", 0, &one_more), -ENOSPC);
    assert_int_equal(plx_reactor_sources(reactor), PLX_SOURCES_MOST);
    plx_reactor_deregister(slots[7], 7);
    assert_int_equal(plx_reactor_register(reactor, 7, "in its place", 0, &slots[7]), 0);
    for (int i = 0; i < PLX_SOURCES_MOST; i++)
        plx_reactor_deregister(slots[i], i);
    assert_int_equal(plx_reactor_sources(reactor), 0);
    free(slots);
}

/* Once is never: the next turn makes up for it. */
static void a_wait_that_fails_now_and_then(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    for (int i = 0; i < 100; i++) {
        faults.wait = -ENOMEM;
        faults.waits_left = 1;
        assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
        assert_int_equal(turn(-1), -ENOMEM);
        send_byte();
        assert_true(turn(-1) >= 1);
        assert_int_equal(notified, i + 1);
        assert_int_equal(ready(&io, PLX_READ), PLX_READY);
        take_byte();
        would_block(&io, PLX_READ);
    }
    plx_poll_evented_drop(&io);
}

/* All who wait are told why, and nobody turns it any more. */
static void a_wait_that_always_fails(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    plx_readiness wait = plx_readiness_new(&io, PLX_READ);
    plx_readiness_item item;
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    assert_int_equal(plx_readiness_poll(&wait, &context, &item), PLX_NOT_READY);
    faults.wait = -EBADF;
    faults.waits_left = 1000;
    int turns = 0;
    for (; plx_reactor_try_own(reactor); turns++) {
        assert_true(turns < 100);
        assert_int_equal(plx_reactor_turn(reactor, -1), -EBADF);
        plx_reactor_disown(reactor);
    }
    assert_true(turns > 1);
    assert_int_equal(notified, 2);
    assert_int_equal(ready(&io, PLX_READ), PLX_FAILED);
    assert_int_equal(context.error.code, -EBADF);
    assert_int_equal(plx_readiness_poll(&wait, &context, &item), PLX_FAILED);
    assert_int_equal(context.error.code, -EBADF);
    plx_readiness_drop(&wait);
    plx_poll_evented_drop(&io);
}

/* Out of a task's future, in a runtime that goes on. */
typedef struct await_read {
    plx_poll_evented io;
} await_read;
typedef plx_unit await_read_item;

static enum plx_answer await_read_poll(await_read *self, plx_context *cx, plx_unit *out)
{
    uint64_t unused;
    *out = (plx_unit){0};
    return plx_poll_evented_ready(&self->io, cx, PLX_READ, &unused);
}

static void await_read_drop(await_read *self)
{
    plx_poll_evented_drop(&self->io);
}

PLX_LEAF(await_read)

static void the_future_says_it(void **state)
{
    plx_unit nothing;
    struct tally_counts counts = {0};
    uint64_t polls;
    (void)state;
    faults.wait = -EIO;
    faults.waits_left = 1000;
    assert_int_equal(PLX_BLOCK_ON(runtime, await_read, (await_read){plx_poll_evented_of(ends[0])}, &nothing),
                     -EIO);
    assert_int_equal(plx_reactor_sources(reactor), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, tally, tally_new(&counts, 1000), &polls), 0);
}

/* A wake that is lost could leave a thread asleep for ever. */
static void a_wake_that_fails_is_tried_again(void **state)
{
    (void)state;
    close(ends[0]);
    faults.wake = -EIO;
    faults.wakes_left = 3;
    plx_reactor_wake(reactor);
    assert_int_equal(faults.wakes, 4);
    assert_int_equal(turn(-1), 0);
    faults.wakes_left = 1000000;
    plx_reactor_wake(reactor); /* but not for ever */
    assert_true(faults.wakes < 100);
}

/* ── system calls ──────────────────────────────────────────────────────────────────────────────────────── */

/* The function stands before that of libc, as the sanitizers' do. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !__has_feature(address_sanitizer) &&  \
    !__has_feature(thread_sanitizer)

#include <dlfcn.h>
#include <sys/uio.h>

static int write_errors[3]; /* of the next calls; 0: it is made */

ssize_t write(int fd, const void *bytes, size_t size)
{
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    int error = write_errors[0];
    write_errors[0] = write_errors[1];
    write_errors[1] = write_errors[2];
    write_errors[2] = 0;
    if (!error)
        return writev(fd, &part, 1);
    errno = error;
    return -1;
}

static int pipe_error;
static unsigned realloc_fails; /* counts down to the one that fails; 0: none does */

int pipe(int fds[2])
{
    errno = pipe_error;
    return pipe_error ? -1 : pipe2(fds, 0);
}

void *__libc_realloc(void *block, size_t size);

void *realloc(void *block, size_t size)
{
    return realloc_fails && --realloc_fails == 0 ? NULL : __libc_realloc(block, size);
}

static void no_pipe(void **state)
{
    struct plx_selector *it;
    int before = count_own("fd");
    (void)state;
    pipe_error = EMFILE;
    assert_int_equal(plx_poll.open(&it), -EMFILE);
    pipe_error = 0;
    assert_int_equal(count_own("fd"), before);
}

/* Each of the tables that grow: what was there is still there, and it goes on when there is memory again. */
static void no_memory_for_a_table(void **state)
{
    (void)state;
    for (unsigned nth = 1; nth <= 4; nth++) {
        struct plx_selector *it;
        struct plx_selector_event events[4];
        bool added = false;
        assert_int_equal(plx_poll.open(&it), 0);
        realloc_fails = nth;
        for (int tries = 0; tries < 2 && !added; tries++)
            added = plx_poll.add(it, 0, 7, PLX_READABLE | PLX_WRITABLE) == 0;
        assert_true(added);
        int count = plx_poll.wait(it, events, 4, 0);
        assert_int_equal(realloc_fails, 0); /* two in add, two in wait */
        assert_true(count >= 0 || (nth > 2 && count == -ENOMEM));
        assert_true(plx_poll.wait(it, events, 4, 0) >= 0);
        assert_int_equal(plx_poll.remove(it, 0), 0);
        plx_poll.close(it);
    }
}

/* Its counter, or its pipe, is full: so there is a wake on its way already. An interrupted one is made again.
 * And one that failed leaves nothing behind that would keep the next from being made. */
static void what_waking_meets(void **state)
{
    struct plx_selector *it;
    struct plx_selector_event events[4];
    (void)state;
    assert_int_equal(selector->open(&it), 0);
    write_errors[0] = EAGAIN;
    assert_int_equal(selector->wake(it), 0);
    selector->close(it);

    assert_int_equal(selector->open(&it), 0);
    write_errors[0] = EIO;
    assert_int_equal(selector->wake(it), -EIO);
    write_errors[0] = write_errors[1] = EINTR;
    int error = selector->wake(it);
    assert_true(error == 0 || error == -EINTR);
    if (error)
        assert_int_equal(selector->wake(it), -EINTR);
    if (error)
        assert_int_equal(selector->wake(it), 0);
    assert_int_equal(selector->wait(it, events, 4, -1), 0);
    selector->close(it);
}

#else

static void no_pipe(void **state)
{
    (void)state;
    skip();
}

static void no_memory_for_a_table(void **state)
{
    (void)state;
    skip();
}

static void what_waking_meets(void **state)
{
    (void)state;
    skip();
}

#endif

static void waking_an_epoll(void **state)
{
    selector = &plx_epoll;
    what_waking_meets(state);
}

static void waking_a_poll(void **state)
{
    selector = &plx_poll;
    what_waking_meets(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fault_test(a_selector_that_does_not_open),
        fault_test(a_source_that_is_refused),
        fault_test(as_many_sources_as_there_can_be),
        fault_test(a_wait_that_fails_now_and_then),
        fault_test(a_wait_that_always_fails),
        fault_test(the_future_says_it),
        fault_test(a_wake_that_fails_is_tried_again),
        cmocka_unit_test(no_pipe),
        cmocka_unit_test(no_memory_for_a_table),
        cmocka_unit_test(waking_an_epoll),
        cmocka_unit_test(waking_a_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
