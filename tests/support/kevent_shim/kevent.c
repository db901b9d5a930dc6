/* SPDX-License-Identifier: MIT
 *
 * kqueue on epoll: see sys/event.h here.
 *
 * A queue is an epoll descriptor, a table of what was added to it, and an eventfd for the user event. Each
 * descriptor is in epoll once, edge-triggered, for both directions; its events are taken apart into one for
 * each filter that was added. What does not fit into the caller's array waits in `left`.
 */
#include "tests/support/kevent_shim/sys/event.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { QUEUES = 1 << 16, FDS = 1 << 16, MOST = 512 };

struct knote {
    bool reads, writes;
    bool edges;      /* EV_CLEAR */
    uint32_t serial; /* so that an event which was taken out before it was added is not taken for a new one */
    void *udata;
};

struct queue {
    int user_fd;
    void *user_udata;
    struct kevent left[2 * MOST];
    int left_count;
    struct knote notes[FDS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue *queues[QUEUES];

static struct queue *queue_of(int fd)
{
    return fd >= 0 && fd < QUEUES ? queues[fd] : NULL;
}

int kqueue(void)
{
    struct queue *queue = calloc(1, sizeof *queue);
    int fd = epoll_create1(0);
    if (!queue || fd < 0 || fd >= QUEUES) {
        free(queue);
        if (fd >= 0)
            (close)(fd);
        return -1;
    }
    queue->user_fd = -1;
    pthread_mutex_lock(&lock);
    queues[fd] = queue;
    pthread_mutex_unlock(&lock);
    return fd;
}

int kevent_shim_close(int fd)
{
    pthread_mutex_lock(&lock);
    struct queue *queue = queue_of(fd);
    if (queue) {
        if (queue->user_fd >= 0)
            (close)(queue->user_fd);
        free(queue);
        queues[fd] = NULL;
    }
    pthread_mutex_unlock(&lock);
    return (close)(fd);
}

/* ── changes: 0 or an errno ───────────────────────────────────────────────────────────────────────────── */

static int change_user(int fd, struct queue *queue, const struct kevent *change)
{
    uint64_t one = 1;
    if (change->flags & EV_ADD) {
        queue->user_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        queue->user_udata = change->udata;
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = UINT64_MAX};
        if (queue->user_fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, queue->user_fd, &event) < 0)
            return errno;
    }
    if (change->fflags & NOTE_TRIGGER && write(queue->user_fd, &one, sizeof one) < 0)
        return errno;
    return 0;
}

/* Changing what epoll knows of it tells all that is ready once more, as adding a filter does. */
static int change_source(int fd, struct queue *queue, const struct kevent *change)
{
    int source = (int)change->ident;
    if (source < 0 || source >= FDS)
        return EBADF;
    struct knote *note = &queue->notes[source], before = *note;
    bool *filter = change->filter == EVFILT_READ ? &note->reads : &note->writes;
    if (change->flags & EV_DELETE && !*filter)
        return ENOENT;
    *filter = change->flags & EV_ADD;
    if (change->flags & EV_ADD) {
        note->udata = change->udata;
        note->edges = change->flags & EV_CLEAR;
    }
    if (!before.reads && !before.writes)
        note->serial++;
    struct epoll_event event = {.events = (note->edges ? EPOLLET : 0) |
                                          (note->reads ? EPOLLIN | EPOLLRDHUP : 0) |
                                          (note->writes ? EPOLLOUT : 0),
                                .data.u64 = (uint64_t)note->serial << 32 | (uint32_t)source};
    int deed = !note->reads && !note->writes   ? EPOLL_CTL_DEL
               : before.reads || before.writes ? EPOLL_CTL_MOD
                                               : EPOLL_CTL_ADD;
    int failed = epoll_ctl(fd, deed, source, &event);
    if (failed && deed == EPOLL_CTL_MOD && errno == ENOENT) /* it was closed, and the number is used again */
        failed = epoll_ctl(fd, EPOLL_CTL_ADD, source, &event);
    if (!failed || deed == EPOLL_CTL_DEL)
        return 0;
    *note = before;
    return errno;
}

static int change_one(int fd, struct queue *queue, const struct kevent *change)
{
    return change->filter == EVFILT_USER ? change_user(fd, queue, change) : change_source(fd, queue, change);
}

/* ── events ───────────────────────────────────────────────────────────────────────────────────────────── */

static void add_left(struct queue *queue, uintptr_t ident, int filter, uint32_t eof, uint32_t events,
                     void *udata)
{
    struct kevent *event = &queue->left[queue->left_count++];
    EV_SET(event, ident, filter, events & eof ? EV_EOF : 0, 0, 0, udata);
    if (events & EPOLLERR && event->flags & EV_EOF)
        event->fflags = EIO;
}

static void take_apart(struct queue *queue, const struct epoll_event *seen)
{
    uint32_t events = seen->events;
    if (seen->data.u64 == UINT64_MAX) {
        add_left(queue, 0, EVFILT_USER, 0, 0, queue->user_udata);
        return;
    }
    uint32_t source = (uint32_t)seen->data.u64;
    struct knote *note = &queue->notes[source];
    if (note->serial != seen->data.u64 >> 32)
        return;
    if (note->reads && events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        add_left(queue, source, EVFILT_READ, EPOLLRDHUP | EPOLLHUP, events, note->udata);
    if (note->writes && events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        add_left(queue, source, EVFILT_WRITE, EPOLLHUP, events, note->udata);
}

static int give(struct queue *queue, struct kevent *events, int most)
{
    int count = queue->left_count < most ? queue->left_count : most;
    for (int i = 0; i < count; i++)
        events[i] = queue->left[i];
    for (int i = count; i < queue->left_count; i++)
        queue->left[i - count] = queue->left[i];
    queue->left_count -= count;
    return count;
}

static int wait_for_events(int fd, struct queue *queue, struct kevent *events, int most,
                           const struct timespec *timeout)
{
    struct epoll_event seen[MOST];
    if (queue->left_count == 0) {
        int count = epoll_pwait2(fd, seen, MOST, timeout, NULL);
        if (count < 0)
            return -1;
        pthread_mutex_lock(&lock);
        for (int i = 0; i < count; i++)
            take_apart(queue, &seen[i]);
        pthread_mutex_unlock(&lock);
    }
    return give(queue, events, most);
}

int kevent(int fd, const struct kevent *changes, int change_count, struct kevent *events, int event_count,
           const struct timespec *timeout)
{
    pthread_mutex_lock(&lock);
    struct queue *queue = queue_of(fd);
    if (!queue)
        errno = EBADF;
    for (int i = 0; queue && i < change_count; i++) {
        struct kevent change = changes[i];
        int error = change_one(fd, queue, &change);
        change.flags |= EV_ERROR;
        change.data = error;
        if (i < event_count)
            events[i] = change;
    }
    pthread_mutex_unlock(&lock);
    if (!queue)
        return -1;
    return change_count ? change_count : wait_for_events(fd, queue, events, event_count, timeout);
}
