/* SPDX-License-Identifier: MIT
 *
 * Pipes: to the end, past their capacity, and when the other end is gone.
 */
#include "tests/unit/process/process.h"

enum { MUCH = 1 << 20 }; /* sixteen times what a pipe holds */

PLX_HANDLE(write_handle, plx_stream_write_all)

/* conformance 198: what was written before the writer closed is read, then the end, again and again. */
static void to_the_end(void **state)
{
    plx_stream reader, writer;
    char bytes[16];
    size_t count;
    (void)state;
    assert_int_equal(plx_pipe(&reader, &writer), 0);
    assert_int_equal(write_all(&writer, "last", 4), 0);
    plx_stream_drop(&writer);
    assert_int_equal(read_some(&reader, bytes, sizeof bytes, &count), 0);
    assert_int_equal(count, 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read_some(&reader, bytes, sizeof bytes, &count), 0);
        assert_int_equal(count, 0);
    }
    plx_stream_drop(&reader);
}

PLX_HANDLE(read_handle, plx_stream_read)

/* conformance 198: the reader waits already when the writer goes. */
static void the_end_comes_to_one_who_waits(void **state)
{
    plx_stream reader, writer;
    read_handle reading;
    char byte;
    size_t count = 1;
    (void)state;
    assert_int_equal(plx_pipe(&reader, &writer), 0);
    assert_int_equal(read_handle_spawn_on(runtime, plx_stream_read_new(&reader, &byte, 1), &reading), 0);
    wait_until(plx_runtime_sources(runtime) == 1);
    plx_stream_drop(&writer);
    assert_int_equal(read_handle_wait(&reading, &count), 0);
    assert_int_equal(count, 0);
    plx_stream_drop(&reader);
}

static void more_than_it_holds(void **state)
{
    plx_stream reader, writer;
    write_handle writing;
    char *out = malloc(MUCH), *in = calloc(1, MUCH);
    size_t count;
    (void)state;
    assert_true(out && in);
    for (int i = 0; i < MUCH; i++)
        out[i] = (char)((unsigned)i * 2654435761u >> 24);
    assert_int_equal(plx_pipe(&reader, &writer), 0);
    assert_int_equal(write_handle_spawn_on(runtime, plx_stream_write_all_new(&writer, out, MUCH), &writing),
                     0);
    assert_int_equal(read_exact(&reader, in, MUCH), 0);
    assert_int_equal(write_handle_wait(&writing, &count), 0);
    assert_memory_equal(in, out, MUCH);
    plx_stream_drop(&reader);
    plx_stream_drop(&writer);
    free(out);
    free(in);
}

/* The default action of SIGPIPE would end this program. */
static void nobody_reads(void **state)
{
    plx_stream reader, writer;
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(plx_pipe(&reader, &writer), 0);
    plx_stream_drop(&reader);
    assert_int_equal(write_all(&writer, "x", 1), -EPIPE);
    plx_stream_drop(&writer);
}

static void neither_waits_nor_is_inherited(void **state)
{
    plx_stream reader, writer;
    (void)state;
    assert_int_equal(plx_pipe(&reader, &writer), 0);
    assert_true(fcntl(plx_stream_fd(&reader), F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(plx_stream_fd(&writer), F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(plx_stream_fd(&reader), F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(plx_stream_fd(&writer), F_GETFD) & FD_CLOEXEC);
    plx_stream_drop(&reader);
    plx_stream_drop(&writer);
}

static plx_stream attempted[2];

static int attempt(void)
{
    return plx_pipe(&attempted[0], &attempted[1]);
}

static void no_descriptors_left(void **state)
{
    (void)state;
    with_ever_more_descriptors(attempt);
    plx_stream_drop(&attempted[0]);
    plx_stream_drop(&attempted[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        process_test(to_the_end),
        process_test(the_end_comes_to_one_who_waits),
        process_test(more_than_it_holds),
        process_test(nobody_reads),
        process_test(neither_waits_nor_is_inherited),
        process_test(no_descriptors_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
