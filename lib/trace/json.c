/* SPDX-License-Identifier: MIT
 *
 * The JSON writer. The event table is turned into one function an event that prints its fields in order;
 * there is no list of events here. Only one thread calls it, so nothing is locked.
 *
 * cJSON is not used for writing: it would build a tree of heap nodes for each of millions of lines that are
 * flat and whose form is known at compile time.
 */
#include "lib/trace/json.h"

#include "lib/future/shape.h"
#include "lib/trace/put.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* LINE_ROOM is more than any line takes but for texts of any length, which see to it themselves. */
enum { FORMAT_VERSION = 1, FIRST_SLOTS = 64, FIRST_ROOM = 1 << 16, LINE_ROOM = 2048 };

/* Shapes told so far, in an open hash table by address; the number of a shape is its index in order, from
 * 1. */
struct told {
    const void *shape;
    uint32_t number;
};

struct plx_json {
    char *at; /* the next byte goes here, */
    char *end, *bytes;
    uint64_t hundred_thousands; /* of the last time; its digits but for the last five */
    char digits[PLX_NUMBER_ROOM];
    size_t digit_count;
    struct told *told;
    size_t slots; /* a power of two */
    size_t filled;
    uint32_t shapes;
};

struct plx_json *plx__json_new(void)
{
    struct plx_json *json = calloc(1, sizeof *json);
    if (!json)
        return NULL;
    json->slots = FIRST_SLOTS;
    json->told = calloc(json->slots, sizeof *json->told);
    json->bytes = json->at = malloc(FIRST_ROOM);
    if (!json->told || !json->bytes) {
        plx__json_free(json);
        return NULL;
    }
    json->end = json->bytes + FIRST_ROOM;
    return json;
}

void plx__json_free(struct plx_json *json)
{
    if (!json)
        return;
    free(json->told);
    free(json->bytes);
    free(json);
}

const char *plx__json_lines(const struct plx_json *json, size_t *bytes)
{
    *bytes = (size_t)(json->at - json->bytes);
    return json->bytes;
}

void plx__json_clear(struct plx_json *json)
{
    json->at = json->bytes;
}

static PLX_COLD bool grow(struct plx_json *json, size_t count)
{
    size_t used = (size_t)(json->at - json->bytes), size = (size_t)(json->end - json->bytes);
    while (size - used < count)
        size *= 2;
    char *larger = realloc(json->bytes, size);
    if (!larger)
        return false;
    json->bytes = larger;
    json->at = larger + used;
    json->end = larger + size;
    return true;
}

static bool has_room(struct plx_json *json, size_t count)
{
    return plx_likely((size_t)(json->end - json->at) >= count) || grow(json, count);
}

/* ── values ───────────────────────────────────────────────────────────────────────────────────────────── */

#define PUT(json, literal) ((json)->at = PLX_PUT((json)->at, literal))

static void put_number(struct plx_json *json, uint64_t number)
{
    json->at = plx__put_number(json->at, number);
}

static void put_short(struct plx_json *json, const char *text)
{
    PUT(json, "\"");
    json->at = plx__put_text(json->at, text);
    PUT(json, "\"");
}

/* A text of any length; without memory for it, it is empty. */
static void put_string(struct plx_json *json, const char *text)
{
    put_short(json, text && has_room(json, 6 * strlen(text) + LINE_ROOM) ? text : "");
}

/* Names of the library's own types are told without their prefix: read_exact, not plx_read_exact. */
static const char *without_prefix(const char *name)
{
    return strncmp(name, "plx_", 4) == 0 ? name + 4 : name;
}

static void put_at(struct plx_json *json, const char *file, int line)
{
    put_string(json, file ? file : "");
    if (!file)
        return;
    json->at[-1] = ':';
    json->at = plx__put_signed(json->at, line);
    PUT(json, "\"");
}

#define WORDS(set, ...) static const char *const words_##set[] = {__VA_ARGS__};
#include "lib/trace/events.def"

static void put_word(struct plx_json *json, const char *word)
{
    json->at = plx__put_bytes(json->at, word, strlen(word));
}

static void put_flags(struct plx_json *json, uint32_t flags, const char *const *words, size_t count)
{
    bool gap = false;
    PUT(json, "\"");
    for (uint32_t i = 0; i < count; i++) {
        if (!(flags & (1u << i)))
            continue;
        if (gap)
            PUT(json, " ");
        put_word(json, words[i]);
        gap = true;
    }
    PUT(json, "\"");
}

/* The time, of which one line after the other has the same first digits. */
static void put_time(struct plx_json *json, uint64_t t_ns)
{
    uint64_t high = t_ns / 100000, low = t_ns % 100000;
    if (high == 0) {
        put_number(json, low);
        return;
    }
    if (high != json->hundred_thousands) {
        json->hundred_thousands = high;
        json->digit_count = (size_t)(plx__put_number(json->digits, high) - json->digits);
    }
    memcpy(json->at, json->digits, 20);
    json->at += json->digit_count;
    *json->at = (char)('0' + low / 10000);
    plx__put_pair(json->at + 1, low / 100 % 100);
    plx__put_pair(json->at + 3, low % 100);
    json->at += 5;
}

/* ── shapes ───────────────────────────────────────────────────────────────────────────────────────────── */

static struct told *find(const struct plx_json *json, const void *shape)
{
    size_t slot = ((uintptr_t)shape >> 4) * 0x9E3779B97F4A7C15u >> 32 & (json->slots - 1);
    while (json->told[slot].shape && json->told[slot].shape != shape)
        slot = (slot + 1) & (json->slots - 1);
    return &json->told[slot];
}

/* Keeps the table at most half full. Without memory for a larger one it fills up, and the last slot stays
 * free so that `find` ends; shapes beyond that are told again each time, which a reader allows. */
static void make_room(struct plx_json *json)
{
    if (json->filled * 2 < json->slots)
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

uint32_t plx__json_shapes(const struct plx_json *json)
{
    return json->shapes;
}

void plx__json_resume(struct plx_json *json, uint32_t shapes)
{
    json->shapes = shapes;
}

uint32_t plx__json_shape(const struct plx_json *json, const void *address)
{
    return address ? find(json, address)->number : 0;
}

void plx__json_told(struct plx_json *json, const void *address, uint32_t number)
{
    make_room(json);
    struct told *told = find(json, address);
    if (told->shape || json->filled + 1 == json->slots)
        return;
    *told = (struct told){address, number};
    json->filled++;
}

static void put_children(struct plx_json *json, const struct plx_shape *shape)
{
    PUT(json, "[");
    for (uint32_t i = 0; shape && i < shape->count; i++) {
        if (!has_room(json, LINE_ROOM))
            break;
        if (i > 0)
            PUT(json, ",");
        put_number(json, plx__json_shape(json, shape->children[i]));
    }
    PUT(json, "]");
}

static const char *text_of(const struct plx_names *names, const void *address)
{
    return names && address ? names->text(names, address) : address;
}

static const struct plx_shape *shape_of(const struct plx_names *names, const void *address)
{
    return names && address ? names->shape(names, address) : address;
}

static void tell_one(struct plx_json *json, struct plx_told told, uint64_t t_ns,
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
    told.kind = PLX_EV_shape;
    told.fields = &fields;
    plx__json_record(json, &told, t_ns, NULL);
}

/* Children first, so that a reader knows every number that it meets. Shapes are constants of the program:
 * no cycles. */
static void tell_shape(struct plx_json *json, const struct plx_told *cause, uint64_t t_ns,
                       const struct plx_names *names, const void *address)
{
    const struct plx_shape *shape = shape_of(names, address);
    if (plx__json_shape(json, address) || !shape)
        return;
    for (uint32_t i = 0; i < shape->count; i++)
        tell_shape(json, cause, t_ns, names, shape->children[i]);
    uint32_t number = ++json->shapes;
    plx__json_told(json, address, number);
    tell_one(json, *cause, t_ns, shape, number);
}

/* ── events ───────────────────────────────────────────────────────────────────────────────────────────── */

/* For every event: its fields in order. */
#define KEY(f) PUT(json, ",\"" #f "\":");
#define ID(f)                                                                                                \
    KEY(f)                                                                                                   \
    put_number(json, event->f);
#define NUM(f) ID(f)
#define INT(f)                                                                                               \
    KEY(f)                                                                                                   \
    json->at = plx__put_signed(json->at, event->f);
#define WORD(f, set)                                                                                         \
    PUT(json, ",\"" #f "\":\"");                                                                             \
    put_word(json, words_##set[event->f]);                                                                   \
    PUT(json, "\"");
#define FLAGS(f, set)                                                                                        \
    KEY(f)                                                                                                   \
    put_flags(json, event->f, words_##set, sizeof words_##set / sizeof *words_##set);
#define TEXT(f)                                                                                              \
    KEY(f)                                                                                                   \
    put_short(json, event->f);
#define LITERAL(f)                                                                                           \
    KEY(f)                                                                                                   \
    put_string(json, text_of(names, event->f));
#define HEAP(f) LITERAL(f)
#define SHAPE(f)                                                                                             \
    KEY(f)                                                                                                   \
    put_number(json, plx__json_shape(json, event->f));
#define SHAPES(f)                                                                                            \
    KEY(f)                                                                                                   \
    put_children(json, event->f);
#define AT(f)                                                                                                \
    KEY(f)                                                                                                   \
    put_at(json, text_of(names, event->f.file), event->f.line);
#define EVENT(name, group, fields, sentence)                                                                 \
    static void print_##name(struct plx_json *json, const void *data, const struct plx_names *names)         \
    {                                                                                                        \
        const struct plx_ev_##name *event = data;                                                            \
        (void)names;                                                                                         \
        PUT(json, ",\"ev\":\"" #name "\"");                                                                  \
        fields                                                                                               \
    }
#include "lib/trace/events.def"
#undef KEY

/* For every event: which shape it names, to be told before. Most name none. */
#define SHAPE(f)                             +1
#define EVENT(name, group, fields, sentence) enum { has_shape_##name = 0 fields };
#include "lib/trace/events.def"

#define SHAPE(f) shape = event->f;
#define EVENT(name, group, fields, sentence)                                                                 \
    static const void *shape_in_##name(const void *data)                                                     \
    {                                                                                                        \
        const struct plx_ev_##name *event = data;                                                            \
        const void *shape = NULL;                                                                            \
        (void)event;                                                                                         \
        fields return shape;                                                                                 \
    }
#include "lib/trace/events.def"

static const struct {
    void (*print)(struct plx_json *json, const void *data, const struct plx_names *names);
    const void *(*shape_in)(const void *data);
} events[] = {
#define EVENT(name, group, fields, sentence) {print_##name, has_shape_##name ? shape_in_##name : NULL},
#include "lib/trace/events.def"
};

/* Without memory for its longest text a line is still whole; without memory for any line it is left out. */
void plx__json_record(struct plx_json *json, const struct plx_told *told, uint64_t t_ns,
                      const struct plx_names *names)
{
    if (events[told->kind].shape_in)
        tell_shape(json, told, t_ns, names, events[told->kind].shape_in(told->fields));
    if (!has_room(json, LINE_ROOM))
        return;
    PUT(json, "{\"t\":");
    put_time(json, t_ns);
    PUT(json, ",\"w\":");
    if (told->worker == PLX_NO_WORKER)
        put_short(json, told->thread);
    else
        put_number(json, told->worker);
    events[told->kind].print(json, told->fields, names);
    PUT(json, "}\n");
}

void plx__json_header(struct plx_json *json)
{
    char started[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));

    PUT(json, "{\"pollux\":");
    put_number(json, FORMAT_VERSION);
    PUT(json, ",\"program\":");
    put_short(json, program_invocation_short_name);
    PUT(json, ",\"pid\":");
    put_number(json, (uint64_t)getpid());
    PUT(json, ",\"clock\":\"monotonic_ns\",\"started\":");
    put_short(json, started);
    PUT(json, "}\n");
}
