/* SPDX-License-Identifier: MIT
 *
 * plx_bytes: see bytes.h.
 */
#include "lib/io/bytes.h"

#include "lib/future/item.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

/* Doubles, so that adding byte by byte costs a constant time each. */
int plx_bytes_reserve(struct plx_bytes *bytes, size_t more)
{
    if (more > SIZE_MAX / 2 - bytes->size)
        return -ENOMEM;
    size_t needed = bytes->size + more;
    if (needed <= bytes->room)
        return 0;
    size_t room = bytes->room ? bytes->room : FIRST_ROOM;
    while (room < needed)
        room *= 2;
    char *at = realloc(bytes->at, room);
    if (!at)
        return -ENOMEM;
    bytes->at = at;
    bytes->room = room;
    return 0;
}

int plx_bytes_add(struct plx_bytes *bytes, const void *from, size_t size)
{
    int error = plx_bytes_reserve(bytes, size);
    if (!error && size) {
        memcpy(bytes->at + bytes->size, from, size);
        bytes->size += size;
    }
    return error;
}

void plx_bytes_done(struct plx_bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct plx_bytes){0};
}

/* The words for an item: the beginning of a text, or how many bytes there are. */
void plx__print_slice(char *text, size_t size, const void *item)
{
    const plx_slice *slice = item;
    bool is_text = slice->size > 0;
    for (size_t i = 0; i < slice->size && i < size; i++)
        is_text = is_text && (unsigned char)slice->at[i] >= ' ' && (unsigned char)slice->at[i] < 127;
    if (slice->end)
        snprintf(text, size, "end");
    else if (is_text)
        snprintf(text, size, "%.*s", (int)(slice->size < size ? slice->size : size), slice->at);
    else
        snprintf(text, size, "%zu bytes", slice->size);
}
