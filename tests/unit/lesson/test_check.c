/* SPDX-License-Identifier: MIT
 *
 * `pollux check`, as a student uses it: the exercise unsolved, solved, and solved wrongly in the ways that
 * students do.
 */
#include "tests/support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LESSON "lessons/04-chains/"

/* Checks a file; what is built and kept lies in the test's own folder. NULL: the lesson's exercise. */
static struct test_run check(const char *file)
{
    return test_run("TMPDIR='%s' " TEST_POLLUX " check 04 %s", test_folder(), file != NULL ? file : "");
}

/* Sentences are broken into lines: compared with every run of blanks as one space. */
static bool says(const char *text, const char *part)
{
    char *flat = malloc(strlen(text) + 1), *to = flat;
    assert_non_null(flat);
    for (; *text != '\0'; text++)
        if (*text != ' ' && *text != '\n')
            *to++ = *text;
        else if (to > flat && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    bool found = strstr(flat, part) != NULL;
    free(flat);
    return found;
}

/* `also` may be NULL. */
static void expect_both(const char *file, int status, const char *part, const char *also)
{
    struct test_run run = check(file);
    if (run.status != status || !says(run.out, part) || (also != NULL && !says(run.out, also)))
        fail_msg("pollux check 04 %s\n  gave %d instead of %d and said\n%s%s  instead of\n%s\n%s",
                 file != NULL ? file : "", run.status, status, run.out, run.err, part,
                 also != NULL ? also : "");
    test_run_done(&run);
}

static void expect(const char *file, int status, const char *part)
{
    expect_both(file, status, part, NULL);
}

/* An exercise with this body. Returns its name. */
static const char *write_exercise(const char *body)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/mine.c", test_folder());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "#include \"my_and_then.h\"\n"
            "static enum plx_answer my_and_then_poll(my_and_then *self, plx_context *cx, int *out)\n"
            "{\n%s\n}\n"
            "#include \"letter.h\"\n",
            body);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void test_unsolved_exercise_is_told_where_to_begin(void **state)
{
    (void)state;
    expect(NULL, 1, "The gap in my_and_then_poll is still open. Begin with the stage FIRST");
}

static void test_solution_passes(void **state)
{
    (void)state;
    expect(LESSON "solution.c", 0, "it prints what it should Passed.");
}

static void test_wrong_answers_fail_for_the_right_reason(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        {"wrong-1-first-item.c", "answered Ready(7): the second was never asked. Its item is not yours"},
        {"wrong-2-second-not-asked.c",
         "before anybody has asked the second. So nobody has promised to notify this task",
         "It does not end: it was stopped after 5 seconds."},
        {"wrong-3-failed-swallowed.c", "There is no item to make the second of: return PLX_FAILED"},
        {"wrong-4-first-asked-again.c",
         "The first was polled again, though it had answered once and for all."},
        {"wrong-5-not-dropped.c", "but it was not dropped then: the second was made."},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char file[128];
        snprintf(file, sizeof file, LESSON "%s", wrong[i][0]);
        expect_both(file, 1, wrong[i][1], wrong[i][2]);
    }
}

/* A sentence names the event; the player opens there. */
static void test_event_can_be_looked_at(void **state)
{
    (void)state;
    struct test_run run = check(LESSON "wrong-1-first-item.c");
    char *hint = strstr(run.out, "Not yet. See it happen:  " TEST_POLLUX " play "), trace[256];
    unsigned event;
    assert_non_null(hint);
    assert_int_equal(
        sscanf(hint, "Not yet. See it happen: " TEST_POLLUX " play %255s --at %u", trace, &event), 2);
    assert_int_equal(strncmp(trace, test_folder(), strlen(test_folder())), 0);
    struct test_run view = test_run(TEST_POLLUX " view %s --at %u --plain --panel chain", trace, event);
    assert_int_equal(view.status, 0);
    assert_non_null(strstr(view.out, "my_and_then get_balance answers Ready(7)"));
    test_run_done(&view);
    test_run_done(&run);
}

static void test_compiler_error_is_shown(void **state)
{
    (void)state;
    expect(write_exercise("    (void)self, (void)cx, (void)out;\n    return poll_frist(self, cx, out);"), 1,
           "It does not compile. The compiler says:");
    expect(write_exercise("    (void)self, (void)cx, (void)out;\n    return poll_frist(self, cx, out);"), 1,
           "mine.c:5:12: error: ");
}

static void test_crash_is_told(void **state)
{
    (void)state;
    expect(write_exercise("    (void)self, (void)cx, (void)out;\n    __builtin_abort();"), 1,
           "It crashes: signal 6, Aborted.");
}

/* What led to it is in the trace all the same. */
static void test_trace_outlives_a_crash(void **state)
{
    (void)state;
    expect(write_exercise("    int item;\n    (void)out;\n"
                          "    if (poll_first(self, cx, &item) == PLX_READY)\n        __builtin_abort();\n"
                          "    return PLX_NOT_READY;"),
           1, "signal 6, Aborted. The last that its trace tells is event 34: the first answered Ready(7).");
}

static void test_lost_item_is_told(void **state)
{
    (void)state;
    char *text = test_read_file(LESSON "solution.c"), *out = NULL;
    size_t size;
    assert_non_null(text);
    char *from = strstr(text, "    enum plx_answer answer;"), *to = strstr(text, "\n}\n");
    char *call = strstr(text, "poll_second(self, cx, out)");
    assert_true(from != NULL && to != NULL && call != NULL);
    FILE *body = open_memstream(&out, &size);
    assert_non_null(body);
    fprintf(body, "    *out = 1;\n%.*spoll_second(self, cx, &item)%.*s", (int)(call - from), from,
            (int)(to - call - (long)strlen("poll_second(self, cx, out)")),
            call + strlen("poll_second(self, cx, out)"));
    assert_int_equal(fclose(body), 0);
    expect(write_exercise(out), 1,
           "but my_and_then get_balance answered Ready(1). Let the second write its item");
    free(out);
    free(text);
}

static void test_empty_answer_is_told(void **state)
{
    (void)state;
    expect(write_exercise("    (void)self, (void)cx, (void)out;\n    return PLX_READY;"), 1,
           "has asked neither of its parts: my_and_then send_letter answered Ready(");
}

static void test_too_much_is_cut_off(void **state)
{
    (void)state;
    expect(write_exercise(
               "    (void)self, (void)cx, (void)out;\n"
               "    extern int puts(const char *);\n    for (;;)\n        puts(\"and then \\033[31m\");"),
           1, "It prints too much: it was ended after 64 KiB.");
}

static void test_nothing_raw_reaches_the_terminal(void **state)
{
    (void)state;
    char body[4096], *text = test_read_file(LESSON "solution.c");
    assert_non_null(text);
    char *from = strstr(text, "    enum plx_answer answer;"), *to = strstr(text, "\n}\n");
    assert_true(from != NULL && to != NULL);
    snprintf(body, sizeof body, "    __builtin_printf(\"\\033[2Jred\\n\");\n%.*s", (int)(to - from), from);
    free(text);
    struct test_run run = check(write_exercise(body));
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.out, "Line 1 of what it prints should be \"ann: letter 701 is sent\""));
    assert_non_null(strstr(run.out, "?[2Jred"));
    assert_null(strchr(run.out, '\033'));
    test_run_done(&run);
}

static void test_misuse_is_told(void **state)
{
    (void)state;
    test_says(2, NULL, "pollux check: which lesson?", TEST_POLLUX " check");
    test_says(2, NULL, "pollux check: there is no lesson 77", TEST_POLLUX " check 77");
    test_says(2, NULL, "pollux check: nowhere.c: No such file", TEST_POLLUX " check 04 nowhere.c");
    test_says(2, NULL, "one exercise at a time", TEST_POLLUX " check 04 a b");
    test_says(2, NULL, "there is no option --fast", TEST_POLLUX " check --fast");
    test_says(2, NULL, "no lessons are found", "POLLUX_LESSONS=/nowhere " TEST_POLLUX " check 04");
    test_says(0, "usage: pollux check", NULL, TEST_POLLUX " check --help");
    test_says(2, NULL, "the compiler /nowhere/cc cannot be run",
              "CC=/nowhere/cc " TEST_POLLUX " check 04 " LESSON "solution.c");
}

static void test_only_the_kept_trace_is_left(void **state)
{
    (void)state;
    struct test_run before = test_run("ls -l --full-time " LESSON);
    struct test_run run = test_run("mkdir '%s/t' && TMPDIR='%s/t' " TEST_POLLUX " check 04 " LESSON
                                   "wrong-1-first-item.c; cd '%s/t' && find . -type f",
                                   test_folder(), test_folder(), test_folder());
    char own[64];
    snprintf(own, sizeof own, "./pollux-%lu/04-chains.jsonl\n", (unsigned long)geteuid());
    struct test_run after = test_run("ls -l --full-time " LESSON);
    assert_string_equal(before.out, after.out);
    const char *last = strstr(run.out, "./pollux-");
    assert_non_null(last);
    assert_string_equal(last, own);
    test_run_done(&before);
    test_run_done(&run);
    test_run_done(&after);
}

/* /tmp is everybody's: a folder that others can write to is not used. */
static void test_folder_of_others_is_not_used(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/pollux-%lu", test_folder(), (unsigned long)geteuid());
    mkdir(path, 0777);
    assert_int_equal(chmod(path, 0777), 0);
    struct test_run run = check(LESSON "wrong-1-first-item.c");
    assert_int_equal(run.status, 1);
    assert_null(strstr(run.out, "See it happen"));
    assert_non_null(strstr(run.out, "\nNot yet.\n"));
    test_run_done(&run);
    assert_int_equal(chmod(path, 0700), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsolved_exercise_is_told_where_to_begin),
        cmocka_unit_test(test_solution_passes),
        cmocka_unit_test(test_wrong_answers_fail_for_the_right_reason),
        cmocka_unit_test(test_event_can_be_looked_at),
        cmocka_unit_test(test_compiler_error_is_shown),
        cmocka_unit_test(test_crash_is_told),
        cmocka_unit_test(test_trace_outlives_a_crash),
        cmocka_unit_test(test_lost_item_is_told),
        cmocka_unit_test(test_empty_answer_is_told),
        cmocka_unit_test(test_too_much_is_cut_off),
        cmocka_unit_test(test_nothing_raw_reaches_the_terminal),
        cmocka_unit_test(test_misuse_is_told),
        cmocka_unit_test(test_only_the_kept_trace_is_left),
        cmocka_unit_test(test_folder_of_others_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
