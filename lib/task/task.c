/* SPDX-License-Identifier: MIT
 *
 * What happens to a task: polled, ended, notified. The transitions themselves are in state.h; how it is made
 * and freed is in spawn.c.
 */
#include "lib/task/task.h"

#include "lib/task/contract.h"
#include "lib/task/fatal.h"
#include "lib/task/join.h"
#include "lib/task/task_local.h"

#include <string.h>

/* ── its own wakers, made and dropped while it is polled ──────────────────────────────────────────── */

/* What this thread polls, and how many references the poll has to spare: a waker that the task makes of itself
 * takes one, and one that it drops leaves its own here. That is nearly every waker of a leaf that waits. Both
 * cost a read-modify-write less then, 6 ns: wake_cross 123 instead of 133 ns, a delay that is dropped 9 instead
 * of 14 (timers_far). */
static _Thread_local struct polled {
    const struct plx_task *task;
    uint64_t spare;
} polled;

static void take_spare(struct plx_task *task)
{
    if (plx_unlikely(polled.spare == 0)) {
        plx_state_keep(&task->state, PLX_MORE_SPARE);
        polled.spare = PLX_MORE_SPARE;
    }
    polled.spare--;
}

/* All that is left, and no more are taken: the task may be another thread's in a moment. */
static uint64_t give_spare_back(const struct plx_task *task)
{
    if (polled.task != task)
        return 0;
    polled.task = NULL;
    return polled.spare;
}

/* ── a poll ───────────────────────────────────────────────────────────────────────────────────────── */

/* The context is used again from poll to poll, so only what a poll reads is set, not all of it. */
static void prepare(plx_context *cx, struct plx_task *task)
{
    const plx_context *around = plx__context_current();
    const struct plx_schedule *schedule = plx__schedule_of_task(task);
    struct plx_runtime *runtime = schedule->runtime;
    cx->waker = (plx_waker){&plx__task_notify, (uintptr_t)task};
    cx->runtime = runtime || !around ? runtime : around->runtime;
    __atomic_store_n(&cx->task, task->id, __ATOMIC_RELAXED);
    plx__context_at(cx, 0);
    cx->next_future = task->next_future;
    cx->waker_taken = cx->notified = cx->yielded = false;
    cx->budget = schedule->budget;
    cx->stays = schedule->stays;
    cx->answered = NULL;
    cx->fatal.file = NULL;
    cx->locals = &task->locals;
    cx->detail[0] = '\0';
}

/* Inside of its context. What the poll has put off may concern something that goes with the future. The task's
 * locals go last: the future may still want them. */
static void drop_future(struct plx_task *task, plx_context *cx)
{
    plx_context_settle(cx);
    plx__context_at(cx, 0);
    task->ops->drop(task->future, 1);
    if (plx_unlikely(task->locals != NULL))
        plx__locals_free(&task->locals);
}

/* Nobody wants it. */
static void drop_item(struct plx_task *task, plx_context *cx, void *item)
{
    const struct plx_item_traits *traits = task->ops->item();
    if (!traits->drop)
        return;
    plx__context_enter(cx);
    plx_item_drop(traits, item);
    if (plx_unlikely(task->locals != NULL))
        plx__locals_free(&task->locals);
    plx__context_leave(cx);
}

/* Tells the join handle, if there is one, and lets go of the references of the poll and of the future's life.
 * It is counted as ended when nothing is left of it, and before the handle is told: who waits until the
 * runtime is idle finds all dropped, and who waits for the task finds it gone. */
static void complete(struct plx_task *task, plx_context *cx)
{
    plx_trace(task_end, .task = task->id, .how = task->ending);
    uint64_t seen = plx_state_complete(&task->state);
    if (!(seen & PLX_JOIN_INTEREST) && task->ending == PLX_ENDED_READY)
        drop_item(task, cx, task->future);

    struct plx_schedule *schedule = plx__schedule_of_task(task);
    if (plx_unlikely(schedule->ops->ends != NULL))
        schedule->ops->ends(schedule, task);
    plx__cells_ended(schedule);
    if (seen & PLX_JOIN_WAKER) {
        plx_waker_notify_by(task->join_waker, (struct plx_cause){PLX_BY_TASK, task->id});
        if (plx_state_join_waker_used(&task->state))
            plx_waker_drop(&task->join_waker);
    }
    plx__task_release(task, 2 + give_spare_back(task));
}

/* The future has been dropped, before its task counts as complete, whoever still holds a handle or a waker. */
static void end_ready(struct plx_task *task, plx_context *cx, const void *item)
{
    task->ending = PLX_ENDED_READY;
    plx__copy(task->future, item, task->ops->item_size);
    complete(task, cx);
}

static void end_with(struct plx_task *task, plx_context *cx, enum plx_ending ending, struct plx_error error)
{
    if (error.code >= 0)
        error.code = -EINVAL; /* to those who get the code alone it would say that all is well */
    task->ending = (uint8_t)ending;
    *plx__task_error(task) = error;
    complete(task, cx);
}

/* The future is still there, and so is the item of its last poll, or NULL. A fatal error in the drop is what
 * counts, unless there has been one before. */
static void end_early(struct plx_task *task, plx_context *cx, enum plx_ending ending, void *item,
                      struct plx_error error)
{
    prepare(cx, task);
    plx__context_enter(cx);
    drop_future(task, cx);
    plx__context_leave(cx);
    if (item)
        drop_item(task, cx, item);
    if (plx_unlikely(plx_is_fatal(cx)) && error.code != PLX_TASK_FATAL) {
        ending = PLX_ENDED_FAILED;
        error = plx__fatal_error(cx);
    }
    end_with(task, cx, ending, error);
}

static void end_cancelled(struct plx_task *task, plx_context *cx)
{
    end_early(task, cx, PLX_ENDED_CANCELLED, NULL, (struct plx_error){-ECANCELED, {0}});
}

/* Whatever the poll has answered: a future that swallows the failure does not keep the task alive. */
PLX_COLD static void end_fatal(struct plx_task *task, plx_context *cx, enum plx_answer answer, void *item)
{
    end_early(task, cx, PLX_ENDED_FAILED, answer == PLX_READY ? item : NULL, plx__fatal_error(cx));
}

/* The poll was good, but the drop of the future was not. */
PLX_COLD static void end_fatal_drop(struct plx_task *task, plx_context *cx, enum plx_answer answer,
                                    void *item)
{
    struct plx_error error = plx__fatal_error(cx);
    if (answer == PLX_READY)
        drop_item(task, cx, item);
    end_with(task, cx, PLX_ENDED_FAILED, error);
}

/* The debug build's check of the promise that NotReady is: a waker was taken in this poll, or an earlier one
 * is still held (then there are more references than those of the poll, the life and the handle), or
 * the task is notified. Abort handles come and go meanwhile: when there are any, one cannot tell. */
static void check_promise(struct plx_task *task, const plx_context *cx)
{
    if (!PLX_DEBUG || cx->waker_taken || atomic_load(&task->abort_handles))
        return;
    uint64_t seen = plx_state_load(&task->state);
    uint64_t known = 2 + polled.spare + ((seen & PLX_JOIN_INTEREST) != 0);
    if (!(seen & (PLX_NOTIFIED | PLX_CANCELLED)) && seen / PLX_ONE_REFERENCE <= known &&
        !atomic_load(&task->abort_handles))
        plx_contract_broken(PLX_NOBODY_WILL_NOTIFY, cx->answered ? cx->answered : task->ops->shape);
}

static void paused(struct plx_task *task, plx_context *cx)
{
    switch (plx_state_pause(&task->state, give_spare_back(task), cx->notified)) {
    case PLX_PAUSED:
        break;
    case PLX_PAUSED_NOTIFIED:
        plx__schedule_submit(plx__schedule_of_task(task), task,
                             cx->yielded ? PLX_SUBMIT_YIELDED : PLX_SUBMIT_AGAIN);
        break;
    case PLX_PAUSED_CANCEL:
        end_cancelled(task, cx);
        break;
    }
}

/* The item is made on the stack: the cell has one place for the future and the item, and the future is still
 * there. */
static void poll(struct plx_task *task, plx_context *cx)
{
    _Alignas(max_align_t) unsigned char item[task->ops->item_size + 1];
    struct polled around = polled; /* a poll may poll other tasks */

    polled = (struct polled){task, PLX_SPARE};
    plx_trace(task_poll, .task = task->id);
    prepare(cx, task);
    plx__context_enter(cx);
    enum plx_answer answer = task->ops->poll(task->future, cx, 1, item);
    bool fatal = plx_is_fatal(cx), ended = answer != PLX_NOT_READY && !fatal;
    struct plx_error error = cx->error;
    if (plx_likely(ended))
        drop_future(task, cx);
    else if (!fatal)
        check_promise(task, cx);
    plx__context_leave(cx);
    task->next_future = cx->next_future;

    if (plx_unlikely(fatal))
        end_fatal(task, cx, answer, item);
    else if (!ended)
        paused(task, cx);
    else if (plx_unlikely(plx_is_fatal(cx)))
        end_fatal_drop(task, cx, answer, item);
    else if (answer == PLX_READY)
        end_ready(task, cx, item);
    else
        end_with(task, cx, PLX_ENDED_FAILED, error);
    polled = around;
}

void plx__task_run_in(struct plx_task *task, plx_context *cx)
{
    switch (plx_state_start(&task->state)) {
    case PLX_START_POLL:
        poll(task, cx);
        break;
    case PLX_START_CANCEL:
        end_cancelled(task, cx);
        break;
    case PLX_START_NOT:
        plx__task_release(task, 1);
        break;
    }
}

void plx__task_run(struct plx_task *task)
{
    plx_context cx = {0};
    plx__task_run_in(task, &cx);
}

/* `complete` lets go of one reference that a poll would have had: make it. */
static bool take_to_end(struct plx_task *task)
{
    bool mine = plx_state_cancel(&task->state);
    if (mine)
        plx_state_keep(&task->state, 1);
    return mine;
}

void plx__task_cancel(struct plx_task *task)
{
    plx_context cx = {0};
    if (take_to_end(task))
        end_cancelled(task, &cx);
}

void plx__task_fail(struct plx_task *task, int code)
{
    plx_context cx = {0};
    if (take_to_end(task))
        end_early(task, &cx, PLX_ENDED_FAILED, NULL, (struct plx_error){code, {0}});
}

bool plx__task_refuse(struct plx_task *task)
{
    plx_context cx = {0};
    struct plx_task *handle = plx_state_load(&task->state) & PLX_JOIN_INTEREST ? task : NULL;
    bool mine = take_to_end(task);
    if (mine) {
        plx__handle_drop(&handle);
        end_cancelled(task, &cx);
    }
    return mine;
}

void plx__task_abort(struct plx_task *task)
{
    plx_trace(abort, .task = task->id);
    if (plx_state_abort(&task->state) == PLX_WAKE_SUBMIT)
        plx__schedule_submit(plx__schedule_of_task(task), task, PLX_SUBMIT_NOTIFIED);
}

/* ── Notify ───────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_task *task_of(uintptr_t id)
{
    return (struct plx_task *)id;
}

/* The stamp of the event is taken before the word changes: from then on another worker may poll the task. */
static void notify(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    struct plx_task *task = task_of(id);
    uint64_t number = task->id;
    bool begun;
    (void)self;

    plx_trace_begin(begun);
    enum plx_wake wake = plx_state_wake(&task->state);
    if (begun)
        by = plx__cause_told(by);
    plx_trace_commit(begun, notify, .task = number, .cause = by.kind, .by = by.by, .outcome = wake);
    if (wake == PLX_WAKE_SUBMIT)
        plx__schedule_submit(plx__schedule_of_task(task), task, PLX_SUBMIT_NOTIFIED);
}

/* To a thread that is no worker of it the reference is what keeps the scheduler, which it still looks at when the
 * queue has the task (whom to wake): by then that may have ended, and the scheduler's owner may have gone. */
static void spend_from_outside(struct plx_task *task)
{
    if (plx_state_wake(&task->state) == PLX_WAKE_SUBMIT)
        plx__schedule_submit(plx__schedule_of_task(task), task, PLX_SUBMIT_NOTIFIED);
    plx__task_release(task, 1);
}

void plx__task_spend(struct plx_task *task)
{
    if (!plx__home_mine || plx__home_mine->schedule != plx__schedule_of_task(task)) {
        spend_from_outside(task);
        return;
    }
    switch (plx_state_spend(&task->state)) {
    case PLX_WAKE_SUBMIT:
        plx__schedule_submit(plx__schedule_of_task(task), task, PLX_SUBMIT_NOTIFIED);
        break;
    case PLX_WAKE_COALESCED:
        break;
    case PLX_WAKE_TOO_LATE:
        plx__task_release(task, 1);
        break;
    }
}

static uintptr_t clone_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    plx_trace(waker_clone, .task = task_of(id)->id);
    if (plx_likely(polled.task == task_of(id)))
        take_spare(task_of(id));
    else
        plx_state_keep(&task_of(id)->state, 1);
    return id;
}

static void drop_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    plx_trace(waker_drop, .task = task_of(id)->id);
    if (polled.task == task_of(id))
        polled.spare++;
    else
        plx__task_release(task_of(id), 1);
}

const struct plx_notify plx__task_notify = {notify, clone_id, drop_id};
