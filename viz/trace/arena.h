/* SPDX-License-Identifier: MIT
 *
 * An arena: many small pieces of memory with one owner and one end of life. Pieces never move.
 */
#ifndef PLX_VIZ_ARENA_H
#define PLX_VIZ_ARENA_H

#include <stddef.h>

struct plx__chunk;

/* All zero is an empty arena. */
struct plx__arena {
    struct plx__chunk *newest;
};

/* `size` zeroed bytes, aligned for anything; NULL without memory. */
void *plx__arena_take(struct plx__arena *arena, size_t size);

/* The same for `count` pieces of `size` bytes; NULL too when the product overflows. */
void *plx__arena_array(struct plx__arena *arena, size_t count, size_t size);

/* A copy of `length` bytes with a NUL behind; NULL without memory. */
char *plx__arena_text(struct plx__arena *arena, const char *text, size_t length);

/* Frees everything; the arena is empty again. */
void plx__arena_done(struct plx__arena *arena);

#endif
