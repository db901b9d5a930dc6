/* SPDX-License-Identifier: MIT
 *
 * The table of the poll selector: which descriptors it looks at, for what, and what they are called.
 *
 *     places   by descriptor:  [ 0 | 0 | 0 | 2 | 0 | 1 | 0 … ]      index in entries, plus 1
 *                                            └───┐   │
 *     entries  dense:          [ fd 5, armed … ◀─┼───┘
 *                              | fd 3, armed … ◀─┘  ]
 *
 * Not thread-safe: the selector's lock guards it.
 */
#ifndef PLX_REACTOR_SELECTOR_POLL_TABLE_H
#define PLX_REACTOR_SELECTOR_POLL_TABLE_H

#include "lib/base.h"

struct plx_poll_entry {
    uint64_t token;
    int fd;
    unsigned armed; /* PLX_READABLE, PLX_WRITABLE: what is looked for */
};

/* Empty when zero. */
struct plx_poll_table {
    struct plx_poll_entry *entries;
    int count, room;
    int *places;
    int places_room;
};

void plx__poll_table_done(struct plx_poll_table *table);

/* NULL: it is not there. Valid until the table changes. */
struct plx_poll_entry *plx__poll_table_find(const struct plx_poll_table *table, int fd);

/* 0, -EEXIST or -ENOMEM. */
int plx__poll_table_add(struct plx_poll_table *table, int fd, uint64_t token, unsigned armed);

void plx__poll_table_remove(struct plx_poll_table *table, struct plx_poll_entry *entry);

/* The array with room for `needed` elements, and for twice as many as it had; NULL: it is as it was. */
void *plx__poll_grown(void *array, int *room, int needed, size_t size);

#endif
