/* SPDX-License-Identifier: MIT
 *
 * The arena, see arena.h: a list of chunks, each twice as large as the one before, up to a limit. The
 * newest is filled from its beginning; a piece that does not fit opens another.
 */
#include "viz/trace/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN ((size_t)4096)
#define CHUNK_MAX ((size_t)1024 * 1024)

struct plx__chunk {
    struct plx__chunk *older;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

static size_t rounded(size_t size)
{
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static struct plx__chunk *chunk_for(struct plx__arena *arena, size_t size)
{
    struct plx__chunk *newest = arena->newest;
    if (newest && newest->size - newest->used >= size)
        return newest;

    size_t room = newest ? newest->size * 2 : CHUNK_MIN;
    if (room > CHUNK_MAX)
        room = CHUNK_MAX;
    if (room < size)
        room = size;
    struct plx__chunk *chunk = calloc(1, sizeof(*chunk) + room);
    if (!chunk)
        return NULL;
    chunk->older = newest;
    chunk->size = room;
    arena->newest = chunk;
    return chunk;
}

void *plx__arena_take(struct plx__arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = rounded(size ? size : 1);
    struct plx__chunk *chunk = chunk_for(arena, size);
    if (!chunk)
        return NULL;
    void *piece = chunk->bytes + chunk->used;
    chunk->used += size;
    return piece;
}

void *plx__arena_array(struct plx__arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : plx__arena_take(arena, bytes);
}

char *plx__arena_text(struct plx__arena *arena, const char *text, size_t length)
{
    char *copy = plx__arena_take(arena, length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

void plx__arena_done(struct plx__arena *arena)
{
    while (arena->newest) {
        struct plx__chunk *older = arena->newest->older;
        free(arena->newest);
        arena->newest = older;
    }
}
