/* SPDX-License-Identifier: MIT
 *
 * Local sets: tasks that stay on one thread, woken from any.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

#include <errno.h>

PLX_HANDLE(leaf_handle, leaf)
PLX_HANDLE(pass_handle, pass)
PLX_START(waiting, struct gate, pass, pass_new)
PLX_RUN_UNTIL(driver, waiting)

static struct plx_runtime *one_thread(void)
{
    return runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
}

static void turn(struct plx_runtime *runtime)
{
    while (plx_runtime_turn(runtime, 0) > 0)
        ;
}

static plx_local_set new_set(void)
{
    plx_local_set set;
    assert_int_equal(plx_local_set_new(&set), 0);
    return set;
}

/* ── a task that notes where it is polled ─────────────────────────────────────────────────────────────── */

struct places {
    pthread_t thread;
    _Atomic unsigned polls, drops, elsewhere;
};

typedef struct homebody {
    struct places *places;
    unsigned more;
    struct plx_waker_cell *left; /* where it leaves its waker; NULL: it notifies itself */
} homebody;
typedef plx_unit homebody_item;

static void note_place(struct places *places)
{
    if (!pthread_equal(places->thread, pthread_self()))
        places->elsewhere++;
}

static enum plx_answer homebody_poll(homebody *self, plx_context *cx, plx_unit *out)
{
    note_place(self->places);
    self->places->polls++;
    *out = (plx_unit){0};
    if (self->more == 0)
        return PLX_READY;
    self->more--;
    if (self->left) {
        plx_waker missed = plx_waker_cell_register(self->left, plx_context_waker(cx));
        plx_waker_notify(missed);
        plx_waker_drop(&missed);
    } else {
        plx_context_notify(cx);
    }
    return PLX_NOT_READY;
}

static void homebody_drop(homebody *self)
{
    note_place(self->places);
    self->places->drops++;
}

PLX_LEAF(homebody)
PLX_HANDLE(homebody_handle, homebody)

/* ── the set as a future ──────────────────────────────────────────────────────────────────────────────── */

/* Ready when all are; an empty one at once. */
static void test_ready_when_all_are(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct places places = {.thread = pthread_self()};
    plx_local_set set = new_set();
    plx_unit nothing;
    (void)state;

    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, homebody, ((homebody){&places, i % 3, NULL})), 0);
    assert_int_equal(plx_local_set_length(&set), 200);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_local_set, PLX_MOVE(set), &nothing), 0);
    assert_int_equal(places.drops, 200);
    assert_int_equal(places.polls, 200 + 199);
    assert_int_equal(places.elsewhere, 0);
    set = new_set();
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_local_set, PLX_MOVE(set), &nothing), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_local_set, set, &nothing),
                     0); /* it is empty, and no set at all */
    plx_runtime_free(runtime);
}

/* Local tasks spawn local tasks; the handles work as ever. */
#define FAMILY_AWAITS(AWAIT)                                                                                 \
    AWAIT(joined, leaf_handle)                                                                               \
    AWAIT(pause, plx_yield)

struct family_vars {
    struct probe *child;
    leaf_handle handle;
    token got;
};

static void family_cleanup(struct family_vars *my)
{
    leaf_handle_drop(&my->handle);
    token_drop(&my->got);
}

PLX_ASYNC(family, struct family_vars, int, FAMILY_AWAITS, family_cleanup)
{
    int error;
    PLX_BEGIN;
    error = leaf_handle_spawn_local(leaf_of(my->child), &my->handle);
    if (error)
        PLX_FAIL(error);
    PLX_AWAIT(PLX_NOTHING, pause, plx_yield_new());
    PLX_AWAIT(my->got, joined, PLX_MOVE(my->handle));
    PLX_RETURN(my->got.value);
    PLX_END;
}
PLX_HANDLE(family_handle, family)

static void test_spawn_local_from_a_local_task(void **state)
{
    struct probe child = {.value = 5};
    plx_local_set set = new_set();
    family_handle handle;
    int item = 0;
    (void)state;

    family future = family_new((struct family_vars){.child = &child});
    assert_int_equal(family_handle_spawn_local_on(&set, future, &handle), 0);
    assert_int_equal(plx_local_set_run(&set, NULL), 0);
    assert_int_equal(family_handle_wait(&handle, &item), 0);
    assert_int_equal(item, 5);
    assert_int_equal(child.drops, 1);

    child = (struct probe){.value = 6}; /* outside of a set there is none to spawn on */
    assert_int_equal(PLX_SPAWN_LOCAL(leaf, leaf_of(&child)), -ESHUTDOWN);
    assert_int_equal(child.drops, 1);
    plx_local_set_drop(&set);
}

/* ── run_until ────────────────────────────────────────────────────────────────────────────────────────── */

/* The tasks stay in the set, and go on in the next run. */
static void test_run_until(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct gate gate = {.polls = 0}, inner = {.polls = 0};
    plx_local_set set = new_set();
    uint64_t item;
    (void)state;

    gate_open(&gate);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, pass, pass_new(&inner)), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, driver, driver_new(&set, &gate), &item), 0);
    assert_int_equal(item, 42);
    assert_int_equal(plx_local_set_length(&set), 1);

    struct gate again = {.polls = 0};
    assert_int_equal(PLX_SPAWN_ON(runtime, driver, driver_new(&set, &again)), 0);
    turn(runtime);
    assert_int_equal(inner.polls, 1);
    gate_open(&inner);
    turn(runtime);
    assert_int_equal(inner.drops, 1);
    assert_int_equal(plx_local_set_length(&set), 0);
    gate_open(&again);
    turn(runtime);
    assert_int_equal(again.drops, 1);
    plx_local_set_drop(&set);
    plx_runtime_free(runtime);
}

/* A spawn and a wake by the set's own thread, from outside of its poll, while the set sleeps. real bugs 13 */
static void test_spawn_while_parked(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct gate gate = {.polls = 0};
    struct probe p = {.waits = 1};
    plx_local_set set = new_set();
    (void)state;

    assert_int_equal(PLX_SPAWN_ON(runtime, driver, driver_new(&set, &gate)), 0);
    turn(runtime);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, leaf, leaf_of(&p)), 0);
    turn(runtime);
    assert_int_equal(p.polls, 1);
    probe_notify(&p);
    turn(runtime);
    assert_int_equal(p.polls, 2);
    assert_int_equal(p.drops, 1);
    gate_open(&gate);
    turn(runtime);
    plx_local_set_drop(&set);
    plx_runtime_free(runtime);
}

/* ── fairness ─────────────────────────────────────────────────────────────────────────────────────────── */

/* A set of tasks that always go on leaves the others of its thread their turn, and a task that yields leaves
 * the reactor its own. real bugs 14: the yields of tasks in a set are not lost. */
static void test_others_have_their_turn(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct places places = {.thread = pthread_self()};
    struct gate gate = {.polls = 0};
    plx_local_set set = new_set();
    plx_unit nothing;
    (void)state;

    assert_int_equal(PLX_SPAWN_ON(runtime, driver, driver_new(&set, &gate)), 0);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, homebody, ((homebody){&places, 1000000, NULL})), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    assert_int_equal(places.drops, 0);
    assert_in_range(places.polls, 1,
                    21 * 62 * 61); /* a yield waits for the reactor, which turns every 61st tick */
    gate_open(&gate);
    turn(runtime);
    plx_local_set_drop(&set);
    assert_int_equal(places.drops, 1);

    set = new_set();
    for (int i = 0; i < 100; i++)
        assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, plx_yield, plx_yield_new()), 0);
    assert_int_equal(plx_local_set_run(&set, NULL), 0); /* on a plain thread: the sleeper */
    for (int i = 0; i < 100; i++)
        assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, plx_yield, plx_yield_new()), 0);
    assert_int_equal(plx_local_set_run(&set, runtime), 0); /* in a task: the yields of the runtime */
    plx_local_set_drop(&set);
    plx_runtime_free(runtime);
}

/* ── from other threads ───────────────────────────────────────────────────────────────────────────────── */

enum { REMOTES = 4, WAKES = 500 };

struct remote {
    struct plx_waker_cell cells[REMOTES];
    atomic_bool stop;
};

static void *wake_them(void *arg)
{
    struct remote *remote = arg;
    while (!atomic_load(&remote->stop))
        for (int i = 0; i < REMOTES; i++) {
            plx_waker waker = plx_waker_cell_take(&remote->cells[i]);
            plx_waker_notify(waker);
            plx_waker_drop(&waker);
        }
    return NULL;
}

/* Woken a thousand times from another thread, while this one sleeps or polls: all is polled and dropped here.
 * conformance 359 */
static void test_remote_wakes(void **state)
{
    (void)state;
    for (int with_runtime = 0; with_runtime < 3; with_runtime++) {
        struct places places = {.thread = pthread_self()};
        struct remote remote = {.stop = false};
        struct plx_runtime_options options = {
            .kind = with_runtime == 1 ? PLX_CURRENT_THREAD : PLX_THREAD_POOL,
            .workers = 1,
        };
        struct plx_runtime *runtime = with_runtime ? runtime_of(options) : NULL;
        plx_local_set set = new_set();
        pthread_t thread;
        for (int i = 0; i < REMOTES; i++)
            assert_int_equal(
                PLX_SPAWN_LOCAL_ON(&set, homebody, ((homebody){&places, WAKES, &remote.cells[i]})), 0);
        assert_int_equal(pthread_create(&thread, NULL, wake_them, &remote), 0);
        assert_int_equal(plx_local_set_run(&set, runtime), 0);
        atomic_store(&remote.stop, true);
        pthread_join(thread, NULL);
        assert_int_equal(places.polls, REMOTES * (WAKES + 1));
        assert_int_equal(places.drops, REMOTES);
        assert_int_equal(places.elsewhere, 0);
        plx_local_set_drop(&set);
        plx_runtime_free(runtime);
    }
}

/* A pool's tasks do work for a set, and the set's for the pool: each stays where it belongs. */
static int on_the_pool(void *arg)
{
    return pthread_equal(((struct places *)arg)->thread, pthread_self()) ? -EINVAL : 7;
}

PLX_HANDLE(call_handle, call)

#define CLERK_AWAITS(AWAIT) AWAIT(answer, call_handle)

struct clerk_vars {
    struct places *places;
    call_handle handle;
    uint64_t got;
};

PLX_ASYNC(clerk, struct clerk_vars, int, CLERK_AWAITS, plx_no_cleanup)
{
    int error;
    PLX_BEGIN;
    note_place(my->places);
    error = call_handle_spawn(call_new(on_the_pool, my->places), &my->handle);
    if (error)
        PLX_FAIL(error);
    PLX_AWAIT(my->got, answer, PLX_MOVE(my->handle));
    note_place(my->places);
    PLX_RETURN((int)my->got);
    PLX_END;
}
PLX_HANDLE(clerk_handle, clerk)

static void test_beside_a_pool(void **state)
{
    struct places places = {.thread = pthread_self()};
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    plx_local_set set = new_set();
    clerk_handle handles[20];
    (void)state;

    for (int i = 0; i < 20; i++) {
        clerk future = clerk_new((struct clerk_vars){.places = &places});
        assert_int_equal(clerk_handle_spawn_local_on(&set, future, &handles[i]), 0);
    }
    assert_int_equal(plx_local_set_run(&set, runtime), 0);
    for (int i = 0; i < 20; i++) {
        int item;
        assert_int_equal(clerk_handle_wait(&handles[i], &item), 0);
        assert_int_equal(item, 7);
    }
    assert_int_equal(places.elsewhere, 0);
    plx_local_set_drop(&set);
    plx_runtime_free(runtime);
}

/* ── where it may not be ──────────────────────────────────────────────────────────────────────────────── */

static void *run_elsewhere(void *arg)
{
    plx_local_set *set = arg;
    struct probe p = {.value = 1};
    assert_int_equal(plx_local_set_run(set, NULL), -EXDEV);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(set, leaf, leaf_of(&p)), -EXDEV);
    assert_int_equal(p.drops, 1);
    return NULL;
}

static int run_in_a_task(void *arg)
{
    return plx_local_set_run(arg, NULL);
}

/* A task of a pool, a second thread, a task that would wait: refused, and the first two reported. */
static void test_refused(void **state)
{
    struct plx_runtime *pool = runtime_of((struct plx_runtime_options){.workers = 1});
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.waits = FOREVER};
    plx_local_set set = new_set();
    unsigned before = plx_contract_count(PLX_LOCAL_ELSEWHERE);
    struct gate gate = {.open = true};
    pthread_t thread;
    uint64_t item;
    (void)state;

    capture_stderr();
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, leaf, leaf_of(&p)), 0);
    assert_int_equal(PLX_BLOCK_ON(pool, driver, driver_new(&set, &gate), &item), -EXDEV);
    assert_int_equal(p.polls, 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, driver, driver_new(&set, &gate), &item), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_elsewhere, &set), 0);
    pthread_join(thread, NULL);
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(run_in_a_task, &set), &item), -EDEADLK);
    captured_stderr();
    assert_int_equal(plx_contract_count(PLX_LOCAL_ELSEWHERE), before + 2);
    plx_local_set_drop(&set);
    assert_int_equal(p.drops, 1);
    plx_runtime_free(runtime);
    plx_runtime_free(pool);
}

/* A local task that blocked would stop its neighbours: it is told so, and spawns a job instead. */
static int sit(struct places *places, int *item)
{
    *item = pthread_equal(places->thread, pthread_self());
    return 0;
}

PLX_BLOCKING(sitting, struct places, int, sit)
PLX_HANDLE(sitting_handle, sitting)

#define SITTER_AWAITS(AWAIT)                                                                                 \
    AWAIT(here, sitting)                                                                                     \
    AWAIT(there, sitting_handle)

struct sitter_vars {
    struct places *places;
    sitting_handle handle;
    int item;
};

PLX_ASYNC(sitter, struct sitter_vars, int, SITTER_AWAITS, plx_no_cleanup)
{
    enum plx_answer caught;
    int error;
    PLX_BEGIN;
    PLX_AWAIT_CATCH(caught, my->item, here, sitting_new(my->places));
    if (caught == PLX_READY || cx->error.code != -ENOTSUP)
        PLX_FAIL(-EINVAL);
    error = PLX_SPAWN_BLOCKING(sitting, sitting_new(my->places), &my->handle);
    if (error)
        PLX_FAIL(error);
    PLX_AWAIT(my->item, there, PLX_MOVE(my->handle));
    PLX_RETURN(my->item);
    PLX_END;
}
PLX_HANDLE(sitter_handle, sitter)

/* conformance 359 (nested block_in_place rules) */
static void test_blocking(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct places places = {.thread = pthread_self()};
        struct plx_runtime_options options = {.kind = kind ? PLX_CURRENT_THREAD : PLX_THREAD_POOL,
                                              .workers = 1};
        struct plx_runtime *runtime = runtime_of(options);
        plx_local_set set = new_set();
        sitter_handle handle;
        int item = -1;
        sitter future = sitter_new((struct sitter_vars){.places = &places});
        assert_int_equal(sitter_handle_spawn_local_on(&set, future, &handle), 0);
        assert_int_equal(plx_local_set_run(&set, runtime), 0);
        assert_int_equal(sitter_handle_wait(&handle, &item), 0);
        assert_int_equal(item, 0);
        plx_local_set_drop(&set);
        plx_runtime_free(runtime);
    }
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────────── */

/* Dropping the set cancels its tasks, polled or not; handles say so; wakers that are left do no harm. The
 * runtime that goes drops the set in its task. conformance 359 */
static void test_drop_cancels(void **state)
{
    (void)state;
    for (int with_runtime = 0; with_runtime < 2; with_runtime++) {
        struct plx_runtime *runtime = one_thread();
        struct probe p = {.waits = FOREVER}, q = {.waits = FOREVER};
        struct hand hand = HAND;
        leaf_handle handles[2];
        token item;
        plx_local_set set = new_set();
        assert_int_equal(leaf_handle_spawn_local_on(&set, leaf_of(&p), &handles[0]), 0);
        plx_local_set view = set;
        if (with_runtime) {
            assert_int_equal(PLX_SPAWN_ON(runtime, plx_local_set, PLX_MOVE(set)), 0);
            turn(runtime);
        } else {
            struct gate gate = {.open = true};
            uint64_t passed;
            assert_int_equal(PLX_BLOCK_ON(runtime, driver, driver_new(&set, &gate), &passed), 0);
        }
        plx_waker kept = plx_waker_clone(p.waker);
        assert_int_equal(leaf_handle_spawn_local_on(&view, leaf_of(&q), &handles[1]), 0);
        plx_runtime_free(runtime);
        plx_local_set_drop(&set);
        assert_int_equal(p.drops, 1);
        assert_int_equal(p.polls, with_runtime);
        assert_int_equal(q.drops, 1);
        assert_int_equal(q.polls, 0);
        plx_waker_notify(kept);
        plx_waker_drop(&kept);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(POLL(leaf_handle, &handles[i], &hand, &item), PLX_FAILED);
            assert_int_equal(hand.cx.error.code, -ECANCELED);
        }
    }
}

/* A task that, dropped with its set, notifies a neighbour, spawns, and drops a handle. */
struct last_words {
    struct probe *neighbour;
    plx_local_set *set;
    struct probe *child;
    int error;
};

typedef struct testator {
    struct last_words *words;
} testator;
typedef plx_unit testator_item;

static enum plx_answer testator_poll(testator *self, plx_context *cx, plx_unit *out)
{
    (void)self;
    *out = (plx_unit){0};
    plx_context_notify(cx);
    return PLX_NOT_READY;
}

static void testator_drop(testator *self)
{
    struct last_words *words = self->words;
    probe_notify(words->neighbour);
    words->error = PLX_SPAWN_LOCAL_ON(words->set, leaf, leaf_of(words->child));
}

PLX_LEAF(testator)

static void test_busy_drops(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe neighbour = {.waits = FOREVER}, child = {.value = 1};
    plx_local_set set = new_set(), view = set;
    struct last_words words = {&neighbour, &view, &child, 0};
    struct gate gate = {.open = true};
    uint64_t item;
    (void)state;

    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, testator, ((testator){&words})), 0);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, leaf, leaf_of(&neighbour)), 0);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, testator, ((testator){&words})), 0);
    struct gate shut = {.polls = 0};
    assert_int_equal(PLX_SPAWN_ON(runtime, driver, driver_new(&set, &shut)), 0);
    assert_int_equal(plx_runtime_turn(runtime, 0), 1);
    gate_open(&shut);
    assert_int_equal(PLX_BLOCK_ON(runtime, driver, driver_new(&set, &gate), &item), 0);
    turn(runtime);
    assert_int_equal(neighbour.polls, 1);
    plx_local_set_drop(&set);
    assert_int_equal(neighbour.drops, 1);
    assert_int_equal(words.error, -ESHUTDOWN);
    assert_int_equal(child.drops, 2); /* two testators, both refused */
    assert_int_equal(child.polls, 0);
    plx_runtime_free(runtime);
}

/* A set that one of its own tasks drops ends after that task's poll. */
typedef struct parricide {
    plx_local_set *set;
    int *drops;
} parricide;
typedef plx_unit parricide_item;

static enum plx_answer parricide_poll(parricide *self, plx_context *cx, plx_unit *out)
{
    (void)cx;
    *out = (plx_unit){0};
    plx_local_set_drop(self->set);
    return PLX_NOT_READY;
}

static void parricide_drop(parricide *self)
{
    ++*self->drops;
}

PLX_LEAF(parricide)

static void test_dropped_by_its_own_task(void **state)
{
    plx_local_set set = new_set(), view = set;
    struct probe p = {.waits = FOREVER};
    int drops = 0;
    (void)state;

    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, parricide, ((parricide){&set, &drops})), 0);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, leaf, leaf_of(&p)), 0);
    assert_int_equal(plx_local_set_run(&view, NULL), 0);
    assert_int_equal(drops, 1);
    assert_int_equal(p.drops, 1);
    assert_int_equal(p.polls, 0);
    plx_local_set_drop(&set);
}

enum { SHUTDOWNS = 300 };

/* The set goes while another thread wakes its tasks: no wake reaches what is gone. conformance 359 (wake
 * during shutdown) */
static void test_wakes_during_the_drop(void **state)
{
    struct places places = {.thread = pthread_self()};
    struct remote remote = {.stop = false};
    pthread_t thread;
    (void)state;

    assert_int_equal(pthread_create(&thread, NULL, wake_them, &remote), 0);
    const unsigned rounds = scaled(SHUTDOWNS * 10);
    for (unsigned round = 0; round < rounds; round++) {
        struct plx_runtime *runtime = one_thread();
        plx_local_set set = new_set();
        for (int i = 0; i < REMOTES; i++)
            assert_int_equal(
                PLX_SPAWN_LOCAL_ON(&set, homebody, ((homebody){&places, UINT32_MAX, &remote.cells[i]})), 0);
        assert_int_equal(PLX_SPAWN_ON(runtime, plx_local_set, set), 0);
        for (unsigned i = 0; i < round % 4; i++)
            assert_in_range(plx_runtime_turn(runtime, 0), 0, 1);
        plx_runtime_free(runtime);
        assert_int_equal(places.drops, REMOTES * (round + 1));
    }
    atomic_store(&remote.stop, true);
    pthread_join(thread, NULL);
    for (int i = 0; i < REMOTES; i++) {
        plx_waker waker = plx_waker_cell_take(&remote.cells[i]);
        plx_waker_drop(&waker);
    }
    assert_int_equal(places.elsewhere, 0);
}

/* Sets nest: one is driven by a task of another. */
static void test_nested(void **state)
{
    struct places places = {.thread = pthread_self()};
    plx_local_set outer = new_set(), inner = new_set();
    (void)state;

    for (int i = 0; i < 100; i++)
        assert_int_equal(PLX_SPAWN_LOCAL_ON(&inner, homebody, ((homebody){&places, 3, NULL})), 0);
    assert_int_equal(PLX_SPAWN_LOCAL_ON(&outer, plx_local_set, PLX_MOVE(inner)), 0);
    assert_int_equal(plx_local_set_run(&outer, NULL), 0);
    assert_int_equal(places.polls, 400);
    assert_int_equal(places.drops, 100);
    plx_local_set_drop(&outer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_when_all_are),
        cmocka_unit_test(test_spawn_local_from_a_local_task),
        cmocka_unit_test(test_run_until),
        cmocka_unit_test(test_spawn_while_parked),
        cmocka_unit_test(test_others_have_their_turn),
        cmocka_unit_test(test_remote_wakes),
        cmocka_unit_test(test_beside_a_pool),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_blocking),
        cmocka_unit_test(test_drop_cancels),
        cmocka_unit_test(test_busy_drops),
        cmocka_unit_test(test_dropped_by_its_own_task),
        cmocka_unit_test(test_wakes_during_the_drop),
        cmocka_unit_test(test_nested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
