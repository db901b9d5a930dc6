/* SPDX-License-Identifier: MIT
 *
 * Runtimes: how they are chosen, run, used wrongly, and taken down.
 */
#include "tests/support/futures.h"

#include <errno.h>

static struct plx_runtime *on_this_thread(void)
{
    return runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
}

/* ── choosing ─────────────────────────────────────────────────────────────────────────────────────────── */

static void the_environment_says_how_many_workers(void **state)
{
    static const char *const bad[] = {"0", "-1", "1025", "two", "2 ", "3x", "99999999999999999999"};
    struct plx_runtime *runtime;
    (void)state;
    setenv("POLLUX_WORKERS", "3", 1);
    assert_int_equal(plx_runtime_new(NULL, &runtime), 0);
    assert_int_equal(plx_runtime_workers(runtime), 3);
    plx_runtime_free(runtime);

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("POLLUX_WORKERS", bad[i], 1);
        assert_int_equal(plx_runtime_new(NULL, &runtime), -EINVAL);
    }
    runtime = runtime_of((struct plx_runtime_options){.workers = 2}); /* the program's own word counts more */
    assert_int_equal(plx_runtime_workers(runtime), 2);
    plx_runtime_free(runtime);

    setenv("POLLUX_WORKERS", "", 1);
    assert_int_equal(plx_runtime_new(NULL, &runtime), 0);
    assert_true(plx_runtime_workers(runtime) >= 1);
    plx_runtime_free(runtime);
    unsetenv("POLLUX_WORKERS");
}

/* conformance 145 */
static void too_many_workers(void **state)
{
    struct plx_runtime *runtime;
    (void)state;
    assert_int_equal(plx_runtime_new(&(struct plx_runtime_options){.workers = 1025}, &runtime), -EINVAL);
}

static int name_of_thread(void *name)
{
    return -pthread_getname_np(pthread_self(), name, 16);
}

/* conformance 146 */
static void its_threads_have_its_name(void **state)
{
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.workers = 1, .name = "longer than ten", .stack_bytes = 1 << 20});
    char name[16];
    uint64_t result;
    (void)state;
    /* The one who made the thread gives it its name: it may have begun to run before. */
    do {
        assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(name_of_thread, name), &result), 0);
    } while (strncmp(name, "longer tha", 10) != 0);
    assert_string_equal(name, "longer tha-0");
    plx_runtime_free(runtime);
}

static void a_stack_too_small_is_an_error(void **state)
{
    struct plx_runtime *runtime;
    int threads = count_own("task"), fds = count_own("fd");
    (void)state;
    assert_int_equal(plx_runtime_new(&(struct plx_runtime_options){.workers = 2, .stack_bytes = 1}, &runtime),
                     -EINVAL);
    assert_int_equal(count_own("task"), threads);
    assert_int_equal(count_own("fd"), fds);
}

/* ── current_thread ───────────────────────────────────────────────────────────────────────────────────── */

static int is_this_thread(void *thread)
{
    return pthread_equal(*(pthread_t *)thread, pthread_self()) != 0;
}

/* conformance 272, 293 */
static void current_thread_runs_on_the_callers(void **state)
{
    struct plx_runtime *runtime = on_this_thread();
    struct tally_counts counts = {0};
    pthread_t me = pthread_self();
    uint64_t same = 0;
    (void)state;
    for (int i = 0; i < 200; i++)
        assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 2)), 0);
    assert_int_equal(counts.polls, 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(is_this_thread, &me), &same), 0);
    assert_int_equal(same, 1);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    assert_int_equal(counts.ends, 200);
    plx_runtime_free(runtime);
}

static int spawn_one(void *counts)
{
    return PLX_SPAWN(tally, tally_new(counts, 5));
}

/* conformance 270, 274, 296, 350 */
static void what_block_on_leaves_the_next_one_runs(void **state)
{
    struct plx_runtime *runtime = on_this_thread();
    struct tally_counts counts = {0};
    uint64_t result;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(spawn_one, &counts), &result), 0);
    assert_int_equal(plx_runtime_tasks(runtime), 1);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    assert_int_equal(counts.polls, 6);
    plx_runtime_free(runtime);
}

static void *open_gate(void *gate)
{
    wait_until(atomic_load(&((struct gate *)gate)->polls) > 0);
    gate_open(gate);
    return NULL;
}

/* conformance 271, 284, 350: the thread sleeps until another one notifies, and then polls once. */
static void current_thread_waits_for_another(void **state)
{
    struct plx_runtime *runtime = on_this_thread();
    (void)state;
    for (unsigned i = 0; i < scaled(1000); i++) {
        struct gate gate = {0};
        pthread_t opener;
        uint64_t item = 0;
        assert_int_equal(pthread_create(&opener, NULL, open_gate, &gate), 0);
        assert_int_equal(PLX_BLOCK_ON(runtime, pass, pass_new(&gate), &item), 0);
        pthread_join(opener, NULL);
        assert_int_equal(item, 42);
        assert_in_range(gate.polls, 1, 2);
        gate_done(&gate);
    }
    plx_runtime_free(runtime);
}

struct lent {
    struct plx_runtime *runtime;
    struct gate gate;
};

static void *hold(void *arg)
{
    struct lent *lent = arg;
    uint64_t item;
    return PLX_BLOCK_ON(lent->runtime, pass, pass_new(&lent->gate), &item) ? arg : NULL;
}

/* The future that is refused is dropped, and never polled: it may borrow from its caller, who goes on. */
static void one_thread_at_a_time(void **state)
{
    struct lent lent = {.runtime = on_this_thread()};
    struct tally_counts counts = {0};
    pthread_t holder;
    uint64_t item;
    void *failed;
    (void)state;
    assert_int_equal(pthread_create(&holder, NULL, hold, &lent), 0);
    wait_until(atomic_load(&lent.gate.polls) > 0);
    assert_int_equal(PLX_BLOCK_ON(lent.runtime, tally, tally_new(&counts, 0), &item), -EBUSY);
    assert_int_equal(counts.drops, 1);
    assert_int_equal(plx_runtime_wait_idle(lent.runtime), -EBUSY);
    gate_open(&lent.gate);
    pthread_join(holder, &failed);
    assert_null(failed);
    assert_int_equal(counts.polls, 0);
    gate_done(&lent.gate);
    plx_runtime_free(lent.runtime);
}

/* ── from within a task, or without a runtime ─────────────────────────────────────────────────────────── */

struct nested {
    struct plx_runtime *same, *other;
    struct tally_counts counts;
};

static int try_everything(void *arg)
{
    struct nested *nested = arg;
    uint64_t item;
    return PLX_RUN(tally, tally_new(&nested->counts, 0)) == -EDEADLK &&
           PLX_BLOCK_ON(nested->same, tally, tally_new(&nested->counts, 0), &item) == -EDEADLK &&
           PLX_BLOCK_ON(nested->other, tally, tally_new(&nested->counts, 0), &item) == -EDEADLK &&
           plx_runtime_wait_idle(nested->same) == -EDEADLK &&
           plx_runtime_wait_idle(nested->other) == -EDEADLK && plx_runtime_free(nested->same) == -EDEADLK &&
           plx_runtime_free(nested->other) == -EDEADLK;
}

static void blocking_in_a_task_is_refused_on(struct plx_runtime *runtime)
{
    struct nested nested = {.same = runtime, .other = on_this_thread()};
    uint64_t all = 0;
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(try_everything, &nested), &all), 0);
    assert_int_equal(all, 1);
    assert_int_equal(nested.counts.drops, 3);
    assert_int_equal(nested.counts.polls, 0);
    assert_int_equal(plx_runtime_free(nested.other), 0);
    assert_int_equal(plx_runtime_free(runtime), 0);
}

/* conformance 172, 276, 298 */
static void blocking_in_a_task_is_refused(void **state)
{
    int threads = count_own("task"), fds = count_own("fd");
    (void)state;
    blocking_in_a_task_is_refused_on(on_this_thread());
    blocking_in_a_task_is_refused_on(runtime_of((struct plx_runtime_options){.workers = 2}));
    assert_int_equal(count_own("task"), threads);
    assert_int_equal(count_own("fd"), fds);
}

/* conformance 289 */
static void spawning_without_a_runtime_is_refused(void **state)
{
    struct tally_counts counts = {0};
    (void)state;
    assert_int_equal(PLX_SPAWN(tally, tally_new(&counts, 0)), -ESHUTDOWN);
    assert_int_equal(counts.drops, 1);
    assert_null(plx_runtime_current());
}

/* conformance 292 */
static void run_waits_for_all(void **state)
{
    struct tally_counts counts = {0};
    (void)state;
    assert_int_equal(PLX_RUN(call, call_new(spawn_one, &counts)), 0);
    assert_int_equal(counts.ends, 1);
}

static int fails(void *unused)
{
    (void)unused;
    return -EPROTO;
}

static void run_gives_the_error(void **state)
{
    (void)state;
    assert_int_equal(PLX_RUN(call, call_new(fails, NULL)), -EPROTO);
}

/* ── taking down ──────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 163, 275: tasks that wait, tasks that run for ever, tasks that were never polled. */
static void pending_tasks_are_dropped_once(void **state)
{
    (void)state;
    for (unsigned round = 0; round < scaled(1000); round++) {
        struct plx_runtime *runtime = round % 4
                                          ? runtime_of((struct plx_runtime_options){.workers = round % 4})
                                          : on_this_thread();
        struct gate gate = {0};
        struct tally_counts counts = {0};
        for (int i = 0; i < 10; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, pass, pass_new(&gate)), 0);
        for (int i = 0; i < 10; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, UINT32_MAX - 1)), 0);
        gate_done(&gate);
        plx_runtime_free(runtime);
        gate_done(&gate);
        assert_int_equal(gate.drops, 10);
        assert_int_equal(counts.drops, 10);
        assert_int_equal(counts.ends, 0);
    }
}

/* conformance 134, 165, 168: the future goes with the runtime, the waker stays safe. */
static void a_waker_outlives_its_runtime(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct gate gate = {0};
    (void)state;
    assert_int_equal(PLX_SPAWN_ON(runtime, pass, pass_new(&gate)), 0);
    wait_until(atomic_load(&gate.polls) > 0);
    plx_runtime_free(runtime); /* lets the poll end */
    assert_int_equal(gate.drops, 1);

    plx_waker waker = plx_waker_cell_take(&gate.cell);
    plx_waker another = plx_waker_clone(waker);
    plx_waker_notify(waker);
    plx_waker_drop(&waker);
    plx_waker_notify(another);
    plx_waker_drop(&another);
    assert_int_equal(gate.polls, 1);
}

/* A future whose end notifies another task, and tries to spawn. */
struct last_words {
    struct gate gate;
    _Atomic int spawned, drops;
};

typedef struct talker {
    struct last_words *words;
} talker;
typedef uint64_t talker_item;

static enum plx_answer talker_poll(talker *self, plx_context *cx, uint64_t *out)
{
    return pass_poll(&(pass){&self->words->gate}, cx, out);
}

static void talker_drop(talker *self)
{
    static struct tally_counts counts;
    gate_notify(&self->words->gate);
    atomic_store(&self->words->spawned, PLX_SPAWN(tally, tally_new(&counts, 0)));
    atomic_fetch_add(&self->words->drops, 1);
}

PLX_LEAF(talker)

/* conformance 169, 170, 343; real bugs 64 */
static void a_drop_may_notify_and_spawn(void **state)
{
    (void)state;
    for (unsigned round = 0; round < scaled(500); round++) {
        struct last_words words = {0};
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
        for (int i = 0; i < 5; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, talker, ((talker){&words})), 0);
        plx_runtime_free(runtime);
        gate_done(&words.gate);
        assert_int_equal(words.drops, 5);
        assert_int_equal(words.spawned, -ESHUTDOWN);
    }
}

/* conformance 280 */
static void a_drop_may_spawn_while_the_runtime_runs(void **state)
{
    struct plx_runtime *runtime = on_this_thread();
    struct last_words words = {.gate = {.open = true}};
    (void)state;
    assert_int_equal(PLX_SPAWN_ON(runtime, talker, ((talker){&words})), 0);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    assert_int_equal(words.spawned, 0);
    plx_runtime_free(runtime);
}

/* conformance 302; real bugs 71 */
static void two_hundred_runtimes_leave_nothing(void **state)
{
    int threads = count_own("task"), fds = count_own("fd");
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 3});
        struct tally_counts counts = {0};
        uint64_t item;
        assert_int_equal(PLX_BLOCK_ON(runtime, tally, tally_new(&counts, 3), &item), 0);
        plx_runtime_free(runtime);
    }
    assert_int_equal(count_own("task"), threads);
    assert_int_equal(count_own("fd"), fds);
}

/* conformance 160 */
static void an_idle_runtime_is_idle(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    (void)state;
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    assert_int_equal(plx_runtime_free(runtime), 0);
    assert_int_equal(plx_runtime_free(NULL), 0);
}

/* ── two runtimes ─────────────────────────────────────────────────────────────────────────────────────── */

struct court {
    struct plx_waker_cell side[2];
    _Atomic unsigned ball;
    unsigned rounds;
};

typedef struct racket {
    struct court *court;
    unsigned side;
} racket;
typedef uint64_t racket_item;

/* Plays the ball when it is on this side, and notifies the other, whose task lives in another runtime. */
static enum plx_answer racket_poll(racket *self, plx_context *cx, uint64_t *out)
{
    struct court *court = self->court;
    plx_waker overtaken = plx_waker_cell_register(&court->side[self->side], plx_context_waker(cx));
    plx_waker_notify(overtaken);
    plx_waker_drop(&overtaken);
    unsigned ball = *out = atomic_load(&court->ball);
    if (ball < court->rounds && ball % 2 == self->side)
        ball = atomic_fetch_add(&court->ball, 1) + 1;
    plx_waker other = plx_waker_cell_take(&court->side[!self->side]);
    if (ball % 2 != self->side || ball >= court->rounds)
        plx_waker_notify(other);
    plx_waker_drop(&other);
    return ball >= court->rounds ? PLX_READY : PLX_NOT_READY;
}

static void racket_drop(racket *self)
{
    plx_waker waker = plx_waker_cell_take(&self->court->side[self->side]);
    plx_waker_drop(&waker);
}

PLX_LEAF(racket)

/* conformance 303 */
static void two_runtimes_notify_each_other(void **state)
{
    struct plx_runtime *one = runtime_of((struct plx_runtime_options){.workers = 1});
    struct plx_runtime *other = runtime_of((struct plx_runtime_options){.workers = 2});
    struct court court = {.rounds = scaled(100000)};
    (void)state;
    assert_int_equal(PLX_SPAWN_ON(one, racket, ((racket){&court, 0})), 0);
    assert_int_equal(PLX_SPAWN_ON(other, racket, ((racket){&court, 1})), 0);
    plx_runtime_wait_idle(one);
    plx_runtime_wait_idle(other);
    assert_int_equal(court.ball, court.rounds);
    plx_runtime_free(one);
    plx_runtime_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_says_how_many_workers),
        cmocka_unit_test(too_many_workers),
        cmocka_unit_test(its_threads_have_its_name),
        cmocka_unit_test(a_stack_too_small_is_an_error),
        cmocka_unit_test(current_thread_runs_on_the_callers),
        cmocka_unit_test(what_block_on_leaves_the_next_one_runs),
        cmocka_unit_test(current_thread_waits_for_another),
        cmocka_unit_test(one_thread_at_a_time),
        cmocka_unit_test(blocking_in_a_task_is_refused),
        cmocka_unit_test(spawning_without_a_runtime_is_refused),
        cmocka_unit_test(run_waits_for_all),
        cmocka_unit_test(run_gives_the_error),
        cmocka_unit_test(pending_tasks_are_dropped_once),
        cmocka_unit_test(a_waker_outlives_its_runtime),
        cmocka_unit_test(a_drop_may_notify_and_spawn),
        cmocka_unit_test(a_drop_may_spawn_while_the_runtime_runs),
        cmocka_unit_test(two_hundred_runtimes_leave_nothing),
        cmocka_unit_test(an_idle_runtime_is_idle),
        cmocka_unit_test(two_runtimes_notify_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
