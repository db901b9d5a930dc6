/* SPDX-License-Identifier: MIT
 *
 * The map, see map.h.
 */
#include "viz/replay/map.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct plx__map *map, uint64_t key)
{
    uint64_t hash = (key ^ key >> 32) * 0x9E3779B97F4A7C15u;
    size_t i = (size_t)(hash >> 20) & (map->slots - 1);
    while (map->slot[i] && map->key[map->slot[i] - 1] != key)
        i = (i + 1) & (map->slots - 1);
    return i;
}

static void fill_slots(struct plx__map *map)
{
    memset(map->slot, 0, map->slots * sizeof(*map->slot));
    for (uint32_t number = 0; number < map->count; number++)
        map->slot[place_of(map, map->key[number])] = number + 1;
}

static int grow(struct plx__map *map)
{
    uint32_t room = map->room ? map->room * 2 : 32;
    uint64_t *key = room > map->room ? reallocarray(map->key, room, sizeof(*key)) : NULL;
    if (!key)
        return -1;
    map->key = key;
    uint32_t *slot = calloc((size_t)room * 2, sizeof(*slot));
    if (!slot)
        return -1;
    free(map->slot);
    map->slot = slot;
    map->slots = (size_t)room * 2;
    map->room = room;
    fill_slots(map);
    return 0;
}

uint32_t plx__map_add(struct plx__map *map, uint64_t key)
{
    if (map->count == map->room && grow(map) != 0)
        return UINT32_MAX;
    size_t place = place_of(map, key);
    if (!map->slot[place]) {
        map->key[map->count] = key;
        map->slot[place] = ++map->count;
    }
    return map->slot[place] - 1;
}

uint32_t plx__map_find(const struct plx__map *map, uint64_t key)
{
    return map->slots ? map->slot[place_of(map, key)] - 1 : UINT32_MAX;
}

static int ascending(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

void plx__map_sort(struct plx__map *map)
{
    if (map->count == 0)
        return;
    qsort(map->key, map->count, sizeof(*map->key), ascending);
    fill_slots(map);
}

void plx__map_done(struct plx__map *map)
{
    free(map->key);
    free(map->slot);
    *map = (struct plx__map){0};
}
