/* SPDX-License-Identifier: MIT
 *
 * The buffered reader: few large reads for many small ones; and lines.
 *
 *     bytes:  [ read by the program | here, not yet read:  the window | room ]
 *                                   begin                            end     room
 *
 *     plx_read_until   up to and with a byte          plx_read_line   a line, without its "\n" or "\r\n"
 *
 * Both are ready with a slice of the window: nothing is copied, and it is valid until the reader is used
 * again. They take nothing out of the reader before they are ready, so that one of them can be dropped (by
 * a select, a timeout) and no byte is lost. The window grows up to their limit; a line longer than that
 * fails with EMSGSIZE, and stays in the window: consume it, or close.
 *
 * It owns the stream. Write to the peer through `reader.stream`, as if there was no reader in between.
 * Memory is allocated by the first read: without it that one fails with ENOMEM. It may be moved while no
 * future works on it.
 *
 * Source: Tokio 1.x `BufReader`, `AsyncBufReadExt`; tokio 0.1 `io::lines`.
 */
#ifndef PLX_IO_BUF_READER_H
#define PLX_IO_BUF_READER_H

#include "lib/io/bytes.h"
#include "lib/io/stream.h"

typedef struct plx_buf_reader {
    plx_stream stream;
    char *bytes;
    size_t begin, end, room;
    size_t room_at_first;
} plx_buf_reader;

/* `room`: of the buffer at first; 0 is PLX_BUFFER_ROOM. */
PLX_INLINE plx_buf_reader plx_buf_reader_new(plx_stream stream, size_t room)
{
    return (plx_buf_reader){.stream = stream, .room_at_first = room ? room : PLX_BUFFER_ROOM};
}

/* Closes the stream; what is in the window is lost. */
void plx_buf_reader_drop(plx_buf_reader *reader);

/* The window: what has come and has not been consumed. */
PLX_INLINE plx_slice plx_buf_reader_window(const plx_buf_reader *reader)
{
    return (plx_slice){reader->bytes ? reader->bytes + reader->begin : NULL, reader->end - reader->begin,
                       false};
}

/* Takes `size` bytes out of the window. */
void plx_buf_reader_consume(plx_buf_reader *reader, size_t size);

/* Reads more behind the window. Ready: *got bytes, 0 at the end of the stream. Makes room for it, but a
 * window of `limit` bytes does not grow any more: EMSGSIZE. */
enum plx_answer plx_buf_reader_poll_more(plx_buf_reader *reader, plx_context *cx, size_t limit, size_t *got);

/* Reads like the stream itself. */
enum plx_answer plx_buf_reader_poll_read(plx_buf_reader *reader, plx_context *cx, void *bytes, size_t size,
                                         size_t *count);

/* The reader as a stream, for whatever works on one (read_exact, copy …); it writes to the stream within.
 * It is lent: see plx_stream_borrow. */
plx_stream plx_stream_of_buf_reader(plx_buf_reader *reader);

/* Ready with all up to and with `delimiter`; before the end of the stream with what is left, and at last with
 * `end`. */
typedef struct plx_read_until {
    plx_buf_reader *reader;
    size_t limit;
    size_t searched; /* how much of the window need not be looked at again */
    char delimiter;
} plx_read_until;
typedef plx_slice plx_read_until_item;
PLX_LEAF_DECLARE(plx_read_until)

PLX_INLINE plx_read_until plx_read_until_new(plx_buf_reader *reader, char delimiter, size_t limit)
{
    return (plx_read_until){reader, limit, 0, delimiter};
}

/* Ready with the next line. A last one without "\n" is a line too. It is a stream as well: PLX_FOR_EACH over
 * plx_read_line deals with all lines. `limit` counts the line's end. */
typedef struct plx_read_line {
    plx_read_until until;
} plx_read_line;
typedef plx_slice plx_read_line_item;
PLX_LEAF_DECLARE(plx_read_line)

PLX_INLINE plx_read_line plx_read_line_new(plx_buf_reader *reader, size_t limit)
{
    return (plx_read_line){plx_read_until_new(reader, '\n', limit)};
}

#endif
