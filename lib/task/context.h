/* SPDX-License-Identifier: MIT
 *
 * The context of a poll: which task is polled, how to notify it, and what the poll has to say besides its
 * answer.
 *
 * It lives on the stack of the worker for one poll of a task. Every T_poll gets it as `cx` (futures 0.3
 * style); the thread also remembers it while the poll lasts, so that plx_task_current() (futures 0.1 style)
 * finds the same task.
 */
#ifndef PLX_TASK_CONTEXT_H
#define PLX_TASK_CONTEXT_H

#include "lib/task/notify.h"

#include <errno.h>

struct plx_runtime;
struct plx_local_value;

/* What can wait until the poll that is under way ends, or is about to block its thread: see
 * plx_context_after. */
struct plx_after {
    void (*run)(struct plx_after *self);
};

/* Why a future failed: a negative errno and where in the source it arose. */
struct plx_error {
    int code;
    struct plx_at at;
};

/* The one error that errno has no number for: the stream ended before all was read. */
#define PLX_UNEXPECTED_END (-ENODATA)

typedef struct plx_context {
    plx_waker waker;             /* borrowed: valid during this poll, clone it to keep it */
    struct plx_runtime *runtime; /* whose reactor a leaf registers with; NULL outside of a runtime */
    struct plx_error error;      /* set by the future that answers Failed */
    uint64_t task;               /* its number in the trace */
    uint32_t future;             /* the number of the future that is being polled, 0 outside */
    uint32_t next_future;        /* the next free number, for the inside of boxes */
    bool waker_taken;            /* somebody has taken a waker, or notified, in this poll */
    bool notified;               /* by its own task, which is told when the poll ends: 6 ns less a yield */
    bool yielded;                /* see plx_context_yield */
    bool stays;                  /* the task is polled on this thread only, see local_set.h */
    bool watched;                /* somebody wants to know which future is polled, see plx__context_enter */
    bool may_block;         /* on a thread that may block: in a blocking section, or on the blocking pool */
    uint32_t spent, budget; /* see plx_budget_left; a budget of 0 has no end */
    struct plx_at fatal;    /* where a fatal error arose in this poll, see fatal.h; file NULL: none */
    struct plx_local_value **locals; /* of the task, see task_local.h; NULL outside of tasks */
    struct plx_after *after;         /* NULL: nothing */
    /* the first future that answered NotReady in this poll, for the debug build's reports */
    const struct plx_shape *answered;
    char detail[PLX_TEXT_MAX]; /* words that go with a NotReady: "4 of 10 bytes" */
    struct plx_context *outer; /* of the poll around this one on the same thread */
} plx_context;

void plx__budget_used_up(plx_context *cx);

/* Answers Failed: `return plx_fail(cx, -ECONNREFUSED);` */
#define plx_fail(cx, errno_code) ((cx)->error = (struct plx_error){(errno_code), PLX_HERE}, PLX_FAILED)

/* "connection refused", "unexpected end of stream" …: the code in words. Never NULL; valid until the thread's
 * next call. */
const char *plx_error_text(int code);

/* A task-fatal error has arisen in this poll: what it answers does not matter any more (see fatal.h). */
PLX_INLINE bool plx_is_fatal(const plx_context *cx)
{
    return cx->fatal.file != NULL;
}

/* A waker of the task that is being polled, to keep: whoever is to notify it stores this and drops it. */
PLX_INLINE plx_waker plx_context_waker(plx_context *cx)
{
    cx->waker_taken = true;
    return plx_waker_clone(cx->waker);
}

/* Notifies the task that is being polled: it is polled again after this poll ("notify task by yourself"). A
 * poll by hand has no task: whoever tells the cause finds out, see plx__cause_told. */
PLX_INLINE void plx_context_notify(plx_context *cx)
{
    cx->waker_taken = true;
    if (cx->waker.notify == &plx__task_notify && !plx_trace_on()) {
        cx->notified = true;
        return;
    }
    plx_waker_notify_by(cx->waker, (struct plx_cause){PLX_BY_TASK, cx->task});
}

/* The same, but all others come first: the task is polled again only after its worker has nothing else to run
 * and has looked at the sockets (Tokio #5223: a task that only yields must not keep the reactor from
 * turning). */
PLX_INLINE void plx_context_yield(plx_context *cx)
{
    cx->yielded = true;
    plx_context_notify(cx);
}

/* The budget: a task may get so many answers of leaves in one poll, then the others come first. Without it, a
 * task whose socket or channel is always ready would never give its worker away (Tokio's "coop").
 *
 * A leaf asks at the beginning of its poll, and answers NotReady when nothing is left: the task has yielded
 * then, and no waker need be kept. It spends one when it is ready; an answer of NotReady costs nothing. */
PLX_INLINE bool plx_budget_left(plx_context *cx)
{
    if (plx_likely(!cx->budget || cx->spent < cx->budget))
        return true;
    plx__budget_used_up(cx);
    return false;
}

PLX_INLINE void plx_budget_spend(plx_context *cx)
{
    cx->spent++;
}

/* Says in a few words what a NotReady is waiting for; the trace shows them. A printf that costs nothing when
 * nobody looks. */
#define plx_detail(cx, ...)                                                                                  \
    do {                                                                                                     \
        if (plx_trace_on())                                                                                  \
            plx__detail(cx, __VA_ARGS__);                                                                    \
    } while (0)
void plx__detail(plx_context *cx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says what a future is about ("127.0.0.1:6142"), once. */
#define plx_label(cx, ...)                                                                                   \
    do {                                                                                                     \
        if (plx_trace_on())                                                                                  \
            plx__label(cx, __VA_ARGS__);                                                                     \
    } while (0)
void plx__label(plx_context *cx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts something off until the end of this poll, so that a poll which would do it a hundred times does it
 * once. There is place for one: the one before is run now. Only for a poll that ends soon: false when it may
 * block or has no budget, or when it is made by hand and nobody would see to it; then nothing is put off. */
bool plx_context_after(plx_context *cx, struct plx_after *after);
void plx__context_run_after(plx_context *cx);

/* Does now what was put off. */
PLX_INLINE void plx_context_settle(plx_context *cx)
{
    if (plx_unlikely(cx->after != NULL))
        plx__context_run_after(cx);
}

/* A waker of the task that this thread is polling (`task::current()` of futures 0.1). Outside of a poll that
 * is a broken contract: it is reported, and the waker is empty. */
plx_waker plx_task_current(void);

/* The context of the poll on this thread, or NULL. */
plx_context *plx__context_current(void);
void plx__context_enter(plx_context *cx);
void plx__context_leave(plx_context *cx);

/* Who wants to know, besides the trace, which future is being polled: the watchdog. From the next poll of each
 * task on. Any thread; as often watched as unwatched. */
void plx__context_watch(void);
void plx__context_unwatch(void);

/* The future of that number is being polled. The watchdog looks at it from another thread, at any time: so it
 * is stored in one piece, which costs nothing. */
PLX_INLINE void plx__context_at(plx_context *cx, uint32_t future)
{
    __atomic_store_n(&cx->future, future, __ATOMIC_RELAXED);
}

/* The cause as the trace tells it. Task 0 stands for whatever goes on on this thread. */
struct plx_cause plx__cause_told(struct plx_cause by);

/* Drops a future that has no number in the task that this thread polls: one that never came to be spawned, or
 * to be polled in its box. The trace, which knows futures by their numbers, is told nothing. */
struct plx_future_ops;
void plx__drop_unnumbered(const struct plx_future_ops *ops, void *future);

/* What plx__poll_in and its neighbours in future.h tell the trace. */
struct plx_item_traits;
void plx__trace_poll(plx_context *cx, const struct plx_shape *shape, uint32_t parent);
void plx__trace_answer(plx_context *cx, int answer, const struct plx_item_traits *item, const void *out);
uint32_t plx__trace_drop(uint32_t offset);
void plx__trace_dropped(uint32_t offset);

#endif
