/* SPDX-License-Identifier: MIT
 *
 * For the tests of processes: a runtime, and the count of descriptors before and after.
 */
#ifndef TESTS_UNIT_PROCESS_PROCESS_H
#define TESTS_UNIT_PROCESS_PROCESS_H

#include "tests/support/futures.h"
#include "tests/support/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static struct plx_runtime *runtime;
static int fds, fds_with_runtime;

/* Runs a future to its end: 0 or its error. */
#define RUN(T, value, item) PLX_BLOCK_ON(runtime, T, value, item)

static int begin(void **state)
{
    (void)state;
    fds = count_own("fd");
    runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    fds_with_runtime = count_own("fd");
    return 0;
}

/* No descriptor stays behind. */
static int end(void **state)
{
    (void)state;
    plx_runtime_free(runtime);
    return count_own("fd") != fds;
}

static inline int write_all(plx_stream *stream, const void *bytes, size_t size)
{
    size_t count;
    return RUN(plx_stream_write_all, plx_stream_write_all_new(stream, bytes, size), &count);
}

static inline int read_some(plx_stream *stream, void *bytes, size_t size, size_t *count)
{
    return RUN(plx_stream_read, plx_stream_read_new(stream, bytes, size), count);
}

static inline int read_exact(plx_stream *stream, void *bytes, size_t size)
{
    size_t count;
    return RUN(plx_stream_read_exact, plx_stream_read_exact_new(stream, bytes, size), &count);
}

/* Runs `attempt`, which returns 0 or a negative errno, with room for no, one, two … more descriptors until it
 * succeeds. Before that each must fail with EMFILE, and leave nothing behind. */
static inline void with_ever_more_descriptors(int (*attempt)(void))
{
    struct rlimit before, limit;
    int free_fd = dup(STDERR_FILENO), error = -EMFILE;
    assert_true(free_fd >= 0);
    close(free_fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    for (int more = 0; error; more++) {
        assert_int_equal(count_own("fd"), fds_with_runtime);
        limit.rlim_cur = (rlim_t)(free_fd + more);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        error = attempt();
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_true(error == 0 || error == -EMFILE);
        assert_true(more < 100 && (more > 0 || error));
    }
}

#define process_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
