/* SPDX-License-Identifier: MIT
 *
 * Clocks: what time it is for a runtime, in nanoseconds since the clock's zero. It never depends on the
 * calendar.
 *
 *     static struct plx_clock clock = PLX_CLOCK_PAUSED;                       stands at 0
 *     plx_runtime_new(&(struct plx_runtime_options){.clock = &clock, …}, &runtime);
 *     …
 *     plx_clock_advance(&clock, PLX_SECONDS(30));                             whoever sleeps until then wakes
 *
 * A runtime that is given no clock has the process's, which always runs. A clock of one's own can be paused
 * and moved on by hand, so that a test or a lesson waits for nothing and comes out the same each time.
 *
 * All functions are thread-safe. The time itself is two atomic words; the lock is only for those who change
 * how the clock goes, and for the list of watchers: the timers whose threads may be asleep until some moment,
 * and have to be told when the clock jumps.
 *
 * Source: tokio 0.1 `clock`, Tokio 1.x `time::{pause, resume, advance}`.
 */
#ifndef PLX_TIME_CLOCK_H
#define PLX_TIME_CLOCK_H

#include "lib/time/instant.h"

#include <pthread.h>
#include <stdatomic.h>

/* Who is told when the clock jumps. `jumped` is called with the clock's lock held, by the thread that moves
 * the clock: it wakes a thread and does nothing else. */
struct plx_clock_watcher {
    void (*jumped)(void *arg);
    void *arg;
    struct plx_clock_watcher *next, **link; /* under the clock's lock */
};

struct plx_clock {
    _Atomic uint64_t stands_at; /* PLX_CLOCK_RUNS, or the time it shows while it is paused */
    _Atomic uint64_t zero; /* of the system's clock, when it runs: wraps, so it may lie before that one's 0 */
    pthread_mutex_t lock;
    struct plx_clock_watcher *watchers;
    bool of_process; /* set once: the clock of all, which nobody may stop */
};

#define PLX_CLOCK_RUNS UINT64_MAX

/* The initial value of a clock that is paused at 0. */
#define PLX_CLOCK_PAUSED                                                                                     \
    {                                                                                                        \
        .stands_at = 0, .lock = PTHREAD_MUTEX_INITIALIZER                                                    \
    }

/* Makes a clock that runs, from 0. 0 or a negative errno. It must outlive the runtimes that have it. */
int plx_clock_init(struct plx_clock *clock);
void plx_clock_done(struct plx_clock *clock);

/* The process's clock: 0 was when somebody first asked for it. */
struct plx_clock *plx_clock_of_process(void);

/* The system's own monotonic clock: for what concerns the machine and not the program's time. */
uint64_t plx_monotonic_ns(void);

struct plx_instant plx_clock_now(struct plx_clock *clock);
bool plx_clock_is_paused(struct plx_clock *clock);

/* Stops it; lets it run on from where it stands. 0, also when it did already; -EPERM: the process's clock. */
int plx_clock_pause(struct plx_clock *clock);
int plx_clock_resume(struct plx_clock *clock);

/* Moves a paused clock on, and wakes who has to look at it. 0, or -EINVAL when it is not paused. */
int plx_clock_advance(struct plx_clock *clock, uint64_t ns);

void plx__clock_watch(struct plx_clock *clock, struct plx_clock_watcher *watcher);
/* When this returns the watcher is not being told, and never will be. */
void plx__clock_unwatch(struct plx_clock *clock, struct plx_clock_watcher *watcher);

#endif
