/* SPDX-License-Identifier: MIT
 *
 * The output of a program, collected.
 */
#include "tests/unit/process/process.h"

/* Filled by `output`; what is in it is valid until the next call. */
static plx_output_item got;

static int output(const char *line, enum plx_child_stdio in)
{
    const char *const argv[] = {"sh", "-c", line, NULL};
    plx_output_item_drop(&got);
    return RUN(plx_output, plx_output_new((struct plx_command){.argv = argv, .in = in}), &got);
}

static int done(void **state)
{
    plx_output_item_drop(&got);
    return end(state);
}

static void both_streams_and_the_status(void **state)
{
    (void)state;
    assert_int_equal(output("echo one; echo two >&2; exit 3", PLX_INHERIT), 0);
    assert_int_equal(got.status.code, 3);
    assert_int_equal(got.out.size, 4);
    assert_string_equal(got.out.at, "one\n");
    assert_string_equal(got.err.at, "two\n");
}

static void nothing_is_said(void **state)
{
    (void)state;
    assert_int_equal(output("true", PLX_INHERIT), 0);
    assert_true(plx_exit_success(got.status));
    assert_int_equal(got.out.size, 0);
    assert_string_equal(got.out.at, "");
}

/* More than a pipe holds into one and then into the other: who read them one after the other would wait for
 * ever. */
static void much_in_both(void **state)
{
    (void)state;
    assert_int_equal(
        output("head -c 300000 /dev/zero >&2; head -c 1000000 /dev/zero; kill -9 $$", PLX_INHERIT), 0);
    assert_int_equal(got.status.signal, SIGKILL);
    assert_int_equal(got.out.size, 1000000);
    assert_int_equal(got.err.size, 300000);
}

/* Its input has ended, and is not our terminal; one that was asked for as a pipe too. */
static void its_input_has_ended(void **state)
{
    (void)state;
    assert_int_equal(output("cat; echo end", PLX_INHERIT), 0);
    assert_string_equal(got.out.at, "end\n");
    assert_int_equal(output("cat; echo end", PLX_PIPED), 0);
    assert_string_equal(got.out.at, "end\n");
}

static void it_does_not_start(void **state)
{
    const char *const argv[] = {"/none", NULL};
    (void)state;
    assert_int_equal(RUN(plx_output, plx_output_new((struct plx_command){.argv = argv}), &got), -ENOENT);
}

PLX_HANDLE(output_handle, plx_output)

/* The pid comes out of its first line, then the task is cancelled: the child is killed. */
static void cancelled(void **state)
{
    plx_stream reader, writer;
    char line[128], text[16] = "";
    const char *const argv[] = {"sh", "-c", line, NULL};
    output_handle running;
    plx_output_item unused;
    size_t count;
    (void)state;
    assert_int_equal(plx_pipe(&reader, &writer), 0);
    snprintf(line, sizeof line, "echo $$ >/proc/%d/fd/%d; exec sleep 1000", getpid(), plx_stream_fd(&writer));
    struct plx_command command = {.argv = argv, .kill_on_drop = true};
    assert_int_equal(output_handle_spawn_on(runtime, plx_output_new(command), &running), 0);
    assert_int_equal(read_some(&reader, text, sizeof text - 1, &count), 0);
    output_handle_abort(&running);
    assert_int_equal(output_handle_wait(&running, &unused), -ECANCELED);
    wait_until(kill((pid_t)atoi(text), 0) < 0 && errno == ESRCH);
    plx_stream_drop(&reader);
    plx_stream_drop(&writer);
}

#define output_test(test) cmocka_unit_test_setup_teardown(test, begin, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        output_test(both_streams_and_the_status), output_test(nothing_is_said),   output_test(much_in_both),
        output_test(its_input_has_ended),         output_test(it_does_not_start), output_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
