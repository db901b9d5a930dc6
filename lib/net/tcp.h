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

#include "lib/io/stream.h"
#include "lib/net/address.h"
#include "lib/net/option.h"
#include "lib/net/socket.h"

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

/* The same with several parts, in one system call. */
enum plx_answer plx_tcp_stream_poll_readv(plx_tcp_stream *stream, plx_context *cx, const struct iovec *parts,
                                          int parts_count, size_t *count);
enum plx_answer plx_tcp_stream_poll_writev(plx_tcp_stream *stream, plx_context *cx, const struct iovec *parts,
                                           int parts_count, size_t *count);

/* Looks at what is there, and leaves it to be read. */
enum plx_answer plx_tcp_stream_poll_peek(plx_tcp_stream *stream, plx_context *cx, void *bytes, size_t size,
                                         size_t *count);

/* Tells the peer that no more is read, written, or both: SHUT_RD, SHUT_WR, SHUT_RDWR. 0 or a negative
 * errno. */
int plx_tcp_stream_shutdown(plx_tcp_stream *stream, int how);

/* Small writes go out at once (TCP_NODELAY). 0 or a negative errno. All other options: option.h. */
int plx_tcp_stream_set_nodelay(plx_tcp_stream *stream, bool on);

/* A peer that is idle is asked after `idle_s` seconds, then every `every_s`, `count` times in vain: after
 * that the connection fails with ETIMEDOUT. idle_s 0: never. 0 or a negative errno. */
int plx_tcp_stream_set_keepalive(plx_tcp_stream *stream, int idle_s, int every_s, int count);

/* 0 or a negative errno. */
int plx_tcp_stream_local(const plx_tcp_stream *stream, struct plx_address *address);
int plx_tcp_stream_peer(const plx_tcp_stream *stream, struct plx_address *address);

int plx_tcp_stream_fd(const plx_tcp_stream *stream);

/* The same socket as a stream of bytes, for buffered readers, copy, split, codecs. It moves: `stream` is
 * taken over. */
plx_stream plx_stream_of_tcp(plx_tcp_stream stream);

/* Looks at what comes next, and leaves it; ready with the count. The stream is borrowed. */
typedef struct plx_tcp_peek {
    plx_tcp_stream *stream;
    void *bytes;
    size_t size;
} plx_tcp_peek;
typedef size_t plx_tcp_peek_item;
PLX_LEAF_DECLARE(plx_tcp_peek)

PLX_INLINE plx_tcp_peek plx_tcp_peek_new(plx_tcp_stream *stream, void *bytes, size_t size)
{
    return (plx_tcp_peek){stream, bytes, size};
}

/* Connects to `to`; ready with the stream. */
typedef struct plx_tcp_connect {
    struct plx_address to;
    struct plx__connecting connecting;
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
    struct plx__backoff *backoff;
} plx_tcp_listener;

/* What is zero is chosen. */
struct plx_listen_options {
    int backlog;        /* how many connections may wait to be accepted; 1024 */
    bool keep_address;  /* not for a while after another server was here (no SO_REUSEADDR) */
    bool reuse_port;    /* several listeners at one port, which share the connections */
    bool v6_only;       /* [::] without IPv4 */
    int receive_buffer; /* of every connection that is accepted, in bytes */
    int send_buffer;
};

/* Listens at `at`; port 0 lets the system choose. 0 or a negative errno: -EADDRINUSE when the port is
 * taken. Needs no runtime. */
int plx_tcp_listener_bind(struct plx_address at, plx_tcp_listener *listener);
int plx_tcp_listener_bind_with(struct plx_address at, const struct plx_listen_options *options,
                               plx_tcp_listener *listener);
void plx_tcp_listener_drop(plx_tcp_listener *listener);

/* Accepts one connection. A connection that the peer has given up meanwhile is passed over. When the system
 * has no descriptors or memory left it waits a little, and goes on (backoff.h). A failure leaves the
 * listener as it was. */
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
