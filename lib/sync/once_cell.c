/* SPDX-License-Identifier: MIT
 *
 * once_cell: see once_cell.h. Only the holder of the gate's permit writes the value, and only while the cell
 * is empty. When it is filled the gate is closed, and all who wait there find it so, and then the value.
 */
#include "lib/sync/once_cell.h"

void plx__once_fill(struct plx_once_cell *cell, plx_permit *permit)
{
    atomic_store_explicit(&cell->filled, true, memory_order_release);
    plx_permit_forget(permit);
    plx_semaphore_close(&cell->gate);
}

int plx__once_begin(struct plx_once_cell *cell, plx_permit *permit)
{
    int error = plx_semaphore_try(&cell->gate, 1, permit);
    if (error == PLX_CLOSED)
        return -EEXIST;
    return error ? -EBUSY : 0;
}

enum plx_answer plx__once_pass_gate(struct plx_once_get *get, plx_context *cx)
{
    if (plx__once_filled(get->cell))
        return PLX_READY;
    enum plx_answer answer = plx_acquire_poll(&get->acquire, cx, &get->permit);
    if (answer == PLX_FAILED && plx__once_filled(get->cell))
        return PLX_READY;
    return answer;
}

/* A permit that was not used up lets the next one try. */
void plx__once_leave_gate(struct plx_once_get *get)
{
    get->stage = PLX_ONCE_DONE;
    plx_acquire_drop(&get->acquire);
    plx_permit_drop(&get->permit);
}
