/* SPDX-License-Identifier: MIT
 *
 * Benches over a number that grows, n at a time, for `make bench-scaling`. Here are timers: n of them are
 * set, far away, and cancelled, again and again. spawn_n and yield_n are in tasks.c, and idle_mem is as it
 * is.
 */
#include "bench.h"

enum { ROUNDS_MOST = 10000, LEAST_MS = 60000, SPAN_MS = 60001 };

typedef struct set_and_cancel {
    plx_delay *delays;
    uint64_t count, rounds;
} set_and_cancel;
typedef struct set_and_cancel_item {
    uint64_t insert_ns, cancel_ns; /* of all rounds */
} set_and_cancel_item;

static void make_delays(set_and_cancel *self, uint64_t *seed)
{
    for (uint64_t i = 0; i < self->count; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        self->delays[i] = plx_delay_for(PLX_MS(LEAST_MS + (*seed >> 33) % SPAN_MS));
    }
}

static enum plx_answer set_and_cancel_poll(set_and_cancel *self, plx_context *cx, set_and_cancel_item *out)
{
    uint64_t seed = 1;
    plx_unit nothing;
    *out = (set_and_cancel_item){0};
    for (; self->rounds > 0; self->rounds--) {
        make_delays(self, &seed);
        uint64_t start = wall_ns();
        for (uint64_t i = 0; i < self->count; i++) {
            cx->spent = 0; /* this task is to be alone */
            plx_delay_poll(&self->delays[i], cx, &nothing);
        }
        uint64_t set = wall_ns();
        for (uint64_t i = 0; i < self->count; i++)
            plx_delay_drop(&self->delays[i]);
        out->insert_ns += set - start;
        out->cancel_ns += wall_ns() - set;
    }
    return PLX_READY;
}

static void set_and_cancel_drop(set_and_cancel *self)
{
    (void)self;
}

PLX_LEAF(set_and_cancel)

static void timers_n(const struct bench *bench, uint64_t n)
{
    struct plx_runtime *runtime = bench_runtime();
    uint64_t rounds = in_all(n) / n < ROUNDS_MOST ? in_all(n) / n : ROUNDS_MOST;
    set_and_cancel future = {calloc(n, sizeof(plx_delay)), n, rounds / 10 + 1};
    set_and_cancel_item took;
    must(future.delays ? 0 : -ENOMEM, "delays");
    must(PLX_BLOCK_ON(runtime, set_and_cancel, future, &took), "timers_n");
    future.rounds = rounds;
    struct stopwatch start = stopwatch_start();
    must(PLX_BLOCK_ON(runtime, set_and_cancel, future, &took), "timers_n");
    report(bench->name, rounds * n, stopwatch_read(start), ",\"insert_ns\":%.2f,\"cancel_ns\":%.2f",
           (double)took.insert_ns / (double)(rounds * n), (double)took.cancel_ns / (double)(rounds * n));
    plx_runtime_free(runtime);
    free(future.delays);
}

const struct bench scaling_benches[] = {
    {"spawn_n", 1000, spawn_n},
    {"yield_n", 1000, yield_n},
    {"timers_n", 1000, timers_n},
    {0},
};
