/* SPDX-License-Identifier: MIT
 *
 * Slabs and homes: see slab.h.
 */
#include "lib/task/slab.h"

#include "lib/task/cells.h"
#include "lib/task/task.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define HIDE(from, bytes) ASAN_POISON_MEMORY_REGION((from), (bytes))
#define SHOW(from, bytes) ASAN_UNPOISON_MEMORY_REGION((from), (bytes))
#else
#define HIDE(from, bytes) ((void)(from), (void)(bytes))
#define SHOW(from, bytes) ((void)(from), (void)(bytes))
#endif

_Thread_local struct plx_home *plx__home_mine;

/* ── sizes ────────────────────────────────────────────────────────────────────────────────────────── */

static uint16_t class_of(size_t bytes)
{
    if (plx_likely(bytes <= PLX_CELL_FINE))
        return (uint16_t)((bytes + 7) / 8);
    unsigned power = 64 - (unsigned)__builtin_clzll(bytes - 1);
    return (uint16_t)(PLX_CELL_FINE / 8 + power - 10);
}

static size_t bytes_of(uint16_t class)
{
    return class <= PLX_CELL_FINE / 8 ? (size_t) class * 8 : (size_t)1 << (class - PLX_CELL_FINE / 8 + 10);
}

/* ── cells that are free ──────────────────────────────────────────────────────────────────────────── */

/* What a free cell keeps is its state, without references, and its link; the address sanitizer guards the
 * rest. */
static void hide(struct plx_task *cell)
{
    HIDE(&cell->ops, plx__slab_of(cell)->cell_bytes - offsetof(struct plx_task, ops));
}

static void show(struct plx_task *cell)
{
    SHOW(cell, plx__slab_of(cell)->cell_bytes);
}

static void put_in(struct plx_home *home, struct plx_task *cell)
{
    uint16_t class = plx__slab_of(cell)->class;
    cell->queue_next = home->free[class];
    home->free[class] = cell;
}

/* Release: the owner that takes the cell sees all that was done with it. */
static void push_returned(struct plx_home *home, struct plx_task *cell)
{
    struct plx_task *top = atomic_load_explicit(&home->returned, memory_order_relaxed);
    do
        cell->queue_next = top;
    while (!atomic_compare_exchange_weak_explicit(&home->returned, &top, cell, memory_order_release,
                                                  memory_order_relaxed));
}

void plx__home_return(struct plx_task *cell)
{
    struct plx_home *home = plx__slab_of(cell)->home;
    hide(cell);
    if (plx_likely(home == plx__home_mine))
        put_in(home, cell);
    else
        push_returned(home, cell);
}

void plx__home_collect(struct plx_home *home)
{
    struct plx_task *cell, *next;
    if (!atomic_load_explicit(&home->returned, memory_order_relaxed))
        return;
    for (cell = atomic_exchange_explicit(&home->returned, NULL, memory_order_acquire); cell; cell = next) {
        next = cell->queue_next;
        put_in(home, cell);
    }
}

/* ── cells that have never been used ──────────────────────────────────────────────────────────────── */

static struct plx_slab *fresh_slab(struct plx_home *home, uint16_t class)
{
    struct plx_slab *slab = home->fresh[class];
    if (slab && atomic_load_explicit(&slab->made, memory_order_relaxed) < slab->capacity)
        return slab;
    size_t bytes = bytes_of(class);
    slab = plx__cells_new_slab(home->schedule->cells, sizeof *slab + bytes);
    if (!slab)
        return NULL;
    slab->schedule = home->schedule;
    slab->home = home;
    slab->class = class;
    slab->cell_bytes = bytes;
    size_t room = PLX_SLAB_BYTES - sizeof *slab;
    slab->capacity = bytes > room ? 1 : (uint32_t)(room / bytes);
    plx__cells_add_slab(home->schedule->cells, slab);
    home->fresh[class] = slab;
    return slab;
}

/* Its state says free before anybody who walks the slabs can see it. */
static struct plx_task *make(struct plx_home *home, uint16_t class)
{
    struct plx_slab *slab = fresh_slab(home, class);
    if (!slab)
        return NULL;
    uint32_t made = atomic_load_explicit(&slab->made, memory_order_relaxed);
    struct plx_task *cell = (struct plx_task *)(void *)(slab->cells + made * slab->cell_bytes);
    atomic_init(&cell->state, 0);
    atomic_store_explicit(&slab->made, made + 1, memory_order_release);
    return cell;
}

static struct plx_task *pop_free(struct plx_home *home, uint16_t class)
{
    struct plx_task *cell = home->free[class];
    if (cell) {
        home->free[class] = cell->queue_next;
        show(cell);
    }
    return cell;
}

struct plx_task *plx__home_take(struct plx_home *home, size_t bytes)
{
    uint16_t class = class_of(bytes);
    struct plx_task *cell = pop_free(home, class);
    if (plx_likely(cell != NULL))
        return cell;
    plx__home_collect(home);
    cell = pop_free(home, class);
    return cell ? cell : make(home, class);
}
