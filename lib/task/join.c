/* SPDX-License-Identifier: MIT
 *
 * The handle's side of JOIN_INTEREST and JOIN_WAKER: see state.h.
 */
#include "lib/task/join.h"

#include "lib/task/task.h"

#include <string.h>

/* The waker field belongs to the handle while JOIN_WAKER is clear. True: the task will notify it; false: it
 * has completed. */
static bool leave_waker(struct plx_task *task, plx_context *cx)
{
    if (plx_state_load(&task->state) & PLX_JOIN_WAKER) {
        if (plx_waker_same(task->join_waker, cx->waker)) {
            cx->waker_taken = true;
            return true;
        }
        if (!plx_state_flip_join_waker(&task->state))
            return false;
    }
    plx_waker_drop(&task->join_waker);
    task->join_waker = plx_context_waker(cx);
    return plx_state_flip_join_waker(&task->state);
}

/* The item has moved out to the taker: what is left is to let the cell go. */
static void let_go_taken(struct plx_task *task)
{
    if (plx_state_leave(&task->state).drop_waker)
        plx_waker_drop(&task->join_waker);
    plx__task_release(task, 1);
}

enum plx_answer plx__handle_poll(struct plx_task **handle, plx_context *cx, void *out)
{
    struct plx_task *task = *handle;
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    bool complete = plx_state_load(&task->state) & PLX_COMPLETE;
    if (!complete && leave_waker(task, cx))
        return PLX_NOT_READY;

    enum plx_answer answer = PLX_READY;
    plx_budget_spend(cx);
    if (task->ending == PLX_ENDED_READY) {
        plx__copy(out, task->future, task->ops->item_size);
    } else {
        cx->error = *plx__task_error(task);
        answer = PLX_FAILED;
    }
    *handle = NULL;
    let_go_taken(task);
    return answer;
}

void plx__handle_drop(struct plx_task **handle)
{
    struct plx_task *task = *handle;
    if (!task)
        return;
    *handle = NULL;
    struct plx_leave leave = plx_state_leave(&task->state);
    if (leave.drop_item && task->ending == PLX_ENDED_READY)
        plx_item_drop(task->ops->item(), task->future);
    if (leave.drop_waker)
        plx_waker_drop(&task->join_waker);
    plx__task_release(task, 1);
}

void plx_task_name(const char *name)
{
    plx_context *cx = plx__context_current();
    if (cx)
        plx__task_name(cx->task, name);
}

void plx__task_name(uint64_t task, const char *name)
{
    if (!plx_trace_on() || !task)
        return;
    struct plx_ev_task_name event = {.task = task};
    plx_trace_text(event.name, name);
    plx__trace_write(PLX_EV_task_name, &event, sizeof event);
}
