/* SPDX-License-Identifier: MIT
 *
 * PollEvented: see poll_evented.h.
 *
 *     untried       not registered; a direction that is untried is called ready
 *       │ would block (clear)
 *       ▼
 *     tried         not registered; the next one who asks registers it
 *       │ ready                ┌─────────────────────────────┐
 *       ▼                      ▼                             │ event
 *     registered:  ready ── would block (clear) ──▶ waiting ─┘
 *
 * The step from NULL to registered is taken by one thread, which puts a mark in the pointer meanwhile;
 * another one that comes just then lets it finish (it makes one system call, and waits for nobody).
 */
#include "lib/reactor/poll_evented.h"

#include "lib/reactor/reactor.h"
#include "lib/reactor/source_name.h"
#include "lib/runtime/runtime.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

/* ── registering ──────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_scheduled_io being_registered; /* the mark; its word is 0: not ready */

static unsigned bit_of(enum plx_direction direction)
{
    return direction == PLX_READ ? PLX_READABLE : PLX_WRITABLE;
}

/* NULL as long as it is not, or not yet. */
static struct plx_scheduled_io *registered(plx_poll_evented *self)
{
    struct plx_scheduled_io *io = atomic_load_explicit(&self->io, memory_order_acquire);
    return plx_likely(io != &being_registered) ? io : NULL;
}

/* True: it is this thread's to do. False: it is done, by another one. */
static bool may_register(plx_poll_evented *self)
{
    struct plx_scheduled_io *seen = NULL;
    while (!atomic_compare_exchange_weak_explicit(&self->io, &seen, &being_registered, memory_order_acquire,
                                                  memory_order_acquire)) {
        if (seen && seen != &being_registered)
            return false;
        if (seen)
            sched_yield();
        seen = NULL;
    }
    return true;
}

static int register_now(plx_poll_evented *self, struct plx_reactor *reactor, const char *what)
{
    char name[PLX_TEXT_MAX] = "";
    struct plx_scheduled_io *io = NULL;
    unsigned assumed = atomic_load_explicit(&self->untried, memory_order_relaxed);
    if (plx_trace_on() && !what)
        plx__source_name(self->fd, name);
    int error = plx_reactor_register(reactor, self->fd, what ? what : name, assumed, &io);
    atomic_store_explicit(&self->io, io, memory_order_release);
    return error;
}

int plx_poll_evented_register(plx_poll_evented *self, plx_context *cx, const char *what)
{
    if (!self->open)
        return -EBADF;
    if (registered(self))
        return 0;
    if (!cx->runtime)
        return -ENOTCONN;
    return may_register(self) ? register_now(self, plx__runtime_reactor(cx->runtime), what) : 0;
}

static bool is_untried(plx_poll_evented *self, enum plx_direction direction)
{
    return atomic_load_explicit(&self->untried, memory_order_relaxed) & bit_of(direction);
}

/* Where to look for readiness: *io is NULL when the descriptor has not been tried, and may be. */
static int find(plx_poll_evented *self, plx_context *cx, enum plx_direction direction,
                struct plx_scheduled_io **io)
{
    *io = registered(self);
    if (plx_likely(*io))
        return 0;
    if (self->open && is_untried(self, direction))
        return 0;
    int error = plx_poll_evented_register(self, cx, NULL);
    *io = registered(self);
    return error;
}

/* ── waiting ──────────────────────────────────────────────────────────────────────────────────────────── */

static bool is_ready(uint64_t word, enum plx_direction direction)
{
    return (word & (plx_io_mask(direction) | PLX_IO_SHUT)) != 0;
}

/* What a word that is_ready means: after the reactor's end nothing is ready any more. */
static enum plx_answer answer_of(struct plx_scheduled_io *io, plx_context *cx, uint64_t word, uint64_t *seen)
{
    *seen = word;
    if (plx_likely(!(word & PLX_IO_SHUT)))
        return PLX_READY;
    return plx_fail(cx, plx_reactor_error(io->reactor));
}

static uint64_t look(struct plx_scheduled_io *io)
{
    return atomic_load_explicit(&io->word, memory_order_acquire);
}

static void trace_wait(struct plx_scheduled_io *io, plx_context *cx, enum plx_direction direction)
{
    plx_trace(wait, .token = io->number, .task = cx->task, .direction = direction);
}

/* Leaves the task's waker in the slot. What the cell gives back was overtaken by an event: it is notified. */
static void wait_for(struct plx_scheduled_io *io, plx_context *cx, enum plx_direction direction)
{
    struct plx_waker_cell *cell = direction == PLX_READ ? &io->reader : &io->writer;
    trace_wait(io, cx, direction);
    plx_waker overtaken = plx_waker_cell_register(cell, plx_context_waker(cx));
    plx_waker_spend_by(overtaken, (struct plx_cause){PLX_BY_IO, io->number});
}

/* Register, then look again: an event that comes between the first look and the registration finds no
 * waker, but the second look finds the event. */
enum plx_answer plx__poll_evented_ask(plx_poll_evented *self, plx_context *cx, enum plx_direction direction,
                                      uint64_t *seen)
{
    struct plx_scheduled_io *io;
    int error = find(self, cx, direction, &io);
    if (plx_unlikely(error))
        return plx_fail(cx, error);
    *seen = 0;
    if (!io)
        return PLX_READY;
    uint64_t word = look(io);
    if (is_ready(word, direction))
        return answer_of(io, cx, word, seen);
    wait_for(io, cx, direction);
    word = look(io);
    return is_ready(word, direction) ? answer_of(io, cx, word, seen) : PLX_NOT_READY;
}

/* When another thread registers it just now, the word may begin with what was untried before: then it is
 * tried once more. A `seen` of before the registration is 0, and those are the ticks that a source begins
 * with: an event that came with the registration has changed them, and is not lost. */
void plx_poll_evented_clear(plx_poll_evented *self, enum plx_direction direction, uint64_t seen)
{
    struct plx_scheduled_io *io = registered(self);
    if (!io)
        atomic_fetch_and_explicit(&self->untried, (unsigned char)~bit_of(direction), memory_order_relaxed);
    else if (plx_io_clear_ready(io, direction, seen))
        plx_reactor_rearm(io, self->fd, direction);
}

/* ── waiting among others ─────────────────────────────────────────────────────────────────────────────── */

static enum plx_answer wait_among(struct plx_io_waiter *waiter, plx_context *cx, uint64_t *seen)
{
    trace_wait(waiter->io, cx, waiter->direction);
    uint64_t word = plx_io_waiter_register(waiter, plx_context_waker(cx));
    enum plx_answer answer;
    if (plx_io_generation(word) != waiter->generation)
        answer = plx_fail(cx, -ECANCELED);
    else if (is_ready(word, waiter->direction))
        answer = answer_of(waiter->io, cx, word, seen);
    else
        return PLX_NOT_READY;
    plx_io_waiter_end(waiter);
    return answer;
}

/* Once it waits, the waiter alone says for what: the source may be gone. */
enum plx_answer plx_poll_evented_ready_among(plx_poll_evented *self, plx_context *cx,
                                             enum plx_direction direction, struct plx_io_waiter *waiter,
                                             uint64_t *seen)
{
    struct plx_scheduled_io *io;
    if (waiter->io)
        return wait_among(waiter, cx, seen);
    int error = find(self, cx, direction, &io);
    if (plx_unlikely(error))
        return plx_fail(cx, error);
    *seen = 0;
    if (!io)
        return PLX_READY;
    uint64_t word = look(io);
    if (is_ready(word, direction))
        return answer_of(io, cx, word, seen);
    plx_io_waiter_begin(waiter, io, word, direction);
    return wait_among(waiter, cx, seen);
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────────── */

int plx_poll_evented_into_fd(plx_poll_evented *self)
{
    struct plx_scheduled_io *io = registered(self);
    plx_poll_evented gone = PLX_MOVE(*self);
    if (!gone.open)
        return -1;
    if (io)
        plx_reactor_deregister(io, gone.fd);
    return gone.fd;
}

void plx__poll_evented_close(plx_poll_evented *self)
{
    int fd = plx_poll_evented_into_fd(self);
    if (fd >= 0)
        close(fd);
}
