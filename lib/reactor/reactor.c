/* SPDX-License-Identifier: MIT
 *
 * The reactor: see reactor.h for the picture.
 */
#include "lib/reactor/reactor.h"

#include <errno.h>
#include <stdlib.h>

enum {
    EVENTS_A_TURN = 256,
    TRIES = 8, /* of a system call that should not fail, before it is believed */
};

struct plx_reactor {
    /* set once */
    const struct plx_selector_ops *ops;
    struct plx_selector *selector;

    /* any thread */
    _Atomic uint32_t holders;
    atomic_bool owned;
    _Atomic int error; /* 0 while it works; set under the lock */

    unsigned failures; /* of turns, in a row. Owner only */

    pthread_mutex_t lock;
    /* under the lock; the pages themselves are read without it */
    struct plx_scheduled_io *free;
    uint32_t slots;
    size_t sources;
    _Atomic(struct plx_scheduled_io *) pages[PLX_SLOT_PAGES];
};

/* ── slots ────────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_scheduled_io *slot_of(struct plx_reactor *reactor, uint32_t number)
{
    uint32_t page = (number - 1) / PLX_SLOTS_A_PAGE;
    if (number == 0 || page >= PLX_SLOT_PAGES)
        return NULL;
    struct plx_scheduled_io *slots = atomic_load_explicit(&reactor->pages[page], memory_order_acquire);
    return slots ? &slots[(number - 1) % PLX_SLOTS_A_PAGE] : NULL;
}

/* Under the lock. The page is filled in before it is published. */
static int add_page(struct plx_reactor *reactor)
{
    uint32_t page = reactor->slots / PLX_SLOTS_A_PAGE;
    if (page == PLX_SLOT_PAGES)
        return -ENOSPC;
    struct plx_scheduled_io *slots = aligned_alloc(_Alignof(struct plx_scheduled_io),
                                                   PLX_SLOTS_A_PAGE * sizeof *slots);
    if (!slots)
        return -ENOMEM;
    for (int i = PLX_SLOTS_A_PAGE - 1; i >= 0; i--) {
        plx_io_init(&slots[i], reactor, reactor->slots + (uint32_t)i + 1);
        slots[i].next_free = reactor->free;
        reactor->free = &slots[i];
    }
    reactor->slots += PLX_SLOTS_A_PAGE;
    atomic_store_explicit(&reactor->pages[page], slots, memory_order_release);
    return 0;
}

static void free_page(struct plx_scheduled_io *slots)
{
    for (int i = 0; i < PLX_SLOTS_A_PAGE; i++)
        plx_io_done(&slots[i]);
    free(slots);
}

/* Whether it has been shut down is asked under the lock, under which that is set: so a shutdown either finds
 * this slot, or has come before it. */
static int take_slot(struct plx_reactor *reactor, struct plx_scheduled_io **io)
{
    pthread_mutex_lock(&reactor->lock);
    int error = plx_reactor_error(reactor);
    if (!error && !reactor->free)
        error = add_page(reactor);
    if (!error) {
        *io = reactor->free;
        reactor->free = (*io)->next_free;
        reactor->sources++;
        plx_reactor_keep(reactor);
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
    for (uint32_t page = 0; page < PLX_SLOT_PAGES && reactor->pages[page]; page++)
        free_page(reactor->pages[page]);
    pthread_mutex_destroy(&reactor->lock);
    free(reactor);
}

int plx_reactor_error(struct plx_reactor *reactor)
{
    return atomic_load_explicit(&reactor->error, memory_order_acquire);
}

/* From here on no slot is given out, so all that are or have been in use are among the first `slots`. */
static void stop(struct plx_reactor *reactor, int error)
{
    pthread_mutex_lock(&reactor->lock);
    uint32_t slots = plx_reactor_error(reactor) ? 0 : reactor->slots;
    if (slots)
        atomic_store_explicit(&reactor->error, error, memory_order_release);
    pthread_mutex_unlock(&reactor->lock);
    for (uint32_t number = 1; number <= slots; number++)
        plx_io_shut(slot_of(reactor, number));
}

void plx_reactor_shutdown(struct plx_reactor *reactor)
{
    stop(reactor, -ESHUTDOWN);
}

size_t plx_reactor_sources(struct plx_reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    size_t sources = reactor->sources;
    pthread_mutex_unlock(&reactor->lock);
    return sources;
}

/* ── the turn ─────────────────────────────────────────────────────────────────────────────────────── */

static bool has_given_up(struct plx_reactor *reactor)
{
    int error = plx_reactor_error(reactor);
    return error && error != -ESHUTDOWN;
}

bool plx_reactor_try_own(struct plx_reactor *reactor)
{
    return !atomic_exchange_explicit(&reactor->owned, true, memory_order_acquire);
}

void plx_reactor_disown(struct plx_reactor *reactor)
{
    if (!plx_unlikely(has_given_up(reactor)))
        atomic_store_explicit(&reactor->owned, false, memory_order_release);
}

/* A wake that is lost may leave a thread asleep for ever, so one failure is not the last word. */
void plx_reactor_wake(struct plx_reactor *reactor)
{
    for (int i = 0; i < TRIES; i++)
        if (reactor->ops->wake(reactor->selector) == 0)
            return;
}

/* The stamp of io_ready is taken before the readiness can be seen: a task that finds it by itself does so
 * later. */
static void dispatch(struct plx_reactor *reactor, const struct plx_selector_event *event)
{
    struct plx_scheduled_io *io = slot_of(reactor, (uint32_t)event->token);
    bool begun, current;
    unsigned news;
    if (!io)
        return;
    plx_trace_begin(begun);
    current = plx_io_set_ready(io, event->token >> 32, event->ready, &news);
    if (!current) {
        plx_trace_cancel(begun);
        return;
    }
    plx_trace_commit(begun, io_ready, .token = io->number, .ready = event->ready);
    plx_io_notify(io, news, (struct plx_cause){PLX_BY_IO, io->number});
}

/* A selector that cannot wait leaves nobody to notify those who do: they are told why. */
static int failed(struct plx_reactor *reactor, int error)
{
    if (++reactor->failures == TRIES)
        stop(reactor, error);
    return error;
}

int plx_reactor_turn(struct plx_reactor *reactor, int64_t timeout_ns)
{
    struct plx_selector_event events[EVENTS_A_TURN];

    plx_trace(turn_start, .timeout_ms = plx__wait_ms(timeout_ns));
    int count = reactor->ops->wait(reactor->selector, events, EVENTS_A_TURN, timeout_ns);
    for (int i = 0; i < count; i++)
        dispatch(reactor, &events[i]);
    plx_trace(turn_end, .events = count > 0 ? (uint32_t)count : 0);

    if (plx_unlikely(count < 0))
        return failed(reactor, count);
    reactor->failures = 0;
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

int plx_reactor_register(struct plx_reactor *reactor, int fd, const char *what, unsigned assumed,
                         struct plx_scheduled_io **out)
{
    struct plx_scheduled_io *io;
    int error = take_slot(reactor, &io);
    if (error)
        return error;
    if (plx_trace_on())
        trace_register(io, fd, what);
    plx_io_assume_ready(io, assumed);
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

void plx_reactor_rearm(struct plx_scheduled_io *io, int fd, enum plx_direction direction)
{
    const struct plx_selector_ops *ops = io->reactor->ops;
    if (ops->rearm)
        ops->rearm(io->reactor->selector, fd, plx_io_token(io, atomic_load(&io->word)),
                   direction == PLX_READ ? PLX_READABLE : PLX_WRITABLE);
}

void plx_reactor_deregister(struct plx_scheduled_io *io, int fd)
{
    plx_trace(deregister, .token = io->number, .fd = fd);
    io->reactor->ops->remove(io->reactor->selector, fd);
    give_slot_back(io);
}
