/* SPDX-License-Identifier: MIT
 *
 * The story of one event: the sentence that says what it means, and the path that led to it.
 */
#include "viz/view/make.h"

#include "viz/replay/why.h"

#include <string.h>

/* ── the sentence ── */

/* NotReady is a promise: who will notify the task? One that has used up its budget notifies itself. */
static void say_promise(struct plx__maker *maker, struct plx__text *text, uint64_t id)
{
    const struct plx_seen_task *task = plx_world_task(maker->world, id);
    if (task && !task->notified &&
        plx__say_waits(text, maker->world, task, " The task will be notified when ", " or ", 3) > 0)
        plx__text_add(text, ".");
}

void plx__make_sentence(struct plx__maker *maker)
{
    struct plx__text text = {.length = 0};
    if (maker->event) {
        plx__expand_sentence(&text, maker->world, maker->at);
        if (maker->event->kind == PLX_EV_not_ready)
            say_promise(maker, &text, maker->event->task);
    } else {
        plx__text_add(&text, "Nothing has happened yet.");
    }
    maker->view->sentence = plx__keep(maker, text.bytes);
}

/* ── the path ── */

#define WALK_MAX  256
#define STEPS_MAX (2 * WALK_MAX)

struct path {
    struct plx__maker *maker;
    struct plx_view_step *step;
    int count;
    int run; /* polls in a row of the kind of the last step, 0 when that is no such step */
    const char *kind;
    uint64_t task; /* whose story it is, 0 for nobody's */
};

static bool is_polled_now(const struct plx__maker *maker, const struct plx_event *event)
{
    const struct plx_seen_future *future = plx_world_future(maker->world, event->task, event->as_poll.future);
    return future && future->state == PLX_SEEN_FUTURE_POLLING;
}

/* What one does to another through a channel or a lock, or by setting a timer. */
static bool is_deed(const struct plx_event *event)
{
    return event->kind == PLX_EV_send || event->kind == PLX_EV_receive ||
           event->kind == PLX_EV_lock_release || event->kind == PLX_EV_close ||
           event->kind == PLX_EV_timer_set;
}

/* The walk is of interest back to what made the task go on: readiness, a timer's setting, another's deed, the
 * spawn, or, when the task notified itself, what it was polling then. */
static bool is_beginning(const struct plx_event *event, const struct plx_event *after, uint64_t task)
{
    if (event->kind == PLX_EV_notify || event->kind == PLX_EV_timer_fire || event->kind == PLX_EV_lock_grant)
        return false;
    bool ends_wait = after && (after->kind == PLX_EV_timer_fire || after->kind == PLX_EV_lock_grant);
    return event->kind == PLX_EV_io_ready || event->kind == PLX_EV_spawn ||
           (event->task && event->task != task) || (after && after->kind == PLX_EV_notify) ||
           (ends_wait && is_deed(event));
}

/* A notify begins the path when what is before it is only the wait that it ended. */
static bool comes_from_nowhere(const struct plx_event *event, const struct plx_event *before)
{
    if (event->kind != PLX_EV_notify || event->as_notify.cause == PLX_WORD_BY_IO ||
        event->as_notify.cause == PLX_WORD_BY_TASK)
        return false;
    return !before ||
           !(is_deed(before) || before->kind == PLX_EV_timer_fire || before->kind == PLX_EV_lock_grant);
}

static size_t walk_back(const struct plx__maker *maker, size_t *events, uint64_t *task)
{
    struct plx_why walk = plx_why_from(maker->recording, maker->at);
    const struct plx_event *event, *after = NULL;
    size_t count = 0;
    while ((event = plx_recording_event(maker->recording, walk.event)) && count < WALK_MAX) {
        events[count++] = walk.event;
        *task = walk.task;
        if (is_beginning(event, after, walk.task))
            break;
        after = event;
        plx_why_back(maker->recording, &walk);
        if (comes_from_nowhere(after, plx_recording_event(maker->recording, walk.event)))
            break;
    }
    return count;
}

static void add_step(struct path *path, size_t event, enum plx_sign sign, const struct plx__text *text)
{
    path->step[path->count++] = (struct plx_view_step){event, sign, plx__keep(path->maker, text->bytes)};
    path->run = 0;
}

static void add_words(struct path *path, size_t event, enum plx_sign sign, const char *words)
{
    struct plx__text text = {.length = 0};
    plx__text_add(&text, words);
    add_step(path, event, sign, &text);
}

/* A poll that only passes through: several of a kind become "and_then ×3". */
static void add_passage(struct path *path, size_t n, const struct plx_event *event)
{
    const struct plx_shape_info *shape = plx_world_shape(path->maker->world, event->as_poll.shape);
    const char *kind = plx__shape_kind(shape);
    if (path->run && strcmp(path->kind, kind) == 0) {
        int run = path->run + 1;
        struct plx_view_step *last = &path->step[path->count - 1];
        last->text = plx__keep_format(path->maker, "%s ×%d", kind, run);
        path->run = run;
        return;
    }
    add_words(path, n, PLX_SIGN_POLL, kind);
    path->run = 1;
    path->kind = kind;
}

static void add_readiness(struct path *path, size_t n, const struct plx_event *event)
{
    struct plx__text text = {.length = 0};
    plx__name_source(&text, path->maker->world, event->as_io_ready.token);
    plx__text_format(&text, " %s", plx__name_awaited(path->maker->recording, n, path->task));
    add_step(path, n, PLX_SIGN_NOTIFIED, &text);

    struct plx__text token = {.length = 0};
    plx__text_format(&token, "token %llu", (unsigned long long)event->as_io_ready.token);
    add_step(path, n, PLX_SIGN_NOTIFIED, &token);
}

/* How a step is called that is worth telling only at the end of the path … */
static const char *last_step(const struct plx_event *event)
{
    switch (event->kind) {
    case PLX_EV_poll:
        return "{future}";
    case PLX_EV_not_ready:
        return "{future} NotReady";
    case PLX_EV_ready:
        return "{future} Ready";
    case PLX_EV_failed:
        return "{future} Failed";
    case PLX_EV_drop:
        return "{future} dropped";
    case PLX_EV_pop:
        return "taken by {w}";
    case PLX_EV_task_end:
        return "task {task} ends";
    case PLX_EV_deregister:
        return "deregister token {token}";
    case PLX_EV_unpark:
        return "unpark worker {worker}";
    case PLX_EV_waker_clone:
        return "waker taken";
    case PLX_EV_waker_drop:
        return "waker dropped";
    case PLX_EV_timer_cascade:
        return "timer {timer} comes down";
    case PLX_EV_timer_cancel:
        return "timer {timer} cancelled";
    case PLX_EV_sync_wait:
        return "waits for {object}";
    case PLX_EV_blocking_wait:
        return "waits for leave to block";
    case PLX_EV_blocking_leave:
        return "has blocked";
    case PLX_EV_stuck:
        return "stuck for {ms} ms";
    default:
        return plx_kind_info((enum plx_kind)event->kind).name;
    }
}

/* … and one that is worth telling anywhere; NULL for none. */
static const char *template_of(const struct plx_event *event, bool last)
{
    switch (event->kind) {
    case PLX_EV_spawn:
        return "spawn task {task}";
    case PLX_EV_notify:
        return "notify task {task}";
    case PLX_EV_push:
        return event->as_push.queue == PLX_WORD_GLOBAL     ? "global queue"
               : event->as_push.queue == PLX_WORD_BLOCKING ? "blocking pool"
               : event->as_push.queue == PLX_WORD_LIFO     ? "worker {worker}, LIFO"
                                                           : "worker {worker}, deque";
    case PLX_EV_overflow:
        return "global queue";
    case PLX_EV_steal:
        return "stolen from worker {victim}";
    case PLX_EV_task_poll:
        return "poll task {task}";
    case PLX_EV_register:
        return "register token {token}";
    case PLX_EV_wait:
        return "wait for token {token}";
    case PLX_EV_timer_set:
        return "timer {timer} to {deadline_ms} ms[, by task {task}]";
    case PLX_EV_timer_fire:
        return "timer {timer} fires";
    case PLX_EV_send:
        return "sent into {object} by {who}";
    case PLX_EV_receive:
        return "received from {object} by {who}";
    case PLX_EV_lock_release:
        return "release of {object} by {who}";
    case PLX_EV_lock_grant:
        return "grant of {object}";
    case PLX_EV_close:
        return "close of {object}";
    case PLX_EV_budget:
        return "budget used up";
    case PLX_EV_abort:
        return "abort task {task}";
    case PLX_EV_hand_off:
        return "worker {worker} handed on";
    case PLX_EV_take_over:
        return "worker {worker} taken over";
    case PLX_EV_blocking_enter:
        return "task {task} may block";
    default:
        return last ? last_step(event) : NULL;
    }
}

static bool is_answer(const struct plx_event *event)
{
    return event->kind == PLX_EV_not_ready || event->kind == PLX_EV_ready || event->kind == PLX_EV_failed;
}

/* `left` steps follow this one. The beginning and the end are told; so is an answer just before the end,
 * which tells why the end came. */
static void add_event(struct path *path, size_t n, size_t left, bool first)
{
    const struct plx_event *event = plx_recording_event(path->maker->recording, n);
    bool told = first || left == 0 || (left == 1 && is_answer(event));
    const char *template = template_of(event, told);
    struct plx__text text = {.length = 0};

    if (event->kind == PLX_EV_io_ready) {
        add_readiness(path, n, event);
    } else if (!told && event->kind == PLX_EV_poll) {
        if (is_polled_now(path->maker, event))
            add_passage(path, n, event);
    } else if (template) {
        plx__expand(&text, path->maker->world, n, template);
        add_step(path, n, plx__sign_of_event(event), &text);
    }
}

/* What another task did, when that began this path: its own poll is all that is worth telling. */
static void add_deed(struct path *path, size_t n, const struct plx_event *event)
{
    add_words(path, n, PLX_SIGN_POLL,
              plx__keep_format(path->maker, "task %llu", (unsigned long long)event->task));
}

void plx__make_why(struct plx__maker *maker)
{
    struct path path = {.maker = maker};
    size_t events[WALK_MAX], count = maker->event ? walk_back(maker, events, &path.task) : 0;
    if (count == 0)
        return;
    path.step = plx__keep_array(maker, STEPS_MAX, sizeof(*path.step));
    for (size_t i = count; path.step && i-- > 0;) {
        const struct plx_event *event = plx_recording_event(maker->recording, events[i]);
        if (i > 0 && event->task && event->task != path.task && !is_deed(event) &&
            event->kind != PLX_EV_task_end)
            add_deed(&path, events[i], event);
        else
            add_event(&path, events[i], i, i == count - 1);
    }
    /* An event alone is no path. */
    maker->view->why = path.step;
    maker->view->whys = path.count > 1 ? path.count : 0;
}
