/* SPDX-License-Identifier: MIT
 *
 * PollEvented: see poll_evented.h.
 */
#include "lib/reactor/poll_evented.h"

#include "lib/reactor/reactor.h"
#include "lib/runtime/runtime.h"

#include <errno.h>
#include <unistd.h>

int plx_poll_evented_register(plx_poll_evented *self, plx_context *cx, const char *what)
{
    if (!self->open)
        return -EBADF;
    if (self->io)
        return 0;
    if (!cx->runtime)
        return -ENOTCONN;
    return plx_reactor_register(plx__runtime_reactor(cx->runtime), self->fd, what, &self->io);
}

static unsigned mask_of(enum plx_direction direction)
{
    return direction == PLX_READ ? PLX_READ_MASK : PLX_WRITE_MASK;
}

static bool is_ready(struct plx_scheduled_io *io, enum plx_direction direction, uint64_t *seen)
{
    *seen = atomic_load_explicit(&io->word, memory_order_acquire);
    return plx_io_ready(*seen) & mask_of(direction);
}

/* Leaves the task's waker in the slot. What the cell gives back was overtaken by an event: it is notified. */
static void wait_for(struct plx_scheduled_io *io, plx_context *cx, enum plx_direction direction)
{
    struct plx_waker_cell *cell = direction == PLX_READ ? &io->reader : &io->writer;
    plx_trace(wait, .token = io->number, .task = cx->task, .direction = direction);
    plx_waker overtaken = plx_waker_cell_register(cell, plx_context_waker(cx));
    plx_waker_notify_by(overtaken, (struct plx_cause){PLX_BY_IO, io->number});
    plx_waker_drop(&overtaken);
}

/* Register, then look again: an event that comes between the first look and the registration finds no
 * waker, but the second look finds the event. */
enum plx_answer plx_poll_evented_ready(plx_poll_evented *self, plx_context *cx, enum plx_direction direction,
                                       uint64_t *seen)
{
    int error = plx_poll_evented_register(self, cx, "source");
    if (error)
        return plx_fail(cx, error);
    if (is_ready(self->io, direction, seen))
        return PLX_READY;
    wait_for(self->io, cx, direction);
    if (is_ready(self->io, direction, seen))
        return PLX_READY;
    if (plx_reactor_is_shut(self->io->reactor))
        return plx_fail(cx, -ESHUTDOWN);
    return PLX_NOT_READY;
}

void plx_poll_evented_clear(plx_poll_evented *self, enum plx_direction direction, uint64_t seen)
{
    plx_io_clear_ready(self->io, direction, seen);
}

int plx_poll_evented_into_fd(plx_poll_evented *self)
{
    plx_poll_evented gone = PLX_MOVE(*self);
    if (!gone.open)
        return -1;
    if (gone.io)
        plx_reactor_deregister(gone.io, gone.fd);
    return gone.fd;
}

void plx_poll_evented_drop(plx_poll_evented *self)
{
    int fd = plx_poll_evented_into_fd(self);
    if (fd >= 0)
        close(fd);
}
