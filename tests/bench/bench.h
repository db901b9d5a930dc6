/* SPDX-License-Identifier: MIT
 *
 * The benchmarks: what their files share. Each bench has the shape that all systems in the comparison have,
 * see README.md, and prints one line of JSON.
 */
#ifndef BENCH_H
#define BENCH_H

#include <pollux.h>

#include <stdio.h>
#include <stdlib.h>

struct bench {
    const char *name;
    uint64_t usual; /* N, unless the command line says another */
    void (*run)(const struct bench *bench, uint64_t n);
};

extern const struct bench task_benches[], sync_benches[], timer_benches[], memory_benches[], chain_benches[],
    trace_benches[], scaling_benches[];

/* How much is done in all by a bench that scales. */
static inline uint64_t in_all(uint64_t n)
{
    return n > 1000000 ? n : 1000000;
}

int tcp_echo_server(uint32_t threads);

/* Over the number of tasks. In batches of n, a million in all; n of them, ten yields each at least, so that
 * spawning them counts for little. */
void spawn_n(const struct bench *bench, uint64_t n);
void yield_n(const struct bench *bench, uint64_t n);

/* Benches that are also run with a trace. */
void yield_many(const char *name, uint64_t n);
void ping_pong(const char *name, uint64_t n);

/* Wall time, and the CPU time of the process. */
struct stopwatch {
    uint64_t wall_ns, cpu_ns;
};
struct stopwatch stopwatch_start(void);
struct stopwatch stopwatch_read(struct stopwatch start);
uint64_t wall_ns(void);

/* Prints {"peer":"pollux","bench":NAME,"n":N,"ns_total":…,"ns_per_op":…,"cpu_ns_per_op":…} with what `more`
 * (printf, NULL: nothing; begins with a comma) adds. */
void report(const char *name, uint64_t n, struct stopwatch took, const char *more, ...)
    __attribute__((format(printf, 4, 5)));

/* A runtime of so many workers: of 2, or as BENCH_WORKERS says. Ends the program when there is none. */
struct plx_runtime *bench_runtime(void);

/* Ends the program with the error. */
void must(int error, const char *what);

#endif
