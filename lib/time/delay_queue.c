/* SPDX-License-Identifier: MIT
 *
 * The delay queue: see delay_queue.h.
 *
 * Items live in pages that never move, since the wheel points into them: page p holds 64 << p of them, so
 * that a few pages are enough for all that a slot's number can name.
 */
#include "lib/time/delay_queue.h"

#include <errno.h>
#include <stdlib.h>

enum {
    PAGE_BITS = 6,
    PAGES = 25,
    WORK_AT_ONCE = 128,                              /* entries that one poll touches */
    GENERATION_MASK = PLX_SMALL ? 0xff : 0x7fffffff, /* of a slot's uses; then it begins again */
};

struct item {
    struct plx_wheel_entry filed; /* in the wheel, or in `expired` */
    struct plx_instant deadline;
    void *value;
    struct item *next_free;
    uint32_t slot, generation;
    bool used;
};

struct plx_delay_queue {
    void (*drop)(void *value);
    size_t count;
    struct item *pages[PAGES];
    uint32_t slots; /* in all pages */
    struct item *free;
    plx_delay delay;
    struct plx_wheel_link expired;
    struct plx_wheel wheel;
};

PLX_LEAF_DEFINE(plx_delay_expired)

/* ── the slab ─────────────────────────────────────────────────────────────────────────────────────────── */

static uint32_t first_slot(unsigned page)
{
    return ((1u << page) - 1) << PAGE_BITS;
}

static struct item *item_at(const struct plx_delay_queue *queue, uint32_t slot)
{
    unsigned page = (unsigned)(31 - __builtin_clz((slot >> PAGE_BITS) + 1));
    return &queue->pages[page][slot - first_slot(page)];
}

static int add_page(struct plx_delay_queue *queue)
{
    unsigned page = (unsigned)(31 - __builtin_clz((queue->slots >> PAGE_BITS) + 1));
    uint32_t size = 1u << (page + PAGE_BITS);
    struct item *items = page < PAGES ? calloc(size, sizeof *items) : NULL;
    if (!items)
        return -ENOMEM;
    queue->pages[page] = items;
    for (uint32_t i = size; i-- > 0;) {
        items[i].slot = queue->slots + i;
        items[i].next_free = queue->free;
        queue->free = &items[i];
    }
    queue->slots += size;
    return 0;
}

static struct item *take_free(struct plx_delay_queue *queue)
{
    if (!queue->free && add_page(queue))
        return NULL;
    struct item *item = queue->free;
    queue->free = item->next_free;
    item->used = true;
    queue->count++;
    return item;
}

/* The item, which is filed nowhere, makes room for another; its key means nothing any more. */
static void give_free(struct plx_delay_queue *queue, struct item *item)
{
    item->used = false;
    item->generation = (item->generation + 1) & GENERATION_MASK;
    item->next_free = queue->free;
    queue->free = item;
    queue->count--;
}

static plx_delay_key key_of(const struct item *item)
{
    return (plx_delay_key){item->slot, item->generation};
}

static struct item *find(const struct plx_delay_queue *queue, plx_delay_key key)
{
    struct item *item = key.slot < queue->slots ? item_at(queue, key.slot) : NULL;
    return item && item->used && item->generation == key.generation ? item : NULL;
}

int plx_delay_queue_new(void (*drop)(void *value), struct plx_delay_queue **out)
{
    struct plx_delay_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return -ENOMEM;
    queue->drop = drop;
    plx_ring_init(&queue->expired);
    plx_wheel_init(&queue->wheel, 0);
    *out = queue;
    return 0;
}

void plx_delay_queue_free(struct plx_delay_queue *queue)
{
    plx_delay_drop(&queue->delay);
    for (uint32_t slot = 0; queue->drop && slot < queue->slots; slot++)
        if (item_at(queue, slot)->used)
            queue->drop(item_at(queue, slot)->value);
    for (unsigned page = 0; page < PAGES; page++)
        free(queue->pages[page]);
    free(queue);
}

size_t plx_delay_queue_count(const struct plx_delay_queue *queue)
{
    return queue->count;
}

/* ── the wheel and the delay ──────────────────────────────────────────────────────────────────────────── */

/* The wheel is only turned when something is due, and may be far behind. An entry would then be put in a slot
 * that begins in the past, and wake the task for nothing. */
static void catch_up(struct plx_delay_queue *queue)
{
    struct plx_timer *timer = plx__timer_of(plx__context_current());
    if (!timer)
        return;
    uint64_t now = plx__ms_down(plx_clock_now(plx_timer_clock(timer)).ns);
    plx_wheel_catch_up(&queue->wheel, now, plx_wheel_next(&queue->wheel));
}

static void file(struct plx_delay_queue *queue, struct item *item, struct plx_instant deadline)
{
    uint64_t when = plx__ms_up(deadline.ns);
    item->deadline = deadline;
    catch_up(queue);
    if (when <= queue->wheel.elapsed)
        plx_ring_append(&queue->expired, &item->filed.link);
    else
        plx_wheel_insert(&queue->wheel, &item->filed, when);
}

/* Sets the delay to the next moment at which there is something to do: give out what has expired, or tell
 * that the queue is empty, at once; else turn the wheel. */
static void rearm(struct plx_delay_queue *queue)
{
    struct plx_instant next = {0};
    if (plx_ring_empty(&queue->expired) && queue->count > 0)
        next = (struct plx_instant){PLX_MS(plx_wheel_next(&queue->wheel))};
    if (next.ns != queue->delay.deadline.ns)
        plx_delay_reset(&queue->delay, next);
}

static struct item *next_expired(struct plx_delay_queue *queue, uint64_t now)
{
    uint32_t work = WORK_AT_ONCE;
    struct plx_wheel_entry *filed = plx_ring_first(&queue->expired);
    if (filed)
        plx_wheel_remove(&queue->wheel, filed);
    else
        filed = plx_wheel_turn(&queue->wheel, now, &work);
    return filed ? plx_container_of(filed, struct item, filed) : NULL;
}

/* ── what its user calls ──────────────────────────────────────────────────────────────────────────────── */

int plx_delay_queue_insert_at(struct plx_delay_queue *queue, void *value, struct plx_instant deadline,
                              plx_delay_key *key)
{
    struct item *item = take_free(queue);
    if (!item)
        return -ENOMEM;
    item->value = value;
    if (key)
        *key = key_of(item);
    file(queue, item, deadline);
    rearm(queue);
    return 0;
}

int plx_delay_queue_insert(struct plx_delay_queue *queue, void *value, uint64_t after, plx_delay_key *key)
{
    return plx_delay_queue_insert_at(queue, value, plx_instant_after(plx_instant_now(), after), key);
}

int plx_delay_queue_remove(struct plx_delay_queue *queue, plx_delay_key key, void **value)
{
    struct item *item = find(queue, key);
    if (!item)
        return -ENOENT;
    *value = item->value;
    plx_wheel_remove(&queue->wheel, &item->filed);
    give_free(queue, item);
    rearm(queue);
    return 0;
}

int plx_delay_queue_reset_at(struct plx_delay_queue *queue, plx_delay_key key, struct plx_instant deadline)
{
    struct item *item = find(queue, key);
    if (!item)
        return -ENOENT;
    plx_wheel_remove(&queue->wheel, &item->filed);
    file(queue, item, deadline);
    rearm(queue);
    return 0;
}

int plx_delay_queue_reset(struct plx_delay_queue *queue, plx_delay_key key, uint64_t after)
{
    return plx_delay_queue_reset_at(queue, key, plx_instant_after(plx_instant_now(), after));
}

int plx_delay_queue_deadline(const struct plx_delay_queue *queue, plx_delay_key key,
                             struct plx_instant *deadline)
{
    struct item *item = find(queue, key);
    if (!item)
        return -ENOENT;
    *deadline = item->deadline;
    return 0;
}

/* ── the stream ───────────────────────────────────────────────────────────────────────────────────────── */

static enum plx_answer give_out(struct plx_delay_queue *queue, struct item *item, plx_delay_expired_item *out)
{
    *out = (plx_delay_expired_item){item->value, key_of(item), item->deadline, false};
    give_free(queue, item);
    return PLX_READY;
}

/*     empty                                     → Ready(end)
 *     something has expired                     → Ready(it)
 *     the delay until the wheel is to be turned   NotReady → NotReady
 *                                                 Failed(e) → Failed(e)
 *                                                 Ready     → again; with too much to do at once it yields
 */
enum plx_answer plx_delay_expired_poll(plx_delay_expired *self, plx_context *cx, plx_delay_expired_item *out)
{
    struct plx_delay_queue *queue = self->queue;
    struct plx_timer *timer = plx__timer_of(cx);

    if (!timer)
        return plx_fail(cx, -ENOTCONN);
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    if (queue->count == 0) {
        *out = (plx_delay_expired_item){.end = true};
        return PLX_READY;
    }
    struct item *item = next_expired(queue, plx__ms_down(plx_clock_now(plx_timer_clock(timer)).ns));
    if (item) {
        plx_budget_spend(cx);
        return give_out(queue, item, out);
    }
    rearm(queue);
    enum plx_answer answer = plx__delay_poll(&queue->delay, cx);
    if (answer != PLX_READY)
        return answer;
    plx_context_yield(cx);
    return PLX_NOT_READY;
}

void plx_delay_expired_drop(plx_delay_expired *self)
{
    (void)self;
}
