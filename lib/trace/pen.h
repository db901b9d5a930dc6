/* SPDX-License-Identifier: MIT
 *
 * The pen: what a thread does to tell one event. All of it is inline, for it is paid for by the program that
 * is looked at: with a trace on, some 30 instructions an event, of which the time stamp alone takes 10 ns of
 * the 13 to 20 that were measured.
 *
 * A record is as long as what it tells: a word in front, then the event's fields; of a text at the end only
 * what is used.
 *
 *      63                    10  9   7 6      0
 *     ┌────────────────────────┬──────┬────────┐┌──────────────────┐
 *     │ time stamp, low 54 bits│words │  kind  ││ fields …         │ words × 8 bytes
 *     └────────────────────────┴──────┴────────┘└──────────────────┘
 *
 * Stamps are ticks (see clock.h); whoever reads them knows about when it was, and so the bits that are
 * missing.
 *
 * Order of instructions. The processor may read its counter before an earlier load has its value. For an
 * event that says what was *found* (a task taken from another's queue, a message) that would be too early:
 * it might be stamped before its cause, though seen after it. There a fence comes first, 7 ns. Events that
 * only go on with what their own thread has told before need none; plx__finds says which those are.
 */
#ifndef PLX_TRACE_PEN_H
#define PLX_TRACE_PEN_H

#include "lib/trace/trace.h"

#include <string.h>
#include <time.h>

enum {
    PLX_KIND_BITS = 7,
    PLX_WORDS_BITS = 3,
    PLX_STAMP_SHIFT = PLX_KIND_BITS + PLX_WORDS_BITS,
    PLX_RECORD_MAX = 64,     /* bytes, the word in front included */
    PLX_RECORD_PAD = 126,    /* no event: fills the rest of a lap */
    PLX_RECORD_WORKER = 127, /* no event: from here on the thread is this worker */
    PLX_NO_WORKER = 0xffff,
};

_Static_assert((int)PLX_EVENTS <= (int)PLX_RECORD_PAD, "a kind has 7 bits");
#define EVENT(name, group, fields, sentence)                                                                 \
    _Static_assert(sizeof(struct plx_ev_##name) <= PLX_RECORD_MAX - 8,                                       \
                   "event " #name " does not fit a record");
#include "lib/trace/events.def"

/* A thread's place in its ring. Only its thread writes it; the writer reads `head`. */
struct plx__pen {
    _Atomic uint64_t head; /* bytes told so far, a multiple of 8; plus 1 from before the stamp of a record is
                              taken until it is whole */
    uint64_t limit;        /* up to here may be written without looking */
    char *origin;          /* + head: where the next record goes */
    uint64_t stamp;        /* of a record that was begun */
};

extern _Thread_local struct plx__pen *plx__pen;

/* Both parts of a quick stamp are to be had: the processor's counter, and the writer's barrier. */
extern atomic_bool plx__trace_quick;

/* Makes room for the next record, or a pen for a new thread; NULL: nothing is told. */
struct plx__pen *plx__trace_room(void);
uint64_t plx__trace_slow_stamp(void);

/* Whether an event may say what another thread has done: true is always safe. */
PLX_BODY bool plx__finds(enum plx_event_kind kind)
{
    switch (kind) {
    case PLX_EV_spawn: /* all of these follow a `pop` or another of their own thread, */
    case PLX_EV_task_name:
    case PLX_EV_task_poll:
    case PLX_EV_poll:
    case PLX_EV_not_ready: /* or say what will be found, not what was */
    case PLX_EV_notify:
    case PLX_EV_waker_clone:
    case PLX_EV_sync_new:
        return false;
    default:
        return true;
    }
}

/* Neither the stores before nor those after it are moved across a stamp by the compiler. That is all that is
 * needed here, see ring.h. */
PLX_BODY uint64_t plx__trace_stamp(bool finds)
{
    uint64_t ticks;
    atomic_signal_fence(memory_order_seq_cst);
    if (plx_unlikely(!atomic_load_explicit(&plx__trace_quick, memory_order_relaxed)))
        return plx__trace_slow_stamp();
#if defined(__x86_64__)
    if (finds)
        __asm__ volatile("lfence" ::: "memory");
    ticks = __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    if (finds)
        __asm__ volatile("isb" ::: "memory");
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks)::"memory");
#else
    ticks = finds ? plx__trace_slow_stamp() : plx__trace_slow_stamp();
#endif
    atomic_signal_fence(memory_order_seq_cst);
    return ticks;
}

/* With its end. A function of its own: where nothing is inlined gcc cannot tell of which kind the event is, and
 * would warn of a text that lies behind the event's end. */
PLX_INLINE size_t plx__text_bytes(const char *text)
{
    return strlen(text) + 1;
}

/* How much of an event's fields is told: of a text that stands last, up to its end. */
PLX_BODY size_t plx__trace_used(enum plx_event_kind kind, const void *data, size_t size)
{
    switch (kind) {
#define TEXT(f)                                                                                              \
    if (offsetof(__typeof__(*event), f) + PLX_TEXT_MAX == sizeof *event)                                     \
        return offsetof(__typeof__(*event), f) + plx__text_bytes(event->f);
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
    return size;
}

/* Marks the ring as busy, and takes the stamp: in this order. */
PLX_BODY struct plx__pen *plx__trace_open(bool finds, uint64_t *stamp)
{
    struct plx__pen *pen = plx__pen;
    if (plx_unlikely(!pen ||
                     atomic_load_explicit(&pen->head, memory_order_relaxed) + PLX_RECORD_MAX > pen->limit)) {
        pen = plx__trace_room();
        if (!pen)
            return NULL;
    }
    uint64_t head = atomic_load_explicit(&pen->head, memory_order_relaxed);
    atomic_store_explicit(&pen->head, head | 1, memory_order_relaxed);
    *stamp = plx__trace_stamp(finds);
    return pen;
}

/* All of a struct is copied, whose size the compiler knows, though of its text less may be told. The release
 * publishes the record to the writer, which reads head with acquire. */
PLX_BODY void plx__trace_close(struct plx__pen *pen, uint64_t stamp, enum plx_event_kind kind,
                               const void *data, size_t size)
{
    uint64_t head = atomic_load_explicit(&pen->head, memory_order_relaxed) & ~(uint64_t)1;
    uint64_t words = (plx__trace_used(kind, data, size) + 7) / 8;
    uint64_t front = stamp << PLX_STAMP_SHIFT | words << PLX_KIND_BITS | kind;
    char *record = pen->origin + head;

    memcpy(record, &front, sizeof front);
    memcpy(record + sizeof front, data, size);
    atomic_store_explicit(&pen->head, head + sizeof front + words * 8, memory_order_release);
}

/* false: the trace ends just now, or there is no memory; what the event owns is still the caller's. */
PLX_BODY bool plx__trace_write(enum plx_event_kind kind, const void *data, size_t size)
{
    uint64_t stamp;
    struct plx__pen *pen = plx__trace_open(plx__finds(kind), &stamp);
    if (pen)
        plx__trace_close(pen, stamp, kind, data, size);
    return pen != NULL;
}

PLX_BODY bool plx__trace_begin(void)
{
    uint64_t stamp;
    struct plx__pen *pen = plx__trace_open(false, &stamp);
    if (pen)
        pen->stamp = stamp;
    return pen != NULL;
}

PLX_BODY void plx__trace_commit(enum plx_event_kind kind, const void *data, size_t size)
{
    plx__trace_close(plx__pen, plx__pen->stamp, kind, data, size);
}

PLX_BODY void plx__trace_cancel(void)
{
    uint64_t head = atomic_load_explicit(&plx__pen->head, memory_order_relaxed);
    atomic_store_explicit(&plx__pen->head, head & ~(uint64_t)1, memory_order_release);
}

#endif
