/* SPDX-License-Identifier: MIT
 *
 * Leaves that tests of the scheduler and the reactor are made of, and what else they share. A test that
 * waits waits for something to be done, never for time to pass; the runner's time-out ends it when that
 * does not come.
 */
#ifndef TESTS_SUPPORT_FUTURES_H
#define TESTS_SUPPORT_FUTURES_H

/* clang-format off */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <dirent.h>
#include <pollux.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── tally: polls itself `more` times over, then is ready with how often it was polled ────────────────── */

struct tally_counts {
    _Atomic unsigned polls, drops, ends;
    _Atomic unsigned clashes; /* how often a tally was polled by two threads at once */
};

typedef struct tally {
    struct tally_counts *counts;
    unsigned more, polled;
    _Atomic unsigned inside; /* how many poll it just now */
} tally;
typedef uint64_t tally_item;

PLX_INLINE enum plx_answer tally_poll(tally *self, plx_context *cx, uint64_t *out)
{
    if (atomic_fetch_add(&self->inside, 1) > 0)
        atomic_fetch_add(&self->counts->clashes, 1);
    atomic_fetch_add(&self->counts->polls, 1);
    *out = ++self->polled;
    bool done = self->polled > self->more;
    if (!done)
        plx_context_notify(cx);
    else
        atomic_fetch_add(&self->counts->ends, 1);
    atomic_fetch_sub(&self->inside, 1);
    return done ? PLX_READY : PLX_NOT_READY;
}

PLX_INLINE void tally_drop(tally *self)
{
    atomic_fetch_add(&self->counts->drops, 1);
}

PLX_LEAF(tally)

PLX_INLINE tally tally_new(struct tally_counts *counts, unsigned more)
{
    return (tally){.counts = counts, .more = more};
}

/* ── passing a gate: not ready until somebody opens it ───────────────────────────────────────────────── */

struct gate {
    atomic_bool open;
    struct plx_waker_cell cell;
    _Atomic unsigned polls, drops;
};

PLX_INLINE void gate_notify(struct gate *gate)
{
    plx_waker waker = plx_waker_cell_take(&gate->cell);
    plx_waker_notify(waker);
    plx_waker_drop(&waker);
}

PLX_INLINE void gate_open(struct gate *gate)
{
    atomic_store(&gate->open, true);
    gate_notify(gate);
}

/* The waker that somebody has left there stays behind when the gate goes: this lets it go. */
PLX_INLINE void gate_done(struct gate *gate)
{
    plx_waker waker = plx_waker_cell_take(&gate->cell);
    plx_waker_drop(&waker);
}

typedef struct pass {
    struct gate *gate;
} pass;
typedef uint64_t pass_item;

PLX_INLINE enum plx_answer pass_poll(pass *self, plx_context *cx, uint64_t *out)
{
    atomic_fetch_add(&self->gate->polls, 1);
    *out = 42;
    if (atomic_load(&self->gate->open))
        return PLX_READY;
    plx_waker overtaken = plx_waker_cell_register(&self->gate->cell, plx_context_waker(cx));
    plx_waker_notify(overtaken);
    plx_waker_drop(&overtaken);
    return atomic_load(&self->gate->open) ? PLX_READY : PLX_NOT_READY;
}

PLX_INLINE void pass_drop(pass *self)
{
    atomic_fetch_add(&self->gate->drops, 1);
}

PLX_LEAF(pass)

PLX_INLINE pass pass_new(struct gate *gate)
{
    return (pass){gate};
}

/* ── a call: a future that runs a function once, in a task ────────────────────────────────────────────── */

typedef struct call {
    int (*function)(void *arg);
    void *arg;
} call;
typedef uint64_t call_item;

PLX_INLINE enum plx_answer call_poll(call *self, plx_context *cx, uint64_t *out)
{
    int result = self->function(self->arg);
    if (result < 0)
        return plx_fail(cx, result);
    *out = (uint64_t)result;
    return PLX_READY;
}

PLX_INLINE void call_drop(call *self)
{
    (void)self;
}

PLX_LEAF(call)

PLX_INLINE call call_new(int (*function)(void *arg), void *arg)
{
    return (call){function, arg};
}

/* ── the rest ─────────────────────────────────────────────────────────────────────────────────────────── */

PLX_INLINE struct plx_runtime *runtime_of(struct plx_runtime_options options)
{
    struct plx_runtime *runtime;
    assert_int_equal(plx_runtime_new(&options, &runtime), 0);
    return runtime;
}

#define wait_until(condition)                                                                                \
    while (!(condition))                                                                                     \
    sched_yield()

/* How many entries a folder of /proc/self has: descriptors ("fd"), threads ("task"). */
PLX_INLINE int count_own(const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/%s", what);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    int count = 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || __has_feature(thread_sanitizer) ||      \
    __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* Jitter (jitter.h) is forced into the whole build. */
#ifdef TESTS_SUPPORT_JITTER_H
enum { JITTERY = 1 };
#else
enum { JITTERY = 0 };
#endif

/* Sanitizers and jitter make everything about ten times as slow: how much of `whole` is tried. */
PLX_INLINE unsigned scaled(unsigned whole)
{
    return SANITIZED || JITTERY ? whole / 10 : whole;
}

#endif
