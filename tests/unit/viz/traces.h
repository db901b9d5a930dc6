/* SPDX-License-Identifier: MIT
 *
 * What the tests of the viewer share: the cmocka headers, ways to a recording, and short names for events.
 */
#ifndef PLX_TEST_TRACES_H
#define PLX_TEST_TRACES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "viz/replay/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANDSHAKE "tests/fixtures/handshake-small.jsonl"
#define HEADER    "{\"pollux\":1,\"program\":\"test\",\"pid\":1,\"clock\":\"\",\"started\":\"\"}\n"

/* One event, of worker 0 or of w: E("search", "\"worker\":0"). */
#define E(ev, fields)    W("0", ev, fields)
#define W(w, ev, fields) "{\"t\":1,\"w\":" w ",\"ev\":\"" ev "\"," fields "}\n"

#define START E("runtime_start", "\"runtime\":1,\"kind\":\"thread_pool\",\"first_worker\":0,\"workers\":2")
#define SHAPE(n, kind, name, children)                                                                       \
    E("shape", "\"shape\":" n ",\"kind\":\"" kind "\",\"name\":\"" name "\",\"file\":\"\","                  \
               "\"line\":1,\"nodes\":1,\"children\":[" children "]")
#define SPAWN(t, s)      E("spawn", "\"task\":" t ",\"shape\":" s ",\"by\":0,\"at\":\"\"")
#define TASK_POLL(t)     E("task_poll", "\"task\":" t)
#define POLL(t, f, s, p) E("poll", "\"task\":" t ",\"future\":" f ",\"shape\":" s ",\"parent\":" p)
#define NOT_READY(t, f)  E("not_ready", "\"task\":" t ",\"future\":" f ",\"detail\":\"half\"")
#define NOTIFY(t, cause, by, outcome)                                                                        \
    E("notify", "\"task\":" t ",\"cause\":\"" cause "\",\"by\":" by ",\"outcome\":\"" outcome "\"")
#define GRAFT(t, f, s, first) E("graft", "\"task\":" t ",\"future\":" f ",\"shape\":" s ",\"first\":" first)

/* The lines of a trace below its header, for recorded(). */
#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline struct plx_recording *loaded(const char *path)
{
    struct plx_recording *recording;
    struct plx_problem why;
    if (plx_recording_load(path, &recording, &why) != 0)
        fail_msg("%s", why.text);
    return recording;
}

static inline struct plx_recording *parsed(const char *text)
{
    struct plx_recording *recording;
    struct plx_problem why;
    if (plx_recording_parse(text, strlen(text), "test.jsonl", &recording, &why) != 0)
        fail_msg("%s", why.text);
    return recording;
}

static inline struct plx_recording *recorded(const char *const *lines)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(HEADER, out);
    while (*lines)
        fputs(*lines++, out);
    fclose(out);
    struct plx_recording *recording = parsed(text);
    free(text);
    return recording;
}

static inline struct plx_world *world_of(const struct plx_recording *recording)
{
    struct plx_world *world;
    assert_int_equal(plx_world_new(recording, &world), 0);
    return world;
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

#endif
