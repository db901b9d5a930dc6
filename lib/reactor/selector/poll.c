/* SPDX-License-Identifier: MIT
 *
 * The selector that every Unix has: poll(2), with a pipe to end a wait.
 *
 * poll tells levels: a socket that has something to read is ready each time it is asked. To tell edges, each
 * readiness is told once, and that direction is not looked for any more until it is rearmed:
 *
 *     armed ── an event is told ──▶ not looked for ── rearm ──▶ armed
 *
 * The table may change while a thread waits. What the wait looks at is a copy; so whoever adds or rearms
 * wakes it, and it takes another one. Whoever removes also lets it come out of poll first: as long as it is
 * in there the kernel holds the descriptor open, and closing it would not send the peer its end.
 *
 * Each wait copies the table, and the kernel goes through it: for thousands of sources take another selector.
 *
 * Locks: `lock` is a leaf. It is not held in poll.
 *
 * Source: mio `sys/unix/selector/poll.rs`; "self-pipe": D. J. Bernstein.
 */
#include "lib/reactor/selector/poll_table.h"
#include "lib/reactor/selector/selector.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0 /* elsewhere the end is found by reading */
#endif

struct plx_selector {
    int wake_read, wake_write; /* the pipe. Set once */
    atomic_bool woken;         /* see epoll.c: the same protocol */

    pthread_mutex_t lock;
    pthread_cond_t out; /* the thread that waits has come out of poll */
    /* under the lock */
    struct plx_poll_table table;
    bool inside;     /* somebody is in poll */
    uint64_t rounds; /* how often somebody has come out of it */

    /* of the thread that waits */
    struct pollfd *polled; /* the pipe first, then a copy of what is armed */
    uint64_t *tokens;      /* and their tokens */
    int polled_room;
    int first; /* where the last round has stopped: so that all get their turn when there are many */
};

/* ── the pipe ─────────────────────────────────────────────────────────────────────────────────────────── */

static int make_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return -errno;
    return 0;
}

static int open_pipe(struct plx_selector *selector)
{
    int ends[2];
    if (pipe(ends) < 0)
        return -errno;
    selector->wake_read = ends[0];
    selector->wake_write = ends[1];
    int error = make_nonblocking(ends[0]);
    return error ? error : make_nonblocking(ends[1]);
}

/* A pipe that is full says EAGAIN, and ends the wait all the same. */
static int poll_wake(struct plx_selector *selector)
{
    if (atomic_exchange(&selector->woken, true))
        return 0;
    ssize_t put;
    while ((put = write(selector->wake_write, "", 1)) < 0 && errno == EINTR)
        ;
    if (put == 1 || errno == EAGAIN)
        return 0;
    int error = -errno;
    atomic_store(&selector->woken, false);
    return error;
}

/* Emptied before the mark is taken away: a byte that comes after that is for the next wait. */
static void woken_up(struct plx_selector *selector)
{
    char bytes[64];
    while (read(selector->wake_read, bytes, sizeof bytes) > 0)
        ;
    atomic_exchange(&selector->woken, false);
}

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────────── */

static void poll_close(struct plx_selector *selector)
{
    if (selector->wake_read >= 0) {
        close(selector->wake_read);
        close(selector->wake_write);
    }
    pthread_cond_destroy(&selector->out);
    pthread_mutex_destroy(&selector->lock);
    plx__poll_table_done(&selector->table);
    free(selector->polled);
    free(selector->tokens);
    free(selector);
}

static int poll_open(struct plx_selector **out)
{
    struct plx_selector *selector = calloc(1, sizeof *selector);
    if (!selector)
        return -ENOMEM;
    selector->wake_read = selector->wake_write = -1;
    pthread_mutex_init(&selector->lock, NULL);
    pthread_cond_init(&selector->out, NULL);
    int error = open_pipe(selector);
    if (error)
        poll_close(selector);
    else
        *out = selector;
    return error;
}

/* ── sources ──────────────────────────────────────────────────────────────────────────────────────────── */

static void wake_if_inside(struct plx_selector *selector)
{
    if (selector->inside)
        poll_wake(selector);
}

static int poll_add(struct plx_selector *selector, int fd, uint64_t token, unsigned interest)
{
    if (fcntl(fd, F_GETFD) < 0)
        return -errno;
    pthread_mutex_lock(&selector->lock);
    int error = plx__poll_table_add(&selector->table, fd, token, interest);
    if (!error)
        wake_if_inside(selector);
    pthread_mutex_unlock(&selector->lock);
    return error;
}

static void poll_rearm(struct plx_selector *selector, int fd, uint64_t token, unsigned interest)
{
    pthread_mutex_lock(&selector->lock);
    struct plx_poll_entry *entry = plx__poll_table_find(&selector->table, fd);
    if (entry && entry->token == token && (entry->armed & interest) != interest) {
        entry->armed |= interest;
        wake_if_inside(selector);
    }
    pthread_mutex_unlock(&selector->lock);
}

static void wait_until_out(struct plx_selector *selector)
{
    const uint64_t round = selector->rounds;
    wake_if_inside(selector);
    while (selector->inside && selector->rounds == round)
        pthread_cond_wait(&selector->out, &selector->lock);
}

static int poll_remove(struct plx_selector *selector, int fd)
{
    pthread_mutex_lock(&selector->lock);
    struct plx_poll_entry *entry = plx__poll_table_find(&selector->table, fd);
    if (entry) {
        plx__poll_table_remove(&selector->table, entry);
        wait_until_out(selector);
    }
    pthread_mutex_unlock(&selector->lock);
    return entry ? 0 : -ENOENT;
}

/* ── waiting ──────────────────────────────────────────────────────────────────────────────────────────── */

static int make_copy(struct plx_selector *selector, int needed)
{
    int room = selector->polled_room;
    if (needed <= room)
        return 0;
    uint64_t *tokens = plx__poll_grown(selector->tokens, &room, needed, sizeof *tokens);
    if (!tokens)
        return -ENOMEM;
    selector->tokens = tokens;
    struct pollfd *polled = plx__poll_grown(selector->polled, &selector->polled_room, room, sizeof *polled);
    if (!polled)
        return -ENOMEM;
    selector->polled = polled;
    return 0;
}

static short events_of(unsigned armed)
{
    return (short)((armed & PLX_READABLE ? POLLIN | POLLRDHUP : 0) | (armed & PLX_WRITABLE ? POLLOUT : 0));
}

/* Under the lock: copies what is armed. Returns how many there are with the pipe, or a negative errno. */
static int gather(struct plx_selector *selector)
{
    int count = 1, error = make_copy(selector, selector->table.count + 1);
    if (error)
        return error;
    selector->polled[0] = (struct pollfd){.fd = selector->wake_read, .events = POLLIN};
    for (int i = 0; i < selector->table.count; i++) {
        struct plx_poll_entry *entry = &selector->table.entries[i];
        if (!entry->armed)
            continue; /* poll would tell its hang-up again and again, asked or not */
        selector->tokens[count] = entry->token;
        selector->polled[count++] = (struct pollfd){.fd = entry->fd, .events = events_of(entry->armed)};
    }
    return count;
}

/* A descriptor that was closed without being removed is not valid: its owner learns it from trying. */
static unsigned readiness_of(short events)
{
    unsigned ready = 0;
    if (events & (POLLIN | POLLPRI))
        ready |= PLX_READABLE;
    if (events & POLLOUT)
        ready |= PLX_WRITABLE;
    if (events & (POLLRDHUP | POLLHUP))
        ready |= PLX_READ_CLOSED;
    if (events & POLLHUP)
        ready |= PLX_WRITE_CLOSED;
    if (events & (POLLERR | POLLNVAL))
        ready |= PLX_SOURCE_ERROR;
    return ready;
}

static unsigned without(unsigned armed, unsigned ready)
{
    if (ready & (PLX_WRITE_CLOSED | PLX_SOURCE_ERROR))
        return 0;
    if (ready & PLX_READ_CLOSED)
        ready |= PLX_READABLE;
    return armed & ~ready;
}

/* Under the lock: tells what the copy has got, of those that are still there. What does not fit stays armed,
 * and comes first in the next round. */
static int tell(struct plx_selector *selector, int polled, struct plx_selector_event *events, int most)
{
    int told = 0, others = polled - 1;
    for (int i = 0; i < others; i++) {
        int at = 1 + (selector->first + i) % others;
        const struct pollfd *seen = &selector->polled[at];
        struct plx_poll_entry *entry = seen->revents ? plx__poll_table_find(&selector->table, seen->fd)
                                                     : NULL;
        if (!entry || entry->token != selector->tokens[at])
            continue;
        if (told == most) {
            selector->first = at - 1;
            return told;
        }
        unsigned ready = readiness_of(seen->revents);
        entry->armed = without(entry->armed, ready);
        events[told++] = (struct plx_selector_event){entry->token, ready};
    }
    return told;
}

/* Once, for the time that is given. */
static int poll_for(struct pollfd *polled, int count, int64_t timeout_ns)
{
#ifdef __APPLE__ /* has no ppoll */
    return poll(polled, (nfds_t)count, plx__wait_ms(timeout_ns));
#else
    struct timespec timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    return ppoll(polled, (nfds_t)count, timeout_ns < 0 ? NULL : &timeout, NULL);
#endif
}

static int poll_out(struct plx_selector *selector, int count, int64_t timeout_ns)
{
    const int64_t deadline = plx__wait_deadline(timeout_ns);
    int ready;
    while ((ready = poll_for(selector->polled, count, timeout_ns)) < 0 && errno == EINTR)
        timeout_ns = plx__wait_left(deadline);
    return ready < 0 ? -errno : ready;
}

static int poll_wait(struct plx_selector *selector, struct plx_selector_event *events, int most,
                     int64_t timeout_ns)
{
    pthread_mutex_lock(&selector->lock);
    int polled = gather(selector);
    selector->inside = polled > 0;
    pthread_mutex_unlock(&selector->lock);
    if (polled < 0)
        return polled;

    int ready = poll_out(selector, polled, timeout_ns);
    if (ready > 0 && selector->polled[0].revents)
        woken_up(selector);

    pthread_mutex_lock(&selector->lock);
    selector->inside = false;
    selector->rounds++;
    pthread_cond_broadcast(&selector->out);
    int told = ready > 0 ? tell(selector, polled, events, most) : ready;
    pthread_mutex_unlock(&selector->lock);
    return told;
}

const struct plx_selector_ops plx_poll = {
    .name = "poll",
    .open = poll_open,
    .close = poll_close,
    .add = poll_add,
    .rearm = poll_rearm,
    .remove = poll_remove,
    .wait = poll_wait,
    .wake = poll_wake,
};
