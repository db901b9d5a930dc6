/* SPDX-License-Identifier: MIT
 *
 * What is compared, and where each figure is to arrive: ratios to the best peer in the same run.
 */
#include "compare.h"

#include <string.h>

static const struct metric metrics[] = {
    {"spawn_many", "ns_per_op", "spawn_many", "ns", .goal = 0.5},
    {"spawn_remote", "ns_per_op", "spawn_remote", "ns", .goal = 0.5},
    {"yield_many", "ns_per_op", "yield_many", "ns", .goal = 0.8},
    {"ping_pong", "ns_per_op", "ping_pong", "ns", .goal = 0.6},
    {"chained_spawn", "ns_per_op", "chained_spawn", "ns", .goal = 0.7},
    {"wake_cross", "ns_per_op", "wake_cross", "ns", .goal = 0.8},
    {"wake_cross_forced", "ns_per_op", "wake_cross forced", "ns", .goal = 0.7},
    {"mpsc", "ns_per_op", "mpsc, to Go's", "ns", .against = "go", .goal = 1.0},
    {"mpsc", "ns_per_op", "mpsc, to Tokio's", "ns", .against = "tokio", .goal = 0.25, .again = true},
    {"timers", "insert_ns", "timers: insert", "ns", .goal = 0.5},
    {"timers", "cancel_ns", "timers: cancel", "ns", .goal = 0.5},
    {"timers", "cpu_ns_per_op", "timers: CPU", "ns", .goal = 0.5},
    {"timers_far", "insert_ns", "timers_far: insert", "ns", .goal = 0},
    {"timers_far", "cancel_ns", "timers_far: cancel", "ns", .goal = 0},
    {"idle_mem", "rss_bytes_per_task", "idle_mem", "B", .goal = 0.7},
    {"idle_mem_bare", "rss_bytes_per_task", "idle_mem bare", "B", .goal = 0.7},
    {"tcp_echo_1t", "req_s", "tcp_echo_1t", "req/s", .more_is_better = true, .goal = 1.1},
    {"tcp_echo_1t", "cpu_us_per_req", "tcp_echo_1t: server CPU", "us", .goal = 0.95},
    {"tcp_echo_2t", "req_s", "tcp_echo_2t", "req/s", .more_is_better = true, .goal = 1.1},
    {"tcp_echo_2t", "cpu_us_per_req", "tcp_echo_2t: server CPU", "us", .goal = 0.95},
    {"chain_static", "ns_per_op", "chain_static", "ns", .goal = 0.6},
    {"chain_static", "allocs_per_op", "chain_static: allocations", "", .none_at_all = true},
    {"chain_async_await", "ns_per_op", "chain_async", "ns", .goal = 1.0},
    {"chain_async_await", "allocs_per_op", "chain_async: allocations", "", .none_at_all = true},
    {"chain_boxed", "ns_per_op", "chain_boxed", "ns", .goal = 0},
    {"chain_spawned", "ns_per_op", "chain_spawned", "ns", .goal = 0},
    {"trace_event", "plain_ns", "trace_event", "ns", .goal = 0},
    {"trace_event", "fenced_ns", "trace_event, fenced", "ns", .goal = 0},
    {0},
};

/* The viewer's side, and beside it what bounds it: cJSON alone, and finding the line ends alone. */
static const struct metric viewer_metrics[] = {
    {"load_1m", "ns_per_op", "load_1m: an event", "ns", .goal = 0},
    {"load_1m", "rss_bytes_per_event", "  memory, an event", "B", .goal = 0},
    {"load_1m_cjson", "ns_per_op", "  cJSON alone", "ns", .goal = 0},
    {"load_1m_line_ends", "ns_per_op", "  line ends alone", "ns", .goal = 0},
    {"seek", "us_per_seek", "seek, at random", "us", .goal = 0},
    {"seek", "p99_us", "  99 of 100 within", "us", .goal = 0},
    {"step", "forward_ns", "step forward", "ns", .goal = 0},
    {"step", "back_ns", "step back", "ns", .goal = 0},
    {0},
};

static const struct traced traced_benches[] = {
    {"ping_pong", "trace_ping_pong_off", "trace_ping_pong_on", 2.0},
    {"yield_many", "trace_yield_many_off", "trace_yield_many_on", 2.3},
    {"tcp_echo_1t", NULL, NULL, 1.1},
    {0},
};

const double goal_hot_ns = 20, goal_all_ns = 120;

/* A bare epoll loop is what the system allows. */
static const char *const limits[] = {"epoll"};

const struct metric *metric_of(int index)
{
    return &metrics[index];
}

const struct metric *viewer_metric_of(int index)
{
    return &viewer_metrics[index];
}

const struct traced *traced_of(int index)
{
    return &traced_benches[index];
}

bool is_limit(const struct peer *peer)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (strcmp(peer->name, limits[i]) == 0)
            return true;
    return false;
}

bool is_chosen(const struct comparison *comparison, const char *bench)
{
    for (int i = 0; i < comparison->chosen_count; i++)
        if (strcmp(comparison->chosen[i], bench) == 0)
            return true;
    return comparison->chosen_count == 0;
}
