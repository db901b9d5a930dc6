/* SPDX-License-Identifier: MIT
 *
 * Copy, and copy in both directions.
 */
#include "tests/support/leaf.h"
#include "tests/unit/io/script.h"

#include <errno.h>

/* ── one way ──────────────────────────────────────────────────────────────────────────────────────────── */

static void copies_all(void **state)
{
    struct script from = {.reads = {PART("one "), WAIT, PART("two "), PART("three")}};
    struct script to = {.takes = 3, .write_waits = true};
    plx_stream in = script_stream(&from), out = script_stream(&to);
    uint64_t copied;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_copy, plx_copy_new(&in, &out), &copied), 0);
    assert_int_equal(copied, 13);
    assert_written(&to, "one two three");
    assert_int_equal(to.flushes, 2); /* when nothing came for the moment, and at the end */
    assert_int_equal(to.shutdowns + from.drops + to.drops, 0);
}

/* conformance 329 */
static void a_write_of_nothing_ends_it(void **state)
{
    struct script from = {.reads = {PART("x")}}, to = {.takes_none = true};
    plx_stream in = script_stream(&from), out = script_stream(&to);
    uint64_t copied;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_copy, plx_copy_new(&in, &out), &copied), -EIO);
    assert_int_equal(to.write_calls, 1);
}

static void failures_of_both_sides(void **state)
{
    struct script from = {.reads = {PART("x"), FAIL(-ECONNRESET)}}, to = {.takes = 0};
    plx_stream in = script_stream(&from), out = script_stream(&to), none = {0};
    uint64_t copied;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_copy, plx_copy_new(&in, &out), &copied), -ECONNRESET);
    assert_written(&to, "x");
    from.at = 0;
    assert_int_equal(PLX_WAIT(plx_copy, plx_copy_new(&in, &none), &copied), -EBADF);
}

/* Both sides are always ready: the task's budget ends each poll. */
static void gives_way(void **state)
{
    struct hand hand = HAND;
    plx_stream in = plx_stream_of_bytes(NULL, 0), a, b;
    size_t count;
    (void)state;
    plx_stream_drop(&in);
    static char much[PLX_BUFFER_ROOM * 8];
    in = plx_stream_of_bytes(much, sizeof much);
    assert_int_equal(plx_duplex(2 * sizeof much, &a, &b), 0);
    plx_copy copy = plx_copy_new(&in, &a);
    int polls = 0;
    enum plx_answer answer;
    do {
        uint64_t copied;
        hand_enter(&hand);
        hand.cx.budget = 4;
        answer = plx_copy_poll(&copy, &hand.cx, &copied);
        assert_true(answer == PLX_READY || hand.cx.yielded);
        assert_true(hand.cx.spent <= 4);
        hand_leave(&hand);
        polls++;
    } while (answer == PLX_NOT_READY);
    assert_int_equal(answer, PLX_READY);
    assert_int_equal(polls, 5); /* 8 reads, 8 writes, one read of the end */
    plx_copy_drop(&copy);
    plx_stream_drop(&in);
    plx_stream_drop(&a);
    char *all = malloc(sizeof much);
    assert_int_equal(PLX_WAIT(plx_stream_read_exact, plx_stream_read_exact_new(&b, all, sizeof much), &count),
                     0);
    free(all);
    plx_stream_drop(&b);
}

/* ── both ways ────────────────────────────────────────────────────────────────────────────────────────── */

PLX_HANDLE(proxying, plx_copy_bidirectional)

static int write_all(struct plx_runtime *runtime, plx_stream *stream, const char *text)
{
    size_t count;
    return PLX_BLOCK_ON(runtime, plx_stream_write_all, plx_stream_write_all_new(stream, text, strlen(text)),
                        &count);
}

static void expect(struct plx_runtime *runtime, plx_stream *stream, const char *text)
{
    char bytes[64];
    size_t count;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_read_exact,
                                  plx_stream_read_exact_new(stream, bytes, strlen(text)), &count),
                     0);
    assert_memory_equal(bytes, text, strlen(text));
}

static void expect_end(struct plx_runtime *runtime, plx_stream *stream)
{
    char byte;
    size_t count;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_read, plx_stream_read_new(stream, &byte, 1), &count),
                     0);
    assert_int_equal(count, 0);
}

/* A client, a proxy, a server. The client ends its half first, reads the answer, and then the server ends. */
static void a_proxy_hands_the_half_close_on(void **state)
{
    enum plx_runtime_kind kinds[] = {PLX_CURRENT_THREAD, PLX_THREAD_POOL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = kinds[i]});
        plx_stream client, front, back, server;
        proxying handle;
        plx_copied copied;
        plx_unit nothing;
        assert_int_equal(plx_duplex(3, &client, &front), 0);
        assert_int_equal(plx_duplex(5, &back, &server), 0);
        assert_int_equal(proxying_spawn_on(runtime, plx_copy_bidirectional_new(&front, &back), &handle), 0);

        assert_int_equal(write_all(runtime, &client, "question"), 0);
        expect(runtime, &server, "question");
        assert_int_equal(
            PLX_BLOCK_ON(runtime, plx_stream_shutdown, plx_stream_shutdown_new(&client), &nothing), 0);
        expect_end(runtime, &server);
        assert_int_equal(write_all(runtime, &server, "the answer"), 0);
        expect(runtime, &client, "the answer");
        plx_stream_drop(&server);
        expect_end(runtime, &client);

        assert_int_equal(proxying_wait(&handle, &copied), 0);
        assert_int_equal(copied.there, 8);
        assert_int_equal(copied.back, 10);
        plx_stream_drop(&client);
        plx_stream_drop(&front);
        plx_stream_drop(&back);
        plx_runtime_free(runtime);
    }
}

static void a_failure_of_one_way_ends_both(void **state)
{
    struct script a = {.reads = {WAIT, PART("x")}}, b = {.reads = {PART("y"), FAIL(-ECONNRESET)}};
    plx_stream one = script_stream(&a), other = script_stream(&b);
    plx_copied copied;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_copy_bidirectional, plx_copy_bidirectional_new(&one, &other), &copied),
                     -ECONNRESET);
    assert_written(&a, "y");
}

/* One way has always something, the budget is used up in every poll: the other way gets on all the same. */
static void a_busy_way_does_not_starve_the_other(void **state)
{
    struct hand hand = HAND;
    static char much[PLX_BUFFER_ROOM * 64];
    plx_stream client, front, server, back, in;
    size_t count;
    uint64_t unused;
    (void)state;
    assert_int_equal(plx_duplex(2 * sizeof much, &client, &front), 0);
    assert_int_equal(plx_duplex(2 * sizeof much, &server, &back), 0);
    in = plx_stream_of_bytes(much, sizeof much);
    assert_int_equal(PLX_WAIT(plx_copy, plx_copy_new(&in, &client), &unused), 0); /* the busy way: there */
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&server, "hello", 5), &count),
                     0);
    plx_copy_bidirectional both = plx_copy_bidirectional_new(&front, &back);
    for (int i = 0; i < 2; i++) {
        plx_copied copied;
        hand_enter(&hand);
        hand.cx.budget = 2;
        assert_int_equal(plx_copy_bidirectional_poll(&both, &hand.cx, &copied), PLX_NOT_READY);
        hand_leave(&hand);
    }
    assert_int_equal(both.back.copied, 5);
    assert_true(both.there.copied > 0);
    plx_copy_bidirectional_drop(&both);
    plx_stream_drop(&in);
    plx_stream_drop(&client);
    plx_stream_drop(&front);
    plx_stream_drop(&server);
    plx_stream_drop(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_all),
        cmocka_unit_test(a_write_of_nothing_ends_it),
        cmocka_unit_test(failures_of_both_sides),
        cmocka_unit_test(gives_way),
        cmocka_unit_test(a_proxy_hands_the_half_close_on),
        cmocka_unit_test(a_failure_of_one_way_ends_both),
        cmocka_unit_test(a_busy_way_does_not_starve_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
