/* SPDX-License-Identifier: MIT
 *
 * The reactor: turns readiness of sockets into notify.
 *
 *      your task                          the reactor                      the selector
 *          │ PollEvented: register ──▶ io_dispatch: a slot ──────────────────▶ add
 *          │ would block: wait ──────▶ the slot keeps the waker ─────────────▶ (rearm)
 *          │                               turn: wait ◀────────────────────── events
 *          ◀── notify ──────────────── the slot's readiness, then its waker
 *
 * io_dispatch is a table of slots (scheduled_io.h) in pages that never move and are never freed while the
 * reactor lives, so the turn needs no lock: a late event finds at worst a slot of another generation. For the
 * same reason nothing need be kept until the turn is over that somebody has let go meanwhile.
 *
 * One thread at a time turns it: the one that owns it (try_own). Registering, waiting and waking may
 * happen on any thread.
 *
 * It lives as long as somebody holds it: its runtime, every source registered with it, and every waiter. When
 * the runtime has shut it down, all who wait are notified, and every further wait fails with ESHUTDOWN.
 *
 * Source: the slides "Reactor"; tokio 0.1 `tokio-reactor`, Tokio 1.x `runtime/io/driver.rs`.
 */
#ifndef PLX_REACTOR_REACTOR_H
#define PLX_REACTOR_REACTOR_H

#include "lib/reactor/scheduled_io.h"

struct plx_reactor;

/* How many sources one reactor can hold. */
enum {
    PLX_SLOTS_A_PAGE = PLX_SMALL ? 4 : 64,
    PLX_SLOT_PAGES = PLX_SMALL ? 1 << 10 : 1 << 14,
    PLX_SOURCES_MOST = PLX_SLOTS_A_PAGE * PLX_SLOT_PAGES,
};

/* 0, or a negative errno. The caller holds it. */
int plx_reactor_new(const struct plx_selector_ops *selector, struct plx_reactor **reactor);
void plx_reactor_keep(struct plx_reactor *reactor);
void plx_reactor_release(struct plx_reactor *reactor);

/* No source becomes ready any more; notifies all who wait, and whoever waits later fails. */
void plx_reactor_shutdown(struct plx_reactor *reactor);

/* Why waiting fails: 0 while the reactor works, -ESHUTDOWN after its end, or, when the selector has failed
 * again and again so that the reactor gave up, what it says. */
int plx_reactor_error(struct plx_reactor *reactor);

/* The right to turn it. Nobody has it any more when the reactor has given up: a turn would not wait. */
bool plx_reactor_try_own(struct plx_reactor *reactor);
void plx_reactor_disown(struct plx_reactor *reactor);

/* Waits for events, at most `timeout_ns` nanoseconds (negative: until one comes, or a wake; 0: not at all),
 * and notifies the tasks that wait for them. Owner only. Returns how many events there were, or a negative
 * errno. It never returns before its time without a reason, so that a timer that turns it need not be asked
 * twice. */
int plx_reactor_turn(struct plx_reactor *reactor, int64_t timeout_ns);

/* Ends a turn that waits, or the next one. Any thread; many are one. */
void plx_reactor_wake(struct plx_reactor *reactor);

/* Registers fd for both directions under a slot of its own. `assumed`: what a new source is ready for before
 * the selector has said anything, PLX_READABLE, PLX_WRITABLE, both or 0. `what` is shown: "tcp 6142". 0 or a
 * negative errno: -ENOSPC when there are PLX_SOURCES_MOST, -ESHUTDOWN, or what the selector says. */
int plx_reactor_register(struct plx_reactor *reactor, int fd, const char *what, unsigned assumed,
                         struct plx_scheduled_io **io);

/* One direction of it would block, and its readiness has been cleared: listens for it again where the
 * selector does not do so by itself. */
void plx_reactor_rearm(struct plx_scheduled_io *io, int fd, enum plx_direction direction);

/* Gives the slot back. The caller closes fd afterwards. */
void plx_reactor_deregister(struct plx_scheduled_io *io, int fd);

/* How many sources are registered. */
size_t plx_reactor_sources(struct plx_reactor *reactor);

#endif
