/* SPDX-License-Identifier: MIT
 *
 * Strings, each kept once: equal texts have the same address, and a trace with a million polls keeps the few
 * names in it only once.
 */
#ifndef PLX_VIZ_STRINGS_H
#define PLX_VIZ_STRINGS_H

#include "viz/trace/arena.h"

#include <stddef.h>

/* All zero is an empty set. */
struct plx__strings {
    const char **slot; /* open addressing, a power of two of them, at most half full */
    size_t slots, count;
    char *clean; /* for cleaning a text before it is looked up */
    size_t clean_size;
};

/* The text, made harmless by plx_clean_text, in `arena`; NULL without memory. */
const char *plx__strings_keep(struct plx__strings *strings, struct plx__arena *arena, const char *text);
void plx__strings_done(struct plx__strings *strings); /* the texts live on in the arena */

#endif
