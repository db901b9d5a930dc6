/* SPDX-License-Identifier: MIT
 *
 * Running commands in tests, see run.h.
 */
#include "tests/support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

const char *test_folder(void)
{
    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/pollux-test-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    return folder;
}

char *test_read_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = NULL, part[4096];
    size_t size, got;
    if (in == NULL)
        return NULL;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    while ((got = fread(part, 1, sizeof part, in)) > 0)
        fwrite(part, 1, got, out);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    return text;
}

struct test_run test_run(const char *format, ...)
{
    char command[4096], line[4608], path[128];
    va_list list;
    va_start(list, format);
    vsnprintf(command, sizeof command, format, list);
    va_end(list);
    snprintf(line, sizeof line, "{ %s\n} </dev/null >%s/.out 2>%s/.err", command, test_folder(),
             test_folder());
    int status = system(line);
    struct test_run run = {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), NULL, NULL};
    snprintf(path, sizeof path, "%s/.out", folder);
    run.out = test_read_file(path);
    snprintf(path, sizeof path, "%s/.err", folder);
    run.err = test_read_file(path);
    assert_non_null(run.out);
    assert_non_null(run.err);
    return run;
}

void test_run_done(struct test_run *run)
{
    free(run->out);
    free(run->err);
}

void test_says(int status, const char *in_out, const char *in_err, const char *command)
{
    struct test_run run = test_run("%s", command);
    if (run.status != status || (in_out != NULL && strstr(run.out, in_out) == NULL) ||
        (in_err != NULL && strstr(run.err, in_err) == NULL))
        fail_msg("%s\n  gave %d instead of %d and said\n%s%s  instead of\n%s\n%s", command, run.status,
                 status, run.out, run.err, in_out != NULL ? in_out : "", in_err != NULL ? in_err : "");
    test_run_done(&run);
}
