/* SPDX-License-Identifier: MIT
 *
 * One system call on a descriptor that must not block: how every leaf that reads, writes or accepts is
 * polled.
 *
 *     no budget left          → NotReady, the task has yielded
 *     the direction not ready → NotReady, the reactor will notify
 *     a read, likely in vain  → NotReady, the task has yielded (expect.h)
 *     call: done              → Ready, and one of the budget is spent
 *           EAGAIN            → the readiness that was seen is cleared, and asked for again
 *           EINTR             → once more
 *           another error     → Failed
 *
 * A TCP stream that gave or took less than was asked is empty, or full: that is as good as the EAGAIN that
 * the next call would bring, and saves that call. Edge-triggered selectors tell when it changes; the
 * clearing compares ticks, so that an event which came meanwhile is not lost. (A mark of urgent data also
 * ends a read early: who sends those waits for his next byte to be heard.) Of terminals, Unix sockets and
 * datagrams it is not true: they have boundaries.
 *
 * The function is a constant of the caller's, so that it is folded in. A leaf of your own can use this too.
 *
 * Source: Tokio 1.x `runtime/io/registration.rs` (poll_io), `io/poll_evented.rs` (partial reads).
 */
#ifndef PLX_IO_ATTEMPT_H
#define PLX_IO_ATTEMPT_H

#include "lib/io/expect.h"

#include <errno.h>
#include <sys/types.h>

/* Makes the system call on fd: what it gave, or -1 and errno. */
typedef ssize_t plx_io_call(int fd, void *arg);

/* `whole`: how many bytes the call moves at most; 0 when a smaller count says nothing. */
PLX_BODY enum plx_answer plx_io_attempt(plx_poll_evented *io, plx_context *cx, enum plx_direction direction,
                                        plx_io_call *call, void *arg, size_t whole, size_t *result)
{
    const bool guess = direction == PLX_READ && whole > 0;
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    for (;;) {
        uint64_t seen;
        enum plx_answer answer = plx_poll_evented_ready(io, cx, direction, &seen);
        if (answer != PLX_READY)
            return answer;
        if (guess && plx__read_can_wait(io, cx, seen))
            return PLX_NOT_READY;
        ssize_t got = call(io->fd, arg);
        if (got >= 0) {
            if (guess)
                plx__read_gave(io, seen, (size_t)got == whole);
            if (got > 0 && (size_t)got < whole)
                plx_poll_evented_clear(io, direction, seen);
            *result = (size_t)got;
            plx_budget_spend(cx);
            return PLX_READY;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return plx_fail(cx, -errno);
        if (errno == EINTR)
            continue;
        if (guess)
            plx__read_gave_nothing(io);
        plx_poll_evented_clear(io, direction, seen);
    }
}

#endif
