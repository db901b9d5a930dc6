/* SPDX-License-Identifier: MIT
 *
 * Split: a stream becomes two, one to read from and one to write to, for two tasks.
 *
 *              plx_stream_split
 *     stream ──────────────────▶ reader ──▶ a task that reads
 *                        └─────▶ writer ──▶ a task that writes          plx_stream_reunite: the way back
 *
 * There is no lock between the halves that one could find taken: no half ever waits, or fails, because the
 * other is being polled (tokio #655). It takes none, because the two sides of a stream share nothing
 * (stream.h); what the halves share is a count of who is left.
 *
 * The stream is closed when both halves have been dropped. Dropping the writer alone tells the other side
 * nothing: shut it down first (plx_stream_shutdown). A half fails with EBADF at what it is not made for.
 *
 * Source: tokio-io 0.1 `AsyncRead::split`; Tokio 1.x `into_split`.
 */
#ifndef PLX_IO_SPLIT_H
#define PLX_IO_SPLIT_H

#include "lib/io/stream.h"

/* Takes the stream over. 0, or -ENOMEM: then it is still the caller's. */
int plx_stream_split(plx_stream *stream, plx_stream *reader, plx_stream *writer);

/* Makes one of two halves again. 0, or -EINVAL when they are not the halves of one stream; then nothing has
 * happened. */
int plx_stream_reunite(plx_stream *reader, plx_stream *writer, plx_stream *stream);

#endif
