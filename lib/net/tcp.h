/* SPDX-License-Identifier: MIT
 *
 * TCP: streams and listeners.
 *
 * A stream is a value with one owner, who drops it. In a chain it moves: a future that works on a stream
 * owns it meanwhile, gives it back as its item, and closes it when it fails or is dropped. Empty when
 * zero.
 *
 * Only one task at a time may read a stream, and one may write it.
 *
 * Source: the slides "MyTcpStream", "listener.incoming().for_each(…)"; tokio 0.1 `tokio-tcp`.
 */
#ifndef PLX_NET_TCP_H
#define PLX_NET_TCP_H

#include "lib/net/address.h"
#include "lib/reactor/poll_evented.h"

#include <sys/types.h>

/* ── streams ──────────────────────────────────────────────────────────────────────────────────────── */

typedef struct plx_tcp_stream {
    plx_poll_evented io;
} plx_tcp_stream;

/* Takes over a connected socket, and makes it non-blocking. 0, or a negative errno (then fd is still the
 * caller's). */
int plx_tcp_stream_of(int fd, plx_tcp_stream *stream);

/* Closes it. */
void plx_tcp_stream_drop(plx_tcp_stream *stream);

/* Reads what is there, at most `size` bytes, into `bytes`. Ready: *count says how many, 0 at the end of
 * the stream. */
enum plx_answer plx_tcp_stream_poll_read(plx_tcp_stream *stream, plx_context *cx, void *bytes, size_t size,
                                         size_t *count);

/* Writes what fits, at most `size` bytes. Ready: *count says how many. A closed connection fails with
 * EPIPE; no signal is raised. */
enum plx_answer plx_tcp_stream_poll_write(plx_tcp_stream *stream, plx_context *cx, const void *bytes,
                                          size_t size, size_t *count);

/* Tells the peer that no more is read, written, or both: SHUT_RD, SHUT_WR, SHUT_RDWR. 0 or a negative errno. */
int plx_tcp_stream_shutdown(plx_tcp_stream *stream, int how);

/* Small writes go out at once (TCP_NODELAY). 0 or a negative errno. */
int plx_tcp_stream_set_nodelay(plx_tcp_stream *stream, bool on);

int plx_tcp_stream_fd(const plx_tcp_stream *stream);

/* Connects to `to`; ready with the stream. */
typedef struct plx_tcp_connect {
    struct plx_address to;
    plx_tcp_stream stream;
    bool begun;
} plx_tcp_connect;
typedef plx_tcp_stream plx_tcp_connect_item;
PLX_LEAF_DECLARE(plx_tcp_connect)

PLX_INLINE plx_tcp_connect plx_tcp_connect_new(struct plx_address to)
{
    return (plx_tcp_connect){.to = to};
}

/* ── listeners ────────────────────────────────────────────────────────────────────────────────────── */

typedef struct plx_tcp_listener {
    plx_poll_evented io;
    struct plx_address address; /* with the port that it has got */
} plx_tcp_listener;

/* Listens at `at`; port 0 lets the system choose. 0 or a negative errno: -EADDRINUSE when the port is
 * taken. Needs no runtime. */
int plx_tcp_listener_bind(struct plx_address at, plx_tcp_listener *listener);
void plx_tcp_listener_drop(plx_tcp_listener *listener);

/* Accepts one connection. A connection that the peer has given up meanwhile is passed over. */
enum plx_answer plx_tcp_listener_poll_accept(plx_tcp_listener *listener, plx_context *cx,
                                             plx_tcp_stream *stream, struct plx_address *peer);

/* The stream of incoming connections, for PLX_FOR_EACH. It owns the listener and never ends by itself. */
typedef struct plx_tcp_incoming {
    plx_tcp_listener listener;
} plx_tcp_incoming;
typedef struct plx_tcp_incoming_item {
    plx_tcp_stream stream;
    struct plx_address peer;
    bool end;
} plx_tcp_incoming_item;
PLX_LEAF_DECLARE(plx_tcp_incoming)

PLX_INLINE plx_tcp_incoming plx_tcp_listener_incoming(plx_tcp_listener listener)
{
    return (plx_tcp_incoming){listener};
}

#endif
