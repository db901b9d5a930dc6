/* SPDX-License-Identifier: MIT
 *
 * The reactor: turns readiness of sockets into notify.
 *
 *      your task                          the reactor                      the selector
 *          │ PollEvented: register ──▶ io_dispatch: a slot ──────────────────▶ add
 *          │ would block: wait ──────▶ the slot keeps the waker
 *          │                               turn: wait ◀────────────────────── events
 *          ◀── notify ──────────────── the slot's readiness, then its waker
 *
 * io_dispatch is a table of slots (scheduled_io.h) in pages that never move and are never freed while the
 * reactor lives, so the turn needs no lock: a late event finds at worst a slot of another generation.
 *
 * One thread at a time turns it: the one that owns it (try_own). Registering, waiting and waking may
 * happen on any thread.
 *
 * It lives as long as somebody holds it: its runtime, and every source registered with it. When the
 * runtime has shut it down, all who wait are notified, and every further wait fails with ESHUTDOWN.
 *
 * Source: the slides "Reactor"; tokio 0.1 `tokio-reactor`, Tokio 1.x `runtime/io/driver.rs`.
 */
#ifndef PLX_REACTOR_REACTOR_H
#define PLX_REACTOR_REACTOR_H

#include "lib/reactor/scheduled_io.h"

struct plx_reactor;

/* 0, or a negative errno. The caller holds it. */
int plx_reactor_new(const struct plx_selector_ops *selector, struct plx_reactor **reactor);
void plx_reactor_keep(struct plx_reactor *reactor);
void plx_reactor_release(struct plx_reactor *reactor);

/* No source becomes ready any more; notifies all who wait. */
void plx_reactor_shutdown(struct plx_reactor *reactor);
bool plx_reactor_is_shut(struct plx_reactor *reactor);

/* The right to turn it. */
bool plx_reactor_try_own(struct plx_reactor *reactor);
void plx_reactor_disown(struct plx_reactor *reactor);

/* Waits for events, at most `timeout_ms` (negative: until one comes, or a wake), and notifies the tasks
 * that wait for them. Owner only. Returns how many events there were, or a negative errno. */
int plx_reactor_turn(struct plx_reactor *reactor, int timeout_ms);

/* Ends a turn that waits. Any thread. */
void plx_reactor_wake(struct plx_reactor *reactor);

/* Registers fd for both directions under a slot of its own. `what` is shown: "tcp 6142". 0 or a negative
 * errno. */
int plx_reactor_register(struct plx_reactor *reactor, int fd, const char *what, struct plx_scheduled_io **io);

/* Gives the slot back. The caller closes fd afterwards. */
void plx_reactor_deregister(struct plx_scheduled_io *io, int fd);

/* How many sources are registered. */
size_t plx_reactor_sources(struct plx_reactor *reactor);

#endif
