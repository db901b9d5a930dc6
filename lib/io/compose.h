/* SPDX-License-Identifier: MIT
 *
 * Streams made of streams: one after the other, and only so much of one.
 *
 *     plx_stream_chain(first, second)   reads first to its end, then second; cannot be written
 *     plx_stream_limit(inner, most)     reads at most so many bytes of inner, then the end; writes to inner
 *
 * They take over what they are made of, and are dropped like any other: one allocation each. Without memory
 * for it the parts are dropped, and every operation on what is returned fails with ENOMEM.
 *
 * Source: tokio 0.1 `AsyncRead::chain`, `take`.
 */
#ifndef PLX_IO_COMPOSE_H
#define PLX_IO_COMPOSE_H

#include "lib/io/stream.h"

plx_stream plx_stream_chain(plx_stream first, plx_stream second);
plx_stream plx_stream_limit(plx_stream inner, uint64_t most);

/* A stream of bytes that are there already; they belong to the caller and outlive it. Cannot be written. */
plx_stream plx_stream_of_bytes(const void *bytes, size_t size);

#endif
