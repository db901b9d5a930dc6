/* SPDX-License-Identifier: MIT
 *
 * plx_stream: bytes that come and go, wherever they come from.
 *
 *     plx_stream line = plx_stream_of_tcp(socket);     or a Unix socket, a pipe, one end of a duplex …
 *     PLX_AWAIT(count, read, plx_stream_read_new(&my->line, bytes, sizeof bytes));
 *     PLX_AWAIT(count, write, plx_stream_write_all_new(&my->line, bytes, count));
 *     plx_stream_drop(&my->line);
 *
 *                      copy   split   buffered readers and writers   chain, limit   codecs
 *                                              │
 *                                         plx_stream:  poll_read, poll_write, flush, shutdown
 *          ┌──────────────┬────────────────────┼──────────────────┬──────────────────┐
 *      tcp stream    unix stream        a descriptor (pipe)     duplex          one of your own
 *
 * The type of what is behind it is erased: an operation is one call through a table, next to a system call a
 * small price. (Chains over one plx_tcp_stream, net/io.h, do without.)
 *
 * It is a value with one owner, who drops it; it may be moved (PLX_MOVE). Empty when zero. The futures of
 * this folder borrow it: `plx_stream *`. So a failure, a timeout or a drop leaves it open, to answer on or
 * to try again; and it must stay where it is, in the variables of an async function or in a chain's
 * environment, while a future works on it.
 *
 * One task at a time may read, and one write. They may be different tasks, on different threads: split.h.
 *
 * Source: tokio-io 0.1 `AsyncRead`, `AsyncWrite`; Tokio 1.x for the vectored ones.
 */
#ifndef PLX_IO_STREAM_H
#define PLX_IO_STREAM_H

#include "lib/reactor/poll_evented.h"

#include <sys/uio.h>

struct plx_stream_ops;

typedef struct plx_stream {
    const struct plx_stream_ops *ops; /* NULL: empty */
    union {
        plx_poll_evented io; /* one that is a descriptor */
        void *object;        /* one that is something in memory */
    };
} plx_stream;

/* What makes a stream. Those that are NULL: a stream that cannot be read, or not be written, fails with
 * EBADF; without readv and writev the first part is read or written; without flush nothing is kept back;
 * without shutdown there is nothing to tell.
 *
 * Every one answers like a future: Ready with *count, NotReady with a waker kept, or Failed. A count of 0
 * from read is the end, and comes again when asked again. `size` is never 0. Those that can be ready again
 * and again mind the budget (task/context.h): whoever reads in a loop relies on it.
 *
 * The reading side and the writing side share nothing, or look after it themselves: two threads may poll
 * them at the same time. So split.h needs no lock. */
struct plx_stream_ops {
    const char *name;   /* in the trace: "tcp" */
    bool is_descriptor; /* its value is `io` */
    bool drains;        /* a socket that gave or took less than was asked is empty, or full: attempt.h */
    enum plx_answer (*read)(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count);
    enum plx_answer (*readv)(plx_stream *self, plx_context *cx, const struct iovec *parts, int parts_count,
                             size_t *count);
    enum plx_answer (*write)(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                             size_t *count);
    enum plx_answer (*writev)(plx_stream *self, plx_context *cx, const struct iovec *parts, int parts_count,
                              size_t *count);
    enum plx_answer (*flush)(plx_stream *self, plx_context *cx);
    enum plx_answer (*shutdown)(plx_stream *self, plx_context *cx);
    void (*drop)(plx_stream *self);
};

/* Reads what is there, at most `size` bytes. Ready: *count says how many, 0 at the end of the stream (or when
 * `size` is 0). */
enum plx_answer plx_stream_poll_read(plx_stream *self, plx_context *cx, void *bytes, size_t size,
                                     size_t *count);
enum plx_answer plx_stream_poll_readv(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                      int parts_count, size_t *count);

/* Writes what fits, at most `size` bytes. Nobody reads any more: EPIPE, and no signal is raised. */
enum plx_answer plx_stream_poll_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                      size_t *count);
enum plx_answer plx_stream_poll_writev(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                       int parts_count, size_t *count);

/* Ready when all that was written has been handed on. */
enum plx_answer plx_stream_poll_flush(plx_stream *self, plx_context *cx);

/* Flushes, and tells the other side that nothing more is written: it reads on to the end. The reading side
 * lives on. */
enum plx_answer plx_stream_poll_shutdown(plx_stream *self, plx_context *cx);

/* Closes it. What was not flushed is lost. */
void plx_stream_drop(plx_stream *self);

/* Takes over a descriptor that can be waited for (a pipe, a terminal, a socket of any kind), and makes it
 * non-blocking. 0 or a negative errno; then fd is still the caller's: -EPERM for a file, which is never
 * waited for (lib/fs). Shutdown of the writing end of a pipe closes it: there is no other way to tell the
 * reader. */
int plx_stream_of_fd(int fd, plx_stream *stream);

/* The descriptor behind it; -1 when there is none. */
int plx_stream_fd(const plx_stream *self);

/* A second name for a stream: what works on it, and drops it, leaves the lender's alone. The lender stays
 * where it is, and outlives it. */
plx_stream plx_stream_borrow(plx_stream *lender);

#endif
