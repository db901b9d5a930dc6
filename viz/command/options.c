/* SPDX-License-Identifier: MIT
 *
 * What the commands have in common: options, sizes, and how an error is said. See command.h.
 */
#include "viz/command/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *plx_command_typed = "pollux";

/* What was typed, and what stands in a trace, may hold anything: no control character reaches the
 * terminal. */
static void say(const char *name, bool misused, const char *format, va_list list)
{
    char text[1024];
    const char *space = *name != '\0' ? " " : "";
    vsnprintf(text, sizeof text, format, list);
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
        if (*c < 0x20 || *c == 0x7F || (*c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0))
            *c = '?';
    if (misused)
        fprintf(stderr, "pollux%s%s: %s (see: pollux help%s%s)\n", space, name, text, space, name);
    else
        fprintf(stderr, "pollux%s%s: %s\n", space, name, text);
}

int plx_command_failed(const char *name, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(name, false, format, list);
    va_end(list);
    return PLX_EXIT_USAGE;
}

int plx_command_misused(const char *name, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(name, true, format, list);
    va_end(list);
    return PLX_EXIT_USAGE;
}

static const struct plx_option *find_long(const struct plx_option *options, const char *name, size_t length)
{
    for (; options->name != NULL; options++)
        if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

static const struct plx_option *find_short(const struct plx_option *options, char letter)
{
    for (; options->name != NULL; options++)
        if (options->letter == letter && letter != '\0')
            return options;
    return NULL;
}

/* Reads one option and its value; *i is the place of the last word used. */
static bool read_option(int argc, char **argv, int *i, const struct plx_option *options)
{
    const char *word = argv[*i], *value = NULL;
    const struct plx_option *option;
    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        option = find_long(options, word + 2, length);
        value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
    } else {
        option = find_short(options, word[1]);
        value = word[2] != '\0' ? word + 2 : NULL;
    }
    if (option == NULL || (!option->valued && value != NULL))
        return plx_command_misused(argv[0], "there is no option %s", word), false;
    if (option->valued && value == NULL && *i + 1 >= argc)
        return plx_command_misused(argv[0], "%s needs a value", word), false;
    if (option->valued)
        *option->value = value != NULL ? value : argv[++*i];
    if (option->given != NULL)
        *option->given = true;
    return true;
}

int plx_command_options(int argc, char **argv, const struct plx_option *options, bool mixed)
{
    int left = 0;
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[1 + left++] = argv[i];
            ended = ended || !mixed;
        } else if (!read_option(argc, argv, &i, options)) {
            return -1;
        }
    }
    return left;
}

bool plx_command_size(const char *text, int most, int *w, int *h)
{
    char *end;
    long x = strtol(text, &end, 10), y = 0;
    if (*end == 'x' || *end == 'X')
        y = strtol(end + 1, &end, 10);
    if (*end != '\0' || x < 1 || y < 1 || x > most || y > most)
        return false;
    *w = (int)x;
    *h = (int)y;
    return true;
}
