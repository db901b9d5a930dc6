/* SPDX-License-Identifier: MIT
 *
 * The debug build's list of task cells: see cells.h.
 */
#include "lib/task/cells.h"

#include "lib/task/contract.h"
#include "lib/task/task.h"

void plx__cells_add(struct plx_cells *cells, struct plx_task *task)
{
    if (!PLX_DEBUG)
        return;
    pthread_mutex_lock(&cells->lock);
    task->cell_next = cells->first;
    task->cell_link = &cells->first;
    if (task->cell_next)
        task->cell_next->cell_link = &task->cell_next;
    cells->first = task;
    pthread_mutex_unlock(&cells->lock);
}

void plx__cells_remove(struct plx_cells *cells, struct plx_task *task)
{
    if (!PLX_DEBUG)
        return;
    pthread_mutex_lock(&cells->lock);
    *task->cell_link = task->cell_next;
    if (task->cell_next)
        task->cell_next->cell_link = task->cell_link;
    pthread_mutex_unlock(&cells->lock);
}

static bool has_waker(struct plx_task *task)
{
    uint64_t seen = plx_state_load(&task->state);
    return seen / PLX_ONE_REFERENCE > (seen & PLX_JOIN_INTEREST ? 1u : 0u);
}

void plx__cells_check(struct plx_cells *cells)
{
    if (!PLX_DEBUG)
        return;
    pthread_mutex_lock(&cells->lock);
    for (struct plx_task *task = cells->first; task; task = task->cell_next)
        if (has_waker(task))
            plx_contract_broken_by(PLX_WAKER_OUTLIVES, task->ops->shape, task->id);
    pthread_mutex_unlock(&cells->lock);
}
