/* SPDX-License-Identifier: MIT
 *
 * Signals as streams.
 *
 *     plx_signal interrupt;
 *     int error = plx_signal_listen(SIGINT, &interrupt);
 *     PLX_AWAIT(number, interrupted, plx_signal_next_new(&my->interrupt));      // or PLX_FOR_EACH over it
 *
 *     kill ──▶ the handler ──▶ pipe ──▶ reactor ──▶ a task of runtime 1
 *                      │
 *                      └─────▶ pipe ──▶ reactor ──▶ a task of runtime 2
 *
 * From plx_signal_listen on, every delivery of the signal reaches every one who listens. Those that come
 * while nobody asks are one item: "it has come", not how often; the system itself counts no better. It is the
 * process that listens: the first listener replaces the signal's disposition (and what the signal did before
 * does not happen), the last one to go puts it back. Programs that are started from here get the default
 * again.
 *
 * Empty when zero. Owned by one owner; may be moved (PLX_MOVE).
 *
 * Source: the self-pipe of D. J. Bernstein; tokio-signal 0.2, Tokio 1.x `signal::unix`.
 */
#ifndef PLX_PROCESS_SIGNAL_H
#define PLX_PROCESS_SIGNAL_H

#include "lib/reactor/poll_evented.h"

#include <signal.h>

struct plx__listener;

typedef struct plx_signal {
    struct plx__listener *listener;
    plx_poll_evented io; /* the reading end of its pipe */
} plx_signal;

typedef struct plx_signal_item {
    int number;
    bool end; /* never: a signal may always come again */
} plx_signal_item;

PLX_LEAF_DECLARE(plx_signal)

/* 0 or a negative errno: -EINVAL for one that cannot be caught (SIGKILL, SIGSTOP), or that is about the
 * instruction that raised it (SIGSEGV and the like). Needs no runtime. */
int plx_signal_listen(int number, plx_signal *signal);

/* The next delivery; ready with the signal's number. It borrows the signal. */
typedef struct plx_signal_next {
    plx_signal *signal;
} plx_signal_next;
typedef int plx_signal_next_item;
PLX_LEAF_DECLARE(plx_signal_next)

PLX_INLINE plx_signal_next plx_signal_next_new(plx_signal *signal)
{
    return (plx_signal_next){signal};
}

#endif
