/* SPDX-License-Identifier: MIT
 *
 * The duplex: two streams in memory, each other's peers. What is written into one is read from the other.
 *
 *              a ── write ──▶ [ there, `capacity` bytes ] ── read ──▶ b
 *              a ◀── read ─── [ back,  `capacity` bytes ] ◀─ write ── b
 *
 * A full direction makes its writer wait, an empty one its reader. When an end is dropped or shut down, the
 * other reads what is left and then the end; writing to an end that has been dropped fails with EPIPE. It
 * needs no reactor: for tests and lessons without a network, and between two tasks, of different runtimes
 * too.
 *
 * Locks: each direction has one, which guards its bytes and its two wakers. Wakers are cloned before it is
 * taken, notified and dropped after it has been released.
 *
 * Source: Tokio 1.x `io::duplex`.
 */
#ifndef PLX_IO_DUPLEX_H
#define PLX_IO_DUPLEX_H

#include "lib/io/stream.h"

/* 0, or -EINVAL when `capacity` is 0, or -ENOMEM. Both ends are the caller's to drop. */
int plx_duplex(size_t capacity, plx_stream *a, plx_stream *b);

#endif
