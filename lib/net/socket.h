/* SPDX-License-Identifier: MIT
 *
 * What TCP and Unix sockets have in common: how they are opened, how they accept, how they connect. Inside
 * the library.
 */
#ifndef PLX_NET_SOCKET_H
#define PLX_NET_SOCKET_H

#include "lib/net/address.h"
#include "lib/net/backoff.h"
#include "lib/reactor/poll_evented.h"

/* A socket that does not block and is not inherited. The descriptor or a negative errno. */
int plx__socket_open(int family, int type);

/* A pair of connected Unix sockets. 0 or a negative errno. */
int plx__socket_pair(int type, plx_poll_evented *a, plx_poll_evented *b);

/* Accepts one connection. Passed over: one that its peer has given up meanwhile. When the system is
 * exhausted it backs off, and goes on. */
enum plx_answer plx__socket_accept(plx_poll_evented *io, struct plx__backoff **backoff, plx_context *cx,
                                   plx_poll_evented *accepted, struct plx_address *peer);

/* Connects, in as many polls as it takes. Zero at first. Failed: io is still to be dropped. */
struct plx__connecting {
    plx_poll_evented io;
    struct plx__backoff *backoff;
    bool begun;
};

enum plx_answer plx__socket_connect(struct plx__connecting *self, plx_context *cx,
                                    const struct plx_address *to);
void plx__connecting_drop(struct plx__connecting *self);

#endif
