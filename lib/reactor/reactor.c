/* SPDX-License-Identifier: MIT
 *
 * The reactor: see reactor.h for the picture.
 */
#include "lib/reactor/reactor.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    EVENTS_A_TURN = 256,
    SLOTS_A_PAGE = 64,
    PAGES = 1 << 14, /* a million sources */
};

struct plx_reactor {
    const struct plx_selector_ops *ops;
    struct plx_selector *selector;
    _Atomic uint32_t holders;
    atomic_bool owned;
    atomic_bool shut;
    pthread_mutex_t lock;
    /* under the lock; the pages themselves are read without it */
    struct plx_scheduled_io *free;
    uint32_t slots;
    size_t sources;
    _Atomic(struct plx_scheduled_io *) pages[PAGES];
};

/* ── slots ────────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_scheduled_io *slot_of(struct plx_reactor *reactor, uint32_t number)
{
    uint32_t page = (number - 1) / SLOTS_A_PAGE;
    if (number == 0 || page >= PAGES)
        return NULL;
    struct plx_scheduled_io *slots = atomic_load_explicit(&reactor->pages[page], memory_order_acquire);
    return slots ? &slots[(number - 1) % SLOTS_A_PAGE] : NULL;
}

/* Under the lock. The page is filled in before it is published. */
static int add_page(struct plx_reactor *reactor)
{
    uint32_t page = reactor->slots / SLOTS_A_PAGE;
    if (page == PAGES)
        return -ENOSPC;
    struct plx_scheduled_io *slots = calloc(SLOTS_A_PAGE, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    for (int i = SLOTS_A_PAGE - 1; i >= 0; i--) {
        slots[i].reactor = reactor;
        slots[i].number = reactor->slots + (uint32_t)i + 1;
        slots[i].next_free = reactor->free;
        reactor->free = &slots[i];
    }
    reactor->slots += SLOTS_A_PAGE;
    atomic_store_explicit(&reactor->pages[page], slots, memory_order_release);
    return 0;
}

static int take_slot(struct plx_reactor *reactor, struct plx_scheduled_io **io)
{
    pthread_mutex_lock(&reactor->lock);
    int error = reactor->free ? 0 : add_page(reactor);
    if (!error) {
        *io = reactor->free;
        reactor->free = (*io)->next_free;
        reactor->sources++;
    }
    pthread_mutex_unlock(&reactor->lock);
    return error;
}

static void give_slot_back(struct plx_scheduled_io *io)
{
    struct plx_reactor *reactor = io->reactor;
    plx_io_reset(io); /* before anyone else can have it, and outside of the lock: it drops wakers */
    pthread_mutex_lock(&reactor->lock);
    io->next_free = reactor->free;
    reactor->free = io;
    reactor->sources--;
    pthread_mutex_unlock(&reactor->lock);
    plx_reactor_release(reactor);
}

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────── */

/* The first page is made here, so that a chain's first registration need not allocate. */
int plx_reactor_new(const struct plx_selector_ops *ops, struct plx_reactor **out)
{
    struct plx_reactor *reactor = calloc(1, sizeof *reactor);
    if (!reactor)
        return -ENOMEM;
    reactor->ops = ops;
    atomic_init(&reactor->holders, 1);
    int error = ops->open(&reactor->selector);
    if (error) {
        free(reactor);
        return error;
    }
    pthread_mutex_init(&reactor->lock, NULL);
    error = add_page(reactor);
    if (error) {
        plx_reactor_release(reactor);
        return error;
    }
    *out = reactor;
    return 0;
}

void plx_reactor_keep(struct plx_reactor *reactor)
{
    atomic_fetch_add_explicit(&reactor->holders, 1, memory_order_relaxed);
}

void plx_reactor_release(struct plx_reactor *reactor)
{
    if (atomic_fetch_sub_explicit(&reactor->holders, 1, memory_order_acq_rel) != 1)
        return;
    reactor->ops->close(reactor->selector);
    for (uint32_t page = 0; page < PAGES && reactor->pages[page]; page++)
        free(reactor->pages[page]);
    pthread_mutex_destroy(&reactor->lock);
    free(reactor);
}

bool plx_reactor_is_shut(struct plx_reactor *reactor)
{
    return atomic_load(&reactor->shut);
}

void plx_reactor_shutdown(struct plx_reactor *reactor)
{
    atomic_store(&reactor->shut, true);
    pthread_mutex_lock(&reactor->lock);
    uint32_t slots = reactor->slots;
    pthread_mutex_unlock(&reactor->lock);
    for (uint32_t number = 1; number <= slots; number++)
        plx_io_notify(slot_of(reactor, number), PLX_READ_MASK | PLX_WRITE_MASK,
                      (struct plx_cause){PLX_BY_THREAD, 0});
}

size_t plx_reactor_sources(struct plx_reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    size_t sources = reactor->sources;
    pthread_mutex_unlock(&reactor->lock);
    return sources;
}

/* ── the turn ─────────────────────────────────────────────────────────────────────────────────────── */

bool plx_reactor_try_own(struct plx_reactor *reactor)
{
    return !atomic_exchange_explicit(&reactor->owned, true, memory_order_acquire);
}

void plx_reactor_disown(struct plx_reactor *reactor)
{
    atomic_store_explicit(&reactor->owned, false, memory_order_release);
}

void plx_reactor_wake(struct plx_reactor *reactor)
{
    reactor->ops->wake(reactor->selector);
}

/* The stamp of io_ready is taken before the readiness can be seen: a task that finds it by itself does so
 * later. */
static void dispatch(struct plx_reactor *reactor, const struct plx_selector_event *event)
{
    struct plx_scheduled_io *io = slot_of(reactor, (uint32_t)event->token);
    bool begun, current;
    if (!io)
        return;
    plx_trace_begin(begun);
    current = plx_io_set_ready(io, event->token >> 32, event->ready);
    if (!current) {
        plx_trace_cancel(begun);
        return;
    }
    plx_trace_commit(begun, io_ready, .token = io->number, .ready = event->ready);
    plx_io_notify(io, event->ready, (struct plx_cause){PLX_BY_IO, io->number});
}

int plx_reactor_turn(struct plx_reactor *reactor, int timeout_ms)
{
    struct plx_selector_event events[EVENTS_A_TURN];

    plx_trace(turn_start, .timeout_ms = timeout_ms);
    int count = reactor->ops->wait(reactor->selector, events, EVENTS_A_TURN, timeout_ms);
    for (int i = 0; i < count; i++)
        dispatch(reactor, &events[i]);
    plx_trace(turn_end, .events = count > 0 ? (uint32_t)count : 0);
    return count;
}

/* ── sources ──────────────────────────────────────────────────────────────────────────────────────── */

static void trace_register(const struct plx_scheduled_io *io, int fd, const char *what)
{
    struct plx_ev_register event = {
        .token = io->number, .fd = fd, .interest = 1u << PLX_READ | 1u << PLX_WRITE};
    plx_trace_text(event.what, what);
    plx__trace_write(PLX_EV_register, &event, sizeof event);
}

int plx_reactor_register(struct plx_reactor *reactor, int fd, const char *what, struct plx_scheduled_io **out)
{
    struct plx_scheduled_io *io;
    if (plx_reactor_is_shut(reactor))
        return -ESHUTDOWN;
    int error = take_slot(reactor, &io);
    if (error)
        return error;
    plx_reactor_keep(reactor);
    if (plx_trace_on())
        trace_register(io, fd, what);
    error = reactor->ops->add(reactor->selector, fd, plx_io_token(io, atomic_load(&io->word)),
                              PLX_READABLE | PLX_WRITABLE);
    if (error) {
        plx_trace(deregister, .token = io->number, .fd = fd);
        give_slot_back(io);
        return error;
    }
    *out = io;
    return 0;
}

void plx_reactor_deregister(struct plx_scheduled_io *io, int fd)
{
    plx_trace(deregister, .token = io->number, .fd = fd);
    io->reactor->ops->remove(io->reactor->selector, fd);
    give_slot_back(io);
}
