/* SPDX-License-Identifier: MIT
 *
 * What being looked at costs: two benches again, without a trace and with one that is written to a file.
 */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
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

/* The CPU time of the thread that writes the trace, as Linux accounts for it; 0 where that cannot be had. */
static uint64_t writer_cpu_ns(void)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned long long cpu_ns = 0;
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        char path[300], name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        bool is_writer = file && fgets(name, sizeof name, file) && strcmp(name, "pollux-trace\n") == 0;
        if (file)
            fclose(file);
        snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", task->d_name);
        file = is_writer ? fopen(path, "r") : NULL;
        if (file && fscanf(file, "%llu", &cpu_ns) != 1)
            cpu_ns = 0;
        if (file)
            fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return cpu_ns;
}

/* The CPU time of the bench without a trace, which says nothing this time. */
static uint64_t untraced_cpu_ns(const struct bench *bench, uint64_t n, void (*run)(const char *, uint64_t))
{
    int out = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
    must(out < 0 || nowhere < 0 ? -errno : 0, "/dev/null");
    fflush(stdout);
    dup2(nowhere, STDOUT_FILENO);
    struct stopwatch start = stopwatch_start();
    run(bench->name, n);
    uint64_t cpu_ns = stopwatch_read(start).cpu_ns;
    dup2(out, STDOUT_FILENO);
    close(out);
    close(nowhere);
    return cpu_ns;
}

static double per(uint64_t ns, uint64_t less_ns, uint64_t events)
{
    return ((double)ns - (double)less_ns) / (double)events;
}

/* The bench prints its own line, with the trace still open; a second line tells how long the rest of the
 * writing took, how much there is, and what CPU time an event has cost: on the threads that tell (above
 * that of the bench untraced), on the writer's while they did, and in all with the end. */
static void traced(const struct bench *bench, uint64_t n, void (*run)(const char *, uint64_t))
{
    char path[] = "/tmp/pollux-bench-XXXXXX";
    int fd = mkstemp(path);
    must(fd < 0 ? -errno : 0, path);
    close(fd);
    uint64_t untraced = untraced_cpu_ns(bench, n, run);
    must(plx_trace_start(path), "trace");
    struct stopwatch start = stopwatch_start();
    run(bench->name, n);
    struct stopwatch running = stopwatch_read(start), all;
    uint64_t writer = writer_cpu_ns();
    plx_trace_stop();
    all = stopwatch_read(start);
    uint64_t bytes, events = lines_in(path, &bytes);
    printf("{\"peer\":\"pollux\",\"bench\":\"%s_file\",\"events\":%llu,\"bytes_per_event\":%.1f,"
           "\"wall_ns_per_event\":%.1f,\"cpu_ns_per_event\":%.1f,\"hot_ns_per_event\":%.1f,"
           "\"writer_ns_per_event\":%.1f,\"all_ns_per_event\":%.1f,\"end_ms\":%.1f}\n",
           bench->name, (unsigned long long)events, (double)bytes / (double)events,
           per(running.wall_ns, 0, events), per(all.cpu_ns, 0, events),
           per(running.cpu_ns, untraced + writer, events), per(writer, 0, events),
           per(all.cpu_ns, untraced, events), (double)(all.wall_ns - running.wall_ns) / 1e6);
    unlink(path);
}

/* ── one event alone ──────────────────────────────────────────────────────────────────────────────────── */

static uint64_t thread_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What this thread pays: for events that may say what another thread did, and for those that only go on. */
static void one_event(const struct bench *bench, uint64_t n)
{
    char path[] = "/tmp/pollux-bench-XXXXXX";
    int fd = mkstemp(path);
    must(fd < 0 ? -errno : 0, path);
    close(fd);
    must(plx_trace_start(path), "trace");
    struct stopwatch start = stopwatch_start();
    uint64_t begun = thread_cpu_ns();
    for (uint64_t i = 1; i <= n / 2; i++)
        plx_trace(push, .task = i, .queue = PLX_QUEUE_LOCAL);
    uint64_t middle = thread_cpu_ns();
    for (uint64_t i = 1; i <= n / 2; i++)
        plx_trace(task_poll, .task = i);
    uint64_t end = thread_cpu_ns();
    struct stopwatch took = stopwatch_read(start);
    took.cpu_ns = end - begun;
    report(bench->name, n, took, ",\"fenced_ns\":%.2f,\"plain_ns\":%.2f", per(middle, begun, n / 2),
           per(end, middle, n / 2));
    plx_trace_stop();
    unlink(path);
}

/* ── the benches ──────────────────────────────────────────────────────────────────────────────────────── */

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
    {"trace_event", 10000000, one_event},
    {"trace_ping_pong_off", 200000, ping_pong_off},
    {"trace_ping_pong_on", 200000, ping_pong_on},
    {"trace_yield_many_off", 1000000, yield_many_off},
    {"trace_yield_many_on", 1000000, yield_many_on},
    {0},
};
