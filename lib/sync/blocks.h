/* SPDX-License-Identifier: MIT
 *
 * A queue of items in a ring of blocks, with a writer's end and a reader's end that two threads use at the
 * same time. One writer at a time (a lock of its user's sees to that), one reader.
 *
 *          reader.head            writer.tail
 *              ▼                       ▼
 *      ──▶ ┌─┬─┬─┬─┐ ──▶ ┌─┬─┬─┬─┐ ──▶ ┌─┬─┬─┬─┐ ──▶ ┌─┬─┬─┬─┐ ──▶ back to the first
 *          │ │ │x│x│     │x│x│x│x│     │x│x│ │ │     │ │ │ │ │
 *          └─┴─┴─┴─┘     └─┴─┴─┴─┘     └─┴─┴─┴─┘     └─┴─┴─┴─┘
 *
 * The user counts: `sent` items written (published with release after the item), `received` items read
 * (published with release after the item was read). The reader reads an item only after it has seen (acquire)
 * that it was sent. When the tail is full the writer looks at `received` (acquire), and by that knows whether
 * the next block of the ring is free. If so it writes there; if not it puts a new block in between. So a
 * queue that has grown to what it needs allocates no more, and no block is handed from one side to the other.
 *
 * Only the writer changes links, and only that of its tail, before it publishes the first item behind it. The
 * reader follows a link only when it knows of such an item. A block is free when an item of a later block has
 * been read: then the reader has left it, link and all.
 */
#ifndef PLX_SYNC_BLOCKS_H
#define PLX_SYNC_BLOCKS_H

#include "lib/base.h"

struct plx_block {
    struct plx_block *next;
    _Alignas(max_align_t) unsigned char items[];
};

struct plx_block_writer {
    struct plx_block *tail;
    uint32_t written;  /* items in the tail */
    uint32_t capacity; /* of a block; constant */
    uint64_t owned;    /* blocks in the ring */
};

struct plx_block_reader {
    struct plx_block *head;
    uint32_t read; /* items of the head */
    uint32_t capacity;
};

/* A ring of one block, each with room for `capacity` items. 0 or -ENOMEM. */
int plx_blocks_init(struct plx_block_writer *writer, struct plx_block_reader *reader, uint32_t capacity,
                    size_t item_size);
void plx_blocks_free(struct plx_block_writer *writer);

/* NULL without memory. Adding it is the writer's. */
struct plx_block *plx_block_new(uint32_t capacity, size_t item_size);
void plx_blocks_add(struct plx_block_writer *writer, struct plx_block *block);

/* So many blocks are enough for `items` wherever they begin: the first and the last may be used in part, and
 * before the first there may be one that the reader has not left yet. */
PLX_INLINE uint64_t plx_blocks_for(uint64_t items, uint32_t capacity)
{
    return items / capacity + 3;
}

/* The tail is full: moves it on. False without memory. */
bool plx__block_next(struct plx_block_writer *writer, size_t item_size, uint64_t sent, uint64_t received,
                     bool may_shrink);

PLX_INLINE bool plx_block_full(const struct plx_block_writer *writer)
{
    return writer->written == writer->capacity;
}

/* Where the next item is written, when the tail is not full. */
PLX_INLINE void *plx_block_to_write(struct plx_block_writer *writer, size_t item_size)
{
    return writer->tail->items + writer->written++ * item_size;
}

/* The next item, which the reader knows to be there. */
PLX_INLINE void *plx_block_to_read(struct plx_block_reader *reader, size_t item_size)
{
    if (plx_unlikely(reader->read == reader->capacity)) {
        reader->head = reader->head->next;
        reader->read = 0;
    }
    return reader->head->items + reader->read++ * item_size;
}

#endif
