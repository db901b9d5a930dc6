/* SPDX-License-Identifier: MIT
 *
 * The chain: a task's futures as nested boxes.
 *
 * The shape of the task gives the tree, so boxes of second stages that do not exist yet are there too; the
 * world gives their states. A future without a known shape shows what it was seen to poll. A hostile trace
 * can tell of a tree with billions of boxes, or of one nested without end: only so many are made, only so
 * deep.
 */
#include "viz/view/make.h"

#include <string.h>

#define BOXES_MAX 2048
#define DEPTH_MAX 64

struct nest {
    struct plx__maker *maker;
    const struct plx_seen_task *task;
    struct plx_view_box *box;
    int count, room;
};

/* ── one box ── */

static const char *word_of(struct plx__maker *maker, const struct plx_view_box *box)
{
    const char *format = box->sign == PLX_SIGN_READY ? "Ready(%s)" : "Failed(%s)";
    switch (box->sign) {
    case PLX_SIGN_POLL:
        return "poll";
    case PLX_SIGN_NOT_READY:
        return "NotReady";
    case PLX_SIGN_READY:
    case PLX_SIGN_FAILED:
        if (!*box->value)
            return box->sign == PLX_SIGN_READY ? "Ready" : "Failed";
        return plx__keep_format(maker, format, box->value);
    case PLX_SIGN_DROPPED:
        return "dropped";
    default:
        return "later";
    }
}

static bool has(const char *text)
{
    return text && *text;
}

/* What it is about, and how far it has come while it is not done. */
static const char *detail_of(struct plx__maker *maker, const struct plx_seen_future *future)
{
    bool under_way = future->state == PLX_SEEN_FUTURE_POLLING || future->state == PLX_SEEN_FUTURE_NOT_READY;
    if (!under_way || !has(future->detail))
        return plx__keep(maker, future->label);
    if (!has(future->label))
        return plx__keep(maker, future->detail);
    return plx__keep_format(maker, "%s, %s", future->label, future->detail);
}

static void fill_state(struct nest *nest, struct plx_view_box *box, const struct plx_seen_future *future)
{
    bool answered = future->state == PLX_SEEN_FUTURE_READY || future->state == PLX_SEEN_FUTURE_FAILED;
    box->sign = plx__sign_of_future(future->state);
    box->before = plx__sign_of_future(future->before);
    box->detail = detail_of(nest->maker, future);
    box->value = answered ? plx__keep(nest->maker, future->value) : "";
    box->on_path = future->state == PLX_SEEN_FUTURE_POLLING;
}

static void fill_box(struct nest *nest, struct plx_view_box *box, uint32_t shape,
                     const struct plx_seen_future *future)
{
    const struct plx_shape_info *info = plx_world_shape(nest->maker->world,
                                                        future && future->shape ? future->shape : shape);
    box->kind = plx__keep(nest->maker, plx__shape_kind(info));
    box->name = plx__keep(nest->maker, plx__shape_name(info));
    box->file = plx__keep(nest->maker, info->file);
    box->line = info->line > INT32_MAX ? 0 : (int)info->line;
    box->detail = box->value = "";
    if (future)
        fill_state(nest, box, future);
    box->word = word_of(nest->maker, box);
}

/* ── the tree ── */

static void add_future(struct nest *nest, uint32_t number, uint32_t shape, int parent);

static uint32_t add_children(struct nest *nest, uint32_t number, uint32_t shape, int at)
{
    const struct plx_shape_info *info = plx_world_shape(nest->maker->world, shape);
    for (uint32_t i = 0; i < info->child.count && nest->count < nest->room; i++) {
        add_future(nest, number, info->child.at[i], at);
        number += plx_world_shape(nest->maker->world, info->child.at[i])->nodes;
    }
    return info->child.count;
}

/* Futures that this one polled though no shape tells of them. Their numbers are larger, so this ends. */
static void add_strays(struct nest *nest, uint32_t number, int at)
{
    const struct plx_seen_future *future = nest->maker->state->future + nest->task->first;
    for (uint32_t i = 0; i < nest->task->count && nest->count < nest->room; i++)
        if (future[i].parent == number && future[i].number > number && future[i].polls > 0)
            add_future(nest, future[i].number, future[i].shape, at);
}

static void add_future(struct nest *nest, uint32_t number, uint32_t shape, int parent)
{
    int depth = parent < 0 ? 0 : nest->box[parent].depth + 1;
    if (nest->count >= nest->room || depth >= DEPTH_MAX)
        return;
    const struct plx_seen_future *future = plx_world_future(nest->maker->world, nest->task->id, number);
    int at = nest->count++;

    nest->box[at] = (struct plx_view_box){.future = number, .depth = depth, .parent = parent};
    fill_box(nest, &nest->box[at], shape, future);
    uint32_t children = add_children(nest, number + 1, shape, at);
    if (future && future->graft_shape && future->graft_first > number)
        add_future(nest, future->graft_first, future->graft_shape, at);
    else if (children == 0)
        add_strays(nest, number, at);
}

/* How many boxes there are; in a trace that contradicts itself there may be more, which are not shown. */
static int count_boxes(const struct plx__maker *maker, const struct plx_seen_task *task)
{
    uint64_t nodes = (uint64_t)plx_world_shape(maker->world, task->shape)->nodes + task->count;
    const struct plx_seen_future *future = maker->state->future + task->first;
    for (uint32_t i = 0; i < task->count && nodes < BOXES_MAX; i++)
        if (future[i].graft_shape)
            nodes += plx_world_shape(maker->world, future[i].graft_shape)->nodes;
    return nodes < BOXES_MAX ? (int)nodes : BOXES_MAX;
}

/* ── where the poll is ── */

static int box_of(const struct plx_view_chain *chain, uint32_t future)
{
    for (int i = 0; i < chain->count; i++)
        if (chain->boxes[i].future == future)
            return i;
    return -1;
}

/* The future that the event is about; when it is about none, the innermost that is being polled. */
static uint32_t current_future(const struct plx__maker *maker, const struct plx_seen_task *task)
{
    const struct plx_event *event = maker->event;
    if (event && event->task == task->id) {
        const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, "future");
        if (field)
            return *(const uint32_t *)plx_event_field(event, field);
    }
    return task->top == PLX_NONE ? 0 : maker->state->future[task->top].number;
}

static void mark_current(struct plx_view_chain *chain, uint32_t future)
{
    int at = future ? box_of(chain, future) : -1;
    if (at < 0)
        return;
    chain->boxes[at].current = true;
    chain->boxes[at].on_path = true;
}

static void set_motion(struct plx__maker *maker, struct plx_view_chain *chain)
{
    const struct plx_event *event = maker->event;
    chain->from = chain->to = -1;
    if (!event || event->task != chain->task)
        return;
    uint32_t number = event->kind == PLX_EV_poll        ? event->as_poll.future
                      : event->kind == PLX_EV_not_ready ? event->as_not_ready.future
                      : event->kind == PLX_EV_ready     ? event->as_ready.future
                      : event->kind == PLX_EV_failed    ? event->as_failed.future
                                                        : 0;
    const struct plx_seen_future *future = plx_world_future(maker->world, chain->task, number);
    int box = number ? box_of(chain, number) : -1;
    if (!future || box < 0)
        return;
    int other = future->parent ? box_of(chain, future->parent) : -1;
    bool goes_in = event->kind == PLX_EV_poll;
    chain->motion = goes_in ? PLX_MOTION_IN : PLX_MOTION_OUT;
    chain->from = goes_in ? other : box;
    chain->to = goes_in ? box : other;
}

/* ── the task ── */

static const char *queue_words(struct plx__maker *maker, const struct plx_seen_task *task)
{
    const struct plx_seen_actor *owner = task->owner == PLX_NONE ? NULL : &maker->state->actor[task->owner];
    if (task->where == PLX_IN_GLOBAL)
        return "notified, in the global queue";
    if (task->where == PLX_IN_BLOCKING)
        return "queued for the blocking pool";
    if (!owner)
        return "notified";
    if (task->stolen)
        return owner->thread ? "stolen" : plx__keep_format(maker, "stolen by worker %u", owner->worker);
    return plx__keep_format(maker,
                            task->where == PLX_IN_LIFO ? "notified, in the LIFO slot of worker %u"
                                                       : "notified, in the deque of worker %u",
                            owner->worker);
}

static const char *poll_words(struct plx__maker *maker, const struct plx_seen_task *task)
{
    const struct plx_seen_actor *actor = task->actor == PLX_NONE ? NULL : &maker->state->actor[task->actor];
    const char *how = task->blocking ? "may block" : "polled by";
    if (!actor)
        return "polled";
    return actor->thread ? plx__keep_format(maker, "%s %s", how, actor->thread)
                         : plx__keep_format(maker, "%s worker %u", how, actor->worker);
}

static void set_state(struct plx__maker *maker, struct plx_view_chain *chain,
                      const struct plx_seen_task *task)
{
    static const struct {
        enum plx_sign sign;
        const char *words;
    } ends[] = {
        [PLX_WORD_END_READY] = {PLX_SIGN_READY, "ended: ready"},
        [PLX_WORD_END_FAILED] = {PLX_SIGN_FAILED, "ended: failed"},
        [PLX_WORD_END_CANCELLED] = {PLX_SIGN_DROPPED, "ended: cancelled"},
    };

    switch ((enum plx_seen_task_state)task->state) {
    case PLX_SEEN_TASK_UNBORN:
        chain->sign = PLX_SIGN_LATER;
        chain->state = "not spawned yet";
        break;
    case PLX_SEEN_TASK_IDLE:
        chain->sign = task->polls ? PLX_SIGN_NOT_READY : PLX_SIGN_LATER;
        chain->state = task->polls ? plx__waits_in_short(maker, task) : "spawned";
        break;
    case PLX_SEEN_TASK_QUEUED:
        chain->sign = task->stolen ? PLX_SIGN_STOLEN : PLX_SIGN_NOTIFIED;
        chain->state = queue_words(maker, task);
        break;
    case PLX_SEEN_TASK_POLLED:
        chain->sign = PLX_SIGN_POLL;
        chain->state = poll_words(maker, task);
        break;
    case PLX_SEEN_TASK_ENDED:
        chain->sign = ends[task->ending].sign;
        chain->state = ends[task->ending].words;
        break;
    }
}

void plx__make_chain(struct plx__maker *maker)
{
    struct plx_view_chain *chain = &maker->view->chain;
    uint64_t id = maker->wish->task ? maker->wish->task : maker->state->globals->task;
    const struct plx_seen_task *task = plx_world_task(maker->world, id);

    *chain = (struct plx_view_chain){.name = "", .state = "", .from = -1, .to = -1};
    if (!task || id == 0)
        return;
    chain->task = id;
    chain->name = plx__keep(maker, task->name);
    chain->polls = task->polls;
    set_state(maker, chain, task);

    struct nest nest = {.maker = maker, .task = task, .room = count_boxes(maker, task)};
    nest.box = plx__keep_array(maker, (size_t)nest.room, sizeof(*nest.box));
    if (!nest.box || (task->state == PLX_SEEN_TASK_UNBORN && task->count == 0))
        return;
    if (task->shape || task->polls)
        add_future(&nest, 1, task->shape, -1);
    chain->boxes = nest.box;
    chain->count = nest.count;
    mark_current(chain, current_future(maker, task));
    set_motion(maker, chain);
}
