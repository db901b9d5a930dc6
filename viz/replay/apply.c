/* SPDX-License-Identifier: MIT
 *
 * Applying an event: finds whom it is about and what changes. Tasks and futures are in polls.c, queues in
 * queues.c, timers, blocking sections, channels and locks in waits.c; here are notify, the workers, the
 * reactor and the runtimes.
 *
 * An event that names nothing known (task 0) changes nothing.
 */
#include "viz/replay/apply.h"

#define SET(place, value) PLX__SET(&stage->journal, place, value)

void plx__odd(struct plx__stage *stage, enum plx__odd which, const struct plx_event *event)
{
    if (!stage->odd)
        return;
    struct plx__odds *odd = &stage->odd[which];
    if (odd->count++ == 0) {
        odd->line = event->line;
        odd->task = event->task;
    }
}

/* ── notify ── */

static void no_longer_waits(struct plx__stage *stage, uint64_t token, uint32_t task)
{
    uint32_t i = plx__map_find(&stage->index->sources.map, token);
    if (i == UINT32_MAX)
        return;
    struct plx_seen_source *source = &stage->state.source[i];
    if (source->reader == task && source->ready & (PLX_FLAG_READ | PLX_FLAG_READ_CLOSED | PLX_FLAG_ERROR))
        SET(source->reader, PLX_NONE);
    if (source->writer == task && source->ready & (PLX_FLAG_WRITE | PLX_FLAG_WRITE_CLOSED | PLX_FLAG_ERROR))
        SET(source->writer, PLX_NONE);
}

static void notify(struct plx__stage *stage, const struct plx_ev_notify *notify, uint32_t index)
{
    if (index == PLX_NONE)
        return;
    struct plx_seen_task *task = &stage->state.task[index];
    if (notify->cause == PLX_WORD_BY_IO)
        no_longer_waits(stage, notify->by, index);
    /* While it is polled, a notify is called coalesced, and means that it is polled once more. */
    if (task->state == PLX_SEEN_TASK_POLLED && notify->outcome != PLX_WORD_TOO_LATE)
        SET(task->notified, true);
    else if (task->state != PLX_SEEN_TASK_ENDED && notify->outcome == PLX_WORD_SCHEDULED)
        SET(task->state, PLX_SEEN_TASK_QUEUED);
}

/* ── workers ── */

static void set_worker(struct plx__stage *stage, uint32_t worker, enum plx_seen_actor_state state)
{
    uint32_t i = plx__index_worker(stage->index, worker);
    if (i == PLX_NONE)
        return;
    struct plx_seen_actor *actor = &stage->state.actor[i];
    if (state == PLX_SEEN_ACTOR_PARKED)
        SET(actor->parks, actor->parks + 1);
    SET(actor->state, state);
}

static void apply_worker(struct plx__stage *stage, const struct plx_event *event,
                         struct plx_seen_actor *actor)
{
    switch (event->kind) {
    case PLX_EV_worker_start:
        SET(actor->state, PLX_SEEN_ACTOR_IDLE);
        break;
    case PLX_EV_worker_stop:
        SET(actor->state, PLX_SEEN_ACTOR_STOPPED);
        break;
    case PLX_EV_search:
        set_worker(stage, event->as_search.worker, PLX_SEEN_ACTOR_SEARCHES);
        break;
    case PLX_EV_park:
        set_worker(stage, event->as_park.worker, PLX_SEEN_ACTOR_PARKED);
        break;
    case PLX_EV_wake:
        set_worker(stage, event->as_wake.worker, PLX_SEEN_ACTOR_IDLE);
        break;
    case PLX_EV_turn_start:
        SET(actor->state, PLX_SEEN_ACTOR_TURNS);
        break;
    case PLX_EV_turn_end:
        SET(actor->state, actor->task == PLX_NONE ? PLX_SEEN_ACTOR_IDLE : PLX_SEEN_ACTOR_POLLS);
        break;
    default:
        break;
    }
}

/* ── the reactor's rows ── */

static void set_source(struct plx__stage *stage, struct plx_seen_source *source, bool registered)
{
    SET(source->registered, registered);
    SET(source->ready, 0);
    SET(source->reader, PLX_NONE);
    SET(source->writer, PLX_NONE);
}

static void wait(struct plx__stage *stage, const struct plx_ev_wait *wait, struct plx_seen_source *source,
                 uint32_t task)
{
    /* Whoever waits has just seen that the operation would block. */
    if (wait->direction == PLX_WORD_READ) {
        SET(source->reader, task);
        SET(source->ready, (uint8_t)(source->ready & ~PLX_FLAG_READ));
    } else {
        SET(source->writer, task);
        SET(source->ready, (uint8_t)(source->ready & ~PLX_FLAG_WRITE));
    }
}

static void apply_source(struct plx__stage *stage, const struct plx_event *event, uint32_t task)
{
    uint32_t i = plx__map_find(&stage->index->sources.map, plx_event_token(event));
    if (i == UINT32_MAX)
        return;
    struct plx_seen_source *source = &stage->state.source[i];
    switch (event->kind) {
    case PLX_EV_register:
        set_source(stage, source, true);
        SET(source->fd, event->as_register.fd);
        SET(source->what, event->as_register.what);
        break;
    case PLX_EV_wait:
        wait(stage, &event->as_wait, source, task);
        break;
    case PLX_EV_io_ready:
        SET(source->ready, (uint8_t)(source->ready | event->as_io_ready.ready));
        break;
    case PLX_EV_deregister:
        set_source(stage, source, false);
        break;
    default:
        break;
    }
}

/* ── runtimes ── */

static void apply_runtime(struct plx__stage *stage, const struct plx_event *event)
{
    const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, "runtime");
    uint64_t id = field ? *(const uint64_t *)plx_event_field(event, field) : 0;
    uint32_t i = plx__map_find(&stage->index->runtimes.map, id);

    if (event->kind == PLX_EV_lost)
        SET(stage->state.globals->lost, stage->state.globals->lost + event->as_lost.count);
    if (i == UINT32_MAX)
        return;
    struct plx_seen_runtime *runtime = &stage->state.runtime[i];
    if (event->kind == PLX_EV_runtime_start) {
        SET(runtime->kind, event->as_runtime_start.kind);
        SET(runtime->first_worker, event->as_runtime_start.first_worker);
        SET(runtime->workers, event->as_runtime_start.workers);
    }
    SET(runtime->state, event->kind == PLX_EV_runtime_start      ? PLX_SEEN_RUNTIME_RUNS
                        : event->kind == PLX_EV_runtime_shutdown ? PLX_SEEN_RUNTIME_STOPS
                                                                 : PLX_SEEN_RUNTIME_STOPPED);
}

/* ── all ── */

/* Whoever tells something is there, and a run of steals ends with any other event. */
static void begin_event(struct plx__stage *stage, const struct plx_event *event, struct plx_seen_actor *actor)
{
    if (actor->state == PLX_SEEN_ACTOR_UNBORN)
        SET(actor->state, PLX_SEEN_ACTOR_IDLE);
    if (actor->stolen && event->kind != PLX_EV_steal)
        SET(actor->stolen, 0);
    if (event->task)
        SET(stage->state.globals->task, event->task);
}

void plx__apply(struct plx__stage *stage, const struct plx_event *event)
{
    uint32_t actor = plx__index_actor(stage->index, event), task = plx__index_task(stage->index, event->task);
    if (actor == PLX_NONE)
        return;
    begin_event(stage, event, &stage->state.actor[actor]);

    switch (plx_kind_info((enum plx_kind)event->kind).group) {
    case PLX_GROUP_task:
        if (task != PLX_NONE)
            plx__apply_task(stage, event, actor, task);
        break;
    case PLX_GROUP_future:
        if (task != PLX_NONE)
            plx__apply_future(stage, event, actor, task);
        break;
    case PLX_GROUP_queue:
        if (task != PLX_NONE)
            plx__apply_queue(stage, event, actor, task);
        break;
    case PLX_GROUP_notify:
        if (event->kind == PLX_EV_notify)
            notify(stage, &event->as_notify, task);
        break;
    case PLX_GROUP_worker:
        apply_worker(stage, event, &stage->state.actor[actor]);
        break;
    case PLX_GROUP_reactor:
        apply_worker(stage, event, &stage->state.actor[actor]);
        apply_source(stage, event, task);
        break;
    case PLX_GROUP_timer:
        plx__apply_timer(stage, event, task);
        break;
    case PLX_GROUP_blocking:
        plx__apply_blocking(stage, event, actor, task);
        break;
    case PLX_GROUP_sync:
        plx__apply_sync(stage, event, task);
        break;
    case PLX_GROUP_runtime:
        apply_runtime(stage, event);
        break;
    default:
        break;
    }
}
