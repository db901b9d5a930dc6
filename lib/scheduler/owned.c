/* SPDX-License-Identifier: MIT
 *
 * The owned list: see owned.h.
 */
#include "lib/scheduler/owned.h"

#include "lib/scheduler/threads.h"

#include <errno.h>
#include <time.h>

int plx_owned_init(struct plx_owned *owned)
{
    *owned = (struct plx_owned){0};
    int error = plx__monotonic_cond_init(&owned->empty);
    if (!error && (error = -pthread_mutex_init(&owned->lock, NULL)))
        pthread_cond_destroy(&owned->empty);
    return error;
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

static void take_off(struct plx_owned *owned, struct plx_task *task)
{
    unlink_task(owned, task);
    set_count(owned, plx_owned_count(owned) - 1);
    if (!owned->first)
        pthread_cond_broadcast(&owned->empty);
}

bool plx_owned_remove(struct plx_owned *owned, struct plx_task *task)
{
    pthread_mutex_lock(&owned->lock);
    bool was = task->owned;
    if (was)
        take_off(owned, task);
    pthread_mutex_unlock(&owned->lock);
    return was;
}

void plx_owned_close(struct plx_owned *owned)
{
    pthread_mutex_lock(&owned->lock);
    owned->closed = true;
    pthread_mutex_unlock(&owned->lock);
}

struct plx_task *plx_owned_pop(struct plx_owned *owned)
{
    pthread_mutex_lock(&owned->lock);
    struct plx_task *task = owned->first;
    if (task)
        take_off(owned, task);
    pthread_mutex_unlock(&owned->lock);
    return task;
}

static int wait_for_change(struct plx_owned *owned, uint64_t deadline_ns)
{
    if (!deadline_ns)
        return pthread_cond_wait(&owned->empty, &owned->lock);
    struct timespec until = {(time_t)(deadline_ns / 1000000000), (long)(deadline_ns % 1000000000)};
    return pthread_cond_timedwait(&owned->empty, &owned->lock, &until);
}

bool plx_owned_wait_empty(struct plx_owned *owned, uint64_t deadline_ns)
{
    pthread_mutex_lock(&owned->lock);
    while (owned->first && wait_for_change(owned, deadline_ns) != ETIMEDOUT)
        ;
    bool empty = !owned->first;
    pthread_mutex_unlock(&owned->lock);
    return empty;
}
