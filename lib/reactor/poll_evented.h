/* SPDX-License-Identifier: MIT
 *
 * PollEvented: a descriptor that tasks wait for.
 *
 * It binds to the reactor of the runtime that first polls it, so a socket may be made outside of any
 * runtime. To use it, ask for readiness, make the system call, and if that would block, clear the
 * readiness that was seen and ask again:
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
 * One task may wait for reading and another for writing; of several that wait for the same, the last one
 * is notified. Empty when zero. Owned by one owner; may be moved (PLX_MOVE).
 *
 * Source: the slide "PollEvented"; tokio 0.1 `poll_evented.rs`.
 */
#ifndef PLX_REACTOR_POLL_EVENTED_H
#define PLX_REACTOR_POLL_EVENTED_H

#include "lib/future/future.h"

struct plx_scheduled_io;

typedef struct plx_poll_evented {
    struct plx_scheduled_io *io; /* NULL until it is registered */
    int fd;
    bool open;
} plx_poll_evented;

/* Takes over a descriptor, which must be non-blocking. */
PLX_INLINE plx_poll_evented plx_poll_evented_of(int fd)
{
    return (plx_poll_evented){NULL, fd, true};
}

/* Registers it with the reactor of cx's runtime, if it is not registered yet. `what` is shown: "tcp 6142".
 * 0 or a negative errno: -ENOTCONN outside of a runtime, -EBADF when it is empty. */
int plx_poll_evented_register(plx_poll_evented *self, plx_context *cx, const char *what);

/* Ready: the direction may be tried, and *seen is for _clear. NotReady: the task will be notified. Failed:
 * ESHUTDOWN after the reactor's end, or what _register says. */
enum plx_answer plx_poll_evented_ready(plx_poll_evented *self, plx_context *cx, enum plx_direction direction,
                                       uint64_t *seen);
void plx_poll_evented_clear(plx_poll_evented *self, enum plx_direction direction, uint64_t seen);

/* Deregisters and closes it. */
void plx_poll_evented_drop(plx_poll_evented *self);

/* Deregisters it and gives the descriptor back; -1 when it is empty. */
int plx_poll_evented_into_fd(plx_poll_evented *self);

#endif
