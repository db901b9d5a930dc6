/* SPDX-License-Identifier: MIT
 *
 * Textures by key, see cache.h.
 */
#include "viz/sdl/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const void *key, size_t length) /* FNV-1a */
{
    const unsigned char *at = key;
    uint64_t hash = 14695981039346656037u;
    while (length-- > 0)
        hash = (hash ^ *at++) * 1099511628211u;
    return hash ^ hash >> 32;
}

int plx__cache_init(struct plx__cache *cache)
{
    *cache = (struct plx__cache){.slot = calloc(PLX__CACHE_SLOTS, sizeof *cache->slot)};
    return cache->slot != NULL ? 0 : -ENOMEM;
}

static void release(struct plx__cached *cached)
{
    SDL_DestroyTexture(cached->texture);
    free(cached->key);
    *cached = (struct plx__cached){0};
}

void plx__cache_clear(struct plx__cache *cache)
{
    for (size_t i = 0; cache->slot != NULL && i < PLX__CACHE_SLOTS; i++)
        if (cache->slot[i].key != NULL)
            release(&cache->slot[i]);
    cache->count = 0;
}

void plx__cache_done(struct plx__cache *cache)
{
    plx__cache_clear(cache);
    free(cache->slot);
    cache->slot = NULL;
}

void plx__cache_frame(struct plx__cache *cache)
{
    cache->frame++;
}

/* The slot that holds the key, or the empty one where it belongs: there always is one, for at most half are
 * full. */
static struct plx__cached *slot_of(struct plx__cache *cache, const void *key, size_t length, uint64_t hash)
{
    for (size_t i = hash & (PLX__CACHE_SLOTS - 1);; i = (i + 1) & (PLX__CACHE_SLOTS - 1)) {
        struct plx__cached *slot = &cache->slot[i];
        if (slot->key == NULL ||
            (slot->hash == hash && slot->length == length && memcmp(slot->key, key, length) == 0))
            return slot;
    }
}

struct plx__cached *plx__cache_find(struct plx__cache *cache, const void *key, size_t length)
{
    struct plx__cached *slot = slot_of(cache, key, length, hash_of(key, length));
    if (slot->key == NULL)
        return NULL;
    slot->used = cache->frame;
    return slot;
}

/* Makes a new table of what was used lately. */
static int purge(struct plx__cache *cache)
{
    struct plx__cached *old = cache->slot, *fresh = calloc(PLX__CACHE_SLOTS, sizeof *fresh);
    if (fresh == NULL)
        return -ENOMEM;
    cache->slot = fresh;
    cache->count = 0;
    for (size_t i = 0; i < PLX__CACHE_SLOTS; i++) {
        if (old[i].key == NULL)
            continue;
        if (old[i].used + 1 < cache->frame) {
            release(&old[i]);
            continue;
        }
        *slot_of(cache, old[i].key, old[i].length, old[i].hash) = old[i];
        cache->count++;
    }
    free(old);
    return 0;
}

struct plx__cached *plx__cache_add(struct plx__cache *cache, const void *key, size_t length,
                                   SDL_Texture *texture, int w, int h)
{
    if (cache->count >= PLX__CACHE_MAX && (purge(cache) != 0 || cache->count >= PLX__CACHE_MAX))
        plx__cache_clear(cache);
    void *copy = malloc(length > 0 ? length : 1);
    if (copy == NULL) {
        SDL_DestroyTexture(texture);
        return NULL;
    }
    memcpy(copy, key, length);
    uint64_t hash = hash_of(key, length);
    struct plx__cached *slot = slot_of(cache, key, length, hash);
    *slot = (struct plx__cached){texture, w, h, copy, length, hash, cache->frame};
    cache->count++;
    return slot;
}
