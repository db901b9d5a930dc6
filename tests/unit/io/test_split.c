/* SPDX-License-Identifier: MIT
 *
 * Split: halves for two tasks, and together again.
 */
#include "tests/unit/io/script.h"

#include <errno.h>

static void halves_do_one_thing_each(void **state)
{
    struct script script = {.reads = {PART("in")}};
    plx_stream stream = script_stream(&script), reader, writer;
    plx_unit nothing;
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(plx_stream_split(&stream, &reader, &writer), 0);
    assert_null(stream.ops);
    assert_int_equal(PLX_WAIT(plx_stream_read, plx_stream_read_new(&reader, bytes, 8), &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&writer, "out", 3), &count), 0);
    assert_written(&script, "out");
    assert_int_equal(PLX_WAIT(plx_stream_shutdown, plx_stream_shutdown_new(&writer), &nothing), 0);
    assert_true(script.flushes > 0);
    assert_int_equal(script.shutdowns, 1);
    assert_int_equal(PLX_WAIT(plx_stream_read, plx_stream_read_new(&writer, bytes, 8), &count), -EBADF);
    assert_int_equal(PLX_WAIT(plx_stream_write, plx_stream_write_new(&reader, "x", 1), &count), -EBADF);
    plx_stream_drop(&writer);
    assert_int_equal(script.drops, 0);
    plx_stream_drop(&reader);
    assert_int_equal(script.drops, 1);
}

static void together_again(void **state)
{
    struct script one = {.takes = 0}, other = {.takes = 0};
    plx_stream a = script_stream(&one), b = script_stream(&other), readers[2], writers[2], whole;
    size_t count;
    (void)state;
    assert_int_equal(plx_stream_split(&a, &readers[0], &writers[0]), 0);
    assert_int_equal(plx_stream_split(&b, &readers[1], &writers[1]), 0);
    assert_int_equal(plx_stream_reunite(&readers[0], &writers[1], &whole), -EINVAL);
    assert_int_equal(plx_stream_reunite(&writers[0], &readers[0], &whole), -EINVAL);
    assert_int_equal(plx_stream_reunite(&readers[0], &writers[0], &whole), 0);
    assert_int_equal(PLX_WAIT(plx_stream_write_all, plx_stream_write_all_new(&whole, "x", 1), &count), 0);
    assert_written(&one, "x");
    plx_stream_drop(&readers[0]); /* they are empty now */
    plx_stream_drop(&writers[0]);
    assert_int_equal(one.drops, 0);
    plx_stream_drop(&whole);
    assert_int_equal(one.drops, 1);
    plx_stream_drop(&readers[1]);
    plx_stream_drop(&writers[1]);
    assert_int_equal(other.drops, 1);
}

/* ── two tasks on one socket ──────────────────────────────────────────────────────────────────────────── */

enum { MUCH = 1 << 20 };

PLX_HANDLE(reading, plx_stream_read_exact)
PLX_HANDLE(writing, plx_stream_write_all)
PLX_HANDLE(echoing, plx_copy)

/* conformance 326; real bugs 61: reader and writer are tasks of their own on different threads, which meet in
 * the same socket all the time; the other end echoes through halves too. Nothing fails, and each byte comes
 * back. */
static void there_and_back_through_halves(void **state)
{
    enum plx_runtime_kind kinds[] = {PLX_CURRENT_THREAD, PLX_THREAD_POOL, PLX_THREAD_POOL, PLX_THREAD_POOL};
    char *out = malloc(MUCH), *in = calloc(1, MUCH);
    (void)state;
    assert_true(out && in);
    for (int i = 0; i < MUCH; i++)
        out[i] = (char)(i * 31 + (i >> 8) * 7);
    for (int i = 0; i < 4; i++) {
        struct plx_runtime *runtime = runtime_of(
            (struct plx_runtime_options){.kind = kinds[i], .workers = 4});
        plx_stream ends[2], readers[2], writers[2];
        reading reader;
        writing writer;
        echoing echo;
        size_t count;
        uint64_t copied;
        plx_unit nothing;
        assert_int_equal(plx_unix_pair(&ends[0], &ends[1]), 0);
        for (int k = 0; k < 2; k++)
            assert_int_equal(plx_stream_split(&ends[k], &readers[k], &writers[k]), 0);
        assert_int_equal(echoing_spawn_on(runtime, plx_copy_new(&readers[1], &writers[1]), &echo), 0);
        assert_int_equal(reading_spawn_on(runtime, plx_stream_read_exact_new(&readers[0], in, MUCH), &reader),
                         0);
        assert_int_equal(writing_spawn_on(runtime, plx_stream_write_all_new(&writers[0], out, MUCH), &writer),
                         0);
        assert_int_equal(writing_wait(&writer, &count), 0);
        assert_int_equal(
            PLX_BLOCK_ON(runtime, plx_stream_shutdown, plx_stream_shutdown_new(&writers[0]), &nothing), 0);
        assert_int_equal(reading_wait(&reader, &count), 0);
        assert_memory_equal(in, out, MUCH);
        assert_int_equal(echoing_wait(&echo, &copied), 0);
        assert_int_equal(copied, MUCH);
        memset(in, 0, MUCH);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(plx_stream_reunite(&readers[k], &writers[k], &ends[k]), 0);
            plx_stream_drop(&ends[k]);
        }
        assert_int_equal(plx_runtime_sources(runtime), 0);
        plx_runtime_free(runtime);
    }
    free(out);
    free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_do_one_thing_each),
        cmocka_unit_test(together_again),
        cmocka_unit_test(there_and_back_through_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
