/* SPDX-License-Identifier: MIT
 *
 * A recording: a trace, read, checked and kept in memory.
 *
 * Input from strangers: types, ranges, words, line length and nesting are checked. What makes the rest
 * unreadable is an error that names file and line; what leaves it readable is an issue, counted and listed.
 * After loading, a recording never changes, so any number of worlds and threads may read it at once.
 *
 *     struct plx_recording *recording;
 *     struct plx_problem why;
 *     if (plx_recording_load("handshake.jsonl", &recording, &why) != 0)
 *         fprintf(stderr, "pollux play: %s\n", why.text);
 *     for (size_t n = 1; n <= plx_recording_count(recording); n++)
 *         puts(plx_kind_info(plx_recording_event(recording, n)->kind).name);
 *     plx_recording_free(recording);
 */
#ifndef PLX_VIZ_RECORDING_H
#define PLX_VIZ_RECORDING_H

#include "viz/trace/kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLX_FORMAT_MAX 1             /* the newest format that this reader knows */
#define PLX_LINE_MAX   (64u * 1024u) /* bytes of one line */

struct plx_recording;

struct plx_problem {
    char text[256]; /* "handshake.jsonl:17: …", clean */
    size_t line;    /* 0 when it is about the whole file */
};

struct plx_header {
    uint32_t format;
    const char *file;    /* the trace's name without folders */
    const char *program; /* "" when not told, like the texts below */
    uint64_t pid;
    const char *clock;
    const char *started;
};

struct plx_event {
    uint64_t t_ns;      /* since the start */
    uint64_t task;      /* the one that it is about (its field of that name), 0 for none */
    uint16_t kind;      /* enum plx_kind */
    uint32_t line;      /* in the file, from 1 */
    uint32_t worker;    /* who told it; 0 when `thread` is set */
    const char *thread; /* name of an outside thread, NULL for a worker; interned: compare pointers */
    union {
#define EVENT(name, group, fields, sentence) struct plx_ev_##name as_##name;
#include "lib/trace/events.def"
    };
};

struct plx_issue {
    size_t line;      /* of the file, the first one that it is about */
    const char *text; /* one sentence, clean, without the line's number in front */
};

/* Reads a trace from a file. 0, or a negative errno with *why filled: -EINVAL for bad input. */
int plx_recording_load(const char *path, struct plx_recording **out, struct plx_problem *why);

/* The same from memory; `name` stands for the file's name. */
int plx_recording_parse(const char *bytes, size_t size, const char *name, struct plx_recording **out,
                        struct plx_problem *why);
void plx_recording_free(struct plx_recording *recording); /* NULL is fine */

const struct plx_header *plx_recording_header(const struct plx_recording *recording);

/* Events are numbered from 1 to count; NULL outside of that. */
size_t plx_recording_count(const struct plx_recording *recording);
const struct plx_event *plx_recording_event(const struct plx_recording *recording, size_t n);

/* What the reader found odd, by line. What the replay found odd comes on top: see plx_world_issue. */
size_t plx_recording_issues(const struct plx_recording *recording);
const struct plx_issue *plx_recording_issue(const struct plx_recording *recording, size_t i);

/* The token that an event is about, 0 for none. */
uint64_t plx_event_token(const struct plx_event *event);

/* The address of a field's value within an event. */
const void *plx_event_field(const struct plx_event *event, const struct plx_field *field);

#endif
