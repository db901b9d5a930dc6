/* SPDX-License-Identifier: MIT
 *
 * A map from 64-bit keys to the numbers 0, 1, 2 … in the order in which the keys came.
 */
#ifndef PLX_REPLAY_MAP_H
#define PLX_REPLAY_MAP_H

#include <stddef.h>
#include <stdint.h>

/* All zero is an empty map. */
struct plx__map {
    uint64_t *key; /* by number */
    uint32_t count, room;
    uint32_t *slot; /* number + 1, 0 for a free slot; open addressing, at most half full */
    size_t slots;
};

/* The number of this key, which is added when it is new; UINT32_MAX without memory. */
uint32_t plx__map_add(struct plx__map *map, uint64_t key);

/* The number of this key, UINT32_MAX when there is none. */
uint32_t plx__map_find(const struct plx__map *map, uint64_t key);

/* Numbers the keys anew, in ascending order. */
void plx__map_sort(struct plx__map *map);
void plx__map_done(struct plx__map *map);

#endif
