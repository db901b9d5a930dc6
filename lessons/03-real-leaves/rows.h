/* SPDX-License-Identifier: MIT
 *
 * Rows: what a database answers. One owner; the trace shows it as "Ready(3 rows)". To be included before
 * pollux.h, which learns here that there is such an item.
 */
#ifndef LESSON_ROWS_H
#define LESSON_ROWS_H

#include <stddef.h>

struct rows;
struct plx_item_traits;
extern const struct plx_item_traits rows_traits;
#define PLX_USER_ITEMS struct rows ** : &rows_traits,

#include <pollux.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rows {
    size_t count, columns;
    size_t used, room;
    char **cells; /* count × columns texts, owned */
};

static struct rows *rows_new(size_t columns)
{
    struct rows *rows = calloc(1, sizeof *rows);
    if (rows)
        rows->columns = columns;
    return rows;
}

static void rows_drop(struct rows **rows)
{
    struct rows *gone = PLX_MOVE(*rows);
    for (size_t i = 0; gone && i < gone->used; i++)
        free(gone->cells[i]);
    if (gone)
        free(gone->cells);
    free(gone);
}

/* The next cell, row by row. false: no memory. */
static bool rows_add(struct rows *rows, const char *text)
{
    if (rows->used == rows->room) {
        size_t room = rows->room ? 2 * rows->room : 8;
        char **grown = realloc(rows->cells, room * sizeof *grown);
        if (!grown)
            return false;
        rows->cells = grown;
        rows->room = room;
    }
    char *copy = strdup(text ? text : "");
    if (!copy)
        return false;
    rows->cells[rows->used++] = copy;
    rows->count = rows->columns ? rows->used / rows->columns : 0;
    return true;
}

static void rows_show(const struct rows *rows)
{
    for (size_t i = 0; i < rows->used; i++)
        printf("%s%s", rows->cells[i], (i + 1) % rows->columns ? " | " : "\n");
}

static void print_rows(char *text, size_t size, const void *item)
{
    struct rows *const *rows = item;
    snprintf(text, size, "%zu row%s", (*rows)->count, (*rows)->count == 1 ? "" : "s");
}

static void drop_rows(void *item)
{
    rows_drop(item);
}

const struct plx_item_traits rows_traits = {print_rows, drop_rows};

#endif
