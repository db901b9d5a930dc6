/* SPDX-License-Identifier: MIT
 *
 * What a read that took all, or less, says about the next one: which reads are made, which wait for the
 * others' turn, and that nothing is left unread.
 */
#include "tests/unit/reactor/fixture.h"

#include "lib/io/descriptor.h"

enum { REQUEST = 4 };

static plx_poll_evented sock;
static char bytes[64];

static int begin_reading(void **state)
{
    int error = begin(state);
    context.budget = 128;
    sock = plx_poll_evented_try_first(ends[0]);
    return error;
}

static int end_reading(void **state)
{
    plx_poll_evented_drop(&sock);
    return end(state);
}

#define expect_test(test) cmocka_unit_test_setup_teardown(test, begin_reading, end_reading)

static void peer_sends(const char *text)
{
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
}

/* How many bytes a read of `size` gives; -1: it waits for an event; -2: it waits for the others' turn. */
static int read_of(size_t size)
{
    size_t count;
    context.yielded = false;
    enum plx_answer answer = plx__socket_recv(&sock, &context, bytes, size, 0, true, &count);
    if (answer == PLX_READY)
        return (int)count;
    assert_int_equal(answer, PLX_NOT_READY);
    return context.yielded ? -2 : -1;
}

#define assert_waits(size)  assert_int_equal(read_of(size), -1)
#define assert_yields(size) assert_int_equal(read_of(size), -2)

/* A request comes alone, and the read after it finds nothing: the next time that is expected. */
static void learn(void)
{
    peer_sends("ask ");
    assert_int_equal(read_of(REQUEST), REQUEST);
    assert_waits(REQUEST);
    peer_sends("ask ");
    turn(-1);
    assert_int_equal(read_of(REQUEST), REQUEST);
}

/* ── nothing is expected ──────────────────────────────────────────────────────────────────────────────── */

static void a_read_in_vain_lets_the_others_first(void **state)
{
    (void)state;
    learn();
    int before = notified;
    assert_yields(REQUEST);
    assert_int_equal(notified, before + 1); /* by itself */
    assert_waits(REQUEST);
    peer_sends("ask ");
    turn(-1);
    assert_int_equal(read_of(REQUEST), REQUEST);
    assert_yields(REQUEST);
}

/* While it let the others run, the next request came: the read in vain was never made. */
static void what_comes_meanwhile_is_read(void **state)
{
    (void)state;
    learn();
    for (int i = 0; i < 10; i++) {
        assert_yields(REQUEST);
        peer_sends("ask ");
        if (selector->rearm)
            assert_int_equal(turn(0), 0);
        else
            assert_true(turn(-1) > 0);
        assert_int_equal(read_of(REQUEST), REQUEST);
        if (selector->rearm)
            break; /* these tell nothing before somebody has waited: it looks as if it had been there */
    }
}

/* An event that came before the next read says that it is worth while. */
static void an_event_is_believed(void **state)
{
    (void)state;
    if (selector->rearm)
        return;
    learn();
    peer_sends("ask ");
    turn(-1);
    assert_int_equal(read_of(REQUEST), REQUEST);
}

static void who_has_no_budget_does_not_yield(void **state)
{
    (void)state;
    context.budget = 0;
    learn();
    assert_waits(REQUEST);
}

/* ── nothing is left unread ───────────────────────────────────────────────────────────────────────────── */

/* Two requests in one event: the second is behind the others, and not behind the next event. */
static void more_than_was_expected(void **state)
{
    (void)state;
    learn();
    assert_yields(REQUEST);
    assert_waits(REQUEST);
    peer_sends("one two ");
    turn(-1);
    assert_int_equal(read_of(REQUEST), REQUEST);
    assert_yields(REQUEST);
    assert_int_equal(read_of(REQUEST), REQUEST);
    assert_memory_equal(bytes, "two ", REQUEST);
}

/* Who sends a lot is soon read without pauses. */
static void a_stream_is_read_on(void **state)
{
    int yields = 0;
    (void)state;
    learn();
    assert_yields(REQUEST);
    assert_waits(REQUEST);
    for (int i = 0; i < 16; i++)
        peer_sends("0123");
    turn(-1);
    for (int i = 0; i < 16; i++) {
        int got = read_of(REQUEST);
        if (got == -2) {
            yields++;
            got = read_of(REQUEST);
        }
        assert_int_equal(got, REQUEST);
    }
    assert_in_range(yields, 1, 3);
}

/* conformance 198, 199 */
static void the_end_behind_the_last_request(void **state)
{
    (void)state;
    learn();
    assert_yields(REQUEST);
    assert_waits(REQUEST);
    peer_sends("ask ");
    assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
    turn(-1);
    assert_int_equal(read_of(REQUEST), REQUEST);
    assert_int_equal(read_of(REQUEST), 0); /* told with the request: it need not yield to find it */
    assert_int_equal(read_of(REQUEST), 0);
}

static void the_end_while_the_others_run(void **state)
{
    (void)state;
    learn();
    assert_yields(REQUEST);
    assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
    assert_int_equal(read_of(REQUEST), 0);
}

/* ── less than was asked for: that is all ─────────────────────────────────────────────────────────────── */

static void a_short_read_is_the_last(void **state)
{
    (void)state;
    assert_waits(sizeof bytes);
    peer_sends("hello");
    turn(-1);
    assert_int_equal(read_of(sizeof bytes), 5);
    peer_sends("again"); /* its event is not told yet */
    assert_waits(sizeof bytes);
    turn(-1);
    assert_int_equal(read_of(sizeof bytes), 5);
    assert_waits(sizeof bytes);
}

/* What comes between the read and the clearing has an event of its own. conformance 201 */
static void more_behind_a_short_read(void **state)
{
    uint64_t before;
    (void)state;
    if (selector->rearm)
        return; /* tells nothing before the clearing */
    assert_waits(sizeof bytes);
    peer_sends("hello");
    turn(-1);
    assert_int_equal(plx_poll_evented_ready(&sock, &context, PLX_READ, &before), PLX_READY);
    assert_int_equal(recv(sock.fd, bytes, sizeof bytes, 0), 5);
    peer_sends("more");
    turn(-1);
    plx_poll_evented_clear(&sock, PLX_READ, before);
    assert_int_equal(read_of(sizeof bytes), 4);
}

static void the_end_behind_a_short_read(void **state)
{
    const bool told_before[] = {false, true};
    const bool *told = &told_before[*state != NULL];
    assert_waits(sizeof bytes);
    peer_sends("hello");
    if (*told)
        assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
    turn(-1);
    assert_int_equal(read_of(sizeof bytes), 5);
    if (!*told) {
        assert_waits(sizeof bytes);
        assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
        turn(-1);
    }
    assert_int_equal(read_of(sizeof bytes), 0);
}

static void the_end_with_a_short_read(void **state)
{
    void *told = state;
    the_end_behind_a_short_read(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        expect_test(a_read_in_vain_lets_the_others_first),
        expect_test(what_comes_meanwhile_is_read),
        expect_test(an_event_is_believed),
        expect_test(who_has_no_budget_does_not_yield),
        expect_test(more_than_was_expected),
        expect_test(a_stream_is_read_on),
        expect_test(the_end_behind_the_last_request),
        expect_test(the_end_while_the_others_run),
        expect_test(a_short_read_is_the_last),
        expect_test(more_behind_a_short_read),
        expect_test(the_end_behind_a_short_read),
        expect_test(the_end_with_a_short_read),
    };
    return RUN_WITH_EACH_SELECTOR(tests);
}
