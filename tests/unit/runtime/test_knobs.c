/* SPDX-License-Identifier: MIT
 *
 * The knobs of the builder: whatever is turned, programs run; and each does what it says.
 */
#include "tests/support/futures.h"

#include "lib/reactor/reactor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ── a program that uses everything ───────────────────────────────────────────────────────────────────── */

enum { MESSAGES = 50 };

struct both_vars {
    plx_tcp_stream sock;
    char byte;
    int left;
};

#define BOTH_AWAITS(AWAIT)                                                                                   \
    AWAIT(sent, plx_write_all)                                                                               \
    AWAIT(slept, plx_delay)                                                                                  \
    AWAIT(yielded, plx_yield)                                                                                \
    AWAIT(got, plx_read_exact)

static void both_cleanup(struct both_vars *my)
{
    plx_tcp_stream_drop(&my->sock);
}

/* Sends a byte, does something else, and gets the other one's. */
PLX_ASYNC(both, struct both_vars, plx_unit, BOTH_AWAITS, both_cleanup)
{
    PLX_BEGIN;
    for (; my->left > 0; my->left--) {
        PLX_AWAIT(my->sock, sent, plx_write_all_new(PLX_MOVE(my->sock), "x", 1));
        PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(my->left % 10 ? 0 : PLX_MS(1)));
        PLX_AWAIT(PLX_NOTHING, yielded, plx_yield_new());
        PLX_AWAIT(my->sock, got, plx_read_exact_new(PLX_MOVE(my->sock), &my->byte, 1));
    }
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

PLX_HANDLE(both_task, both)

static void converse(struct plx_runtime *runtime)
{
    both_task tasks[2];
    plx_unit nothing;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int i = 0; i < 2; i++) {
        struct both_vars vars = {.left = MESSAGES};
        assert_int_equal(plx_tcp_stream_of(ends[i], &vars.sock), 0);
        assert_int_equal(both_task_spawn_on(runtime, both_new(vars), &tasks[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(both_task_wait(&tasks[i], &nothing), 0);
}

static void runs_with(struct plx_runtime_options options)
{
    struct tally_counts counts = {0};
    for (uint32_t workers = 1; workers <= 3; workers++) {
        options.workers = workers;
        struct plx_runtime *runtime = runtime_of(options);
        for (int i = 0; i < 100; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 3)), 0);
        converse(runtime);
        assert_int_equal(plx_runtime_shutdown_on_idle(runtime), 0);
        assert_int_equal(counts.drops, 100 * workers);
    }
    assert_int_equal(counts.clashes, 0);
}

/* conformance 190, 360, 361 */
static void whatever_is_turned_it_runs(void **state)
{
    static const struct plx_runtime_options knobs[] = {
        {.kind = PLX_CURRENT_THREAD},
        {.no_lifo = true},
        {.wake_per_submit = true},
        {.reactor_per_worker = true},
        {.eager_reactor = true},
        {.budget = 1},
        {.budget = PLX_NO_BUDGET},
        {.reactor_every = 1, .global_every = 1},
        {.reactor_every = 1000000, .global_every = 1000000},
        {.watchdog_ms = 1},
        {.selector = &plx_poll},
        {.selector = &plx_poll, .reactor_per_worker = true, .wake_per_submit = true, .no_lifo = true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++)
        runs_with(knobs[i]);
}

/* ── hooks ────────────────────────────────────────────────────────────────────────────────────────────── */

struct calls {
    _Atomic unsigned starts, stops, parks, unparks, spawns, ends;
    struct plx_runtime *runtime;
    struct tally_counts counts;
    _Atomic unsigned left; /* tasks that the park hook is still to spawn */
};

static void count_start(void *calls)
{
    atomic_fetch_add(&((struct calls *)calls)->starts, 1);
}

static void count_stop(void *calls)
{
    atomic_fetch_add(&((struct calls *)calls)->stops, 1);
}

static void count_spawn(void *calls, uint64_t task)
{
    assert_int_not_equal(task, 0);
    atomic_fetch_add(&((struct calls *)calls)->spawns, 1);
}

static void count_end(void *calls, uint64_t task)
{
    assert_int_not_equal(task, 0);
    atomic_fetch_add(&((struct calls *)calls)->ends, 1);
}

/* Spawns when nothing else is left to do: that task must not be slept over. */
static void spawn_at_park(void *arg)
{
    struct calls *calls = arg;
    atomic_fetch_add(&calls->parks, 1);
    unsigned left = atomic_load(&calls->left);
    while (left > 0 && !atomic_compare_exchange_weak(&calls->left, &left, left - 1))
        ;
    if (left > 0)
        assert_int_equal(PLX_SPAWN_ON(calls->runtime, tally, tally_new(&calls->counts, 0)), 0);
}

static void count_unpark(void *calls)
{
    atomic_fetch_add(&((struct calls *)calls)->unparks, 1);
}

/* conformance 171, 300, 362 */
static void hooks_are_called(void **state)
{
    struct calls calls = {0};
    (void)state;
    calls.runtime = runtime_of(
        (struct plx_runtime_options){.workers = 2,
                                     .hooks = {&calls, count_start, count_stop, spawn_at_park, count_unpark,
                                               count_spawn, count_end, NULL}});
    atomic_store(&calls.left, 100);
    converse(calls.runtime); /* its wakes and sleeps let the hook spawn */
    while (calls.counts.drops < 100)
        assert_int_equal(PLX_SPAWN_ON(calls.runtime, tally, tally_new(&calls.counts, 0)), 0);
    wait_until(atomic_load(&calls.left) == 0);
    plx_runtime_shutdown_on_idle(calls.runtime);
    assert_int_equal(calls.starts, 2);
    assert_int_equal(calls.stops, 2);
    assert_int_equal(calls.spawns, calls.ends);
    assert_int_equal(calls.parks, calls.unparks);
    assert_int_equal(calls.counts.drops, calls.spawns - 2);
}

/* ── metrics ──────────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_worker_metrics sum_of(struct plx_runtime *runtime)
{
    struct plx_worker_metrics sum = {0}, one;
    for (uint32_t i = 0; i < plx_runtime_workers(runtime); i++) {
        assert_int_equal(plx_runtime_worker_metrics(runtime, i, &one), 0);
        sum.polls += one.polls;
        sum.parks += one.parks;
        sum.noops += one.noops;
        sum.busy_ns += one.busy_ns;
        sum.queued += one.queued;
    }
    return sum;
}

/* conformance 364 */
static void metrics_add_up(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct plx_worker_metrics before = {0}, after, none;
    struct plx_runtime_metrics all;
    struct tally_counts counts = {0};
    uint64_t start = plx_monotonic_ns();
    (void)state;
    assert_int_equal(plx_runtime_worker_metrics(runtime, 2, &none), -EINVAL);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 100; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 2)), 0);
        plx_runtime_wait_idle(runtime);
        after = sum_of(runtime);
        assert_int_equal(after.polls - before.polls, 300);
        assert_true(after.parks >= before.parks && after.busy_ns >= before.busy_ns);
        assert_int_equal(after.queued, 0);
        before = after;
    }
    assert_true(after.busy_ns <= 2 * (plx_monotonic_ns() - start));
    assert_true(after.noops <= after.parks);
    plx_runtime_metrics(runtime, &all);
    assert_int_equal(all.workers, 2);
    assert_int_equal(all.threads, 2);
    assert_int_equal(all.tasks, 0);
    assert_int_equal(all.queued, 0);
    plx_runtime_free(runtime);
}

/* Waits for bytes, one after the other. */
typedef struct eat_bytes {
    plx_poll_evented io;
    _Atomic unsigned *eaten;
} eat_bytes;
typedef plx_unit eat_bytes_item;

static enum plx_answer eat_bytes_poll(eat_bytes *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    for (;;) {
        uint64_t seen;
        char byte;
        enum plx_answer answer = plx_poll_evented_ready(&self->io, cx, PLX_READ, &seen);
        if (answer != PLX_READY)
            return answer;
        ssize_t got = read(self->io.fd, &byte, 1);
        if (got == 0)
            return PLX_READY;
        if (got == 1)
            atomic_fetch_add(self->eaten, 1);
        else
            plx_poll_evented_clear(&self->io, PLX_READ, seen);
    }
}

static void eat_bytes_drop(eat_bytes *self)
{
    plx_poll_evented_drop(&self->io);
}

PLX_LEAF(eat_bytes)

/* Real bugs 5: a socket that becomes ready wakes one worker, and not another one that finds nothing. */
static void an_event_wakes_one(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    _Atomic unsigned eaten = 0;
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, eat_bytes, ((eat_bytes){plx_poll_evented_of(ends[0]), &eaten})),
                     0);
    for (unsigned i = 1; i <= 200; i++) {
        assert_int_equal(write(ends[1], "x", 1), 1);
        wait_until(eaten == i);
    }
    struct plx_worker_metrics sum = sum_of(runtime);
    assert_true(sum.noops < 100);
    close(ends[1]);
    plx_runtime_shutdown_on_idle(runtime);
}

/* ── one that does not end ────────────────────────────────────────────────────────────────────────────── */

struct hog {
    atomic_bool stop, runs;
};

static int hog_worker(void *arg)
{
    struct hog *hog = arg;
    atomic_store(&hog->runs, true);
    wait_until(atomic_load(&hog->stop));
    return 0;
}

static void await_socket_beside_hog(struct plx_runtime_options options)
{
    struct plx_runtime *runtime = runtime_of(options);
    struct hog hog = {0};
    assert_int_equal(PLX_SPAWN_ON(runtime, call, call_new(hog_worker, &hog)), 0);
    wait_until(atomic_load(&hog.runs));
    converse(runtime);
    atomic_store(&hog.stop, true);
    plx_runtime_shutdown_on_idle(runtime);
}

/* conformance 139, 363; real bugs 2, 62: one of two workers is in one poll for ever; the other serves sockets
 * and timers, whoever held the reactor before. */
static void a_long_poll_stops_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        await_socket_beside_hog((struct plx_runtime_options){.workers = 2, .eager_reactor = i % 2});
}

/* With a reactor and a timer each, what belongs to the stuck worker is looked after by the watchdog. A task
 * is put to sleep on the only other worker's timer or on the stuck one's: as often as it takes, both
 * happen. */
static void the_watchdog_stands_in(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        await_socket_beside_hog(
            (struct plx_runtime_options){.workers = 2, .reactor_per_worker = true, .watchdog_ms = 1});
}

static int block_for_nothing(void *nothing, uint64_t *item)
{
    (void)nothing;
    *item = 0;
    return 0;
}

PLX_BLOCKING(short_section, void, uint64_t, block_for_nothing)

/* Hands its worker on and takes it back, and keeps it then until a timer of that worker fires. */
typedef struct late_hog {
    short_section section;
    plx_delay delay;
} late_hog;
typedef uint64_t late_hog_item;

static enum plx_answer late_hog_poll(late_hog *self, plx_context *cx, uint64_t *out)
{
    plx_unit nothing;
    enum plx_answer answer = short_section_poll(&self->section, cx, out);
    if (answer != PLX_READY)
        return answer;
    if (plx_delay_poll(&self->delay, cx, &nothing) == PLX_NOT_READY)
        wait_until(plx_delay_is_elapsed(&self->delay));
    return PLX_READY;
}

static void late_hog_drop(late_hog *self)
{
    short_section_drop(&self->section);
    plx_delay_drop(&self->delay);
}

PLX_LEAF(late_hog)

/* A poll that goes on after a blocking section is watched like any other. */
static void the_watchdog_looks_behind_sections(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 1, .watchdog_ms = 1});
    uint64_t item;
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(PLX_BLOCK_ON(runtime, late_hog,
                                      ((late_hog){short_section_new(NULL), plx_delay_for(PLX_MS(1))}), &item),
                         0);
    plx_runtime_free(runtime);
}

/* ── a clock that stands still ────────────────────────────────────────────────────────────────────────── */

struct hour_vars {
    int left;
};

#define HOUR_AWAITS(AWAIT) AWAIT(slept, plx_delay)

PLX_ASYNC(hour, struct hour_vars, uint64_t, HOUR_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    for (; my->left > 0; my->left--)
        PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(PLX_MINUTES(1)));
    PLX_RETURN(plx_instant_now().ns);
    PLX_END;
}

/* conformance 268, 269 */
static void an_hour_takes_no_time(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct plx_clock clock = PLX_CLOCK_PAUSED;
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){
            .kind = kind ? PLX_CURRENT_THREAD : PLX_THREAD_POOL, .workers = 1, .clock = &clock});
        uint64_t when;
        assert_int_equal(PLX_BLOCK_ON(runtime, hour, hour_new((struct hour_vars){60}), &when), 0);
        assert_int_equal(when, PLX_MINUTES(60));
        plx_runtime_free(runtime);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_turned_it_runs),
        cmocka_unit_test(hooks_are_called),
        cmocka_unit_test(metrics_add_up),
        cmocka_unit_test(an_event_wakes_one),
        cmocka_unit_test(a_long_poll_stops_nobody),
        cmocka_unit_test(the_watchdog_stands_in),
        cmocka_unit_test(the_watchdog_looks_behind_sections),
        cmocka_unit_test(an_hour_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
