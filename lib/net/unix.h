/* SPDX-License-Identifier: MIT
 *
 * Unix streams: connections within one machine, under a path or a name.
 *
 *     struct plx_address at;
 *     plx_address_unix("/run/example", &at);     or "@example", Linux's abstract names: no file, no rights
 *
 * A stream is a plx_stream like any other (io/stream.h): the futures, readers and codecs of lib/io work on
 * it. A path remains when its listener is closed, and must be unlinked before it can be bound again. For
 * datagrams see datagram.h.
 *
 * Source: tokio 0.1 `tokio-uds`.
 */
#ifndef PLX_NET_UNIX_H
#define PLX_NET_UNIX_H

#include "lib/io/stream.h"
#include "lib/net/socket.h"

#include <sys/types.h>

/* Two streams, each other's peers. 0 or a negative errno. Needs no runtime. */
int plx_unix_pair(plx_stream *a, plx_stream *b);

/* Who is at the other end, as the system knows it: whoever connected, or listened, then. */
struct plx_credentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/* 0 or a negative errno. */
int plx_unix_credentials(const plx_stream *stream, struct plx_credentials *peer);

/* Connects; ready with the stream. Failed: ECONNREFUSED when nobody listens, ENOENT when there is no such
 * path. While the listener's backlog is full it waits, and tries again. */
typedef struct plx_unix_connect {
    struct plx_address to;
    struct plx__connecting connecting;
} plx_unix_connect;
typedef plx_stream plx_unix_connect_item;
PLX_LEAF_DECLARE(plx_unix_connect)

PLX_INLINE plx_unix_connect plx_unix_connect_new(struct plx_address to)
{
    return (plx_unix_connect){.to = to};
}

typedef struct plx_unix_listener {
    plx_poll_evented io;
    struct plx_address address;
    struct plx__backoff *backoff;
} plx_unix_listener;

/* 0 or a negative errno: -EADDRINUSE when the path is there already. */
int plx_unix_listener_bind(struct plx_address at, plx_unix_listener *listener);
void plx_unix_listener_drop(plx_unix_listener *listener);

/* As plx_tcp_listener_poll_accept. */
enum plx_answer plx_unix_listener_poll_accept(plx_unix_listener *listener, plx_context *cx,
                                              plx_stream *stream);

/* The stream of incoming connections, for PLX_FOR_EACH. It owns the listener and never ends by itself. */
typedef struct plx_unix_incoming {
    plx_unix_listener listener;
} plx_unix_incoming;
typedef struct plx_unix_incoming_item {
    plx_stream stream;
    bool end;
} plx_unix_incoming_item;
PLX_LEAF_DECLARE(plx_unix_incoming)

PLX_INLINE plx_unix_incoming plx_unix_listener_incoming(plx_unix_listener listener)
{
    return (plx_unix_incoming){listener};
}

#endif
