/* SPDX-License-Identifier: MIT
 *
 * The table of the poll selector: see poll_table.h.
 */
#include "lib/reactor/selector/poll_table.h"

#include <errno.h>
#include <stdlib.h>

enum { LEAST_ROOM = 32 };

void plx__poll_table_done(struct plx_poll_table *table)
{
    free(table->entries);
    free(table->places);
}

struct plx_poll_entry *plx__poll_table_find(const struct plx_poll_table *table, int fd)
{
    if (fd < 0 || fd >= table->places_room || table->places[fd] == 0)
        return NULL;
    return &table->entries[table->places[fd] - 1];
}

void *plx__poll_grown(void *array, int *room, int needed, size_t size)
{
    int more = *room * 2 > needed ? *room * 2 : needed;
    if (more < LEAST_ROOM)
        more = LEAST_ROOM;
    void *larger = realloc(array, (size_t)more * size);
    if (larger)
        *room = more;
    return larger;
}

static int make_places(struct plx_poll_table *table, int needed)
{
    int before = table->places_room;
    if (needed <= before)
        return 0;
    int *places = plx__poll_grown(table->places, &table->places_room, needed, sizeof *places);
    if (!places)
        return -ENOMEM;
    for (int i = before; i < table->places_room; i++)
        places[i] = 0;
    table->places = places;
    return 0;
}

static int make_entries(struct plx_poll_table *table, int needed)
{
    if (needed <= table->room)
        return 0;
    struct plx_poll_entry *entries = plx__poll_grown(table->entries, &table->room, needed, sizeof *entries);
    if (!entries)
        return -ENOMEM;
    table->entries = entries;
    return 0;
}

int plx__poll_table_add(struct plx_poll_table *table, int fd, uint64_t token, unsigned armed)
{
    if (plx__poll_table_find(table, fd))
        return -EEXIST;
    int error = make_places(table, fd + 1);
    if (!error)
        error = make_entries(table, table->count + 1);
    if (error)
        return error;
    table->entries[table->count] = (struct plx_poll_entry){token, fd, armed};
    table->places[fd] = ++table->count;
    return 0;
}

/* The last one takes its place. */
void plx__poll_table_remove(struct plx_poll_table *table, struct plx_poll_entry *entry)
{
    table->places[entry->fd] = 0;
    struct plx_poll_entry *last = &table->entries[--table->count];
    if (entry != last) {
        *entry = *last;
        table->places[entry->fd] = (int)(entry - table->entries) + 1;
    }
}
