/* SPDX-License-Identifier: MIT
 *
 * The benchmarks in libuv, those that it has a word for: timers, and the echo server. One loop, one thread.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ── timers ───────────────────────────────────────────────────────────────────────────────────────── */

static void fired(uv_timer_t *timer)
{
    (void)timer;
}

struct timing {
    uint64_t wall, cpu, insert, cancel;
};

static struct timing run_timers(uint64_t n, uint64_t least, uint64_t most, int all)
{
    uv_loop_t loop;
    struct timing took;
    uint64_t seed = 1, i, start;
    uv_timer_t *timers = calloc(n, sizeof *timers);
    if (!timers || uv_loop_init(&loop))
        exit(1);
    took.wall = clock_ns(CLOCK_MONOTONIC);
    took.cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (i = 0; i < n; i++)
        uv_timer_init(&loop, &timers[i]);
    start = clock_ns(CLOCK_MONOTONIC);
    for (i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uv_timer_start(&timers[i], fired, least + (seed >> 33) % (most - least + 1), 0);
    }
    took.insert = clock_ns(CLOCK_MONOTONIC) - start;
    start = clock_ns(CLOCK_MONOTONIC);
    for (i = 1; i < n; i += all ? 1 : 2)
        uv_timer_stop(&timers[i]);
    took.cancel = clock_ns(CLOCK_MONOTONIC) - start;
    if (all)
        uv_timer_stop(&timers[0]);
    uv_run(&loop, UV_RUN_DEFAULT);
    took.wall = clock_ns(CLOCK_MONOTONIC) - took.wall;
    took.cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - took.cpu;
    for (i = 0; i < n; i++)
        uv_close((uv_handle_t *)&timers[i], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    free(timers);
    return took;
}

static void timers(const char *bench, uint64_t n, uint64_t least, uint64_t most, int all)
{
    double cancelled = all ? (double)n - 1 : (double)n / 2;
    run_timers(n / 10 + 1, least, all ? most : 200, all);
    struct timing took = run_timers(n, least, most, all);
    printf(
        "{\"peer\":\"libuv\",\"bench\":\"%s\",\"n\":%llu,\"ns_total\":%llu,\"ns_per_op\":%.2f,\"cpu_ns_per_op\":%.2f,"
        "\"insert_ns\":%.2f,\"cancel_ns\":%.2f}\n",
        bench, (unsigned long long)n, (unsigned long long)took.wall, (double)took.wall / (double)n,
        (double)took.cpu / (double)n, (double)took.insert / (double)n, (double)took.cancel / cancelled);
}

/* n timers are set, far away, and cancelled, again and again. */
static void timers_n(uint64_t n)
{
    uint64_t rounds = n > 1000000 ? 1 : 1000000 / n, insert = 0, cancel = 0;
    if (rounds > 10000)
        rounds = 10000;
    for (uint64_t i = 0; i <= rounds / 10; i++)
        run_timers(n, 60000, 120000, 1);
    for (uint64_t i = 0; i < rounds; i++) {
        struct timing took = run_timers(n, 60000, 120000, 1);
        insert += took.insert;
        cancel += took.cancel;
    }
    printf("{\"peer\":\"libuv\",\"bench\":\"timers_n\",\"n\":%llu,\"insert_ns\":%.2f,\"cancel_ns\":%.2f}\n",
           (unsigned long long)(rounds * n), (double)insert / (double)(rounds * n),
           (double)cancel / (double)(rounds * (n - 1)));
}

/* ── the echo server ──────────────────────────────────────────────────────────────────────────────── */

struct connection {
    uv_tcp_t tcp;
    uv_write_t write;
    char bytes[64];
};

static void give_bytes(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    struct connection *connection = (struct connection *)handle;
    (void)size;
    *buffer = uv_buf_init(connection->bytes, sizeof connection->bytes);
}

static void closed(uv_handle_t *handle)
{
    free(handle);
}

static void got(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct connection *connection = (struct connection *)stream;
    if (count < 0) {
        uv_close((uv_handle_t *)stream, closed);
        return;
    }
    uv_buf_t out = uv_buf_init(buffer->base, (unsigned)count);
    if (count > 0 && uv_try_write(stream, &out, 1) != count)
        uv_close((uv_handle_t *)&connection->tcp, closed);
}

static void arrived(uv_stream_t *listener, int status)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (status || !connection)
        exit(1);
    uv_tcp_init(listener->loop, &connection->tcp);
    uv_accept(listener, (uv_stream_t *)&connection->tcp);
    uv_tcp_nodelay(&connection->tcp, 1);
    uv_read_start((uv_stream_t *)&connection->tcp, give_bytes, got);
}

static int tcp_echo_server(void)
{
    static uv_loop_t loop;
    static uv_tcp_t listener;
    struct sockaddr_in address;
    int size = sizeof address;
    uv_loop_init(&loop);
    uv_tcp_init(&loop, &listener);
    uv_ip4_addr("127.0.0.1", 0, &address);
    if (uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0) ||
        uv_listen((uv_stream_t *)&listener, 1024, arrived))
        return 1;
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size);
    printf("PORT %u\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(&loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
    const char *bench = argc > 1 ? argv[1] : "";
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    if (strcmp(bench, "timers") == 0)
        timers(bench, n, 1, 2000, 0);
    else if (strcmp(bench, "timers_far") == 0)
        timers(bench, n, 60000, 120000, 1);
    else if (strcmp(bench, "timers_n") == 0)
        timers_n(argc > 2 ? n : 1000);
    else if (strcmp(bench, "tcp_echo_server") == 0 && n == 1)
        return tcp_echo_server(); /* a loop has one thread */
    else {
        fprintf(stderr, "libuv-bench: there is no bench %s\n", bench);
        return 2;
    }
    return 0;
}
