/* SPDX-License-Identifier: MIT
 *
 * What being looked at costs: two benches again, without a trace and with one that is written to a file.
 */
#include "bench.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t lines_in(const char *path, uint64_t *bytes)
{
    FILE *file = fopen(path, "r");
    uint64_t lines = 0;
    char block[1 << 16];
    size_t got;
    *bytes = 0;
    while (file && (got = fread(block, 1, sizeof block, file)) > 0) {
        *bytes += got;
        for (char *at = block; (at = memchr(at, '\n', got - (size_t)(at - block))); at++)
            lines++;
    }
    if (file)
        fclose(file);
    return lines;
}

/* The bench prints its own line, with the trace still open; a second line tells how long the rest of the
 * writing took, and how much there is. */
static void traced(const struct bench *bench, uint64_t n, void (*run)(const char *, uint64_t))
{
    char path[] = "/tmp/pollux-bench-XXXXXX";
    int fd = mkstemp(path);
    must(fd < 0 ? -errno : 0, path);
    close(fd);
    must(plx_trace_start(path), "trace");
    struct stopwatch start = stopwatch_start();
    run(bench->name, n);
    struct stopwatch running = stopwatch_read(start), all;
    plx_trace_stop();
    all = stopwatch_read(start);
    uint64_t bytes, events = lines_in(path, &bytes);
    printf("{\"peer\":\"pollux\",\"bench\":\"%s_file\",\"events\":%llu,\"bytes_per_event\":%.1f,"
           "\"wall_ns_per_event\":%.1f,\"cpu_ns_per_event\":%.1f,\"end_ms\":%.1f}\n",
           bench->name, (unsigned long long)events, (double)bytes / (double)events,
           (double)running.wall_ns / (double)events, (double)all.cpu_ns / (double)events,
           (double)(all.wall_ns - running.wall_ns) / 1e6);
    unlink(path);
}

static void ping_pong_off(const struct bench *bench, uint64_t n)
{
    ping_pong(bench->name, n);
}

static void ping_pong_on(const struct bench *bench, uint64_t n)
{
    traced(bench, n, ping_pong);
}

static void yield_many_off(const struct bench *bench, uint64_t n)
{
    yield_many(bench->name, n);
}

static void yield_many_on(const struct bench *bench, uint64_t n)
{
    traced(bench, n, yield_many);
}

const struct bench trace_benches[] = {
    {"trace_ping_pong_off", 200000, ping_pong_off},
    {"trace_ping_pong_on", 200000, ping_pong_on},
    {"trace_yield_many_off", 1000000, yield_many_off},
    {"trace_yield_many_on", 1000000, yield_many_on},
    {0},
};
