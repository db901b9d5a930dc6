/* SPDX-License-Identifier: MIT
 *
 * Clocks: see clock.h.
 *
 * A clock that runs shows the system's monotonic time less its `zero`. Who reads it loads stands_at
 * (acquire), then zero, then asks the system: whoever made it run stored zero before stands_at, and looked at
 * the system's clock before that, so the difference is never negative.
 */
#include "lib/time/clock.h"

#include "lib/trace/trace.h"

#include <errno.h>
#include <time.h>

uint64_t plx_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int plx_clock_init(struct plx_clock *clock)
{
    *clock = (struct plx_clock){.stands_at = PLX_CLOCK_RUNS, .zero = plx_monotonic_ns()};
    return -pthread_mutex_init(&clock->lock, NULL);
}

void plx_clock_done(struct plx_clock *clock)
{
    pthread_mutex_destroy(&clock->lock);
}

/* ── the process's ────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_clock of_process = {
    .stands_at = PLX_CLOCK_RUNS, .lock = PTHREAD_MUTEX_INITIALIZER, .of_process = true};

static void start_of_process(void)
{
    atomic_store(&of_process.zero, plx_monotonic_ns());
}

struct plx_clock *plx_clock_of_process(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_of_process);
    return &of_process;
}

/* ── what it shows ────────────────────────────────────────────────────────────────────────────────────── */

struct plx_instant plx_clock_now(struct plx_clock *clock)
{
    uint64_t stands_at = atomic_load_explicit(&clock->stands_at, memory_order_acquire);
    if (stands_at != PLX_CLOCK_RUNS)
        return (struct plx_instant){stands_at};
    uint64_t zero = atomic_load_explicit(&clock->zero, memory_order_relaxed);
    return (struct plx_instant){plx_monotonic_ns() - zero};
}

bool plx_clock_is_paused(struct plx_clock *clock)
{
    return atomic_load_explicit(&clock->stands_at, memory_order_acquire) != PLX_CLOCK_RUNS;
}

/* ── how it goes ──────────────────────────────────────────────────────────────────────────────────────── */

static void tell_watchers(struct plx_clock *clock)
{
    for (struct plx_clock_watcher *watcher = clock->watchers; watcher; watcher = watcher->next)
        watcher->jumped(watcher->arg);
}

int plx_clock_pause(struct plx_clock *clock)
{
    if (clock->of_process)
        return -EPERM;
    pthread_mutex_lock(&clock->lock);
    atomic_store_explicit(&clock->stands_at, plx_clock_now(clock).ns, memory_order_release);
    pthread_mutex_unlock(&clock->lock);
    return 0;
}

int plx_clock_resume(struct plx_clock *clock)
{
    if (clock->of_process)
        return -EPERM;
    pthread_mutex_lock(&clock->lock);
    if (plx_clock_is_paused(clock)) {
        atomic_store_explicit(&clock->zero, plx_monotonic_ns() - clock->stands_at, memory_order_relaxed);
        atomic_store_explicit(&clock->stands_at, PLX_CLOCK_RUNS, memory_order_release);
    }
    tell_watchers(clock);
    pthread_mutex_unlock(&clock->lock);
    return 0;
}

/* It stops at the last instant there is, which must not look as if it ran. */
static uint64_t moved_on(uint64_t from, uint64_t ns)
{
    uint64_t to = plx_instant_after((struct plx_instant){from}, ns).ns;
    return to == PLX_CLOCK_RUNS ? PLX_CLOCK_RUNS - 1 : to;
}

int plx_clock_advance(struct plx_clock *clock, uint64_t ns)
{
    pthread_mutex_lock(&clock->lock);
    bool paused = plx_clock_is_paused(clock);
    if (paused) {
        uint64_t now = moved_on(clock->stands_at, ns);
        plx_trace(clock, .now_ms = plx__ms_down(now));
        atomic_store_explicit(&clock->stands_at, now, memory_order_release);
        tell_watchers(clock);
    }
    pthread_mutex_unlock(&clock->lock);
    return paused ? 0 : -EINVAL;
}

/* ── watchers ─────────────────────────────────────────────────────────────────────────────────────────── */

void plx__clock_watch(struct plx_clock *clock, struct plx_clock_watcher *watcher)
{
    pthread_mutex_lock(&clock->lock);
    watcher->next = clock->watchers;
    watcher->link = &clock->watchers;
    if (watcher->next)
        watcher->next->link = &watcher->next;
    clock->watchers = watcher;
    pthread_mutex_unlock(&clock->lock);
}

void plx__clock_unwatch(struct plx_clock *clock, struct plx_clock_watcher *watcher)
{
    pthread_mutex_lock(&clock->lock);
    *watcher->link = watcher->next;
    if (watcher->next)
        watcher->next->link = watcher->link;
    pthread_mutex_unlock(&clock->lock);
}
