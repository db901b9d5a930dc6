/* SPDX-License-Identifier: MIT
 *
 * For the tests of files: a runtime, a folder of its own for every test, and the futures run one by one. All
 * tests of a program are run twice, on a pool of two workers and on one of one (conformance 313): there the
 * worker that blocks must have been handed on, or nothing would go on.
 */
#ifndef TESTS_UNIT_FS_FILES_H
#define TESTS_UNIT_FS_FILES_H

#include "tests/support/futures.h"
#include "tests/support/run.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct plx_runtime *runtime;
static uint32_t workers;
static int fds;

/* Runs a future to its end: 0 or its error. */
#define RUN(T, value, item) PLX_BLOCK_ON(runtime, T, value, item)

/* The same for one that is ready with nothing to say. */
#define DO(T, value)                                                                                         \
    __extension__({                                                                                          \
        plx_unit nothing;                                                                                    \
        RUN(T, value, &nothing);                                                                             \
    })

/* The path of a name in this test's folder; valid for the next seven calls. */
static const char *at(const char *name)
{
    static char paths[8][320];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/now%s%s", test_folder(), *name ? "/" : "", name);
    return path;
}

static int begin(void **state)
{
    (void)state;
    assert_int_equal(mkdir(at(""), 0777), 0);
    fds = count_own("fd");
    runtime = runtime_of((struct plx_runtime_options){.workers = workers});
    return 0;
}

/* No descriptor stays behind. */
static int end(void **state)
{
    (void)state;
    plx_runtime_free(runtime);
    int left = count_own("fd");
    test_run_done(&(struct test_run[]){test_run("rm -rf %s", at(""))}[0]);
    return left != fds;
}

/* What a file holds, as the system says: the futures are not asked. */
static inline void assert_holds(const char *path, const void *bytes, size_t size)
{
    struct stat about;
    char *got = test_read_file(path);
    assert_non_null(got);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_size, size);
    assert_memory_equal(got, bytes, size);
    free(got);
}

static inline void put_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static inline bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

static inline plx_file opened(const char *path, struct plx_open_options options)
{
    plx_file file = {0};
    assert_int_equal(RUN(plx_file_open, plx_file_open_new(path, options), &file), 0);
    return file;
}

#define file_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

#define RUN_TWICE(tests)                                                                                     \
    __extension__({                                                                                          \
        workers = 2;                                                                                         \
        int failed = cmocka_run_group_tests_name("two workers", tests, NULL, NULL);                          \
        workers = 1;                                                                                         \
        failed + cmocka_run_group_tests_name("one worker", tests, NULL, NULL);                               \
    })

#endif
