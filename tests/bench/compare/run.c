/* SPDX-License-Identifier: MIT
 *
 * Running one bench of one peer. Nothing that a peer does ends the comparison: one that crashes, hangs or
 * prints what nobody understands is named on standard error, and has no figure.
 */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_SECONDS = 120, NO_SUCH_BENCH = 2, TIMED_OUT = 124 };

int peer_from(char *argument, struct peer *peer)
{
    char *equals = strchr(argument, '=');
    if (!equals || equals == argument)
        return -EINVAL;
    if (access(equals + 1, X_OK) || !(peer->program = realpath(equals + 1, NULL)))
        return -errno;
    *equals = '\0';
    peer->name = argument;
    return 0;
}

void complain(const struct peer *peer, const char *bench, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "\rcompare: %s, %s: ", peer->name, bench);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%-24s\n", "");
}

double number_in(const cJSON *line, const char *field)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(line, field);
    bool is_one = cJSON_IsNumber(value) && isfinite(value->valuedouble) && value->valuedouble >= 0;
    return is_one ? value->valuedouble : NAN;
}

/* A field that is in `into` already takes the new value. */
static void take_fields(cJSON *into, cJSON *line)
{
    while (line->child) {
        cJSON *field = cJSON_DetachItemViaPointer(line, line->child);
        cJSON_DeleteItemFromObjectCaseSensitive(into, field->string);
        char *name = strdup(field->string);
        cJSON_AddItemToObject(into, name ? name : "", field);
        free(name);
    }
}

cJSON *read_lines(FILE *pipe, const char *before, const char *after)
{
    char line[4096], text[8192];
    cJSON *all = NULL;
    while (fgets(line, sizeof line, pipe)) {
        snprintf(text, sizeof text, "%s%s%s", before, line, after);
        cJSON *parsed = cJSON_Parse(text);
        if (cJSON_IsObject(parsed)) {
            if (!all)
                all = cJSON_CreateObject();
            take_fields(all, parsed);
        }
        cJSON_Delete(parsed);
    }
    return all;
}

/* Says why there is no line, or why it does not count. */
static bool has_failed(const struct peer *peer, const char *bench, int status, const cJSON *line)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SUCH_BENCH)
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && line)
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == TIMED_OUT)
        complain(peer, bench, "stopped after %d s", LIMIT_SECONDS);
    else if (WIFEXITED(status) && WEXITSTATUS(status) > 128)
        complain(peer, bench, "ended by signal %d", WEXITSTATUS(status) - 128);
    else if (WIFEXITED(status) && WEXITSTATUS(status))
        complain(peer, bench, "failed with status %d", WEXITSTATUS(status));
    else if (WIFEXITED(status))
        complain(peer, bench, "printed no line of JSON");
    else
        complain(peer, bench, "could not be run");
    return true;
}

cJSON *run_program(const struct peer *peer, const char *bench, bool *failed)
{
    char command[4096];
    snprintf(command, sizeof command, "timeout -k 5 %d '%s' %s 2>/dev/null", LIMIT_SECONDS, peer->program,
             bench);
    FILE *pipe = popen(command, "r");
    cJSON *line = pipe ? read_lines(pipe, "", "") : NULL;
    int status = pipe ? pclose(pipe) : -1;
    *failed = has_failed(peer, bench, status, line);
    if (!*failed && WEXITSTATUS(status) == 0)
        return line;
    cJSON_Delete(line);
    return NULL;
}
