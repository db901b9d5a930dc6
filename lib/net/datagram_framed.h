/* SPDX-License-Identifier: MIT
 *
 * Frames in datagrams: a datagram socket, and a codec (io/codec.h). A datagram may hold several frames;
 * none goes over into the next.
 *
 *     plx_datagram_framed chat = plx_datagram_framed_new(&my->socket, &lines.codec);
 *     PLX_AWAIT(my->got, next, plx_datagram_framed_next_new(&my->chat));       got.frame, got.from
 *
 * What the codec does not like fails, and the rest of its datagram is thrown away; so is a datagram that is
 * larger than the buffer (EMSGSIZE). Then it goes on with the next one. An empty datagram has no frame.
 *
 * It borrows the socket and the codec. Its memory, 64 KiB, is allocated by the first read.
 *
 * Source: tokio 0.1 `tokio-udp`, `UdpFramed`.
 */
#ifndef PLX_NET_DATAGRAM_FRAMED_H
#define PLX_NET_DATAGRAM_FRAMED_H

#include "lib/io/codec.h"
#include "lib/net/datagram.h"

typedef struct plx_datagram_framed {
    plx_datagram *socket;
    struct plx_codec *codec;
    char *bytes;
    size_t begin, end; /* what has been received and not been decoded */
    struct plx_address from;
    struct plx_bytes kept;
} plx_datagram_framed;

PLX_INLINE plx_datagram_framed plx_datagram_framed_new(plx_datagram *socket, struct plx_codec *codec)
{
    return (plx_datagram_framed){.socket = socket, .codec = codec};
}

void plx_datagram_framed_drop(plx_datagram_framed *framed);

/* A frame, valid until the next is asked for. `end` is never set. */
typedef struct plx_datagram_frame {
    plx_slice frame;
    struct plx_address from;
    bool end;
} plx_datagram_frame;

/* A future, and a stream that never ends. */
typedef struct plx_datagram_framed_next {
    plx_datagram_framed *framed;
} plx_datagram_framed_next;
typedef plx_datagram_frame plx_datagram_framed_next_item;
PLX_LEAF_DECLARE(plx_datagram_framed_next)

PLX_INLINE plx_datagram_framed_next plx_datagram_framed_next_new(plx_datagram_framed *framed)
{
    return (plx_datagram_framed_next){framed};
}

/* Sends one frame as one datagram. The frame is borrowed until the first poll. */
typedef struct plx_datagram_framed_send {
    plx_datagram_framed *framed;
    const void *frame;
    size_t size;
    struct plx_address to;
    bool encoded;
} plx_datagram_framed_send;
typedef plx_unit plx_datagram_framed_send_item;
PLX_LEAF_DECLARE(plx_datagram_framed_send)

PLX_INLINE plx_datagram_framed_send plx_datagram_framed_send_new(plx_datagram_framed *framed,
                                                                 const void *frame, size_t size,
                                                                 struct plx_address to)
{
    return (plx_datagram_framed_send){framed, frame, size, to, false};
}

#endif
