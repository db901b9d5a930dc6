/* SPDX-License-Identifier: MIT
 *
 * Textures by key: what was drawn once is kept while it is in use.
 *
 * The number is bounded. When the cache is full, what was not used in this frame or the one before goes; when
 * all of it was, everything goes. Keys are compared byte by byte.
 */
#ifndef PLX_SDL_CACHE_H
#define PLX_SDL_CACHE_H

#include <SDL.h>
#include <stddef.h>
#include <stdint.h>

#define PLX__CACHE_SLOTS 4096 /* a power of two */
#define PLX__CACHE_MAX   2048

struct plx__cached {
    SDL_Texture *texture;
    int w, h;
    /* the cache's own */
    void *key;
    size_t length;
    uint64_t hash;
    unsigned used;
};

struct plx__cache {
    struct plx__cached *slot; /* open addressing; an empty slot has no key */
    size_t count;
    unsigned frame;
};

int plx__cache_init(struct plx__cache *cache); /* 0 or -ENOMEM */
void plx__cache_done(struct plx__cache *cache);
void plx__cache_clear(struct plx__cache *cache);
void plx__cache_frame(struct plx__cache *cache); /* a new frame begins */

/* What is kept under the key, or NULL. */
struct plx__cached *plx__cache_find(struct plx__cache *cache, const void *key, size_t length);

/* Keeps a copy of the key and takes the texture over; NULL, with the texture destroyed, without memory. */
struct plx__cached *plx__cache_add(struct plx__cache *cache, const void *key, size_t length,
                                   SDL_Texture *texture, int w, int h);

#endif
