/* SPDX-License-Identifier: MIT
 *
 * Datagrams: UDP and Unix sockets that send and receive whole messages.
 *
 *     plx_datagram socket;
 *     int error = plx_udp_bind(address, &socket);
 *     PLX_AWAIT(my->got, receive, plx_datagram_recv_new(&my->socket, bytes, sizeof bytes));
 *     PLX_AWAIT(my->sent, send,
 *               plx_datagram_send_to_new(&my->socket, bytes, my->got.count, my->got.from));
 *
 * A message is sent whole or not at all, and received whole or cut off at the end of the caller's memory,
 * which `truncated` says. An empty one is a message too: a count of 0 is not an end. With UDP any of them
 * may be lost.
 *
 * A connected socket talks to one peer only: send and recv. When nobody listens there, one of the next
 * calls fails with ECONNREFUSED; the socket lives on.
 *
 * The futures borrow the socket. One task at a time may send, and one receive. A value with one owner, who
 * drops it; may be moved; empty when zero.
 *
 * Source: tokio 0.1 `tokio-udp`, `tokio-uds`.
 */
#ifndef PLX_NET_DATAGRAM_H
#define PLX_NET_DATAGRAM_H

#include "lib/net/address.h"
#include "lib/net/backoff.h"
#include "lib/net/option.h"
#include "lib/reactor/poll_evented.h"

typedef struct plx_datagram {
    plx_poll_evented io;
    struct plx__backoff *backoff; /* of a sender; see datagram.c */
} plx_datagram;

/* UDP at `at`; port 0 lets the system choose (plx_datagram_local). 0 or a negative errno. Needs no
 * runtime. */
int plx_udp_bind(struct plx_address at, plx_datagram *socket);

/* A Unix socket with a name (plx_address_unix), and one without, which can send, and receive when it is
 * connected (plx_unix_datagram_pair). */
int plx_unix_datagram_bind(struct plx_address at, plx_datagram *socket);
int plx_unix_datagram_unbound(plx_datagram *socket);
int plx_unix_datagram_pair(plx_datagram *a, plx_datagram *b);

/* Takes over a socket, and makes it non-blocking. 0 or a negative errno. */
int plx_datagram_of(int fd, plx_datagram *socket);

/* Sets the one peer; anything that others send is thrown away. Never waits. 0 or a negative errno. */
int plx_datagram_connect(plx_datagram *socket, const struct plx_address *peer);

int plx_datagram_local(const plx_datagram *socket, struct plx_address *address);
int plx_datagram_peer(const plx_datagram *socket, struct plx_address *address);
int plx_datagram_fd(const plx_datagram *socket);
void plx_datagram_drop(plx_datagram *socket);

/* What has come. */
typedef struct plx_received {
    size_t count;
    bool truncated; /* there was more of it than fitted: that is lost */
    struct plx_address from;
} plx_received;

/* `to` NULL: to the peer of a connected socket. Ready: it has been sent. */
enum plx_answer plx_datagram_poll_send(plx_datagram *socket, plx_context *cx, const void *bytes, size_t size,
                                       const struct plx_address *to);
enum plx_answer plx_datagram_poll_recv(plx_datagram *socket, plx_context *cx, void *bytes, size_t size,
                                       plx_received *received);

typedef struct plx_datagram_send_to {
    plx_datagram *socket;
    const void *bytes;
    size_t size;
    struct plx_address to;
} plx_datagram_send_to;
typedef plx_unit plx_datagram_send_to_item;
PLX_LEAF_DECLARE(plx_datagram_send_to)

PLX_INLINE plx_datagram_send_to plx_datagram_send_to_new(plx_datagram *socket, const void *bytes, size_t size,
                                                         struct plx_address to)
{
    return (plx_datagram_send_to){socket, bytes, size, to};
}

typedef struct plx_datagram_send {
    plx_datagram *socket;
    const void *bytes;
    size_t size;
} plx_datagram_send;
typedef plx_unit plx_datagram_send_item;
PLX_LEAF_DECLARE(plx_datagram_send)

PLX_INLINE plx_datagram_send plx_datagram_send_new(plx_datagram *socket, const void *bytes, size_t size)
{
    return (plx_datagram_send){socket, bytes, size};
}

/* For connected sockets and others alike. */
typedef struct plx_datagram_recv {
    plx_datagram *socket;
    void *bytes;
    size_t size;
} plx_datagram_recv;
typedef plx_received plx_datagram_recv_item;
PLX_LEAF_DECLARE(plx_datagram_recv)

PLX_INLINE plx_datagram_recv plx_datagram_recv_new(plx_datagram *socket, void *bytes, size_t size)
{
    return (plx_datagram_recv){socket, bytes, size};
}

#endif
