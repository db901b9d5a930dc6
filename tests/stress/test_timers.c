/* SPDX-License-Identifier: MIT
 *
 * Timers under load: everything that can be done to delays at once, from tasks and from threads. And ten
 * million timers, of which none is ever noticed: what a timer costs in memory, and that no turn has more to
 * do than its share, however many there are. Work is counted, not timed. With PLX_STRESS_SECONDS set all ten
 * million are set at a time (800 MB), otherwise a million.
 */
#include "tests/support/stress.h"

/* ── delays that everybody meddles with ───────────────────────────────────────────────────────────────── */

enum { TASKS = 64, SLOTS = 8, THREADS = 2, WORKERS = 4, LONGEST_US = 20000 };

static struct slot {
    pthread_mutex_t lock; /* whoever holds it is the delay's one user */
    plx_delay delay;
    bool live;
} slots[TASKS][SLOTS];

static struct {
    atomic_bool stop;
    _Atomic uint64_t fired, early, failed, reset, dropped, polls;
} seen;

static uint64_t some_time(uint32_t *seed)
{
    return PLX_US(stress_below(seed, LONGEST_US));
}

static void begin_delay(struct slot *slot, uint32_t *seed)
{
    slot->live = true;
    slot->delay = stress_below(seed, 2)
                      ? plx_delay_for(some_time(seed))
                      : plx_delay_until(plx_instant_after(plx_instant_now(), some_time(seed)));
}

static void end_delay(struct slot *slot)
{
    if (slot->live)
        plx_delay_drop(&slot->delay);
    slot->live = false;
}

static void reset_delay(struct slot *slot, uint32_t *seed)
{
    atomic_fetch_add_explicit(&seen.reset, 1, memory_order_relaxed);
    plx_delay_reset_for(&slot->delay, some_time(seed));
}

/* With its lock. A delay that is ready must not be early; then it is reset, or makes room for another. */
static void look_at(struct slot *slot, plx_context *cx, uint32_t *seed)
{
    plx_unit nothing;
    if (!slot->live)
        begin_delay(slot, seed);
    enum plx_answer answer = plx_delay_poll(&slot->delay, cx, &nothing);
    atomic_fetch_add_explicit(&seen.failed, answer == PLX_FAILED, memory_order_relaxed);
    if (answer == PLX_NOT_READY)
        return;
    atomic_fetch_add_explicit(&seen.fired, 1, memory_order_relaxed);
    if (plx_instant_before(plx_instant_now(), plx_delay_deadline(&slot->delay)))
        atomic_fetch_add(&seen.early, 1);
    if (stress_below(seed, 2))
        reset_delay(slot, seed);
    else
        end_delay(slot);
}

/* A task that looks after its slots, and has a delay of its own, so that it is awake now and then whatever
 * the others do. */
typedef struct keeper {
    struct slot *mine;
    uint32_t seed;
    plx_delay heartbeat;
} keeper;
typedef plx_unit keeper_item;

static enum plx_answer keeper_poll(keeper *self, plx_context *cx, plx_unit *out)
{
    atomic_fetch_add_explicit(&seen.polls, 1, memory_order_relaxed);
    for (int i = 0; i < SLOTS; i++) {
        pthread_mutex_lock(&self->mine[i].lock);
        look_at(&self->mine[i], cx, &self->seed);
        pthread_mutex_unlock(&self->mine[i].lock);
    }
    if (atomic_load(&seen.stop))
        return PLX_READY;
    while (plx_delay_poll(&self->heartbeat, cx, out) == PLX_READY)
        plx_delay_reset_for(&self->heartbeat, PLX_MS(1 + stress_below(&self->seed, 4)));
    return PLX_NOT_READY;
}

static void keeper_drop(keeper *self)
{
    plx_delay_drop(&self->heartbeat);
    for (int i = 0; i < SLOTS; i++) {
        pthread_mutex_lock(&self->mine[i].lock);
        end_delay(&self->mine[i]);
        pthread_mutex_unlock(&self->mine[i].lock);
    }
}

PLX_LEAF(keeper)

static void have_a_rest(void)
{
    struct timespec pause = {.tv_nsec = 1000000};
    nanosleep(&pause, NULL);
}

/* A thread that resets and drops what tasks wait for. */
static void *meddle(void *arg)
{
    uint32_t seed = (uint32_t)(uintptr_t)arg;
    while (!atomic_load(&seen.stop)) {
        struct slot *slot = &slots[stress_below(&seed, TASKS)][stress_below(&seed, SLOTS)];
        pthread_mutex_lock(&slot->lock);
        if (slot->live && stress_below(&seed, 4)) {
            reset_delay(slot, &seed);
        } else if (slot->live) {
            end_delay(slot);
            atomic_fetch_add_explicit(&seen.dropped, 1, memory_order_relaxed);
        }
        pthread_mutex_unlock(&slot->lock);
        if (stress_below(&seed, 16) == 0)
            have_a_rest();
    }
    return NULL;
}

static void test_everything_at_once(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = WORKERS});
    pthread_t threads[THREADS];
    (void)state;
    stress_begin();
    for (uint32_t task = 0; task < TASKS; task++) {
        for (int i = 0; i < SLOTS; i++)
            pthread_mutex_init(&slots[task][i].lock, NULL);
        keeper future = {.mine = slots[task], .seed = stress_source(task), .heartbeat = plx_delay_for(0)};
        assert_int_equal(PLX_SPAWN_ON(runtime, keeper, future), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++)
        stress_thread(&threads[i], meddle, (void *)(uintptr_t)stress_source(TASKS + i));
    while (stress_goes_on())
        have_a_rest();
    atomic_store(&seen.stop, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    plx_runtime_free(runtime);
    stress_end();

    assert_int_equal(seen.early, 0);
    assert_int_equal(seen.failed, 0);
    assert_true(seen.fired > 0 && seen.reset > 0 && seen.dropped > 0);
    printf("%llu fired, %llu reset, %llu dropped by others, %llu polls\n", (unsigned long long)seen.fired,
           (unsigned long long)seen.reset, (unsigned long long)seen.dropped, (unsigned long long)seen.polls);
}

/* ── ten million ──────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_clock paused = PLX_CLOCK_PAUSED;
static struct plx_timer *timer;
static uint64_t most_work;

static void no_unpark(void *arg)
{
    (void)arg;
}

static void ignore(const struct plx_notify *notify, uintptr_t id, struct plx_cause by)
{
    (void)notify;
    (void)by;
    ++*(uint64_t *)id;
}

static uintptr_t keep_id(const struct plx_notify *notify, uintptr_t id)
{
    (void)notify;
    return id;
}

static void drop_id(const struct plx_notify *notify, uintptr_t id)
{
    (void)notify;
    (void)id;
}

static const struct plx_notify counter = {ignore, keep_id, drop_id};

static void turn(void)
{
    uint64_t before = plx_timer_counts(timer).work;
    plx_timer_turn(timer);
    uint64_t work = plx_timer_counts(timer).work - before;
    most_work = work > most_work ? work : most_work;
}

/* The clock goes on by so much; every turn that becomes due is made. */
static void pass_time(uint64_t ns)
{
    plx_clock_advance(&paused, ns);
    do {
        turn();
    } while (plx_timer_timeout_ns(timer) == 0);
}

static void set_all(plx_delay *delays, size_t count, uint64_t ns, uint64_t among_ns, plx_context *cx)
{
    plx_unit nothing;
    for (size_t i = 0; i < count; i++) {
        delays[i] = plx_delay_for(ns + i * 7919 * 1000 % among_ns);
        if (plx_delay_poll(&delays[i], cx, &nothing) != PLX_NOT_READY)
            fail_msg("timer %zu is not set", i);
    }
}

static void drop_all(plx_delay *delays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        plx_delay_drop(&delays[i]);
    assert_int_equal(plx_timer_counts(timer).armed, 0);
}

/* Timeouts as a server has them: set for 30 s, and unset after 29. Just before, all of them have come down by
 * a level, in shares. */
static void set_and_cancel(size_t together, int waves, plx_delay *delays, plx_context *cx)
{
    struct plx_instant begun = plx_clock_now(plx_clock_of_process());
    for (int wave = 0; wave < waves; wave++) {
        set_all(delays, together, PLX_SECONDS(30), PLX_SECONDS(1), cx);
        pass_time(PLX_SECONDS(29));
        drop_all(delays, together);
    }
    uint64_t ns = plx_instant_since(plx_clock_now(plx_clock_of_process()), begun);
    printf(
        "%zu timers set and cancelled, %zu at a time, %.0f ns each; %zu bytes a timer, nothing is allocated; "
        "at most %llu entries touched in a turn\n",
        together * (size_t)waves, together, (double)ns / (double)(together * (size_t)waves),
        sizeof(plx_delay), (unsigned long long)most_work);
}

static void test_ten_million(void **state)
{
    size_t together = scaled(1000000);
    int waves = 10;
    (void)state;
    if (getenv("PLX_STRESS_SECONDS") && !SANITIZED) {
        together *= 10; /* 800 MB */
        waves = 1;
    }
    uint64_t notified = 0;
    plx_context cx = {.waker = {&counter, (uintptr_t)&notified}};
    plx_delay *delays = malloc(together * sizeof *delays);
    assert_non_null(delays);
    assert_int_equal(plx_timer_new(&paused, 0, no_unpark, NULL, &timer), 0);
    plx_timer_use(timer);
    plx__context_enter(&cx);

    set_and_cancel(together, waves, delays, &cx);
    assert_int_equal(notified, 0);

    set_all(delays, together, PLX_SECONDS(30), PLX_MS(2),
            &cx); /* and all within 2 ms: they fire in shares, too */
    pass_time(PLX_SECONDS(31));
    assert_int_equal(notified, together);
    drop_all(delays, together);
    assert_true(most_work <= PLX_TIMER_SLICE * PLX_TIMER_SLICES);

    plx__context_leave(&cx);
    plx_timer_use(NULL);
    plx_timer_shutdown(timer);
    plx_timer_release(timer);
    free(delays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_at_once),
        cmocka_unit_test(test_ten_million),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
