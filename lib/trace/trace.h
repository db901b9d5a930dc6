/* SPDX-License-Identifier: MIT
 *
 * The trace: how the library tells what it does.
 *
 * A call site is one line at a transition, in the scheduler's own words, with named fields:
 *
 *     plx_trace(push, .task = id, .queue = PLX_QUEUE_LOCAL, .worker = me);
 *
 * The events and their fields are declared once, in events.def. A misspelt field does not compile, with
 * tracing built out too. While nobody looks a call site costs one load and one branch that is predicted
 * well.
 *
 * Order. The file is written in the order of the time stamps, and a cause stands before its effect. That
 * holds because whatever lets another thread go on (a push, an unpark, a notify) is stamped *before* it is
 * done, and what is found (a pop, a steal, a wake) after. Where an outcome must be told that is known only
 * after the deed, plx_trace_begin takes the stamp before it, and plx_trace_commit tells it afterwards.
 *
 * All of this may be called from any thread; none of it fails. See pen.h for what a call does, and ring.h for
 * how records travel to the writer.
 */
#ifndef PLX_TRACE_TRACE_H
#define PLX_TRACE_TRACE_H

#include "lib/base.h"

#include <stdatomic.h>

struct plx_shape;

/* The words of events.def, in the same order. */
enum plx_queue { PLX_QUEUE_LOCAL, PLX_QUEUE_LIFO, PLX_QUEUE_GLOBAL, PLX_QUEUE_BLOCKING };
enum plx_cause_kind { PLX_BY_TASK, PLX_BY_IO, PLX_BY_TIMER, PLX_BY_THREAD };
enum plx_outcome { PLX_SCHEDULED, PLX_COALESCED, PLX_TOO_LATE };
enum plx_ending { PLX_ENDED_READY, PLX_ENDED_FAILED, PLX_ENDED_CANCELLED };
enum plx_direction { PLX_READ, PLX_WRITE };
enum plx_shutdown { PLX_ON_IDLE, PLX_NOW, PLX_ON_TIMEOUT };
enum plx_channel_side { PLX_SENDER, PLX_RECEIVER };

/* Who has notified a task: a task, an I/O token, a timer, or a thread (which has no number). */
struct plx_cause {
    enum plx_cause_kind kind;
    uint64_t by;
};

/* One struct an event: struct plx_ev_push { uint64_t task; uint32_t queue; uint32_t worker; } and so on.
 * Packed: gaps would be carried through ring and file. */
#define ID(f)         uint64_t f;
#define NUM(f)        uint32_t f;
#define INT(f)        int32_t f;
#define WORD(f, set)  uint32_t f;
#define FLAGS(f, set) uint32_t f;
#define TEXT(f)       char f[PLX_TEXT_MAX];
#define LITERAL(f)    const char *f;
#define HEAP(f)       char *f;
#define SHAPE(f)      const struct plx_shape *f;
#define SHAPES(f)     const struct plx_shape *f;
#define AT(f)         struct plx_at f;
#define EVENT(name, group, fields, sentence)                                                                 \
    struct plx_ev_##name {                                                                                   \
        fields                                                                                               \
    } __attribute__((packed));
#include "lib/trace/events.def"

enum plx_event_kind {
#define EVENT(name, group, fields, sentence) PLX_EV_##name,
#include "lib/trace/events.def"
    PLX_EVENTS
};

extern atomic_bool plx__tracing;

/* Whether anybody looks. Relaxed: a thread may see a start or a stop a little late, and nothing hangs on
 * it. */
PLX_INLINE bool plx_trace_on(void)
{
    return PLX_TRACE && plx_unlikely(atomic_load_explicit(&plx__tracing, memory_order_relaxed));
}

#include "lib/trace/pen.h"

#define plx_trace(event, ...)                                                                                \
    do {                                                                                                     \
        if (plx_trace_on()) {                                                                                \
            struct plx_ev_##event plx_fields = {__VA_ARGS__};                                                \
            plx__trace_write(PLX_EV_##event, &plx_fields, sizeof plx_fields);                                \
        }                                                                                                    \
    } while (0)

/* The same in two steps, around a deed whose outcome is told. Nothing else may be traced in between by
 * this thread. `begun` is a bool of the caller's. A begun event is committed or cancelled. */
#define plx_trace_begin(begun) ((begun) = plx_trace_on() && plx__trace_begin())
#define plx_trace_commit(begun, event, ...)                                                                  \
    do {                                                                                                     \
        if (begun) {                                                                                         \
            struct plx_ev_##event plx_fields = {__VA_ARGS__};                                                \
            plx__trace_commit(PLX_EV_##event, &plx_fields, sizeof plx_fields);                               \
        }                                                                                                    \
    } while (0)
#define plx_trace_cancel(begun)                                                                              \
    do {                                                                                                     \
        if (begun)                                                                                           \
            plx__trace_cancel();                                                                             \
    } while (0)

/* The number of a thing that needs one in the trace only (a timer, a channel): given at the first call, so
 * that nothing is counted while nobody looks. Zero at first; any thread. */
uint64_t plx__trace_number(_Atomic uint64_t *number);

/* Fills a TEXT field; what is too long keeps its beginning and end, with "…" between. */
void plx_trace_text(char field[PLX_TEXT_MAX], const char *text);

/* Says something in the trace, to be shown as a caption. printf's format. */
void plx_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Starts to trace into a file. 0, or a negative errno when it cannot be written, -EBUSY when a trace is
 * being written already, -ENOTSUP when tracing was built out. The trace ends when the program exits. A
 * forked child goes on untraced. */
int plx_trace_start(const char *path);

/* Does what POLLUX_TRACE says, once a process: a runtime calls it when it is built. What goes wrong is
 * said on standard error, and the program goes on untraced. */
void plx_trace_obey_environment(void);

/* Ends the trace: all that was traced before is in the file when it returns. Also called at exit. */
void plx_trace_stop(void);

/* From here on this thread is worker W, or with PLX_NO_WORKER just a thread again. */
void plx_trace_as_worker(uint16_t worker);

#endif
