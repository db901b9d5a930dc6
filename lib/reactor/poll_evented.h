/* SPDX-License-Identifier: MIT
 *
 * PollEvented: a descriptor that tasks wait for.
 *
 * It binds to the reactor of the runtime that first polls it, so a socket may be made outside of any runtime;
 * it stays with that reactor, whoever polls it later. To use it, ask for readiness, make the system call, and
 * if that would block, clear the readiness that was seen and ask again:
 *
 *     for (;;) {
 *         uint64_t seen;
 *         enum plx_answer answer = plx_poll_evented_ready(&io, cx, PLX_READ, &seen);
 *         if (answer != PLX_READY)
 *             return answer;                       NotReady: the reactor will notify this task
 *         ssize_t n = read(io.fd, …);
 *         if (n >= 0 || errno != EAGAIN)
 *             return …;
 *         plx_poll_evented_clear(&io, PLX_READ, seen);
 *     }
 *
 * One task may wait for reading and another for writing, on different threads; of several that wait for the
 * same, the last one is notified. Any number may wait when each brings a waiter (_ready_among), or as the
 * future plx_readiness (readiness.h).
 *
 * Empty when zero. Owned by one owner; may be moved (PLX_MOVE) while nobody uses it.
 *
 * Source: the slide "PollEvented"; tokio 0.1 `poll_evented.rs`.
 */
#ifndef PLX_REACTOR_POLL_EVENTED_H
#define PLX_REACTOR_POLL_EVENTED_H

#include "lib/future/future.h"
#include "lib/reactor/io_waiter.h"
#include "lib/reactor/scheduled_io.h"

/* The number comes first: `{0}` of a struct that begins with an atomic pointer is too much for clang 14. */
typedef struct plx_poll_evented {
    int fd;
    bool open;
    _Atomic unsigned char untried; /* PLX_READABLE, PLX_WRITABLE: see _try_first. Counts while io is NULL */
    uint8_t last_read, tick_then;  /* the reader's: lib/io/expect.h */
    _Atomic(struct plx_scheduled_io *) io; /* NULL until it is registered */
} plx_poll_evented;

/* Takes over a descriptor, which must be non-blocking. It is ready when the selector says so. */
PLX_INLINE plx_poll_evented plx_poll_evented_of(int fd)
{
    return (plx_poll_evented){.fd = fd, .open = true};
}

/* The same for one that is likely to be ready: a connection has room to write, and often something to read.
 * Each direction is called ready until it was tried and would have blocked; only then is the descriptor
 * registered. This saves a short connection all of it, and a longer one a turn of the reactor. Not for a
 * socket that is connecting: it has to be believed. */
PLX_INLINE plx_poll_evented plx_poll_evented_try_first(int fd)
{
    return (plx_poll_evented){.fd = fd, .open = true, .untried = PLX_READABLE | PLX_WRITABLE};
}

/* Registers it with the reactor of cx's runtime, if it is not registered yet; two threads may try at once.
 * `what` is shown: "tcp 6142"; NULL: found out from the descriptor. 0 or a negative errno: -ENOTCONN outside
 * of a runtime, -EBADF when it is empty, or what plx_reactor_register says. */
int plx_poll_evented_register(plx_poll_evented *self, plx_context *cx, const char *what);

/* Ready: the direction may be tried, and *seen is for _clear. NotReady: the task will be notified. Failed:
 * ESHUTDOWN after the reactor's end, or what _register says. */
PLX_INLINE enum plx_answer plx_poll_evented_ready(plx_poll_evented *self, plx_context *cx,
                                                  enum plx_direction direction, uint64_t *seen);
void plx_poll_evented_clear(plx_poll_evented *self, enum plx_direction direction, uint64_t seen);

/* The same as _ready for any number of futures at once. The waiter lives in the future, zero at first; on
 * NotReady it waits, and must neither move nor go. Who is dropped calls plx_io_waiter_end(waiter). Failed
 * with ECANCELED: the source was dropped meanwhile. */
enum plx_answer plx_poll_evented_ready_among(plx_poll_evented *self, plx_context *cx,
                                             enum plx_direction direction, struct plx_io_waiter *waiter,
                                             uint64_t *seen);

/* Deregisters and closes it. */
PLX_INLINE void plx_poll_evented_drop(plx_poll_evented *self);

/* Deregisters it and gives the descriptor back; -1 when it is empty. */
int plx_poll_evented_into_fd(plx_poll_evented *self);

/* ── the short ways, inlined ──────────────────────────────────────────────────────────────────────────────
 *
 * Who is asked is most often ready; and what an async function has moved on is dropped there, empty. With
 * these, `news` in scheduled_io.h and lib/io/expect.h a request of tcp_echo_1t takes 970 instructions of
 * ours, and not 1,270.
 */

enum plx_answer plx__poll_evented_ask(plx_poll_evented *self, plx_context *cx, enum plx_direction direction,
                                      uint64_t *seen);
void plx__poll_evented_close(plx_poll_evented *self);

/* One that is just being registered points to a mark, which is never ready. */
PLX_INLINE enum plx_answer plx_poll_evented_ready(plx_poll_evented *self, plx_context *cx,
                                                  enum plx_direction direction, uint64_t *seen)
{
    struct plx_scheduled_io *io = atomic_load_explicit(&self->io, memory_order_acquire);
    if (plx_likely(io)) {
        *seen = atomic_load_explicit(&io->word, memory_order_acquire);
        if (*seen & plx_io_mask(direction) && plx_likely(!(*seen & PLX_IO_SHUT)))
            return PLX_READY;
    }
    return plx__poll_evented_ask(self, cx, direction, seen);
}

PLX_INLINE void plx_poll_evented_drop(plx_poll_evented *self)
{
    if (self->open)
        plx__poll_evented_close(self);
}

#endif
