/* SPDX-License-Identifier: MIT
 *
 * The delay queue: many things that expire, each at its own time, and one task that is given them when they
 * do. For caches and sessions: a key says which, to take it out or to give it more time.
 *
 *     struct plx_delay_queue *sessions;
 *     plx_delay_queue_new(free_session, &sessions);
 *     plx_delay_queue_insert(sessions, session, PLX_MINUTES(5), &session->key);
 *     plx_delay_queue_reset(sessions, session->key, PLX_MINUTES(5));      it has been used again
 *
 *     PLX_START(expired, struct server, plx_delay_expired, expiring)      plx_delay_queue_expired(sessions)
 *     PLX_FOR_EACH(expiring, expired, plx_ok, end_session)
 *
 *               insert                        ┌──────────┐  one delay, set to when
 *     slab of items, found by key ── when ──▶ │  wheel   │  the wheel is to be turned
 *                                             └────┬─────┘
 *                        past already ──▶ expired ◀┘ ──▶ the stream
 *
 * Whatever changes the wheel's next moment, to earlier or to later, sets the delay again; so the task that
 * waits is woken in time whoever puts something in (Tokio #849, #863, #868).
 *
 * The stream ends when the queue is empty. It may be polled on once there is something in it again.
 *
 * A queue has one user at a time: the tasks of one thread, or those who hold the lock around it.
 *
 * Source: tokio-timer 0.2 `DelayQueue`.
 */
#ifndef PLX_TIME_DELAY_QUEUE_H
#define PLX_TIME_DELAY_QUEUE_H

#include "lib/time/delay.h"

struct plx_delay_queue;

/* Names an item, and is never another's afterwards: the slot's generation tells the old key from the new. */
typedef struct plx_delay_key {
    uint32_t slot, generation;
} plx_delay_key;

/* `drop`, which may be NULL, is called with every value that is inside when it is freed. 0 or -ENOMEM. */
int plx_delay_queue_new(void (*drop)(void *value), struct plx_delay_queue **queue);
void plx_delay_queue_free(struct plx_delay_queue *queue);

/* The value, which the queue owns until it expires or is removed, expires so long from now; at an instant.
 * `key` may be NULL. 0, or -ENOMEM, and the value is still the caller's. */
int plx_delay_queue_insert(struct plx_delay_queue *queue, void *value, uint64_t after, plx_delay_key *key);
int plx_delay_queue_insert_at(struct plx_delay_queue *queue, void *value, struct plx_instant deadline,
                              plx_delay_key *key);

/* All three: also of an item that has expired, but has not been given out. 0, or -ENOENT when it has been. */
int plx_delay_queue_remove(struct plx_delay_queue *queue, plx_delay_key key, void **value);
int plx_delay_queue_reset(struct plx_delay_queue *queue, plx_delay_key key, uint64_t after);
int plx_delay_queue_reset_at(struct plx_delay_queue *queue, plx_delay_key key, struct plx_instant deadline);

/* When it expires. 0 or -ENOENT. */
int plx_delay_queue_deadline(const struct plx_delay_queue *queue, plx_delay_key key,
                             struct plx_instant *deadline);

size_t plx_delay_queue_count(const struct plx_delay_queue *queue);

/* ── the stream of what has expired ───────────────────────────────────────────────────────────────────── */

/* Borrows the queue. */
typedef struct plx_delay_expired {
    struct plx_delay_queue *queue;
} plx_delay_expired;

typedef struct plx_delay_expired_item {
    void *value;
    plx_delay_key key; /* that it had */
    struct plx_instant deadline;
    bool end; /* the queue is empty */
} plx_delay_expired_item;
PLX_LEAF_DECLARE(plx_delay_expired)

PLX_INLINE plx_delay_expired plx_delay_queue_expired(struct plx_delay_queue *queue)
{
    return (plx_delay_expired){queue};
}

#endif
