/* SPDX-License-Identifier: MIT
 *
 * Slabs: where the cells of tasks live.
 *
 *     slab, at a multiple of its size                       a worker's home
 *     ┌────────┬──────┬──────┬──────┬─ ─ ─ ┐                 free[class]   ▶ cell ▶ cell      its own, no lock
 *     │ header │ cell │ cell │ cell │  not │◀── fresh[class] returned      ▶ cell            others push here
 *     └────────┴──────┴──────┴──────┴─ made┘
 *
 * A slab holds cells of one size. It belongs to a home: a worker's, used by the thread that is that worker
 * just now and by nobody else, or the one that all other threads share under a lock. Who spawns takes a cell
 * from the home it may use; who lets the last reference go puts it back on the same home's list when it is
 * his, else on the stack of those returned, which the owner takes over as a whole when it has run out. So
 * neither a spawn nor an end on a worker has a locked instruction here, nor meets malloc's locks (spawn_many:
 * 60 ns a task less than with malloc and free), and tasks that a worker spawns lie side by side.
 *
 * A cell finds its slab by its address, and there its scheduler: that makes a cell 8 bytes smaller. Slabs are
 * given back when their scheduler is freed, not sooner: a runtime keeps, for each home and
 * size, the memory of the most tasks that it ever had at a time.
 *
 * Source: the slabs of Bonwick (USENIX 1994); lists of remote frees, Leijen and others, "Mimalloc" (2019).
 */
#ifndef PLX_TASK_SLAB_H
#define PLX_TASK_SLAB_H

#include "lib/base.h"

#include <stdatomic.h>

struct plx_cells;
struct plx_schedule;
struct plx_task;

#ifndef PLX_SLAB_BYTES
#define PLX_SLAB_BYTES (PLX_SMALL ? 4096 : 65536) /* a power of two */
#endif

/* Sizes go by eights up to PLX_CELL_FINE bytes, then by powers of two. */
enum { PLX_CELL_FINE = 1024, PLX_CELL_CLASSES = PLX_CELL_FINE / 8 + 1 + 48 };

struct plx_slab {
    struct plx_schedule *schedule;
    struct plx_home *home;
    struct plx_slab *next;        /* of all */
    struct plx_slab *next_region; /* of the first slab of those that were allocated together */
    size_t cell_bytes;
    uint32_t capacity;
    uint16_t class;
    _Atomic uint32_t made; /* so many cells have been used at least once. The home's owner stores it */
    _Alignas(64) unsigned char cells[];
};

struct plx_home {
    struct plx_schedule *schedule;
    struct plx_home *next; /* of all homes of its cells */
    /* the owner's */
    struct plx_task *free[PLX_CELL_CLASSES];  /* linked by queue_next */
    struct plx_slab *fresh[PLX_CELL_CLASSES]; /* has cells that were never used, or NULL */
    /* the owner stores, any thread loads: tasks that began, and tasks that ended, on its thread */
    _Atomic uint64_t begun, ended;
    /* Any thread. In a cache line of its own, wherever that begins: _Alignas would bind all that contain a
     * home, up to local sets, to an allocator that keeps it. */
    unsigned char before[56];
    _Atomic(struct plx_task *) returned;
    unsigned char after[56];
};

PLX_INLINE struct plx_slab *plx__slab_of(const struct plx_task *task)
{
    return (struct plx_slab *)((uintptr_t)task & ~(uintptr_t)(PLX_SLAB_BYTES - 1));
}

/* The home that this thread may use without a lock, or NULL. */
extern _Thread_local struct plx_home *plx__home_mine;

/* A cell of at least that size, for a task of the home's scheduler; aligned to 16 when the size is a multiple
 * of 16, else to 8. The caller is the home's owner. NULL without memory. */
struct plx_task *plx__home_take(struct plx_home *home, size_t bytes);

/* Gives a cell back, from any thread; nothing of it, its slab or its home is touched afterwards. */
void plx__home_return(struct plx_task *cell);

/* Brings those returned by others into the lists. The owner. */
void plx__home_collect(struct plx_home *home);

#endif
