/* SPDX-License-Identifier: MIT
 *
 * Standard input, output and error as plx_streams.
 *
 *     plx_stream in;
 *     int error = plx_stdin(&in);
 *     PLX_AWAIT(count, read, plx_stream_read_new(&my->in, line, sizeof line));
 *
 * A descriptor that does not wait is what a runtime needs, and exactly what must not be done to a terminal:
 * "does not wait" belongs to the open file, which the shell and all its programs share; and it stays when the
 * program has gone. So nothing is ever changed about descriptors 0, 1 and 2:
 *
 *     a terminal, a pipe   is opened a second time (/proc/self/fd/0): a new open file, whose flags are ours
 *     a socket             cannot be: each call says by itself that it does not wait (MSG_DONTWAIT)
 *     a file, /dev/null …  is always "ready", so the calls are made in blocking sections (fs/op.h); so are
 *                          those to a terminal or pipe that may not be opened again. They need a thread pool
 *
 * Dropping the stream closes the copy, not the descriptor 0, 1 or 2 itself. Nothing is buffered; what stdio.h
 * has buffered is not seen here.
 *
 * Source: Tokio 1.x `io::stdin`, which lets a thread of its own read, so that a program whose user does not
 * press Enter cannot end; here a read that waits is only a waker in the reactor.
 */
#ifndef PLX_PROCESS_STDIO_H
#define PLX_PROCESS_STDIO_H

#include "lib/io/stream.h"

/* Each gives a stream of its own. 0 or a negative errno: -EBADF when the descriptor is closed. No runtime is
 * needed to call them. */
int plx_stdin(plx_stream *stream);
int plx_stdout(plx_stream *stream);
int plx_stderr(plx_stream *stream);

/* The same for any descriptor that is shared with others, which stays the caller's. `direction`: what it is
 * for. */
int plx_stream_of_shared_fd(int fd, enum plx_direction direction, plx_stream *stream);

#endif
