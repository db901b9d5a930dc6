/* SPDX-License-Identifier: MIT
 *
 * The table of the subcommands, their help, and `pollux help` and `pollux version`.
 */
#include "viz/command/command.h"

#include <stdio.h>
#include <string.h>

#ifndef PLX_VERSION
#define PLX_VERSION "unknown"
#endif

static int command_version(int argc, char **argv);

/* At most 79 columns wide; the explanations of options begin in column 22. */
static const char play_help[] =
    "usage: pollux play [OPTIONS] FILE\n"
    "\n"
    "Plays a trace: the chain of futures with the poll on its way in and the answer\n"
    "on its way out, the scheduler's workers with their queues, the reactor, and\n"
    "what it all means in a sentence.\n"
    "\n"
    "  --at N              begin at event N, or at a time: 41, 1.5ms, end; without\n"
    "                      it, where the first task is spawned\n"
    "  --run               begin playing at once\n"
    "  --ascii             no characters beyond ASCII\n"
    "  --no-color          no colours; NO_COLOR in the environment does the same\n"
    "  --sdl               in a window instead of the terminal\n"
    "  --png OUT           with --sdl: draw event N into OUT; needs no screen\n"
    "  --size WxH          of the window or the picture, in pixels (1280x720)\n"
    "  --light             with --sdl: on a light ground\n"
    "  --presenter         with --sdl: the chain and the sentence, in large type\n"
    "  --no-motion         with --sdl: the poll jumps instead of moving\n"
    "\n"
    "Keys: space plays and pauses, left and right go one event, up and down to the\n"
    "polls of this task; ? lists them all, q quits.\n";

static const char view_help[] =
    "usage: pollux view FILE --at N [OPTIONS]\n"
    "\n"
    "Prints the frame that `pollux play` shows at event N, on standard output.\n"
    "Needs no terminal.\n"
    "\n"
    "  --at N              the event, or a time: 41, 1.5ms, end\n"
    "  --size WxH          in characters (the terminal's, or 100x30)\n"
    "  --plain             no escape sequences\n"
    "  --color             colours, even when standard output is no terminal\n"
    "  --ascii             no characters beyond ASCII\n"
    "  --panel NAME        one panel alone: chain, scheduler, reactor, log or why\n"
    "  --task N            the chain of this task, whatever the event is about\n";

static const char picture_help[] =
    "usage: pollux picture FILE --at N [OPTIONS]\n"
    "       pollux picture FILE --find STEPS [OPTIONS]\n"
    "\n"
    "Draws one event as an SVG picture, for documents and slides.\n"
    "\n"
    "  --at N              the event, or a time: 41, 1.5ms, end\n"
    "  --find STEPS        the event that a search ends at: kinds of events with\n"
    "                      their fields, \"not_ready task=1; ready future=6\"\n"
    "  -o, --output FILE   where to draw it (standard output)\n"
    "  --size WxH          of the picture, in pixels (1200x560)\n"
    "  --scale X           of the type, from 0.5 to 10 (1.6)\n"
    "  --task N            the chain of this task, whatever the event is about\n"
    "  --light             on a light ground\n"
    "  --all               all panels, not the chain alone\n"
    "  --number            print the event's number and its sentence instead\n";

static const char record_help[] =
    "usage: pollux record [-o FILE] PROGRAM [ARGUMENTS]\n"
    "\n"
    "Runs a program that is linked with libpollux, and has it write a trace of all\n"
    "it does.\n"
    "\n"
    "  -o, --output FILE   the trace (the program's name with .jsonl, in the\n"
    "                      current folder)\n"
    "\n"
    "The exit status is the program's own; 128 and the signal's number when a\n"
    "signal ended it; 127 when the program is not found, 126 when it cannot be run.\n";

static const char recover_help[] =
    "usage: pollux recover TRACE\n"
    "\n"
    "Finishes the trace of a program that was killed. A program that tells more than\n"
    "can be written as it goes puts it into TRACE.spill, and finishes the trace when\n"
    "it ends. If it could not, this does so, and removes the spill. What the trace\n"
    "holds already is left as it is.\n";

static const char schema_help[] =
    "usage: pollux schema [--markdown]\n"
    "\n"
    "Prints the format of a trace, made from the table of events: as a JSON Schema\n"
    "of a line, or as a page to read.\n"
    "\n"
    "  --markdown          the page\n";

static const char help_help[] = "usage: pollux help [COMMAND]\n"
                                "\n"
                                "Lists the commands, or tells what one of them does.\n";

static const char version_help[] = "usage: pollux version\n"
                                   "\n"
                                   "Prints the version.\n";

const struct plx_command plx_commands[] = {
    {"play", plx_command_play, "play a trace in the terminal or in a window", play_help},
    {"view", plx_command_view, "print one frame of a trace", view_help},
    {"picture", plx_command_picture, "draw one event as an SVG picture", picture_help},
    {"record", plx_command_record, "run a program and record what it does", record_help},
    {"recover", plx_command_recover, "finish the trace of a program that was killed", recover_help},
    {"lesson", plx_command_lesson, "list the lessons, or show one", NULL},
    {"check", plx_command_check, "check the exercise of a lesson", NULL},
    {"schema", plx_command_schema, "print the format of a trace", schema_help},
    {"help", plx_command_help, "list the commands, or explain one", help_help},
    {"version", command_version, "print the version", version_help},
    {NULL, NULL, NULL, NULL},
};

const struct plx_command *plx_command_find(const char *name)
{
    for (const struct plx_command *command = plx_commands; command->name != NULL; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be typed, left out or changed to make one word of the other. */
static size_t distance(const char *a, const char *b)
{
    size_t row[32], length = strlen(b);
    if (length >= sizeof row / sizeof *row)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

const struct plx_command *plx_command_nearest(const char *typed)
{
    const struct plx_command *best = NULL;
    size_t near = 3; /* three wrong letters make another word */
    for (const struct plx_command *command = plx_commands; command->name != NULL; command++) {
        size_t far = distance(typed, command->name);
        bool begins = near > 0 && strlen(typed) >= 2 && strncmp(command->name, typed, strlen(typed)) == 0;
        if (begins || (far < near && far < strlen(command->name))) {
            best = command;
            near = begins ? 0 : far;
        }
    }
    return best;
}

/* Help that could not be printed is no success. */
static int printed(void)
{
    return fflush(stdout) == 0 ? PLX_EXIT_FINE : plx_command_failed("help", "the output cannot be written");
}

static int list_commands(void)
{
    puts("Pollux shows how asynchronous programs run: it records a program and plays the recording.\n"
         "\n"
         "usage: pollux COMMAND [ARGUMENTS]\n");
    for (const struct plx_command *command = plx_commands; command->name != NULL; command++)
        printf("  %-10s%s\n", command->name, command->summary);
    puts("\nTo begin:  pollux record PROGRAM        and then  pollux play PROGRAM.jsonl\n"
         "More:      pollux help COMMAND");
    return printed();
}

int plx_command_help(int argc, char **argv)
{
    if (argc < 2)
        return list_commands();
    const struct plx_command *command = plx_command_find(argv[1]);
    if (command == NULL) {
        const struct plx_command *near = plx_command_nearest(argv[1]);
        return plx_command_misused(
            "help", near != NULL ? "there is no command %s; do you mean %s?" : "there is no command %s",
            argv[1], near != NULL ? near->name : "");
    }
    if (command->help == NULL)
        return command->run(2, (char *[]){(char *)command->name, (char *)"--help", NULL});
    fputs(command->help, stdout);
    return printed();
}

static int command_version(int argc, char **argv)
{
    if (argc > 1)
        return plx_command_misused("version", "it takes no argument, not even %s", argv[1]);
    puts("pollux " PLX_VERSION);
    return printed();
}
