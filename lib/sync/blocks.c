/* SPDX-License-Identifier: MIT
 *
 * Blocks: see blocks.h.
 */
#include "lib/sync/blocks.h"

#include <errno.h>
#include <stdlib.h>

/* A ring that may shrink keeps so many free blocks, and as many more as are in use. */
enum { FREE_BLOCKS = 4 };

struct plx_block *plx_block_new(uint32_t capacity, size_t item_size)
{
    size_t bytes = sizeof(struct plx_block) + capacity * item_size;
    struct plx_block *block = aligned_alloc(_Alignof(max_align_t), (bytes + 15) & ~(size_t)15);
    if (block)
        block->next = NULL;
    return block;
}

void plx_blocks_add(struct plx_block_writer *writer, struct plx_block *block)
{
    block->next = writer->tail->next;
    writer->tail->next = block;
    writer->owned++;
}

int plx_blocks_init(struct plx_block_writer *writer, struct plx_block_reader *reader, uint32_t capacity,
                    size_t item_size)
{
    struct plx_block *first = plx_block_new(capacity, item_size);
    *writer = (struct plx_block_writer){.tail = first, .capacity = capacity, .owned = first != NULL};
    *reader = (struct plx_block_reader){.head = first, .capacity = capacity};
    if (!first)
        return -ENOMEM;
    first->next = first;
    return 0;
}

void plx_blocks_free(struct plx_block_writer *writer)
{
    struct plx_block *block = writer->tail;
    for (uint64_t i = 0; i < writer->owned; i++) {
        struct plx_block *next = block->next;
        free(block);
        block = next;
    }
}

/* Blocks from the one that the reader was last seen in to the tail. */
static uint64_t in_use(const struct plx_block_writer *writer, uint64_t sent, uint64_t received)
{
    uint64_t head = received ? (received - 1) / writer->capacity : 0;
    return (sent - 1) / writer->capacity - head + 1;
}

static void shrink(struct plx_block_writer *writer)
{
    struct plx_block *gone = writer->tail->next;
    writer->tail->next = gone->next;
    writer->owned--;
    free(gone);
}

bool plx__block_next(struct plx_block_writer *writer, size_t item_size, uint64_t sent, uint64_t received,
                     bool may_shrink)
{
    uint64_t used = in_use(writer, sent, received);
    if (may_shrink && writer->owned > 2 * used + FREE_BLOCKS)
        shrink(writer);
    if (used == writer->owned) {
        struct plx_block *block = plx_block_new(writer->capacity, item_size);
        if (!block)
            return false;
        plx_blocks_add(writer, block);
    }
    writer->tail = writer->tail->next;
    writer->written = 0;
    return true;
}
