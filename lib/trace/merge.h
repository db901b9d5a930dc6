/* SPDX-License-Identifier: MIT
 *
 * Records of many threads, in the order of their stamps.
 *
 * A stretch is what one thread has told between two rounds of the writer: bytes in its ring, in two pieces
 * when the end of a lap lies in between, or bytes that were read back from a spill. Within a stretch
 * records are in order. A merge takes always the oldest of the records that are first in their stretches;
 * of equals, that of the first stretch.
 */
#ifndef PLX_TRACE_MERGE_H
#define PLX_TRACE_MERGE_H

#include "lib/trace/trace.h"

struct plx_stretch {
    const char *at, *end;        /* what is left of it */
    const char *more, *more_end; /* where it goes on then; NULL: nowhere */
    uint64_t ticks;              /* the stamp of the record at `at`; UINT64_MAX when there is none left */
    uint16_t worker;             /* as whom the record at `at` is told, PLX_NO_WORKER: as the thread */
    const char *thread;          /* the name of the thread */
};

/* One record, with what it does not carry itself. */
struct plx_told {
    uint64_t ticks;
    enum plx_event_kind kind;
    uint16_t worker;
    uint16_t bytes; /* of the fields */
    const char *thread;
    const void *fields;
};

struct plx_merge {
    struct plx_stretch *stretch;
    size_t count;
    uint64_t before;            /* all records are older; and by less than the stamp's bits can count */
    struct plx_stretch *oldest; /* goes on to be it … */
    uint64_t until;             /* … up to here, inclusive */
};

/* The front of a record, see pen.h. */
PLX_INLINE uint64_t plx__record_front(const char *record)
{
    uint64_t front;
    __builtin_memcpy(&front, record, sizeof front);
    return front;
}

PLX_INLINE unsigned plx__front_kind(uint64_t front)
{
    return front & ((1u << PLX_KIND_BITS) - 1);
}

PLX_INLINE size_t plx__front_bytes(uint64_t front)
{
    return 8 * (front >> PLX_KIND_BITS & ((1u << PLX_WORDS_BITS) - 1));
}

/* The whole stamp of one that is older than `before`. */
PLX_INLINE uint64_t plx__front_ticks(uint64_t front, uint64_t before)
{
    uint64_t age = ((before << PLX_STAMP_SHIFT) - (front >> PLX_STAMP_SHIFT << PLX_STAMP_SHIFT)) >>
                   PLX_STAMP_SHIFT;
    return before - age;
}

/* To be called once the stretches are filled in (`at` to `thread`, but for `ticks`). */
void plx__merge_begin(struct plx_merge *merge, struct plx_stretch *stretch, size_t count, uint64_t before);

/* The next record; false when there is none left. */
bool plx__merge_next(struct plx_merge *merge, struct plx_told *told);

#endif
