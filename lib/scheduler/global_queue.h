/* SPDX-License-Identifier: MIT
 *
 * The global queue: tasks that come from outside of the workers, or overflow from a deque. A list under a
 * lock; its length can be read without it (sequentially consistent, see idle.h).
 *
 * Source: the slide "put to worker global deque"; Tokio 1.x `scheduler/inject`.
 */
#ifndef PLX_SCHEDULER_GLOBAL_QUEUE_H
#define PLX_SCHEDULER_GLOBAL_QUEUE_H

#include "lib/task/task.h"

#include <pthread.h>

struct plx_global_queue {
    pthread_mutex_t lock;
    /* under the lock */
    struct plx_task *first, *last;
    bool closed;
    /* stored under the lock, loaded by any thread */
    _Atomic size_t length;
};

int plx_global_queue_init(struct plx_global_queue *queue);
void plx_global_queue_done(struct plx_global_queue *queue);

/* Adds `count` tasks in their order. False: the queue is closed, and the tasks are still the caller's. */
bool plx_global_queue_push(struct plx_global_queue *queue, struct plx_task *const *tasks, size_t count);

/* Takes at most `most` tasks, the oldest first; returns how many. */
size_t plx_global_queue_pop(struct plx_global_queue *queue, struct plx_task **tasks, size_t most);

/* No task comes in any more. */
void plx_global_queue_close(struct plx_global_queue *queue);

PLX_INLINE size_t plx_global_queue_length(struct plx_global_queue *queue)
{
    return atomic_load(&queue->length);
}

#endif
