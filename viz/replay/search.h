/* SPDX-License-Identifier: MIT
 *
 * Finding events. All functions look from event `from` on, without it, in the direction of `step`
 * (1 or -1) and return the event's number, or 0 when there is none. `from` may be 0 and count + 1.
 */
#ifndef PLX_SEARCH_H
#define PLX_SEARCH_H

#include "viz/trace/recording.h"

/* The next poll of this task by a worker (task_poll); task 0: of any task. */
size_t plx_search_poll(const struct plx_recording *recording, size_t from, int step, uint64_t task);

/* The next event about this task. */
size_t plx_search_task(const struct plx_recording *recording, size_t from, int step, uint64_t task);

/* The next event of this kind. */
size_t plx_search_kind(const struct plx_recording *recording, size_t from, int step, enum plx_kind kind);

/* The last event at or before this time; 0 when all are later. */
size_t plx_search_time(const struct plx_recording *recording, uint64_t t_ns);

#endif
