/* SPDX-License-Identifier: MIT
 *
 * Polls: a worker takes up a task, the poll goes in and in, answers come out.
 *
 * The futures being polled form a stack through `caller`, the innermost is task->top; a future is on it
 * exactly while its state is POLLING. A worker that polls a task from within the poll of another (a task of a
 * local set, a nested block_on) remembers the outer one in task->outer. When the outermost future has
 * answered NotReady, or the task has ended, the poll is over. When the thread hands its worker on to another,
 * its polls move along.
 */
#include "viz/replay/apply.h"

#define SET(place, value) PLX__SET(&stage->journal, place, value)

/* A subtree this large is not renewed: real chains are far smaller, and a hostile trace shall not be slow. */
#define RENEW_MAX 1024

/* ── the stack of futures ── */

static void pop_top(struct plx__stage *stage, struct plx_seen_task *task)
{
    struct plx_seen_future *future = &stage->state.future[task->top];
    SET(task->top, future->caller);
    SET(future->caller, PLX_NONE);
}

/* Takes the futures above `until` off the stack. They never answered: their state is the answer before. */
static void unwind(struct plx__stage *stage, struct plx_seen_task *task, uint32_t until)
{
    while (task->top != until && task->top != PLX_NONE) {
        struct plx_seen_future *future = &stage->state.future[task->top];
        pop_top(stage, task);
        SET(future->state, future->answer);
    }
}

/* ── who polls which task ── */

/* The task's poll is over: its actor goes on with the task that this poll interrupted. */
static void leave(struct plx__stage *stage, uint32_t index)
{
    struct plx_state *state = &stage->state;
    struct plx_seen_task *task = &state->task[index];
    if (task->actor == PLX_NONE)
        return;

    struct plx_seen_actor *actor = &state->actor[task->actor];
    uint32_t *link = &actor->task;
    while (*link != index && *link != PLX_NONE)
        link = &state->task[*link].outer;
    if (*link == index)
        SET(*link, task->outer);
    if (actor->task == PLX_NONE)
        SET(actor->state, PLX_SEEN_ACTOR_IDLE);
    SET(task->outer, PLX_NONE);
    SET(task->actor, PLX_NONE);
    SET(task->blocking, 0);
    SET(task->state,
        task->notified || task->where != PLX_NOWHERE ? PLX_SEEN_TASK_QUEUED : PLX_SEEN_TASK_IDLE);
}

void plx__move_polls(struct plx__stage *stage, uint32_t from, uint32_t to)
{
    struct plx_state *state = &stage->state;
    struct plx_seen_actor *actor = &state->actor[to];
    uint32_t innermost = state->actor[from].task, last = innermost;
    if (innermost == PLX_NONE || from == to)
        return;
    for (uint32_t i = innermost; i != PLX_NONE; i = state->task[i].outer) {
        SET(state->task[i].actor, to);
        last = i;
    }
    SET(state->task[last].outer, actor->task);
    SET(actor->task, innermost);
    SET(actor->state, PLX_SEEN_ACTOR_POLLS);
    SET(state->actor[from].task, PLX_NONE);
    SET(state->actor[from].state, PLX_SEEN_ACTOR_IDLE);
}

static void enter(struct plx__stage *stage, uint32_t index, uint32_t by)
{
    struct plx_seen_task *task = &stage->state.task[index];
    struct plx_seen_actor *actor = &stage->state.actor[by];

    plx__waits_anew(stage, index);

    SET(task->outer, actor->task);
    SET(actor->task, index);
    SET(actor->state, PLX_SEEN_ACTOR_POLLS);
    SET(actor->polls, actor->polls + 1);
    SET(task->actor, by);
    SET(task->state, PLX_SEEN_TASK_POLLED);
    SET(task->notified, false);
    SET(task->polls, task->polls + 1);
}

/* ── tasks ── */

static void spawn(struct plx__stage *stage, const struct plx_event *event, struct plx_seen_task *task)
{
    if (task->shape != 0 || task->state == PLX_SEEN_TASK_ENDED)
        plx__odd(stage, PLX__ODD_SPAWN, event);
    SET(task->shape, event->as_spawn.shape);
    if (task->state == PLX_SEEN_TASK_UNBORN)
        SET(task->state, PLX_SEEN_TASK_IDLE);
}

static void task_poll(struct plx__stage *stage, const struct plx_event *event, uint32_t actor, uint32_t index)
{
    struct plx_seen_task *task = &stage->state.task[index];
    if (task->where != PLX_NOWHERE)
        plx__odd(stage, PLX__ODD_POLL_QUEUED, event);
    if (task->state == PLX_SEEN_TASK_POLLED)
        plx__odd(stage, PLX__ODD_POLL_TWICE, event);
    if (task->state == PLX_SEEN_TASK_ENDED)
        plx__odd(stage, PLX__ODD_AFTER_END, event);
    plx__dequeue(stage, index);
    unwind(stage, task, PLX_NONE);
    leave(stage, index);
    enter(stage, index, actor);
}

static void task_end(struct plx__stage *stage, const struct plx_event *event, uint32_t index)
{
    struct plx_seen_task *task = &stage->state.task[index];
    if (task->state == PLX_SEEN_TASK_ENDED)
        plx__odd(stage, PLX__ODD_AFTER_END, event);
    plx__dequeue(stage, index);
    unwind(stage, task, PLX_NONE);
    leave(stage, index);
    SET(task->notified, false);
    SET(task->state, PLX_SEEN_TASK_ENDED);
    SET(task->ending, event->as_task_end.how);
}

void plx__apply_task(struct plx__stage *stage, const struct plx_event *event, uint32_t actor, uint32_t index)
{
    struct plx_seen_task *task = &stage->state.task[index];
    switch (event->kind) {
    case PLX_EV_spawn:
        spawn(stage, event, task);
        break;
    case PLX_EV_task_name:
        SET(task->name, event->as_task_name.name);
        break;
    case PLX_EV_task_poll:
        task_poll(stage, event, actor, index);
        break;
    case PLX_EV_task_end:
        task_end(stage, event, index);
        break;
    default:
        break;
    }
}

/* ── futures ── */

static void renew(struct plx__stage *stage, struct plx_seen_future *future)
{
    SET(future->state, PLX_SEEN_FUTURE_LATER);
    SET(future->answer, PLX_SEEN_FUTURE_LATER);
    SET(future->before, PLX_SEEN_FUTURE_LATER);
    SET(future->dropped, false);
    SET(future->polls, 0);
    SET(future->graft_shape, 0);
    SET(future->graft_first, 0);
    SET(future->code, 0);
    SET(future->value, NULL);
    SET(future->detail, NULL);
    SET(future->label, NULL);
}

/* The index of the task's first future whose number is at least `number`. */
static uint32_t lower_bound(const struct plx_state *state, const struct plx_seen_task *task, uint64_t number)
{
    uint32_t low = task->first, high = task->first + task->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (state->future[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Futures first, first + 1 … first + nodes - 1 of the task are to begin anew. */
static void renew_range(struct plx__stage *stage, const struct plx_seen_task *task, uint32_t first,
                        uint32_t nodes)
{
    const struct plx_state *state = &stage->state;
    uint32_t from = lower_bound(state, task, first), to = lower_bound(state, task, (uint64_t)first + nodes);
    if (to - from > RENEW_MAX)
        return;
    for (uint32_t i = from; i < to; i++)
        if (state->future[i].state != PLX_SEEN_FUTURE_POLLING)
            renew(stage, &state->future[i]);
}

static bool is_over(const struct plx_seen_future *future)
{
    return future->dropped || future->answer == PLX_SEEN_FUTURE_READY ||
           future->answer == PLX_SEEN_FUTURE_FAILED;
}

/* A future that is polled again after its end is a new one in the same place (the body of a loop), or a
 * stream, which answers many times. In both cases all inside it begins anew. */
static void begin_anew(struct plx__stage *stage, const struct plx_seen_task *task,
                       struct plx_seen_future *future, uint32_t shape)
{
    renew_range(stage, task, future->number + 1, plx__index_shape(stage->index, shape)->nodes - 1);
    if (future->dropped)
        renew(stage, future);
}

static void poll(struct plx__stage *stage, const struct plx_event *event, uint32_t actor,
                 struct plx_seen_task *task, uint32_t index)
{
    const struct plx_ev_poll *poll = &event->as_poll;
    struct plx_seen_future *future = &stage->state.future[index];

    if (task->state == PLX_SEEN_TASK_POLLED && task->actor != actor)
        plx__odd(stage, PLX__ODD_ELSEWHERE, event);
    if (future->state == PLX_SEEN_FUTURE_POLLING) {
        plx__odd(stage, PLX__ODD_FUTURE_TWICE, event);
        unwind(stage, task, future->caller);
    }
    if (is_over(future))
        begin_anew(stage, task, future, poll->shape);
    SET(future->shape, poll->shape);
    SET(future->parent, poll->parent);
    SET(future->before, future->answer);
    SET(future->state, PLX_SEEN_FUTURE_POLLING);
    SET(future->polls, future->polls + 1);
    SET(future->value, NULL);
    SET(future->caller, task->top);
    SET(task->top, index);
}

static void answer(struct plx__stage *stage, const struct plx_event *event, uint32_t of, uint32_t index,
                   uint8_t what)
{
    struct plx_seen_task *task = &stage->state.task[of];
    struct plx_seen_future *future = &stage->state.future[index];

    if (task->top != index)
        plx__odd(stage, PLX__ODD_ANSWER, event);
    bool asked = future->state == PLX_SEEN_FUTURE_POLLING;
    if (asked) {
        unwind(stage, task, index);
        pop_top(stage, task);
    }
    SET(future->state, what);
    SET(future->answer, what);
    if (asked && task->top == PLX_NONE && what == PLX_SEEN_FUTURE_NOT_READY)
        leave(stage, of);
}

static void drop(struct plx__stage *stage, struct plx_seen_task *task, uint32_t index)
{
    struct plx_seen_future *future = &stage->state.future[index];
    if (future->state == PLX_SEEN_FUTURE_POLLING) {
        unwind(stage, task, index);
        pop_top(stage, task);
    }
    /* One that has answered is dropped as a matter of course: its answer stays to be seen. */
    if (future->state != PLX_SEEN_FUTURE_READY && future->state != PLX_SEEN_FUTURE_FAILED)
        SET(future->state, PLX_SEEN_FUTURE_DROPPED);
    SET(future->dropped, true);
}

static void graft(struct plx__stage *stage, const struct plx_event *event, const struct plx_seen_task *task,
                  struct plx_seen_future *future)
{
    const struct plx_ev_graft *graft = &event->as_graft;
    SET(future->graft_shape, graft->shape);
    SET(future->graft_first, graft->first);
    renew_range(stage, task, graft->first, plx__index_shape(stage->index, graft->shape)->nodes);
}

void plx__apply_future(struct plx__stage *stage, const struct plx_event *event, uint32_t actor, uint32_t of)
{
    struct plx_seen_task *task = &stage->state.task[of];
    const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, "future");
    uint32_t number = *(const uint32_t *)plx_event_field(event, field);
    uint32_t index = plx__index_future(stage->index, of, number);
    struct plx_seen_future *future = &stage->state.future[index];

    switch (event->kind) {
    case PLX_EV_poll:
        poll(stage, event, actor, task, index);
        break;
    case PLX_EV_not_ready:
        SET(future->detail, event->as_not_ready.detail);
        answer(stage, event, of, index, PLX_SEEN_FUTURE_NOT_READY);
        break;
    case PLX_EV_ready:
        SET(future->value, event->as_ready.value);
        answer(stage, event, of, index, PLX_SEEN_FUTURE_READY);
        break;
    case PLX_EV_failed:
        SET(future->value, event->as_failed.error);
        SET(future->code, event->as_failed.code);
        answer(stage, event, of, index, PLX_SEEN_FUTURE_FAILED);
        break;
    case PLX_EV_drop:
        drop(stage, task, index);
        break;
    case PLX_EV_label:
        SET(future->label, event->as_label.text);
        break;
    case PLX_EV_graft:
        graft(stage, event, task, future);
        break;
    default:
        break;
    }
}
