/* SPDX-License-Identifier: MIT
 *
 * Why? See why.h. Each kind of event has a rule that says which earlier event is its cause; a rule is a
 * scan backwards for the nearest event that fits. As the walk only goes back, all scans together pass over
 * the recording once, or a few times when something is missing.
 *
 * The walk follows one task. An event that belongs to nobody in particular (io_ready, turn_start, register)
 * is understood as part of this task's story.
 */
#include "viz/replay/why.h"

#include <stdbool.h>

/* What a scan looks for: an event of one of these kinds … */
typedef uint64_t kind_set;

#define KIND(name) ((kind_set)1 << PLX_EV_##name)
_Static_assert(PLX_EV_COUNT <= 64, "a kind_set has a bit for each kind");

#define ANSWERS (KIND(not_ready) | KIND(ready) | KIND(failed))
#define POLLS   (KIND(task_poll) | KIND(poll) | ANSWERS)                  /* in and out of futures */
#define QUEUED  (KIND(push) | KIND(steal) | KIND(overflow) | KIND(spawn)) /* on the way to a poll */
#define WAITS   (KIND(wait) | KIND(timer_set) | KIND(sync_wait) | KIND(blocking_wait) | KIND(budget))
/* What one task does to another through a channel or a lock. */
#define DEEDS (KIND(send) | KIND(receive) | KIND(lock_grant) | KIND(lock_release) | KIND(close))

/* … and, where these are set, about this task or token, or told by the same worker or thread as `who`. */
struct wanted {
    kind_set kinds;
    uint64_t task, token, timer, object;
    const struct plx_event *who;
};

static bool same_who(const struct plx_event *a, const struct plx_event *b)
{
    return a->thread == b->thread && a->worker == b->worker;
}

static bool names(const struct plx_event *event, const char *what, uint64_t id)
{
    const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, what);
    return field && *(const uint64_t *)plx_event_field(event, field) == id;
}

static bool matches(const struct plx_event *event, const struct wanted *wanted)
{
    if (!(wanted->kinds >> event->kind & 1))
        return false;
    if (wanted->task && event->task != wanted->task)
        return false;
    if (wanted->who && !same_who(event, wanted->who))
        return false;
    if (wanted->timer && !names(event, "timer", wanted->timer))
        return false;
    if (wanted->object && !names(event, "object", wanted->object))
        return false;
    return !wanted->token || plx_event_token(event) == wanted->token;
}

/* A notify that finds the task in a queue, or ended, causes nothing. One that comes while the task is
 * polled is called coalesced too, but makes it be polled again: the last event before it is then of a poll.
 * */
static bool is_in_vain(const struct plx_recording *recording, size_t n)
{
    const struct plx_event *event = plx_recording_event(recording, n);
    if (event->kind != PLX_EV_notify || event->as_notify.outcome == PLX_WORD_SCHEDULED)
        return false;
    if (event->as_notify.outcome == PLX_WORD_TOO_LATE)
        return true;
    const struct wanted last = {.kinds = POLLS | QUEUED | KIND(pop), .task = event->task};
    while (--n >= 1 && !matches(plx_recording_event(recording, n), &last))
        continue;
    return n == 0 || !(POLLS >> plx_recording_event(recording, n)->kind & 1);
}

static size_t before(const struct plx_recording *recording, size_t n, struct wanted wanted)
{
    while (--n >= 1)
        if (matches(plx_recording_event(recording, n), &wanted) && !is_in_vain(recording, n))
            break;
    return n;
}

static size_t of_task(const struct plx_recording *recording, size_t n, uint64_t task, kind_set kinds)
{
    return task ? before(recording, n, (struct wanted){.kinds = kinds, .task = task}) : 0;
}

/* ── rules ── */

/* Our task was idle: it began to wait with its last answer, or it has just been spawned. */
static size_t began_to_wait(const struct plx_recording *recording, size_t n, const struct plx_why *walk)
{
    return of_task(recording, n, walk->task, POLLS | KIND(spawn));
}

/* What a thread did to a channel or a lock just before it notified: nothing else of its poll came between. */
static size_t deed_before(const struct plx_recording *recording, size_t n)
{
    const struct plx_event *notify = plx_recording_event(recording, n);
    const struct wanted last = {.kinds = DEEDS | POLLS | KIND(notify) | KIND(task_end), .who = notify};
    size_t found = before(recording, n, last);
    const struct plx_event *event = plx_recording_event(recording, found);
    /* A close, and the release of a semaphore, may notify many. */
    while (event && event->kind == PLX_EV_notify && event->as_notify.cause == notify->as_notify.cause) {
        found = before(recording, found, last);
        event = plx_recording_event(recording, found);
    }
    return event && DEEDS >> event->kind & 1 ? found : 0;
}

static size_t why_notify(const struct plx_recording *recording, size_t n, struct plx_why *walk)
{
    const struct plx_event *event = plx_recording_event(recording, n);
    const struct plx_ev_notify *notify = &event->as_notify;
    size_t found = 0;

    if (notify->cause == PLX_WORD_BY_IO && notify->by) {
        found = before(recording, n, (struct wanted){.kinds = KIND(io_ready), .token = notify->by});
        walk->token = found ? notify->by : 0;
    } else if (notify->cause == PLX_WORD_BY_TIMER && notify->by) {
        found = before(recording, n, (struct wanted){.kinds = KIND(timer_fire), .timer = notify->by});
    } else if (notify->cause == PLX_WORD_BY_TASK && notify->by == walk->task) {
        found = of_task(recording, n, notify->by, POLLS | KIND(budget) | KIND(spawn));
    } else if (notify->cause != PLX_WORD_BY_IO) {
        found = deed_before(recording, n);
        if (!found && notify->cause == PLX_WORD_BY_TASK)
            found = of_task(recording, n, notify->by, POLLS | KIND(task_end));
    }
    return found ? found : began_to_wait(recording, n, walk);
}

/* ── timers, blocking sections, channels and locks ── */

static size_t why_timer(const struct plx_recording *recording, size_t n, const struct plx_event *event)
{
    const struct plx_field *field = plx_kind_field((enum plx_kind)event->kind, "timer");
    uint64_t timer = field ? *(const uint64_t *)plx_event_field(event, field) : 0;
    kind_set kinds = KIND(timer_set) | (event->kind == PLX_EV_timer_cascade ? KIND(timer_cascade) : 0);
    if (event->kind == PLX_EV_timer_set || event->kind == PLX_EV_timer_cancel)
        return before(recording, n, (struct wanted){.kinds = POLLS | KIND(drop), .who = event});
    return timer ? before(recording, n, (struct wanted){.kinds = kinds, .timer = timer}) : 0;
}

/* A lock that was free was granted by the poll itself; else by whoever has released it. */
static size_t why_grant(const struct plx_recording *recording, size_t n, const struct plx_event *event)
{
    const struct wanted last = {.kinds = KIND(lock_release) | POLLS, .who = event};
    size_t found = before(recording, n, last);
    return found ? found : of_task(recording, n, event->task, POLLS);
}

static size_t why_sync(const struct plx_recording *recording, size_t n, const struct plx_event *event,
                       const struct plx_why *walk)
{
    if (event->kind == PLX_EV_lock_grant)
        return why_grant(recording, n, event);
    if (event->kind == PLX_EV_close || event->kind == PLX_EV_sync_new)
        return before(recording, n, (struct wanted){.kinds = POLLS | KIND(drop), .who = event});
    return of_task(recording, n, event->task ? event->task : walk->task, POLLS | KIND(spawn));
}

/* The thread that hands its worker on polled as that worker until then. */
static size_t why_blocking(const struct plx_recording *recording, size_t n, const struct plx_event *event)
{
    struct plx_event who = {.worker = event->worker, .thread = event->thread};
    switch (event->kind) {
    case PLX_EV_hand_off:
        who = (struct plx_event){.worker = event->as_hand_off.worker};
        return before(recording, n, (struct wanted){.kinds = POLLS, .who = &who});
    case PLX_EV_take_over:
        do
            n = before(recording, n, (struct wanted){.kinds = KIND(hand_off)});
        while (n && plx_recording_event(recording, n)->as_hand_off.worker != event->as_take_over.worker);
        return n;
    case PLX_EV_blocking_enter: {
        size_t polled = of_task(recording, n, event->task, POLLS);
        size_t handed = before(recording, n, (struct wanted){.kinds = KIND(hand_off), .who = &who});
        return handed > polled ? handed : polled;
    }
    case PLX_EV_blocking_leave:
        return of_task(recording, n, event->task, KIND(blocking_enter) | POLLS);
    default:
        return of_task(recording, n, event->task, POLLS);
    }
}

/* The wait that this readiness ended, or the turn in which the reactor saw it, when that began later. */
static size_t why_io_ready(const struct plx_recording *recording, size_t n, struct plx_why *walk)
{
    const struct plx_event *event = plx_recording_event(recording, n);
    uint64_t token = event->as_io_ready.token;
    size_t wait = before(recording, n, (struct wanted){.kinds = KIND(wait) | KIND(register), .token = token});
    if (wait && plx_recording_event(recording, wait)->kind == PLX_EV_wait && walk->task)
        wait = before(recording, n, (struct wanted){.kinds = KIND(wait), .token = token, .task = walk->task});
    size_t turn = before(recording, n, (struct wanted){.kinds = KIND(turn_start), .who = event});

    walk->token = token;
    return turn > wait ? turn : wait;
}

static size_t why_turn(const struct plx_recording *recording, size_t n, const struct plx_why *walk)
{
    struct wanted wait = {.kinds = KIND(wait), .token = walk->token, .task = walk->task};
    struct wanted registered = {.kinds = KIND(register), .token = walk->token};
    if (!walk->token)
        return 0;
    size_t found = before(recording, n, wait);
    return found ? found : before(recording, n, registered);
}

/* A wait comes after the registration when both are of the same poll. */
static size_t why_wait(const struct plx_recording *recording, size_t n, struct plx_why *walk)
{
    const struct plx_event *event = plx_recording_event(recording, n);
    uint64_t token = event->as_wait.token;
    size_t polled = of_task(recording, n, event->task, POLLS);
    size_t registered = before(recording, n,
                               (struct wanted){.kinds = KIND(register), .token = token, .who = event});

    walk->task = event->task;
    walk->token = 0;
    return registered > polled ? registered : polled;
}

static size_t why_register(const struct plx_recording *recording, size_t n, const struct plx_why *walk)
{
    const struct plx_event *event = plx_recording_event(recording, n);
    if (walk->task)
        return began_to_wait(recording, n, walk);
    return before(recording, n, (struct wanted){.kinds = POLLS, .who = event});
}

/* A task ends with its root's answer; one that is cancelled, with a drop, and because it was asked to. */
static size_t why_end(const struct plx_recording *recording, size_t n, const struct plx_event *event)
{
    bool cancelled = event->as_task_end.how == PLX_WORD_END_CANCELLED;
    size_t aborted = cancelled ? of_task(recording, n, event->task, KIND(abort)) : 0;
    if (aborted)
        return aborted;
    size_t found = of_task(recording, n, event->task, ANSWERS | (cancelled ? KIND(drop) | KIND(spawn) : 0));
    return found ? found : of_task(recording, n, event->task, ~(kind_set)0);
}

/* The event before n of a worker's life; what one worker does to another stands in the field `worker`. */
static size_t why_worker(const struct plx_recording *recording, size_t n, const struct plx_event *event)
{
    if (event->kind == PLX_EV_unpark)
        return before(
            recording, n,
            (struct wanted){.kinds = KIND(push) | KIND(notify) | KIND(runtime_shutdown), .who = event});
    if (event->kind == PLX_EV_park)
        return before(recording, n, (struct wanted){.kinds = KIND(search), .who = event});
    if (event->kind != PLX_EV_wake)
        return 0;
    do
        n = before(recording, n, (struct wanted){.kinds = KIND(unpark)});
    while (n && plx_recording_event(recording, n)->as_unpark.worker != event->as_wake.worker);
    return n;
}

static size_t cause_of(const struct plx_recording *recording, size_t n, struct plx_why *walk)
{
    const struct plx_event *event = plx_recording_event(recording, n);
    uint64_t task = event->task;

    switch (event->kind) {
    case PLX_EV_task_end:
        return why_end(recording, n, event);
    case PLX_EV_poll:
    case PLX_EV_ready:
    case PLX_EV_failed:
        return of_task(recording, n, task, POLLS | KIND(spawn));
    case PLX_EV_not_ready:
        return of_task(recording, n, task, POLLS | WAITS | KIND(spawn));
    case PLX_EV_task_poll:
        return of_task(recording, n, task, KIND(pop) | QUEUED | KIND(notify));
    case PLX_EV_pop:
    case PLX_EV_steal:
    case PLX_EV_overflow:
    case PLX_EV_push:
        return of_task(recording, n, task, QUEUED | KIND(notify) | KIND(abort));
    case PLX_EV_notify:
        return why_notify(recording, n, walk);
    case PLX_EV_io_ready:
        return why_io_ready(recording, n, walk);
    case PLX_EV_turn_start:
        return why_turn(recording, n, walk);
    case PLX_EV_turn_end:
        return before(recording, n, (struct wanted){.kinds = KIND(turn_start), .who = event});
    case PLX_EV_wait:
        return why_wait(recording, n, walk);
    case PLX_EV_register:
        return why_register(recording, n, walk);
    case PLX_EV_deregister:
        return before(recording, n, (struct wanted){.kinds = POLLS, .who = event});
    case PLX_EV_timer_set:
    case PLX_EV_timer_cascade:
    case PLX_EV_timer_fire:
    case PLX_EV_timer_cancel:
        return why_timer(recording, n, event);
    case PLX_EV_sync_new:
    case PLX_EV_send:
    case PLX_EV_receive:
    case PLX_EV_sync_wait:
    case PLX_EV_lock_grant:
    case PLX_EV_lock_release:
    case PLX_EV_close:
        return why_sync(recording, n, event, walk);
    case PLX_EV_blocking_wait:
    case PLX_EV_blocking_enter:
    case PLX_EV_blocking_leave:
    case PLX_EV_hand_off:
    case PLX_EV_take_over:
        return why_blocking(recording, n, event);
    case PLX_EV_budget:
    case PLX_EV_stuck:
        return of_task(recording, n, task, POLLS);
    case PLX_EV_abort: /* in a poll of who asks, if it is not a thread */
        return before(recording, n, (struct wanted){.kinds = POLLS, .who = event});
    case PLX_EV_spawn:
        return of_task(recording, n, event->as_spawn.by, POLLS);
    case PLX_EV_task_name:
        return of_task(recording, n, task, KIND(spawn));
    case PLX_EV_drop:
    case PLX_EV_label:
    case PLX_EV_graft:
        return of_task(recording, n, task, POLLS | KIND(spawn));
    case PLX_EV_waker_drop:
        return before(recording, n,
                      (struct wanted){.kinds = POLLS | KIND(notify), .task = task, .who = event});
    case PLX_EV_waker_clone:
        return before(recording, n, (struct wanted){.kinds = POLLS, .who = event});
    default:
        return why_worker(recording, n, event);
    }
}

/* The other task's deed has been told; from here on it is our task's story again. */
static bool is_deed_of_another(const struct plx_event *event, const struct plx_why *walk)
{
    return walk->task && event->task && event->task != walk->task;
}

struct plx_why plx_why_from(const struct plx_recording *recording, size_t n)
{
    const struct plx_event *event = plx_recording_event(recording, n);
    return event ? (struct plx_why){n, event->task, 0} : (struct plx_why){0, 0, 0};
}

size_t plx_why_back(const struct plx_recording *recording, struct plx_why *walk)
{
    const struct plx_event *event = plx_recording_event(recording, walk->event);
    if (!event)
        return 0;
    if (event->kind == PLX_EV_spawn && event->task == walk->task) {
        walk->event = cause_of(recording, walk->event, walk);
        walk->task = event->as_spawn.by;
    } else if (is_deed_of_another(event, walk)) {
        walk->event = began_to_wait(recording, walk->event, walk);
    } else {
        walk->event = cause_of(recording, walk->event, walk);
    }
    /* A story that began with nobody in particular becomes that of the first task it meets. */
    event = plx_recording_event(recording, walk->event);
    if (event && !walk->task)
        walk->task = event->task;
    return walk->event;
}

size_t plx_why_walk(const struct plx_recording *recording, size_t n, size_t *events, size_t max)
{
    struct plx_why walk = plx_why_from(recording, n);
    uint64_t task = walk.task;
    size_t count = 0;
    while (walk.event) {
        const struct plx_event *event = plx_recording_event(recording, walk.event);
        if (count < max)
            events[count] = walk.event;
        count++;
        if (event->kind == PLX_EV_spawn && event->task == task)
            break;
        plx_why_back(recording, &walk);
    }
    return count;
}
