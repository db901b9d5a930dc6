/* SPDX-License-Identifier: MIT
 *
 * Reading a trace: bytes, then lines, then events.
 *
 * Never more than one line is in memory as text: a window of two line lengths slides over the file, and a
 * line that fills half of it without an end is refused. Each line is parsed by cJSON, which limits the
 * nesting (CJSON_NESTING_LIMIT).
 */
#include "viz/trace/decode.h"
#include "viz/trace/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW ((size_t)2 * PLX_LINE_MAX)

/* How often something odd was seen, and where first. */
struct tally {
    uint64_t count;
    size_t line;
};

struct loader {
    struct plx_recording *recording;
    const char *name; /* the trace, for messages */
    size_t line;      /* the one being read, from 1 */
    struct tally unknown, backwards, lost, places;
    char first_unknown[PLX__WRONG_MAX];
    struct plx_problem *why;
};

/* ── problems ── */

/* A path in a message: its end is what tells it apart. */
static const char *short_name(const char *name, char *out, size_t size)
{
    size_t length = strlen(name), keep = size / 3 - 4;
    char cut[128];
    if (length > keep) {
        snprintf(cut, sizeof(cut), "...%s", name + length - keep + 3);
        name = cut;
    }
    plx_clean_text(name, strlen(name), out, size);
    return out;
}

__attribute__((format(printf, 4, 5))) static int problem(struct plx_problem *why, const char *name,
                                                         size_t line, const char *format, ...)
{
    char shown[300], text[PLX__WRONG_MAX * 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    char whole[sizeof(shown) + sizeof(text) + 32];
    short_name(name, shown, sizeof(shown));
    if (line)
        snprintf(whole, sizeof(whole), "%s:%zu: %s", shown, line, text);
    else
        snprintf(whole, sizeof(whole), "%s: %s", shown, text);
    plx_clean_text(whole, strlen(whole), why->text, sizeof(why->text));
    why->line = line;
    return -EINVAL;
}

static int no_memory(const struct loader *loader)
{
    problem(loader->why, loader->name, loader->line, "there is not enough memory for this trace");
    return -ENOMEM;
}

/* ── one line ── */

static void count(struct tally *tally, size_t line, uint64_t by)
{
    if (tally->count == 0)
        tally->line = line;
    tally->count += by;
}

/* An event has been decoded into the room behind the others: make it one of them. */
static void accept(struct loader *loader, struct plx_event *event)
{
    struct plx_recording *recording = loader->recording;
    event->line = loader->line < UINT32_MAX ? (uint32_t)loader->line : UINT32_MAX;
    if (recording->count && event->t_ns < event[-1].t_ns)
        count(&loader->backwards, loader->line, 1);
    if (event->kind == PLX_EV_lost) {
        count(&loader->lost, loader->line, event->as_lost.count);
        count(&loader->places, loader->line, 1);
    }
    recording->count++;
}

static int event_line(struct loader *loader, const cJSON *json)
{
    char wrong[PLX__WRONG_MAX];
    struct plx_event *event = plx__recording_room(loader->recording);
    int rc = event ? plx__decode_event(loader->recording, json, event, wrong) : -ENOMEM;

    if (rc == -ENOMEM)
        return no_memory(loader);
    if (rc == -EINVAL)
        return problem(loader->why, loader->name, loader->line, "%s", wrong);
    if (rc == 0) {
        accept(loader, event);
    } else {
        if (loader->unknown.count == 0)
            memcpy(loader->first_unknown, wrong, sizeof(wrong));
        count(&loader->unknown, loader->line, 1);
    }
    return 0;
}

static int header_line(struct loader *loader, const cJSON *json)
{
    char wrong[PLX__WRONG_MAX];
    int rc = plx__decode_header(loader->recording, json, wrong);
    if (rc == -ENOMEM)
        return no_memory(loader);
    return rc ? problem(loader->why, loader->name, loader->line, "%s", wrong) : 0;
}

static size_t without_space(const char *line, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) && line[length - 1])
        length--;
    return length;
}

static int not_json(struct loader *loader, bool ended)
{
    if (loader->line == 1)
        return problem(loader->why, loader->name, 1, "not a Pollux trace: the first line is no JSON object");
    if (ended)
        return problem(loader->why, loader->name, loader->line, "the line is not JSON");
    int rc = plx__issues_add(&loader->recording->issues, loader->line,
                             "the last line is cut off; the trace ends before it");
    return rc ? no_memory(loader) : 0;
}

/* `ended` tells whether a newline stood behind the line. */
static int take_line(struct loader *loader, const char *line, size_t length, bool ended)
{
    loader->line++;
    if (memchr(line, '\0', length))
        return problem(loader->why, loader->name, loader->line, "%sbinary data",
                       loader->line == 1 ? "not a Pollux trace: " : "");
    length = without_space(line, length);
    if (length == 0 && loader->line > 1)
        return 0;

    const char *end = NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(line, length, &end, 0);
    if (!json || end != line + length) {
        cJSON_Delete(json);
        return not_json(loader, ended);
    }
    int rc = loader->line == 1 ? header_line(loader, json) : event_line(loader, json);
    cJSON_Delete(json);
    return rc;
}

/* ── all lines ── */

/* Takes the whole lines in `bytes`; *taken tells how much that was. */
static int take_lines(struct loader *loader, const char *bytes, size_t size, size_t *taken)
{
    const char *end;
    *taken = 0;
    while ((end = memchr(bytes + *taken, '\n', size - *taken))) {
        size_t length = (size_t)(end - (bytes + *taken));
        if (length > PLX_LINE_MAX)
            break;
        int rc = take_line(loader, bytes + *taken, length, true);
        if (rc != 0)
            return rc;
        *taken += length + 1;
    }
    size_t rest = end ? (size_t)(end - (bytes + *taken)) : size - *taken;
    if (rest <= PLX_LINE_MAX)
        return 0;
    bool binary = memchr(bytes + *taken, '\0', rest) != NULL;
    return problem(loader->why, loader->name, loader->line + 1, "%s%s",
                   loader->line == 0 ? "not a Pollux trace: " : "",
                   binary ? "binary data" : "the line is longer than 64 KiB");
}

static int add_tallies(struct loader *loader)
{
    struct plx__issues *issues = &loader->recording->issues;
    const struct tally *unknown = &loader->unknown, *backwards = &loader->backwards, *lost = &loader->lost;
    int rc = 0;

    if (unknown->count)
        rc = plx__issues_add(issues, unknown->line, "%llu event%s of unknown kind (first: line %zu, \"%s\")",
                             (unsigned long long)unknown->count, unknown->count > 1 ? "s" : "", unknown->line,
                             loader->first_unknown);
    if (rc == 0 && backwards->count)
        rc = plx__issues_add(issues, backwards->line, "the time goes back %llu time%s (first: line %zu)",
                             (unsigned long long)backwards->count, backwards->count > 1 ? "s" : "",
                             backwards->line);
    if (rc == 0 && loader->places.count)
        rc = plx__issues_add(issues, lost->line, "%llu event%s lost in %llu place%s (first: line %zu)",
                             (unsigned long long)lost->count, lost->count == 1 ? " was" : "s were",
                             (unsigned long long)loader->places.count, loader->places.count > 1 ? "s" : "",
                             loader->places.line);
    return rc ? rc : plx__issues_close(issues);
}

/* The end of the trace: `rest` is its last line, when that has no newline. */
static int finish(struct loader *loader, const char *rest, size_t size)
{
    if (loader->line == 0 && size == 0)
        return problem(loader->why, loader->name, 0, "the file is empty");
    int rc = size ? take_line(loader, rest, size, false) : 0;
    if (rc != 0)
        return rc;
    plx__strings_done(&loader->recording->strings);
    return add_tallies(loader) ? no_memory(loader) : 0;
}

static int read_lines(struct loader *loader, int fd, char *window)
{
    size_t filled = 0, taken;
    for (;;) {
        ssize_t got = read(fd, window + filled, WINDOW - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int error = errno;
            problem(loader->why, loader->name, 0, "%s", strerror(error));
            return -error;
        }
        if (got == 0)
            return finish(loader, window, filled);
        filled += (size_t)got;
        int rc = take_lines(loader, window, filled, &taken);
        if (rc != 0)
            return rc;
        filled -= taken;
        memmove(window, window + taken, filled);
    }
}

/* ── the two ways in ── */

static int begin(struct loader *loader)
{
    const char *slash = strrchr(loader->name, '/');
    loader->recording = calloc(1, sizeof(*loader->recording));
    if (!loader->recording)
        return no_memory(loader);
    loader->recording->header.file = plx__recording_text(loader->recording, slash ? slash + 1 : loader->name);
    return loader->recording->header.file ? 0 : no_memory(loader);
}

static int conclude(struct loader *loader, int rc, struct plx_recording **out)
{
    if (rc != 0) {
        plx_recording_free(loader->recording);
        loader->recording = NULL;
    }
    *out = loader->recording;
    return rc;
}

int plx_recording_load(const char *path, struct plx_recording **out, struct plx_problem *why)
{
    struct loader loader = {.name = path, .why = why};
    *out = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        problem(why, path, 0, "%s", strerror(error));
        return -error;
    }
    char *window = malloc(WINDOW);
    int rc = window ? begin(&loader) : no_memory(&loader);
    if (rc == 0)
        rc = read_lines(&loader, fd, window);
    free(window);
    close(fd);
    return conclude(&loader, rc, out);
}

int plx_recording_parse(const char *bytes, size_t size, const char *name, struct plx_recording **out,
                        struct plx_problem *why)
{
    struct loader loader = {.name = name, .why = why};
    size_t taken;
    int rc = begin(&loader);
    if (rc == 0)
        rc = take_lines(&loader, bytes, size, &taken);
    if (rc == 0)
        rc = finish(&loader, bytes + taken, size - taken);
    return conclude(&loader, rc, out);
}
