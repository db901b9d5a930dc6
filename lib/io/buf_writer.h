/* SPDX-License-Identifier: MIT
 *
 * The buffered writer: many small writes become few large ones.
 *
 * What is written stays here until the buffer is full, or until a flush. A write as large as the buffer
 * goes past it. Whoever waits for an answer flushes first: the other side has not seen the question
 * otherwise. What was not flushed when the writer is dropped is lost: dropping never waits.
 *
 *     plx_buf_writer writer = plx_buf_writer_new(plx_stream_borrow(&my->socket), 0);
 *     plx_stream out = plx_stream_of_buf_writer(&writer);          for plx_stream_write_all and the others
 *     plx_buf_writer_put(&writer, "+OK\r\n", 5);                   or, without waiting, as much as one likes
 *     PLX_AWAIT(my->flushed, flush, plx_stream_flush_new(&out));
 *
 * Memory is allocated by the first write. It may be moved while no future works on it.
 *
 * Source: Tokio 1.x `BufWriter`.
 */
#ifndef PLX_IO_BUF_WRITER_H
#define PLX_IO_BUF_WRITER_H

#include "lib/io/bytes.h"
#include "lib/io/stream.h"

typedef struct plx_buf_writer {
    plx_stream stream;
    struct plx_bytes kept;
    size_t done; /* how many of them have been handed on */
    size_t limit;
} plx_buf_writer;

/* Keeps back at most `limit` bytes; 0 is PLX_BUFFER_ROOM. */
PLX_INLINE plx_buf_writer plx_buf_writer_new(plx_stream stream, size_t limit)
{
    return (plx_buf_writer){.stream = stream, .limit = limit ? limit : PLX_BUFFER_ROOM};
}

void plx_buf_writer_drop(plx_buf_writer *writer);

/* Keeps all of it, however much: the next write or flush hands it on. 0 or -ENOMEM. */
int plx_buf_writer_put(plx_buf_writer *writer, const void *bytes, size_t size);

/* How many bytes wait to be handed on. */
PLX_INLINE size_t plx_buf_writer_kept(const plx_buf_writer *buffered)
{
    return buffered->kept.size - buffered->done;
}

enum plx_answer plx_buf_writer_poll_write(plx_buf_writer *writer, plx_context *cx, const void *bytes,
                                          size_t size, size_t *count);
enum plx_answer plx_buf_writer_poll_flush(plx_buf_writer *writer, plx_context *cx);

/* The writer as a stream; it reads from the stream within. It is lent: see plx_stream_borrow. */
plx_stream plx_stream_of_buf_writer(plx_buf_writer *writer);

/* Hands `kept` on to `stream`, from *done on; empties it at the end. What writers and codecs share. */
enum plx_answer plx__drain(struct plx_bytes *kept, size_t *done, plx_stream *stream, plx_context *cx);

#endif
