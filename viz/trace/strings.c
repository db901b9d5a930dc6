/* SPDX-License-Identifier: MIT
 *
 * The set of strings, see strings.h. The hash is FNV-1a: texts are hostile, but whoever makes them
 * collide only slows down the reading of their own trace.
 */
#include "viz/trace/strings.h"

#include "viz/trace/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t hash_of(const char *text)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
    return (size_t)(hash ^ hash >> 32);
}

static const char **slot_for(const char **slot, size_t slots, const char *text)
{
    size_t i = hash_of(text) & (slots - 1);
    while (slot[i] && strcmp(slot[i], text) != 0)
        i = (i + 1) & (slots - 1);
    return &slot[i];
}

static int grow(struct plx__strings *strings)
{
    size_t slots = strings->slots ? strings->slots * 2 : 256;
    const char **slot = calloc(slots, sizeof(*slot));
    if (!slot)
        return -1;
    for (size_t i = 0; i < strings->slots; i++)
        if (strings->slot[i])
            *slot_for(slot, slots, strings->slot[i]) = strings->slot[i];
    free(strings->slot);
    strings->slot = slot;
    strings->slots = slots;
    return 0;
}

static const char *cleaned(struct plx__strings *strings, const char *text, size_t *length)
{
    size_t raw = strlen(text), size = PLX_CLEAN_SIZE(raw) + 1;
    if (size > strings->clean_size) {
        char *grown = realloc(strings->clean, size);
        if (!grown)
            return NULL;
        strings->clean = grown;
        strings->clean_size = size;
    }
    *length = plx_clean_text(text, raw, strings->clean, size);
    return strings->clean;
}

const char *plx__strings_keep(struct plx__strings *strings, struct plx__arena *arena, const char *text)
{
    size_t length;
    const char *clean = cleaned(strings, text, &length);
    if (!clean || (strings->count * 2 >= strings->slots && grow(strings) != 0))
        return NULL;
    const char **slot = slot_for(strings->slot, strings->slots, clean);
    if (!*slot) {
        *slot = plx__arena_text(arena, clean, length);
        strings->count += *slot != NULL;
    }
    return *slot;
}

void plx__strings_done(struct plx__strings *strings)
{
    free(strings->slot);
    free(strings->clean);
    *strings = (struct plx__strings){0};
}
