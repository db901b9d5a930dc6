/* SPDX-License-Identifier: MIT
 *
 * Local sets: see local_set.h.
 *
 * Why no wake is lost: a poll of the set leaves its waker first and looks into the queues then; whoever
 * submits from outside queues first and takes the waker then (waker_cell.h). A task that is submitted by the
 * set's own thread while it polls the set is found by that poll, or by the next one, which it asks for at
 * its end.
 *
 * The lock guards the remote list only, and is a leaf.
 */
#include "lib/task/local_set.h"

#include "lib/task/contract.h"
#include "lib/task/task.h"
#include "lib/task/waker_cell.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    AT_ONCE = 61,      /* tasks polled in one poll of the set; then all others of the thread come first */
    REMOTE_EVERY = 31, /* tasks, after which wakes from outside are let in, however many wait here */
};

/* Linked by queue_next. */
struct list {
    struct plx_task *first, *last;
};

struct plx_local {
    struct plx_schedule schedule;
    struct plx_cells cells;
    /* any thread */
    _Atomic(const char *) thread;    /* whose tasks these are; NULL before the first poll */
    struct plx_waker_cell polled_by; /* whom to notify when there is something to do */
    atomic_bool has_remote;          /* a hint that spares the lock */
    /* the thread's */
    struct list queue, yielded;
    uint32_t taken;
    bool polling; /* what is queued by this thread is found without a notify */
    /* under the lock */
    pthread_mutex_t lock;
    struct list remote;
    bool closed;
};

static _Thread_local char this_thread; /* its address tells threads apart */
static _Thread_local struct plx_local *current;

PLX_LEAF_DEFINE(plx_local_set)

static struct plx_local *local_of(struct plx_schedule *schedule)
{
    return plx_container_of(schedule, struct plx_local, schedule);
}

static bool is_here(struct plx_local *local)
{
    return atomic_load_explicit(&local->thread, memory_order_relaxed) == &this_thread;
}

/* ── lists ────────────────────────────────────────────────────────────────────────────────────────── */

static void push(struct list *list, struct plx_task *task)
{
    task->queue_next = NULL;
    if (list->last)
        list->last->queue_next = task;
    else
        list->first = task;
    list->last = task;
}

static struct plx_task *pop(struct list *list)
{
    struct plx_task *task = list->first;
    if (!task)
        return NULL;
    list->first = task->queue_next;
    if (!list->first)
        list->last = NULL;
    return task;
}

static void append(struct list *list, struct list *more)
{
    if (!more->first)
        return;
    if (list->last)
        list->last->queue_next = more->first;
    else
        list->first = more->first;
    list->last = more->last;
    *more = (struct list){0};
}

/* ── tasks come in and go ─────────────────────────────────────────────────────────────────────────── */

static void wake(struct plx_local *local)
{
    plx_waker waker = plx_waker_cell_take(&local->polled_by);
    plx_waker_spend(waker);
}

static bool push_remote(struct plx_local *local, struct plx_task *task)
{
    pthread_mutex_lock(&local->lock);
    bool open = !local->closed;
    if (open) {
        push(&local->remote, task);
        atomic_store_explicit(&local->has_remote, true, memory_order_relaxed);
    }
    pthread_mutex_unlock(&local->lock);
    return open;
}

/* From the set's thread, but outside of its poll (Tokio #3369), it is also told: it may be asleep. */
static void submit(struct plx_schedule *schedule, struct plx_task *task, enum plx_submit how)
{
    struct plx_local *local = local_of(schedule);
    if (!is_here(local)) {
        if (push_remote(local, task))
            wake(local);
        else
            plx__task_release(task, 1);
        return;
    }
    push(how == PLX_SUBMIT_YIELDED ? &local->yielded : &local->queue, task);
    if (!local->polling)
        wake(local);
}

static void free_local(struct plx_schedule *schedule)
{
    struct plx_local *local = local_of(schedule);
    plx__cells_done(&local->cells);
    pthread_mutex_destroy(&local->lock);
    free(local);
}

static const struct plx_schedule_ops local_ops = {submit, free_local, NULL, NULL};

/* Before the first poll the set's owner is trusted to be one thread at a time. */
struct plx_schedule *plx__local_schedule(struct plx_local_set *set)
{
    struct plx_local *local = set ? set->local : current;
    if (!local || (atomic_load(&local->thread) && !is_here(local)))
        return NULL;
    return &local->schedule;
}

int plx__spawn_local(struct plx_local_set *set, const struct plx_future_ops *ops, void *future,
                     struct plx_at at, struct plx_task **handle)
{
    struct plx_schedule *schedule = plx__local_schedule(set);
    if (schedule)
        return plx__task_spawn(schedule, ops, future, at, handle);
    if (handle)
        *handle = NULL;
    plx__drop_unnumbered(ops, future);
    return set && set->local ? -EXDEV : -ESHUTDOWN;
}

/* ── the poll ─────────────────────────────────────────────────────────────────────────────────────── */

bool plx__local_is_mine(struct plx_local *local, plx_context *cx)
{
    bool stays = !cx->task || cx->stays;
    const char *nobody = NULL;
    if (stays &&
        (atomic_compare_exchange_strong(&local->thread, &nobody, &this_thread) || nobody == &this_thread)) {
        plx_waker missed = plx_waker_cell_register(&local->polled_by, plx_context_waker(cx));
        plx_waker_notify(missed);
        plx_waker_drop(&missed);
        return true;
    }
    plx_contract_broken(PLX_LOCAL_ELSEWHERE, &plx_local_set_shape);
    return false;
}

struct plx_local *plx__local_enter(struct plx_local *local)
{
    struct plx_local *outer = current;
    current = local;
    return outer;
}

static void let_remote_in(struct plx_local *local)
{
    if (!atomic_load_explicit(&local->has_remote, memory_order_relaxed))
        return;
    pthread_mutex_lock(&local->lock);
    append(&local->queue, &local->remote);
    atomic_store_explicit(&local->has_remote, false, memory_order_relaxed);
    pthread_mutex_unlock(&local->lock);
}

static struct plx_task *next_task(struct plx_local *local)
{
    if (++local->taken % REMOTE_EVERY == 0 || !local->queue.first)
        let_remote_in(local);
    return pop(&local->queue);
}

static void run_some(struct plx_local *local)
{
    plx_context cx = {0};
    struct plx_task *task;
    for (int i = 0; i < AT_ONCE && (task = next_task(local)); i++) {
        cx.spent = 0; /* each has its own budget */
        plx__task_run_in(task, &cx);
    }
}

/* Its tasks may drop the set: it is kept until the turn is over. */
bool plx__local_turn(struct plx_local *local, plx_context *cx)
{
    struct plx_local *outer = plx__local_enter(local);
    plx__schedule_keep(&local->schedule);
    local->schedule.budget = cx->budget;
    local->polling = true;
    append(&local->queue, &local->yielded); /* since then the others and the reactor had their turn */
    run_some(local);
    local->polling = false;
    if (local->queue.first)
        plx_context_notify(cx);
    else if (local->yielded.first)
        plx_context_yield(cx);
    else
        plx_detail(cx, "%zu local tasks", plx__cells_count(&local->cells));
    bool left = plx__cells_count(&local->cells) > 0;
    plx__schedule_release(&local->schedule);
    plx__local_enter(outer);
    return left;
}

/* ── the set ──────────────────────────────────────────────────────────────────────────────────────── */

int plx_local_set_new(plx_local_set *set)
{
    struct plx_local *local = calloc(1, sizeof *local);
    set->local = NULL;
    if (!local || plx__cells_init(&local->cells)) {
        free(local);
        return -ENOMEM;
    }
    if (pthread_mutex_init(&local->lock, NULL)) {
        plx__cells_done(&local->cells);
        free(local);
        return -ENOMEM;
    }
    plx__schedule_init(&local->schedule, &local_ops, NULL, &local->cells);
    local->schedule.stays = true;
    set->local = local;
    return 0;
}

size_t plx_local_set_length(const plx_local_set *set)
{
    return set->local ? plx__cells_count(&set->local->cells) : 0;
}

enum plx_answer plx_local_set_poll(plx_local_set *self, plx_context *cx, plx_unit *out)
{
    struct plx_local *local = self->local;
    *out = (plx_unit){0};
    if (!local)
        return PLX_READY;
    if (!plx__local_is_mine(local, cx))
        return plx_fail(cx, -EXDEV);
    return plx__local_turn(local, cx) ? PLX_NOT_READY : PLX_READY;
}

static void close_set(struct plx_local *local)
{
    plx__cells_close(&local->cells);
    pthread_mutex_lock(&local->lock);
    local->closed = true;
    append(&local->queue, &local->remote);
    pthread_mutex_unlock(&local->lock);
}

/* What a task's drop does (spawn, notify, close) is its own affair, and finds the set closed. */
void plx_local_set_drop(plx_local_set *self)
{
    struct plx_local *local = PLX_MOVE(*self).local;
    struct plx_task *task;
    if (!local)
        return;
    close_set(local);
    plx__cells_cancel_all(&local->cells);
    while ((task = pop(&local->queue)) || (task = pop(&local->yielded)))
        plx__task_release(task, 1);
    plx_waker waker = plx_waker_cell_take(&local->polled_by);
    plx_waker_drop(&waker);
    plx__schedule_abandon(&local->schedule);
}
