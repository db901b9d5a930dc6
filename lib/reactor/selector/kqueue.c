/* SPDX-License-Identifier: MIT
 *
 * The selector of macOS and the BSDs: kqueue, with a user event to end a wait.
 *
 * Reading and writing are two filters of one descriptor, so a source may come as two events of one wait.
 * EV_CLEAR makes them edges. (OpenBSD got user events only lately: there poll.c serves.)
 *
 * On other systems this file is empty. The tests compile it over a small imitation of kevent, which they name
 * by PLX_KEVENT_HEADER.
 *
 * Source: mio `sys/unix/selector/kqueue.rs`.
 */
#include "lib/reactor/selector/selector.h"

#if PLX_HAS_KQUEUE || defined(PLX_KEVENT_HEADER)

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifdef PLX_KEVENT_HEADER
#include PLX_KEVENT_HEADER
#else
#include <sys/event.h>
#include <sys/types.h>
#endif

_Static_assert(sizeof(void *) >= sizeof(uint64_t), "a token must fit what kevent keeps for us");

struct plx_selector {
    int kqueue_fd;
    atomic_bool woken; /* see epoll.c: the same protocol */
};

enum { EVENTS_AT_ONCE = 256, WAKE = 0 /* what our user event is called */ };

/* ── changes ──────────────────────────────────────────────────────────────────────────────────────────── */

static struct kevent change_of(int fd, int filter, int flags, uint64_t token)
{
    struct kevent change;
    EV_SET(&change, (uintptr_t)fd, filter, flags | EV_RECEIPT, 0, 0, (void *)(uintptr_t)token);
    return change;
}

/* Every change is answered by a receipt, an "error" that may be 0; so that the first one that fails does not
 * keep the others from being made. Returns the first error that is not the one to be passed over. */
static int make_changes(struct plx_selector *selector, struct kevent *changes, int count, int passed_over)
{
    static const struct timespec at_once;
    int done;
    while ((done = kevent(selector->kqueue_fd, changes, count, changes, count, &at_once)) < 0 &&
           errno == EINTR)
        ; /* all have been made; once more does no harm */
    if (done < 0)
        return -errno;
    for (int i = 0; i < done; i++)
        if (changes[i].flags & EV_ERROR && changes[i].data && changes[i].data != passed_over)
            return -(int)changes[i].data;
    return 0;
}

static int kqueue_remove(struct plx_selector *selector, int fd)
{
    struct kevent changes[] = {
        change_of(fd, EVFILT_READ, EV_DELETE, 0),
        change_of(fd, EVFILT_WRITE, EV_DELETE, 0),
    };
    return make_changes(selector, changes, 2, ENOENT);
}

/* EPIPE: a pipe whose reader has gone before; to be written to it is ready, and says so. */
static int kqueue_add(struct plx_selector *selector, int fd, uint64_t token, unsigned interest)
{
    struct kevent changes[2];
    int count = 0;
    if (interest & PLX_READABLE)
        changes[count++] = change_of(fd, EVFILT_READ, EV_ADD | EV_CLEAR, token);
    if (interest & PLX_WRITABLE)
        changes[count++] = change_of(fd, EVFILT_WRITE, EV_ADD | EV_CLEAR, token);
    int error = make_changes(selector, changes, count, EPIPE);
    if (error)
        kqueue_remove(selector, fd); /* one of the two may have been added */
    return error;
}

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────────── */

static void kqueue_close(struct plx_selector *selector)
{
    if (selector->kqueue_fd >= 0)
        close(selector->kqueue_fd);
    free(selector);
}

static int open_queue(struct plx_selector *selector)
{
    selector->kqueue_fd = kqueue();
    if (selector->kqueue_fd < 0 || fcntl(selector->kqueue_fd, F_SETFD, FD_CLOEXEC) < 0)
        return -errno;
    struct kevent wake = change_of(WAKE, EVFILT_USER, EV_ADD | EV_CLEAR, 0);
    return make_changes(selector, &wake, 1, 0);
}

static int kqueue_open(struct plx_selector **out)
{
    struct plx_selector *selector = calloc(1, sizeof *selector);
    if (!selector)
        return -ENOMEM;
    int error = open_queue(selector);
    if (error)
        kqueue_close(selector);
    else
        *out = selector;
    return error;
}

/* ── waking ───────────────────────────────────────────────────────────────────────────────────────────── */

static int kqueue_wake(struct plx_selector *selector)
{
    if (atomic_exchange(&selector->woken, true))
        return 0;
    struct kevent wake = change_of(WAKE, EVFILT_USER, 0, 0);
    wake.fflags = NOTE_TRIGGER;
    int error = make_changes(selector, &wake, 1, 0);
    if (error)
        atomic_store(&selector->woken, false);
    return error;
}

static void woken_up(struct plx_selector *selector)
{
    atomic_exchange(&selector->woken, false);
}

/* ── waiting ──────────────────────────────────────────────────────────────────────────────────────────── */

/* The end of a reader is told by the filter for reading, that of a writer by the other; with it comes why, if
 * there was an error. */
static unsigned readiness_of(const struct kevent *event)
{
    const bool reads = event->filter == EVFILT_READ;
    unsigned ready = reads ? PLX_READABLE : PLX_WRITABLE;
    if (event->flags & EV_EOF)
        ready |= reads ? PLX_READ_CLOSED : PLX_WRITE_CLOSED;
    if (event->flags & EV_ERROR || (event->flags & EV_EOF && event->fflags != 0))
        ready |= PLX_SOURCE_ERROR;
    return ready;
}

static int wait_out(struct plx_selector *selector, struct kevent *seen, int most, int64_t timeout_ns)
{
    const int64_t deadline = plx__wait_deadline(timeout_ns);
    for (;;) {
        struct timespec timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
        int count = kevent(selector->kqueue_fd, NULL, 0, seen, most, timeout_ns < 0 ? NULL : &timeout);
        if (count >= 0 || errno != EINTR)
            return count < 0 ? -errno : count;
        timeout_ns = plx__wait_left(deadline);
    }
}

static int kqueue_wait(struct plx_selector *selector, struct plx_selector_event *events, int most,
                       int64_t timeout_ns)
{
    struct kevent seen[EVENTS_AT_ONCE];
    int count = wait_out(selector, seen, most < EVENTS_AT_ONCE ? most : EVENTS_AT_ONCE, timeout_ns);
    if (count < 0)
        return count;

    int told = 0;
    for (int i = 0; i < count; i++) {
        if (seen[i].filter == EVFILT_USER)
            woken_up(selector);
        else
            events[told++] = (struct plx_selector_event){(uintptr_t)seen[i].udata, readiness_of(&seen[i])};
    }
    return told;
}

const struct plx_selector_ops plx_kqueue = {
    .name = "kqueue",
    .open = kqueue_open,
    .close = kqueue_close,
    .add = kqueue_add,
    .remove = kqueue_remove,
    .wait = kqueue_wait,
    .wake = kqueue_wake,
};

#endif
