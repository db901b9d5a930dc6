/* SPDX-License-Identifier: MIT
 *
 * For tests of the commands: runs the program that was built, and keeps what it says.
 */
#ifndef PLX_TEST_RUN_H
#define PLX_TEST_RUN_H

#define TEST_POLLUX PLX_BUILD_DIR "/pollux"

struct test_run {
    int status; /* as a shell has it: 128 + the signal's number */
    char *out, *err;
};

/* Runs a line of sh, without a terminal. Free with test_run_done. */
struct test_run test_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
void test_run_done(struct test_run *run);

/* A whole file, NULL when it cannot be read; to be freed. */
char *test_read_file(const char *path);

/* Runs it, compares the status, and looks for a text in what it said; NULL: any text will do. */
void test_says(int status, const char *in_out, const char *in_err, const char *command);

/* A folder of the test's own, made anew; a name that stays valid. */
const char *test_folder(void);

#endif
