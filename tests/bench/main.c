/* SPDX-License-Identifier: MIT
 *
 * pollux-bench: `pollux-bench BENCH [N]` runs one bench, `pollux-bench list` names them all,
 * `pollux-bench tcp_echo_server THREADS` serves the load client, `pollux-bench build` says how it was built.
 */
#include "bench.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

static const struct bench *const groups[] = {
    task_benches,  sync_benches,  timer_benches,  memory_benches,
    chain_benches, trace_benches, scaling_benches}; /* the last is not listed: it has no usual n */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t wall_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

struct stopwatch stopwatch_start(void)
{
    return (struct stopwatch){wall_ns(), clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
}

struct stopwatch stopwatch_read(struct stopwatch start)
{
    struct stopwatch now = stopwatch_start();
    return (struct stopwatch){now.wall_ns - start.wall_ns, now.cpu_ns - start.cpu_ns};
}

void report(const char *name, uint64_t n, struct stopwatch took, const char *more, ...)
{
    va_list arguments;
    printf(
        "{\"peer\":\"pollux\",\"bench\":\"%s\",\"n\":%llu,\"ns_total\":%llu,\"ns_per_op\":%.2f,\"cpu_ns_per_op\":%.2f",
        name, (unsigned long long)n, (unsigned long long)took.wall_ns, (double)took.wall_ns / (double)n,
        (double)took.cpu_ns / (double)n);
    va_start(arguments, more);
    if (more)
        vprintf(more, arguments);
    va_end(arguments);
    puts("}");
    fflush(stdout);
}

void must(int error, const char *what)
{
    if (error >= 0)
        return;
    fprintf(stderr, "pollux-bench: %s: %s\n", what, plx_error_text(error));
    exit(1);
}

struct plx_runtime *bench_runtime(void)
{
    const char *workers = getenv("BENCH_WORKERS");
    struct plx_runtime_options options = {.workers = workers ? (uint32_t)strtoul(workers, NULL, 10) : 2};
    struct plx_runtime *runtime;
    must(plx_runtime_new(&options, &runtime), "no runtime");
    return runtime;
}

/* Why figures of this build would mislead; NULL: it is a release build. */
static const char *not_release(void)
{
    const char *why = NULL;
#if !defined __OPTIMIZE__
    why = "built without optimisation";
#endif
#if PLX_DEBUG
    why = "it checks what futures promise (BUILD=debug, asan or small)";
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    why = "built with a sanitizer";
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    why = "built with a sanitizer";
#endif
#endif
#if defined TESTS_SUPPORT_JITTER_H
    why = "its threads give way at atomics (JITTER=on)";
#endif
#if defined PLX_SMALL && PLX_SMALL
    why = "its queues are short (SMALL=on)";
#endif
    return why;
}

static int say_build(void)
{
    const char *why = not_release();
    puts(why ? why : "release");
    return why ? 1 : 0;
}

static int list(void)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups - 1; i++)
        for (const struct bench *bench = groups[i]; bench->name; bench++)
            printf("%s %llu\n", bench->name, (unsigned long long)bench->usual);
    return 0;
}

static const struct bench *find(const char *name)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (const struct bench *bench = groups[i]; bench->name; bench++)
            if (strcmp(bench->name, name) == 0)
                return bench;
    return NULL;
}

static int number(const char *text, uint64_t *n)
{
    char *end;
    errno = 0;
    *n = strtoull(text, &end, 10);
    return errno || *end || *text < '1' || *text > '9' ? -EINVAL : 0;
}

static int usage(void)
{
    fputs("usage: pollux-bench BENCH [N] | list | build | tcp_echo_server THREADS\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    uint64_t n = 0;
    if (argc < 2 || argc > 3 || (argc == 3 && number(argv[2], &n)))
        return usage();
    if (strcmp(argv[1], "list") == 0)
        return list();
    if (strcmp(argv[1], "build") == 0)
        return say_build();
    if (strcmp(argv[1], "tcp_echo_server") == 0)
        return argc == 3 ? tcp_echo_server((uint32_t)n) : usage();
    const struct bench *bench = find(argv[1]);
    if (!bench) {
        fprintf(stderr, "pollux-bench: there is no bench %s; `pollux-bench list` names them\n", argv[1]);
        return 2;
    }
    bench->run(bench, n ? n : bench->usual);
    return 0;
}
