/* SPDX-License-Identifier: MIT
 *
 * The selector: what the system offers to learn which of many sockets is ready. Mio's place in the stack.
 *
 *     epoll.c    Linux                     edge-triggered by itself
 *     kqueue.c   macOS, FreeBSD, NetBSD    the same, with EV_CLEAR
 *     poll.c     all of them               level-triggered by nature, made edge-triggered by _rearm
 *
 * Edge-triggered: an event says that something has changed since the last one; whoever gets it must use
 * the socket until it would block before the next can come. Events may come for no reason.
 *
 * A selector that cannot tell an edge from a level tells each readiness once, and then does not look for it
 * until it is rearmed. The reactor rearms a direction when somebody has found that it would block. That is
 * how Windows fits in, too: an AFD poll is a request that is answered once, through a completion port. `add`
 * sends the first one, an answer is an event, `rearm` sends the next, `remove` cancels it, and `wake` posts a
 * completion of our own. (There a descriptor is a SOCKET, which fits an int in practice.) So it is done in
 * mio.
 *
 * add, rearm, remove and wake may be called from any thread, while another one waits.
 */
#ifndef PLX_REACTOR_SELECTOR_SELECTOR_H
#define PLX_REACTOR_SELECTOR_SELECTOR_H

#include "lib/base.h"

#if defined(__linux__)
#define PLX_HAS_EPOLL 1
#else
#define PLX_HAS_EPOLL 0
#endif

#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__DragonFly__)
#define PLX_HAS_KQUEUE 1
#else
#define PLX_HAS_KQUEUE 0
#endif

/* What a source is ready for: the words of events.def's `readiness`, as bits. */
enum {
    PLX_READABLE = 1 << 0,
    PLX_WRITABLE = 1 << 1,
    PLX_READ_CLOSED = 1 << 2,  /* the peer sends no more */
    PLX_WRITE_CLOSED = 1 << 3, /* the peer takes no more */
    PLX_SOURCE_ERROR = 1 << 4, /* try it, and it says which */
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
    /* `interest`: PLX_READABLE, PLX_WRITABLE or both. What is ready already is an event. 0, or a negative
     * errno: -EBADF; -EEXIST when the descriptor is in it already and the system can tell (kqueue cannot:
     * there the new token takes the place of the old one). */
    int (*add)(struct plx_selector *selector, int fd, uint64_t token, unsigned interest);
    /* NULL: the system tells edges. Else: looks for this again; what is ready already is an event. */
    void (*rearm)(struct plx_selector *selector, int fd, uint64_t token, unsigned interest);
    /* No event of it comes any more, but those that a wait which is just returning has taken out before. When
     * it returns, nothing in the selector keeps the descriptor open. */
    int (*remove)(struct plx_selector *selector, int fd);
    /* Waits at most `timeout_ns` nanoseconds, forever when it is negative, and never less than that without
     * an event or a wake. Returns how many events there are: none after a wake or at the time-out; or a
     * negative errno. One thread at a time. */
    int (*wait)(struct plx_selector *selector, struct plx_selector_event *events, int most,
                int64_t timeout_ns);
    /* Ends a wait, or the next one. Many before it are one. 0 or a negative errno. */
    int (*wake)(struct plx_selector *selector);
};

extern const struct plx_selector_ops plx_poll;
#if PLX_HAS_EPOLL
extern const struct plx_selector_ops plx_epoll;
#endif
extern const struct plx_selector_ops plx_kqueue; /* where there is one */

/* "epoll", "kqueue" or "poll"; NULL when this system has none of that name. */
const struct plx_selector_ops *plx_selector_by_name(const char *name);

/* The one that a runtime takes which names none itself: what POLLUX_SELECTOR says, else the system's best. 0,
 * or -EINVAL for a name that is not known, which is said on standard error. */
int plx_selector_choose(const struct plx_selector_ops **selector);

/* ── for selectors: how long is left of a wait ────────────────────────────────────────────────────────── */

/* When a wait that starts now and lasts so long is over, on the monotonic clock; INT64_MAX for no end. */
int64_t plx__wait_deadline(int64_t timeout_ns);

/* What is left of it: negative when it has no end, 0 when it is over. */
int64_t plx__wait_left(int64_t deadline_ns);

/* The same for system calls that count milliseconds: rounded up, for a wait that is a little too short would
 * be made again and again until its time has come; and clamped to what an int can hold. */
int plx__wait_ms(int64_t timeout_ns);

#endif
