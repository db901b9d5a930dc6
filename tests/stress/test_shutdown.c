/* SPDX-License-Identifier: MIT
 *
 * A runtime that is stopped at a random moment, in the midst of everything: tasks that notify themselves,
 * sockets that are read and written, timers, a channel, a mutex, blocking sections and jobs, tasks that
 * wait for others and threads that spawn from outside. Afterwards every future has been dropped, once;
 * every thread is gone, and every descriptor closed.
 *
 *     PLX_STRESS_ROUNDS=1000     the long form; without it there are as many as its time allows
 */
#include "tests/support/stress.h"

#include "lib/scheduler/blocking.h"
#include "lib/sync/mpsc.h"
#include "lib/sync/mutex.h"
#include "lib/time/delay.h"

#include <sys/socket.h>

/* ── a tag in each future: made once, dropped once ────────────────────────────────────────────────────── */

static struct {
    _Atomic unsigned made, dropped, twice;
    _Atomic uint64_t steps; /* that were made before the end came */
} seen;

enum { ALIVE = 0x616c6976, GONE = 0x676f6e65 };

struct tag {
    uint32_t state;
    uint32_t source;
};

static struct tag tag_new(uint32_t *source)
{
    atomic_fetch_add(&seen.made, 1);
    return (struct tag){ALIVE, stress_below(source, UINT32_MAX) | 1};
}

static void tag_drop(struct tag *tag)
{
    if (tag->state != ALIVE)
        atomic_fetch_add(&seen.twice, 1);
    tag->state = GONE;
    atomic_fetch_add(&seen.dropped, 1);
}

static void step(void)
{
    atomic_fetch_add_explicit(&seen.steps, 1, memory_order_relaxed);
}

/* ── restless: notifies itself, or yields, or ends ────────────────────────────────────────────────────── */

typedef struct restless {
    struct tag tag;
    bool for_ever;
} restless;
typedef uint64_t restless_item;

static enum plx_answer restless_poll(restless *self, plx_context *cx, uint64_t *out)
{
    uint32_t what = stress_below(&self->tag.source, 16);
    *out = what;
    step();
    if (what == 0 && !self->for_ever)
        return PLX_READY;
    if (what % 4 == 1)
        plx_context_yield(cx);
    else
        plx_context_notify(cx);
    return PLX_NOT_READY;
}

static void restless_drop(restless *self)
{
    tag_drop(&self->tag);
}

PLX_LEAF(restless)
PLX_HANDLE(restless_handle, restless)

/* ── parent: spawns children and waits for them ───────────────────────────────────────────────────────── */

struct parent_vars {
    struct tag tag;
    restless_handle child;
    uint64_t item;
};

static void parent_cleanup(struct parent_vars *my)
{
    restless_handle_drop(&my->child);
    tag_drop(&my->tag);
}

static restless_handle spawn_child(struct parent_vars *my)
{
    restless_handle child = {0};
    restless_handle_spawn((restless){.tag = tag_new(&my->tag.source)}, &child);
    return child;
}

#define PARENT_AWAITS(AWAIT) AWAIT(joined, restless_handle)

PLX_ASYNC(parent, struct parent_vars, plx_unit, PARENT_AWAITS, parent_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        my->child = spawn_child(my);
        if (!my->child.task)
            PLX_FAIL(-ESHUTDOWN);
        PLX_AWAIT(my->item, joined, PLX_MOVE(my->child));
        step();
    }
    PLX_END;
}

/* ── sleeper: one delay after the other ───────────────────────────────────────────────────────────────── */

struct sleeper_vars {
    struct tag tag;
};

static void sleeper_cleanup(struct sleeper_vars *my)
{
    tag_drop(&my->tag);
}

#define SLEEPER_AWAITS(AWAIT) AWAIT(slept, plx_delay)

PLX_ASYNC(sleeper, struct sleeper_vars, plx_unit, SLEEPER_AWAITS, sleeper_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(1 + stress_below(&my->tag.source, 3000000)));
        step();
    }
    PLX_END;
}

/* ── talker: a ball that goes to and fro on a pair of sockets ─────────────────────────────────────────── */

struct talker_vars {
    struct tag tag;
    plx_tcp_stream stream;
    bool begins;
    char ball[8];
};

static void talker_cleanup(struct talker_vars *my)
{
    plx_tcp_stream_drop(&my->stream);
    tag_drop(&my->tag);
}

#define TALKER_AWAITS(AWAIT)                                                                                 \
    AWAIT(written, plx_write_all)                                                                            \
    AWAIT(read, plx_read_exact)

PLX_ASYNC(talker, struct talker_vars, plx_unit, TALKER_AWAITS, talker_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        if (my->begins)
            PLX_AWAIT(my->stream, written,
                      plx_write_all_new(PLX_MOVE(my->stream), my->ball, sizeof my->ball));
        my->begins = true;
        PLX_AWAIT(my->stream, read, plx_read_exact_new(PLX_MOVE(my->stream), my->ball, sizeof my->ball));
        step();
    }
    PLX_END;
}

/* ── teller and hearer: a bounded channel of things that must be dropped ──────────────────────────────── */

struct parcel {
    struct tag tag;
};

static void parcel_drop(struct parcel *parcel)
{
    tag_drop(&parcel->tag);
}

PLX_MPSC_OWNING(post, struct parcel, parcel_drop)

struct teller_vars {
    struct tag tag;
    post_sender sender;
};

static void teller_cleanup(struct teller_vars *my)
{
    post_sender_drop(&my->sender);
    tag_drop(&my->tag);
}

#define TELLER_AWAITS(AWAIT) AWAIT(sent, post_send)

PLX_ASYNC(teller, struct teller_vars, plx_unit, TELLER_AWAITS, teller_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(PLX_NOTHING, sent, post_send_new(&my->sender, (struct parcel){tag_new(&my->tag.source)}));
        step();
    }
    PLX_END;
}

struct hearer_vars {
    struct tag tag;
    post_receiver receiver;
    post_item item;
};

static void hearer_cleanup(struct hearer_vars *my)
{
    post_receiver_drop(&my->receiver);
    tag_drop(&my->tag);
}

#define HEARER_AWAITS(AWAIT) AWAIT(heard, post_recv)

PLX_ASYNC(hearer, struct hearer_vars, plx_unit, HEARER_AWAITS, hearer_cleanup)
{
    PLX_BEGIN;
    do {
        PLX_AWAIT(my->item, heard, post_recv_new(&my->receiver));
        if (!my->item.end)
            parcel_drop(&my->item.value);
        step();
    } while (!my->item.end);
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* ── queuer: holds a mutex across an await ────────────────────────────────────────────────────────────── */

struct queuer_vars {
    struct tag tag;
    struct plx_mutex *mutex;
    plx_permit guard;
};

static void queuer_cleanup(struct queuer_vars *my)
{
    plx_permit_drop(&my->guard);
    tag_drop(&my->tag);
}

#define QUEUER_AWAITS(AWAIT)                                                                                 \
    AWAIT(locked, plx_mutex_lock)                                                                            \
    AWAIT(yielded, plx_yield)

PLX_ASYNC(queuer, struct queuer_vars, plx_unit, QUEUER_AWAITS, queuer_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(my->guard, locked, plx_mutex_lock_new(my->mutex));
        PLX_AWAIT(PLX_NOTHING, yielded, plx_yield_new());
        plx_permit_drop(&my->guard);
        step();
    }
    PLX_END;
}

/* ── blocker: blocks its thread for a moment, and has a job done elsewhere ────────────────────────────── */

static int block_for_a_moment(struct tag *tag, uint64_t *out)
{
    *out = tag->source;
    usleep(stress_below(&tag->source, 300));
    return 0;
}

PLX_BLOCKING(block, struct tag, uint64_t, block_for_a_moment)
PLX_HANDLE(block_handle, block)

struct blocker_vars {
    struct tag tag, *tag_of_job;
    block_handle job;
    uint64_t item;
};

static void blocker_cleanup(struct blocker_vars *my)
{
    block_handle_drop(&my->job);
    tag_drop(&my->tag);
}

#define BLOCKER_AWAITS(AWAIT)                                                                                \
    AWAIT(blocked, block)                                                                                    \
    AWAIT(done, block_handle)

/* The job outlives its task when that is dropped: what it uses belongs to nobody. */
static struct tag tags_of_jobs[8];

static block_handle begin_job(struct blocker_vars *my)
{
    block_handle job = {0};
    PLX_SPAWN_BLOCKING(block, block_new(my->tag_of_job), &job);
    return job;
}

PLX_ASYNC(blocker, struct blocker_vars, plx_unit, BLOCKER_AWAITS, blocker_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(my->item, blocked, block_new(&my->tag));
        step();
        my->job = begin_job(my);
        if (!my->job.task)
            PLX_FAIL(-ESHUTDOWN);
        PLX_AWAIT(my->item, done, PLX_MOVE(my->job));
        step();
    }
    PLX_END;
}

/* ── a busy runtime ───────────────────────────────────────────────────────────────────────────────────── */

struct round {
    struct plx_runtime *runtime;
    bool threads; /* a thread pool */
    struct plx_mutex mutex;
    uint32_t source;
};

static struct plx_runtime *random_runtime(uint32_t *source)
{
    return runtime_of((struct plx_runtime_options){
        .kind = stress_below(source, 5) ? PLX_THREAD_POOL : PLX_CURRENT_THREAD,
        .workers = 1 + stress_below(source, 4),
        .max_blocking = 1 + stress_below(source, 4),
        .blocking_threads = 1 + stress_below(source, 3),
        .keep_alive_ms = 1 + stress_below(source, 5),
        .no_lifo = stress_below(source, 4) == 0,
        .wake_per_submit = stress_below(source, 4) == 0,
        .reactor_per_worker = stress_below(source, 3) == 0,
        .eager_reactor = stress_below(source, 4) == 0,
        .watchdog_ms = stress_below(source, 4) ? 0 : 1000,
    });
}

static void spawn_talkers(struct round *round)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int i = 0; i < 2; i++) {
        struct talker_vars vars = {.tag = tag_new(&round->source), .begins = i == 0};
        assert_int_equal(plx_tcp_stream_of(ends[i], &vars.stream), 0);
        assert_int_equal(PLX_SPAWN_ON(round->runtime, talker, talker_new(vars)), 0);
    }
}

static void spawn_post(struct round *round)
{
    post_sender sender;
    struct hearer_vars hears = {.tag = tag_new(&round->source)};
    assert_int_equal(post_channel(stress_below(&round->source, 3), &sender, &hears.receiver), 0);
    assert_int_equal(PLX_SPAWN_ON(round->runtime, hearer, hearer_new(hears)), 0);
    for (int i = 0; i < 2; i++) {
        struct teller_vars tells = {.tag = tag_new(&round->source)};
        assert_int_equal(post_clone(&sender, &tells.sender), 0);
        assert_int_equal(PLX_SPAWN_ON(round->runtime, teller, teller_new(tells)), 0);
    }
    post_sender_drop(&sender);
}

#define spawn(T, ...)                                                                                        \
    assert_int_equal(PLX_SPAWN_ON(round->runtime, T,                                                         \
                                  T##_new((struct T##_vars){.tag = tag_new(&round->source), __VA_ARGS__})),  \
                     0)

/* With current_thread sections cannot block, and the tasks end at once. */
static void make_busy(struct round *round)
{
    for (uint32_t i = 0; i < 6; i++) {
        restless future = {.tag = tag_new(&round->source), .for_ever = i % 2};
        assert_int_equal(PLX_SPAWN_ON(round->runtime, restless, future), 0);
        spawn(parent, .item = 0);
        spawn(sleeper, );
        spawn(queuer, .mutex = &round->mutex);
        spawn(blocker, .tag_of_job = &tags_of_jobs[i]);
        spawn_talkers(round);
        spawn_post(round);
    }
}

/* Spawns from outside until it is told that there is no more to come. */
struct outsider {
    plx_executor executor;
    uint32_t source;
    int result;
};

static void *spawn_until_refused(void *arg)
{
    struct outsider *self = arg;
    while (!self->result) {
        restless future = {.tag = tag_new(&self->source)};
        self->result = PLX_SPAWN_WITH(&self->executor, restless, future);
        stress_spin(stress_below(&self->source, 5000));
    }
    plx_executor_drop(&self->executor);
    return NULL;
}

static void let_it_run(struct round *round)
{
    uint32_t us = stress_below(&round->source, 3000);
    if (round->threads)
        usleep(us);
    else
        plx_runtime_wait_idle_for(round->runtime, us / 1000);
}

static void stop(struct round *round)
{
    if (stress_below(&round->source, 4))
        assert_int_equal(plx_runtime_free(round->runtime), 0);
    else
        assert_int_equal(plx_runtime_shutdown_timeout(round->runtime, 60000), 0);
}

static void one_round(void)
{
    struct round round = {.source = stress_source(1)};
    struct outsider outsider = {.source = stress_source(2)};
    pthread_t thread;
    struct plx_runtime_metrics metrics;

    plx_mutex_init(&round.mutex);
    round.runtime = random_runtime(&round.source);
    round.threads = plx_runtime_turn(round.runtime, 0) == -ENOTSUP;
    make_busy(&round);
    outsider.executor = plx_executor_of(round.runtime);
    stress_thread(&thread, spawn_until_refused, &outsider);
    let_it_run(&round);
    plx_runtime_metrics(round.runtime, &metrics);
    stop(&round);
    pthread_join(thread, NULL);
    assert_int_equal(outsider.result, -ESHUTDOWN);
}

static bool another_round(void)
{
    unsigned rounds = (unsigned)stress_number("PLX_STRESS_ROUNDS", 0);
    if (!rounds)
        return stress_goes_on();
    alarm(60);
    return stress.rounds++ < rounds;
}

/* conformance 162, 163, 164, 169, 170, 178, 180, 302, 340, 343, 356; real bugs 28, 38, 59, 64, 65, 71 */
static void at_a_random_moment(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        tags_of_jobs[i] = (struct tag){ALIVE, i + 1};
    stress_begin();
    one_round(); /* what libc and the sanitizers keep (a thread of their own), they have now */
    int fds = count_own("fd"), threads = count_own("task");
    while (another_round()) {
        one_round();
        assert_int_equal(seen.dropped, seen.made);
        assert_int_equal(seen.twice, 0);
        assert_int_equal(count_own("fd"), fds);
        wait_until(count_own("task") == threads); /* a joined thread leaves /proc a moment later */
    }
    stress_end();
    printf("%u futures made and dropped, %llu steps\n", seen.made, (unsigned long long)seen.steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(at_a_random_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
