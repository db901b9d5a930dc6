/* SPDX-License-Identifier: MIT
 *
 * The JSON writer. The event table is turned into one function an event that prints its fields in order;
 * there is no list of events here. Only the writer thread calls it, so nothing is locked.
 *
 * cJSON is not used for writing: it would build a tree of heap nodes for each of millions of lines that are
 * flat and whose form is known at compile time. Nor is fprintf, which reads its format anew each time: keys
 * are copied with a length that the compiler knows, and numbers made two digits at a time, which is some four
 * times as fast.
 */
#include "lib/trace/json.h"

#include "lib/future/shape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Shapes told so far, in an open hash table by address; the number of a shape is its index in order, from
 * 1. */
struct told {
    const struct plx_shape *shape;
    uint32_t number;
};

enum { FORMAT_VERSION = 1, FIRST_SLOTS = 64, PIECE = 16384 };

struct plx_json {
    FILE *out;
    uint64_t start_ns;
    struct told *told;
    size_t slots, count;
    size_t used; /* of `piece`: lines that have not gone to `out` yet */
    char piece[PIECE];
};

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

/* ── bytes and numbers ────────────────────────────────────────────────────────────────────────────── */

/* Many lines at once: the stream's lock, which is needed since the program may call fflush(NULL) at any time,
 * costs as much as half a line. */
void plx__json_hand_over(struct plx_json *json)
{
    fwrite(json->piece, 1, json->used, json->out);
    json->used = 0;
}

static void put(struct plx_json *json, const char *bytes, size_t count)
{
    if (json->used + count > PIECE)
        plx__json_hand_over(json);
    if (plx_unlikely(count > PIECE)) {
        fwrite(bytes, 1, count, json->out);
        return;
    }
    memcpy(json->piece + json->used, bytes, count);
    json->used += count;
}

/* For constants, whose length is known. */
#define PUT(json, literal) put((json), (literal), sizeof(literal) - 1)

static void put_number(struct plx_json *json, uint64_t number)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";
    char digits[20], *at = digits + sizeof digits;
    for (; number >= 100; number /= 100)
        memcpy(at -= 2, &pairs[2 * (number % 100)], 2);
    if (number >= 10)
        memcpy(at -= 2, &pairs[2 * number], 2);
    else
        *--at = (char)('0' + number);
    put(json, at, (size_t)(digits + sizeof digits - at));
}

static void put_signed(struct plx_json *json, int64_t number)
{
    if (number < 0)
        PUT(json, "-");
    put_number(json, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

/* ── strings ──────────────────────────────────────────────────────────────────────────────────────── */

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

static void put_character(struct plx_json *json, const unsigned char *c, int bytes)
{
    static const char hex[] = "0123456789abcdef";
    if (*c == '"' || *c == '\\') {
        PUT(json, "\\");
        put(json, (const char *)c, 1);
    } else if (*c < 0x20) {
        PUT(json, "\\u00");
        put(json, &hex[*c >> 4], 1);
        put(json, &hex[*c & 15], 1);
    } else {
        put(json, (const char *)c, (size_t)bytes);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* JSON is UTF-8; a byte that is not (a text that was cut, a name from elsewhere) is shown as U+FFFD. */
static void put_text(struct plx_json *json, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)(text ? text : ""); *c;) {
        const unsigned char *run = c;
        while (is_plain(*c))
            c++;
        put(json, (const char *)run, (size_t)(c - run));
        if (!*c)
            break;
        int bytes = character_bytes(c);
        if (bytes)
            put_character(json, c, bytes);
        else
            PUT(json, "\xef\xbf\xbd");
        c += bytes ? bytes : 1;
    }
}

static void put_string(struct plx_json *json, const char *text)
{
    PUT(json, "\"");
    put_text(json, text);
    PUT(json, "\"");
}

/* Names of the library's own types are told without their prefix: read_exact, not plx_read_exact. */
static const char *without_prefix(const char *name)
{
    return strncmp(name, "plx_", 4) == 0 ? name + 4 : name;
}

static void put_at(struct plx_json *json, struct plx_at at)
{
    PUT(json, "\"");
    if (at.file) {
        put_text(json, at.file);
        PUT(json, ":");
        put_signed(json, at.line);
    }
    PUT(json, "\"");
}

#define WORDS(set, ...) static const char *const words_##set[] = {__VA_ARGS__};
#include "lib/trace/events.def"

static void put_word(struct plx_json *json, const char *word)
{
    put(json, word, strlen(word));
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

static void put_children(struct plx_json *json, const struct plx_shape *shape)
{
    PUT(json, "[");
    for (uint32_t i = 0; i < shape->count; i++) {
        if (i > 0)
            PUT(json, ",");
        put_number(json, number_of(json, shape->children[i]));
    }
    PUT(json, "]");
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
#define KEY(f) PUT(json, ",\"" #f "\":");
#define ID(f)                                                                                                \
    KEY(f)                                                                                                   \
    put_number(json, event->f);
#define NUM(f) ID(f)
#define INT(f)                                                                                               \
    KEY(f)                                                                                                   \
    put_signed(json, event->f);
#define WORD(f, set)                                                                                         \
    PUT(json, ",\"" #f "\":\"");                                                                             \
    put_word(json, words_##set[event->f]);                                                                   \
    PUT(json, "\"");
#define FLAGS(f, set)                                                                                        \
    KEY(f)                                                                                                   \
    put_flags(json, event->f, words_##set, sizeof words_##set / sizeof *words_##set);
#define TEXT(f)                                                                                              \
    KEY(f)                                                                                                   \
    put_string(json, event->f);
#define LITERAL(f) TEXT(f)
#define HEAP(f)                                                                                              \
    TEXT(f)                                                                                                  \
    free(event->f);
#define SHAPE(f)                                                                                             \
    KEY(f)                                                                                                   \
    put_number(json, number_of(json, event->f));
#define SHAPES(f)                                                                                            \
    KEY(f)                                                                                                   \
    put_children(json, event->f);
#define AT(f)                                                                                                \
    KEY(f)                                                                                                   \
    put_at(json, event->f);
#define EVENT(name, group, fields, sentence)                                                                 \
    static void print_##name(struct plx_json *json, const void *data)                                        \
    {                                                                                                        \
        const struct plx_ev_##name *event = data;                                                            \
        PUT(json, ",\"ev\":\"" #name "\"");                                                                  \
        fields                                                                                               \
    }
#include "lib/trace/events.def"
#undef KEY

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

    PUT(json, "{\"t\":");
    put_number(json, record->ns - json->start_ns);
    PUT(json, ",\"w\":");
    if (record->worker == PLX_NO_WORKER)
        put_string(json, thread);
    else
        put_number(json, record->worker);
    events[record->kind].print(json, record->bytes);
    PUT(json, "}\n");
    if (json->used > PIECE / 2)
        plx__json_hand_over(json);
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
    put_string(json, program_invocation_short_name);
    PUT(json, ",\"pid\":");
    put_signed(json, getpid());
    PUT(json, ",\"clock\":\"monotonic_ns\",\"started\":");
    put_string(json, started);
    PUT(json, "}\n");
    plx__json_hand_over(json);
}
