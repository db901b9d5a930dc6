/* SPDX-License-Identifier: MIT
 *
 * The JSON writer. The event table is turned into one function an event that prints its fields in order;
 * there is no list of events here. Only the writer thread calls it, so nothing is locked.
 *
 * cJSON is not used for writing: it would build a tree of heap nodes for each of millions of lines that
 * are flat and whose form is known at compile time.
 */
#include "lib/trace/json.h"

#include "lib/future/shape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Shapes told so far, in an open hash table by address; the number of a shape is its index in order, from 1. */
struct told {
    const struct plx_shape *shape;
    uint32_t number;
};

struct plx_json {
    FILE *out;
    uint64_t start_ns;
    struct told *told;
    size_t slots, count;
};

enum { FORMAT_VERSION = 1, FIRST_SLOTS = 64 };

struct plx_json *plx__json_new(FILE *out, uint64_t start_ns)
{
    struct plx_json *json = calloc(1, sizeof *json);
    if (!json)
        return NULL;
    json->out = out;
    json->start_ns = start_ns;
    json->slots = FIRST_SLOTS;
    json->told = calloc(json->slots, sizeof *json->told);
    if (!json->told) {
        free(json);
        return NULL;
    }
    return json;
}

void plx__json_free(struct plx_json *json)
{
    if (!json)
        return;
    free(json->told);
    free(json);
}

/* ── values ───────────────────────────────────────────────────────────────────────────────────────── */

/* How many bytes the character at `c` has; 0 when they are no UTF-8 (RFC 3629: no overlong forms, no
 * surrogates). */
static int character_bytes(const unsigned char *c)
{
    int bytes = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;
    for (int i = 1; i < bytes; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    bool wrong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
                 (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f);
    return wrong ? 0 : bytes;
}

static void print_character(FILE *out, const unsigned char *c, int bytes)
{
    if (*c == '"' || *c == '\\')
        fprintf(out, "\\%c", *c);
    else if (*c < 0x20)
        fprintf(out, "\\u%04x", *c);
    else
        fwrite(c, 1, (size_t)bytes, out);
}

/* JSON is UTF-8; a byte that is not (a text that was cut, a name from elsewhere) is shown as U+FFFD. */
static void print_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)(text ? text : ""); *c;) {
        int bytes = character_bytes(c);
        if (bytes)
            print_character(out, c, bytes);
        else
            fputs("\xef\xbf\xbd", out);
        c += bytes ? bytes : 1;
    }
    fputc('"', out);
}

/* Names of the library's own types are told without their prefix: read_exact, not plx_read_exact. */
static const char *without_prefix(const char *name)
{
    return strncmp(name, "plx_", 4) == 0 ? name + 4 : name;
}

static void print_at(FILE *out, struct plx_at at)
{
    char text[512] = "";
    if (at.file)
        snprintf(text, sizeof text, "%s:%d", at.file, at.line);
    print_string(out, text);
}

#define WORDS(set, ...) static const char *const words_##set[] = {__VA_ARGS__};
#include "lib/trace/events.def"

static void print_flags(FILE *out, uint32_t flags, const char *const *words, size_t count)
{
    const char *gap = "";
    fputc('"', out);
    for (size_t i = 0; i < count; i++) {
        if (!(flags & (1u << i)))
            continue;
        fprintf(out, "%s%s", gap, words[i]);
        gap = " ";
    }
    fputc('"', out);
}

/* ── shapes ───────────────────────────────────────────────────────────────────────────────────────── */

static struct told *find(struct plx_json *json, const struct plx_shape *shape)
{
    size_t slot = ((uintptr_t)shape >> 4) * 0x9E3779B97F4A7C15u % json->slots;
    while (json->told[slot].shape && json->told[slot].shape != shape)
        slot = (slot + 1) % json->slots;
    return &json->told[slot];
}

/* Keeps the table at most half full. Without memory for a larger one it fills up, and the last slot stays
 * free so that `find` ends; shapes beyond that are told again each time, which a reader allows. */
static void make_room(struct plx_json *json)
{
    if (json->count * 2 < json->slots)
        return;
    struct told *old = json->told;
    size_t old_slots = json->slots;
    struct told *larger = calloc(old_slots * 2, sizeof *larger);
    if (!larger)
        return;
    json->told = larger;
    json->slots = old_slots * 2;
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].shape)
            *find(json, old[i].shape) = old[i];
    free(old);
}

static uint32_t number_of(struct plx_json *json, const struct plx_shape *shape)
{
    return shape ? find(json, shape)->number : 0;
}

static void print_children(struct plx_json *json, const struct plx_shape *shape)
{
    fputc('[', json->out);
    for (uint32_t i = 0; i < shape->count; i++)
        fprintf(json->out, "%s%" PRIu32, i ? "," : "", number_of(json, shape->children[i]));
    fputc(']', json->out);
}

static void tell_one(struct plx_json *json, const struct plx_record *cause, const char *thread,
                     const struct plx_shape *shape, uint32_t number)
{
    struct plx_ev_shape fields = {
        .shape = number,
        .kind = shape->kind,
        .name = without_prefix(shape->name),
        .file = shape->at.file,
        .line = (uint32_t)shape->at.line,
        .nodes = shape->nodes,
        .children = shape,
    };
    struct plx_record record = {.ns = cause->ns, .kind = PLX_EV_shape, .worker = cause->worker};
    memcpy(record.bytes, &fields, sizeof fields);
    plx__json_record(json, &record, thread);
}

/* Children first, so that a reader knows every number that it meets. Shapes are constants of the program:
 * no cycles. */
static void tell_shape(struct plx_json *json, const struct plx_record *cause, const char *thread,
                       const struct plx_shape *shape)
{
    if (!shape || find(json, shape)->shape)
        return;
    for (uint32_t i = 0; i < shape->count; i++)
        tell_shape(json, cause, thread, shape->children[i]);

    make_room(json);
    uint32_t number = (uint32_t)++json->count;
    if (json->count < json->slots)
        *find(json, shape) = (struct told){shape, number};
    tell_one(json, cause, thread, shape, number);
}

/* ── events ───────────────────────────────────────────────────────────────────────────────────────── */

/* For every event: which shape it names, to be told before. */
#define SHAPE(f) shape = event->f;
#define EVENT(name, group, fields, sentence)                                                                 \
    static const struct plx_shape *shape_of_##name(const void *data)                                         \
    {                                                                                                        \
        const struct plx_ev_##name *event = data;                                                            \
        const struct plx_shape *shape = NULL;                                                                \
        (void)event;                                                                                         \
        fields return shape;                                                                                 \
    }
#include "lib/trace/events.def"

/* For every event: its fields in order. */
#define ID(f)        fprintf(json->out, ",\"" #f "\":%" PRIu64, event->f);
#define NUM(f)       fprintf(json->out, ",\"" #f "\":%" PRIu32, event->f);
#define INT(f)       fprintf(json->out, ",\"" #f "\":%" PRId32, event->f);
#define WORD(f, set) fprintf(json->out, ",\"" #f "\":\"%s\"", words_##set[event->f]);
#define FLAGS(f, set)                                                                                        \
    fputs(",\"" #f "\":", json->out);                                                                        \
    print_flags(json->out, event->f, words_##set, sizeof words_##set / sizeof *words_##set);
#define TEXT(f)                                                                                              \
    fputs(",\"" #f "\":", json->out);                                                                        \
    print_string(json->out, event->f);
#define LITERAL(f) TEXT(f)
#define HEAP(f)                                                                                              \
    TEXT(f)                                                                                                  \
    free(event->f);
#define SHAPE(f) fprintf(json->out, ",\"" #f "\":%" PRIu32, number_of(json, event->f));
#define SHAPES(f)                                                                                            \
    fputs(",\"" #f "\":", json->out);                                                                        \
    print_children(json, event->f);
#define AT(f)                                                                                                \
    fputs(",\"" #f "\":", json->out);                                                                        \
    print_at(json->out, event->f);
#define EVENT(name, group, fields, sentence)                                                                 \
    static void print_##name(struct plx_json *json, const void *data)                                        \
    {                                                                                                        \
        const struct plx_ev_##name *event = data;                                                            \
        fputs(",\"ev\":\"" #name "\"", json->out);                                                           \
        fields                                                                                               \
    }
#include "lib/trace/events.def"

/* For every event: what it owns, for one that is not printed. */
#define HEAP(f) free(event->f);
#define EVENT(name, group, fields, sentence)                                                                 \
    static void drop_##name(const void *data)                                                                \
    {                                                                                                        \
        const struct plx_ev_##name *event = data;                                                            \
        (void)event;                                                                                         \
        fields                                                                                               \
    }
#include "lib/trace/events.def"

static const struct {
    const struct plx_shape *(*shape_of)(const void *data);
    void (*print)(struct plx_json *json, const void *data);
    void (*drop)(const void *data);
} events[] = {
#define EVENT(name, group, fields, sentence) {shape_of_##name, print_##name, drop_##name},
#include "lib/trace/events.def"
};

void plx__json_drop(const struct plx_record *record)
{
    events[record->kind].drop(record->bytes);
}

void plx__json_record(struct plx_json *json, struct plx_record *record, const char *thread)
{
    if (record->ns < json->start_ns) { /* it came too late for the trace before this one */
        plx__json_drop(record);
        return;
    }
    tell_shape(json, record, thread, events[record->kind].shape_of(record->bytes));

    fprintf(json->out, "{\"t\":%" PRIu64 ",\"w\":", record->ns - json->start_ns);
    if (record->worker == PLX_NO_WORKER)
        print_string(json->out, thread);
    else
        fprintf(json->out, "%u", record->worker);
    events[record->kind].print(json, record->bytes);
    fputs("}\n", json->out);
}

void plx__json_header(struct plx_json *json)
{
    char started[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));

    fprintf(json->out, "{\"pollux\":%d,\"program\":", FORMAT_VERSION);
    print_string(json->out, program_invocation_short_name);
    fprintf(json->out, ",\"pid\":%ld,\"clock\":\"monotonic_ns\",\"started\":\"%s\"}\n", (long)getpid(),
            started);
}
