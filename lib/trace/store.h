/* SPDX-License-Identifier: MIT
 *
 * The store: where the writer leaves what it has taken from the rings. Lines in the trace as long as there is
 * time to make them; records in a spill beside it when there is not, and lines of those later.
 *
 *     rings ──── few ────────────────► lines ──► TRACE
 *       └─ many, or a spill there is ─► TRACE.spill ──► lines, in slices
 *
 * To make a line takes three times as long as to tell what is in it. A program that tells a lot, on a
 * machine that has nothing else to do it with, would have to wait for its own trace; so it does not.
 *
 * What cannot be written is said once; the program goes on, untraced. What is there stays: whole lines in the
 * trace, whole rounds in the spill.
 */
#ifndef PLX_TRACE_STORE_H
#define PLX_TRACE_STORE_H

#include "lib/trace/clock.h"
#include "lib/trace/merge.h"

struct plx_store;

/* What the writer does in a round, in records: so many become lines at once; when there are more, so many
 * of those in the spill. Tests set them to 0, so that all is in the spill to the end. */
extern long plx__store_direct, plx__store_trickle;

/* Opens the trace and writes its first line. 0, or a negative errno. */
int plx__store_open(const char *path, uint64_t start_ticks, uint64_t start_ns, struct plx_store **store);

/* A round of so many records. */
void plx__store_take(struct plx_store *store, struct plx_merge *merge, const struct plx_piece *piece,
                     long records);

/* Makes lines of up to so many records in the spill; without any left, the spill is removed. */
void plx__store_catch_up(struct plx_store *store, long records);

/* There is a spill. How much of it has been made lines, from 0 to 1; and how long it is. */
bool plx__store_is_behind(const struct plx_store *store);
double plx__store_progress(const struct plx_store *store, uint64_t *bytes);

void plx__store_close(struct plx_store *store);

#endif
