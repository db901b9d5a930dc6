/* SPDX-License-Identifier: MIT
 *
 * The kinds of events as the viewer knows them, all derived from lib/trace/events.def.
 *
 * For each EVENT(name, …) there is an enumerator PLX_EV_name, a struct plx_ev_name with its fields and a
 * member `as_name` in struct plx_event (recording.h). In memory a field is:
 *
 *     ID             uint64_t, exact up to 2^53     NUM, SHAPE   uint32_t
 *     INT            int32_t                        WORD         uint32_t, index into the set
 *     FLAGS          uint32_t, bit i = word i       SHAPES       struct plx_numbers
 *     TEXT LITERAL HEAP   const char *, clean, never NULL, lives as long as the recording
 *     AT             struct plx_place
 */
#ifndef PLX_VIZ_KINDS_H
#define PLX_VIZ_KINDS_H

#include <stddef.h>
#include <stdint.h>

enum plx_kind {
#define EVENT(name, group, fields, sentence) PLX_EV_##name,
#include "lib/trace/events.def"
    PLX_EV_COUNT
};

struct plx_place {
    const char *file; /* "" when unknown */
    uint32_t line;
};

struct plx_numbers {
    const uint32_t *at;
    uint32_t count;
};

#define ID(f)         uint64_t f;
#define NUM(f)        uint32_t f;
#define INT(f)        int32_t f;
#define WORD(f, set)  uint32_t f;
#define FLAGS(f, set) uint32_t f;
#define TEXT(f)       const char *f;
#define LITERAL(f)    const char *f;
#define HEAP(f)       const char *f;
#define SHAPE(f)      uint32_t f;
#define SHAPES(f)     struct plx_numbers f;
#define AT(f)         struct plx_place f;
#define EVENT(name, group, fields, sentence)                                                                 \
    struct plx_ev_##name {                                                                                   \
        fields                                                                                               \
    };
#include "lib/trace/events.def"

/* The words of the sets, in the table's order (tests/unit/viz/test_kinds.c compares them with it):
 * queue, cause, outcome, ending, direction, and readiness, the last as bits. */
enum { PLX_WORD_LOCAL, PLX_WORD_LIFO, PLX_WORD_GLOBAL, PLX_WORD_BLOCKING };
enum { PLX_WORD_BY_TASK, PLX_WORD_BY_IO, PLX_WORD_BY_TIMER, PLX_WORD_BY_THREAD };
enum { PLX_WORD_SCHEDULED, PLX_WORD_COALESCED, PLX_WORD_TOO_LATE };
enum { PLX_WORD_END_READY, PLX_WORD_END_FAILED, PLX_WORD_END_CANCELLED };
enum { PLX_WORD_READ, PLX_WORD_WRITE };
enum {
    PLX_FLAG_READ = 1,
    PLX_FLAG_WRITE = 2,
    PLX_FLAG_READ_CLOSED = 4,
    PLX_FLAG_WRITE_CLOSED = 8,
    PLX_FLAG_ERROR = 16,
};

enum plx_field_type {
    PLX_FIELD_ID,
    PLX_FIELD_NUM,
    PLX_FIELD_INT,
    PLX_FIELD_WORD,
    PLX_FIELD_FLAGS,
    PLX_FIELD_TEXT,
    PLX_FIELD_SHAPE,
    PLX_FIELD_SHAPES,
    PLX_FIELD_AT
};

struct plx_field {
    const char *name;
    enum plx_field_type type;
    size_t offset;            /* in the event's struct plx_ev_… */
    const char *const *words; /* of WORD and FLAGS, ended by NULL; else NULL */
};

/* The groups of the table; one that is missing here does not compile. */
enum plx_group {
    PLX_GROUP_shape,
    PLX_GROUP_runtime,
    PLX_GROUP_task,
    PLX_GROUP_future,
    PLX_GROUP_notify,
    PLX_GROUP_queue,
    PLX_GROUP_worker,
    PLX_GROUP_reactor,
    PLX_GROUP_timer,
    PLX_GROUP_blocking,
    PLX_GROUP_sync
};

struct plx_kind_info {
    const char *name;
    enum plx_group group;
    const char *sentence;
    const struct plx_field *field; /* ended by one whose name is NULL */
};

/* Of a kind below PLX_EV_COUNT. */
struct plx_kind_info plx_kind_info(enum plx_kind kind);

/* The field of this name, NULL when that kind has none. */
const struct plx_field *plx_kind_field(enum plx_kind kind, const char *name);

/* The kind of this name, PLX_EV_COUNT when there is none. */
enum plx_kind plx_kind_named(const char *name);

#endif
