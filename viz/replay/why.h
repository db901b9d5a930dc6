/* SPDX-License-Identifier: MIT
 *
 * Why? The walk from an event back through what caused it.
 *
 *     task_end <- answer <- … <- poll <- task_poll <- pop <- push <- notify
 *       by io:     <- io_ready <- turn_start <- wait <- register <- poll …
 *       by timer:  <- timer_fire <- timer_set <- poll …
 *       by a task: <- what that task's poll did last: it sent, received, released a lock (<- lock_grant <-
 *                     lock_release), used up its budget …
 *                  <- the answer with which our task began to wait …
 *       else:      <- the answer with which our task began to wait …
 *     … <- spawn
 *
 * The walk follows one task and its numbers only fall, so it ends. In a trace that begins in the middle it
 * stops early.
 */
#ifndef PLX_WHY_H
#define PLX_WHY_H

#include "viz/trace/recording.h"

struct plx_why {
    size_t event;   /* where the walk stands; 0: at its end */
    uint64_t task;  /* whose story it follows, 0 for none */
    uint64_t token; /* by which it was notified, while the walk is between io_ready and wait */
};

/* A walk that stands at event n. */
struct plx_why plx_why_from(const struct plx_recording *recording, size_t n);

/* One step back to the cause; returns the event's number, 0 when nothing earlier is known. */
size_t plx_why_back(const struct plx_recording *recording, struct plx_why *walk);

/* The whole walk from event n to the task's spawn, n first. Writes at most `max` numbers; returns how many
 * there are. */
size_t plx_why_walk(const struct plx_recording *recording, size_t n, size_t *events, size_t max);

#endif
