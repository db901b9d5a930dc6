/* SPDX-License-Identifier: MIT
 *
 * The timer: see timer.h.
 *
 * Memory. `holders` counts who made the timer, those who have called keep, and the entries with a `timer`. It
 * is changed under the lock, as is nearly everything here, and so costs nothing on top of it. An entry lets
 * go of the timer itself, when it is unset: the turn that fires it cannot do that in its name, because the
 * owner may just then have seen it armed, and be on its way to the lock.
 */
#include "lib/time/timer.h"

#include "lib/runtime/runtime.h"
#include "lib/time/biased_lock.h"

#include <errno.h>
#include <stdlib.h>

#define AWAKE ((uint64_t)0) /* earlier than any deadline: nobody needs to unpark */

struct plx_timer {
    struct plx_biased_lock lock;

    /* written under the lock; the worker reads next_wake without, and writes asleep_until = AWAKE */
    _Atomic uint64_t next_wake;    /* ms: when the wheel is to be turned; PLX_NEVER */
    _Atomic uint64_t asleep_until; /* ms: what the worker's sleep was told */

    /* set once */
    struct plx_clock *clock;
    uint32_t worker;
    void (*unpark)(void *arg);
    void *arg;
    struct plx_clock_watcher watcher;

    /* under the lock */
    size_t holders, armed;
    bool shut;
    uint64_t work;
    struct plx_wheel_link never; /* those whose deadline is the end of time: it does not come */
    struct plx_wheel wheel;
};

/* ── the lock, and whom it keeps ──────────────────────────────────────────────────────────────────────── */

static void lock(struct plx_timer *timer)
{
    plx_biased_lock(&timer->lock);
}

static void unlock(struct plx_timer *timer)
{
    plx_biased_unlock(&timer->lock);
}

static void free_timer(struct plx_timer *timer)
{
    if (!timer->shut)
        plx__clock_unwatch(timer->clock, &timer->watcher);
    plx_biased_lock_done(&timer->lock);
    free(timer);
}

/* Lets go of the lock and of one hold; the timer goes with the last. */
static void unlock_and_release(struct plx_timer *timer)
{
    bool last = --timer->holders == 0;
    unlock(timer);
    if (last)
        free_timer(timer);
}

void plx_timer_keep(struct plx_timer *timer)
{
    lock(timer);
    timer->holders++;
    unlock(timer);
}

void plx_timer_release(struct plx_timer *timer)
{
    lock(timer);
    unlock_and_release(timer);
}

/* ── made ─────────────────────────────────────────────────────────────────────────────────────────────── */

static uint64_t now_ms(struct plx_timer *timer)
{
    return plx__ms_down(plx_clock_now(timer->clock).ns);
}

int plx_timer_new(struct plx_clock *clock, uint32_t worker_number, void (*unpark)(void *arg), void *arg,
                  struct plx_timer **out)
{
    struct plx_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return -ENOMEM;
    int error = plx_biased_lock_init(&timer->lock);
    if (error) {
        free(timer);
        return error;
    }
    timer->clock = clock ? clock : plx_clock_of_process();
    timer->worker = worker_number;
    timer->unpark = unpark;
    timer->arg = arg;
    timer->watcher = (struct plx_clock_watcher){.jumped = unpark, .arg = arg};
    timer->holders = 1;
    atomic_init(&timer->next_wake, PLX_NEVER);
    plx_ring_init(&timer->never);
    plx_wheel_init(&timer->wheel, now_ms(timer));
    plx__clock_watch(timer->clock, &timer->watcher);
    *out = timer;
    return 0;
}

struct plx_clock *plx_timer_clock(struct plx_timer *timer)
{
    return timer->clock;
}

struct plx_timer_counts plx_timer_counts(struct plx_timer *timer)
{
    lock(timer);
    struct plx_timer_counts counts = {timer->armed, timer->work};
    unlock(timer);
    return counts;
}

static _Thread_local struct plx_timer *of_thread;

struct plx_timer *plx_timer_use(struct plx_timer *timer)
{
    struct plx_timer *before = of_thread;
    of_thread = timer;
    return before;
}

struct plx_timer *plx__timer_of(plx_context *cx)
{
    return cx && cx->runtime ? plx__runtime_timer(cx->runtime) : of_thread;
}

struct plx_instant plx_instant_now(void)
{
    struct plx_timer *timer = plx__timer_of(plx__context_current());
    return plx_clock_now(timer ? timer->clock : plx_clock_of_process());
}

/* ── what the trace is told ───────────────────────────────────────────────────────────────────────────── */

static uint64_t number_of(struct plx_timer_entry *entry)
{
    return plx_trace_on() ? plx__trace_number(&entry->number) : 0;
}

static void tell_set(struct plx_timer *timer, struct plx_timer_entry *entry, uint64_t deadline)
{
    if (!plx_trace_on())
        return;
    plx_context *cx = plx__context_current();
    unsigned level = plx_wheel_level(timer->wheel.elapsed, entry->filed.when);
    plx_trace(timer_set, .timer = number_of(entry), .task = cx ? cx->task : 0, .now_ms = now_ms(timer),
              .deadline_ms = deadline, .worker = timer->worker, .level = level,
              .slot = plx_wheel_slot(level, entry->filed.when));
}

static void tell_came_down(struct plx_wheel_entry *filed, unsigned level, unsigned slot)
{
    struct plx_timer_entry *entry = plx_container_of(filed, struct plx_timer_entry, filed);
    plx_trace(timer_cascade, .timer = number_of(entry), .level = level, .slot = slot);
}

/* ── in and out of the wheel: with the lock held ──────────────────────────────────────────────────────── */

static void set_next_wake(struct plx_timer *timer, uint64_t ms)
{
    atomic_store_explicit(&timer->next_wake, ms, memory_order_relaxed);
}

static uint64_t next_wake(struct plx_timer *timer)
{
    return atomic_load_explicit(&timer->next_wake, memory_order_relaxed);
}

static bool is_never(uint64_t deadline)
{
    return deadline >= plx__ms_up(PLX_FOREVER);
}

/* Files an armed entry, and sees to it that the worker wakes in time. */
static void file(struct plx_timer *timer, struct plx_timer_entry *entry, uint64_t deadline)
{
    timer->armed++;
    if (is_never(deadline)) {
        entry->filed.when = deadline;
        plx_ring_append(&timer->never, &entry->filed.link);
        return;
    }
    uint64_t wake = plx_wheel_insert(&timer->wheel, &entry->filed, deadline);
    if (wake >= next_wake(timer))
        return;
    set_next_wake(timer, wake);
    if (wake >= atomic_load_explicit(&timer->asleep_until, memory_order_relaxed))
        return;
    atomic_store_explicit(&timer->asleep_until, AWAKE, memory_order_relaxed); /* as good as */
    timer->unpark(timer->arg);
}

static void unfile(struct plx_timer *timer, struct plx_timer_entry *entry)
{
    timer->armed--;
    if (plx_wheel_remove(&timer->wheel, &entry->filed))
        set_next_wake(timer, plx_wheel_next(&timer->wheel));
}

/* ── firing ───────────────────────────────────────────────────────────────────────────────────────────── */

/* Who is to be notified, when the lock is free. */
struct due {
    plx_waker waker;
    uint64_t number;
};

static void notify(struct due *due)
{
    plx_waker_notify_by(due->waker, (struct plx_cause){PLX_BY_TIMER, due->number});
    plx_waker_drop(&due->waker);
}

/* Takes the waker out of an entry that is in no slot any more, and writes FIRED or SHUT over its deadline, if
 * that is still `deadline`. Then the entry is its owner's, who may free it at once. */
static bool end(struct plx_timer_entry *entry, uint64_t deadline, uint64_t how, struct due *due)
{
    bool told;
    *due = (struct due){entry->waker, number_of(entry)};
    plx_trace_begin(told);
    if (!atomic_compare_exchange_strong_explicit(&entry->deadline, &deadline, how, memory_order_acq_rel,
                                                 memory_order_relaxed)) {
        plx_trace_cancel(told);
        return false;
    }
    plx_trace_commit(told, timer_fire, .timer = due->number, .deadline_ms = deadline);
    return true;
}

/* The wheel says that an entry is due. Unless its deadline has been moved on meanwhile: then it is filed
 * anew. (It is not moved back, that takes the lock.) */
static bool fire_or_refile(struct plx_timer *timer, struct plx_timer_entry *entry, struct due *due)
{
    if (end(entry, entry->filed.when, PLX_TIMER_FIRED, due))
        return true;
    uint64_t deadline = plx_timer_deadline(entry);
    timer->armed--;
    file(timer, entry, deadline);
    tell_came_down(&entry->filed, plx_wheel_level(timer->wheel.elapsed, deadline),
                   plx_wheel_slot(plx_wheel_level(timer->wheel.elapsed, deadline), deadline));
    return false;
}

/* One hold of the lock: up to a batch of those to be notified, out of a slice of work. */
static uint32_t collect(struct plx_timer *timer, uint64_t now, struct due due[PLX_TIMER_BATCH])
{
    uint32_t count = 0, work = PLX_TIMER_SLICE;
    struct plx_wheel_entry *filed;

    lock(timer);
    timer->wheel.came_down = plx_trace_on() ? tell_came_down : NULL;
    while (count < PLX_TIMER_BATCH && (filed = plx_wheel_turn(&timer->wheel, now, &work))) {
        struct plx_timer_entry *entry = plx_container_of(filed, struct plx_timer_entry, filed);
        if (fire_or_refile(timer, entry, &due[count])) {
            timer->armed--;
            count++;
        }
    }
    timer->work += PLX_TIMER_SLICE - work;
    set_next_wake(timer, plx_wheel_next(&timer->wheel));
    unlock(timer);
    return count;
}

uint32_t plx_timer_turn(struct plx_timer *timer)
{
    atomic_store_explicit(&timer->asleep_until, AWAKE, memory_order_relaxed);
    return plx_timer_stand_in(timer);
}

uint32_t plx_timer_stand_in(struct plx_timer *timer)
{
    struct due due[PLX_TIMER_BATCH];
    uint32_t fired = 0;

    if (next_wake(timer) == PLX_NEVER)
        return 0;
    uint64_t now = now_ms(timer);
    for (int slice = 0; slice < PLX_TIMER_SLICES && next_wake(timer) <= now; slice++) {
        uint32_t count = collect(timer, now, due);
        for (uint32_t i = 0; i < count; i++)
            notify(&due[i]);
        fired += count;
    }
    return fired;
}

/* The lock makes one order of this and of every file(): what was filed before is in next_wake, and who files
 * later sees how long the worker sleeps. */
int64_t plx_timer_timeout_ns(struct plx_timer *timer)
{
    lock(timer);
    uint64_t next = next_wake(timer);
    atomic_store_explicit(&timer->asleep_until, next, memory_order_relaxed);
    unlock(timer);
    if (next == PLX_NEVER)
        return -1;
    uint64_t ns = plx_instant_since((struct plx_instant){PLX_MS(next)}, plx_clock_now(timer->clock));
    return ns < INT64_MAX ? (int64_t)ns : INT64_MAX;
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_wheel_entry *any(struct plx_timer *timer)
{
    struct plx_wheel_entry *filed = plx_wheel_any(&timer->wheel);
    return filed ? filed : plx_ring_first(&timer->never);
}

static uint32_t shut_batch(struct plx_timer *timer, struct due due[PLX_TIMER_BATCH])
{
    uint32_t count = 0;
    struct plx_wheel_entry *filed;

    lock(timer);
    timer->shut = true;
    while (count < PLX_TIMER_BATCH && (filed = any(timer))) {
        struct plx_timer_entry *entry = plx_container_of(filed, struct plx_timer_entry, filed);
        unfile(timer, entry);
        due[count++] = (struct due){entry->waker, number_of(entry)};
        atomic_store_explicit(&entry->deadline, PLX_TIMER_SHUT, memory_order_release);
    }
    unlock(timer);
    return count;
}

void plx_timer_shutdown(struct plx_timer *timer)
{
    struct due due[PLX_TIMER_BATCH];
    uint32_t count;

    if (timer->shut)
        return;
    plx__clock_unwatch(timer->clock, &timer->watcher);
    while ((count = shut_batch(timer, due)))
        for (uint32_t i = 0; i < count; i++)
            notify(&due[i]);
}

/* ── entries ──────────────────────────────────────────────────────────────────────────────────────────── */

int plx_timer_set(struct plx_timer *timer, struct plx_timer_entry *entry, uint64_t now, uint64_t deadline,
                  plx_context *cx)
{
    struct plx_timer *before = entry->timer;
    plx_waker waker = plx_context_waker(cx);

    lock(timer);
    plx_wheel_catch_up(&timer->wheel, now, next_wake(timer));
    int error = timer->shut ? -ESHUTDOWN : deadline <= timer->wheel.elapsed ? -ETIME : 0;
    if (!error) {
        timer->holders += before != timer;
        entry->timer = timer;
        entry->waker = PLX_MOVE(waker);
        atomic_store_explicit(&entry->deadline, deadline, memory_order_relaxed);
        file(timer, entry, deadline);
        tell_set(timer, entry, deadline);
    }
    unlock(timer);
    plx_waker_drop(&waker);
    if (!error && before && before != timer)
        plx_timer_release(before);
    return error;
}

/* Only the owner writes the waker, so it may look at it without the lock. If the entry fires in between, it
 * is this same waker that is notified. */
void plx_timer_rewake(struct plx_timer_entry *entry, plx_context *cx)
{
    if (plx_waker_same(entry->waker, cx->waker)) {
        cx->waker_taken = true;
        return;
    }
    plx_waker mine = plx_context_waker(cx);
    lock(entry->timer);
    if (plx_timer_is_armed(plx_timer_deadline(entry))) {
        plx_waker old = entry->waker;
        entry->waker = mine;
        mine = old;
    }
    unlock(entry->timer);
    plx_waker_drop(&mine);
}

/* What has fired may be set again; what was shut stays so. */
static void reopen(struct plx_timer_entry *entry, uint64_t deadline)
{
    if (deadline == PLX_TIMER_FIRED)
        atomic_store_explicit(&entry->deadline, PLX_TIMER_UNSET, memory_order_relaxed);
}

/* With the lock. True: it was for a moment that is past, and is fired. */
static bool move_filed(struct plx_timer *timer, struct plx_timer_entry *entry, uint64_t deadline,
                       struct due *due)
{
    uint64_t before = plx_timer_deadline(entry);
    if (!plx_timer_is_armed(before)) {
        reopen(entry, before);
        return false;
    }
    if (deadline <= timer->wheel.elapsed || deadline <= now_ms(timer)) {
        unfile(timer, entry);
        return end(entry, before, PLX_TIMER_FIRED, due);
    }
    atomic_store_explicit(&entry->deadline, deadline, memory_order_relaxed);
    if (deadline < entry->filed.when) {
        unfile(timer, entry);
        file(timer, entry, deadline);
    }
    tell_set(timer, entry, deadline);
    return false;
}

void plx_timer_move(struct plx_timer_entry *entry, uint64_t deadline)
{
    uint64_t before = plx_timer_deadline(entry);
    struct due due;

    if (!plx_timer_is_armed(before)) {
        reopen(entry, before);
        return;
    }
    if (deadline >= before && !plx_trace_on() &&
        atomic_compare_exchange_strong_explicit(&entry->deadline, &before, deadline, memory_order_acq_rel,
                                                memory_order_relaxed))
        return;
    struct plx_timer *timer = entry->timer;
    lock(timer);
    bool fired = move_filed(timer, entry, deadline, &due);
    unlock(timer);
    if (fired)
        notify(&due);
}

void plx_timer_unset(struct plx_timer_entry *entry)
{
    struct plx_timer *timer = entry->timer;
    plx_waker gone = {0};

    if (!timer) {
        atomic_store_explicit(&entry->deadline, PLX_TIMER_UNSET, memory_order_relaxed);
        return;
    }
    lock(timer);
    if (plx_timer_is_armed(plx_timer_deadline(entry))) {
        plx_trace(timer_cancel, .timer = number_of(entry));
        unfile(timer, entry);
        gone = entry->waker;
    }
    entry->timer = NULL;
    atomic_store_explicit(&entry->deadline, PLX_TIMER_UNSET, memory_order_relaxed);
    unlock_and_release(timer);
    plx_waker_drop(&gone);
}
