/* SPDX-License-Identifier: MIT
 *
 * The selector: what the system offers to learn which of many sockets is ready. Mio's place in the stack.
 *
 * Edge-triggered: an event says that something has changed since the last one; whoever gets it must use
 * the socket until it would block before the next can come. Events may come for no reason.
 *
 * add, remove and wake may be called from any thread, while another one waits.
 */
#ifndef PLX_REACTOR_SELECTOR_SELECTOR_H
#define PLX_REACTOR_SELECTOR_SELECTOR_H

#include "lib/base.h"

/* What a source is ready for: the words of events.def's `readiness`, as bits. */
enum {
    PLX_READABLE = 1 << 0,
    PLX_WRITABLE = 1 << 1,
    PLX_READ_CLOSED = 1 << 2,  /* the peer sends no more */
    PLX_WRITE_CLOSED = 1 << 3, /* the peer takes no more */
    PLX_SOURCE_ERROR = 1 << 4,
};

struct plx_selector_event {
    uint64_t token;
    unsigned ready;
};

struct plx_selector;

struct plx_selector_ops {
    const char *name;
    int (*open)(struct plx_selector **selector);
    void (*close)(struct plx_selector *selector);
    /* `interest`: PLX_READABLE, PLX_WRITABLE or both. 0, or -EEXIST when the descriptor is in it already,
     * or another errno. */
    int (*add)(struct plx_selector *selector, int fd, uint64_t token, unsigned interest);
    int (*remove)(struct plx_selector *selector, int fd);
    /* Waits at most `timeout_ms`, forever when it is negative. Returns how many events there are: none
     * after a wake, a signal, or at the time-out; or a negative errno. */
    int (*wait)(struct plx_selector *selector, struct plx_selector_event *events, int most, int timeout_ms);
    /* Ends a wait, or the next one. Many before it are one. */
    int (*wake)(struct plx_selector *selector);
};

extern const struct plx_selector_ops plx_epoll;

#endif
