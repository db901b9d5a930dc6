/* SPDX-License-Identifier: MIT
 *
 * The workbench of a check: a folder of its own for what is built, and a place where the trace can be looked at afterwards.
 */
#ifndef PLX_LESSON_BENCH_H
#define PLX_LESSON_BENCH_H

#include <limits.h>
#include <stdbool.h>

struct plx_bench {
    char folder[PATH_MAX];
    char program[PATH_MAX];
    char trace[PATH_MAX];
};

/* Makes the folder in $TMPDIR or /tmp. 0 or a negative errno. */
int plx_bench_open(struct plx_bench *bench);

/* Moves the trace out, to be kept as NAME.jsonl in a folder that is this user's alone, where the next check of that name replaces it.
 * false when there is none, or it cannot be kept. */
bool plx_bench_keep_trace(const struct plx_bench *bench, const char *name, char kept[PATH_MAX]);

/* Removes the folder with all that is in it. */
void plx_bench_close(struct plx_bench *bench);

#endif
