/* SPDX-License-Identifier: MIT
 *
 * The buffered reader with its lines, and the buffered writer.
 */
#include "tests/support/leaf.h"
#include "tests/unit/io/script.h"

#include <errno.h>

static int read_line(plx_buf_reader *reader, size_t limit, plx_slice *line)
{
    return PLX_WAIT(plx_read_line, plx_read_line_new(reader, limit), line);
}

static int read_until(plx_buf_reader *reader, char delimiter, size_t limit, plx_slice *part)
{
    return PLX_WAIT(plx_read_until, plx_read_until_new(reader, delimiter, limit), part);
}

/* ── lines ────────────────────────────────────────────────────────────────────────────────────────────── */

/* However small the buffer is at first, and wherever a read ends: within a line, and between "\r" and
 * "\n". */
static void lines_in_any_parts(void **state)
{
    (void)state;
    for (size_t room = 1; room < 20; room++) {
        struct script script = {
            .reads = {PART("one\ntw"), WAIT, PART("o\r"), PART("\n\n\r\nfo"), WAIT, PART("ur five \r six")}};
        plx_buf_reader reader = plx_buf_reader_new(script_stream(&script), room);
        plx_slice line;
        assert_int_equal(read_line(&reader, 100, &line), 0);
        assert_slice(line, "one");
        assert_int_equal(read_line(&reader, 100, &line), 0);
        assert_slice(line, "two");
        assert_int_equal(read_line(&reader, 100, &line), 0);
        assert_slice(line, "");
        assert_int_equal(read_line(&reader, 100, &line), 0);
        assert_slice(line, "");
        assert_int_equal(read_line(&reader, 100, &line), 0);
        assert_slice(line, "four five \r six");
        for (int i = 0; i < 2; i++) {
            assert_int_equal(read_line(&reader, 100, &line), 0);
            assert_true(line.end);
        }
        plx_buf_reader_drop(&reader);
        assert_int_equal(script.drops, 1);
    }
}

static void until_any_byte(void **state)
{
    struct script script = {.reads = {PART("a,b;c,"), PART("\n,")}};
    plx_buf_reader reader = plx_buf_reader_new(script_stream(&script), 2);
    plx_slice part;
    (void)state;
    assert_int_equal(read_until(&reader, ',', 100, &part), 0);
    assert_slice(part, "a,");
    assert_int_equal(read_until(&reader, ';', 100, &part), 0);
    assert_slice(part, "b;");
    assert_int_equal(read_until(&reader, '\n', 100, &part), 0);
    assert_slice(part, "c,\n");
    assert_int_equal(read_until(&reader, 'x', 100, &part), 0);
    assert_slice(part, ",");
    assert_int_equal(read_until(&reader, 'x', 100, &part), 0);
    assert_true(part.end);
    plx_buf_reader_drop(&reader);
}

/* A line that is too long stays, and can be passed over. */
static void the_longest_line(void **state)
{
    struct script script = {.reads = {PART("1234\n12345\nabc"), PART("d\n")}};
    plx_buf_reader reader = plx_buf_reader_new(script_stream(&script), 2);
    plx_slice line;
    (void)state;
    assert_int_equal(read_line(&reader, 5, &line), 0);
    assert_slice(line, "1234");
    for (int i = 0; i < 2; i++)
        assert_int_equal(read_line(&reader, 5, &line), -EMSGSIZE);
    line = plx_buf_reader_window(&reader);
    assert_slice(line, "12345");
    plx_buf_reader_consume(&reader, 5);
    assert_int_equal(read_line(&reader, 5, &line), 0);
    assert_slice(line, "");
    assert_int_equal(read_line(&reader, 5, &line), 0);
    assert_slice(line, "abcd");
    plx_buf_reader_drop(&reader);
}

/* What is dropped before it is ready has taken nothing. */
static void a_dropped_read_loses_nothing(void **state)
{
    struct hand hand = HAND;
    plx_stream a, b;
    plx_slice line;
    size_t count;
    (void)state;
    assert_int_equal(plx_duplex(64, &a, &b), 0);
    plx_buf_reader reader = plx_buf_reader_new(b, 4);
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&a, "half", 4), &count), 0);
    plx_read_line dropped = plx_read_line_new(&reader, 100);
    assert_int_equal(POLL(plx_read_line, &dropped, &hand, &line), PLX_NOT_READY);
    plx_read_line_drop(&dropped);
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&a, " a line\n", 8), &count), 0);
    assert_int_equal(read_line(&reader, 100, &line), 0);
    assert_slice(line, "half a line");
    plx_buf_reader_drop(&reader);
    plx_stream_drop(&a);
    assert_int_equal(hand_wakers(&hand), 0);
}

/* Two kinds of search, one after the other, in one window: neither forgets what the other has looked at. */
static void searches_do_not_mix(void **state)
{
    struct hand hand = HAND;
    struct script script = {.reads = {PART("a,b"), WAIT, PART("\n")}};
    plx_buf_reader reader = plx_buf_reader_new(script_stream(&script), 0);
    plx_slice part;
    (void)state;
    plx_read_line first = plx_read_line_new(&reader, 100);
    assert_int_equal(POLL(plx_read_line, &first, &hand, &part), PLX_NOT_READY);
    plx_read_line_drop(&first);
    assert_int_equal(read_until(&reader, ',', 100, &part), 0);
    assert_slice(part, "a,");
    assert_int_equal(read_line(&reader, 100, &part), 0);
    assert_slice(part, "b");
    plx_buf_reader_drop(&reader);
}

struct counting {
    plx_buf_reader reader;
    unsigned lines;
};

static plx_read_line all_lines(struct counting *counting)
{
    return plx_read_line_new(&counting->reader, 10);
}

static plx_ok count_one(struct counting *counting, plx_slice line)
{
    counting->lines += (unsigned)line.size;
    return plx_ok_new();
}

PLX_START(each_line, struct counting, plx_read_line, all_lines)
PLX_FOR_EACH(count_lines, each_line, plx_ok, count_one)

static void lines_are_a_stream(void **state)
{
    struct script script = {.reads = {PART("1\n22\n"), WAIT, PART("333\n")}};
    struct counting counting = {plx_buf_reader_new(script_stream(&script), 0), 0};
    plx_unit nothing;
    (void)state;
    assert_int_equal(PLX_WAIT(count_lines, count_lines_new(&counting), &nothing), 0);
    assert_int_equal(counting.lines, 6);
    plx_buf_reader_drop(&counting.reader);
}

/* ── the reader as a stream ───────────────────────────────────────────────────────────────────────────── */

/* Few large reads for many small ones; a large one goes past the buffer. */
static void saves_reads(void **state)
{
    struct script script = {.reads = {PART("0123456789abcdef")}};
    plx_buf_reader reader = plx_buf_reader_new(script_stream(&script), 8);
    plx_stream lent = plx_stream_of_buf_reader(&reader);
    char bytes[32];
    size_t count;
    (void)state;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(PLX_WAIT(plx_stream_read, plx_stream_read_new(&lent, bytes, 1), &count), 0);
        assert_int_equal(bytes[0], '0' + i);
    }
    assert_int_equal(script.read_calls, 1);
    assert_int_equal(PLX_WAIT(plx_stream_read, plx_stream_read_new(&lent, bytes, 32), &count), 0);
    assert_int_equal(count, 8);
    assert_int_equal(reader.room, 8);
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&lent, "out", 3), &count), 0);
    assert_written(&script, "out");
    plx_stream_drop(&lent); /* it is only lent */
    assert_int_equal(script.drops, 0);
    plx_buf_reader_drop(&reader);
}

/* A line, and the rest by another future: nothing that the reader holds is passed by. */
static void a_header_then_a_body(void **state)
{
    struct script script = {.reads = {PART("length 7\nbo"), PART("dy..\nnext\n")}};
    plx_buf_reader reader = plx_buf_reader_new(script_stream(&script), 0);
    plx_stream lent = plx_stream_of_buf_reader(&reader);
    plx_slice line;
    char body[7];
    size_t count;
    (void)state;
    assert_int_equal(read_line(&reader, 100, &line), 0);
    assert_slice(line, "length 7");
    assert_int_equal(PLX_WAIT(plx_stream_read_exact, plx_stream_read_exact_new(&lent, body, 7), &count), 0);
    assert_memory_equal(body, "body..\n", 7);
    assert_int_equal(read_line(&reader, 100, &line), 0);
    assert_slice(line, "next");
    plx_buf_reader_drop(&reader);
}

/* ── the writer ───────────────────────────────────────────────────────────────────────────────────────── */

static int write_all(plx_stream *stream, const char *text)
{
    size_t count;
    return PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(stream, text, strlen(text)), &count);
}

static void saves_writes(void **state)
{
    struct script script = {.takes = 3};
    plx_buf_writer writer = plx_buf_writer_new(script_stream(&script), 8);
    plx_stream lent = plx_stream_of_buf_writer(&writer);
    plx_unit nothing;
    (void)state;
    assert_int_equal(write_all(&lent, "ab"), 0);
    assert_int_equal(write_all(&lent, "cdef"), 0);
    assert_int_equal(script.write_calls, 0);
    assert_int_equal(plx_buf_writer_kept(&writer), 6);
    assert_int_equal(write_all(&lent, "ghi"), 0); /* does not fit: the six go first */
    assert_written(&script, "abcdef");
    assert_int_equal(PLX_WAIT(plx_stream_flush, plx_stream_flush_new(&lent), &nothing), 0);
    assert_written(&script, "abcdefghi");
    assert_int_equal(script.flushes, 1);
    assert_int_equal(plx_buf_writer_kept(&writer), 0);
    assert_int_equal(write_all(&lent, "0123456789"), 0); /* larger than the buffer: past it */
    assert_int_equal(script.size, 9 + 3); /* three at a time, and the rest was small enough to be kept */
    assert_int_equal(PLX_WAIT(plx_stream_shutdown, plx_stream_shutdown_new(&lent), &nothing), 0);
    assert_written(&script, "abcdefghi0123456789");
    assert_int_equal(script.shutdowns, 1);
    plx_buf_writer_drop(&writer);
    assert_int_equal(script.drops, 1);
}

static void keeps_any_amount(void **state)
{
    struct script script = {.takes = 0};
    plx_buf_writer writer = plx_buf_writer_new(script_stream(&script), 8);
    plx_stream lent = plx_stream_of_buf_writer(&writer);
    plx_unit nothing;
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(plx_buf_writer_put(&writer, "0123456789", 10), 0);
    assert_int_equal(script.write_calls, 0);
    assert_int_equal(PLX_WAIT(plx_stream_flush, plx_stream_flush_new(&lent), &nothing), 0);
    assert_int_equal(script.size, 1000);
    assert_int_equal(script.write_calls, 1);
    plx_buf_writer_drop(&writer);
}

/* conformance 329 */
static void nothing_is_taken(void **state)
{
    struct script script = {.takes_none = true};
    plx_buf_writer writer = plx_buf_writer_new(script_stream(&script), 8);
    plx_stream lent = plx_stream_of_buf_writer(&writer);
    plx_unit nothing;
    (void)state;
    assert_int_equal(write_all(&lent, "x"), 0);
    assert_int_equal(PLX_WAIT(plx_stream_flush, plx_stream_flush_new(&lent), &nothing), -EIO);
    assert_int_equal(write_all(&lent, "0123456789"), -EIO);
    plx_buf_writer_drop(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_any_parts),  cmocka_unit_test(until_any_byte),
        cmocka_unit_test(the_longest_line),    cmocka_unit_test(a_dropped_read_loses_nothing),
        cmocka_unit_test(searches_do_not_mix), cmocka_unit_test(lines_are_a_stream),
        cmocka_unit_test(saves_reads),         cmocka_unit_test(a_header_then_a_body),
        cmocka_unit_test(saves_writes),        cmocka_unit_test(keeps_any_amount),
        cmocka_unit_test(nothing_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
