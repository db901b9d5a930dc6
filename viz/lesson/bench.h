/* SPDX-License-Identifier: MIT
 *
 * The workbench of a check: a folder of its own for what is built, and a place where the trace can be looked
 * at afterwards.
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

/* Where the trace called NAME is kept: NAME.jsonl in a folder that is this user's alone. false when there
 * can be none. */
bool plx_bench_place(const char *name, char kept[PATH_MAX]);

/* Moves the trace out there, in the place of an earlier one. false when there is none, or it cannot be
 * kept. */
bool plx_bench_keep_trace(const struct plx_bench *bench, const char *name, char kept[PATH_MAX]);

/* Removes the folder with all that is in it. */
void plx_bench_close(struct plx_bench *bench);

#endif
