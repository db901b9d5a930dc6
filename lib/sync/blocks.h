/* SPDX-License-Identifier: MIT
 *
 * A queue of items in linked blocks, with a writer's end and a reader's end that two threads use at the same
 * time. One writer at a time (a lock of its user's sees to that), one reader.
 *
 *      reader.head ──▶ ┌─┬─┬─┬─┐ ──▶ ┌─┬─┬─┬─┐ ──▶ ┌─┬─┬─┬─┐ ◀── writer.tail
 *                      │ │ │x│x│     │x│x│x│x│     │x│x│ │ │
 *                      └─┴─┴─┴─┘     └─┴─┴─┴─┘     └─┴─┴─┴─┘
 *                       taken▲                        filled▲       an emptied block goes to the spares
 *
 * The queue does not know how much is in it. Its user counts: the writer publishes a count (release) after it has
 * written an item, and the reader takes an item only after it has seen (acquire) a count that covers it. That
 * orders the items, and the links between blocks, too.
 *
 * Spares: a stack that the reader alone pushes to and the writer alone pops from, so that a head which a pop has
 * seen cannot be popped by another and come back (no ABA).
 */
#ifndef PLX_SYNC_BLOCKS_H
#define PLX_SYNC_BLOCKS_H

#include "lib/base.h"

#include <stdatomic.h>

/* Items in a block. */
#ifdef PLX_SMALL
enum { PLX_BLOCK_ITEMS = 2 };
#else
enum { PLX_BLOCK_ITEMS = 32 };
#endif

struct plx_block {
    struct plx_block *next;  /* in the queue */
    struct plx_block *spare; /* in the stack of spares */
    _Alignas(max_align_t) unsigned char items[];
};

struct plx_block_writer {
    struct plx_block *tail;
    struct plx_block *fresh; /* more spares: those that the writer was given */
    uint64_t owned;          /* blocks of the whole queue */
    uint32_t filled;         /* items in the tail */
};

struct plx_block_reader {
    struct plx_block *head;
    uint32_t taken; /* items of the head */
};

struct plx_block_spares {
    _Atomic(struct plx_block *) top;
    _Atomic uint32_t count;
};

/* NULL without memory. */
struct plx_block *plx_block_new(size_t item_size);

/* Another block for the writer: a fresh one, or a spare, or from the heap. NULL without memory. */
struct plx_block *plx__block_next(struct plx_block_writer *writer, struct plx_block_spares *spares,
                                  size_t item_size);

/* An emptied block becomes a spare, if there are fewer than `most` of them. */
void plx__block_retire(struct plx_block_spares *spares, struct plx_block *block, uint32_t most);

/* Frees all blocks. */
void plx_blocks_free(struct plx_block_writer *writer, struct plx_block_reader *reader,
                     struct plx_block_spares *spares);

/* Where the next item is to be written; the writer calls plx_block_wrote when it is. NULL without memory. */
PLX_INLINE void *plx_block_to_write(struct plx_block_writer *writer, struct plx_block_spares *spares,
                                    size_t item_size)
{
    if (plx_unlikely(writer->filled == PLX_BLOCK_ITEMS)) {
        struct plx_block *next = plx__block_next(writer, spares, item_size);
        if (!next)
            return NULL;
        writer->tail->next = next;
        writer->tail = next;
        writer->filled = 0;
    }
    return writer->tail->items + writer->filled * item_size;
}

PLX_INLINE void plx_block_wrote(struct plx_block_writer *writer)
{
    writer->filled++;
}

/* The next item, which the reader knows to be there. It is read before the next call. */
PLX_INLINE void *plx_block_to_read(struct plx_block_reader *reader, struct plx_block_spares *spares,
                                   size_t item_size, uint32_t most_spares)
{
    if (plx_unlikely(reader->taken == PLX_BLOCK_ITEMS)) {
        struct plx_block *emptied = reader->head;
        reader->head = emptied->next;
        reader->taken = 0;
        plx__block_retire(spares, emptied, most_spares);
    }
    return reader->head->items + reader->taken++ * item_size;
}

#endif
