/* SPDX-License-Identifier: MIT
 *
 * Recovery: the end of a trace whose program was killed, from the spill beside it.
 *
 *     struct plx_recovery recovery;
 *     if (plx__trace_recover("client.jsonl", &recovery) != 0)
 *         fprintf(stderr, "%s\n", recovery.problem);
 */
#ifndef PLX_TRACE_RECOVER_H
#define PLX_TRACE_RECOVER_H

#include "lib/base.h"

struct plx_recovery {
    uint64_t events;   /* in the spill, those that were in the trace already included */
    uint64_t ignored;  /* bytes at its end: of a round that was not written to its end */
    char problem[512]; /* "client.jsonl.spill: byte 64: …"; of any character, as the path is */
};

/* Puts into the trace what is missing there, and removes the spill. 0, or a negative errno with `problem`
 * filled: then the spill is still there, and the trace holds all that it held before and perhaps more of
 * it. -ENOENT: there is no spill; -EBUSY: its program still runs; -EINVAL: trace and spill do not fit
 * together, or the spill is no good. */
int plx__trace_recover(const char *path, struct plx_recovery *recovery);

#endif
