/* SPDX-License-Identifier: MIT
 *
 * Every lesson's folder is as lessons/README.md says: complete, without strays, its exercise with a gap, its
 * solution with the same functions as the exercise.
 */
#include "tests/support/run.h"
#include "viz/lesson/lesson.h"
#include "viz/lesson/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct plx_lessons lessons;

static int find_lessons(void **state)
{
    (void)state;
    return plx_lessons_find(&lessons);
}

static int forget_lessons(void **state)
{
    (void)state;
    plx_lessons_done(&lessons);
    return 0;
}

static char *file_of(const struct plx_lesson *lesson, const char *name)
{
    char path[PATH_MAX];
    assert_true(plx__path(path, lesson->folder, name));
    char *text = test_read_file(path);
    if (text == NULL)
        fail_msg("%s is missing", path);
    return text;
}

static void test_every_lesson_has_title_and_minutes(void **state)
{
    (void)state;
    assert_true(lessons.count >= 1);
    for (size_t i = 0; i < lessons.count; i++) {
        char begin[32];
        snprintf(begin, sizeof begin, "Lesson %u: ", lessons.lesson[i].number);
        assert_int_equal(strncmp(lessons.lesson[i].title, begin, strlen(begin)), 0);
        assert_in_range(lessons.lesson[i].minutes, 10, 90);
    }
}

/* The minutes of the parts, `## 1. Pull, not push  (4 minutes)`, are those of the whole. */
static void test_minutes_add_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < lessons.count; i++) {
        char *text = file_of(&lessons.lesson[i], "lesson.md");
        unsigned sum = 0, part;
        for (const char *at = text; (at = strstr(at, "\n## ")) != NULL; at++) {
            const char *minutes = strchr(at + 1, '('), *end = strchr(at + 1, '\n');
            if (minutes != NULL && minutes < end && sscanf(minutes, "(%u minutes)", &part) == 1)
                sum += part;
        }
        free(text);
        assert_int_equal(sum, lessons.lesson[i].minutes);
    }
}

static void test_index_names_every_lesson(void **state)
{
    (void)state;
    char *text = test_read_file("lessons/README.md");
    assert_non_null(text);
    for (size_t i = 0; i < lessons.count; i++)
        assert_non_null(strstr(text, lessons.lesson[i].name));
    free(text);
}

static int wrong_answers(const struct plx_lesson *lesson)
{
    int count = 0;
    struct dirent *entry;
    DIR *folder = opendir(lesson->folder);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        const char *name = entry->d_name, *end = strrchr(name, '.');
        bool known = strcmp(name, "lesson.md") == 0 || strcmp(name, "check") == 0 || strcmp(name, ".") == 0 ||
                     strcmp(name, "..") == 0;
        if (!known && (end == NULL || (strcmp(end, ".c") != 0 && strcmp(end, ".h") != 0)))
            fail_msg("%s/%s does not belong to a lesson", lesson->folder, name);
        count += strncmp(name, "wrong-", 6) == 0;
    }
    closedir(folder);
    return count;
}

static void test_no_strays_and_three_wrong_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < lessons.count; i++)
        assert_true(wrong_answers(&lessons.lesson[i]) >= 3);
}

static void test_every_exercise_has_its_gap_and_no_solution_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < lessons.count; i++) {
        struct plx_rules rules;
        struct plx_problem why;
        char path[PATH_MAX];
        assert_true(plx__path(path, lessons.lesson[i].folder, "check"));
        if (plx_rules_load(path, &rules, &why) != 0)
            fail_msg("%s", why.text);
        char *exercise = file_of(&lessons.lesson[i], "exercise.c"),
             *solution = file_of(&lessons.lesson[i], "solution.c");
        assert_true(*rules.gap != '\0' && *rules.gap_sentence != '\0');
        assert_non_null(strstr(exercise, rules.gap));
        assert_null(strstr(solution, rules.gap));
        free(exercise);
        free(solution);
        plx_rules_done(&rules);
    }
}

/* The lines that begin a function or include a file, one below the other. */
static char *outline(char *text)
{
    char *out = calloc(strlen(text) + 1, 1);
    assert_non_null(out);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        bool function = (*line >= 'a' && *line <= 'z') && strchr(line, '(') != NULL &&
                        strchr(line, ';') == NULL;
        if (function || strncmp(line, "#include", 8) == 0 || strncmp(line, "PLX_", 4) == 0)
            strcat(strcat(out, line), "\n");
    }
    return out;
}

static void test_exercise_and_solution_have_the_same_functions(void **state)
{
    (void)state;
    for (size_t i = 0; i < lessons.count; i++) {
        char *exercise = file_of(&lessons.lesson[i], "exercise.c"),
             *solution = file_of(&lessons.lesson[i], "solution.c");
        char *a = outline(exercise), *b = outline(solution);
        assert_true(strlen(a) > 0);
        assert_string_equal(a, b);
        free(a);
        free(b);
        free(exercise);
        free(solution);
    }
}

static void test_lessons_are_listed_and_shown(void **state)
{
    (void)state;
    test_says(0, "  04  Futures and chains", NULL, TEST_POLLUX " lesson");
    test_says(0, "# Lesson 4: Futures and chains", NULL, TEST_POLLUX " lesson 4");
    test_says(0, "# Lesson 4: Futures and chains", NULL,
              "p=$(realpath " TEST_POLLUX "); cd lessons/04-chains && \"$p\" lesson chains");
    test_says(2, NULL, "there is no lesson 99", TEST_POLLUX " lesson 99");
    test_says(2, NULL, "one lesson at a time", TEST_POLLUX " lesson 4 5");
    test_says(2, NULL, "the demo of which lesson?", TEST_POLLUX " lesson --demo");
    test_says(2, NULL, "no lessons are found", "POLLUX_LESSONS=/nowhere " TEST_POLLUX " lesson");
    test_says(0, "usage: pollux lesson", NULL, TEST_POLLUX " lesson --help");
}

/* Lessons elsewhere, as where they are installed. */
static void test_told_where_the_lessons_are(void **state)
{
    (void)state;
    struct test_run run = test_run("mkdir -p '%s/course' && cp -r lessons/04-chains '%s/course/05-copied' && "
                                   "POLLUX_LESSONS='%s/course' " TEST_POLLUX " lesson",
                                   test_folder(), test_folder(), test_folder());
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "  05  Futures and chains"));
    test_run_done(&run);
}

static void test_demo_is_recorded_without_a_terminal(void **state)
{
    (void)state;
    struct test_run run = test_run("TMPDIR='%s' " TEST_POLLUX " lesson 04 --demo", test_folder());
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "the answer is 42"));
    assert_non_null(strstr(run.err, "04-chains-demo.jsonl"));
    test_run_done(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_lesson_has_title_and_minutes),
        cmocka_unit_test(test_minutes_add_up),
        cmocka_unit_test(test_index_names_every_lesson),
        cmocka_unit_test(test_no_strays_and_three_wrong_answers),
        cmocka_unit_test(test_every_exercise_has_its_gap_and_no_solution_has),
        cmocka_unit_test(test_exercise_and_solution_have_the_same_functions),
        cmocka_unit_test(test_lessons_are_listed_and_shown),
        cmocka_unit_test(test_told_where_the_lessons_are),
        cmocka_unit_test(test_demo_is_recorded_without_a_terminal),
    };
    return cmocka_run_group_tests(tests, find_lessons, forget_lessons);
}
