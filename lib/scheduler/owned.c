/* SPDX-License-Identifier: MIT
 *
 * The owned list: see owned.h.
 */
#include "lib/scheduler/owned.h"

int plx_owned_init(struct plx_owned *owned)
{
    *owned = (struct plx_owned){0};
    int error = pthread_mutex_init(&owned->lock, NULL);
    return error ? -error : -pthread_cond_init(&owned->empty, NULL);
}

void plx_owned_done(struct plx_owned *owned)
{
    pthread_cond_destroy(&owned->empty);
    pthread_mutex_destroy(&owned->lock);
}

static void set_count(struct plx_owned *owned, size_t count)
{
    atomic_store_explicit(&owned->count, count, memory_order_release);
}

bool plx_owned_add(struct plx_owned *owned, struct plx_task *task)
{
    pthread_mutex_lock(&owned->lock);
    bool open = !owned->closed;
    if (open) {
        task->owned_next = owned->first;
        if (owned->first)
            owned->first->owned_prev = task;
        owned->first = task;
        task->owned = true;
        set_count(owned, plx_owned_count(owned) + 1);
    }
    pthread_mutex_unlock(&owned->lock);
    return open;
}

static void unlink_task(struct plx_owned *owned, struct plx_task *task)
{
    if (task->owned_prev)
        task->owned_prev->owned_next = task->owned_next;
    else
        owned->first = task->owned_next;
    if (task->owned_next)
        task->owned_next->owned_prev = task->owned_prev;
    task->owned_next = task->owned_prev = NULL;
    task->owned = false;
}

bool plx_owned_remove(struct plx_owned *owned, struct plx_task *task)
{
    pthread_mutex_lock(&owned->lock);
    bool was = task->owned;
    if (was) {
        unlink_task(owned, task);
        set_count(owned, plx_owned_count(owned) - 1);
        if (!owned->first)
            pthread_cond_broadcast(&owned->empty);
    }
    pthread_mutex_unlock(&owned->lock);
    return was;
}

void plx_owned_close(struct plx_owned *owned)
{
    pthread_mutex_lock(&owned->lock);
    owned->closed = true;
    pthread_mutex_unlock(&owned->lock);
}

struct plx_task *plx_owned_any(struct plx_owned *owned)
{
    pthread_mutex_lock(&owned->lock);
    struct plx_task *task = owned->first;
    if (task)
        plx_state_keep(&task->state);
    pthread_mutex_unlock(&owned->lock);
    return task;
}

void plx_owned_wait_empty(struct plx_owned *owned)
{
    pthread_mutex_lock(&owned->lock);
    while (owned->first)
        pthread_cond_wait(&owned->empty, &owned->lock);
    pthread_mutex_unlock(&owned->lock);
}
