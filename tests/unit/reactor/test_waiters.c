/* SPDX-License-Identifier: MIT
 *
 * Many futures that wait for one source: plx_readiness and the list of waiters.
 */
#include "tests/unit/reactor/fixture.h"

enum { MANY = 100 }; /* more than three batches */

static plx_readiness waits[MANY];
static plx_readiness_item item;

static void make(plx_poll_evented *io, int count, enum plx_direction direction)
{
    for (int i = 0; i < count; i++)
        waits[i] = plx_readiness_new(io, direction);
}

static int poll_all(int count, enum plx_answer expected)
{
    int as_expected = 0;
    for (int i = 0; i < count; i++)
        as_expected += plx_readiness_poll(&waits[i], &context, &item) == expected;
    return as_expected;
}

static void drop_all(int count)
{
    for (int i = 0; i < count; i++)
        plx_readiness_drop(&waits[i]);
}

/* How many nodes are in its list. */
static int listed(plx_poll_evented *io)
{
    int count = 0;
    for (struct plx_io_waiter *waiter = io->io->waiters; waiter; waiter = waiter->next)
        count++;
    return count;
}

/* ── all are woken ─────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 216, 200 */
static void all_who_wait_are_notified_once(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    make(&io, MANY, PLX_READ);
    assert_int_equal(poll_all(MANY, PLX_NOT_READY), MANY);
    assert_int_equal(poll_all(MANY, PLX_NOT_READY), MANY);
    assert_int_equal(listed(&io), MANY); /* polled again it is still one waiter */
    send_byte();
    turn(-1);
    assert_int_equal(notified, MANY);
    assert_int_equal(poll_all(MANY, PLX_READY), MANY);
    drop_all(MANY);
    plx_poll_evented_drop(&io);
}

/* One takes what there is; the others find nothing, and wait for the next. conformance 216 */
static void who_finds_nothing_waits_again(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    make(&io, MANY, PLX_READ);
    assert_int_equal(poll_all(MANY, PLX_NOT_READY), MANY);
    for (int left = MANY; left > 0; left--) {
        send_byte();
        turn(-1);
        assert_int_equal(plx_readiness_poll(&waits[left - 1], &context, &item), PLX_READY);
        take_byte();
        plx_poll_evented_clear(&io, PLX_READ, item.seen);
        plx_readiness_drop(&waits[left - 1]);
        assert_int_equal(poll_all(left - 1, PLX_NOT_READY), left - 1);
    }
    plx_poll_evented_drop(&io);
}

/* The fast place and the list do not know of each other. conformance 195, 216 */
static void each_direction_for_itself(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    char bytes[4096] = "";
    (void)state;
    while (write(ends[0], bytes, sizeof bytes) > 0)
        ;
    assert_int_equal(ready(&io, PLX_WRITE), PLX_READY);
    would_block(&io, PLX_WRITE);
    make(&io, 2, PLX_READ);
    waits[1].direction = PLX_WRITE;
    assert_int_equal(poll_all(2, PLX_NOT_READY), 2);
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    send_byte();
    turn(-1);
    assert_int_equal(notified, 2); /* the reader in the list, and the one in its place */
    assert_int_equal(plx_readiness_poll(&waits[1], &context, &item), PLX_NOT_READY);
    while (read(ends[1], bytes, sizeof bytes) > 0)
        ;
    while (notified < 3)
        turn(-1);
    assert_int_equal(plx_readiness_poll(&waits[1], &context, &item), PLX_READY);
    drop_all(2);
    plx_poll_evented_drop(&io);
}

/* conformance 198, 199, 216 */
static void a_hang_up_is_for_all_and_stays(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    make(&io, 40, PLX_READ);
    for (int i = 0; i < 40; i += 2)
        waits[i].direction = PLX_WRITE;
    assert_int_equal(ready(&io, PLX_WRITE), PLX_READY);
    would_block(&io, PLX_WRITE);
    turn(0); /* where levels are told, there is room again */
    close(ends[1]);
    ends[1] = -1;
    poll_all(40, PLX_NOT_READY);
    turn(-1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(poll_all(40, PLX_READY), 40);
        plx_poll_evented_clear(&io, PLX_READ, item.seen);
        plx_poll_evented_clear(&io, PLX_WRITE, item.seen);
    }
    drop_all(40);
    plx_poll_evented_drop(&io);
}

/* ── who goes ──────────────────────────────────────────────────────────────────────────────────────────── */

static void who_is_dropped_is_not_notified(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    make(&io, 10, PLX_READ);
    assert_int_equal(poll_all(10, PLX_NOT_READY), 10);
    for (int i = 0; i < 10; i += 3)
        plx_readiness_drop(&waits[i]); /* the first, two in the middle, the last */
    assert_int_equal(listed(&io), 6);
    send_byte();
    turn(-1);
    assert_int_equal(notified, 6);
    assert_int_equal(listed(&io), 0);
    for (int i = 0; i < 10; i++)
        plx_readiness_drop(
            &waits[i]); /* those that wait no more a second time: nothing is left to be undone */
    plx_poll_evented_drop(&io);
}

static void drop_the_others(void)
{
    when_notified = NULL;
    drop_all(MANY);
}

/* The notify of the first drops them all, in the middle of the turn: those of its batch have been taken out,
 * the rest is not notified any more. conformance 193, 216; real bugs 52 */
static void dropped_by_the_first_notify(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    make(&io, MANY, PLX_READ);
    assert_int_equal(poll_all(MANY, PLX_NOT_READY), MANY);
    when_notified = drop_the_others;
    send_byte();
    turn(-1);
    assert_int_equal(notified, 32);
    plx_poll_evented_drop(&io);
}

static plx_poll_evented *shared;

static void drop_the_source(void)
{
    when_notified = NULL;
    plx_poll_evented_drop(shared);
}

/* conformance 193, 214 */
static void the_source_dropped_by_the_first_notify(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    make(&io, MANY, PLX_READ);
    assert_int_equal(poll_all(MANY, PLX_NOT_READY), MANY);
    shared = &io;
    when_notified = drop_the_source;
    send_byte();
    turn(-1);
    assert_int_equal(notified, MANY);
    assert_int_equal(poll_all(MANY, PLX_FAILED), MANY);
    assert_int_equal(context.error.code, -ECANCELED);
    drop_all(MANY);
    assert_int_equal(plx_reactor_sources(reactor), 0);
}

/* Who waits for a source that is gone learns it, though another one is in its slot by now. conformance 194,
 * 214 */
static void a_source_that_was_dropped(void **state)
{
    plx_poll_evented io = settled(ends[0]), next;
    int others[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, others), 0);
    make(&io, 3, PLX_READ);
    assert_int_equal(poll_all(3, PLX_NOT_READY), 3);
    plx_poll_evented_drop(&io);
    assert_int_equal(notified, 3);
    next = settled(others[0]);
    assert_int_equal(poll_all(3, PLX_FAILED), 3);
    assert_int_equal(context.error.code, -ECANCELED);
    drop_all(3);

    make(&next, 3, PLX_READ); /* the list is in order */
    assert_int_equal(poll_all(3, PLX_NOT_READY), 3);
    assert_int_equal(write(others[1], "x", 1), 1);
    turn(-1);
    assert_int_equal(notified, 6);
    drop_all(3);
    plx_poll_evented_drop(&next);
    close(others[1]);
}

/* ── the end of the reactor ────────────────────────────────────────────────────────────────────────────── */

/* conformance 191, 192, 215 */
static void the_reactor_ends(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    make(&io, MANY, PLX_READ);
    assert_int_equal(poll_all(MANY - 1, PLX_NOT_READY), MANY - 1);
    plx_runtime_free(runtime);
    runtime = NULL;
    assert_int_equal(notified, MANY - 1);
    assert_int_equal(poll_all(MANY, PLX_FAILED), MANY); /* the last one asks for the first time */
    assert_int_equal(context.error.code, -ESHUTDOWN);
    drop_all(MANY);
    plx_poll_evented_drop(&io);
}

/* A waiter holds what it looks at, though the source and the runtime have gone. conformance 214 */
static void who_waits_longer_than_all_else(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    make(&io, 2, PLX_READ);
    assert_int_equal(poll_all(2, PLX_NOT_READY), 2);
    plx_poll_evented_drop(&io);
    plx_runtime_free(runtime);
    runtime = NULL;
    assert_int_equal(poll_all(2, PLX_FAILED), 2);
    assert_int_equal(context.error.code, -ECANCELED);
    drop_all(2);
}

/* A task whose id is its token. */
static void set_token(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self, (void)by;
    atomic_store((_Atomic int *)id, 1);
}

static uintptr_t keep_token(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    return id;
}

static void drop_token(const struct plx_notify *self, uintptr_t id)
{
    (void)self, (void)id;
}

static const struct plx_notify tokens = {set_token, keep_token, drop_token};

static _Atomic unsigned started;

/* Waits, from now until it is told that the reactor has ended. A wake that is lost stops it for ever. */
static void *wait_to_the_end(void *io)
{
    _Atomic int token = 0;
    plx_context mine = {.waker = {&tokens, (uintptr_t)&token}, .runtime = runtime};
    plx_readiness_item unused;
    plx_readiness wait = plx_readiness_new(io, PLX_READ);
    enum plx_answer answer;
    atomic_fetch_add(&started, 1);
    while ((answer = plx_readiness_poll(&wait, &mine, &unused)) == PLX_NOT_READY)
        wait_until(atomic_exchange(&token, 0));
    plx_readiness_drop(&wait);
    return answer == PLX_FAILED && mine.error.code == -ESHUTDOWN ? NULL : io;
}

/* conformance 215 */
static void ended_while_they_begin_to_wait(void **state)
{
    enum { THREADS = 2 };
    (void)state;
    close(ends[0]);
    for (unsigned round = 0; round < scaled(300); round++) {
        pthread_t threads[THREADS];
        int pair[2];
        struct plx_reactor *ending;
        assert_int_equal(plx_reactor_new(selector, &ending), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        plx_poll_evented io = plx_poll_evented_of(pair[0]);
        struct plx_scheduled_io *slot;
        assert_int_equal(plx_reactor_register(ending, pair[0], "ending", 0, &slot), 0);
        io.io = slot;
        started = 0;
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, wait_to_the_end, &io), 0);
        wait_until(atomic_load(&started) >= round % (THREADS + 1));
        plx_reactor_shutdown(ending);
        for (int i = 0; i < THREADS; i++) {
            void *wrong;
            pthread_join(threads[i], &wrong);
            assert_null(wrong);
        }
        plx_poll_evented_drop(&io);
        plx_reactor_release(ending);
        close(pair[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reactor_test(all_who_wait_are_notified_once),
        reactor_test(who_finds_nothing_waits_again),
        reactor_test(each_direction_for_itself),
        reactor_test(a_hang_up_is_for_all_and_stays),
        reactor_test(who_is_dropped_is_not_notified),
        reactor_test(dropped_by_the_first_notify),
        reactor_test(the_source_dropped_by_the_first_notify),
        reactor_test(a_source_that_was_dropped),
        reactor_test(the_reactor_ends),
        reactor_test(who_waits_longer_than_all_else),
        reactor_test(ended_while_they_begin_to_wait),
    };
    return RUN_WITH_EACH_SELECTOR(tests);
}
