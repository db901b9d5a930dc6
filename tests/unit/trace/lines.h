/* SPDX-License-Identifier: MIT
 *
 * A trace for tests: its lines, read with cJSON and nothing of viz/, so that the two do not share an
 * error. And children that write one.
 */
#ifndef TESTS_UNIT_TRACE_LINES_H
#define TESTS_UNIT_TRACE_LINES_H

#include "tests/support/futures.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ── files ────────────────────────────────────────────────────────────────────────────────────────────── */

/* A name for a file of this test program's own. */
PLX_INLINE const char *trace_path(const char *name)
{
    static char path[4][256];
    static int next;
    char *chosen = path[next++ % 4];
    snprintf(chosen, sizeof path[0], "%s/test-%ld-%s", PLX_BUILD_DIR, (long)getpid(), name);
    return chosen;
}

/* A whole file, with a NUL; to be freed. NULL when there is none. */
PLX_INLINE char *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, length, file), length);
    fclose(file);
    bytes[length] = '\0';
    if (size)
        *size = length;
    return bytes;
}

/* Cuts a text into lines, in place; the next one, or NULL. What follows the last newline is no line. By
 * hand: with strict_string_checks the address sanitizer's strchr would look through the whole text each
 * time. */
PLX_INLINE char *next_line(char **rest)
{
    char *line = *rest, *end = line;
    while (*end && *end != '\n')
        end++;
    if (!*end)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

/* ── events ───────────────────────────────────────────────────────────────────────────────────────────── */

/* line[0] is the header. */
struct lines {
    cJSON **line;
    int count;
};

PLX_INLINE struct lines read_lines(const char *path)
{
    struct lines lines = {0};
    size_t newlines = 0;
    char *bytes = read_whole(path, NULL), *rest = bytes, *line;
    assert_non_null(bytes);
    for (char *c = bytes; *c; c++)
        newlines += *c == '\n';
    lines.line = malloc((newlines + 1) * sizeof *lines.line);
    assert_non_null(lines.line);
    while ((line = next_line(&rest))) {
        lines.line[lines.count] = cJSON_ParseWithOpts(line, NULL, true);
        if (!lines.line[lines.count])
            fail_msg("line %d is no JSON: %s", lines.count + 1, line);
        lines.count++;
    }
    assert_string_equal(rest, ""); /* the last line is whole */
    assert_true(lines.count > 0);
    free(bytes);
    return lines;
}

PLX_INLINE void free_lines(struct lines *lines)
{
    for (int i = 0; i < lines->count; i++)
        cJSON_Delete(lines->line[i]);
    free(lines->line);
}

PLX_INLINE double number_in(const cJSON *line, const char *field)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(line, field);
    return cJSON_IsNumber(value) ? value->valuedouble : -1;
}

PLX_INLINE const char *word_in(const cJSON *line, const char *field)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, field));
    return text ? text : "";
}

PLX_INLINE bool is(const cJSON *line, const char *event)
{
    return strcmp(word_in(line, "ev"), event) == 0;
}

PLX_INLINE bool is_of(const cJSON *line, const char *event, const char *field, double number)
{
    return is(line, event) && number_in(line, field) == number;
}

/* The last line before `n` that is such an event; the test fails when there is none. */
PLX_INLINE int last_before(const struct lines *lines, int n, const char *event, const char *field,
                           double number)
{
    while (--n > 0)
        if (is_of(lines->line[n], event, field, number))
            return n;
    fail_msg("no %s with %s %.0f before", event, field, number);
    return 0;
}

PLX_INLINE int count_events(const struct lines *lines, const char *event)
{
    int count = 0;
    for (int i = 1; i < lines->count; i++)
        count += is(lines->line[i], event);
    return count;
}

/* ── children ─────────────────────────────────────────────────────────────────────────────────────────── */

/* Runs a function in a child, with its standard error in a file; returns its status as waitpid says it. */
PLX_INLINE int in_child(int (*function)(void *arg), void *arg, const char *error_path)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(error_path ? error_path : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 2);
        exit(function(arg));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

PLX_INLINE bool exited_well(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#endif
