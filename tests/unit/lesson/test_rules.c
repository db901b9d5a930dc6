/* SPDX-License-Identifier: MIT
 *
 * The language of checks, and how a trace is held against its rules.
 */
#include "tests/support/run.h"
#include "tests/unit/viz/traces.h"
#include "viz/lesson/rules.h"

#include <errno.h>

#define NODES(n, kind, name, nodes, children)                                                                \
    E("shape", "\"shape\":" n ",\"kind\":\"" kind "\",\"name\":\"" name "\",\"file\":\"\","                  \
               "\"line\":1,\"nodes\":" nodes ",\"children\":[" children "]")
#define PAIR_HEAD   HEADER NODES("1", "leaf", "a", "1", "") NODES("2", "pair", "p", "3", "1,1") SPAWN("1", "2")
#define READY(t, f) E("ready", "\"task\":" t ",\"future\":" f ",\"value\":\"7\"")
#define DROP(t, f)  E("drop", "\"task\":" t ",\"future\":" f)

static int load(const char *text, struct plx_rules *rules, struct plx_problem *why)
{
    char path[128];
    snprintf(path, sizeof path, "%s/check", test_folder());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return plx_rules_load(path, rules, why);
}

static struct plx_verdict judge(const char *check, const char *trace)
{
    struct plx_rules rules;
    struct plx_problem why;
    struct plx_verdict verdict;
    if (load(check, &rules, &why) != 0)
        fail_msg("%s", why.text);
    struct plx_recording *recording = parsed(trace);
    plx_rules_judge(&rules, recording, &verdict);
    plx_recording_free(recording);
    plx_rules_done(&rules);
    return verdict;
}

static void test_words_of_a_check(void **state)
{
    (void)state;
    struct plx_rules rules;
    struct plx_problem why;
    assert_int_equal(load("# a comment\n"
                          "gap     here;\n"
                          "        It is\n"
                          "        still open.\n"
                          "\n"
                          "seconds 7\n"
                          "print   one  two \n"
                          "print   three\n"
                          "watch   pair first second\n"
                          "after   poll, poll first expect first Ready | first NotReady\n"
                          "        {got}!\n",
                          &rules, &why),
                     0);
    assert_string_equal(rules.gap, "here;");
    assert_string_equal(rules.gap_sentence, "It is still open.");
    assert_int_equal(rules.seconds, 7);
    assert_int_equal(rules.prints, 2);
    assert_string_equal(rules.print[0], "one  two");
    assert_string_equal(rules.watched, "pair");
    assert_int_equal(rules.parts, 2);
    assert_int_equal(rules.count, 1);
    assert_int_equal(rules.rule[0].given, 2);
    assert_int_equal(rules.rule[0].wanted, 2);
    assert_int_equal(rules.rule[0].then[1].kind, PLX_EV_not_ready);
    assert_int_equal(rules.rule[0].then[1].part, 1);
    assert_string_equal(rules.rule[0].sentence, "{got}!");
    plx_rules_done(&rules);
}

static void test_mistakes_name_the_line(void **state)
{
    (void)state;
    static const char *const mistakes[][2] = {
        {"\nnonsense\n", "check:2: \"nonsense\" is no word of a check"},
        {"  a sentence\n", "check:1: an indented line goes on with a sentence"},
        {"seconds 0\n", "check:1: seconds are a number"},
        {"seconds 5x\n", "check:1: seconds are a number"},
        {"watch\n", "check:1: futures of which kind"},
        {"watch a b c d e f\n", "check:1: at most 4 parts"},
        {"watch p a\nafter poll a\n", "check:2: the word expect is missing"},
        {"watch p a\nonce poll a need poll a\n", "check:2: the word never is missing"},
        {"watch p a\nbefore poll b need poll a\n", "check:2: \"poll b\" is no step"},
        {"watch p a\nafter a b expect poll\n", "check:2: \"a b\" is no step"},
        {"watch p a\nafter Ready a expect poll\n", "check:2: \"Ready a\" is no step"},
        {"watch p a\nafter poll expect poll | | poll\n", "check:2: \"\" is no step"},
        {"watch p a\nafter poll,poll,poll,poll,poll,poll,poll expect poll\n", "check:2: at most 6 steps"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct plx_rules rules;
        struct plx_problem why;
        assert_int_equal(load(mistakes[i][0], &rules, &why), -EINVAL);
        if (strstr(why.text, mistakes[i][1]) == NULL)
            fail_msg("\"%s\" instead of \"%s\"", why.text, mistakes[i][1]);
        plx_rules_done(&rules);
    }
}

static void test_longest_context_decides(void **state)
{
    (void)state;
    const char *check = "watch pair first second\n"
                        "after drop first expect poll second\n"
                        "  {got} in event {event}, since {since}\n"
                        "after first Ready, drop first expect Ready\n"
                        "  after Ready: {got}\n";
    const char *trace = PAIR_HEAD POLL("1", "1", "2", "0") POLL("1", "2", "1", "1") READY("1", "2")
        DROP("1", "2") READY("1", "1");
    assert_int_equal(judge(check, trace).event, 0);
    trace = PAIR_HEAD POLL("1", "1", "2", "0") POLL("1", "2", "1", "1") DROP("1", "2") READY("1", "1");
    struct plx_verdict verdict = judge(check, trace);
    assert_int_equal(verdict.event, 7);
    assert_string_equal(verdict.sentence, "pair p answered Ready(7) in event 7, since 6");
}

static void test_once_and_before(void **state)
{
    (void)state;
    const char *check = "watch pair first second\n"
                        "once first Ready never poll first\n"
                        "  {got} again, though Ready in {since}\n"
                        "before poll second need first Ready\n"
                        "  too soon\n";
    const char *again = PAIR_HEAD POLL("1", "1", "2", "0") POLL("1", "2", "1", "1") READY("1", "2")
        POLL("1", "2", "1", "1");
    struct plx_verdict verdict = judge(check, again);
    assert_int_equal(verdict.event, 7);
    assert_string_equal(verdict.sentence, "the first was polled again, though Ready in 6");
    assert_int_equal(verdict.watched, 1);
    assert_int_equal(verdict.polls, 1);
    const char *soon = PAIR_HEAD POLL("1", "1", "2", "0") POLL("1", "3", "1", "1");
    assert_string_equal(judge(check, soon).sentence, "too soon");
    /* Another task has nothing to do with it. */
    const char *other = PAIR_HEAD POLL("1", "1", "2", "0") POLL("2", "3", "1", "1");
    assert_int_equal(judge(check, other).event, 0);
}

static void test_same_value(void **state)
{
    (void)state;
    const char *check = "watch pair first second\nsame first Ready as Ready\n  {got}, {since}\n";
    const char *same = PAIR_HEAD POLL("1", "1", "2", "0") POLL("1", "2", "1", "1") READY("1", "2")
        READY("1", "1");
    const char *other = PAIR_HEAD POLL("1", "1", "2", "0") POLL("1", "2", "1", "1") READY("1", "2")
        E("ready", "\"task\":1,\"future\":1,\"value\":\"8\"");
    assert_int_equal(judge(check, same).event, 0);
    assert_string_equal(judge(check, other).sentence, "pair p answered Ready(8), 6");
}

/* A trace is input: sentences and names of any length, shapes that are not declared, numbers without end. */
static void test_odd_traces_do_no_harm(void **state)
{
    (void)state;
    const char *check =
        "watch pair first second\nafter poll expect poll first\n  {got}{got}{got}{got}{got}{got}{got}{got}\n";
    assert_int_equal(judge(check, HEADER).watched, 0);
    assert_int_equal(judge(check, HEADER POLL("1", "1", "4000000000", "0")).watched, 0);
    const char *undeclared = HEADER E("shape",
                                      "\"shape\":2,\"kind\":\"pair\",\"name\":\"p\",\"file\":\"\",\"line\":1,"
                                      "\"nodes\":9,\"children\":[7,8,9,10,11,12]")
        POLL("1", "4294967295", "2", "0") READY("1", "4294967295");
    struct plx_verdict verdict = judge(check, undeclared);
    assert_int_equal(verdict.event, 3);
    assert_true(strlen(verdict.sentence) < sizeof verdict.sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_a_check),
        cmocka_unit_test(test_mistakes_name_the_line),
        cmocka_unit_test(test_longest_context_decides),
        cmocka_unit_test(test_once_and_before),
        cmocka_unit_test(test_same_value),
        cmocka_unit_test(test_odd_traces_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
