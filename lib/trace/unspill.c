/* SPDX-License-Identifier: MIT
 *
 * Reading a spill: see spill.h for how it is laid out.
 *
 * The one who reads may be another process, and the file anybody's: a round is checked from one end to the
 * other before the first of its lines is made, so that what makes them need not check anything. A round
 * that the file ends in was being written when the program was killed, and does not count.
 */
#include "lib/trace/spill.h"

#include "lib/future/shape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_SLOTS = 256, DEPTH_MAX = 1000, NO_MEMORY = -ENOMEM, WRONG = -EINVAL };

/* What an address leads to. */
struct name {
    uint64_t address; /* 0: the slot is free */
    char *text;
    bool pinned;             /* a shape's text */
    struct plx_shape *shape; /* its children are addresses */
    unsigned depth;          /* of a shape */
};

struct plx_unspill {
    struct plx_names names; /* the first member */
    int fd;
    struct plx_spill_head head;
    uint64_t at, next; /* of the round in hand, and of the one after it */
    struct name *name;
    size_t slots; /* a power of two */
    size_t count;
    /* the round in hand */
    char *bytes;
    uint64_t room;
    struct plx_piece piece;
    struct plx_stretch *stretch;
    size_t stretches;
    struct plx_merge merge;
    int error; /* once there is one, it stays */
    char problem[96];
};

static int wrong(struct plx_unspill *unspill, const char *what)
{
    snprintf(unspill->problem, sizeof unspill->problem, "byte %" PRIu64 ": %s", unspill->at, what);
    return WRONG;
}

const char *plx__unspill_problem(const struct plx_unspill *unspill)
{
    return unspill->problem;
}

/* ── names ────────────────────────────────────────────────────────────────────────────────────────────── */

static struct name *find(const struct plx_unspill *unspill, uint64_t address)
{
    size_t slot = (address >> 3) * 0x9E3779B97F4A7C15u >> 32 & (unspill->slots - 1);
    while (unspill->name[slot].address && unspill->name[slot].address != address)
        slot = (slot + 1) & (unspill->slots - 1);
    return &unspill->name[slot];
}

static const char *text_at(const struct plx_names *names, const void *address)
{
    return find((const struct plx_unspill *)names, (uintptr_t)address)->text;
}

static const struct plx_shape *shape_at(const struct plx_names *names, const void *address)
{
    return find((const struct plx_unspill *)names, (uintptr_t)address)->shape;
}

static int enlarge(struct plx_unspill *unspill)
{
    struct name *old = unspill->name, *larger = calloc(unspill->slots * 2, sizeof *larger);
    size_t old_slots = unspill->slots;
    if (!larger)
        return NO_MEMORY;
    unspill->name = larger;
    unspill->slots *= 2;
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].address)
            *find(unspill, old[i].address) = old[i];
    free(old);
    return 0;
}

static void forget(struct name *name)
{
    free(name->text);
    free(name->shape);
}

/* A text takes the place of one whose memory was freed and used again. A shape never changes: so none
 * contains itself. */
static int add(struct plx_unspill *unspill, struct name new)
{
    struct name *name = find(unspill, new.address);
    if (name->shape || name->pinned)
        return wrong(unspill, "a shape is explained twice");
    if (name->address) {
        forget(name);
        *name = new;
        return 0;
    }
    if (unspill->count * 2 >= unspill->slots) {
        if (enlarge(unspill))
            return NO_MEMORY;
        name = find(unspill, new.address);
    }
    *name = new;
    unspill->count++;
    return 0;
}

static int add_text(struct plx_unspill *unspill, uint64_t address, const char *text, size_t bytes)
{
    if (bytes == 0 || memchr(text, '\0', bytes) != text + bytes - 1)
        return wrong(unspill, "a text does not end where it should");
    char *copy = strdup(text);
    int error = copy ? add(unspill, (struct name){.address = address, .text = copy}) : NO_MEMORY;
    if (error)
        free(copy);
    return error;
}

static bool leads_to_text(const struct plx_unspill *unspill, uint64_t address)
{
    return address == 0 || find(unspill, address)->text;
}

static bool leads_to_shape(const struct plx_unspill *unspill, uint64_t address)
{
    return address == 0 || find(unspill, address)->shape;
}

static const char *pin(struct plx_unspill *unspill, uint64_t address)
{
    struct name *name = find(unspill, address);
    if (!address)
        return NULL;
    name->pinned = true;
    return name->text;
}

/* The shape and, behind it, its children's addresses. */
static int make_shape(struct plx_unspill *unspill, const struct plx_spill_shape *fields, const char *children,
                      struct name *name)
{
    struct plx_shape *shape = calloc(1, sizeof *shape + fields->count * sizeof shape->children[0]);
    if (!shape)
        return NO_MEMORY;
    const struct plx_shape **child = (const struct plx_shape **)(shape + 1);
    for (uint32_t i = 0; i < fields->count; i++) {
        uint64_t address;
        memcpy(&address, children + i * sizeof address, sizeof address);
        struct name *part = find(unspill, address);
        if (!address || !part->shape || part->depth >= DEPTH_MAX) {
            free(shape);
            return wrong(unspill, "a shape has a part that is none");
        }
        name->depth = part->depth >= name->depth ? part->depth + 1 : name->depth;
        child[i] = (const struct plx_shape *)(uintptr_t)address;
    }
    shape->kind = pin(unspill, fields->kind);
    shape->name = pin(unspill, fields->name);
    shape->at.file = pin(unspill, fields->file);
    shape->at.line = fields->line;
    shape->nodes = fields->nodes;
    shape->count = fields->count;
    shape->children = child;
    name->shape = shape;
    return 0;
}

static int add_shape(struct plx_unspill *unspill, struct plx_json *json, uint64_t address, const char *bytes,
                     size_t size)
{
    struct plx_spill_shape fields;
    if (size < sizeof fields)
        return wrong(unspill, "a shape is too short");
    memcpy(&fields, bytes, sizeof fields);
    if (size != sizeof fields + fields.count * sizeof(uint64_t))
        return wrong(unspill, "a shape is as long as it should not be");
    if (!fields.kind || !fields.name || !leads_to_text(unspill, fields.kind) ||
        !leads_to_text(unspill, fields.name) || !leads_to_text(unspill, fields.file))
        return wrong(unspill, "a shape has a name that is none");
    struct name name = {.address = address};
    int error = make_shape(unspill, &fields, bytes + sizeof fields, &name);
    if (!error)
        error = add(unspill, name);
    if (error)
        free(name.shape);
    else if (fields.number)
        plx__json_told(json, (const void *)(uintptr_t)address, fields.number);
    return error;
}

static int take_names(struct plx_unspill *unspill, struct plx_json *json, const char *at, const char *end)
{
    int error = 0;
    while (at < end && !error) {
        struct plx_spill_name name;
        if ((size_t)(end - at) < sizeof name)
            return wrong(unspill, "a name is cut off");
        memcpy(&name, at, sizeof name);
        at += sizeof name;
        uint64_t whole = ((uint64_t)name.bytes + 7) / 8 * 8;
        if ((uint64_t)(end - at) < whole || !name.address)
            return wrong(unspill, "a name is cut off");
        if (name.kind == PLX_NAME_TEXT)
            error = add_text(unspill, name.address, at, name.bytes);
        else if (name.kind == PLX_NAME_SHAPE)
            error = add_shape(unspill, json, name.address, at, name.bytes);
        else
            error = wrong(unspill, "a name of no kind");
        at += whole;
    }
    return error;
}

/* ── records ──────────────────────────────────────────────────────────────────────────────────────────── */

#define WORDS(set, ...) static const char *const words_##set[] = {__VA_ARGS__};
#include "lib/trace/events.def"

/* For every event: whether its fields are there, its texts end, its words are words and its pointers lead
 * somewhere. `bytes` of a record are there; what is missing behind them may only be the rest of a text. */
#define NEEDS(f)      fine = fine && offsetof(__typeof__(*event), f) + sizeof event->f <= bytes;
#define ID(f)         NEEDS(f)
#define NUM(f)        NEEDS(f)
#define INT(f)        NEEDS(f)
#define WORD(f, set)  NEEDS(f) fine = fine && event->f < sizeof words_##set / sizeof *words_##set;
#define FLAGS(f, set) NEEDS(f)
#define TEXT(f)                                                                                              \
    fine = fine && offsetof(__typeof__(*event), f) < bytes &&                                                \
           memchr(event->f, '\0', bytes - offsetof(__typeof__(*event), f));
#define LITERAL(f) NEEDS(f) fine = fine && leads_to_text(unspill, (uintptr_t)event->f);
#define HEAP(f)    LITERAL(f)
#define SHAPE(f)   NEEDS(f) fine = fine && leads_to_shape(unspill, (uintptr_t)event->f);
#define SHAPES(f)  SHAPE(f)
#define AT(f)      NEEDS(f) fine = fine && leads_to_text(unspill, (uintptr_t)event->f.file);
#define EVENT(name, group, fields, sentence)                                                                 \
    static bool is_##name(const struct plx_unspill *unspill, const void *data, size_t bytes)                 \
    {                                                                                                        \
        const struct plx_ev_##name *event = data;                                                            \
        bool fine = true;                                                                                    \
        (void)unspill;                                                                                       \
        fields return fine;                                                                                  \
    }
#include "lib/trace/events.def"
#undef NEEDS

static bool (*const is_event[])(const struct plx_unspill *unspill, const void *data, size_t bytes) = {
#define EVENT(name, group, fields, sentence) is_##name,
#include "lib/trace/events.def"
};

static int check_records(struct plx_unspill *unspill, const char *at, const char *end)
{
    while (at < end) {
        uint64_t front = plx__record_front(at);
        size_t bytes = plx__front_bytes(front);
        unsigned kind = plx__front_kind(front);
        if (bytes > (size_t)(end - at) - 8)
            return wrong(unspill, "a record is cut off");
        bool fine = kind < PLX_EVENTS           ? is_event[kind](unspill, at + 8, bytes)
                    : kind == PLX_RECORD_WORKER ? bytes == 8
                                                : kind == PLX_RECORD_PAD;
        if (!fine)
            return wrong(unspill, "a record that cannot be");
        at += 8 + bytes;
    }
    return 0;
}

static int take_stretch(struct plx_unspill *unspill, char **at, const char *end, struct plx_stretch *stretch)
{
    struct plx_spill_stretch *head = (void *)*at;
    if ((size_t)(end - *at) < sizeof *head)
        return wrong(unspill, "a stretch is cut off");
    char *records = *at + sizeof *head;
    if (head->bytes > (uint64_t)(end - records) || head->bytes % 8 || head->worker > PLX_NO_WORKER ||
        !memchr(head->thread, '\0', sizeof head->thread))
        return wrong(unspill, "a stretch that cannot be");
    *stretch = (struct plx_stretch){
        .at = records,
        .end = records + head->bytes,
        .worker = (uint16_t)head->worker,
        .thread = head->thread,
    };
    *at = records + head->bytes;
    return check_records(unspill, stretch->at, stretch->end);
}

static int take_stretches(struct plx_unspill *unspill, char *at, const char *end, uint32_t count)
{
    int error = 0;
    free(unspill->stretch);
    unspill->stretch = calloc(count ? count : 1, sizeof *unspill->stretch);
    if (!unspill->stretch)
        return NO_MEMORY;
    for (unspill->stretches = 0; unspill->stretches < count && !error; unspill->stretches++)
        error = take_stretch(unspill, &at, end, &unspill->stretch[unspill->stretches]);
    if (!error && at != end)
        error = wrong(unspill, "a round is longer than what is in it");
    return error;
}

/* ── rounds ───────────────────────────────────────────────────────────────────────────────────────────── */

/* 1: all of it; 0: the file ends before. */
static int read_all(int fd, void *bytes, uint64_t size, uint64_t at)
{
    char *to = bytes;
    while (size > 0) {
        ssize_t got = pread(fd, to, size < 1 << 30 ? size : 1 << 30, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : 0;
        to += got;
        at += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return 1;
}

static bool is_there(const struct plx_unspill *unspill, uint64_t bytes)
{
    struct stat facts;
    return fstat(unspill->fd, &facts) == 0 && bytes <= (uint64_t)facts.st_size - unspill->next;
}

static int read_round(struct plx_unspill *unspill, const struct plx_spill_round *round)
{
    if (round->bytes > unspill->room) {
        free(unspill->bytes);
        unspill->room = 0;
        unspill->bytes = malloc(round->bytes);
        if (!unspill->bytes)
            return NO_MEMORY;
        unspill->room = round->bytes;
    }
    return read_all(unspill->fd, unspill->bytes, round->bytes, unspill->next);
}

/* 1: there is a next round, and its merge has begun. */
static int next_round(struct plx_unspill *unspill, struct plx_json *json)
{
    struct plx_spill_round round;
    int got = is_there(unspill, sizeof round) ? read_all(unspill->fd, &round, sizeof round, unspill->next)
                                              : 0;
    if (got <= 0)
        return got;
    unspill->at = unspill->next;
    if (round.magic != PLX_SPILL_ROUND || round.bytes % 8 || round.bytes < sizeof round ||
        round.names > round.bytes - sizeof round || round.names % 8 ||
        round.stretches > (round.bytes - sizeof round - round.names) / sizeof(struct plx_spill_stretch))
        return wrong(unspill, "no round begins here");
    got = is_there(unspill, round.bytes) ? read_round(unspill, &round) : 0;
    if (got <= 0)
        return got;
    char *names = unspill->bytes + sizeof round, *stretches = names + round.names;
    int error = take_names(unspill, json, names, stretches);
    if (!error)
        error = take_stretches(unspill, stretches, unspill->bytes + round.bytes, round.stretches);
    if (error)
        return error;
    unspill->piece = round.piece;
    unspill->next += round.bytes;
    plx__merge_begin(&unspill->merge, unspill->stretch, unspill->stretches, round.before);
    return 1;
}

long plx__unspill_lines(struct plx_unspill *unspill, struct plx_json *json, long records)
{
    struct plx_told told;
    long made = 0;
    while (made < records) {
        if (!plx__merge_next(&unspill->merge, &told)) {
            unspill->merge = (struct plx_merge){0};
            int next = unspill->error ? unspill->error : next_round(unspill, json);
            unspill->error = next < 0 ? next : 0;
            if (next <= 0)
                return made > 0 ? made : next;
        } else if (told.ticks >= unspill->head.start_ticks) {
            plx__json_record(json, &told, plx__piece_ns(&unspill->piece, told.ticks) - unspill->head.start_ns,
                             &unspill->names);
            made++;
        }
    }
    return made;
}

/* ── begin and end ────────────────────────────────────────────────────────────────────────────────────── */

static int check_head(struct plx_unspill *unspill)
{
    int got = read_all(unspill->fd, &unspill->head, sizeof unspill->head, 0);
    if (got < 0)
        return got;
    if (unspill->head.json_bytes > INT64_MAX)
        return wrong(unspill, "a trace is not as long as that");
    if (got == 0 || memcmp(unspill->head.magic, PLX_SPILL_MAGIC, sizeof unspill->head.magic))
        return wrong(unspill, "this is no spill");
    if (unspill->head.order != PLX_SPILL_ORDER)
        return wrong(unspill, "it comes from a machine of another byte order");
    if (unspill->head.version != PLX_SPILL_VERSION || unspill->head.table != plx__spill_table())
        return wrong(unspill, "it comes from another version of libpollux");
    unspill->next = sizeof unspill->head;
    return 0;
}

int plx__unspill_new(int fd, struct plx_unspill **out)
{
    struct plx_unspill *unspill = calloc(1, sizeof *unspill);
    *out = unspill;
    if (!unspill)
        return -ENOMEM;
    unspill->names = (struct plx_names){text_at, shape_at};
    unspill->fd = fd;
    unspill->slots = FIRST_SLOTS;
    unspill->name = calloc(unspill->slots, sizeof *unspill->name);
    return unspill->name ? check_head(unspill) : -ENOMEM;
}

void plx__unspill_free(struct plx_unspill *unspill)
{
    if (!unspill)
        return;
    for (size_t i = 0; unspill->name && i < unspill->slots; i++)
        forget(&unspill->name[i]);
    free(unspill->name);
    free(unspill->bytes);
    free(unspill->stretch);
    free(unspill);
}

const struct plx_spill_head *plx__unspill_head(const struct plx_unspill *unspill)
{
    return &unspill->head;
}

uint64_t plx__unspill_at(const struct plx_unspill *unspill)
{
    return unspill->next;
}
