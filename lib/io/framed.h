/* SPDX-License-Identifier: MIT
 *
 * A stream of frames: a plx_stream, and a codec that tells where one ends.
 *
 *     struct plx_line_codec lines = plx_line_codec(1000);
 *     plx_framed chat = plx_framed_new(socket, &lines.codec);
 *     PLX_AWAIT(my->line, next, plx_framed_next_new(&my->chat));          the next frame, a slice
 *     PLX_AWAIT(PLX_NOTHING, send, plx_framed_send_new(&my->chat, "hi", 2));
 *
 * plx_framed_next is a stream as well: PLX_FOR_EACH over it deals with frame after frame. A failure of the
 * codec (EMSGSIZE) does not end it: ask again, and the next frame comes. A stream that ends within a frame
 * fails with PLX_UNEXPECTED_END, once.
 *
 * It owns the stream, and borrows the codec. It may be moved while no future works on it. For a task that
 * reads and one that writes, split the stream first, and give each half a plx_framed.
 *
 * Source: tokio-codec 0.1 `Framed`.
 */
#ifndef PLX_IO_FRAMED_H
#define PLX_IO_FRAMED_H

#include "lib/io/buf_reader.h"
#include "lib/io/codec.h"

typedef struct plx_framed {
    plx_buf_reader in;
    struct plx_codec *codec;
    bool ended;
    struct plx_bytes kept; /* encoded, to be written, */
    size_t done;           /* and so much of it has been */
} plx_framed;

PLX_INLINE plx_framed plx_framed_new(plx_stream stream, struct plx_codec *codec)
{
    return (plx_framed){.in = plx_buf_reader_new(stream, 0), .codec = codec};
}

/* Closes the stream; what was not flushed is lost. */
void plx_framed_drop(plx_framed *framed);

/* Ready with the next frame, valid until the next use; at last with `end`. */
enum plx_answer plx_framed_poll_next(plx_framed *framed, plx_context *cx, plx_slice *frame);

/* Encodes a frame and keeps it, to be flushed; however many there are (plx_framed_kept says). 0, or what
 * the codec says: -EMSGSIZE. */
int plx_framed_put(plx_framed *framed, const void *frame, size_t size);

PLX_INLINE size_t plx_framed_kept(const plx_framed *framed)
{
    return framed->kept.size - framed->done;
}

enum plx_answer plx_framed_poll_flush(plx_framed *framed, plx_context *cx);

typedef struct plx_framed_next {
    plx_framed *framed;
} plx_framed_next;
typedef plx_slice plx_framed_next_item;
PLX_LEAF_DECLARE(plx_framed_next)

PLX_INLINE plx_framed_next plx_framed_next_new(plx_framed *framed)
{
    return (plx_framed_next){framed};
}

/* Puts a frame and flushes. The frame's bytes are borrowed until the first poll. */
typedef struct plx_framed_send {
    plx_framed *framed;
    const void *frame;
    size_t size;
    bool put;
} plx_framed_send;
typedef plx_unit plx_framed_send_item;
PLX_LEAF_DECLARE(plx_framed_send)

PLX_INLINE plx_framed_send plx_framed_send_new(plx_framed *framed, const void *frame, size_t size)
{
    return (plx_framed_send){framed, frame, size, false};
}

#endif
