/* SPDX-License-Identifier: MIT
 *
 * Local sets: their tasks, their turns, and their end. What other threads have to do with them:
 * test_local_threads.c
 */
#include "tests/unit/task/local.h"

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
        cmocka_unit_test(test_drop_cancels),
        cmocka_unit_test(test_busy_drops),
        cmocka_unit_test(test_dropped_by_its_own_task),
        cmocka_unit_test(test_nested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
