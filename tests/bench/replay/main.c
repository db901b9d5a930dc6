/* SPDX-License-Identifier: MIT
 *
 * pollux-replay-bench: the viewer's side. A trace of N events is written to a temporary place, and then
 *
 *     load_1m            read by the viewer; N is 1,000,000
 *     load_1m_cjson      each line parsed by cJSON, and no more: what the reader cannot beat
 *     load_1m_line_ends  the ends of the lines found, and no more
 *     seek               the replay goes to SEEKS events at random
 *     step               STEPS steps forward and as many back, from the middle
 *
 * each in a process of its own, one line of JSON a result. `pollux-replay-bench BENCH [N]`, or `list`.
 */
#include "tests/bench/replay/replay.h"
#include "viz/replay/world.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { USUAL = 1000000, SEEKS = 1000, STEPS = 100000 };
static const uint64_t seeking_most_ns = 10000000000; /* enough of them by then */

struct trace {
    char path[64];
    uint64_t events, bytes;
};

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What is to be removed, whatever happens. */
static struct trace trace;

static void must(int error, const char *what)
{
    if (error >= 0)
        return;
    fprintf(stderr, "pollux-replay-bench: %s: %s\n", what, strerror(-error));
    exit(1);
}

static void remove_trace(void)
{
    if (*trace.path)
        unlink(trace.path);
}

static void make_trace(uint64_t events)
{
    const char *folder = getenv("TMPDIR");
    struct stat info;
    snprintf(trace.path, sizeof trace.path, "%.40s/pollux-XXXXXX", folder ? folder : "/tmp");
    int fd = mkstemp(trace.path);
    must(fd < 0 ? -errno : 0, trace.path);
    atexit(remove_trace);
    must(write_trace(trace.path, events), trace.path);
    must(fstat(fd, &info) ? -errno : 0, trace.path);
    close(fd);
    trace.events = events;
    trace.bytes = (uint64_t)info.st_size;
}

static double resident_bytes(void)
{
    unsigned long long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%llu %llu", &pages, &resident) != 2)
        must(-ENOENT, "/proc/self/statm");
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void report(const char *bench, uint64_t ns, const char *format, double a, double b)
{
    printf("{\"peer\":\"pollux\",\"bench\":\"%s\",\"n\":%llu,\"ns_total\":%llu,\"ns_per_op\":%.2f,"
           "\"bytes_per_event\":%.1f",
           bench, (unsigned long long)trace.events, (unsigned long long)ns, (double)ns / (double)trace.events,
           (double)trace.bytes / (double)trace.events);
    printf(format, a, b);
    puts("}");
}

/* ── reading ──────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_recording *load(void)
{
    struct plx_recording *recording;
    struct plx_problem why;
    int error = plx_recording_load(trace.path, &recording, &why);
    must(error, error ? why.text : "");
    must(plx_recording_count(recording) == trace.events ? 0 : -EINVAL, "the trace is not read whole");
    return recording;
}

static void load_1m(const char *bench)
{
    double before = resident_bytes();
    uint64_t start = wall_ns();
    struct plx_recording *recording = load();
    uint64_t took = wall_ns() - start;
    report(bench, took, ",\"rss_bytes_per_event\":%.1f,\"events_s\":%.0f",
           (resident_bytes() - before) / (double)trace.events, (double)trace.events * 1e9 / (double)took);
    plx_recording_free(recording);
}

/* The whole trace in memory, its pages there already. */
static const char *map_trace(void)
{
    int fd = open(trace.path, O_RDONLY);
    void *bytes = fd < 0 ? MAP_FAILED : mmap(NULL, trace.bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    must(bytes == MAP_FAILED ? -errno : 0, "mmap");
    close(fd);
    return bytes;
}

/* Calls `each` for every line, with its length. Returns how many there were. */
static uint64_t for_lines(const char *bytes, int (*each)(const char *line, size_t length))
{
    uint64_t lines = 0;
    const char *end = bytes + trace.bytes, *line = bytes, *stop;
    for (; line < end && (stop = memchr(line, '\n', (size_t)(end - line))); line = stop + 1, lines++)
        must(each ? each(line, (size_t)(stop - line)) : 0, "a line");
    return lines;
}

static int parse(const char *line, size_t length)
{
    cJSON *json = cJSON_ParseWithLength(line, length);
    cJSON_Delete(json);
    return json ? 0 : -EINVAL;
}

static void time_lines(const char *bench, int (*each)(const char *line, size_t length))
{
    const char *bytes = map_trace();
    uint64_t start = wall_ns(), lines = for_lines(bytes, each), took = wall_ns() - start;
    must(lines == trace.events + 1 ? 0 : -EINVAL, "lines");
    report(bench, took, ",\"events_s\":%.0f", (double)trace.events * 1e9 / (double)took, 0);
}

static void load_1m_cjson(const char *bench)
{
    time_lines(bench, parse);
}

static void load_1m_line_ends(const char *bench)
{
    time_lines(bench, NULL);
}

/* ── moving ───────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_world *replay(struct plx_recording *recording)
{
    struct plx_world *world;
    must(plx_world_new(recording, &world), "no world");
    must(plx_world_issues(world) == 0 ? 0 : -EINVAL, "the replay finds the trace odd");
    return world;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void seek(const char *bench)
{
    static uint64_t took[SEEKS];
    struct plx_recording *recording = load();
    uint64_t start = wall_ns(), seed = 1, count = 0, sum = 0;
    struct plx_world *world = replay(recording);
    double opening_ms = (double)(wall_ns() - start) / 1e6;
    while (count < SEEKS && sum < seeking_most_ns) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        start = wall_ns();
        must(plx_world_seek(world, (seed >> 33) % (trace.events + 1)), "seek");
        sum += took[count++] = wall_ns() - start;
    }
    qsort(took, count, sizeof *took, by_size);
    printf("{\"peer\":\"pollux\",\"bench\":\"%s\",\"n\":%llu,\"seeks\":%llu,"
           "\"us_per_seek\":%.1f,\"p50_us\":%.1f,"
           "\"p99_us\":%.1f,\"opening_ms\":%.0f,\"rss_mb\":%.0f}\n",
           bench, (unsigned long long)trace.events, (unsigned long long)count,
           (double)sum / 1e3 / (double)count, (double)took[count / 2] / 1e3,
           (double)took[count * 99 / 100] / 1e3, opening_ms, resident_bytes() / 1e6);
    plx_world_free(world);
    plx_recording_free(recording);
}

static void step(const char *bench)
{
    struct plx_recording *recording = load();
    struct plx_world *world = replay(recording);
    uint64_t steps = trace.events / 2 < STEPS ? trace.events / 2 : STEPS;
    must(plx_world_seek(world, trace.events / 2), "seek");
    uint64_t start = wall_ns();
    for (uint64_t i = 0; i < steps; i++)
        must(plx_world_forward(world), "step");
    uint64_t there = wall_ns();
    for (uint64_t i = 0; i < steps; i++)
        must(plx_world_back(world), "step");
    uint64_t back = wall_ns();
    must(plx_world_at(world) == trace.events / 2 ? 0 : -EINVAL, "the way back does not end where it began");
    printf("{\"peer\":\"pollux\",\"bench\":\"%s\",\"n\":%llu,\"steps\":%llu,"
           "\"forward_ns\":%.1f,\"back_ns\":%.1f}\n",
           bench, (unsigned long long)trace.events, (unsigned long long)steps,
           (double)(there - start) / (double)steps, (double)(back - there) / (double)steps);
    plx_world_free(world);
    plx_recording_free(recording);
}

/* ── the command line ─────────────────────────────────────────────────────────────────────────────── */

static const struct bench {
    const char *name;
    void (*run)(const char *name);
} benches[] = {
    {"load_1m", load_1m},
    {"load_1m_cjson", load_1m_cjson},
    {"load_1m_line_ends", load_1m_line_ends},
    {"seek", seek},
    {"step", step},
};

int main(int argc, char **argv)
{
    char *end = "";
    unsigned long long n = argc > 2 ? strtoull(argv[2], &end, 10) : USUAL;
    if (argc < 2 || argc > 3 || *end || n < 100 || n > UINT32_MAX) {
        fputs("usage: pollux-replay-bench BENCH [N] | list, N from 100 on\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
        if (strcmp(argv[1], "list") == 0)
            printf("%s %d\n", benches[i].name, USUAL);
        if (strcmp(argv[1], benches[i].name) != 0)
            continue;
        make_trace(n);
        benches[i].run(benches[i].name);
        return 0;
    }
    return strcmp(argv[1], "list") == 0 ? 0 : 2;
}
