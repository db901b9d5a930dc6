/* SPDX-License-Identifier: MIT
 *
 * A list of issues with their texts. A hostile trace can be odd in as many places as it has lines, so the
 * list keeps the first PLX__ISSUES_MAX and counts the others.
 */
#ifndef PLX_VIZ_ISSUES_H
#define PLX_VIZ_ISSUES_H

#include "viz/trace/arena.h"
#include "viz/trace/recording.h"

#define PLX__ISSUES_MAX 1000

/* All zero is an empty list. */
struct plx__issues {
    struct plx_issue *issue;
    size_t count, room;
    size_t more; /* those that were not kept */
    struct plx__arena texts;
};

/* 0 or -ENOMEM. */
__attribute__((format(printf, 3, 4))) int plx__issues_add(struct plx__issues *issues, size_t line,
                                                          const char *format, ...);

/* To be called once, after the last add: sorts by line, and says how many were not kept. 0 or -ENOMEM. */
int plx__issues_close(struct plx__issues *issues);
void plx__issues_done(struct plx__issues *issues);

#endif
