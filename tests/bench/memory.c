/* SPDX-License-Identifier: MIT
 *
 * What a task that waits costs.
 */
#include "bench.h"

#include <unistd.h>

static uint64_t resident_bytes(void)
{
    unsigned long long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%llu %llu", &pages, &resident) != 2)
        must(-ENOENT, "/proc/self/statm");
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Waits for nothing, and says that somebody will notify it: its owner, who keeps it, does not. */
typedef struct bare {
    bool polled;
} bare;
typedef plx_unit bare_item;

static enum plx_answer bare_poll(bare *self, plx_context *cx, plx_unit *out)
{
    self->polled = true;
    cx->waker_taken = true;
    *out = (plx_unit){0};
    return PLX_NOT_READY;
}

static void bare_drop(bare *self)
{
    (void)self;
}

PLX_LEAF(bare)

static struct plx_sync_notify never = PLX_SYNC_NOTIFY;

static void wait_until_polled(struct plx_runtime *runtime, uint64_t n)
{
    uint64_t polls;
    do {
        polls = 0;
        for (uint32_t i = 0; i < plx_runtime_workers(runtime); i++) {
            struct plx_worker_metrics metrics;
            plx_runtime_worker_metrics(runtime, i, &metrics);
            polls += metrics.polls;
        }
        usleep(1000);
    } while (polls < n);
}

static void idle(const struct bench *bench, uint64_t n, bool on_event)
{
    struct plx_runtime *runtime = bench_runtime();
    uint64_t before = resident_bytes();
    struct stopwatch start = stopwatch_start();
    for (uint64_t i = 0; i < n; i++)
        must(on_event ? PLX_SPAWN_ON(runtime, plx_notified, plx_notified_new(&never))
                      : PLX_SPAWN_ON(runtime, bare, (bare){0}),
             "spawn");
    wait_until_polled(runtime, n);
    struct stopwatch took = stopwatch_read(start);
    report(bench->name, n, took, ",\"rss_bytes_per_task\":%.1f",
           (double)(resident_bytes() - before) / (double)n);
    plx_runtime_free(runtime);
}

static void idle_mem(const struct bench *bench, uint64_t n)
{
    idle(bench, n, true);
}

static void idle_mem_bare(const struct bench *bench, uint64_t n)
{
    idle(bench, n, false);
}

const struct bench memory_benches[] = {
    {"idle_mem", 1000000, idle_mem},
    {"idle_mem_bare", 1000000, idle_mem_bare},
    {0},
};
