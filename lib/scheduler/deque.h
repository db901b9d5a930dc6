/* SPDX-License-Identifier: MIT
 *
 * The deque: a worker's own queue, from which others may steal.
 *
 *          steal      head               tail
 *            │          │                  │
 *   [ ][ ][ ][c][c][c][t][t][t][t][t][t][t][ ][ ][ ]      c: being copied by a thief, t: queued
 *                       └ the owner pops here ┴ and pushes here
 *
 * A ring of fixed size with indices that only grow, and come round at 2^32 (in small builds at 2^8). The
 * owner alone pushes, at the tail. Owner and thieves take at the head: first in, first out, so a task that
 * notifies itself cannot starve its neighbours. A thief takes half at once.
 *
 * How two never take the same task: `steal` and `head` stand in one word, changed by compare-and-swap. A
 * thief first moves head forward (it now owns the slots between), then copies, then moves steal up to head.
 * While steal ≠ head another thief finds the word so and goes away, and the owner's pushes see, by steal,
 * that these slots are still in use. The owner pops by moving head (and steal with it, when no thief is at
 * work).
 *
 * Ordering: slots are written before tail is stored with release, and read after tail was loaded with
 * acquire (what a push stores and plx_deque_length loads is sequentially consistent besides, see idle.h);
 * slots are read before steal or head is moved with release (CAS, AcqRel), and written again only after the
 * owner has loaded that with acquire.
 *
 * Full: the second half moves to the global queue together with the new task (Tokio #8029: the older half
 * stays, so that tasks do not travel to and fro).
 *
 * Source: Tokio 1.x `scheduler/multi_thread/queue.rs`; the slide "deque" in WorkerEntries.
 */
#ifndef PLX_SCHEDULER_DEQUE_H
#define PLX_SCHEDULER_DEQUE_H

#include "lib/base.h"

#include <stdatomic.h>

#ifndef PLX_DEQUE_SLOTS
#define PLX_DEQUE_SLOTS (PLX_SMALL ? 4 : 256) /* a power of two */
#endif

/* A thief that sleeps between its look at the heads and its compare-and-swap must not find them the same
 * because the indices have come round meanwhile (Tokio #5041, with 16 bits). 32 bits take minutes for it, and
 * would have to stop at the very number. 8 bits take microseconds: so small builds also count the changes of
 * the word, beside the indices. */
#if PLX_SMALL
typedef uint8_t plx_deque_index;
#else
typedef uint32_t plx_deque_index;
#endif

struct plx_task;

struct plx_deque {
    _Alignas(64) _Atomic uint64_t heads;       /* any thread: (changes,) steal, head */
    _Alignas(64) _Atomic plx_deque_index tail; /* the owner stores, any thread loads */
    _Atomic(struct plx_task *) slots[PLX_DEQUE_SLOTS];
};

void plx_deque_init(struct plx_deque *deque);

/* Owner only. False: the deque is full, see plx_deque_overflow. */
bool plx_deque_push(struct plx_deque *deque, struct plx_task *task);

/* Owner only. The same with several, for which there is room (plx_deque_room). */
void plx_deque_push_all(struct plx_deque *deque, struct plx_task *const *tasks, uint32_t count);

/* Owner only. Takes the younger half out of a full deque, oldest first; returns how many (at most
 * PLX_DEQUE_SLOTS / 2), 0 when thieves have made room meanwhile. */
uint32_t plx_deque_overflow(struct plx_deque *deque, struct plx_task *half[PLX_DEQUE_SLOTS / 2]);

/* Owner only. The oldest task, or NULL. */
struct plx_task *plx_deque_pop(struct plx_deque *deque);

/* Any thread but the owner. Takes half of it, oldest first, and returns how many: at most PLX_DEQUE_SLOTS
 * / 2, 0 when there is nothing to steal or another thief is at work. */
uint32_t plx_deque_steal(struct plx_deque *deque, struct plx_task *taken[PLX_DEQUE_SLOTS / 2]);

/* Any thread: how many tasks there were a moment ago. */
uint32_t plx_deque_length(struct plx_deque *deque);

/* How many more the owner can push for certain. */
uint32_t plx_deque_room(struct plx_deque *deque);

#endif
