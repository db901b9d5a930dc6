/* SPDX-License-Identifier: MIT
 *
 * What tasks wait for besides files: timers, channels and locks, and leave to block.
 *
 * A timer is its task's until it fires or is cancelled. That a task waits for a channel or a lock is told
 * anew in every poll that finds it wanting, so with a new poll all that is forgotten. A task remembers the
 * newest few of each, for its row on the screen; the timers know their tasks too.
 */
#include "viz/replay/apply.h"

#define SET(place, value) PLX__SET(&stage->journal, place, value)

/* ── the few that a task remembers: the newest first, none twice ── */

static void forget(struct plx__stage *stage, uint32_t *few, uint32_t index)
{
    int to = 0;
    for (int from = 0; from < PLX_SEEN_WAITS; from++)
        if (few[from] != index && few[from] != PLX_NONE) {
            SET(few[to], few[from]);
            to++;
        }
    while (to < PLX_SEEN_WAITS) {
        SET(few[to], PLX_NONE);
        to++;
    }
}

static void remember(struct plx__stage *stage, uint32_t *few, uint32_t index)
{
    forget(stage, few, index);
    for (int i = PLX_SEEN_WAITS - 1; i > 0; i--)
        SET(few[i], few[i - 1]);
    SET(few[0], index);
}

void plx__waits_anew(struct plx__stage *stage, uint32_t index)
{
    struct plx_seen_task *task = &stage->state.task[index];
    for (int i = 0; i < PLX_SEEN_WAITS; i++)
        SET(task->object[i], PLX_NONE);
    SET(task->may_not_block, false);
}

/* ── timers ── */

static void timer_ends(struct plx__stage *stage, uint32_t index, enum plx_seen_timer_state how)
{
    struct plx_seen_timer *timer = &stage->state.timer[index];
    if (timer->task != PLX_NONE)
        forget(stage, stage->state.task[timer->task].timer, index);
    SET(timer->state, how);
}

/* Set again, by whomever, it is a new timer. */
static void timer_set(struct plx__stage *stage, const struct plx_ev_timer_set *set, uint32_t index,
                      uint32_t task)
{
    struct plx_seen_timer *timer = &stage->state.timer[index];
    timer_ends(stage, index, PLX_SEEN_TIMER_SET);
    SET(timer->task, task);
    SET(timer->deadline_ms, set->deadline_ms);
    SET(timer->worker, set->worker);
    SET(timer->level, set->level);
    SET(timer->slot, set->slot);
    if (task != PLX_NONE)
        remember(stage, stage->state.task[task].timer, index);
}

static void timer_comes_down(struct plx__stage *stage, const struct plx_ev_timer_cascade *cascade,
                             struct plx_seen_timer *timer)
{
    SET(timer->level, cascade->level);
    SET(timer->slot, cascade->slot);
}

static void apply_clock(struct plx__stage *stage, const struct plx_event *event)
{
    struct plx_globals *globals = stage->state.globals;
    if (event->kind == PLX_EV_clock)
        SET(globals->clock_ms, event->as_clock.now_ms);
    else if (event->kind == PLX_EV_timer_set)
        SET(globals->clock_ms, event->as_timer_set.now_ms);
    else if (event->kind == PLX_EV_timer_fire && event->as_timer_fire.deadline_ms > globals->clock_ms)
        SET(globals->clock_ms, event->as_timer_fire.deadline_ms);
}

void plx__apply_timer(struct plx__stage *stage, const struct plx_event *event, uint32_t task)
{
    const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, "timer");
    uint64_t id = field ? *(const uint64_t *)plx_event_field(event, field) : 0;
    uint32_t index = plx__map_find(&stage->index->timers.map, id);

    apply_clock(stage, event);
    if (index == UINT32_MAX)
        return;
    switch (event->kind) {
    case PLX_EV_timer_set:
        timer_set(stage, &event->as_timer_set, index, task);
        break;
    case PLX_EV_timer_cascade:
        timer_comes_down(stage, &event->as_timer_cascade, &stage->state.timer[index]);
        break;
    case PLX_EV_timer_fire:
        if (stage->state.timer[index].state != PLX_SEEN_TIMER_SET)
            plx__odd(stage, PLX__ODD_TIMER, event);
        timer_ends(stage, index, PLX_SEEN_TIMER_FIRED);
        break;
    case PLX_EV_timer_cancel:
        timer_ends(stage, index, PLX_SEEN_TIMER_CANCELLED);
        break;
    default:
        break;
    }
}

/* ── blocking sections ── */

/* The thread tells it that was, or becomes, the worker. */
static void change_hands(struct plx__stage *stage, const struct plx_event *event, uint32_t thread)
{
    bool away = event->kind == PLX_EV_hand_off;
    uint32_t number = away ? event->as_hand_off.worker : event->as_take_over.worker;
    uint32_t worker = plx__index_worker(stage->index, number);
    if (worker == PLX_NONE)
        return;
    struct plx_seen_actor *actor = &stage->state.actor[worker];
    plx__move_polls(stage, away ? worker : thread, away ? thread : worker);
    if (away)
        SET(actor->state, PLX_SEEN_ACTOR_HANDED_ON);
    else if (actor->task == PLX_NONE)
        SET(actor->state, PLX_SEEN_ACTOR_IDLE);
}

static void apply_section(struct plx__stage *stage, const struct plx_event *event, struct plx_seen_task *task)
{
    switch (event->kind) {
    case PLX_EV_blocking_wait:
        SET(task->may_not_block, true);
        break;
    case PLX_EV_blocking_enter:
        SET(task->may_not_block, false);
        SET(task->blocking, task->blocking + 1);
        break;
    case PLX_EV_blocking_leave:
        if (task->blocking > 0)
            SET(task->blocking, task->blocking - 1);
        break;
    default:
        break;
    }
}

void plx__apply_blocking(struct plx__stage *stage, const struct plx_event *event, uint32_t actor,
                         uint32_t task)
{
    switch (event->kind) {
    case PLX_EV_hand_off:
    case PLX_EV_take_over:
        change_hands(stage, event, actor);
        break;
    case PLX_EV_pool_thread_stop:
        SET(stage->state.actor[actor].state, PLX_SEEN_ACTOR_STOPPED);
        break;
    default:
        if (task != PLX_NONE)
            apply_section(stage, event, &stage->state.task[task]);
    }
}

/* ── channels and locks ── */

static void apply_object(struct plx__stage *stage, const struct plx_event *event,
                         struct plx_seen_object *object)
{
    switch (event->kind) {
    case PLX_EV_sync_new:
        SET(object->kind, event->as_sync_new.kind);
        SET(object->capacity, event->as_sync_new.capacity);
        break;
    case PLX_EV_send:
        SET(object->length, event->as_send.length);
        break;
    case PLX_EV_receive:
        SET(object->length, event->as_receive.length);
        break;
    case PLX_EV_close:
        SET(object->closed, true);
        break;
    default:
        break;
    }
}

void plx__apply_sync(struct plx__stage *stage, const struct plx_event *event, uint32_t task)
{
    const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, "object");
    uint32_t index = plx__map_find(&stage->index->objects.map,
                                   *(const uint64_t *)plx_event_field(event, field));
    if (index == UINT32_MAX)
        return;
    apply_object(stage, event, &stage->state.object[index]);
    if (task == PLX_NONE)
        return;
    uint32_t *waits = stage->state.task[task].object;
    if (event->kind == PLX_EV_sync_wait)
        remember(stage, waits, index);
    else if (event->kind != PLX_EV_lock_release)
        forget(stage, waits, index);
}
