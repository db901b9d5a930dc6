/* SPDX-License-Identifier: MIT
 *
 * The subcommands of `pollux`, and what they have in common.
 *
 * Each command is a function in a file of its own; the table stands in table.c. argv[0] is the command's
 * name. The exit status is 0 when all is well, 1 when a check failed, 2 for bad usage or bad input, which is
 * told in one line on standard error that begins with "pollux NAME: " and names the place.
 */
#ifndef PLX_COMMAND_H
#define PLX_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLX_EXIT_FINE   0
#define PLX_EXIT_FAILED 1
#define PLX_EXIT_USAGE  2

/* How the user calls this program, for commands that are to be typed: "pollux" when the shell found it,
 * else its path, "./pollux". */
extern const char *plx_command_typed;

int plx_command_play(int argc, char **argv);
int plx_command_view(int argc, char **argv);
int plx_command_picture(int argc, char **argv);
int plx_command_record(int argc, char **argv);
int plx_command_recover(int argc, char **argv);
int plx_command_schema(int argc, char **argv);
int plx_command_lesson(int argc, char **argv);
int plx_command_check(int argc, char **argv);
int plx_command_help(int argc, char **argv);

struct plx_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary; /* one line, for the list of commands */
    const char *help; /* the whole text of `pollux help NAME`; NULL: the command prints it itself on --help */
};

/* The table, ended by a name NULL; and the entry of this name, NULL when there is none. */
extern const struct plx_command plx_commands[];
const struct plx_command *plx_command_find(const char *name);

/* The command whose name is nearest to what was typed, NULL when none is near. */
const struct plx_command *plx_command_nearest(const char *typed);

/* Say what is wrong on standard error, on one line without control characters: "pollux NAME: …". Both return
 * PLX_EXIT_USAGE; the first adds where the help is. */
int plx_command_misused(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
int plx_command_failed(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says on standard error, in the name of this command, that a spill lies beside the trace, if one does: it is not
 * finished. */
void plx_command_mention_spill(const char *name, const char *trace);

/* Options in the manner of getopt_long; a table ends with a name NULL. An option with a value takes it from
 * "--name=value" or from the next word. */
struct plx_option {
    const char *name; /* without dashes */
    char letter;      /* of the short form, or '\0' */
    bool valued;
    const char **value; /* where to leave the value, for those with one */
    bool *given;        /* … or that it was given, may be NULL for those with one */
};

/* Reads options up to the first word that is none, or through all words, when `mixed`. The words that are
 * left are moved to argv[1] …, and their number is returned; or -1 after having told what is wrong. */
int plx_command_options(int argc, char **argv, const struct plx_option *options, bool mixed);

/* "100x30" → 100, 30. false when it is no size from 1x1 to 1000x1000; for pictures up to `most`. */
bool plx_command_size(const char *text, int most, int *w, int *h);

#endif
