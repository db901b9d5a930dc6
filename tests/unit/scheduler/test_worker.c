/* SPDX-License-Identifier: MIT
 *
 * What one worker does, and in which order. All of this is on one thread, so each run is the same.
 */
#include "lib/reactor/reactor.h"
#include "lib/scheduler/pool.h"
#include "tests/support/futures.h"

#include <unistd.h>

/* ── the tick, called by hand ─────────────────────────────────────────────────────────────────────────── */

static int new_pool(void **state)
{
    static struct plx_thread threads[2];
    struct plx_runtime *runtime;
    int error = plx_runtime_new(&(struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, &runtime);
    if (error)
        return error;
    struct plx_runtime_options chosen = plx__runtime_pool(runtime)->options;
    chosen.workers = 2;
    chosen.no_lifo = false;
    struct plx_pool *pool;
    error = plx_pool_new(NULL, &chosen, &pool);
    plx_runtime_free(runtime);
    for (int i = 0; i < 2 && !error; i++) {
        threads[i] = (struct plx_thread){.pool = pool, .worker = &pool->workers[i]};
        pool->workers[i].thread = &threads[i];
    }
    *state = pool;
    return error;
}

static int free_pool(void **state)
{
    plx_pool_stop(*state, -1);
    plx__schedule_abandon(&((struct plx_pool *)*state)->schedule);
    return 0;
}

static struct plx_task *new_task_of(struct plx_pool *pool, struct tally_counts *counts, unsigned more)
{
    tally future = tally_new(counts, more);
    struct plx_task *task = plx__task_new(&pool->schedule, &tally_ops, &future, 0), *handle = task;
    assert_non_null(task);
    assert_true(plx__cells_launch(task));
    plx__handle_drop(&handle);
    return task;
}

static struct plx_task *new_task(struct plx_pool *pool, struct tally_counts *counts)
{
    return new_task_of(pool, counts, 0);
}

static void a_tick_does_one_thing(void **state)
{
    struct plx_pool *pool = *state;
    struct plx_worker *worker = &pool->workers[0];
    struct tally_counts counts = {0};

    for (int i = 0; i < 3; i++)
        plx__schedule_submit(&pool->schedule, new_task(pool, &counts), PLX_SUBMIT_NOTIFIED);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(plx_worker_tick(worker), PLX_TICK_POLLED);
        assert_int_equal(counts.polls, i);
    }
    assert_int_equal(plx_worker_tick(worker), PLX_TICK_WOULD_PARK);
}

static void it_steals_half_and_polls_one(void **state)
{
    struct plx_pool *pool = *state;
    struct plx_worker *thief = &pool->workers[0], *victim = &pool->workers[1];
    struct tally_counts counts = {0};

    for (int i = 0; i < 4; i++)
        plx_worker_schedule(victim, new_task(pool, &counts), PLX_SUBMIT_AGAIN);
    assert_int_equal(plx_worker_tick(thief), PLX_TICK_STOLE);
    assert_int_equal(counts.polls, 1);
    assert_int_equal(plx_deque_length(&thief->deque), 1);
    assert_int_equal(plx_deque_length(&victim->deque), 2);
    assert_int_equal(plx_worker_tick(thief), PLX_TICK_POLLED);
    assert_int_equal(plx_worker_tick(victim), PLX_TICK_POLLED);
    assert_int_equal(plx_worker_tick(victim), PLX_TICK_POLLED);
    assert_int_equal(counts.polls, 4);
}

/* The rest of its share can be stolen: whoever fell asleep while it was on its way is woken. */
static void who_takes_a_share_wakes_another(void **state)
{
    struct plx_pool *pool = *state;
    struct tally_counts counts = {0};

    plx_idle_park(&pool->idle, 1, false);
    for (int i = 0; i < 6; i++) {
        struct plx_task *task = new_task(pool, &counts);
        assert_true(plx_global_queue_push(&pool->global, &task, 1));
    }
    assert_int_equal(plx_worker_tick(&pool->workers[0]), PLX_TICK_POLLED);
    assert_false(plx_idle_is_parked(&pool->idle, 1));
    while (counts.polls < 6)
        plx_worker_tick(&pool->workers[0]);
}

/* conformance 143 */
static void every_61st_tick_turns_the_reactor(void **state)
{
    struct plx_pool *pool = *state;
    struct plx_worker *worker = &pool->workers[0];
    static struct tally_counts
        counts; /* the pool drops those that are left when this function has returned */

    for (int i = 0; i < 200; i++)
        plx_worker_schedule(worker, new_task(pool, &counts), PLX_SUBMIT_AGAIN);
    for (unsigned i = 1; i <= 183; i++)
        assert_int_equal(plx_worker_tick(worker), i % 61 ? PLX_TICK_POLLED : PLX_TICK_TURNED);
}

/* conformance 142: at most 32 tasks of its own come before one of the global queue, the reactor's ticks
 * notwithstanding. */
static void the_global_queue_gets_its_turn(void **state)
{
    struct plx_pool *pool = *state;
    struct plx_worker *worker = &pool->workers[0];
    static struct tally_counts own, global;

    for (int i = 0; i < 2; i++)
        plx_worker_schedule(worker, new_task_of(pool, &own, 1000), PLX_SUBMIT_AGAIN);
    for (int i = 0; i < 5; i++)
        plx__schedule_submit(&pool->schedule, new_task(pool, &global), PLX_SUBMIT_NOTIFIED);
    for (unsigned i = 1; i <= 5; i++) {
        for (unsigned before = own.polls; global.polls < i; assert_true(own.polls - before <= 32))
            plx_worker_tick(worker);
    }
}

/* conformance 352: what comes between two tasks of the LIFO slot does not pay for them. */
static void a_task_of_the_global_queue_has_a_budget_of_its_own(void **state)
{
    struct plx_pool *pool = *state;
    struct plx_worker *worker = &pool->workers[0];
    struct tally_counts counts = {0};
    struct plx_task *task = new_task(pool, &counts);

    assert_true(plx_global_queue_push(&pool->global, &task, 1));
    worker->until_global = 1;
    worker->lifo_streak = 2;
    worker->thread->cx.spent = 100;
    assert_int_equal(plx_worker_tick(worker), PLX_TICK_POLLED);
    assert_int_equal(counts.polls, 1);
    assert_int_equal(worker->thread->cx.spent, 0);
}

/* ── a current_thread runtime ─────────────────────────────────────────────────────────────────────────── */

static int new_runtime(void **state)
{
    struct plx_runtime *runtime = NULL;
    int error = plx_runtime_new(&(struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, &runtime);
    *state = runtime;
    return error;
}

static int free_runtime(void **state)
{
    return plx_runtime_free(*state);
}

/* Writes its name down at each poll, and notifies itself. */
static struct {
    char text[256];
    int length;
} order;

typedef struct writer {
    char name;
    int times;
    bool yields;
} writer;
typedef uint64_t writer_item;

static enum plx_answer writer_poll(writer *self, plx_context *cx, uint64_t *out)
{
    order.text[order.length++] = self->name;
    *out = 0;
    if (--self->times == 0)
        return PLX_READY;
    if (self->yields)
        plx_context_yield(cx);
    else
        plx_context_notify(cx);
    return PLX_NOT_READY;
}

static void writer_drop(writer *self)
{
    (void)self;
}

PLX_LEAF(writer)

static void spawn_writer(char name, int times, bool yields)
{
    if (PLX_SPAWN(writer, ((writer){name, times, yields})))
        abort();
}

/* In which order they write that are spawned, one after the other, by a task. */
static const char *order_of(bool use_lifo, int (*spawn_them)(void *unused))
{
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.workers = 1, .no_lifo = !use_lifo});
    memset(&order, 0, sizeof order);
    assert_int_equal(PLX_SPAWN_ON(runtime, call, call_new(spawn_them, NULL)), 0);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    plx_runtime_free(runtime);
    return order.text;
}

static int spawn_notifying(void *unused)
{
    (void)unused;
    spawn_writer('a', 5, false);
    spawn_writer('b', 5, false);
    spawn_writer('c', 2, false);
    return 0;
}

/* conformance 141, 278 */
static void tasks_that_notify_themselves_take_turns(void **state)
{
    (void)state;
    assert_string_equal(order_of(false, spawn_notifying), "abcabcababab");
}

static int spawn_yielding(void *unused)
{
    (void)unused;
    spawn_writer('y', 3, true);
    spawn_writer('a', 4, false);
    spawn_writer('b', 2, false);
    return 0;
}

/* conformance 344 */
static void who_yields_lets_all_others_come_first(void **state)
{
    (void)state;
    assert_string_equal(order_of(false, spawn_yielding), "yababaayy");
}

static int spawn_three(void *unused)
{
    (void)unused;
    for (char name = 'a'; name <= 'c'; name++)
        spawn_writer(name, 1, false);
    return 0;
}

static void spawned_last_runs_first(void **state)
{
    (void)state;
    assert_string_equal(order_of(true, spawn_three), "cab");
}

/* conformance 361 */
static void without_the_lifo_slot_in_order(void **state)
{
    (void)state;
    assert_string_equal(order_of(false, spawn_three), "abc");
}

/* ── two that notify each other ───────────────────────────────────────────────────────────────────────── */

struct table {
    struct plx_waker_cell side[2];
    unsigned rounds;
    bool over;
};

typedef struct ping {
    struct table *table;
    int side;
} ping;
typedef uint64_t ping_item;

static enum plx_answer ping_poll(ping *self, plx_context *cx, uint64_t *out)
{
    struct table *table = self->table;
    *out = 0;
    plx_waker overtaken = plx_waker_cell_register(&table->side[self->side], plx_context_waker(cx));
    plx_waker_drop(&overtaken);
    plx_waker other = plx_waker_cell_take(&table->side[!self->side]);
    plx_waker_notify(other);
    plx_waker_drop(&other);
    return ++table->rounds > 100 || table->over ? PLX_READY : PLX_NOT_READY;
}

static void ping_drop(ping *self)
{
    plx_waker waker = plx_waker_cell_take(&self->table->side[self->side]);
    plx_waker_notify(waker);
    plx_waker_drop(&waker);
}

PLX_LEAF(ping)

static int end_game(void *table)
{
    ((struct table *)table)->over = true;
    return 0;
}

/* conformance 351; real bugs 73: the LIFO slot alone would let the two play for ever. The third task of a
 * small build stays in the global queue, whose turn comes every 31st time. */
static void ping_pong_starves_nobody(void **state)
{
    struct table table = {0};
    assert_int_equal(PLX_SPAWN_ON(*state, ping, ((ping){&table, 0})), 0);
    assert_int_equal(PLX_SPAWN_ON(*state, ping, ((ping){&table, 1})), 0);
    assert_int_equal(PLX_SPAWN_ON(*state, call, call_new(end_game, &table)), 0);
    plx_runtime_wait_idle(*state);
    assert_true(table.over);
    assert_in_range(table.rounds, 2, PLX_SMALL ? 40 : 8);
}

/* ── I/O under load ───────────────────────────────────────────────────────────────────────────────────── */

/* Keeps its worker busy until it is told to stop, or for too long. */
typedef struct busy {
    atomic_bool *stop;
    unsigned left;
    bool yields;
} busy;
typedef uint64_t busy_item;

static enum plx_answer busy_poll(busy *self, plx_context *cx, uint64_t *out)
{
    *out = self->left;
    if (atomic_load(self->stop) || --self->left == 0)
        return PLX_READY;
    if (self->yields)
        plx_context_yield(cx);
    else
        plx_context_notify(cx);
    return PLX_NOT_READY;
}

static void busy_drop(busy *self)
{
    (void)self;
}

PLX_LEAF(busy)

/* Waits for a byte, then stops the busy one. */
typedef struct await_byte {
    plx_poll_evented io;
    atomic_bool *stop;
} await_byte;
typedef uint64_t await_byte_item;

static enum plx_answer await_byte_poll(await_byte *self, plx_context *cx, uint64_t *out)
{
    uint64_t seen;
    *out = 0;
    enum plx_answer answer = plx_poll_evented_ready(&self->io, cx, PLX_READ, &seen);
    if (answer == PLX_READY)
        atomic_store(self->stop, true);
    return answer;
}

static void await_byte_drop(await_byte *self)
{
    plx_poll_evented_drop(&self->io);
}

PLX_LEAF(await_byte)

static void io_comes_through(struct plx_runtime *runtime, bool yields)
{
    atomic_bool stop = false;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(PLX_SPAWN_ON(runtime, busy, ((busy){&stop, 100000, yields})), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, await_byte, ((await_byte){plx_poll_evented_of(ends[0]), &stop})),
                     0);
    plx_runtime_wait_idle(runtime);
    close(ends[1]);
    assert_true(stop);
}

/* conformance 143, 283; real bugs 49 */
static void io_comes_through_a_busy_worker(void **state)
{
    io_comes_through(*state, false);
}

/* conformance 344; real bugs 76 */
static void io_comes_through_a_yielding_worker(void **state)
{
    io_comes_through(*state, true);
}

/* ── a full deque ─────────────────────────────────────────────────────────────────────────────────────── */

static int spawn_thousand(void *counts)
{
    for (int i = 0; i < 1000; i++)
        if (PLX_SPAWN(tally, tally_new(counts, 1)))
            return -ENOMEM;
    return 0;
}

/* conformance 331 */
static void a_thousand_spawned_by_one_task(void **state)
{
    struct tally_counts counts = {0};
    uint64_t result;
    assert_int_equal(PLX_BLOCK_ON(*state, call, call_new(spawn_thousand, &counts), &result), 0);
    assert_int_equal(plx_runtime_wait_idle(*state), 0);
    assert_int_equal(counts.ends, 1000);
    assert_int_equal(counts.drops, 1000);
    assert_int_equal(counts.polls, 2000);
}

#define with_pool(test)    cmocka_unit_test_setup_teardown(test, new_pool, free_pool)
#define with_runtime(test) cmocka_unit_test_setup_teardown(test, new_runtime, free_runtime)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_pool(a_tick_does_one_thing),
        with_pool(it_steals_half_and_polls_one),
        with_pool(who_takes_a_share_wakes_another),
        with_pool(every_61st_tick_turns_the_reactor),
        with_pool(the_global_queue_gets_its_turn),
        with_pool(a_task_of_the_global_queue_has_a_budget_of_its_own),
        cmocka_unit_test(tasks_that_notify_themselves_take_turns),
        cmocka_unit_test(who_yields_lets_all_others_come_first),
        cmocka_unit_test(spawned_last_runs_first),
        cmocka_unit_test(without_the_lifo_slot_in_order),
        with_runtime(ping_pong_starves_nobody),
        with_runtime(io_comes_through_a_busy_worker),
        with_runtime(io_comes_through_a_yielding_worker),
        with_runtime(a_thousand_spawned_by_one_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
