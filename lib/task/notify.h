/* SPDX-License-Identifier: MIT
 *
 * Notify: how a task is told that it can go on.
 *
 * Whoever runs tasks implements struct plx_notify: three functions and whatever it keeps behind them. What it
 * tells apart by `id` is its own affair; our scheduler's id is the task's address, and clone_id and drop_id
 * count its references.
 *
 *     notify(self, id)     task `id` can go on. From any thread, at any time, any number of times, also while
 *                          the task is polled and after it has ended. After a notify the task is polled at
 *                          least once more, unless it has ended.
 *     clone_id, drop_id    somebody keeps the id; lets it go. Every id given by clone_id is dropped once.
 *
 * Source: the slide with the trait Notify ("this trait need implemented by scheduler"), futures 0.1.
 */
#ifndef PLX_TASK_NOTIFY_H
#define PLX_TASK_NOTIFY_H

#include "lib/base.h"
#include "lib/trace/trace.h"

struct plx_notify {
    void (*notify)(const struct plx_notify *self, uintptr_t id, struct plx_cause by);
    uintptr_t (*clone_id)(const struct plx_notify *self, uintptr_t id);
    void (*drop_id)(const struct plx_notify *self, uintptr_t id);
};

/* A waker: the handle through which one task is notified. It is the Task of futures 0.1 (`task::current()`
 * makes one, `Task::notify()` uses it) and the Waker of futures 0.3 at once. Empty when zero. */
typedef struct plx_waker {
    const struct plx_notify *notify;
    uintptr_t id;
} plx_waker;

/* A waker of one's own; dropped once with plx_waker_drop. */
PLX_INLINE plx_waker plx_waker_clone(plx_waker waker)
{
    if (!waker.notify)
        return waker;
    return (plx_waker){waker.notify, waker.notify->clone_id(waker.notify, waker.id)};
}

PLX_INLINE void plx_waker_drop(plx_waker *waker)
{
    plx_waker gone = PLX_MOVE(*waker);
    if (gone.notify)
        gone.notify->drop_id(gone.notify, gone.id);
}

/* Of the wakers of our own tasks. */
extern const struct plx_notify plx__task_notify;

/* Tells the task that it can go on. `by` is the cause that the trace tells; plx_waker_notify finds it out
 * itself: the task that is being polled on this thread, else the thread. Thread-safe. */
PLX_INLINE void plx_waker_notify_by(plx_waker waker, struct plx_cause by)
{
    if (waker.notify)
        waker.notify->notify(waker.notify, waker.id, by);
}

void plx_waker_notify(plx_waker waker);

/* Notifies and drops a waker that has been taken out of its place; an empty one is none. In one step when it is
 * that of a task and nobody looks: 5 ns less at each wake. */
void plx_waker_spend(plx_waker waker);
void plx_waker_spend_by(plx_waker waker, struct plx_cause by);

/* Whether both notify the same task: then a stored waker need not be replaced. Never true by mistake. */
PLX_INLINE bool plx_waker_same(plx_waker a, plx_waker b)
{
    return a.notify == b.notify && a.id == b.id;
}

#endif
