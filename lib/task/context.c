/* SPDX-License-Identifier: MIT
 *
 * The current poll of each thread, and what polls, answers and drops tell the trace.
 */
#include "lib/task/context.h"

#include "lib/future/future.h"
#include "lib/task/contract.h"
#include "lib/task/task.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local plx_context *current;

plx_context *plx__context_current(void)
{
    return current;
}

/* Polls are watched while this is not 0, or while there is a trace. */
static atomic_uint watchers;

void plx__context_watch(void)
{
    atomic_fetch_add(&watchers, 1);
}

void plx__context_unwatch(void)
{
    atomic_fetch_sub(&watchers, 1);
}

/* Polls may nest, when a program polls a future by hand inside of a poll: leaving restores the one around it.
 * The one inside may be a wait, for what the one around it has put off. Whether a poll is watched is asked
 * once, here: a trace that begins in the midst of it sees the next one. */
void plx__context_enter(plx_context *cx)
{
    if (current)
        plx_context_settle(current);
    cx->watched = plx_trace_on() || plx_unlikely(atomic_load_explicit(&watchers, memory_order_relaxed));
    cx->outer = current;
    current = cx;
}

void plx__context_leave(plx_context *cx)
{
    plx_context_settle(cx);
    current = cx->outer;
}

bool plx_context_after(plx_context *cx, struct plx_after *after)
{
    if (cx != current || !cx->budget || cx->may_block)
        return false;
    plx_context_settle(cx);
    cx->after = after;
    return true;
}

PLX_COLD void plx__context_run_after(plx_context *cx)
{
    struct plx_after *after = PLX_MOVE(cx->after);
    after->run(after);
}

plx_waker plx_task_current(void)
{
    if (!current) {
        plx_contract_broken(PLX_NO_CURRENT_TASK, NULL);
        return (plx_waker){0};
    }
    return plx_context_waker(current);
}

void plx_waker_notify(plx_waker waker)
{
    if (current && plx_waker_same(current->waker, waker))
        current->waker_taken = true;
    plx_waker_notify_by(waker, (struct plx_cause){PLX_BY_TASK, current ? current->task : 0});
}

void plx_waker_spend_by(plx_waker waker, struct plx_cause by)
{
    if (waker.notify == &plx__task_notify && !plx_trace_on()) {
        plx__task_spend((struct plx_task *)waker.id);
    } else {
        plx_waker_notify_by(waker, by);
        plx_waker_drop(&waker);
    }
}

void plx_waker_spend(plx_waker waker)
{
    if (current && plx_waker_same(current->waker, waker))
        current->waker_taken = true;
    plx_waker_spend_by(waker, (struct plx_cause){PLX_BY_TASK, current ? current->task : 0});
}

/* A poll by hand, outside of a task, notifies as the thread that it is on. */
struct plx_cause plx__cause_told(struct plx_cause by)
{
    if (by.kind != PLX_BY_TASK || by.by)
        return by;
    uint64_t task = current ? current->task : 0;
    return (struct plx_cause){task ? PLX_BY_TASK : PLX_BY_THREAD, task};
}

void plx__budget_used_up(plx_context *cx)
{
    if (!cx->yielded)
        plx_trace(budget, .task = cx->task);
    plx_detail(cx, "budget used up");
    plx_context_yield(cx);
}

/* ── errors ───────────────────────────────────────────────────────────────────────────────────────── */

const char *plx_error_text(int code)
{
    if (code == PLX_UNEXPECTED_END)
        return "the stream ended too early";
#ifdef __GLIBC__
    const char *text = strerrordesc_np(-code);
    return text ? text : "unknown error";
#else
    return strerror(-code);
#endif
}

/* ── what the trace is told ───────────────────────────────────────────────────────────────────────── */

void plx__detail(plx_context *cx, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cx->detail, sizeof cx->detail, format, arguments);
    va_end(arguments);
}

void plx__label(plx_context *cx, const char *format, ...)
{
    char text[128];
    struct plx_ev_label event = {.task = cx->task, .future = cx->future};

    if (!cx->task || !cx->watched)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    plx_trace_text(event.text, text);
    plx__trace_write(PLX_EV_label, &event, sizeof event);
}

/* A poll outside of a task, by hand or by a thread that waits, belongs to no chain that could be shown. */
void plx__trace_poll(plx_context *cx, const struct plx_shape *shape, uint32_t parent)
{
    if (!cx->task)
        return;
    cx->detail[0] = '\0';
    plx_trace(poll, .task = cx->task, .future = cx->future, .shape = shape, .parent = parent);
}

/* A detail belongs to the leaf that gave it, not to the futures around it. */
static void trace_not_ready(plx_context *cx)
{
    struct plx_ev_not_ready event = {.task = cx->task, .future = cx->future};
    memcpy(event.detail, cx->detail, sizeof event.detail);
    cx->detail[0] = '\0';
    plx__trace_write(PLX_EV_not_ready, &event, sizeof event);
}

static void trace_ready(plx_context *cx, const struct plx_item_traits *item, const void *out)
{
    char words[64] = "";
    struct plx_ev_ready event = {.task = cx->task, .future = cx->future};
    if (item->print)
        item->print(words, sizeof words, out);
    plx_trace_text(event.value, words);
    plx__trace_write(PLX_EV_ready, &event, sizeof event);
}

void plx__trace_answer(plx_context *cx, int answer, const struct plx_item_traits *item, const void *out)
{
    if (!cx->task)
        return;
    switch ((enum plx_answer)answer) {
    case PLX_NOT_READY:
        trace_not_ready(cx);
        break;
    case PLX_READY:
        trace_ready(cx, item, out);
        break;
    case PLX_FAILED:
        plx_trace(failed, .task = cx->task, .future = cx->future, .code = cx->error.code,
                  .error = plx_error_text(cx->error.code), .at = cx->error.at);
        break;
    }
}

/* A drop has no context of its own: it belongs to the poll of this thread, if there is one. Returns whether
 * it was told. */
uint32_t plx__trace_drop(uint32_t offset)
{
    if (!current || !current->task)
        return 0;
    plx__context_at(current, current->future + offset);
    plx_trace(drop, .task = current->task, .future = current->future);
    return 1;
}

void plx__drop_unnumbered(const struct plx_future_ops *ops, void *future)
{
    if (!plx_trace_on()) {
        ops->drop(future, 0);
        return;
    }
    plx_context nowhere = {0};
    plx__context_enter(&nowhere);
    ops->drop(future, 0);
    plx__context_leave(&nowhere);
}

void plx__trace_dropped(uint32_t offset)
{
    if (current)
        plx__context_at(current, current->future - offset);
}
