/* SPDX-License-Identifier: MIT
 *
 * The viewer's side of the benchmarks: what its files share.
 */
#ifndef BENCH_REPLAY_H
#define BENCH_REPLAY_H

#include <stddef.h>
#include <stdint.h>

/* Writes a trace of so many events, as a busy server makes it, to `path`; the same bytes each time. 0 or a
 * negative errno. See generate.c. */
int write_trace(const char *path, uint64_t events);

#endif
