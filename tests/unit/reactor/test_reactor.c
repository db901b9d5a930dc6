/* SPDX-License-Identifier: MIT
 *
 * The reactor with real descriptors: registering, turning, waking, and sources that go while somebody
 * waits for them.
 */
#include "tests/unit/reactor/fixture.h"

/* ── waiting ──────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 200, 204, 218, 219 */
static void who_waits_is_notified_once(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    turn(0); /* writable from the start */
    assert_int_equal(notified, 0);
    send_byte();
    assert_true(turn(-1) >= 1);
    assert_int_equal(notified, 1);
    assert_int_equal(turn(0), 0); /* edges come once, though the byte is still there */
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    assert_int_equal(ready(&io, PLX_WRITE), PLX_READY);
    plx_poll_evented_drop(&io);
    assert_int_equal(plx_runtime_sources(runtime), 0);
}

/* From one that would block to the next event, and on. conformance 219 */
static void edge_after_edge(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
        assert_int_equal(turn(0), 0);
        send_byte();
        assert_true(turn(-1) >= 1);
        assert_int_equal(notified, i + 1);
        assert_int_equal(ready(&io, PLX_READ), PLX_READY);
        take_byte();
        would_block(&io, PLX_READ);
    }
    plx_poll_evented_drop(&io);
}

/* What is there already when it is found to block is told all the same: by the edge that it was, or by the
 * level that it is. conformance 201 */
static void a_byte_before_the_clear_is_told(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    send_byte();
    turn(-1);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    take_byte();
    send_byte(); /* after the read that found nothing, before the clear */
    would_block(&io, PLX_READ);
    if (ready(&io, PLX_READ) == PLX_NOT_READY) {
        assert_true(turn(-1) >= 1);
        assert_int_equal(notified, 1);
    }
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    plx_poll_evented_drop(&io);
}

/* Of several tasks that wait for the same, the last one is notified: the wakers of the others are let go
 * (see `end`). */
static void the_last_one_to_wait_is_notified(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    send_byte();
    turn(-1);
    assert_int_equal(notified, 1);
    plx_poll_evented_drop(&io);
}

/* conformance 195 */
static void reader_and_writer_are_both_notified(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    assert_int_equal(ready(&io, PLX_WRITE), PLX_NOT_READY); /* before the first turn nothing is known */
    send_byte();
    turn(-1);
    assert_int_equal(notified, 2);
    plx_poll_evented_drop(&io);
}

/* conformance 198, 199 */
static void a_peer_that_closes_is_seen_in_both_directions(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    close(ends[1]);
    turn(-1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ready(&io, PLX_READ), PLX_READY);
        assert_int_equal(ready(&io, PLX_WRITE), PLX_READY);
    }
    plx_poll_evented_drop(&io);
    ends[1] = -1;
}

static atomic_bool over;

static void *turn_on_and_on(void *unused)
{
    (void)unused;
    while (!atomic_load(&over))
        turn(-1);
    return NULL;
}

/* conformance 200, 201: the event comes while the task looks, or registers its waker. One that is lost
 * stops the test for ever. */
static void an_event_while_it_registers_is_seen(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    pthread_t turner;
    char byte;
    (void)state;
    over = false;
    assert_int_equal(pthread_create(&turner, NULL, turn_on_and_on, NULL), 0);
    for (unsigned i = 0; i < scaled(3000); i++) {
        int before = notified;
        send_byte();
        if (ready(&io, PLX_READ) == PLX_NOT_READY)
            wait_until(atomic_load(&notified) > before);
        take_byte();
        seen = atomic_load(&io.io->word);
        if (read(ends[0], &byte, 1) < 0)
            would_block(&io, PLX_READ);
    }
    over = true;
    plx_reactor_wake(reactor);
    pthread_join(turner, NULL);
    plx_poll_evented_drop(&io);
}

/* ── registering ──────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 208, 218; real bugs 58: a failed registration gives its slot back. */
static void registered_twice_is_an_error(void **state)
{
    struct plx_scheduled_io *io, *again;
    (void)state;
    assert_int_equal(plx_reactor_register(reactor, ends[0], "one", 0, &io), 0);
    for (int i = 0; i < 200 && selector != &plx_kqueue; i++) /* kqueue cannot tell */
        assert_int_equal(plx_reactor_register(reactor, ends[0], "again", 0, &again), -EEXIST);
    assert_int_equal(plx_reactor_sources(reactor), 1);
    plx_reactor_deregister(io, ends[0]);
    assert_int_equal(plx_reactor_register(reactor, ends[0], "again", 0, &again), 0);
    plx_reactor_deregister(again, ends[0]);
    assert_int_equal(plx_reactor_sources(reactor), 0);
    close(ends[0]);
}

static void what_cannot_be_registered(void **state)
{
    plx_poll_evented none = {0}, file = plx_poll_evented_of(open("/proc/self/exe", O_RDONLY)),
                     bad = plx_poll_evented_of(9999);
    (void)state;
    assert_int_equal(plx_poll_evented_ready(&none, &context, PLX_READ, &seen), PLX_FAILED);
    assert_int_equal(context.error.code, -EBADF);
    if (selector != &plx_poll) { /* epoll takes no files */
        assert_int_equal(plx_poll_evented_ready(&file, &context, PLX_READ, &seen), PLX_FAILED);
        assert_int_equal(context.error.code, -EPERM);
    }
    assert_int_equal(plx_poll_evented_ready(&bad, &context, PLX_READ, &seen), PLX_FAILED);
    assert_int_equal(context.error.code, -EBADF);
    plx_poll_evented_drop(&file);
    assert_int_equal(plx_poll_evented_into_fd(&bad), 9999);
    assert_int_equal(plx_poll_evented_into_fd(&none), -1);

    plx_context outside = {.waker = {&counter, 1}};
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    assert_int_equal(plx_poll_evented_ready(&io, &outside, PLX_READ, &seen), PLX_FAILED);
    assert_int_equal(outside.error.code, -ENOTCONN);
    plx_poll_evented_drop(&io);
    assert_int_equal(plx_reactor_sources(reactor), 0);
}

/* conformance 206: given back it can be registered with another reactor. */
static void given_back_it_is_free(void **state)
{
    struct plx_runtime *other = runtime_of(
        (struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .selector = selector});
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    int fd = plx_poll_evented_into_fd(&io);
    assert_int_equal(fd, ends[0]);
    assert_int_equal(plx_poll_evented_into_fd(&io), -1);
    io = plx_poll_evented_of(fd);
    context.runtime = other;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    assert_int_equal(plx_runtime_sources(other), 1);
    assert_int_equal(plx_runtime_sources(runtime), 0);
    plx_poll_evented_drop(&io);
    plx_runtime_free(other);
}

/* More sources than a page has slots, given back in another order. conformance 214; real bugs 56 */
static void many_sources(void **state)
{
    enum { MANY = 300 };
    static plx_poll_evented io[MANY];
    (void)state;
    close(ends[0]);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            io[i] = plx_poll_evented_of(fcntl(ends[1], F_DUPFD_CLOEXEC, 0));
            assert_int_equal(plx_poll_evented_register(&io[i], &context, "copy"), 0);
        }
        assert_int_equal(plx_reactor_sources(reactor), MANY);
        turn(0);
        for (int i = 0; i < MANY; i++)
            plx_poll_evented_drop(&io[i * 7 % MANY]); /* 7 and 300 have no common factor */
        assert_int_equal(plx_reactor_sources(reactor), 0);
    }
}

/* ── sources that go ──────────────────────────────────────────────────────────────────────────────────── */

static void dropped_while_waited_for(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    assert_int_equal(ready(&io, PLX_WRITE), PLX_NOT_READY);
    plx_poll_evented_drop(&io);
    assert_int_equal(kept, dropped);
    assert_int_equal(notified, 0);
    assert_int_equal(turn(0), 0);
}

static plx_poll_evented *victim;

static void drop_victim(void)
{
    plx_poll_evented_drop(victim);
}

/* conformance 193, 214; real bugs 52: the notify drops the source, in the middle of the turn that notifies.
 * */
static void dropped_by_its_own_notify(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    victim = &io;
    when_notified = drop_victim;
    send_byte();
    turn(-1);
    assert_int_equal(notified, 1);
    assert_int_equal(plx_reactor_sources(reactor), 0);
}

/* The events of one turn: the first one's notify drops the other source, whose event has been taken out
 * already, and makes a new one in its slot. conformance 194, 214 */
static plx_poll_evented newcomer;
static int newcomer_ends[2];

static void replace_victim(void)
{
    plx_poll_evented_drop(victim);
    newcomer = plx_poll_evented_of(newcomer_ends[0]);
    plx_poll_evented_register(&newcomer, &context, "newcomer");
    when_notified = NULL;
}

static void a_late_event_does_not_meet_the_next_source(void **state)
{
    plx_poll_evented one = plx_poll_evented_of(ends[0]);
    plx_poll_evented other = plx_poll_evented_of(fcntl(ends[0], F_DUPFD_CLOEXEC, 0));
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, newcomer_ends), 0);
    assert_int_equal(ready(&one, PLX_READ), PLX_NOT_READY);
    plx_poll_evented_register(&other, &context, "other");
    turn(0);
    victim = &other;
    when_notified = replace_victim;
    send_byte();
    assert_true(turn(-1) >= 2); /* kqueue tells of reading and writing apart */
    assert_int_equal(plx_poll_evented_ready(&newcomer, &context, PLX_READ, &seen), PLX_NOT_READY);
    plx_poll_evented_drop(&one);
    plx_poll_evented_drop(&newcomer);
    close(newcomer_ends[1]);
}

/* What its slots have kept is let go: else a task and the source it waits for would hold each other.
 * conformance 191, 192, 215; real bugs 59 */
static void the_reactor_goes_first(void **state)
{
    plx_poll_evented io = plx_poll_evented_of(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    plx_runtime_free(runtime);
    assert_int_equal(notified, 1);
    assert_int_equal(kept, dropped);
    assert_int_equal(ready(&io, PLX_READ), PLX_FAILED);
    assert_int_equal(context.error.code, -ESHUTDOWN);
    plx_poll_evented_drop(&io);
    runtime = NULL;
}

/* ── turns ────────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 210, 211: a wake before the wait ends it, and many are one. */
static void many_wakes_are_one(void **state)
{
    (void)state;
    close(ends[0]);
    assert_int_equal(turn(0), 0);
    for (int i = 0; i < 100; i++)
        plx_reactor_wake(reactor);
    assert_int_equal(turn(-1), 0);
    assert_int_equal(turn(0), 0);
}

static void *wake_it(void *unused)
{
    (void)unused;
    plx_reactor_wake(reactor);
    return NULL;
}

/* conformance 210 */
static void a_wake_ends_a_wait(void **state)
{
    (void)state;
    close(ends[0]);
    for (unsigned i = 0; i < scaled(500); i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, wake_it, NULL), 0);
        assert_int_equal(turn(-1), 0);
        pthread_join(thread, NULL);
    }
}

static void one_owner_at_a_time(void **state)
{
    (void)state;
    close(ends[0]);
    assert_true(plx_reactor_try_own(reactor));
    assert_false(plx_reactor_try_own(reactor));
    plx_reactor_disown(reactor);
    assert_true(plx_reactor_try_own(reactor));
    plx_reactor_disown(reactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reactor_test(who_waits_is_notified_once),
        reactor_test(edge_after_edge),
        reactor_test(a_byte_before_the_clear_is_told),
        reactor_test(the_last_one_to_wait_is_notified),
        reactor_test(reader_and_writer_are_both_notified),
        reactor_test(a_peer_that_closes_is_seen_in_both_directions),
        reactor_test(an_event_while_it_registers_is_seen),
        reactor_test(registered_twice_is_an_error),
        reactor_test(what_cannot_be_registered),
        reactor_test(given_back_it_is_free),
        reactor_test(many_sources),
        reactor_test(dropped_while_waited_for),
        reactor_test(dropped_by_its_own_notify),
        reactor_test(a_late_event_does_not_meet_the_next_source),
        reactor_test(the_reactor_goes_first),
        reactor_test(many_wakes_are_one),
        reactor_test(a_wake_ends_a_wait),
        reactor_test(one_owner_at_a_time),
    };
    return RUN_WITH_EACH_SELECTOR(tests);
}
