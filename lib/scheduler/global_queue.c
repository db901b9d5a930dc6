/* SPDX-License-Identifier: MIT
 *
 * The global queue: see global_queue.h.
 */
#include "lib/scheduler/global_queue.h"

/* Held for a few stores, so it is worth while to spin for it before going to sleep: a thread that spawns
 * from outside and two workers spend a fourth of their time in the kernel without that (spawn_remote: 271 ns
 * a task, 191 with it). glibc only. */
static int init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);
    if (error)
        return -error;
#ifdef __GLIBC__
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
    error = pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return -error;
}

int plx_global_queue_init(struct plx_global_queue *queue)
{
    *queue = (struct plx_global_queue){0};
    return init_lock(&queue->lock);
}

void plx_global_queue_done(struct plx_global_queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
}

/* Makes a list of them: before the lock is taken, for their cells may lie in another processor's cache. */
static void chain(struct plx_task *const *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tasks[i]->queue_next = i + 1 < count ? tasks[i + 1] : NULL;
}

static void append(struct plx_global_queue *queue, struct plx_task *first, struct plx_task *last)
{
    if (queue->last)
        queue->last->queue_next = first;
    else
        queue->first = first;
    queue->last = last;
}

static void set_length(struct plx_global_queue *queue, size_t length)
{
    atomic_store(&queue->length, length);
}

bool plx_global_queue_push(struct plx_global_queue *queue, struct plx_task *const *tasks, size_t count)
{
    chain(tasks, count);
    pthread_mutex_lock(&queue->lock);
    bool open = !queue->closed;
    if (open) {
        for (size_t i = 0; i < count && plx_trace_on(); i++)
            plx_trace(push, .task = tasks[i]->id, .queue = PLX_QUEUE_GLOBAL);
        append(queue, tasks[0], tasks[count - 1]);
        set_length(queue, plx_global_queue_length(queue) + count);
    }
    pthread_mutex_unlock(&queue->lock);
    return open;
}

size_t plx_global_queue_pop(struct plx_global_queue *queue, struct plx_task **tasks, size_t most)
{
    if (plx_global_queue_length(queue) == 0)
        return 0;
    size_t count = 0;
    pthread_mutex_lock(&queue->lock);
    while (count < most && queue->first) {
        struct plx_task *task = queue->first;
        queue->first = task->queue_next;
        if (!queue->first)
            queue->last = NULL;
        tasks[count++] = task;
        plx_trace(pop, .task = task->id, .queue = PLX_QUEUE_GLOBAL);
    }
    set_length(queue, plx_global_queue_length(queue) - count);
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void plx_global_queue_close(struct plx_global_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
}
