/* SPDX-License-Identifier: MIT
 *
 * The block, see block.h. Its arrays lie one after the other; padding is zero from the start and never
 * written, so bytes can be compared.
 */
#include "viz/replay/block.h"

#include <stdlib.h>

static size_t lay(size_t *size, size_t count, size_t each)
{
    size_t at = *size;
    *size += (count * each + 15) & ~(size_t)15;
    return at;
}

static void fill_tasks(const struct plx__index *index, struct plx_state *state)
{
    for (uint32_t i = 0; i < state->tasks; i++) {
        struct plx_seen_task *task = &state->task[i];
        task->id = index->tasks.map.key[i];
        task->actor = task->outer = task->top = task->owner = task->next = task->prev = PLX_NONE;
        for (int w = 0; w < PLX_SEEN_WAITS; w++)
            task->timer[w] = task->object[w] = PLX_NONE;
    }
    for (uint32_t i = state->futures; i-- > 0;) {
        struct plx_seen_future *future = &state->future[i];
        future->number = (uint32_t)index->futures.key[i];
        future->task = (uint32_t)(index->futures.key[i] >> 32);
        future->caller = PLX_NONE;
        state->task[future->task].first = i;
        state->task[future->task].count++;
    }
}

static void fill(const struct plx__index *index, struct plx_state *state)
{
    fill_tasks(index, state);
    state->globals->global = state->globals->jobs = (struct plx_seen_queue){PLX_NONE, PLX_NONE, 0};
    for (uint32_t i = 0; i < state->actors; i++) {
        struct plx_seen_actor *actor = &state->actor[i];
        if (i < state->workers)
            actor->worker = (uint32_t)(index->workers.map.key[i] - 1);
        else
            actor->thread = (const char *)(uintptr_t)index->threads.key[i - state->workers];
        actor->task = actor->lifo = actor->deque.head = actor->deque.tail = PLX_NONE;
    }
    for (uint32_t i = 0; i < state->sources; i++) {
        state->source[i].token = index->sources.map.key[i];
        state->source[i].fd = -1;
        state->source[i].reader = state->source[i].writer = PLX_NONE;
    }
    for (uint32_t i = 0; i < state->timers; i++) {
        state->timer[i].id = index->timers.map.key[i];
        state->timer[i].task = PLX_NONE;
    }
    for (uint32_t i = 0; i < state->objects; i++)
        state->object[i].id = index->objects.map.key[i];
    for (uint32_t i = 0; i < state->runtimes; i++)
        state->runtime[i].id = index->runtimes.map.key[i];
}

/* Every record stems from an event that is in memory already and about as large, so no size overflows. */
void *plx__block_make(const struct plx__index *index, struct plx_state *state, size_t *size)
{
    state->tasks = index->tasks.map.count;
    state->futures = index->futures.count;
    state->workers = index->workers.map.count;
    state->actors = state->workers + index->threads.count;
    state->sources = index->sources.map.count;
    state->timers = index->timers.map.count;
    state->objects = index->objects.map.count;
    state->runtimes = index->runtimes.map.count;

    *size = 0;
    size_t globals = lay(size, 1, sizeof(*state->globals));
    size_t task = lay(size, state->tasks, sizeof(*state->task));
    size_t future = lay(size, state->futures, sizeof(*state->future));
    size_t actor = lay(size, state->actors, sizeof(*state->actor));
    size_t source = lay(size, state->sources, sizeof(*state->source));
    size_t timer = lay(size, state->timers, sizeof(*state->timer));
    size_t object = lay(size, state->objects, sizeof(*state->object));
    size_t runtime = lay(size, state->runtimes, sizeof(*state->runtime));
    char *block = calloc(1, *size);
    if (!block)
        return NULL;

    state->globals = (void *)(block + globals);
    state->task = (void *)(block + task);
    state->future = (void *)(block + future);
    state->actor = (void *)(block + actor);
    state->source = (void *)(block + source);
    state->timer = (void *)(block + timer);
    state->object = (void *)(block + object);
    state->runtime = (void *)(block + runtime);
    fill(index, state);
    return block;
}
