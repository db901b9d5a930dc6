/* SPDX-License-Identifier: MIT
 *
 * Queues: a task is in at most one of them, the deque or the LIFO slot of a worker, the global queue or that
 * of the jobs for the blocking pool; all but the slots run through the tasks as doubly linked lists. So
 * every move takes constant time.
 */
#include "viz/replay/apply.h"

#define SET(place, value) PLX__SET(&stage->journal, place, value)

static struct plx_seen_queue *queue_of(struct plx__stage *stage, const struct plx_seen_task *task)
{
    return task->where == PLX_IN_GLOBAL     ? &stage->state.globals->global
           : task->where == PLX_IN_BLOCKING ? &stage->state.globals->jobs
                                            : &stage->state.actor[task->owner].deque;
}

static bool is_everybodys(enum plx_where where)
{
    return where == PLX_IN_GLOBAL || where == PLX_IN_BLOCKING;
}

static void unlink_task(struct plx__stage *stage, const struct plx_seen_task *task)
{
    struct plx_state *state = &stage->state;
    struct plx_seen_queue *queue = queue_of(stage, task);

    if (task->prev == PLX_NONE)
        SET(queue->head, task->next);
    else
        SET(state->task[task->prev].next, task->next);
    if (task->next == PLX_NONE)
        SET(queue->tail, task->prev);
    else
        SET(state->task[task->next].prev, task->prev);
    SET(queue->count, queue->count - 1);
}

void plx__dequeue(struct plx__stage *stage, uint32_t index)
{
    struct plx_seen_task *task = &stage->state.task[index];
    if (task->where == PLX_NOWHERE)
        return;
    if (task->where == PLX_IN_LIFO)
        SET(stage->state.actor[task->owner].lifo, PLX_NONE);
    else
        unlink_task(stage, task);
    SET(task->next, PLX_NONE);
    SET(task->prev, PLX_NONE);
    SET(task->owner, PLX_NONE);
    SET(task->where, PLX_NOWHERE);
    SET(task->stolen, false);
}

static void append(struct plx__stage *stage, uint32_t index, enum plx_where where, uint32_t owner)
{
    struct plx_state *state = &stage->state;
    struct plx_seen_task *task = &state->task[index];

    SET(task->where, where);
    SET(task->owner, owner);
    struct plx_seen_queue *queue = queue_of(stage, task);
    SET(task->prev, queue->tail);
    if (queue->tail == PLX_NONE)
        SET(queue->head, index);
    else
        SET(state->task[queue->tail].next, index);
    SET(queue->tail, index);
    SET(queue->count, queue->count + 1);
}

static void enqueue(struct plx__stage *stage, uint32_t index, enum plx_where where, uint32_t owner)
{
    struct plx_seen_task *task = &stage->state.task[index];
    if (where != PLX_IN_LIFO) {
        append(stage, index, where, is_everybodys(where) ? PLX_NONE : owner);
    } else {
        /* The slot holds one task: the older one goes to the deque. */
        uint32_t older = stage->state.actor[owner].lifo;
        if (older != PLX_NONE) {
            plx__dequeue(stage, older);
            append(stage, older, PLX_IN_LOCAL, owner);
        }
        SET(stage->state.actor[owner].lifo, index);
        SET(task->where, PLX_IN_LIFO);
        SET(task->owner, owner);
    }
    if (task->state != PLX_SEEN_TASK_POLLED && task->state != PLX_SEEN_TASK_ENDED)
        SET(task->state, PLX_SEEN_TASK_QUEUED);
}

static enum plx_where where_of(uint32_t word)
{
    static const enum plx_where where[] = {
        [PLX_WORD_LOCAL] = PLX_IN_LOCAL,
        [PLX_WORD_LIFO] = PLX_IN_LIFO,
        [PLX_WORD_GLOBAL] = PLX_IN_GLOBAL,
        [PLX_WORD_BLOCKING] = PLX_IN_BLOCKING,
    };
    return where[word];
}

static void push(struct plx__stage *stage, const struct plx_event *event, uint32_t index)
{
    struct plx_seen_task *task = &stage->state.task[index];
    enum plx_where where = where_of(event->as_push.queue);
    uint32_t owner = is_everybodys(where) ? PLX_NONE : plx__index_worker(stage->index, event->as_push.worker);

    /* From the LIFO slot to the deque of the same worker is an ordinary move. */
    if (task->where != PLX_NOWHERE && task->owner != owner)
        plx__odd(stage, PLX__ODD_QUEUED, event);
    if (task->state == PLX_SEEN_TASK_ENDED)
        plx__odd(stage, PLX__ODD_AFTER_END, event);
    plx__dequeue(stage, index);
    enqueue(stage, index, where, owner);
}

static void pop(struct plx__stage *stage, const struct plx_event *event, uint32_t actor, uint32_t index)
{
    const struct plx_seen_task *task = &stage->state.task[index];
    enum plx_where where = where_of(event->as_pop.queue);

    /* One that was cancelled while it was queued is taken out some time later. */
    if (task->state == PLX_SEEN_TASK_ENDED && task->where == PLX_NOWHERE)
        return;
    if (task->where != where || (!is_everybodys(where) && task->owner != actor))
        plx__odd(stage, PLX__ODD_POP, event);
    plx__dequeue(stage, index);
}

static void steal(struct plx__stage *stage, const struct plx_event *event, uint32_t thief, uint32_t index)
{
    struct plx_seen_task *task = &stage->state.task[index];
    struct plx_seen_actor *actor = &stage->state.actor[thief];
    uint32_t victim = plx__index_worker(stage->index, event->as_steal.victim);

    if (task->owner != victim || task->where == PLX_NOWHERE)
        plx__odd(stage, PLX__ODD_STEAL, event);
    if (actor->stolen == 0)
        SET(actor->steals, actor->steals + 1);
    SET(actor->stolen, actor->stolen + 1);
    plx__dequeue(stage, index);
    enqueue(stage, index, PLX_IN_LOCAL, thief);
    SET(task->stolen, true);
}

static void overflow(struct plx__stage *stage, const struct plx_event *event, uint32_t index)
{
    const struct plx_seen_task *task = &stage->state.task[index];
    uint32_t worker = plx__index_worker(stage->index, event->as_overflow.worker);

    if (task->where != PLX_NOWHERE && task->owner != worker)
        plx__odd(stage, PLX__ODD_OVERFLOW, event);
    plx__dequeue(stage, index);
    enqueue(stage, index, PLX_IN_GLOBAL, PLX_NONE);
}

void plx__apply_queue(struct plx__stage *stage, const struct plx_event *event, uint32_t actor, uint32_t task)
{
    switch (event->kind) {
    case PLX_EV_push:
        push(stage, event, task);
        break;
    case PLX_EV_pop:
        pop(stage, event, actor, task);
        break;
    case PLX_EV_steal:
        steal(stage, event, actor, task);
        break;
    case PLX_EV_overflow:
        overflow(stage, event, task);
        break;
    default:
        break;
    }
}
