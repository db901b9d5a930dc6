/* SPDX-License-Identifier: MIT
 *
 * The cells of a runtime: see cells.h.
 */
#include "lib/task/cells.h"

#include "lib/scheduler/threads.h"
#include "lib/task/contract.h"
#include "lib/task/task.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum { REGION_MOST = 16 /* slabs */ };

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────── */

int plx__cells_init(struct plx_cells *cells)
{
    *cells = (struct plx_cells){.region_slabs = 1};
    int error = plx__monotonic_cond_init(&cells->empty);
    if (!error && (error = -pthread_mutex_init(&cells->lock, NULL)))
        pthread_cond_destroy(&cells->empty);
    return error;
}

void plx__cells_done(struct plx_cells *cells)
{
    for (struct plx_slab *region = cells->regions, *next; region; region = next) {
        next = region->next_region;
        free(region);
    }
    pthread_cond_destroy(&cells->empty);
    pthread_mutex_destroy(&cells->lock);
}

void plx__home_init(struct plx_home *home, struct plx_schedule *schedule)
{
    *home = (struct plx_home){.schedule = schedule, .next = schedule->cells->homes};
    schedule->cells->homes = home;
}

/* ── slabs ────────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_slab *new_region(struct plx_cells *cells, size_t slabs)
{
    struct plx_slab *first = aligned_alloc(PLX_SLAB_BYTES, slabs * PLX_SLAB_BYTES);
    if (!first)
        return NULL;
    *first = (struct plx_slab){.next_region = cells->regions};
    cells->regions = first;
    return first;
}

/* Each region is twice as large as the one before: a small program takes little, a large one does not ask
 * often. */
static struct plx_slab *next_spare(struct plx_cells *cells)
{
    if (cells->spare_slabs == 0) {
        struct plx_slab *first = new_region(cells, cells->region_slabs);
        if (!first)
            return NULL;
        cells->spare = (unsigned char *)first + PLX_SLAB_BYTES;
        cells->spare_slabs = cells->region_slabs - 1;
        if (cells->region_slabs < REGION_MOST)
            cells->region_slabs *= 2;
        return first;
    }
    struct plx_slab *slab = (struct plx_slab *)(void *)cells->spare;
    cells->spare += PLX_SLAB_BYTES;
    cells->spare_slabs--;
    *slab = (struct plx_slab){0};
    return slab;
}

struct plx_slab *plx__cells_new_slab(struct plx_cells *cells, size_t bytes)
{
    pthread_mutex_lock(&cells->lock);
    struct plx_slab *slab = bytes <= PLX_SLAB_BYTES
                                ? next_spare(cells)
                                : new_region(cells, (bytes + PLX_SLAB_BYTES - 1) / PLX_SLAB_BYTES);
    pthread_mutex_unlock(&cells->lock);
    return slab;
}

void plx__cells_add_slab(struct plx_cells *cells, struct plx_slab *slab)
{
    pthread_mutex_lock(&cells->lock);
    slab->next = cells->slabs;
    cells->slabs = slab;
    pthread_mutex_unlock(&cells->lock);
}

/* ── begin and end of a task ──────────────────────────────────────────────────────────────────────── */

/* A load and a store: the owner is the only one that counts here. */
static void count(_Atomic uint64_t *counter)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + 1, memory_order_release);
}

static bool is_mine(const struct plx_schedule *schedule)
{
    return plx__home_mine && plx__home_mine->schedule == schedule;
}

static struct plx_task *take_shared(struct plx_schedule *schedule, size_t bytes, uint64_t state)
{
    pthread_mutex_lock(&schedule->shared_lock);
    struct plx_task *task = schedule->abandoned ? NULL : plx__home_take(&schedule->shared, bytes);
    if (task) {
        count(&schedule->shared.begun);
        atomic_store(&task->state, state);
    }
    pthread_mutex_unlock(&schedule->shared_lock);
    return task;
}

struct plx_task *plx__cells_take(struct plx_schedule *schedule, size_t bytes, uint64_t state)
{
    if (!is_mine(schedule))
        return take_shared(schedule, bytes, state);
    struct plx_task *task = plx__home_take(plx__home_mine, bytes);
    if (task) {
        count(&plx__home_mine->begun);
        atomic_store_explicit(&task->state, state, memory_order_relaxed);
    }
    return task;
}

int plx__cells_refusal(struct plx_schedule *schedule)
{
    return atomic_load(&schedule->cells->closed) ? -ESHUTDOWN : -ENOMEM;
}

/* On a worker there is nothing to order: see cells.h. */
bool plx__cells_launch(struct plx_task *task)
{
    struct plx_schedule *schedule = plx__schedule_of_task(task);
    if (is_mine(schedule)) {
        uint64_t state = atomic_load_explicit(&task->state, memory_order_relaxed);
        atomic_store_explicit(&task->state, state | PLX_LAUNCHED, memory_order_release);
    } else {
        atomic_fetch_or(&task->state, PLX_LAUNCHED);
    }
    if (plx_likely(!atomic_load(&schedule->cells->closed)))
        return true;
    atomic_fetch_and(&task->state, ~(uint64_t)PLX_LAUNCHED);
    return false;
}

void plx__cells_ended(struct plx_schedule *schedule)
{
    if (is_mine(schedule)) {
        count(&plx__home_mine->ended);
        return;
    }
    atomic_fetch_add(&schedule->shared.ended, 1);
    plx__cells_tell_empty(schedule->cells);
}

/* ── how many ─────────────────────────────────────────────────────────────────────────────────────── */

static uint64_t all_ended(struct plx_cells *cells)
{
    uint64_t ended = 0;
    for (struct plx_home *home = cells->homes; home; home = home->next)
        ended += atomic_load_explicit(&home->ended, memory_order_acquire);
    return ended;
}

static uint64_t all_begun(struct plx_cells *cells)
{
    uint64_t begun = 0;
    for (struct plx_home *home = cells->homes; home; home = home->next)
        begun += atomic_load_explicit(&home->begun, memory_order_acquire);
    return begun;
}

/* Never too few. Not too many either when nothing ended between the sums, for which it tries a few times. */
size_t plx__cells_count(struct plx_cells *cells)
{
    uint64_t ended = all_ended(cells), begun = all_begun(cells), later;
    for (int i = 0; i < 16 && (later = all_ended(cells)) != ended; i++) {
        ended = later;
        begun = all_begun(cells);
    }
    return begun - ended;
}

/* A change of the word, by nothing, after the last end was counted; who waits changes it before he sums up. Of
 * two changes of one word the later sees the earlier: so he sees that end, or is seen. */
void plx__cells_tell_empty(struct plx_cells *cells)
{
    if (plx_likely(!atomic_fetch_add(&cells->watchers, 0)))
        return;
    pthread_mutex_lock(&cells->lock);
    if (plx__cells_count(cells) == 0)
        pthread_cond_broadcast(&cells->empty);
    pthread_mutex_unlock(&cells->lock);
}

static int wait_for_change(struct plx_cells *cells, uint64_t deadline_ns)
{
    if (!deadline_ns)
        return pthread_cond_wait(&cells->empty, &cells->lock);
    struct timespec until = {(time_t)(deadline_ns / 1000000000), (long)(deadline_ns % 1000000000)};
    return pthread_cond_timedwait(&cells->empty, &cells->lock, &until);
}

bool plx__cells_wait_empty(struct plx_cells *cells, uint64_t deadline_ns)
{
    pthread_mutex_lock(&cells->lock);
    atomic_fetch_add(&cells->watchers, 1);
    while (plx__cells_count(cells) > 0 && wait_for_change(cells, deadline_ns) != ETIMEDOUT)
        ;
    bool empty = plx__cells_count(cells) == 0;
    atomic_fetch_sub(&cells->watchers, 1);
    pthread_mutex_unlock(&cells->lock);
    return empty;
}

/* ── all of them ──────────────────────────────────────────────────────────────────────────────────── */

/* Calls `visit` for each cell that was ever used; `arg` as it was given. Slabs only join the list, at its
 * front, so the rest of it may be walked without the lock. */
static void each_cell(struct plx_cells *cells, void (*visit)(struct plx_task *task, void *arg), void *arg)
{
    pthread_mutex_lock(&cells->lock);
    struct plx_slab *slab = cells->slabs;
    pthread_mutex_unlock(&cells->lock);
    for (; slab; slab = slab->next) {
        uint32_t made = atomic_load_explicit(&slab->made, memory_order_acquire);
        for (uint32_t i = 0; i < made; i++)
            visit((struct plx_task *)(void *)(slab->cells + i * slab->cell_bytes), arg);
    }
}

/* Who is just taking a cell from a shared home has taken it when its lock is free: then its slab can be seen. */
void plx__cells_close(struct plx_cells *cells)
{
    atomic_store(&cells->closed, true);
    for (struct plx_home *home = cells->homes; home; home = home->next) {
        pthread_mutex_lock(&home->schedule->shared_lock);
        pthread_mutex_unlock(&home->schedule->shared_lock);
    }
}

/* Without a lock: what a task's drop does (notify others, close sockets) is its own affair. The first look is
 * the one of cells.h, sequentially consistent; the second is at a task that cannot go away. */
static void cancel(struct plx_task *task, void *unused)
{
    (void)unused;
    if (!(atomic_load(&task->state) & PLX_LAUNCHED) || !plx_state_try_keep(&task->state))
        return;
    if (plx_state_load(&task->state) & PLX_LAUNCHED)
        plx__task_cancel(task);
    plx__task_release(task, 1);
}

void plx__cells_cancel_all(struct plx_cells *cells)
{
    each_cell(cells, cancel, NULL);
}

/* ── cells that outlive their scheduler's owner ───────────────────────────────────────────────────── */

/* A cell that is free again says so by a state of 0; when its last reference goes that is not yet so. */
static void mark_free(struct plx_home *home)
{
    plx__home_collect(home);
    for (uint16_t class = 0; class < PLX_CELL_CLASSES; class ++)
        for (struct plx_task *cell = home->free[class]; cell; cell = cell->queue_next)
            atomic_store_explicit(&cell->state, 0, memory_order_relaxed);
}

struct adoption {
    struct plx_schedule *schedule;
    bool again;
};

/* The holder is counted first: the cell's last reference may go at any moment. */
static void adopt(struct plx_task *task, void *arg)
{
    struct adoption *adoption = arg;
    uint64_t seen = plx_state_load(&task->state);
    if (plx__schedule_of_task(task) != adoption->schedule || seen == 0 || seen & PLX_ADOPTED)
        return;
    plx__schedule_keep(adoption->schedule);
    if (plx_state_adopt(&task->state))
        return;
    plx__schedule_release(adoption->schedule);
    adoption->again = true; /* its last reference has gone, but who let it go is still at work on it */
}

/* Until now no cell has held its scheduler: to count holders at each spawn and end would cost two locked
 * instructions on a word that all workers share. Now each that somebody refers to becomes a holder, and who
 * is about to put one back is waited for: a few instructions. */
void plx__schedule_abandon(struct plx_schedule *schedule)
{
    struct adoption adoption = {schedule, true};
    pthread_mutex_lock(&schedule->shared_lock);
    schedule->abandoned = true;
    while (adoption.again) {
        adoption.again = false;
        for (struct plx_home *home = schedule->cells->homes; home; home = home->next)
            if (home->schedule == schedule)
                mark_free(home);
        each_cell(schedule->cells, adopt, &adoption);
        if (adoption.again)
            sched_yield();
    }
    pthread_mutex_unlock(&schedule->shared_lock);
    plx__schedule_release(schedule);
}

/* ── the debug build's question ───────────────────────────────────────────────────────────────────── */

static void report_waker(struct plx_task *task, void *unused)
{
    (void)unused;
    if (!plx_state_try_keep(&task->state))
        return;
    uint64_t seen = plx_state_load(&task->state);
    uint32_t ours = 1 + atomic_load(&task->abort_handles) + ((seen & PLX_JOIN_INTEREST) != 0);
    if (seen & PLX_LAUNCHED && seen / PLX_ONE_REFERENCE > ours)
        plx_contract_broken_by(PLX_WAKER_OUTLIVES, task->ops->shape, task->id);
    plx__task_release(task, 1);
}

void plx__cells_check(struct plx_cells *cells)
{
    if (!PLX_DEBUG)
        return;
    while (atomic_load(&cells->launching) > 0)
        sched_yield();
    each_cell(cells, report_waker, NULL);
}
