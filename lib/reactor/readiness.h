/* SPDX-License-Identifier: MIT
 *
 * plx_readiness: waits until a source may be read, or written, together with any number of others.
 *
 *     plx_readiness wait = plx_readiness_new(&socket, PLX_READ);     // a leaf: Ready({seen})
 *
 * `seen` is for plx_poll_evented_clear when the system call that follows would block after all: another
 * waiter may have been faster.
 *
 *     NEW        nothing waits yet; the source may have been tried first, and is ready
 *     WAITING    its node is in the source's list  → NotReady
 *                the source is ready               → Ready
 *                the source was dropped            → Failed(ECANCELED)
 *                the reactor has ended             → Failed(ESHUTDOWN)
 *
 * The source is borrowed: it must stay where it is until this future has been polled once. After that it may
 * be dropped at any time.
 *
 * Source: Tokio 1.x `AsyncFd::readable`, `ScheduledIo::readiness`.
 */
#ifndef PLX_REACTOR_READINESS_H
#define PLX_REACTOR_READINESS_H

#include "lib/reactor/poll_evented.h"

typedef struct plx_readiness {
    plx_poll_evented *source;
    enum plx_direction direction;
    struct plx_io_waiter waiter;
} plx_readiness;
typedef struct plx_readiness_item {
    uint64_t seen;
} plx_readiness_item;
PLX_LEAF_DECLARE(plx_readiness)

PLX_INLINE plx_readiness plx_readiness_new(plx_poll_evented *source, enum plx_direction direction)
{
    return (plx_readiness){.source = source, .direction = direction};
}

#endif
