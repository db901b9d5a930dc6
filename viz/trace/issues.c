/* SPDX-License-Identifier: MIT
 *
 * The list of issues, see issues.h.
 */
#include "viz/trace/issues.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int append(struct plx__issues *issues, size_t line, const char *text)
{
    if (issues->count == issues->room) {
        size_t room = issues->room ? issues->room * 2 : 16;
        struct plx_issue *grown = realloc(issues->issue, room * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        issues->issue = grown;
        issues->room = room;
    }
    const char *copy = plx__arena_text(&issues->texts, text, strlen(text));
    if (!copy)
        return -ENOMEM;
    issues->issue[issues->count++] = (struct plx_issue){line, copy};
    return 0;
}

int plx__issues_add(struct plx__issues *issues, size_t line, const char *format, ...)
{
    if (issues->count >= PLX__ISSUES_MAX) {
        issues->more++;
        return 0;
    }
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return append(issues, line, text);
}

static int by_line(const void *a, const void *b)
{
    size_t first = ((const struct plx_issue *)a)->line, second = ((const struct plx_issue *)b)->line;
    return (first > second) - (first < second);
}

int plx__issues_close(struct plx__issues *issues)
{
    if (issues->count)
        qsort(issues->issue, issues->count, sizeof(*issues->issue), by_line);
    if (!issues->more)
        return 0;
    char text[64];
    snprintf(text, sizeof(text), "and %zu more", issues->more);
    return append(issues, issues->issue[issues->count - 1].line, text);
}

void plx__issues_done(struct plx__issues *issues)
{
    free(issues->issue);
    plx__arena_done(&issues->texts);
    *issues = (struct plx__issues){0};
}
