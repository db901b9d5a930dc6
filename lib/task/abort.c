/* SPDX-License-Identifier: MIT
 *
 * Abort handles: each is one reference of the cell, counted once more so that it is not taken for a waker.
 */
#include "lib/task/abort.h"

#include "lib/task/task.h"

struct plx_abort_handle plx__abort_handle_of(struct plx_task *task)
{
    if (task) {
        atomic_fetch_add_explicit(&task->abort_handles, 1, memory_order_relaxed);
        plx_state_keep(&task->state, 1);
    }
    return (struct plx_abort_handle){task};
}

struct plx_abort_handle plx_abort_handle_clone(const struct plx_abort_handle *handle)
{
    return plx__abort_handle_of(handle->task);
}

void plx_abort_handle_drop(struct plx_abort_handle *handle)
{
    struct plx_task *task = PLX_MOVE(*handle).task;
    if (!task)
        return;
    atomic_fetch_sub_explicit(&task->abort_handles, 1, memory_order_relaxed);
    plx__task_release(task, 1);
}

void plx_abort_handle_abort(const struct plx_abort_handle *handle)
{
    if (handle->task)
        plx__task_abort(handle->task);
}

bool plx_abort_handle_is_finished(const struct plx_abort_handle *handle)
{
    return handle->task && plx__task_is_complete(handle->task);
}

uint64_t plx_abort_handle_task(const struct plx_abort_handle *handle)
{
    return handle->task ? handle->task->id : 0;
}
