/* SPDX-License-Identifier: MIT
 *
 * Signals: see signal.h.
 *
 * What a signal does is a property of the process, so this is the one table that all runtimes share. The
 * handler may interrupt any thread anywhere, so it takes no lock and calls nothing but write:
 *
 *     heard[n].inside++;  for each listener of n: write one byte into its pipe;  heard[n].inside--
 *
 * A pipe that is full has enough bytes in it to be readable: the byte that did not fit is not missed.
 *
 * Adding and removing are done under the lock. A listener that was taken out of the list is freed only after
 * `inside` has been seen to be 0. Both sides write one word and then read the other's, all sequentially
 * consistent: a handler that has raised `inside` too late to be seen finds the list without that listener.
 */
#include "lib/process/signal.h"

#include "lib/io/attempt.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct plx__listener {
    int number;
    int write_fd;
    _Atomic(struct plx__listener *) next;
};

enum { SIGNALS = _NSIG };

static struct heard {
    _Atomic(struct plx__listener *) first;
    _Atomic unsigned inside; /* handlers that walk the list just now */
    struct sigaction before; /* under the lock: what it did before there were listeners */
} heard[SIGNALS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void handle(int number)
{
    struct heard *signal = &heard[number];
    int error = errno;
    atomic_fetch_add(&signal->inside, 1);
    for (struct plx__listener *at = atomic_load(&signal->first); at; at = atomic_load(&at->next))
        if (write(at->write_fd, "", 1) < 0)
            continue; /* full: see above */
    atomic_fetch_sub(&signal->inside, 1);
    errno = error;
}

/* ── the table, under the lock ────────────────────────────────────────────────────────────────────────── */

/* System calls that the signal interrupts go on by themselves where they can. */
static int begin_handling(int number)
{
    struct sigaction ours = {.sa_handler = handle, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigemptyset(&ours.sa_mask);
    return sigaction(number, &ours, &heard[number].before) < 0 ? -errno : 0;
}

/* Unless somebody else has put his own there since. */
static void end_handling(int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler == handle)
        sigaction(number, &heard[number].before, NULL);
}

static int add(struct plx__listener *listener)
{
    struct heard *signal = &heard[listener->number];
    struct plx__listener *first = atomic_load(&signal->first);
    int error = first ? 0 : begin_handling(listener->number);
    if (error)
        return error;
    atomic_store(&listener->next, first);
    atomic_store(&signal->first, listener);
    return 0;
}

static void take_out(struct plx__listener *listener)
{
    struct heard *signal = &heard[listener->number];
    _Atomic(struct plx__listener *) *link = &signal->first;
    while (atomic_load(link) != listener)
        link = &atomic_load(link)->next;
    atomic_store(link, atomic_load(&listener->next));
    if (!atomic_load(&signal->first))
        end_handling(listener->number);
}

/* ── listeners ────────────────────────────────────────────────────────────────────────────────────────── */

static bool can_be_heard(int number)
{
    switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
        return false;
    default:
        return number > 0 && number < SIGNALS;
    }
}

static int enlist(struct plx__listener *listener)
{
    pthread_mutex_lock(&lock);
    int error = add(listener);
    pthread_mutex_unlock(&lock);
    return error;
}

int plx_signal_listen(int number, plx_signal *signal)
{
    int fds[2];
    if (!can_be_heard(number))
        return -EINVAL;
    struct plx__listener *listener = malloc(sizeof *listener);
    if (!listener)
        return -ENOMEM;
    int error = pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
    if (!error) {
        listener->number = number;
        listener->write_fd = fds[1];
        if ((error = enlist(listener))) {
            close(fds[0]);
            close(fds[1]);
        }
    }
    if (error)
        free(listener);
    else
        *signal = (plx_signal){listener, plx_poll_evented_of(fds[0])};
    return error;
}

void plx_signal_drop(plx_signal *signal)
{
    struct plx__listener *listener = PLX_MOVE(signal->listener);
    if (!listener)
        return;
    pthread_mutex_lock(&lock);
    take_out(listener);
    pthread_mutex_unlock(&lock);
    while (atomic_load(&heard[listener->number].inside) > 0)
        sched_yield();
    close(listener->write_fd);
    free(listener);
    plx_poll_evented_drop(&signal->io);
}

/* ── polling ──────────────────────────────────────────────────────────────────────────────────────────── */

/* All that has come until now is one item. */
static ssize_t drain(int fd, void *arg)
{
    char bytes[256];
    ssize_t got, sum = 0;
    (void)arg;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        sum += got;
    return sum > 0 ? sum : got;
}

static enum plx_answer poll_signal(plx_signal *self, plx_context *cx, int *number)
{
    size_t count;
    char name[PLX_TEXT_MAX];
    if (!self->listener)
        return plx_fail(cx, -EBADF);
    *number = self->listener->number;
    snprintf(name, sizeof name, "signal %d", *number);
    int error = plx_poll_evented_register(&self->io, cx, name);
    if (error)
        return plx_fail(cx, error);
    return plx_io_attempt(&self->io, cx, PLX_READ, drain, NULL, 0, &count);
}

PLX_LEAF_DEFINE(plx_signal)

enum plx_answer plx_signal_poll(plx_signal *self, plx_context *cx, plx_signal_item *out)
{
    out->end = false;
    return poll_signal(self, cx, &out->number);
}

PLX_LEAF_DEFINE(plx_signal_next)

enum plx_answer plx_signal_next_poll(plx_signal_next *self, plx_context *cx, int *out)
{
    return poll_signal(self->signal, cx, out);
}

void plx_signal_next_drop(plx_signal_next *self)
{
    (void)self;
}
