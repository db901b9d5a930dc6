/* SPDX-License-Identifier: MIT
 *
 * The duplex: bytes there and back, a full and an empty direction, how it ends; and the wakers that wait in
 * it.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

#include <errno.h>

static plx_stream a, b;

static int begin(void **state)
{
    (void)state;
    return plx_duplex(4, &a, &b);
}

static int end(void **state)
{
    (void)state;
    plx_stream_drop(&a);
    plx_stream_drop(&b);
    return 0;
}

static enum plx_answer poll_read(struct hand *hand, plx_stream *stream, char *bytes, size_t size,
                                 size_t *count)
{
    plx_stream_read read = plx_stream_read_new(stream, bytes, size);
    return POLL(plx_stream_read, &read, hand, count);
}

static enum plx_answer poll_write(struct hand *hand, plx_stream *stream, const char *text, size_t *count)
{
    plx_stream_write write = plx_stream_write_new(stream, text, strlen(text));
    return POLL(plx_stream_write, &write, hand, count);
}

static void there_and_back(void **state)
{
    struct hand hand = HAND;
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(poll_write(&hand, &a, "ab", &count), PLX_READY);
    assert_int_equal(poll_write(&hand, &b, "xyz", &count), PLX_READY);
    assert_int_equal(poll_read(&hand, &b, bytes, 1, &count), PLX_READY);
    assert_int_equal(bytes[0], 'a');
    assert_int_equal(poll_write(&hand, &a, "cdef", &count),
                     PLX_READY); /* three of them fit, around the corner */
    assert_int_equal(count, 3);
    assert_int_equal(poll_read(&hand, &b, bytes, 8, &count), PLX_READY);
    assert_int_equal(count, 4);
    assert_memory_equal(bytes, "bcde", 4);
    assert_int_equal(poll_read(&hand, &a, bytes, 8, &count), PLX_READY);
    assert_memory_equal(bytes, "xyz", 3);
    assert_int_equal(hand_wakers(&hand), 0); /* nobody had to wait */
}

static void an_empty_one_makes_the_reader_wait(void **state)
{
    struct hand reader = HAND, writer = HAND;
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(poll_read(&reader, &b, bytes, 8, &count), PLX_NOT_READY);
    assert_int_equal(poll_read(&reader, &b, bytes, 8, &count), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&reader), 1); /* the second replaced the first */
    assert_int_equal(poll_write(&writer, &a, "x", &count), PLX_READY);
    assert_int_equal(reader.notified, 1);
    assert_int_equal(hand_wakers(&reader), 0);
    assert_int_equal(poll_write(&writer, &a, "y", &count), PLX_READY);
    assert_int_equal(reader.notified, 1);
    assert_int_equal(writer.notified, 0);
}

static void a_full_one_makes_the_writer_wait(void **state)
{
    struct hand reader = HAND, writer = HAND;
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(poll_write(&writer, &a, "0123", &count), PLX_READY);
    assert_int_equal(poll_write(&writer, &a, "4", &count), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&writer), 1);
    assert_int_equal(poll_read(&reader, &b, bytes, 1, &count), PLX_READY);
    assert_int_equal(writer.notified, 1);
    assert_int_equal(hand_wakers(&writer), 0);
    assert_int_equal(poll_write(&writer, &a, "45", &count), PLX_READY);
    assert_int_equal(count, 1);
}

/* What was written before the end is read before the end, and then the end again and again. */
static void a_dropped_writer_is_the_end(void **state)
{
    struct hand hand = HAND;
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(poll_write(&hand, &a, "ab", &count), PLX_READY);
    plx_stream_drop(&a);
    assert_int_equal(poll_read(&hand, &b, bytes, 8, &count), PLX_READY);
    assert_int_equal(count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(poll_read(&hand, &b, bytes, 8, &count), PLX_READY);
        assert_int_equal(count, 0);
    }
    assert_int_equal(poll_write(&hand, &b, "x", &count), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -EPIPE);
}

static void who_waits_is_told_of_the_end(void **state)
{
    struct hand reader = HAND, writer = HAND;
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(poll_write(&writer, &b, "0123", &count), PLX_READY);
    assert_int_equal(poll_write(&writer, &b, "4", &count), PLX_NOT_READY);
    assert_int_equal(poll_read(&reader, &b, bytes, 8, &count), PLX_NOT_READY);
    plx_stream_drop(&a);
    assert_int_equal(reader.notified, 1);
    assert_int_equal(writer.notified, 1);
    assert_int_equal(poll_read(&reader, &b, bytes, 8, &count), PLX_READY);
    assert_int_equal(count, 0);
    assert_int_equal(poll_write(&writer, &b, "4", &count), PLX_FAILED);
    assert_int_equal(hand_wakers(&reader) + hand_wakers(&writer), 0);
}

/* Half of it is closed: the other half goes on. */
static void after_a_shutdown(void **state)
{
    struct hand hand = HAND;
    plx_stream_shutdown shutdown = plx_stream_shutdown_new(&a);
    plx_unit nothing;
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(POLL(plx_stream_shutdown, &shutdown, &hand, &nothing), PLX_READY);
    assert_int_equal(poll_write(&hand, &a, "x", &count), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -EPIPE);
    assert_int_equal(poll_read(&hand, &b, bytes, 8, &count), PLX_READY);
    assert_int_equal(count, 0);
    assert_int_equal(poll_write(&hand, &b, "back", &count), PLX_READY);
    assert_int_equal(poll_read(&hand, &a, bytes, 8, &count), PLX_READY);
    assert_memory_equal(bytes, "back", 4);
}

static void no_capacity(void **state)
{
    plx_stream c, d;
    (void)state;
    assert_int_equal(plx_duplex(0, &c, &d), -EINVAL);
}

/* ── between threads and tasks ────────────────────────────────────────────────────────────────────────── */

enum { MUCH = 100000 };

PLX_HANDLE(writing, plx_stream_write_all)

/* The writer is a task, the reader a plain thread: each waits for the other again and again. */
static void much_through_little(void **state)
{
    enum plx_runtime_kind kinds[] = {PLX_CURRENT_THREAD, PLX_THREAD_POOL};
    char *out = malloc(MUCH), *in = calloc(1, MUCH);
    (void)state;
    assert_true(out && in);
    for (int i = 0; i < MUCH; i++)
        out[i] = (char)(i * 7 + (i >> 8));
    for (int i = 0; i < 2; i++) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = kinds[i]});
        writing handle;
        size_t count;
        assert_int_equal(writing_spawn_on(runtime, plx_stream_write_all_new(&a, out, MUCH), &handle), 0);
        if (kinds[i] == PLX_THREAD_POOL)
            assert_int_equal(PLX_WAIT(plx_stream_read_exact, plx_stream_read_exact_new(&b, in, MUCH), &count),
                             0);
        else
            assert_int_equal(
                PLX_BLOCK_ON(runtime, plx_stream_read_exact, plx_stream_read_exact_new(&b, in, MUCH), &count),
                0);
        assert_int_equal(writing_wait(&handle, &count), 0);
        assert_int_equal(count, MUCH);
        assert_memory_equal(in, out, MUCH);
        memset(in, 0, MUCH);
        plx_runtime_free(runtime);
    }
    free(out);
    free(in);
}

/* When the budget is used up even what is there is NotReady, and the task has yielded. */
static void the_budget(void **state)
{
    struct hand hand = HAND;
    char byte;
    size_t count;
    (void)state;
    hand_enter(&hand);
    hand.cx.budget = 3;
    for (int i = 0; i < 10; i++) /* nothing costs nothing */
        assert_int_equal(plx_stream_poll_write(&a, &hand.cx, "", 0, &count), PLX_READY);
    assert_int_equal(plx_stream_poll_write(&a, &hand.cx, "0123", 4, &count), PLX_READY);
    assert_int_equal(plx_stream_poll_read(&b, &hand.cx, &byte, 1, &count), PLX_READY);
    assert_int_equal(plx_stream_poll_read(&b, &hand.cx, &byte, 1, &count), PLX_READY);
    assert_int_equal(plx_stream_poll_read(&b, &hand.cx, &byte, 1, &count), PLX_NOT_READY);
    assert_true(hand.cx.yielded);
    hand_leave(&hand);
}

#define duplex_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        duplex_test(there_and_back),
        duplex_test(an_empty_one_makes_the_reader_wait),
        duplex_test(a_full_one_makes_the_writer_wait),
        duplex_test(a_dropped_writer_is_the_end),
        duplex_test(who_waits_is_told_of_the_end),
        duplex_test(after_a_shutdown),
        duplex_test(no_capacity),
        duplex_test(much_through_little),
        duplex_test(the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
