/* SPDX-License-Identifier: MIT
 *
 * Writing a spill: see spill.h. The writer thread alone does this.
 *
 * Which pointers have been explained is kept in a hash table. Texts that an event owns are explained each
 * time, for their memory is used again.
 */
#include "lib/trace/spill.h"

#include "lib/future/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FIRST_SLOTS = 256, FIRST_NAMES = 4096, PARTS = 64 };

struct plx_spill {
    int fd;
    uint64_t bytes; /* whole rounds; what is behind was not written to its end */
    const void **known;
    size_t slots; /* a power of two */
    size_t count;
    /* this round's names */
    char *names;
    size_t names_used, names_room;
    bool no_memory;
    const struct plx_json *json;
};

/* ── the table ────────────────────────────────────────────────────────────────────────────────────────── */

uint64_t plx__spill_table(void)
{
    static const char table[] =
#define EVENT(name, group, fields, sentence) #name " " #fields ";"
#define WORDS(set, ...)                      #set " " #__VA_ARGS__ ";"
#include "lib/trace/events.def"
        ;
    uint64_t hash = 14695981039346656037u + sizeof(void *);
    for (const char *c = table; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    return hash;
}

/* ── names ────────────────────────────────────────────────────────────────────────────────────────────── */

static const void **find(const struct plx_spill *spill, const void *address)
{
    size_t slot = ((uintptr_t)address >> 3) * 0x9E3779B97F4A7C15u >> 32 & (spill->slots - 1);
    while (spill->known[slot] && spill->known[slot] != address)
        slot = (slot + 1) & (spill->slots - 1);
    return &spill->known[slot];
}

static bool enlarge(struct plx_spill *spill)
{
    const void **old = spill->known, **larger = calloc(spill->slots * 2, sizeof *larger);
    size_t old_slots = spill->slots;
    if (!larger)
        return false;
    spill->known = larger;
    spill->slots *= 2;
    for (size_t i = 0; i < old_slots; i++)
        if (old[i])
            *find(spill, old[i]) = old[i];
    free(old);
    return true;
}

/* Whether this is the first time; from now on it is not. */
static bool is_new(struct plx_spill *spill, const void *address)
{
    if (!address || *find(spill, address))
        return false;
    if (spill->count * 2 >= spill->slots && !enlarge(spill)) {
        spill->no_memory = true;
        return false;
    }
    *find(spill, address) = address;
    spill->count++;
    return true;
}

/* Room for a name of so many bytes, zeroed; NULL without memory. */
static void *add_name(struct plx_spill *spill, const void *address, uint32_t kind, size_t bytes)
{
    size_t whole = sizeof(struct plx_spill_name) + (bytes + 7) / 8 * 8;
    while (spill->names_room - spill->names_used < whole) {
        char *larger = realloc(spill->names, spill->names_room * 2);
        if (!larger) {
            spill->no_memory = true;
            return NULL;
        }
        spill->names = larger;
        spill->names_room *= 2;
    }
    struct plx_spill_name *name = (void *)(spill->names + spill->names_used);
    memset(name, 0, whole);
    *name = (struct plx_spill_name){(uintptr_t)address, kind, (uint32_t)bytes};
    spill->names_used += whole;
    return name + 1;
}

static void add_text(struct plx_spill *spill, const char *text)
{
    size_t bytes = text ? strlen(text) + 1 : 0;
    void *place = text ? add_name(spill, text, PLX_NAME_TEXT, bytes) : NULL;
    if (place)
        memcpy(place, text, bytes);
}

static void name_literal(struct plx_spill *spill, const char *text)
{
    if (is_new(spill, text))
        add_text(spill, text);
}

static void name_shape(struct plx_spill *spill, const struct plx_shape *shape)
{
    if (!is_new(spill, shape))
        return;
    for (uint32_t i = 0; i < shape->count; i++)
        name_shape(spill, shape->children[i]);
    name_literal(spill, shape->kind);
    name_literal(spill, shape->name);
    name_literal(spill, shape->at.file);
    struct plx_spill_shape fields = {
        .kind = (uintptr_t)shape->kind,
        .name = (uintptr_t)shape->name,
        .file = (uintptr_t)shape->at.file,
        .line = shape->at.line,
        .nodes = shape->nodes,
        .number = plx__json_shape(spill->json, shape),
        .count = shape->count,
    };
    size_t bytes = sizeof fields + shape->count * sizeof(uint64_t);
    char *place = add_name(spill, shape, PLX_NAME_SHAPE, bytes);
    if (!place)
        return;
    memcpy(place, &fields, sizeof fields);
    for (uint32_t i = 0; i < shape->count; i++)
        memcpy(place + sizeof fields + i * sizeof(uint64_t), &(uint64_t){(uintptr_t)shape->children[i]},
               sizeof(uint64_t));
}

/* For every event: explains its pointers, if it has any. */
#define LITERAL(f)                           +1
#define HEAP(f)                              +1
#define SHAPE(f)                             +1
#define SHAPES(f)                            +1
#define AT(f)                                +1
#define EVENT(name, group, fields, sentence) enum { points_##name = 0 fields };
#include "lib/trace/events.def"

#define LITERAL(f) name_literal(spill, event->f);
#define HEAP(f)    add_text(spill, event->f);
#define SHAPE(f)   name_shape(spill, event->f);
#define SHAPES(f)  name_shape(spill, event->f);
#define AT(f)      name_literal(spill, event->f.file);
#define EVENT(name, group, fields, sentence)                                                                 \
    static void explain_##name(struct plx_spill *spill, const void *data)                                    \
    {                                                                                                        \
        const struct plx_ev_##name *event = data;                                                            \
        (void)spill, (void)event;                                                                            \
        fields                                                                                               \
    }
#include "lib/trace/events.def"

static void (*const explain[])(struct plx_spill *spill, const void *data) = {
#define EVENT(name, group, fields, sentence) points_##name ? explain_##name : NULL,
#include "lib/trace/events.def"
};

static void explain_piece(struct plx_spill *spill, const char *at, const char *end)
{
    while (at < end) {
        uint64_t front = plx__record_front(at);
        unsigned kind = plx__front_kind(front);
        if (kind < PLX_EVENTS && explain[kind])
            explain[kind](spill, at + 8);
        at += 8 + plx__front_bytes(front);
    }
}

/* ── what events own ──────────────────────────────────────────────────────────────────────────────────── */

#define HEAP(f)                              +1
#define EVENT(name, group, fields, sentence) enum { owns_##name = 0 fields };
#include "lib/trace/events.def"

bool plx__event_owns(enum plx_event_kind kind)
{
    static const bool owns[] = {
#define EVENT(name, group, fields, sentence) owns_##name,
#include "lib/trace/events.def"
    };
    return owns[kind];
}

void plx__event_drop(enum plx_event_kind kind, const void *data)
{
    switch (kind) {
#define HEAP(f) free(event->f);
#define EVENT(name, group, fields, sentence)                                                                 \
    case PLX_EV_##name: {                                                                                    \
        const struct plx_ev_##name *event = data;                                                            \
        (void)event;                                                                                         \
        fields break;                                                                                        \
    }
#include "lib/trace/events.def"
    case PLX_EVENTS:
        break;
    }
}

/* ── the file ─────────────────────────────────────────────────────────────────────────────────────────── */

/* All of it, whatever a single call may take. */
static int write_parts(int fd, struct iovec *part, int count)
{
    while (count > 0) {
        ssize_t written = writev(fd, part, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        for (; count > 0 && (size_t)written >= part->iov_len; part++, count--)
            written -= (ssize_t)part->iov_len;
        if (count > 0) {
            part->iov_base = (char *)part->iov_base + written;
            part->iov_len -= (size_t)written;
        }
    }
    return 0;
}

int plx__spill_new(const char *path, const struct plx_spill_head *head, struct plx_spill **out)
{
    struct plx_spill *spill = calloc(1, sizeof *spill);
    if (!spill)
        return -ENOMEM;
    spill->slots = FIRST_SLOTS;
    spill->names_room = FIRST_NAMES;
    spill->known = calloc(spill->slots, sizeof *spill->known);
    spill->names = malloc(spill->names_room);
    spill->fd = spill->known && spill->names ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    int error = !spill->known || !spill->names ? -ENOMEM : spill->fd < 0 ? -errno : 0;
    if (!error)
        flock(spill->fd, LOCK_EX | LOCK_NB); /* so that nobody recovers it while we write */
    if (!error)
        error = write_parts(spill->fd, &(struct iovec){(void *)head, sizeof *head}, 1);
    if (error) {
        if (spill->fd >= 0)
            unlink(path);
        plx__spill_free(spill);
        return error;
    }
    spill->bytes = sizeof *head;
    *out = spill;
    return 0;
}

void plx__spill_free(struct plx_spill *spill)
{
    if (!spill)
        return;
    if (spill->fd >= 0)
        close(spill->fd);
    free(spill->known);
    free(spill->names);
    free(spill);
}

uint64_t plx__spill_bytes(const struct plx_spill *spill)
{
    return spill->bytes;
}

int plx__spill_fd(const struct plx_spill *spill)
{
    return spill->fd;
}

static uint64_t bytes_of(const struct plx_stretch *stretch)
{
    return (uint64_t)(stretch->end - stretch->at) + (uint64_t)(stretch->more_end - stretch->more);
}

static struct plx_spill_stretch head_of(const struct plx_stretch *stretch)
{
    struct plx_spill_stretch head = {.bytes = bytes_of(stretch), .worker = stretch->worker};
    memcpy(head.thread, stretch->thread, strnlen(stretch->thread, sizeof head.thread - 1));
    return head;
}

static int write_stretches(struct plx_spill *spill, const struct plx_merge *merge)
{
    struct plx_spill_stretch head[PARTS];
    struct iovec part[3 * PARTS];
    int error = 0;
    for (size_t i = 0; i < merge->count && !error;) {
        int parts = 0;
        for (size_t n = 0; n < PARTS && i < merge->count; n++, i++) {
            const struct plx_stretch *stretch = &merge->stretch[i];
            head[n] = head_of(stretch);
            part[parts++] = (struct iovec){&head[n], sizeof head[n]};
            part[parts++] = (struct iovec){(void *)stretch->at, (size_t)(stretch->end - stretch->at)};
            part[parts++] = (struct iovec){(void *)stretch->more,
                                           (size_t)(stretch->more_end - stretch->more)};
        }
        error = write_parts(spill->fd, part, parts);
    }
    return error;
}

/* What was written of a round that could not be finished is taken back. */
int plx__spill_round(struct plx_spill *spill, const struct plx_merge *merge, const struct plx_piece *piece,
                     const struct plx_json *json)
{
    struct plx_spill_round round = {
        .magic = PLX_SPILL_ROUND,
        .stretches = (uint32_t)merge->count,
        .bytes = sizeof round + merge->count * sizeof(struct plx_spill_stretch),
        .before = merge->before,
        .piece = *piece,
    };
    spill->json = json;
    spill->names_used = 0;
    for (size_t i = 0; i < merge->count; i++) {
        const struct plx_stretch *stretch = &merge->stretch[i];
        explain_piece(spill, stretch->at, stretch->end);
        explain_piece(spill, stretch->more, stretch->more_end);
        round.bytes += bytes_of(stretch);
    }
    round.names = spill->names_used;
    round.bytes += round.names;
    struct iovec part[] = {{&round, sizeof round}, {spill->names, spill->names_used}};
    int error = spill->no_memory ? -ENOMEM : write_parts(spill->fd, part, 2);
    if (!error)
        error = write_stretches(spill, merge);
    if (!error)
        spill->bytes += round.bytes;
    else if (ftruncate(spill->fd, (off_t)spill->bytes) == 0)
        lseek(spill->fd, (off_t)spill->bytes, SEEK_SET);
    return error;
}
