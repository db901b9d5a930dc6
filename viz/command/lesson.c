/* SPDX-License-Identifier: MIT
 *
 * `pollux lesson`: lists the lessons, shows the text of one, or records its demo and plays it.
 */
#include "viz/command/command.h"
#include "viz/lesson/bench.h"
#include "viz/lesson/lesson.h"
#include "viz/lesson/tools.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "usage: pollux lesson [LESSON [--demo]]\n"
    "\n"
    "Lists the lessons, or shows the text of one, in a pager ($PAGER, or less) when standard output is a\n"
    "terminal. LESSON is a number or a name: 04, chains.\n"
    "\n"
    "  --demo              record the lesson's demo and play it\n"
    "\n"
    "Lessons are looked for in $POLLUX_LESSONS, else in the checkout around the current folder, else where\n"
    "they are installed.\n";

/* "Lesson 4: Futures and chains" without what the number says already. */
static const char *title_of(const struct plx_lesson *lesson)
{
    const char *colon = strncmp(lesson->title, "Lesson ", 7) == 0 ? strstr(lesson->title, ": ") : NULL;
    return colon != NULL ? colon + 2 : lesson->title[0] != '\0' ? lesson->title : lesson->name + 3;
}

static int list(const struct plx_lessons *lessons)
{
    for (size_t i = 0; i < lessons->count; i++) {
        const struct plx_lesson *lesson = &lessons->lesson[i];
        printf("  %02u  %-40s", lesson->number, title_of(lesson));
        if (lesson->minutes > 0)
            printf("%4u minutes", lesson->minutes);
        putchar('\n');
    }
    printf("\nTo read one:  %s lesson %02u\n", plx_command_typed, lessons->lesson[0].number);
    return fflush(stdout) == 0 ? PLX_EXIT_FINE : PLX_EXIT_USAGE;
}

/* ── the text ─────────────────────────────────────────────────────────────────────────────────────── */

static int print_text(const struct plx_lesson *lesson, FILE *to)
{
    char path[PATH_MAX];
    if (!plx__path(path, lesson->folder, "lesson.md"))
        return -ENAMETOOLONG;
    char *text = plx__file_text(path);
    if (text == NULL)
        return -errno;
    int result = fputs(text, to) < 0 || fflush(to) != 0 ? -errno : 0;
    free(text);
    return result;
}

static const char *pager(void)
{
    const char *told = getenv("PAGER");
    if (told == NULL || *told == '\0')
        told = "less -R";
    return strcmp(told, "cat") == 0 ? NULL : told;
}

/* In a pager, which may be left before its end. What cannot be started is told by the shell, and then the
 * text is printed. */
static int page(const struct plx_lesson *lesson, const char *command)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    fflush(stdout);
    sigaction(SIGPIPE, &ignore, &before);
    FILE *to = popen(command, "w");
    int result = to == NULL ? -errno : print_text(lesson, to);
    int status = to == NULL ? -1 : pclose(to);
    sigaction(SIGPIPE, &before, NULL);
    if (status == -1 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
        return print_text(lesson, stdout);
    return result == -EPIPE ? 0 : result;
}

static int show(const struct plx_lesson *lesson)
{
    bool terminal = isatty(STDOUT_FILENO);
    int result = terminal && pager() != NULL ? page(lesson, pager()) : print_text(lesson, stdout);
    if (result != 0)
        return plx_command_failed("lesson", "%s: %s", lesson->name, strerror(-result));
    if (terminal)
        printf("\nThe demo:      %s lesson %02u --demo\n"
               "The exercise:  %s/exercise.c\n"
               "Its check:     %s check %02u\n",
               plx_command_typed, lesson->number, lesson->folder, plx_command_typed, lesson->number);
    return PLX_EXIT_FINE;
}

/* ── the demo ─────────────────────────────────────────────────────────────────────────────────────── */

/* The program that make has built, or one built now from demo.c. */
static int find_demo(const struct plx_lesson *lesson, const struct plx_bench *bench, char program[PATH_MAX])
{
    char folder[PATH_MAX], lessons[PATH_MAX], own[PATH_MAX], source[PATH_MAX];
    struct plx_run run;
    plx__program_folder(folder);
    if (plx__path(lessons, folder, "lessons") && plx__path(own, lessons, lesson->name) &&
        plx__path(program, own, "demo") && access(program, X_OK) == 0)
        return PLX_EXIT_FINE;
    snprintf(program, PATH_MAX, "%s", bench->program);
    if (!plx__path(source, lesson->folder, "demo.c") || access(source, R_OK) != 0)
        return plx_command_failed("lesson", "lesson %s has no demo", lesson->name);
    int failed = plx_compile(source, lesson->folder, program, &run);
    bool fine = failed == 0 && plx_run_fine(&run);
    plx_run_done(&run);
    return fine ? PLX_EXIT_FINE
                : plx_command_failed("lesson", "the demo of lesson %s does not build", lesson->name);
}

/* Recorded with `pollux record`, played with `pollux play`. The trace is kept, to be played again. */
static int play_demo(const struct plx_lesson *lesson, const struct plx_bench *bench)
{
    char program[PATH_MAX], kept[PATH_MAX], name[80];
    int result = find_demo(lesson, bench, program);
    if (result != PLX_EXIT_FINE)
        return result;
    snprintf(name, sizeof name, "%s-demo", lesson->name);
    if (!plx_bench_place(name, kept))
        return plx_command_failed("lesson", "there is no place for the trace of the demo");
    char *record[] = {(char *)"record", (char *)"-o", kept, program, NULL};
    result = plx_command_record(4, record);
    if (result != PLX_EXIT_FINE)
        return result;
    fflush(stdout);
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        puts("No terminal here: it is recorded, but not played.");
        return PLX_EXIT_FINE;
    }
    char *play[] = {(char *)"play", kept, NULL};
    return plx_command_play(2, play);
}

static int demo(const struct plx_lesson *lesson)
{
    struct plx_bench bench;
    int failed = plx_bench_open(&bench);
    int result = failed != 0 ? plx_command_failed("lesson", "no folder to record in: %s", strerror(-failed))
                             : play_demo(lesson, &bench);
    plx_bench_close(&bench);
    return result;
}

/* ── the command ──────────────────────────────────────────────────────────────────────────────────── */

static int show_one(const struct plx_lessons *lessons, const char *name, bool wants_demo)
{
    const struct plx_lesson *lesson = plx_lessons_named(lessons, name);
    if (lesson == NULL)
        return plx_command_failed("lesson", "there is no lesson %s; %s lesson lists them", name,
                                  plx_command_typed);
    return wants_demo ? demo(lesson) : show(lesson);
}

int plx_command_lesson(int argc, char **argv)
{
    bool asks = false, wants_demo = false;
    const struct plx_option options[] = {{"help", 'h', false, NULL, &asks},
                                         {"demo", '\0', false, NULL, &wants_demo},
                                         {NULL, '\0', false, NULL, NULL}};
    struct plx_lessons lessons;
    int left = plx_command_options(argc, argv, options, true);
    if (left < 0)
        return PLX_EXIT_USAGE;
    if (asks)
        return fputs(help, stdout) < 0 ? PLX_EXIT_USAGE : PLX_EXIT_FINE;
    if (left > 1 || (left == 0 && wants_demo))
        return plx_command_misused("lesson", left > 1 ? "one lesson at a time" : "the demo of which lesson?");
    if (plx_lessons_find(&lessons) != 0)
        return plx_command_failed("lesson", "%s", strerror(ENOMEM));
    int result = lessons.count == 0
                     ? plx_command_failed("lesson",
                                          "no lessons are found; POLLUX_LESSONS can name their folder")
                 : left == 0 ? list(&lessons)
                             : show_one(&lessons, argv[1], wants_demo);
    plx_lessons_done(&lessons);
    return result;
}
