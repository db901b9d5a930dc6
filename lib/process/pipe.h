/* SPDX-License-Identifier: MIT
 *
 * Pipes: what one end is given comes out of the other.
 *
 *     plx_stream reader, writer;
 *     int error = plx_pipe(&reader, &writer);
 *
 *     writer ──▶ [ 64 KiB in the system ] ──▶ reader
 *
 * Both ends are plx_streams (io/stream.h), each with an owner of its own. The reader reads to the end once
 * the writer, and all copies of it in other programs, are closed; a writer whose reader is gone fails with
 * EPIPE, and no signal is raised.
 *
 * Source: Tokio 1.x `net::unix::pipe`.
 */
#ifndef PLX_PROCESS_PIPE_H
#define PLX_PROCESS_PIPE_H

#include "lib/io/stream.h"

/* 0 or a negative errno. Needs no runtime. */
int plx_pipe(plx_stream *reader, plx_stream *writer);

/* One end for us and one, which waits as other programs expect it, for a child. `child_reads`: which. */
int plx__pipe_to_child(bool child_reads, plx_stream *ours, int *childs);

#endif
