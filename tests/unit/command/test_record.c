/* SPDX-License-Identifier: MIT
 *
 * `pollux record`: the program's status, its signals, and what can go wrong with program and trace. Shell
 * scripts that write a small trace stand for programs that are linked with libpollux.
 */
#include "tests/support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char head[] =
    "#!/bin/sh\n"
    "printf '%s\\n' '{\"pollux\":1,\"program\":\"x\",\"pid\":1,\"clock\":\"monotonic_ns\","
    "\"started\":\"\"}' '{\"t\":1,\"w\":0,\"ev\":\"search\",\"worker\":0}' >\"$POLLUX_TRACE\"\n";

static int write_programs(void **state)
{
    (void)state;
    static const struct {
        const char *name, *head, *rest;
    } programs[] = {
        {"fine", head, "echo \"$@\"\n"},
        {"three", head, "exit 3\n"},
        {"killed", head, "kill -9 $$\n"},
        {"waits", head, "trap 'exit 42' TERM\necho started\nwhile :; do sleep 0.05; done\n"},
        {"elsewhere", "#!/bin/sh\ncd /\n", ""},
        {"traceless", "#!/bin/sh\n", "exit 0\n"},
        {"torn", head, "printf '{\"t\":2,\"w\":0,\"ev\"' >>\"$POLLUX_TRACE\"\n"},
        {"foreign", "#!/no/such/shell\n", ""},
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", test_folder(), programs[i].name);
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fprintf(out, "%s%s%s", programs[i].head, programs[i].rest,
                strcmp(programs[i].name, "elsewhere") == 0 ? strchr(head, '\n') + 1 : "");
        assert_int_equal(fclose(out), 0);
        assert_int_equal(chmod(path, 0755), 0);
    }
    return 0;
}

/* The command is run in the test's folder; %s of it is the program `pollux`. */
static void check(int status, const char *in_out, const char *in_err, const char *command)
{
    char line[1024], pollux[512];
    assert_non_null(realpath(TEST_POLLUX, pollux));
    snprintf(line, sizeof line, "cd %s && rm -f *.jsonl && pollux=%s && %s", test_folder(), pollux, command);
    test_says(status, in_out, in_err, line);
}

static void test_it_runs_and_tells_what_came_of_it(void **state)
{
    (void)state;
    check(0, "a  b -o --at", "1 event in fine.jsonl\nTo see them:   ./p play fine.jsonl\n",
          "ln -sf $pollux p && ./p record ./fine 'a  b' -o --at && test -s fine.jsonl");
    check(0, "", "1 event in fine.jsonl\nTo see them:   pollux play fine.jsonl\n",
          "PATH=$(dirname $pollux):$PATH && pollux record ./fine");
    check(0, "", "1 event in other.jsonl", "$pollux record -o other.jsonl ./fine");
    check(0, "", "1 event in other.jsonl", "$pollux record --output=other.jsonl -- ./fine");
    check(0, "", "1 event", "PATH=.:$PATH $pollux record fine");
}

static void test_the_status_is_the_program_s(void **state)
{
    (void)state;
    check(3, "", "1 event in three.jsonl", "$pollux record ./three");
    check(137, "", "killed was ended by signal 9", "$pollux record ./killed");
    check(137, "", "1 event in killed.jsonl", "$pollux record ./killed"); /* what it had flushed is there */
}

static void test_a_signal_is_passed_on(void **state)
{
    (void)state;
    check(42, "started", "1 event in waits.jsonl",
          "{ $pollux record ./waits & pid=$!; while ! test -s waits.jsonl; do sleep 0.02; done; sleep 0.1; "
          "kill -TERM $pid; wait $pid; }");
}

static void test_a_program_may_change_its_folder(void **state)
{
    (void)state;
    check(0, "", "1 event in elsewhere.jsonl", "$pollux record ./elsewhere");
}

static void test_a_torn_last_line_is_no_reason_to_fail(void **state)
{
    (void)state;
    check(0, "", "1 event in torn.jsonl", "$pollux record ./torn");
}

static void test_programs_that_cannot_be_run(void **state)
{
    (void)state;
    check(127, "", "pollux record: there is no program no-such-program\n", "$pollux record no-such-program");
    check(127, "", "pollux record: there is no program ./no\n", "$pollux record ./no");
    check(126, "", "is not a program", "$pollux record /tmp");
    check(126, "", "is not a program", "touch plain.jsonl && $pollux record ./plain.jsonl");
    check(126, "", "cannot be run: No such file", "$pollux record ./foreign");
    /* an older trace is not lost by a slip of the fingers */
    check(0, "", "", "echo old >o.jsonl && ! $pollux record -o o.jsonl ./no && grep -q old o.jsonl");
}

static void test_a_program_without_a_trace(void **state)
{
    (void)state;
    check(1, "", "traceless has written no trace: it is not linked with libpollux",
          "$pollux record ./traceless");
}

static void test_a_trace_that_cannot_be_written_is_said_at_once(void **state)
{
    (void)state;
    check(2, "", "no/such/x.jsonl cannot be written: No such file",
          "$pollux record -o no/such/x.jsonl ./fine");
    check(2, "", "cannot be written: Is a directory", "$pollux record -o . ./fine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_runs_and_tells_what_came_of_it),
        cmocka_unit_test(test_the_status_is_the_program_s),
        cmocka_unit_test(test_a_signal_is_passed_on),
        cmocka_unit_test(test_a_program_may_change_its_folder),
        cmocka_unit_test(test_a_torn_last_line_is_no_reason_to_fail),
        cmocka_unit_test(test_programs_that_cannot_be_run),
        cmocka_unit_test(test_a_program_without_a_trace),
        cmocka_unit_test(test_a_trace_that_cannot_be_written_is_said_at_once),
    };
    return cmocka_run_group_tests(tests, write_programs, NULL);
}
