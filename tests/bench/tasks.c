/* SPDX-License-Identifier: MIT
 *
 * Spawning and scheduling.
 */
#include "bench.h"

#include <string.h>

enum { BATCH = 10000 };

/* ── a task that does nothing ─────────────────────────────────────────────────────────────────────── */

typedef struct trivial {
    char nothing;
} trivial;
typedef plx_unit trivial_item;

static enum plx_answer trivial_poll(trivial *self, plx_context *cx, plx_unit *out)
{
    (void)self;
    (void)cx;
    *out = (plx_unit){0};
    return PLX_READY;
}

static void trivial_drop(trivial *self)
{
    (void)self;
}

PLX_LEAF(trivial)
PLX_HANDLE(trivial_task, trivial)

/* ── spawn_many: a task spawns a batch, and waits for all of it, again and again ──────────────────── */

struct spawner_vars {
    uint64_t batches, batch;
    trivial_task *handles; /* a batch of them */
    uint64_t i;
};

#define SPAWNER_AWAITS(AWAIT) AWAIT(ended, trivial_task)

PLX_ASYNC(spawner, struct spawner_vars, plx_unit, SPAWNER_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    for (; my->batches > 0; my->batches--) {
        for (my->i = 0; my->i < my->batch; my->i++)
            must(trivial_task_spawn((trivial){0}, &my->handles[my->i]), "spawn");
        for (my->i = 0; my->i < my->batch; my->i++)
            PLX_AWAIT(PLX_NOTHING, ended, my->handles[my->i]);
    }
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

static void spawn_batches(struct plx_runtime *runtime, trivial_task *handles, uint64_t batches,
                          uint64_t batch)
{
    plx_unit nothing;
    struct spawner_vars vars = {.batches = batches, .batch = batch, .handles = handles};
    must(PLX_BLOCK_ON(runtime, spawner, spawner_new(vars), &nothing), "spawn_many");
}

static trivial_task *new_handles(uint64_t batch)
{
    trivial_task *handles = calloc(batch, sizeof *handles);
    must(handles ? 0 : -ENOMEM, "handles");
    return handles;
}

/* At least one batch; a tenth of them first, unmeasured. */
static uint64_t batches_of(uint64_t n)
{
    return n < BATCH ? 1 : n / BATCH;
}

static void spawn_in(const struct bench *bench, uint64_t batches, uint64_t batch)
{
    struct plx_runtime *runtime = bench_runtime();
    trivial_task *handles = new_handles(batch);
    spawn_batches(runtime, handles, batches / 10 + 1, batch);
    struct stopwatch start = stopwatch_start();
    spawn_batches(runtime, handles, batches, batch);
    report(bench->name, batches * batch, stopwatch_read(start), NULL);
    plx_runtime_free(runtime);
    free(handles);
}

static void spawn_many(const struct bench *bench, uint64_t n)
{
    spawn_in(bench, batches_of(n), BATCH);
}

void spawn_n(const struct bench *bench, uint64_t n)
{
    spawn_in(bench, in_all(n) / n, n);
}

static void spawn_from_outside(struct plx_runtime *runtime, trivial_task *handles, uint64_t batches)
{
    plx_unit nothing;
    for (; batches > 0; batches--) {
        for (uint64_t i = 0; i < BATCH; i++)
            must(trivial_task_spawn_on(runtime, (trivial){0}, &handles[i]), "spawn");
        for (uint64_t i = 0; i < BATCH; i++)
            must(trivial_task_wait(&handles[i], &nothing), "wait");
    }
}

static void spawn_remote(const struct bench *bench, uint64_t n)
{
    struct plx_runtime *runtime = bench_runtime();
    trivial_task *handles = new_handles(BATCH);
    uint64_t batches = batches_of(n);
    spawn_from_outside(runtime, handles, batches / 10 + 1);
    struct stopwatch start = stopwatch_start();
    spawn_from_outside(runtime, handles, batches);
    report(bench->name, batches * BATCH, stopwatch_read(start), NULL);
    plx_runtime_free(runtime);
    free(handles);
}

/* ── yield_many: 1,000 tasks that yield ───────────────────────────────────────────────────────────── */

enum { YIELDERS = 1000 };

typedef struct yielder {
    uint64_t left;
} yielder;
typedef plx_unit yielder_item;

static enum plx_answer yielder_poll(yielder *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (self->left == 0)
        return PLX_READY;
    self->left--;
    plx_context_yield(cx);
    return PLX_NOT_READY;
}

static void yielder_drop(yielder *self)
{
    (void)self;
}

PLX_LEAF(yielder)

static void yield_all(struct plx_runtime *runtime, uint64_t tasks, uint64_t times)
{
    for (uint64_t i = 0; i < tasks; i++)
        must(PLX_SPAWN_ON(runtime, yielder, (yielder){times}), "spawn");
    must(plx_runtime_wait_idle(runtime), "wait");
}

static void yield_in(const char *name, uint64_t tasks, uint64_t times)
{
    struct plx_runtime *runtime = bench_runtime();
    yield_all(runtime, tasks, times / 10 + 1);
    struct stopwatch start = stopwatch_start();
    yield_all(runtime, tasks, times);
    report(name, times * tasks, stopwatch_read(start), NULL);
    plx_runtime_free(runtime);
}

void yield_many(const char *name, uint64_t n)
{
    yield_in(name, YIELDERS, n / YIELDERS + 1);
}

void yield_n(const struct bench *bench, uint64_t n)
{
    yield_in(bench->name, n, in_all(n) / n < 10 ? 10 : in_all(n) / n);
}

static void run_yield_many(const struct bench *bench, uint64_t n)
{
    yield_many(bench->name, n);
}

/* ── ping_pong: each of 10,000 tasks spawns another, and a oneshot goes there and one comes back ──── */

PLX_ONESHOT(ball, uint64_t)

struct pong_vars {
    ball_receiver there;
    ball_sender back;
    uint64_t value;
};

#define PONG_AWAITS(AWAIT) AWAIT(caught, ball_receiver)

static void pong_cleanup(struct pong_vars *my)
{
    ball_receiver_drop(&my->there);
    ball_sender_drop(&my->back);
}

PLX_ASYNC(pong, struct pong_vars, plx_unit, PONG_AWAITS, pong_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->value, caught, PLX_MOVE(my->there));
    ball_send(&my->back, my->value + 1);
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

struct ping_vars {
    ball_receiver back;
    uint64_t value;
};

#define PING_AWAITS(AWAIT) AWAIT(caught, ball_receiver)

static void ping_cleanup(struct ping_vars *my)
{
    ball_receiver_drop(&my->back);
}

PLX_ASYNC(ping, struct ping_vars, uint64_t, PING_AWAITS, ping_cleanup)
{
    PLX_BEGIN;
    {
        ball_sender there, back;
        ball_receiver far;
        must(ball_channel(&there, &far), "oneshot");
        must(ball_channel(&back, &my->back), "oneshot");
        must(PLX_SPAWN(pong, pong_new((struct pong_vars){far, back, 0})), "spawn");
        ball_send(&there, 1);
    }
    PLX_AWAIT(my->value, caught, PLX_MOVE(my->back));
    PLX_RETURN(my->value);
    PLX_END;
}

PLX_HANDLE(ping_task, ping)

struct game_vars {
    uint64_t rounds;
    ping_task *handles;
    uint64_t i, value;
};

#define GAME_AWAITS(AWAIT) AWAIT(ended, ping_task)

PLX_ASYNC(game, struct game_vars, plx_unit, GAME_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    for (; my->rounds > 0; my->rounds--) {
        for (my->i = 0; my->i < BATCH; my->i++)
            must(ping_task_spawn(ping_new((struct ping_vars){0}), &my->handles[my->i]), "spawn");
        for (my->i = 0; my->i < BATCH; my->i++)
            PLX_AWAIT(my->value, ended, my->handles[my->i]);
    }
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

static void play(struct plx_runtime *runtime, ping_task *handles, uint64_t rounds)
{
    plx_unit nothing;
    must(PLX_BLOCK_ON(runtime, game, game_new((struct game_vars){rounds, handles, 0, 0}), &nothing),
         "ping_pong");
}

void ping_pong(const char *name, uint64_t n)
{
    struct plx_runtime *runtime = bench_runtime();
    ping_task *handles = calloc(BATCH, sizeof *handles);
    must(handles ? 0 : -ENOMEM, "handles");
    uint64_t rounds = batches_of(n);
    play(runtime, handles, rounds / 10 + 1);
    struct stopwatch start = stopwatch_start();
    play(runtime, handles, rounds);
    report(name, rounds * BATCH, stopwatch_read(start), NULL);
    plx_runtime_free(runtime);
    free(handles);
}

static void run_ping_pong(const struct bench *bench, uint64_t n)
{
    ping_pong(bench->name, n);
}

/* ── chained_spawn: each task spawns the next; the last sends a word ──────────────────────────────── */

typedef struct link_future {
    uint64_t left;
    ball_sender done;
} link_future;
typedef plx_unit link_future_item;

static void link_future_drop(link_future *self)
{
    ball_sender_drop(&self->done);
}

static enum plx_answer link_future_poll(link_future *self, plx_context *cx, plx_unit *out);
PLX_LEAF(link_future)

static enum plx_answer link_future_poll(link_future *self, plx_context *cx, plx_unit *out)
{
    (void)cx;
    *out = (plx_unit){0};
    if (self->left == 0)
        ball_send(&self->done, 0);
    else
        must(PLX_SPAWN(link_future, ((link_future){self->left - 1, PLX_MOVE(self->done)})), "spawn");
    return PLX_READY;
}

static void run_chain(struct plx_runtime *runtime, uint64_t n)
{
    ball_sender done;
    ball_receiver end;
    uint64_t value;
    must(ball_channel(&done, &end), "oneshot");
    must(PLX_SPAWN_ON(runtime, link_future, ((link_future){n, done})), "spawn");
    must(PLX_WAIT(ball_receiver, end, &value), "wait");
}

static void chained_spawn(const struct bench *bench, uint64_t n)
{
    struct plx_runtime *runtime = bench_runtime();
    run_chain(runtime, n / 10 + 1);
    struct stopwatch start = stopwatch_start();
    run_chain(runtime, n);
    report(bench->name, n, stopwatch_read(start), NULL);
    plx_runtime_free(runtime);
}

const struct bench task_benches[] = {
    {"spawn_many", 1000000, spawn_many},       {"spawn_remote", 1000000, spawn_remote},
    {"yield_many", 1000000, run_yield_many},   {"ping_pong", 200000, run_ping_pong},
    {"chained_spawn", 1000000, chained_spawn}, {0},
};
