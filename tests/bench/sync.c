/* SPDX-License-Identifier: MIT
 *
 * Wakes from worker to worker, and channels.
 */
#include "bench.h"

#include <pthread.h>

PLX_MPSC(turns, uint64_t)

/* ── wake_cross: two tasks, a message goes to and fro ─────────────────────────────────────────────── */

struct player_vars {
    turns_receiver in;
    turns_sender out;
    uint64_t steps; /* what is left, each to and fro two of them */
    bool serves;
    turns_item got;
};

#define PLAYER_AWAITS(AWAIT)                                                                                 \
    AWAIT(received, turns_recv)                                                                              \
    AWAIT(sent, turns_send)

static void player_cleanup(struct player_vars *my)
{
    turns_receiver_drop(&my->in);
    turns_sender_drop(&my->out);
}

/* Who serves sends first. */
PLX_ASYNC(player, struct player_vars, plx_unit, PLAYER_AWAITS, player_cleanup)
{
    PLX_BEGIN;
    for (; my->steps > 0; my->steps--) {
        if (my->steps % 2 == my->serves)
            PLX_AWAIT(my->got, received, turns_recv_new(&my->in));
        else
            PLX_AWAIT(PLX_NOTHING, sent, turns_send_new(&my->out, my->steps));
    }
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

PLX_HANDLE(player_task, player)

static void make_players(uint64_t rounds, struct player_vars players[2])
{
    players[0] = (struct player_vars){.steps = 2 * rounds, .serves = true};
    players[1] = (struct player_vars){.steps = 2 * rounds};
    must(turns_channel(1, &players[0].out, &players[1].in), "channel");
    must(turns_channel(1, &players[1].out, &players[0].in), "channel");
}

static void cross(struct plx_runtime *first, struct plx_runtime *second, uint64_t rounds)
{
    struct player_vars players[2];
    player_task tasks[2];
    plx_unit nothing;
    make_players(rounds, players);
    must(player_task_spawn_on(first, player_new(players[0]), &tasks[0]), "spawn");
    must(player_task_spawn_on(second, player_new(players[1]), &tasks[1]), "spawn");
    must(player_task_wait(&tasks[0], &nothing), "wait");
    must(player_task_wait(&tasks[1], &nothing), "wait");
}

static void wake_cross(const struct bench *bench, uint64_t n)
{
    struct plx_runtime *runtime = bench_runtime();
    cross(runtime, runtime, n / 10 + 1);
    struct stopwatch start = stopwatch_start();
    cross(runtime, runtime, n);
    report(bench->name, n, stopwatch_read(start), NULL);
    plx_runtime_free(runtime);
}

/* Each on a runtime of one worker: there are two threads for certain. */
static void wake_cross_forced(const struct bench *bench, uint64_t n)
{
    struct plx_runtime *runtimes[2];
    for (int i = 0; i < 2; i++)
        must(plx_runtime_new(&(struct plx_runtime_options){.workers = 1}, &runtimes[i]), "no runtime");
    cross(runtimes[0], runtimes[1], n / 10 + 1);
    struct stopwatch start = stopwatch_start();
    cross(runtimes[0], runtimes[1], n);
    report(bench->name, n, stopwatch_read(start), NULL);
    for (int i = 0; i < 2; i++)
        plx_runtime_free(runtimes[i]);
}

/* ── mpsc: 4 producers, 1 consumer ────────────────────────────────────────────────────────────────── */

enum { PRODUCERS = 4, CAPACITY = 1024 };

struct producer_vars {
    turns_sender out;
    uint64_t left;
};

#define PRODUCER_AWAITS(AWAIT) AWAIT(sent, turns_send)

static void producer_cleanup(struct producer_vars *my)
{
    turns_sender_drop(&my->out);
}

PLX_ASYNC(producer, struct producer_vars, plx_unit, PRODUCER_AWAITS, producer_cleanup)
{
    PLX_BEGIN;
    for (; my->left > 0; my->left--)
        PLX_AWAIT(PLX_NOTHING, sent, turns_send_new(&my->out, my->left));
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

struct consumer_vars {
    turns_receiver in;
    uint64_t sum;
    turns_item got;
};

#define CONSUMER_AWAITS(AWAIT) AWAIT(received, turns_recv)

static void consumer_cleanup(struct consumer_vars *my)
{
    turns_receiver_drop(&my->in);
}

PLX_ASYNC(consumer, struct consumer_vars, uint64_t, CONSUMER_AWAITS, consumer_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(my->got, received, turns_recv_new(&my->in));
        if (my->got.end)
            break;
        my->sum += my->got.value;
    }
    PLX_RETURN(my->sum);
    PLX_END;
}

static void produce(struct plx_runtime *runtime, uint64_t each)
{
    struct consumer_vars start = {0};
    turns_sender out;
    uint64_t sum;
    must(turns_channel(CAPACITY, &out, &start.in), "channel");
    for (int i = 0; i < PRODUCERS; i++) {
        turns_sender mine;
        must(turns_clone(&out, &mine), "clone");
        must(PLX_SPAWN_ON(runtime, producer, producer_new(((struct producer_vars){mine, each}))), "spawn");
    }
    turns_sender_drop(&out);
    must(PLX_BLOCK_ON(runtime, consumer, consumer_new(start), &sum), "mpsc");
    must(sum == PRODUCERS * (each * (each + 1) / 2) ? 0 : -EIO, "mpsc: messages were lost");
}

static void mpsc(const struct bench *bench, uint64_t n)
{
    struct plx_runtime *runtime = bench_runtime();
    uint64_t each = n / PRODUCERS + 1;
    produce(runtime, each / 10 + 1);
    struct stopwatch start = stopwatch_start();
    produce(runtime, each);
    report(bench->name, each * PRODUCERS, stopwatch_read(start), NULL);
    plx_runtime_free(runtime);
}

const struct bench sync_benches[] = {
    {"wake_cross", 1000000, wake_cross},
    {"wake_cross_forced", 100000, wake_cross_forced},
    {"mpsc", 4000000, mpsc},
    {0},
};
