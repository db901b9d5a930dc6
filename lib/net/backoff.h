/* SPDX-License-Identifier: MIT
 *
 * Backing off: when the system is out of descriptors or memory, trying again at once would burn a
 * processor, and giving up would end a server because it was popular. Inside the library.
 *
 *     EMFILE, ENFILE, ENOBUFS, ENOMEM ──▶ WAITING, 20 ms ──▶ try again
 *
 * The connections wait in the listener's backlog meanwhile; whoever closes one lets the next in, at most a
 * moment later. (The other known way, to keep one descriptor in reserve and to close the caller with it at
 * once, turns clients away.)
 *
 * Source: the crate tk-listen (`sleep_on_error`), which tokio 0.1 users needed for it.
 */
#ifndef PLX_NET_BACKOFF_H
#define PLX_NET_BACKOFF_H

#include "lib/future/future.h"

struct plx__backoff; /* a delay on the heap: its owner may be moved */

/* Whether it is one of those errors. */
bool plx__is_exhaustion(int code);

/* The call has failed with `code`: NotReady, and the task is notified in a while; Failed(code) where there
 * is no timer. */
enum plx_answer plx__backoff_begin(struct plx__backoff **backoff, plx_context *cx, int code);

/* Before the call: Ready, go ahead; NotReady while it waits. */
enum plx_answer plx__backoff_poll(struct plx__backoff **backoff, plx_context *cx);

void plx__backoff_drop(struct plx__backoff **backoff);

#endif
