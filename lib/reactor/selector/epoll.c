/* SPDX-License-Identifier: MIT
 *
 * The selector of Linux: epoll, with an eventfd to end a wait.
 *
 * Source: mio `sys/unix/selector/epoll.rs`.
 */
#include "lib/reactor/selector/selector.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct plx_selector {
    int epoll_fd;
    int wake_fd;
};

enum { EVENTS_AT_ONCE = 256 };
static const uint64_t WAKE_TOKEN = UINT64_MAX;

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

/* Edge-triggered like the rest: every write to the eventfd is an edge, so it need not be read. */
static int epoll_open(struct plx_selector **out)
{
    struct plx_selector *selector = malloc(sizeof *selector);
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

/* A counter that is full (2^64 - 2 wakes unread) says EAGAIN, and ends the wait all the same. */
static int epoll_wake(struct plx_selector *selector)
{
    uint64_t one = 1;
    if (write(selector->wake_fd, &one, sizeof one) == sizeof one || errno == EAGAIN)
        return 0;
    return -errno;
}

static int epoll_wait_events(struct plx_selector *selector, struct plx_selector_event *events, int most,
                             int timeout_ms)
{
    struct epoll_event seen[EVENTS_AT_ONCE];
    int count = epoll_wait(selector->epoll_fd, seen, most < EVENTS_AT_ONCE ? most : EVENTS_AT_ONCE,
                           timeout_ms);
    if (count < 0)
        return errno == EINTR ? 0 : -errno;

    int told = 0;
    for (int i = 0; i < count; i++)
        if (seen[i].data.u64 != WAKE_TOKEN)
            events[told++] = (struct plx_selector_event){seen[i].data.u64, readiness_of(seen[i].events)};
    return told;
}

const struct plx_selector_ops plx_epoll = {
    "epoll", epoll_open, epoll_close, epoll_add, epoll_remove, epoll_wait_events, epoll_wake,
};
