/* SPDX-License-Identifier: MIT
 *
 * How the commands are used, and misused: help, versions, options, bad traces.
 */
#include "tests/support/run.h"
#include "viz/command/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SMALL "tests/fixtures/handshake-small.jsonl"

struct misuse {
    const char *arguments, *says; /* says: part of what stands on standard error */
};

static int lines(const char *text)
{
    int count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void test_misuse_is_told_in_one_line(void **state)
{
    (void)state;
    static const struct misuse misuses[] = {
        {"plya", "there is no command plya; do you mean play?"},
        {"rec", "do you mean record?"},
        {"xyzzyx", "there is no command xyzzyx"},
        {"--nonsense", "there is no command --nonsense"},
        {"help nothing", "there is no command nothing"},
        {"help shcema", "do you mean schema?"},
        {"version now", "no argument"},
        {"schema now", "no argument"},
        {"schema --html", "there is no option --html"},
        {"schema --markdown=yes", "there is no option --markdown=yes"},
        {"play", "which trace?"},
        {"play a b", "one trace at a time"},
        {"play --at", "--at needs a value"},
        {"play --png x.png " SMALL, "go with --sdl"},
        {"play --sdl --size big " SMALL, "a size is like 1280x720"},
        {"play -x " SMALL, "there is no option -x"},
        {"play " SMALL, "standard output is no terminal; to print a frame: " TEST_POLLUX " view " SMALL},
        {"play --at 9999 " SMALL, "the recording has"},
        {"play nowhere.jsonl", "nowhere.jsonl"},
        {"view", "which trace?"},
        {"view " SMALL, "which event?"},
        {"view a b --at 1", "one trace at a time"},
        {"view --at 1 --size 0x5 " SMALL, "a size is like 100x30"},
        {"view --at 1 --size 100 " SMALL, "a size is like 100x30"},
        {"view --at 1 --size 1001x5 " SMALL, "a size is like 100x30"},
        {"view --at 1 --size 10x5x " SMALL, "a size is like 100x30"},
        {"view --at 1 --panel shceduler " SMALL, "there are chain, scheduler"},
        {"view --at 1 --task x " SMALL, "a task is a number"},
        {"view --at 1 --task 0 " SMALL, "a task is a number"},
        {"view --at x " SMALL, "an event is a number"},
        {"view --at -1 " SMALL, "an event is a number"},
        {"view --at +1 " SMALL, "an event is a number"},
        {"view --at 9999 " SMALL, "the recording has"},
        {"view --at 1 --plain --color " SMALL, "contradict"},
        {"view --at 1 nowhere.jsonl", "nowhere.jsonl"},
        {"view --at 1 tests", "tests"},
        {"recover", "which trace?"},
        {"recover nowhere.jsonl", "nowhere.jsonl.spill"},
        {"record", "which program?"},
        {"record -o", "-o needs a value"},
        {"record --loud true", "there is no option --loud"},
    };
    for (size_t i = 0; i < sizeof misuses / sizeof *misuses; i++) {
        struct test_run run = test_run(TEST_POLLUX " %s", misuses[i].arguments);
        if (run.status != 2 || strstr(run.err, misuses[i].says) == NULL || lines(run.err) != 1 ||
            *run.out != '\0' || strncmp(run.err, "pollux", 6) != 0)
            fail_msg("pollux %s gave %d and said: %s%s", misuses[i].arguments, run.status, run.out, run.err);
        test_run_done(&run);
    }
}

static void test_control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct test_run run = test_run(TEST_POLLUX " \"$(printf 'a\\033[31mb')\"");
    assert_int_equal(run.status, 2);
    assert_null(strchr(run.err, '\033'));
    test_run_done(&run);
}

static void test_every_command_has_help(void **state)
{
    (void)state;
    for (const struct plx_command *command = plx_commands; command->name != NULL; command++) {
        char line[128];
        snprintf(line, sizeof line, "usage: pollux %s", command->name);
        struct test_run run = test_run(TEST_POLLUX " help %s", command->name);
        struct test_run same = test_run(TEST_POLLUX " %s --help", command->name);
        if (run.status != 0 || strstr(run.out, line) == NULL || *run.err != '\0')
            fail_msg("pollux help %s gave %d and said: %s%s", command->name, run.status, run.out, run.err);
        assert_int_equal(same.status, 0);
        assert_string_equal(run.out, same.out);
        test_run_done(&run);
        test_run_done(&same);
    }
}

static void test_the_list_of_commands(void **state)
{
    (void)state;
    test_says(0, "play a trace", "", TEST_POLLUX " --help");
    test_says(0, "play a trace", "", TEST_POLLUX " help");
    test_says(2, "play a trace", "", TEST_POLLUX);
    test_says(0, "pollux " PLX_VERSION "\n", "", TEST_POLLUX " --version");
}

/* In a man page a dash is written \-. */
static void drop_backslashes(char *text)
{
    char *to = text;
    for (; *text != '\0'; text++)
        if (*text != '\\')
            *to++ = *text;
    *to = '\0';
}

/* The man page and the completion name every command, and every option of its help. */
static void test_man_page_and_completion_are_complete(void **state)
{
    (void)state;
    char *man = test_read_file("viz/command/pollux.1"), *bash = test_read_file("viz/command/pollux.bash");
    assert_non_null(man);
    assert_non_null(bash);
    drop_backslashes(man);
    for (const struct plx_command *command = plx_commands; command->name != NULL; command++) {
        char name[64];
        snprintf(name, sizeof name, ".SS \"pollux %s", command->name);
        if (strstr(man, name) == NULL || strstr(bash, command->name) == NULL)
            fail_msg("man page or completion do not tell of %s", command->name);
        for (const char *option = command->help;
             option != NULL && (option = strstr(option, "  --")) != NULL;) {
            option += 4;
            snprintf(name, sizeof name, "%.*s", (int)strcspn(option, " \n"), option);
            if (strstr(man, name) == NULL || strstr(bash, name) == NULL)
                fail_msg("man page or completion do not tell of --%s of %s", name, command->name);
        }
    }
    free(man);
    free(bash);
}

static void test_completion_completes(void **state)
{
    (void)state;
    static const char ask[] =
        "bash -c '. viz/command/pollux.bash; COMP_WORDS=(pollux %s); COMP_CWORD=%d; _pollux; echo \"${COMPREPLY[*]}\"'";
    struct test_run run = test_run(ask, "re", 1);
    assert_string_equal(run.out, "record recover\n");
    test_run_done(&run);
    run = test_run(ask, "view --pl", 2);
    assert_string_equal(run.out, "--plain\n");
    test_run_done(&run);
    run = test_run(ask, "view --panel sch", 3);
    assert_string_equal(run.out, "scheduler\n");
    test_run_done(&run);
    run = test_run(ask, "play tests/fixtures/handshake-sm", 2);
    assert_string_equal(run.out, SMALL "\n");
    test_run_done(&run);
}

/* ── view ─────────────────────────────────────────────────────────────────────────────────────── */

static void test_view_without_a_terminal_is_plain(void **state)
{
    (void)state;
    struct test_run run = test_run(TEST_POLLUX " view " SMALL " --at 30");
    assert_int_equal(run.status, 0);
    assert_int_equal(lines(run.out), 30);
    assert_null(strchr(run.out, '\033'));
    assert_non_null(strstr(run.out, "event  30/"));
    test_run_done(&run);
    test_says(0, "\033[", "", TEST_POLLUX " view " SMALL " --at 30 --color");
    test_says(0, "event 0", "",
              TEST_POLLUX " view --at=0 --size 50x12 " SMALL " | sed 's/event */event /; s/ 0/ event 0/'");
    test_says(0, "Log", "", TEST_POLLUX " view --at end --panel log " SMALL);
    test_says(0, "handshake-small", "", TEST_POLLUX " view --at 0.2ms " SMALL);
    test_says(0, "followed", "", TEST_POLLUX " view --at 30 --task 1 " SMALL);
}

static void test_view_in_ascii(void **state)
{
    (void)state;
    struct test_run run = test_run("LC_ALL=C " TEST_POLLUX " view " SMALL " --at 30 --ascii --size 120x40");
    for (const char *c = run.out; *c != '\0'; c++)
        assert_true(*c == '\n' || (*c >= ' ' && *c < 0x7F));
    test_run_done(&run);
}

/* The output's end of the pipe may be gone, or the disk full: no success is reported then. */
static void test_output_that_cannot_be_written(void **state)
{
    (void)state;
    test_says(2, NULL, "", TEST_POLLUX " view " SMALL " --at 30 >/dev/full");
    test_says(2, NULL, "", TEST_POLLUX " schema >/dev/full");
    test_says(2, NULL, NULL, TEST_POLLUX " help >/dev/full");
}

/* ── bad traces ───────────────────────────────────────────────────────────────────────────────── */

static void check_bad_trace(const char *make, const char *says)
{
    char command[1024];
    snprintf(command, sizeof command, "f=%s/bad.jsonl; %s >$f; " TEST_POLLUX " view $f --at 0", test_folder(),
             make);
    struct test_run run = test_run("%s", command);
    if (run.status != 2 || lines(run.err) != 1 || strstr(run.err, "pollux view: ") != run.err ||
        strstr(run.err, says) == NULL || strchr(run.err, '\033') != NULL)
        fail_msg("%s\n  gave %d and said: %s", make, run.status, run.err);
    test_run_done(&run);
    snprintf(command, sizeof command, TEST_POLLUX " play %s/bad.jsonl", test_folder());
    test_says(2, "", "pollux play: ", command);
}

static void test_bad_traces_are_refused(void **state)
{
    (void)state;
    check_bad_trace(":", "bad.jsonl");
    check_bad_trace("head -c 4096 /dev/zero", "bad.jsonl");
    check_bad_trace("echo '{\"pollux\":99}'", "99");
    check_bad_trace("echo hello", "bad.jsonl:1");
    check_bad_trace("printf '\\033[31m'", "bad.jsonl:1");
}

/* What is odd but readable is counted in the title; what names hold cannot steer the terminal. */
static void test_odd_traces_are_shown_harmlessly(void **state)
{
    (void)state;
    struct test_run run = test_run(
        "printf '%%s\\n' '{\"pollux\":1,\"program\":\"p\\u001b[31m\",\"pid\":1,\"clock\":\"\",\"started\":\"\"}' "
        "'{\"t\":1,\"w\":0,\"ev\":\"no_such_event\",\"x\":1}' "
        "'{\"t\":2,\"w\":\"w\\u001b]0;x\\u0007\",\"ev\":\"task_name\",\"task\":5,\"name\":\"n\\u001b[2J\\u009b\"}' "
        ">%s/odd.jsonl; " TEST_POLLUX " view %s/odd.jsonl --at end",
        test_folder(), test_folder());
    assert_int_equal(run.status, 0);
    assert_null(strchr(run.out, '\033'));
    assert_null(strchr(run.out, '\007'));
    assert_null(strstr(run.out, "\xC2\x9B"));
    assert_non_null(strstr(run.out, " issues"));
    test_run_done(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_is_told_in_one_line),
        cmocka_unit_test(test_control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(test_every_command_has_help),
        cmocka_unit_test(test_the_list_of_commands),
        cmocka_unit_test(test_man_page_and_completion_are_complete),
        cmocka_unit_test(test_completion_completes),
        cmocka_unit_test(test_view_without_a_terminal_is_plain),
        cmocka_unit_test(test_view_in_ascii),
        cmocka_unit_test(test_output_that_cannot_be_written),
        cmocka_unit_test(test_bad_traces_are_refused),
        cmocka_unit_test(test_odd_traces_are_shown_harmlessly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
