/* SPDX-License-Identifier: MIT
 *
 * plx_stream and its futures: read, write, readv, writev, flush, shutdown, chain, limit; on streams that do
 * what the test says, driven on a plain thread.
 */
#include "tests/unit/io/script.h"

#include <errno.h>

static int read_some(plx_stream *stream, void *bytes, size_t size, size_t *count)
{
    return PLX_WAIT(plx_stream_read, plx_stream_read_new(stream, bytes, size), count);
}

/* ── reading ──────────────────────────────────────────────────────────────────────────────────────────── */

static void reads_what_is_there(void **state)
{
    struct script script = {.reads = {WAIT, PART("hello"), FAIL(-EIO), PART("x")}};
    plx_stream stream = script_stream(&script);
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(read_some(&stream, bytes, 3, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(read_some(&stream, bytes, 8, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(read_some(&stream, bytes, 8, &count), -EIO);
    assert_int_equal(read_some(&stream, bytes, 8, &count), 0); /* a failure does not close it */
    assert_int_equal(count, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_some(&stream, bytes, 8, &count), 0);
        assert_int_equal(count, 0);
    }
    assert_int_equal(script.drops, 0);
    plx_stream_drop(&stream);
    assert_int_equal(script.drops, 1);
    assert_null(stream.ops);
}

static void reads_exactly(void **state)
{
    struct script script = {.reads = {PART("ab"), WAIT, PART("cd"), PART("ef")}};
    plx_stream stream = script_stream(&script);
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_stream_read_exact, plx_stream_read_exact_new(&stream, bytes, 5), &count),
                     0);
    assert_int_equal(count, 5);
    assert_memory_equal(bytes, "abcde", 5);
    assert_int_equal(PLX_WAIT(plx_stream_read_exact, plx_stream_read_exact_new(&stream, bytes, 2), &count),
                     PLX_UNEXPECTED_END);
    assert_int_equal(PLX_WAIT(plx_stream_read_exact, plx_stream_read_exact_new(&stream, NULL, 0), &count), 0);
}

static void reads_to_the_end_or_the_limit(void **state)
{
    struct plx_bytes bytes = {0};
    size_t count;
    (void)state;
    for (size_t limit = 0; limit < 12; limit++) {
        struct script script = {.reads = {PART("0123"), WAIT, PART("4567"), PART("89")}};
        plx_stream stream = script_stream(&script);
        bytes.size = 0;
        assert_int_equal(plx_bytes_add(&bytes, "!", 1), 0);
        int error = PLX_WAIT(plx_stream_read_to_end, plx_stream_read_to_end_new(&stream, &bytes, limit),
                             &count);
        assert_int_equal(error, limit < 10 ? -EMSGSIZE : 0);
        assert_int_equal(bytes.size, limit < 10 ? 1 + limit : 11);
        assert_memory_equal(bytes.at, "!0123456789", bytes.size);
        if (!error)
            assert_int_equal(count, 10);
    }
    plx_bytes_done(&bytes);
}

/* Without a readv of its own a stream fills the first part. */
static void reads_into_parts(void **state)
{
    struct script script = {.reads = {PART("hello")}};
    plx_stream stream = script_stream(&script);
    char a[2], b[8];
    struct iovec parts[] = {{NULL, 0}, {a, 2}, {b, 8}};
    size_t count;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_stream_readv, plx_stream_readv_new(&stream, parts, 3), &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(PLX_WAIT(plx_stream_readv, plx_stream_readv_new(&stream, parts, 1), &count), 0);
    assert_int_equal(count, 0);
}

/* ── writing ──────────────────────────────────────────────────────────────────────────────────────────── */

static void writes_all(void **state)
{
    struct script script = {.takes = 3, .write_waits = true};
    plx_stream stream = script_stream(&script);
    size_t count;
    (void)state;
    assert_int_equal(
        PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&stream, "hello world", 11), &count), 0);
    assert_int_equal(count, 11);
    assert_written(&script, "hello world");
    assert_int_equal(script.write_calls, 8);
}

/* Every way of cutting three parts, empty ones among them, into writes. */
static void writes_all_parts(void **state)
{
    const struct iovec parts[] = {{"", 0}, {"one", 3}, {"", 0}, {"two", 3}, {"three", 5}, {NULL, 0}};
    (void)state;
    for (size_t takes = 0; takes < 12; takes++) {
        struct script script = {.takes = takes, .write_waits = takes & 1};
        plx_stream stream = script_stream(&script);
        size_t count;
        assert_int_equal(PLX_WAIT(plx_stream_writev, plx_stream_writev_new(&stream, parts, 6), &count), 0);
        assert_int_equal(count, 11);
        assert_written(&script, "onetwothree");
    }
}

static void many_parts(void **state)
{
    struct script script = {.takes = 0};
    plx_stream stream = script_stream(&script);
    struct iovec parts[100];
    char digits[] = "0123456789";
    size_t count;
    (void)state;
    for (int i = 0; i < 100; i++)
        parts[i] = (struct iovec){&digits[i % 10], 1};
    assert_int_equal(PLX_WAIT(plx_stream_writev, plx_stream_writev_new(&stream, parts, 100), &count), 0);
    assert_int_equal(script.size, 100);
    assert_memory_equal(script.written + 90, "0123456789", 10);
}

/* conformance 329: a stream that takes nothing. */
static void a_write_of_nothing_is_an_error(void **state)
{
    struct script script = {.takes_none = true};
    plx_stream stream = script_stream(&script);
    const struct iovec part = {"x", 1};
    size_t count;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&stream, "x", 1), &count), -EIO);
    assert_int_equal(PLX_WAIT(plx_stream_writev, plx_stream_writev_new(&stream, &part, 1), &count), -EIO);
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&stream, "", 0), &count), 0);
    assert_int_equal(script.write_calls, 2);
}

static void flushes_and_shuts_down(void **state)
{
    struct script script = {.takes = 0};
    plx_stream stream = script_stream(&script);
    plx_unit nothing;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_stream_flush, plx_stream_flush_new(&stream), &nothing), 0);
    assert_int_equal(script.flushes, 1);
    assert_int_equal(PLX_WAIT(plx_stream_shutdown, plx_stream_shutdown_new(&stream), &nothing), 0);
    assert_int_equal(script.flushes, 2);
    assert_int_equal(script.shutdowns, 1);
}

/* ── what there is not ────────────────────────────────────────────────────────────────────────────────── */

static void empty_streams(void **state)
{
    plx_stream none = {0};
    plx_unit nothing;
    size_t count;
    char byte;
    (void)state;
    assert_int_equal(read_some(&none, &byte, 1, &count), -EBADF);
    assert_int_equal(PLX_WAIT(plx_stream_write, plx_stream_write_new(&none, "x", 1), &count), -EBADF);
    assert_int_equal(PLX_WAIT(plx_stream_shutdown, plx_stream_shutdown_new(&none), &nothing), -EBADF);
    assert_int_equal(plx_stream_fd(&none), -1);
    plx_stream_drop(&none);
}

/* ── made of others ───────────────────────────────────────────────────────────────────────────────────── */

/* conformance 322 */
static void one_after_the_other(void **state)
{
    struct script first = {.reads = {PART("ab"), WAIT}}, second = {.reads = {WAIT, PART("cd")}};
    plx_stream chain = plx_stream_chain(script_stream(&first), script_stream(&second));
    struct plx_bytes all = {0};
    size_t count;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_stream_read_to_end, plx_stream_read_to_end_new(&chain, &all, 100), &count),
                     0);
    assert_int_equal(count, 4);
    assert_memory_equal(all.at, "abcd", 4);
    assert_int_equal(first.drops, 1);
    assert_int_equal(second.drops, 0);
    assert_int_equal(PLX_WAIT(plx_stream_write, plx_stream_write_new(&chain, "x", 1), &count), -EBADF);
    plx_stream_drop(&chain);
    assert_int_equal(first.drops + second.drops, 2);
    plx_bytes_done(&all);
}

/* conformance 322 */
static void only_so_much(void **state)
{
    struct script script = {.reads = {PART("abc"), WAIT, PART("def")}};
    plx_stream lender = script_stream(&script);
    plx_stream limited = plx_stream_limit(plx_stream_borrow(&lender), 4);
    struct plx_bytes all = {0};
    char rest[8];
    size_t count;
    (void)state;
    assert_int_equal(
        PLX_WAIT(plx_stream_read_to_end, plx_stream_read_to_end_new(&limited, &all, 100), &count), 0);
    assert_int_equal(count, 4);
    assert_memory_equal(all.at, "abcd", 4);
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&limited, "out", 3), &count), 0);
    assert_written(&script, "out");
    plx_stream_drop(&limited);
    assert_int_equal(script.drops, 0); /* it was borrowed */
    assert_int_equal(read_some(&lender, rest, sizeof rest, &count), 0);
    assert_int_equal(count, 2);
    plx_stream_drop(&lender);
    plx_bytes_done(&all);
}

static void both_together(void **state)
{
    plx_stream stream = plx_stream_limit(
        plx_stream_chain(plx_stream_of_bytes("head ", 5), plx_stream_of_bytes("body and rest", 13)), 9);
    struct plx_bytes all = {0};
    size_t count;
    (void)state;
    assert_int_equal(PLX_WAIT(plx_stream_read_to_end, plx_stream_read_to_end_new(&stream, &all, 100), &count),
                     0);
    assert_int_equal(count, 9);
    assert_memory_equal(all.at, "head body", 9);
    plx_stream_drop(&stream);
    plx_bytes_done(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_there),
        cmocka_unit_test(reads_exactly),
        cmocka_unit_test(reads_to_the_end_or_the_limit),
        cmocka_unit_test(reads_into_parts),
        cmocka_unit_test(writes_all),
        cmocka_unit_test(writes_all_parts),
        cmocka_unit_test(many_parts),
        cmocka_unit_test(a_write_of_nothing_is_an_error),
        cmocka_unit_test(flushes_and_shuts_down),
        cmocka_unit_test(empty_streams),
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(only_so_much),
        cmocka_unit_test(both_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
