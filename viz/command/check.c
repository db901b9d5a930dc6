/* SPDX-License-Identifier: MIT
 *
 * `pollux check`: builds a student's exercise, runs it within limits, and holds its trace and what it prints
 * against the lesson's check. What is found first is said first, and one thing at a time.
 */
#include "viz/command/command.h"
#include "viz/lesson/bench.h"
#include "viz/lesson/lesson.h"
#include "viz/lesson/rules.h"
#include "viz/lesson/tools.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES_SHOWN 40 /* of what the compiler or a program says */

static const char help[] =
    "usage: pollux check LESSON [FILE]\n"
    "\n"
    "Checks the exercise of a lesson: builds it, runs it for a few seconds at most, and looks at its trace\n"
    "and at what it prints. LESSON is a number or a name: 04, chains. FILE is your own copy of the exercise,\n"
    "when it is not the lesson's exercise.c. Nothing is written into the lesson's folder. $CC tells which\n"
    "compiler is used.\n"
    "\n"
    "The exit status is 0 when it has passed, 1 when it has not yet, 2 when nothing could be checked.\n";

struct check {
    const struct plx_lesson *lesson;
    char file[PATH_MAX];
    struct plx_rules rules;
    struct plx_bench bench;
    size_t event;        /* the place in the trace to look at, 0 for none … */
    char kept[PATH_MAX]; /* … and where the trace is then */
};

/* ── saying it ────────────────────────────────────────────────────────────────────────────────────── */

static void stop(int number)
{
    (void)number;
    plx_run_stop = 1;
}

/* What a compiler or a program says, indented, without control characters, and not without end. */
static void show_text(const char *text, size_t size)
{
    int lines = 0;
    for (size_t i = 0; i < size && lines < LINES_SHOWN; lines++) {
        fputs("    ", stdout);
        for (; i < size && text[i] != '\n'; i++) {
            unsigned char c = (unsigned char)text[i];
            bool control = (c < 0x20 && c != '\t') || c == 0x7F ||
                           (c == 0xC2 && i + 1 < size && (unsigned char)text[i + 1] >= 0x80 &&
                            (unsigned char)text[i + 1] < 0xA0);
            putchar(control ? '?' : c);
        }
        putchar('\n');
        i++;
    }
    if (lines == LINES_SHOWN)
        puts("    …");
}

static void fine(const char *what)
{
    printf("  ✓ %s\n", what);
}

/* A sentence, broken into lines that stand under one another. */
static int wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int wrong(const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char *at = text, *indent = "  ✗ ";
    while (*at != '\0') {
        size_t length = strlen(at), most = 100;
        if (length > most) {
            for (length = most; length > 0 && at[length] != ' '; length--)
                continue;
            length = length > 0 ? length : most;
        }
        printf("%s%.*s\n", indent, (int)length, at);
        at += length + strspn(at + length, " ");
        indent = "    ";
    }
    return PLX_EXIT_FAILED;
}

/* ── the steps of a check: each returns PLX_EXIT_FINE to go on ────────────────────────────────────── */

/* A line that is the gap's, whatever it is indented by. */
static bool gap_is_open(const char *text, const char *gap)
{
    for (const char *line = text; *gap != '\0' && line != NULL; line = strchr(line, '\n')) {
        line += strspn(line, " \t\r\n");
        if (strncmp(line, gap, strlen(gap)) == 0)
            return true;
        if (*line == '\0')
            break;
    }
    return false;
}

static int look_for_gap(const struct check *check)
{
    char *text = plx__file_text(check->file);
    if (text == NULL)
        return plx_command_failed("check", "%s: %s", check->file, strerror(errno));
    bool open = gap_is_open(text, check->rules.gap);
    free(text);
    return open ? wrong("%s", check->rules.gap_sentence) : PLX_EXIT_FINE;
}

static int compile(const struct check *check)
{
    struct plx_run run;
    int result = PLX_EXIT_FINE,
        failed = plx_compile(check->file, check->lesson->folder, check->bench.program, &run);
    if (failed == -ENOENT)
        result = plx_command_failed(
            "check", "libpollux is not found beside this program, nor by pkg-config: make builds it");
    else if (failed != 0)
        result = plx_command_failed("check", "%s", strerror(-failed));
    else if (run.failure != 0)
        result = plx_command_failed("check", "the compiler %s cannot be run: %s", plx_compiler(),
                                    strerror(run.failure));
    else if (!plx_run_fine(&run))
        result = wrong("It does not compile. The compiler says:");
    else
        fine(run.err_size > 0 ? "it compiles, but the compiler warns:" : "it compiles");
    if (failed == 0 && run.failure == 0)
        show_text(run.err, run.err_size);
    plx_run_done(&run);
    return result;
}

/* How the program ended, when not well. */
static int judge_end(const struct check *check, const struct plx_run *run, const struct plx_verdict *verdict)
{
    char last[256] = "It has told nothing of the futures that are watched.";
    if (verdict->last != 0)
        snprintf(last, sizeof last, "The last that its trace tells is event %zu: %s.", verdict->last,
                 verdict->last_words);
    if (run->talkative)
        return wrong("It prints too much: it was ended after %d KiB. %s", PLX_HEARD_MAX / 1024, last);
    if (run->late)
        return wrong("It does not end: it was stopped after %u seconds. %s", check->rules.seconds, last);
    if (WIFSIGNALED(run->status) && WTERMSIG(run->status) == SIGXFSZ)
        return wrong("It writes too much into its trace, as if it went round in a circle. %s", last);
    if (WIFSIGNALED(run->status))
        return wrong("It crashes: signal %d, %s. %s", WTERMSIG(run->status), strsignal(WTERMSIG(run->status)),
                     last);
    if (WEXITSTATUS(run->status) != 0)
        return wrong("It ends with status %d instead of 0. %s", WEXITSTATUS(run->status), last);
    return PLX_EXIT_FINE;
}

static int judge_output(const struct plx_rules *rules, const struct plx_run *run)
{
    const char *at = run->out;
    for (size_t i = 0; i < rules->prints; i++) {
        size_t length = strcspn(at, "\n");
        if (length != strlen(rules->print[i]) || strncmp(at, rules->print[i], length) != 0) {
            wrong("Line %zu of what it prints should be \"%s\". It prints:", i + 1, rules->print[i]);
            show_text(run->out, run->out_size);
            return PLX_EXIT_FAILED;
        }
        at += length + (at[length] == '\n');
    }
    if (*at == '\0')
        return PLX_EXIT_FINE;
    wrong("It prints more than the %zu lines that it should:", rules->prints);
    show_text(run->out, run->out_size);
    return PLX_EXIT_FAILED;
}

static int judge_trace(const struct check *check, struct plx_verdict *verdict, bool ended)
{
    struct plx_recording *recording;
    struct plx_problem why;
    memset(verdict, 0, sizeof *verdict);
    if (*check->rules.watched == '\0')
        return PLX_EXIT_FINE;
    if (plx_recording_load(check->bench.trace, &recording, &why) != 0)
        return ended ? wrong("It has left no trace that can be read: %s", why.text) : PLX_EXIT_FINE;
    plx_rules_judge(&check->rules, recording, verdict);
    plx_recording_free(recording);
    if (verdict->event != 0)
        return wrong("%s", verdict->sentence);
    if (verdict->watched == 0 && ended)
        return wrong("Its trace shows no %s", check->rules.watched);
    return PLX_EXIT_FINE;
}

/* The trace tells why, how it ended and what it printed tell only that: so it comes first. */
static int judge(const struct check *check, const struct plx_run *run, size_t *event)
{
    struct plx_verdict verdict;
    char polls[128];
    int trace = judge_trace(check, &verdict, plx_run_fine(run));
    int end = judge_end(check, run, &verdict);
    *event = verdict.event != 0 ? verdict.event : end != PLX_EXIT_FINE ? verdict.last : 0;
    if (trace == PLX_EXIT_FINE && end == PLX_EXIT_FINE) {
        snprintf(polls, sizeof polls, "every %s keeps the rules: %zu of them, %zu polls",
                 check->rules.watched, verdict.watched, verdict.polls);
        fine(polls);
        end = judge_output(&check->rules, run);
        if (end == PLX_EXIT_FINE)
            fine("it prints what it should");
    }
    if ((trace != PLX_EXIT_FINE || end != PLX_EXIT_FINE) && run->err_size > 0) {
        puts("    On standard error it says:");
        show_text(run->err, run->err_size);
    }
    return trace != PLX_EXIT_FINE ? trace : end;
}

static int run_it(struct check *check)
{
    char *argv[] = {check->bench.program, NULL};
    struct plx_run run;
    plx_run_program(argv, check->bench.trace, check->rules.seconds * 1000, &run);
    int result = run.failure != 0 ? plx_command_failed("check", "it cannot be run: %s", strerror(run.failure))
                                  : judge(check, &run, &check->event);
    plx_run_done(&run);
    if (result == PLX_EXIT_FINE || !plx_bench_keep_trace(&check->bench, check->lesson->name, check->kept))
        check->event = 0;
    return result;
}

/* ── the command ──────────────────────────────────────────────────────────────────────────────────── */

static int check_it(struct check *check)
{
    int failed = plx_bench_open(&check->bench);
    if (failed != 0)
        return plx_command_failed("check", "no folder to build in: %s", strerror(-failed));
    int result = look_for_gap(check);
    if (result == PLX_EXIT_FINE)
        result = compile(check);
    if (result == PLX_EXIT_FINE)
        result = run_it(check);
    return result;
}

static int check_lesson(struct check *check)
{
    char path[PATH_MAX];
    struct plx_problem why;
    struct sigaction action = {.sa_handler = stop}, before_int, before_term;
    if (!plx__path(path, check->lesson->folder, "check") || access(path, R_OK) != 0)
        return plx_command_failed("check", "lesson %s has no exercise to check", check->lesson->name);
    int result = plx_rules_load(path, &check->rules, &why);
    if (result != 0) {
        plx_rules_done(&check->rules);
        return plx_command_failed("check", "lesson %s: %s", check->lesson->name, why.text);
    }
    printf("Lesson %s: %s\n", check->lesson->name, check->file);
    fflush(stdout);
    sigaction(SIGINT, &action, &before_int);
    sigaction(SIGTERM, &action, &before_term);
    result = check_it(check);
    plx_bench_close(&check->bench);
    plx_rules_done(&check->rules);
    sigaction(SIGINT, &before_int, NULL);
    sigaction(SIGTERM, &before_term, NULL);
    if (result == PLX_EXIT_FINE)
        puts("Passed.");
    else if (result == PLX_EXIT_FAILED && check->event == 0)
        puts("Not yet.");
    else if (result == PLX_EXIT_FAILED)
        printf("Not yet. See it happen:  %s play %s --at %zu\n", plx_command_typed, check->kept,
               check->event);
    return result;
}

static int find_file(struct check *check, const char *told)
{
    if (told == NULL && !plx__path(check->file, check->lesson->folder, "exercise.c"))
        return plx_command_failed("check", "%s", strerror(ENAMETOOLONG));
    if (told != NULL && snprintf(check->file, sizeof check->file, "%s", told) >= (int)sizeof check->file)
        return plx_command_failed("check", "%s", strerror(ENAMETOOLONG));
    if (access(check->file, R_OK) != 0)
        return plx_command_failed("check", "%s: %s", check->file, strerror(errno));
    return PLX_EXIT_FINE;
}

int plx_command_check(int argc, char **argv)
{
    bool asks = false;
    const struct plx_option options[] = {{"help", 'h', false, NULL, &asks}, {NULL, '\0', false, NULL, NULL}};
    struct plx_lessons lessons;
    struct check check = {0};
    int left = plx_command_options(argc, argv, options, true);
    if (left < 0)
        return PLX_EXIT_USAGE;
    if (asks)
        return fputs(help, stdout) < 0 ? PLX_EXIT_USAGE : PLX_EXIT_FINE;
    if (left == 0 || left > 2)
        return plx_command_misused("check", left == 0 ? "which lesson? pollux lesson lists them"
                                                      : "one exercise at a time");
    if (plx_lessons_find(&lessons) != 0)
        return plx_command_failed("check", "%s", strerror(ENOMEM));
    check.lesson = plx_lessons_named(&lessons, argv[1]);
    int result;
    if (check.lesson == NULL && lessons.count == 0)
        result = plx_command_failed("check", "no lessons are found; POLLUX_LESSONS can name their folder");
    else if (check.lesson == NULL)
        result = plx_command_failed("check", "there is no lesson %s; pollux lesson lists them", argv[1]);
    else
        result = find_file(&check, left == 2 ? argv[2] : NULL);
    if (result == PLX_EXIT_FINE)
        result = check_lesson(&check);
    plx_lessons_done(&lessons);
    return result;
}
