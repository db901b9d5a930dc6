/* SPDX-License-Identifier: MIT
 *
 * The scheduler under a storm: tasks of two runtimes that notify themselves and each other, yield, spawn
 * and wait, while threads outside notify and spawn as well. Everything is counted:
 *
 *     no task is polled by two threads at once,
 *     every task that is spawned ends once and is dropped once,
 *     no notify is lost: after the storm every task has been polled since it was notified last.
 */
#include "tests/support/stress.h"

enum { WANDERERS = 48, NOTIFIERS = 2, NOTIFIES = 3000, SPAWNS = 1000 };

/* ── wanderers ────────────────────────────────────────────────────────────────────────────────────────── */

/* `asked` is raised before the waker is taken; a wanderer leaves its waker before it looks at `asked`. */
struct place {
    struct plx_waker_cell cell;
    _Atomic unsigned asked, seen, drops;
};

static struct {
    struct place places[WANDERERS];
    struct tally_counts children;
    _Atomic unsigned spawned, clashes;
    atomic_bool calm; /* nobody notifies any more */
    atomic_bool over;
} storm;

static void notify_one(uint32_t *source)
{
    struct place *place = &storm.places[stress_below(source, WANDERERS)];
    atomic_fetch_add(&place->asked, 1);
    plx_waker waker = plx_waker_cell_take(&place->cell);
    plx_waker_notify(waker);
    plx_waker_drop(&waker);
}

static void spawn_child(struct plx_runtime *runtime, uint32_t *source)
{
    if (PLX_SPAWN_ON(runtime, tally, tally_new(&storm.children, stress_below(source, 4))))
        abort();
    atomic_fetch_add(&storm.spawned, 1);
}

typedef struct wanderer {
    struct place *place;
    uint32_t source;
    _Atomic unsigned inside; /* how many poll it just now */
} wanderer;
typedef uint64_t wanderer_item;

static void wander(wanderer *self, plx_context *cx)
{
    switch (stress_below(&self->source, 8)) {
    case 0:
        plx_context_notify(cx);
        break;
    case 1:
        plx_context_yield(cx);
        break;
    case 2:
        spawn_child(cx->runtime, &self->source);
        plx_context_notify(cx);
        break;
    case 3:
        notify_one(&self->source);
        notify_one(&self->source);
        plx_context_notify(cx);
        break;
    case 4:
    case 5:
        notify_one(&self->source);
        break;
    default:
        break; /* waits for somebody to notify it */
    }
}

static enum plx_answer wanderer_poll(wanderer *self, plx_context *cx, uint64_t *out)
{
    struct place *place = self->place;
    if (atomic_fetch_add(&self->inside, 1) > 0)
        atomic_fetch_add(&storm.clashes, 1);
    plx_waker overtaken = plx_waker_cell_register(&place->cell, plx_context_waker(cx));
    plx_waker_notify(overtaken);
    plx_waker_drop(&overtaken);
    unsigned asked = atomic_load(&place->asked);
    bool over = atomic_load(&storm.over);
    if (!over && !atomic_load(&storm.calm))
        wander(self, cx);
    *out = asked;
    atomic_store(&place->seen, asked);
    atomic_fetch_sub(&self->inside, 1);
    return over ? PLX_READY : PLX_NOT_READY;
}

static void wanderer_drop(wanderer *self)
{
    atomic_fetch_add(&self->place->drops, 1);
}

PLX_LEAF(wanderer)

/* ── threads outside ──────────────────────────────────────────────────────────────────────────────────── */

struct outsider {
    struct plx_runtime *runtime;
    uint32_t source;
};

static void *notify_many(void *arg)
{
    struct outsider *self = arg;
    for (unsigned i = 0; i < scaled(NOTIFIES); i++) {
        notify_one(&self->source);
        stress_spin(stress_below(&self->source, 200));
    }
    return NULL;
}

static void *spawn_many(void *arg)
{
    struct outsider *self = arg;
    for (unsigned i = 0; i < scaled(SPAWNS); i++) {
        spawn_child(self->runtime, &self->source);
        stress_spin(stress_below(&self->source, 500));
    }
    return NULL;
}

/* ── a round ──────────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_runtime *random_runtime(uint32_t *source)
{
    return runtime_of((struct plx_runtime_options){
        .workers = 1 + stress_below(source, 4),
        .no_lifo = stress_below(source, 4) == 0,
    });
}

static void begin_storm(struct plx_runtime *runtimes[2])
{
    memset((void *)&storm, 0, sizeof storm);
    for (uint32_t i = 0; i < WANDERERS; i++) {
        wanderer future = {.place = &storm.places[i], .source = stress_source(100 + i)};
        assert_int_equal(PLX_SPAWN_ON(runtimes[i % 2], wanderer, future), 0);
    }
}

static void blow(struct plx_runtime *runtimes[2])
{
    struct outsider outsiders[NOTIFIERS + 2];
    pthread_t threads[NOTIFIERS + 2];
    for (uint32_t i = 0; i < NOTIFIERS + 2; i++) {
        outsiders[i] = (struct outsider){runtimes[i % 2], stress_source(200 + i)};
        stress_thread(&threads[i], i < NOTIFIERS ? notify_many : spawn_many, &outsiders[i]);
    }
    for (int i = 0; i < NOTIFIERS + 2; i++)
        pthread_join(threads[i], NULL);
}

/* With a lost notify this waits for ever. */
static void wait_until_all_have_seen(void)
{
    atomic_store(&storm.calm, true);
    for (int i = 0; i < WANDERERS; i++)
        wait_until(atomic_load(&storm.places[i].seen) == atomic_load(&storm.places[i].asked));
}

static void end_storm(void)
{
    atomic_store(&storm.over, true);
    for (int i = 0; i < WANDERERS; i++) {
        plx_waker waker = plx_waker_cell_take(&storm.places[i].cell);
        plx_waker_notify(waker);
        plx_waker_drop(&waker);
    }
}

static void drop_wakers_left(void)
{
    for (int i = 0; i < WANDERERS; i++) {
        plx_waker waker = plx_waker_cell_take(&storm.places[i].cell);
        plx_waker_drop(&waker);
    }
}

static void assert_all_counts(void)
{
    assert_int_equal(storm.clashes, 0);
    assert_int_equal(storm.children.clashes, 0);
    assert_int_equal(storm.children.ends, storm.spawned);
    assert_int_equal(storm.children.drops, storm.spawned);
    for (int i = 0; i < WANDERERS; i++)
        assert_int_equal(storm.places[i].drops, 1);
}

/* conformance 4, 126, 132, 133, 144, 303, 333, 339 */
static void a_storm_loses_nothing(void **state)
{
    (void)state;
    for (stress_begin(); stress_goes_on();) {
        uint32_t source = stress_source(1);
        struct plx_runtime *runtimes[2] = {random_runtime(&source), random_runtime(&source)};
        begin_storm(runtimes);
        blow(runtimes);
        wait_until_all_have_seen();
        end_storm();
        for (int i = 0; i < 2; i++)
            assert_int_equal(plx_runtime_wait_idle(runtimes[i]), 0);
        drop_wakers_left();
        for (int i = 0; i < 2; i++)
            plx_runtime_free(runtimes[i]);
        assert_all_counts();
    }
    stress_end();
}

/* ── spawned while the last worker falls asleep ───────────────────────────────────────────────────────── */

static _Atomic uint64_t submitted;

static int nothing(void *unused)
{
    (void)unused;
    return 0;
}

/* Waits each time for a moment that is about as long as a worker takes to fall asleep, so that the next one
 * comes while it does. */
static void *submit_one_by_one(void *arg)
{
    struct outsider *self = arg;
    for (unsigned i = 0; i < scaled(20000); i++) {
        uint64_t result;
        if (PLX_BLOCK_ON(self->runtime, call, call_new(nothing, NULL), &result))
            abort();
        atomic_fetch_add_explicit(&submitted, 1, memory_order_relaxed);
        stress_spin(stress_below(&self->source, 3000));
    }
    return NULL;
}

/* conformance 153, 338; real bugs 4 */
static void a_worker_that_falls_asleep_misses_nothing(void **state)
{
    (void)state;
    for (stress_begin(); stress_goes_on();) {
        uint32_t source = stress_source(1), threads = 1 + stress_below(&source, 2);
        struct plx_runtime *runtime = runtime_of(
            (struct plx_runtime_options){.workers = 1 + stress_below(&source, 3)});
        struct outsider outsiders[2];
        pthread_t running[2];
        for (uint32_t i = 0; i < threads; i++) {
            outsiders[i] = (struct outsider){runtime, stress_source(300 + i)};
            stress_thread(&running[i], submit_one_by_one, &outsiders[i]);
        }
        for (uint32_t i = 0; i < threads; i++)
            pthread_join(running[i], NULL);
        plx_runtime_free(runtime);
    }
    stress_end();
    printf("%llu tasks, one after the other\n", (unsigned long long)submitted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_storm_loses_nothing),
        cmocka_unit_test(a_worker_that_falls_asleep_misses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
