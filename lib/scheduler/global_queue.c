/* SPDX-License-Identifier: MIT
 *
 * The global queue: see global_queue.h.
 */
#include "lib/scheduler/global_queue.h"

int plx_global_queue_init(struct plx_global_queue *queue)
{
    *queue = (struct plx_global_queue){0};
    return -pthread_mutex_init(&queue->lock, NULL);
}

void plx_global_queue_done(struct plx_global_queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
}

static void append(struct plx_global_queue *queue, struct plx_task *task)
{
    task->queue_next = NULL;
    if (queue->last)
        queue->last->queue_next = task;
    else
        queue->first = task;
    queue->last = task;
}

static void set_length(struct plx_global_queue *queue, size_t length)
{
    atomic_store_explicit(&queue->length, length, memory_order_release);
}

bool plx_global_queue_push(struct plx_global_queue *queue, struct plx_task *const *tasks, size_t count)
{
    pthread_mutex_lock(&queue->lock);
    bool open = !queue->closed;
    if (open) {
        for (size_t i = 0; i < count; i++) {
            plx_trace(push, .task = tasks[i]->id, .queue = PLX_QUEUE_GLOBAL);
            append(queue, tasks[i]);
        }
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
