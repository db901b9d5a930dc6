/* SPDX-License-Identifier: MIT
 *
 * An imitation of kqueue on epoll: as much of it as the library's selector uses, so that the selector of
 * macOS and the BSDs can be compiled and run here. Filters READ and WRITE with EV_CLEAR, USER, receipts,
 * time-outs.
 *
 * Numbers and layout are those of FreeBSD.
 */
#ifndef TESTS_SUPPORT_KEVENT_SHIM_SYS_EVENT_H
#define TESTS_SUPPORT_KEVENT_SHIM_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

#define EVFILT_READ  (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_USER  (-11)

#define EV_ADD     0x0001
#define EV_DELETE  0x0002
#define EV_CLEAR   0x0020
#define EV_RECEIPT 0x0040
#define EV_ERROR   0x4000
#define EV_EOF     0x8000

#define NOTE_TRIGGER 0x01000000

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned int fflags;
    int64_t data;
    void *udata;
    uint64_t ext[4];
};

#define EV_SET(event, i, f, fl, ff, d, u)                                                                    \
    (*(event) = (struct kevent){.ident = (i),                                                                \
                                .filter = (short)(f),                                                        \
                                .flags = (unsigned short)(fl),                                               \
                                .fflags = (ff),                                                              \
                                .data = (d),                                                                 \
                                .udata = (u)})

int kqueue(void);
int kevent(int queue, const struct kevent *changes, int change_count, struct kevent *events, int event_count,
           const struct timespec *timeout);

/* A queue is more here than its descriptor: closing it must know. */
int kevent_shim_close(int fd);
#define close(fd) kevent_shim_close(fd)

#endif
