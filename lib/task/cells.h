/* SPDX-License-Identifier: MIT
 *
 * The debug build's list of all task cells of a pool, ended ones included, so that a runtime that is freed
 * can say whose waker is still held. In other builds the list is empty, and these functions do nothing.
 *
 * Its lock is a leaf: nothing but the report is called while it is held.
 */
#ifndef PLX_TASK_CELLS_H
#define PLX_TASK_CELLS_H

#include "lib/base.h"

#include <pthread.h>

struct plx_task;

struct plx_cell_links {
    struct plx_task *next, **from; /* whatever points to it */
};

struct plx_cells {
    pthread_mutex_t lock;
    struct plx_task *first; /* under the lock */
};

#define PLX_CELLS_EMPTY ((struct plx_cells){PTHREAD_MUTEX_INITIALIZER, NULL})

void plx__cells_add(struct plx_cells *cells, struct plx_task *task);
void plx__cells_remove(struct plx_cells *cells, struct plx_task *task);

/* All tasks have ended, and no queue holds one: what references there are besides that of a handle belong to
 * wakers. Each task that has one is reported. */
void plx__cells_check(struct plx_cells *cells);

#endif
