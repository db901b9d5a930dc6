/* SPDX-License-Identifier: MIT
 *
 * What happens to a task: made, polled, ended, notified. The transitions themselves are in state.h.
 */
#include "lib/task/task.h"

#include "lib/task/cells.h"
#include "lib/task/contract.h"

#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t last_id;

struct plx_task *plx__task_new(struct plx_pool *pool, const struct plx_future_ops *ops, void *future)
{
    size_t room = ops->size > ops->item_size ? ops->size : ops->item_size;
    struct plx_task *task = aligned_alloc(_Alignof(max_align_t), (sizeof *task + room + 15) & ~(size_t)15);
    if (!task) {
        plx__drop_unnumbered(ops, future);
        return NULL;
    }
    *task = (struct plx_task){.ops = ops, .pool = pool, .next_future = ops->shape->nodes + 1};
    task->id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    atomic_init(&task->state, PLX_STATE_SPAWNED);
    memcpy(task->future, future, ops->size);
    plx__pool_keep(pool);
    plx__cells_add(plx__pool_cells(pool), task);
    return task;
}

void plx__task_release(struct plx_task *task, uint64_t count)
{
    if (!plx_state_release(&task->state, count))
        return;
    struct plx_pool *pool = task->pool;
    plx_waker_drop(&task->join_waker);
    plx__cells_remove(plx__pool_cells(pool), task);
    free(task);
    plx__pool_release(pool);
}

/* ── a poll ───────────────────────────────────────────────────────────────────────────────────────── */

static plx_context context_of(struct plx_task *task)
{
    return (plx_context){
        .waker = {&plx__task_notify, (uintptr_t)task},
        .runtime = plx__pool_runtime(task->pool),
        .task = task->id,
        .next_future = task->next_future,
    };
}

static void drop_future(struct plx_task *task)
{
    plx_context cx = context_of(task);
    plx__context_enter(&cx);
    task->ops->drop(task->future, 1);
    plx__context_leave(&cx);
}

/* Tells the join handle, if there is one, and lets go of the references of the poll and of the owned list. */
static void complete(struct plx_task *task)
{
    plx_trace(task_end, .task = task->id, .how = task->ending);
    uint64_t references = plx__pool_disown(task->pool, task) ? 2 : 1;
    uint64_t seen = plx_state_complete(&task->state);

    if (!(seen & PLX_JOIN_INTEREST) && task->ending == PLX_ENDED_READY)
        plx_item_drop(task->ops->item(), task->future);
    if (seen & PLX_JOIN_WAKER) {
        plx_waker_notify_by(task->join_waker, (struct plx_cause){PLX_BY_TASK, task->id});
        if (plx_state_join_waker_used(&task->state))
            plx_waker_drop(&task->join_waker);
    }
    plx__task_release(task, references);
}

/* The future is dropped before its task counts as complete, whoever still holds a handle or a waker. */
static void end(struct plx_task *task, enum plx_ending ending, const void *item, struct plx_error error)
{
    drop_future(task);
    task->ending = ending;
    task->error = error;
    if (ending != PLX_ENDED_READY && error.code >= 0)
        task->error.code = -EINVAL; /* to those who get the code alone it would say that all is well */
    if (ending == PLX_ENDED_READY)
        memcpy(task->future, item, task->ops->item_size);
    complete(task);
}

static void end_cancelled(struct plx_task *task)
{
    end(task, PLX_ENDED_CANCELLED, NULL, (struct plx_error){-ECANCELED, {0}});
}

/* The debug build's check of the promise that NotReady is: a waker was taken in this poll, or an earlier one
 * is still held (then there are more references than those of the poll, the owned list and the handle), or
 * the task is notified. */
static void check_promise(struct plx_task *task, const plx_context *cx)
{
    uint64_t seen = plx_state_load(&task->state);
    uint64_t known = 2 + ((seen & PLX_JOIN_INTEREST) != 0);
    if (PLX_DEBUG && !cx->waker_taken && !(seen & (PLX_NOTIFIED | PLX_CANCELLED)) &&
        seen / PLX_ONE_REFERENCE <= known)
        plx_contract_broken(PLX_NOBODY_WILL_NOTIFY, cx->answered ? cx->answered : task->ops->shape);
}

static void paused(struct plx_task *task, bool yielded)
{
    switch (plx_state_pause(&task->state)) {
    case PLX_PAUSED:
        break;
    case PLX_PAUSED_NOTIFIED:
        plx__pool_submit(task->pool, task, yielded ? PLX_SUBMIT_YIELDED : PLX_SUBMIT_AGAIN);
        break;
    case PLX_PAUSED_CANCEL:
        end_cancelled(task);
        break;
    }
}

/* The item is made on the stack: the cell has one place for the future and the item, and the future is still
 * there. */
static void poll(struct plx_task *task)
{
    _Alignas(max_align_t) unsigned char item[task->ops->item_size + 1];
    plx_context cx = context_of(task);

    plx_trace(task_poll, .task = task->id);
    plx__context_enter(&cx);
    enum plx_answer answer = task->ops->poll(task->future, &cx, 1, item);
    if (answer == PLX_NOT_READY)
        check_promise(task, &cx);
    plx__context_leave(&cx);
    task->next_future = cx.next_future;

    if (answer == PLX_NOT_READY)
        paused(task, cx.yielded);
    else
        end(task, answer == PLX_READY ? PLX_ENDED_READY : PLX_ENDED_FAILED, item, cx.error);
}

void plx__task_run(struct plx_task *task)
{
    switch (plx_state_start(&task->state)) {
    case PLX_START_POLL:
        poll(task);
        break;
    case PLX_START_CANCEL:
        end_cancelled(task);
        break;
    case PLX_START_NOT:
        plx__task_release(task, 1);
        break;
    }
}

/* `complete` lets go of one reference that a poll would have had: make it. */
void plx__task_cancel(struct plx_task *task)
{
    if (!plx_state_cancel(&task->state))
        return;
    plx_state_keep(&task->state);
    end_cancelled(task);
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
    plx_trace_commit(begun, notify, .task = number, .cause = by.kind, .by = by.by, .outcome = wake);
    if (wake == PLX_WAKE_SUBMIT)
        plx__pool_submit(task->pool, task, PLX_SUBMIT_NOTIFIED);
}

static uintptr_t clone_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    plx_trace(waker_clone, .task = task_of(id)->id);
    plx_state_keep(&task_of(id)->state);
    return id;
}

static void drop_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    plx_trace(waker_drop, .task = task_of(id)->id);
    plx__task_release(task_of(id), 1);
}

const struct plx_notify plx__task_notify = {notify, clone_id, drop_id};
