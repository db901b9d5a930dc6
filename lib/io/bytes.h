/* SPDX-License-Identifier: MIT
 *
 * plx_bytes: an array of bytes that grows; and plx_slice: some bytes that belong to another.
 */
#ifndef PLX_IO_BYTES_H
#define PLX_IO_BYTES_H

#include "lib/base.h"

/* How much a buffer holds that nobody has chosen. */
enum { PLX_BUFFER_ROOM = 8192 };

/* Owns its memory. Empty when zero. */
struct plx_bytes {
    char *at;
    size_t size, room;
};

/* Makes room for `more` bytes behind the last. 0, or -ENOMEM, and all is as it was. */
int plx_bytes_reserve(struct plx_bytes *bytes, size_t more);
int plx_bytes_add(struct plx_bytes *bytes, const void *from, size_t size);
void plx_bytes_done(struct plx_bytes *bytes);

/* A line, a frame: valid until its owner is used again. `end`: there is none, and none comes any more. */
typedef struct plx_slice {
    char *at;
    size_t size;
    bool end;
} plx_slice;

#endif
