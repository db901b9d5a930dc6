/* SPDX-License-Identifier: MIT
 *
 * The debug build's list of task cells: see cells.h.
 */
#include "lib/task/cells.h"

#include "lib/task/contract.h"
#include "lib/task/task.h"

#include <sched.h>

void plx__cells_add(struct plx_cells *cells, struct plx_task *task)
{
    if (!PLX_DEBUG)
        return;
    pthread_mutex_lock(&cells->lock);
    struct plx_cell_links *links = task->links;
    *links = (struct plx_cell_links){cells->first, &cells->first, false};
    if (links->next)
        links->next->links->from = &links->next;
    cells->first = task;
    pthread_mutex_unlock(&cells->lock);
}

void plx__cells_launch(struct plx_cells *cells)
{
    if (PLX_DEBUG)
        atomic_fetch_add(&cells->launching, 1);
}

void plx__cells_accept(struct plx_task *task)
{
    if (PLX_DEBUG)
        task->links->accepted = true;
}

void plx__cells_launched(struct plx_cells *cells)
{
    if (PLX_DEBUG)
        atomic_fetch_sub(&cells->launching, 1);
}

void plx__cells_remove(struct plx_cells *cells, struct plx_task *task)
{
    if (!PLX_DEBUG)
        return;
    pthread_mutex_lock(&cells->lock);
    struct plx_cell_links *links = task->links;
    *links->from = links->next;
    if (links->next)
        links->next->links->from = links->from;
    pthread_mutex_unlock(&cells->lock);
}

static bool has_waker(struct plx_task *task)
{
    uint64_t seen = plx_state_load(&task->state);
    uint32_t handles = atomic_load(&task->abort_handles) + ((seen & PLX_JOIN_INTEREST) != 0);
    return task->links->accepted && seen / PLX_ONE_REFERENCE > handles;
}

void plx__cells_check(struct plx_cells *cells)
{
    if (!PLX_DEBUG)
        return;
    while (atomic_load(&cells->launching) > 0)
        sched_yield();
    pthread_mutex_lock(&cells->lock);
    for (struct plx_task *task = cells->first; task; task = task->links->next)
        if (has_waker(task))
            plx_contract_broken_by(PLX_WAKER_OUTLIVES, task->ops->shape, task->id);
    pthread_mutex_unlock(&cells->lock);
}
