/* SPDX-License-Identifier: MIT
 *
 * Join sets: see join_set.h.
 *
 * Why no end is lost: the owner leaves its waker and then looks at `finished` once more; a task that ends
 * pushes its member and then takes the waker (waker_cell.h).
 */
#include "lib/task/join_set.h"

#include "lib/runtime/runtime.h"
#include "lib/scheduler/pool.h"
#include "lib/task/task.h"
#include "lib/task/waker_cell.h"

#include <stdlib.h>

/* Lies in the cell of its task, which the set's join reference keeps, or whoever ends the task just now. */
struct member {
    struct plx_join_set *set;
    struct plx_task *task;
    struct member *finished_next;
    /* the owner's */
    struct member *next, **from;
};

struct plx_join_set {
    /* any thread */
    _Atomic size_t holders;
    _Atomic(struct member *) finished; /* a stack: the youngest first */
    struct plx_waker_cell owner;
    /* the owner's */
    struct member *ready, *members;
    size_t count;
};

static void release(struct plx_join_set *set)
{
    if (atomic_fetch_sub_explicit(&set->holders, 1, memory_order_acq_rel) != 1)
        return;
    plx_waker left = plx_waker_cell_take(&set->owner);
    plx_waker_drop(&left);
    free(set);
}

/* ── the join waker of a member: when the task has ended ──────────────────────────────────────────── */

/* Once a task. The store of the pushed member is seen by whoever takes the stack. */
static void ended(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    struct member *member = (struct member *)id;
    struct plx_join_set *set = member->set;
    (void)self;

    member->finished_next = atomic_load_explicit(&set->finished, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&set->finished, &member->finished_next, member,
                                                  memory_order_acq_rel, memory_order_relaxed))
        ;
    plx_waker owner = plx_waker_cell_take(&set->owner);
    if (owner.notify)
        plx_waker_notify_by(owner, by);
    plx_waker_drop(&owner);
}

static uintptr_t clone_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    atomic_fetch_add_explicit(&((struct member *)id)->set->holders, 1, memory_order_relaxed);
    return id;
}

static void drop_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    release(((struct member *)id)->set);
}

static const struct plx_notify member_notify = {ended, clone_id, drop_id};

/* ── the owner ────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_join_set *new_set(void)
{
    struct plx_join_set *set = calloc(1, sizeof *set);
    if (set)
        atomic_init(&set->holders, 1);
    return set;
}

/* The waker is there before the task can end. */
static struct member *join(struct plx_join_set *set, struct plx_task *task)
{
    struct member *member = plx__task_extra(task);
    *member = (struct member){.set = set, .task = task};
    atomic_fetch_add_explicit(&set->holders, 1, memory_order_relaxed);
    task->join_waker = (plx_waker){&member_notify, (uintptr_t)member};
    atomic_fetch_or_explicit(&task->state, PLX_JOIN_WAKER, memory_order_relaxed);
    return member;
}

static void add(struct plx_join_set *set, struct member *member)
{
    member->next = set->members;
    member->from = &set->members;
    if (member->next)
        member->next->from = &member->next;
    set->members = member;
    set->count++;
}

static void take_out(struct plx_join_set *set, struct member *member)
{
    *member->from = member->next;
    if (member->next)
        member->next->from = member->from;
    set->count--;
}

struct plx_schedule *plx__schedule_of(struct plx_runtime *runtime)
{
    if (!runtime)
        runtime = plx_runtime_current();
    return runtime ? &plx__runtime_pool(runtime)->schedule : NULL;
}

int plx__join_set_spawn(struct plx_join_set **set, struct plx_schedule *schedule,
                        const struct plx_future_ops *ops, void *future, struct plx_at at,
                        struct plx_abort_handle *abort)
{
    if (abort)
        *abort = (struct plx_abort_handle){0};
    if (!*set)
        *set = new_set();
    if (!*set || !schedule) {
        plx__drop_unnumbered(ops, future);
        return *set ? -ESHUTDOWN : -ENOMEM;
    }
    struct plx_task *task = plx__task_new(schedule, ops, future, sizeof(struct member));
    if (!task)
        return plx__cells_refusal(schedule);
    struct member *member = join(*set, task);
    int error = plx__task_launch(task, at);
    if (error)
        return error;
    add(*set, member);
    if (abort)
        *abort = plx__abort_handle_of(task);
    return 0;
}

/* The one that has ended first of those that have not come out. The stack is turned over: oldest first. */
static struct member *take_ended(struct plx_join_set *set)
{
    if (!set->ready) {
        struct member *youngest = atomic_exchange_explicit(&set->finished, NULL, memory_order_acquire);
        while (youngest) {
            struct member *next = youngest->finished_next;
            youngest->finished_next = set->ready;
            set->ready = youngest;
            youngest = next;
        }
    }
    struct member *member = set->ready;
    if (member)
        set->ready = member->finished_next;
    return member;
}

static void leave_waker(struct plx_join_set *set, plx_context *cx)
{
    plx_waker missed = plx_waker_cell_register(&set->owner, plx_context_waker(cx));
    if (missed.notify)
        plx_waker_notify(missed);
    plx_waker_drop(&missed);
}

/* The task has ended, so its handle answers at once; a failure of the task's is none of ours. */
static void come_out(struct plx_join_set *set, struct member *member, plx_context *cx,
                     struct plx_join_outcome *outcome, void *item)
{
    struct plx_task *handle = member->task;
    *outcome = (struct plx_join_outcome){.how = handle->ending, .task = handle->id};
    take_out(set, member);
    if (plx__handle_poll(&handle, cx, item) == PLX_FAILED)
        outcome->error = cx->error;
}

enum plx_answer plx__join_set_poll(struct plx_join_set *set, plx_context *cx,
                                   struct plx_join_outcome *outcome, void *item)
{
    if (!set || set->count == 0) {
        *outcome = (struct plx_join_outcome){.end = true};
        return PLX_READY;
    }
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    struct member *member = take_ended(set);
    if (!member) {
        leave_waker(set, cx);
        member = take_ended(set);
    }
    if (!member) {
        plx_detail(cx, "%zu tasks run", set->count);
        return PLX_NOT_READY;
    }
    come_out(set, member, cx, outcome, item);
    return PLX_READY;
}

void plx__join_set_abort_all(struct plx_join_set *set)
{
    for (struct member *member = set ? set->members : NULL; member; member = member->next)
        if (!plx__task_is_complete(member->task))
            plx__task_abort(member->task);
}

/* Ended members may still be pushed on `finished`, or lie there: nobody comes to take them, and the
 * shared part goes with the last join waker. So a set that is used again gets a new one. */
void plx__join_set_detach_all(struct plx_join_set **set)
{
    struct plx_join_set *gone = PLX_MOVE(*set);
    if (!gone)
        return;
    while (gone->members) {
        struct plx_task *handle = gone->members->task;
        take_out(gone, gone->members);
        plx__handle_drop(&handle);
    }
    release(gone);
}

void plx__join_set_drop(struct plx_join_set **set)
{
    plx__join_set_abort_all(*set);
    plx__join_set_detach_all(set);
}

size_t plx__join_set_length(const struct plx_join_set *set)
{
    return set ? set->count : 0;
}
