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
#include <stdatomic.h>

struct plx_task;

struct plx_cell_links {
    struct plx_task *next, **from; /* whatever points to it */
    bool accepted;                 /* its scheduler owns it, or did; false of one that is refused */
};

struct plx_cells {
    pthread_mutex_t lock;
    struct plx_task *first;     /* under the lock */
    _Atomic uint32_t launching; /* tasks that are being handed over: who does so holds references */
};

#define PLX_CELLS_EMPTY ((struct plx_cells){PTHREAD_MUTEX_INITIALIZER, NULL, 0})

void plx__cells_add(struct plx_cells *cells, struct plx_task *task);

/* A task is being handed to its scheduler, which takes it, or not; then that is over. */
void plx__cells_launch(struct plx_cells *cells);
void plx__cells_accept(struct plx_task *task);
void plx__cells_launched(struct plx_cells *cells);

void plx__cells_remove(struct plx_cells *cells, struct plx_task *task);

/* All tasks have ended, and no queue holds one: what references there are besides that of a handle belong to
 * wakers. Each task that has one is reported. Other threads may be spawning: those that were in time are
 * waited for, and what is refused from now on is passed over. */
void plx__cells_check(struct plx_cells *cells);

#endif
