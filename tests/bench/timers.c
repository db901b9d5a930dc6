/* SPDX-License-Identifier: MIT
 *
 * Timers: set, cancelled, fired.
 */
#include "bench.h"

/* One task holds all delays; each is polled once, which sets it. Every second one is dropped, which cancels
 * it. The rest fire: the task is done when all have. */
typedef struct timers {
    plx_delay *delays;
    uint64_t count, done;
    uint64_t least_ms, most_ms;
    bool set, all; /* set: they are; all: all are cancelled */
    struct stopwatch insert, cancel;
} timers;
typedef struct timers_item {
    struct stopwatch insert, cancel;
} timers_item;

/* The same numbers for every peer: a linear congruence (Knuth, MMIX). */
static uint64_t next_ms(uint64_t *seed, const timers *self)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return self->least_ms + (*seed >> 33) % (self->most_ms - self->least_ms + 1);
}

static void set_all(timers *self, plx_context *cx)
{
    uint64_t seed = 1;
    plx_unit nothing;
    for (uint64_t i = 0; i < self->count; i++)
        self->delays[i] = plx_delay_for(PLX_MS(next_ms(&seed, self)));
    struct stopwatch start = stopwatch_start();
    for (uint64_t i = 0; i < self->count; i++) {
        cx->spent = 0; /* this task is to be alone */
        plx_delay_poll(&self->delays[i], cx, &nothing);
    }
    self->insert = stopwatch_read(start);

    start = stopwatch_start();
    for (uint64_t i = 1; i < self->count; i += self->all ? 1 : 2)
        plx_delay_drop(&self->delays[i]);
    self->cancel = stopwatch_read(start);
    self->set = true;
}

static enum plx_answer timers_poll(timers *self, plx_context *cx, timers_item *out)
{
    plx_unit nothing;
    if (!self->set)
        set_all(self, cx);
    if (self->all)
        self->done = self->count;
    for (; self->done < self->count; self->done += 2) {
        enum plx_answer answer = plx_delay_poll(&self->delays[self->done], cx, &nothing);
        if (answer != PLX_READY)
            return answer;
    }
    *out = (timers_item){self->insert, self->cancel};
    return PLX_READY;
}

static void timers_drop(timers *self)
{
    if (self->all && self->set)
        plx_delay_drop(&self->delays[0]);
    else
        for (uint64_t i = 0; self->set && i < self->count; i += 2)
            plx_delay_drop(&self->delays[i]);
}

PLX_LEAF(timers)

static struct stopwatch run_timers(uint64_t n, uint64_t least_ms, uint64_t most_ms, bool all,
                                   timers_item *item)
{
    struct plx_runtime *runtime = bench_runtime();
    plx_delay *delays = calloc(n, sizeof *delays);
    must(delays ? 0 : -ENOMEM, "delays");
    timers future = {.delays = delays, .count = n, .least_ms = least_ms, .most_ms = most_ms, .all = all};
    struct stopwatch start = stopwatch_start();
    must(PLX_BLOCK_ON(runtime, timers, future, item), "timers");
    struct stopwatch took = stopwatch_read(start);
    plx_runtime_free(runtime);
    free(delays);
    return took;
}

static void report_timers(const struct bench *bench, uint64_t n, struct stopwatch took,
                          const timers_item *item, uint64_t cancelled)
{
    report(bench->name, n, took, ",\"insert_ns\":%.2f,\"cancel_ns\":%.2f",
           (double)item->insert.wall_ns / (double)n, (double)item->cancel.wall_ns / (double)cancelled);
}

static void timers_near(const struct bench *bench, uint64_t n)
{
    timers_item item;
    run_timers(n / 10 + 1, 1, 200, false, &item);
    struct stopwatch took = run_timers(n, 1, 2000, false, &item);
    report_timers(bench, n, took, &item, n / 2);
}

static void timers_far(const struct bench *bench, uint64_t n)
{
    timers_item item;
    run_timers(n / 10 + 1, 60000, 120000, true, &item);
    struct stopwatch took = run_timers(n, 60000, 120000, true, &item);
    report_timers(bench, n, took, &item, n - 1);
}

const struct bench timer_benches[] = {
    {"timers", 1000000, timers_near},
    {"timers_far", 1000000, timers_far},
    {0},
};
