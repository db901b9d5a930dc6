/* SPDX-License-Identifier: MIT
 *
 * The selector of Linux: epoll, with an eventfd to end a wait.
 *
 * The eventfd is edge-triggered like the rest: every write to it is an edge, so it need not be read. It is
 * written only by the first wake since the wait that took the last one: `woken` is set before the write, and
 * cleared by the wait that has seen it before that returns; so whoever finds it set is heard by a wait that
 * has not returned.
 *
 * Source: mio `sys/unix/selector/epoll.rs`, `sys/unix/waker.rs`.
 */
#include "lib/reactor/selector/selector.h"

#if PLX_HAS_EPOLL

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct plx_selector {
    int epoll_fd;
    int wake_fd;
    atomic_bool woken;
};

enum { EVENTS_AT_ONCE = 256 };
static const uint64_t WAKE_TOKEN = UINT64_MAX; /* no slot has this number */

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────────── */

static int close_both(struct plx_selector *selector, int error)
{
    if (selector->epoll_fd >= 0)
        close(selector->epoll_fd);
    if (selector->wake_fd >= 0)
        close(selector->wake_fd);
    free(selector);
    return error;
}

static void epoll_close(struct plx_selector *selector)
{
    close_both(selector, 0);
}

static int epoll_open(struct plx_selector **out)
{
    struct plx_selector *selector = calloc(1, sizeof *selector);
    if (!selector)
        return -ENOMEM;
    selector->wake_fd = -1;
    selector->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (selector->epoll_fd < 0)
        return close_both(selector, -errno);
    selector->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (selector->wake_fd < 0)
        return close_both(selector, -errno);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = WAKE_TOKEN};
    if (epoll_ctl(selector->epoll_fd, EPOLL_CTL_ADD, selector->wake_fd, &event) < 0)
        return close_both(selector, -errno);
    *out = selector;
    return 0;
}

/* ── sources ──────────────────────────────────────────────────────────────────────────────────────────── */

static int epoll_add(struct plx_selector *selector, int fd, uint64_t token, unsigned interest)
{
    struct epoll_event event = {.events = EPOLLET, .data.u64 = token};
    if (interest & PLX_READABLE)
        event.events |= EPOLLIN | EPOLLRDHUP;
    if (interest & PLX_WRITABLE)
        event.events |= EPOLLOUT;
    return epoll_ctl(selector->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int epoll_remove(struct plx_selector *selector, int fd)
{
    return epoll_ctl(selector->epoll_fd, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno : 0;
}

/* HUP means that both directions are over, and an error that both must be tried to learn which. */
static unsigned readiness_of(uint32_t events)
{
    unsigned ready = 0;
    if (events & (EPOLLIN | EPOLLPRI))
        ready |= PLX_READABLE;
    if (events & EPOLLOUT)
        ready |= PLX_WRITABLE;
    if (events & (EPOLLRDHUP | EPOLLHUP))
        ready |= PLX_READ_CLOSED;
    if (events & EPOLLHUP)
        ready |= PLX_WRITE_CLOSED;
    if (events & EPOLLERR)
        ready |= PLX_SOURCE_ERROR;
    return ready;
}

/* ── waking ───────────────────────────────────────────────────────────────────────────────────────────── */

/* A counter that is full (2^64 - 2 wakes unread) says EAGAIN, and ends the wait all the same. */
static int epoll_wake(struct plx_selector *selector)
{
    uint64_t one = 1;
    if (atomic_exchange(&selector->woken, true))
        return 0;
    if (write(selector->wake_fd, &one, sizeof one) == sizeof one || errno == EAGAIN)
        return 0;
    int error = -errno;
    atomic_store(&selector->woken, false);
    return error;
}

/* An exchange: what the wakers did before is seen by whoever returns from the wait. */
static void woken_up(struct plx_selector *selector)
{
    atomic_exchange(&selector->woken, false);
}

/* ── waiting ──────────────────────────────────────────────────────────────────────────────────────────── */

#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
#define HAS_PWAIT2 1 /* takes nanoseconds: Linux 5.11 */
#endif
#endif

#ifdef HAS_PWAIT2
static int wait_ns(struct plx_selector *selector, struct epoll_event *seen, int most, int64_t timeout_ns)
{
    struct timespec timeout = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    return epoll_pwait2(selector->epoll_fd, seen, most, &timeout, NULL);
}
#else
static int wait_ns(struct plx_selector *selector, struct epoll_event *seen, int most, int64_t timeout_ns)
{
    (void)selector, (void)seen, (void)most, (void)timeout_ns;
    errno = ENOSYS;
    return -1;
}
#endif

/* A kernel that has no such call is asked for it once. */
static int wait_once(struct plx_selector *selector, struct epoll_event *seen, int most, int64_t timeout_ns)
{
    static atomic_bool has_none;
    if (timeout_ns > 0 && !atomic_load_explicit(&has_none, memory_order_relaxed)) {
        int count = wait_ns(selector, seen, most, timeout_ns);
        if (count >= 0 || errno != ENOSYS)
            return count;
        atomic_store_explicit(&has_none, true, memory_order_relaxed);
    }
    return epoll_wait(selector->epoll_fd, seen, most, plx__wait_ms(timeout_ns));
}

/* A signal does not end the wait: it goes on for the time that is left. */
static int wait_out(struct plx_selector *selector, struct epoll_event *seen, int most, int64_t timeout_ns)
{
    const int64_t deadline = plx__wait_deadline(timeout_ns);
    int count;
    while ((count = wait_once(selector, seen, most, timeout_ns)) < 0 && errno == EINTR)
        timeout_ns = plx__wait_left(deadline);
    return count < 0 ? -errno : count;
}

static int epoll_wait_events(struct plx_selector *selector, struct plx_selector_event *events, int most,
                             int64_t timeout_ns)
{
    struct epoll_event seen[EVENTS_AT_ONCE];
    int count = wait_out(selector, seen, most < EVENTS_AT_ONCE ? most : EVENTS_AT_ONCE, timeout_ns);
    if (count < 0)
        return count;

    int told = 0;
    for (int i = 0; i < count; i++) {
        if (seen[i].data.u64 == WAKE_TOKEN)
            woken_up(selector);
        else
            events[told++] = (struct plx_selector_event){seen[i].data.u64, readiness_of(seen[i].events)};
    }
    return told;
}

const struct plx_selector_ops plx_epoll = {
    .name = "epoll",
    .open = epoll_open,
    .close = epoll_close,
    .add = epoll_add,
    .remove = epoll_remove,
    .wait = epoll_wait_events,
    .wake = epoll_wake,
};

#endif
