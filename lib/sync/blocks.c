/* SPDX-License-Identifier: MIT
 *
 * Blocks: see blocks.h.
 */
#include "lib/sync/blocks.h"

#include <stdlib.h>

struct plx_block *plx_block_new(size_t item_size)
{
    size_t bytes = sizeof(struct plx_block) + PLX_BLOCK_ITEMS * item_size;
    struct plx_block *block = aligned_alloc(_Alignof(max_align_t), (bytes + 15) & ~(size_t)15);
    if (block)
        block->next = block->spare = NULL;
    return block;
}

/* A head that is seen stays until we take it, so its link can be read; only what lies above it may change. */
static struct plx_block *pop(struct plx_block_spares *spares)
{
    struct plx_block *top = atomic_load_explicit(&spares->top, memory_order_acquire);
    while (top && !atomic_compare_exchange_weak_explicit(&spares->top, &top, top->spare, memory_order_acquire,
                                                         memory_order_acquire))
        ;
    if (top)
        atomic_fetch_sub_explicit(&spares->count, 1, memory_order_relaxed);
    return top;
}

struct plx_block *plx__block_next(struct plx_block_writer *writer, struct plx_block_spares *spares,
                                  size_t item_size)
{
    struct plx_block *block = writer->fresh;
    if (block) {
        writer->fresh = block->spare;
        return block;
    }
    block = pop(spares);
    if (block)
        return block;
    block = plx_block_new(item_size);
    writer->owned += block != NULL;
    return block;
}

/* The count is raised first, so that it is never lowered below zero. */
void plx__block_retire(struct plx_block_spares *spares, struct plx_block *block, uint32_t most)
{
    if (atomic_load_explicit(&spares->count, memory_order_relaxed) >= most) {
        free(block);
        return;
    }
    atomic_fetch_add_explicit(&spares->count, 1, memory_order_relaxed);
    block->spare = atomic_load_explicit(&spares->top, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&spares->top, &block->spare, block, memory_order_release,
                                                  memory_order_relaxed))
        ;
}

static void free_spares(struct plx_block *block)
{
    while (block) {
        struct plx_block *next = block->spare;
        free(block);
        block = next;
    }
}

void plx_blocks_free(struct plx_block_writer *writer, struct plx_block_reader *reader,
                     struct plx_block_spares *spares)
{
    struct plx_block *tail = writer->tail;
    for (struct plx_block *block = reader->head; block;) {
        struct plx_block *next = block == tail ? NULL : block->next;
        free(block);
        block = next;
    }
    free_spares(writer->fresh);
    free_spares(atomic_load_explicit(&spares->top, memory_order_relaxed));
}
