/* SPDX-License-Identifier: MIT
 *
 * Notify, wakers, the current task, and what a task does with them.
 */
#include "tests/unit/task/one_thread.h"

#include <errno.h>
#include <pthread.h>

/* ── polls by hand ────────────────────────────────────────────────────────────────────────────────── */

/* Takes the current task's waker, the 0.1 way, and polls another "task" by hand in between. */
typedef struct asking {
    struct hand *inner;
    plx_waker before, after;
    enum plx_answer answer;
} asking;
typedef plx_unit asking_item;

static enum plx_answer asking_poll(asking *self, plx_context *cx, plx_unit *out)
{
    struct probe p = {.code = self->answer == PLX_FAILED ? -EIO : 0};
    leaf inner = leaf_of(&p);
    token item;

    self->before = plx_task_current();
    assert_true(plx_waker_same(self->before, cx->waker));
    assert_int_equal(POLL(leaf, &inner, self->inner, &item), self->answer);
    leaf_drop(&inner);
    self->after = plx_task_current();
    *out = (plx_unit){0};
    return PLX_READY;
}

static void asking_drop(asking *self)
{
    plx_waker_drop(&self->before);
    plx_waker_drop(&self->after);
}

PLX_LEAF(asking)

/* conformance 1 */
static void test_current_outside_of_a_poll(void **state)
{
    unsigned before = plx_contract_count(PLX_NO_CURRENT_TASK);
    (void)state;

    plx_waker nobody = plx_task_current();
    assert_int_equal(plx_contract_count(PLX_NO_CURRENT_TASK), before + 1);
    plx_waker_notify(nobody); /* an empty waker may be used like any other */
    plx_waker copy = plx_waker_clone(nobody);
    plx_waker_drop(&copy);
    plx_waker_drop(&nobody);
}

/* conformance 2 */
static void test_polls_nest(void **state)
{
    static const enum plx_answer answers[] = {PLX_READY, PLX_FAILED};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct hand outer = HAND, inner = HAND;
        asking future = {.inner = &inner, .answer = answers[i]};
        plx_unit nothing;
        assert_int_equal(POLL(asking, &future, &outer, &nothing), PLX_READY);
        assert_true(plx_waker_same(future.before, future.after));
        assert_int_equal(hand_wakers(&outer), 2);
        assert_int_equal(hand_wakers(&inner), 0);
        asking_drop(&future);
        assert_int_equal(hand_wakers(&outer), 0);
        assert_null(plx__context_current());
    }
}

/* conformance 3 */
static void test_every_clone_is_dropped_once(void **state)
{
    struct hand hand = HAND;
    (void)state;

    hand_enter(&hand);
    plx_waker one = plx_task_current();
    assert_int_equal(hand.clones, 1);
    plx_waker two = plx_waker_clone(one);
    assert_int_equal(hand.clones, 2);
    hand_leave(&hand);

    plx_waker_notify(two);
    assert_int_equal(hand.notified, 1);
    plx_waker_drop(&one);
    plx_waker_drop(&one); /* empty by now */
    assert_int_equal(hand.drops, 1);
    plx_waker_drop(&two);
    assert_int_equal(hand.drops, 2);
}

/* conformance 9 */
static void test_same_is_never_said_of_two_tasks(void **state)
{
    struct hand a = HAND, b = HAND;
    (void)state;

    hand_enter(&a);
    plx_waker of_a = plx_task_current(), again = plx_task_current();
    hand_leave(&a);
    hand_enter(&b);
    plx_waker of_b = plx_task_current();
    hand_leave(&b);
    assert_true(plx_waker_same(of_a, again));
    assert_false(plx_waker_same(of_a, of_b));
    assert_false(plx_waker_same(of_a, (plx_waker){0}));
    plx_waker_drop(&of_a);
    plx_waker_drop(&again);
    plx_waker_drop(&of_b);
}

/* ── tasks ────────────────────────────────────────────────────────────────────────────────────────── */

PLX_HANDLE(leaf_handle, leaf)

/* Notifies its own task so many times, while it is polled. */
typedef struct restless {
    int times;
    int *polls;
} restless;
typedef plx_unit restless_item;

static enum plx_answer restless_poll(restless *self, plx_context *cx, plx_unit *out)
{
    ++*self->polls;
    *out = (plx_unit){0};
    if (self->times == 0)
        return PLX_READY;
    self->times--;
    plx_waker me = plx_context_waker(cx);
    plx_waker_notify(me);
    plx_waker_notify(me); /* two notifies are as good as one */
    plx_waker_drop(&me);
    return PLX_NOT_READY;
}

static void restless_drop(restless *self)
{
    (void)self;
}

PLX_LEAF(restless)

/* conformance 4 */
static void test_notify_while_polled(void **state)
{
    struct plx_runtime *runtime = one_thread();
    plx_unit nothing;
    int polls = 0;
    (void)state;

    assert_int_equal(PLX_BLOCK_ON(runtime, restless, ((restless){5, &polls}), &nothing), 0);
    assert_int_equal(polls, 6);
    plx_runtime_free(runtime);
}

/* A leaf that leaves its waker with the test, which keeps it beyond the task's end. */
typedef struct leaver {
    plx_waker *kept;
    int *polls, *drops;
} leaver;
typedef plx_unit leaver_item;

static enum plx_answer leaver_poll(leaver *self, plx_context *cx, plx_unit *out)
{
    ++*self->polls;
    *self->kept = plx_context_waker(cx);
    *out = (plx_unit){0};
    return PLX_READY;
}

static void leaver_drop(leaver *self)
{
    ++*self->drops;
}

PLX_LEAF(leaver)

/* conformance 5, 134: the future is gone when the task ends, whoever still holds a waker */
static void test_notify_after_the_end(void **state)
{
    struct plx_runtime *runtime = one_thread();
    plx_waker kept = {0};
    plx_unit nothing;
    int polls = 0, drops = 0;
    (void)state;

    assert_int_equal(PLX_BLOCK_ON(runtime, leaver, ((leaver){&kept, &polls, &drops}), &nothing), 0);
    assert_int_equal(drops, 1);
    plx_waker_notify(kept);
    plx_waker_notify(kept);
    plx_runtime_wait_idle(runtime);
    assert_int_equal(polls, 1);
    assert_int_equal(drops, 1);
    plx_waker_drop(&kept);
    plx_runtime_free(runtime);
}

/* conformance 8: a join handle that was polled by two tasks notifies the last one */
static void test_only_the_last_poller_is_notified(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.waits = 1, .value = 3};
    struct hand first = HAND, last = HAND;
    leaf_handle handle;
    token item = {0};
    (void)state;

    assert_int_equal(leaf_handle_spawn_on(runtime, leaf_of(&p), &handle), 0);
    assert_int_equal(POLL(leaf_handle, &handle, &first, &item), PLX_NOT_READY);
    assert_int_equal(POLL(leaf_handle, &handle, &first, &item), PLX_NOT_READY);
    assert_int_equal(first.clones, 1); /* the same waker is not taken twice */
    assert_int_equal(POLL(leaf_handle, &handle, &last, &item), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&first), 0);
    assert_int_equal(hand_wakers(&last), 1);

    plx_unit nothing;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing),
                     0); /* the leaf is polled meanwhile */
    assert_true(probe_notify(&p));
    plx_runtime_wait_idle(runtime);
    assert_int_equal(first.notified, 0);
    assert_int_equal(last.notified, 1);
    assert_int_equal(POLL(leaf_handle, &handle, &first, &item), PLX_READY);
    assert_int_equal(item.value, 3);
    assert_int_equal(hand_wakers(&last), 0);
    leaf_handle_drop(&handle);
    assert_int_equal(p.items_dropped, 0);
    plx_runtime_free(runtime);
}

/* conformance 60 */
static void test_handle_polled_after_end(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.value = 3};
    struct hand hand = HAND;
    leaf_handle handle;
    token item = {0};
    unsigned before = plx_contract_count(PLX_POLLED_AFTER_END);
    (void)state;

    assert_int_equal(leaf_handle_spawn_on(runtime, leaf_of(&p), &handle), 0);
    plx_runtime_wait_idle(runtime);
    assert_int_equal(POLL(leaf_handle, &handle, &hand, &item), PLX_READY);
    assert_int_equal(POLL(leaf_handle, &handle, &hand, &item), PLX_FAILED);
    assert_failed_at(&hand, -EINVAL, leaf_handle_shape.at.line);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), before + 1);
    leaf_handle_drop(&handle);
    plx_runtime_free(runtime);
}

/* conformance 345: dropped before, and after, its task has ended; the item is dropped by whoever is last */
static void test_handle_dropped(void **state)
{
    (void)state;
    for (int after = 0; after < 2; after++) {
        struct plx_runtime *runtime = one_thread();
        struct probe p = {.value = 3};
        struct hand hand = HAND;
        leaf_handle handle;
        token item;
        assert_int_equal(leaf_handle_spawn_on(runtime, leaf_of(&p), &handle), 0);
        assert_int_equal(POLL(leaf_handle, &handle, &hand, &item), PLX_NOT_READY);
        if (after)
            plx_runtime_wait_idle(runtime);
        leaf_handle_drop(&handle);
        plx_runtime_wait_idle(runtime);
        assert_int_equal(p.drops, 1);
        assert_int_equal(p.items_dropped, 1);
        assert_int_equal(hand.notified, after);
        assert_int_equal(hand_wakers(&hand), 0);
        plx_runtime_free(runtime);
    }
}

/* A waker that drops the handle when it is notified: in the middle of its task's completion. */
struct hasty {
    leaf_handle handle;
    int clones, drops;
};

static void drop_handle(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self;
    (void)by;
    leaf_handle_drop(&((struct hasty *)id)->handle);
}

static uintptr_t clone_hasty(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    ((struct hasty *)id)->clones++;
    return id;
}

static void drop_hasty(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    ((struct hasty *)id)->drops++;
}

static const struct plx_notify hasty_functions = {drop_handle, clone_hasty, drop_hasty};

/* The join waker goes at once, not with the task's cell, which somebody may hold for long. conformance 345 */
static void test_handle_dropped_at_completion(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.waits = 1, .value = 3};
    struct hasty hasty = {.clones = 0};
    token item;
    plx_unit nothing;
    (void)state;

    assert_int_equal(leaf_handle_spawn_on(runtime, leaf_of(&p), &hasty.handle), 0);
    plx_context cx = {.waker = {&hasty_functions, (uintptr_t)&hasty}};
    plx__context_enter(&cx);
    assert_int_equal(leaf_handle_poll(&hasty.handle, &cx, &item), PLX_NOT_READY);
    plx__context_leave(&cx);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    plx_waker kept = plx_waker_clone(p.waker);
    assert_true(probe_notify(&p));
    plx_runtime_wait_idle(runtime);
    assert_null(hasty.handle.task);
    assert_int_equal(hasty.clones, 1);
    assert_int_equal(hasty.drops, 1);
    assert_int_equal(p.items_dropped, 1);
    plx_waker_drop(&kept);
    plx_runtime_free(runtime);
}

/* ── spawning ─────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 289: the future is taken over in any case */
static void test_spawn_without_a_runtime(void **state)
{
    struct probe p = {.value = 1}, q = {.value = 1};
    leaf_handle handle;
    (void)state;

    assert_int_equal(PLX_SPAWN(leaf, leaf_of(&p)), -ESHUTDOWN);
    assert_int_equal(p.drops, 1);
    assert_int_equal(leaf_handle_spawn(leaf_of(&q), &handle), -ESHUTDOWN);
    assert_int_equal(q.drops, 1);
    assert_null(handle.task);
    leaf_handle_drop(&handle); /* an empty one: nothing happens */
}

struct parent_vars {
    struct probe *child, *stray;
    leaf_handle handle;
    token got;
};

#define PARENT_AWAITS(AWAIT)                                                                                 \
    AWAIT(pause, plx_yield)                                                                                  \
    AWAIT(joined, leaf_handle)

static void parent_cleanup(struct parent_vars *my)
{
    leaf_handle_drop(&my->handle);
    token_drop(&my->got);
}

PLX_ASYNC(parent, struct parent_vars, int, PARENT_AWAITS, parent_cleanup)
{
    int error;
    PLX_BEGIN;
    error = PLX_SPAWN(leaf, leaf_of(my->stray));
    if (!error)
        error = leaf_handle_spawn(leaf_of(my->child), &my->handle);
    if (error)
        PLX_FAIL(error);
    PLX_AWAIT(PLX_NOTHING, pause, plx_yield_new());
    PLX_AWAIT(my->got, joined, PLX_MOVE(my->handle));
    PLX_RETURN(my->got.value);
    PLX_END;
}

static void test_spawn_from_a_task(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe child = {.value = 8}, stray = {.value = 9};
    int item = 0;
    (void)state;

    parent future = parent_new((struct parent_vars){.child = &child, .stray = &stray});
    assert_int_equal(PLX_BLOCK_ON(runtime, parent, future, &item), 0);
    assert_int_equal(item, 8);
    plx_runtime_wait_idle(runtime);
    assert_int_equal(child.drops, 1);
    assert_int_equal(child.items_dropped, 1);
    assert_int_equal(stray.drops, 1);
    assert_int_equal(stray.items_dropped, 1); /* nobody waited for it */
    plx_runtime_free(runtime);
}

/* conformance 275, 346, 168: a runtime that goes drops its tasks once; wakers and handles that are left do no
 * harm */
static void test_runtime_goes_first(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.waits = FOREVER};
    struct hand hand = HAND;
    leaf_handle handle;
    token item;
    plx_unit nothing;
    (void)state;

    assert_int_equal(leaf_handle_spawn_on(runtime, leaf_of(&p), &handle), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    plx_waker kept = plx_waker_clone(p.waker);
    plx_runtime_free(runtime);
    assert_int_equal(p.drops, 1);
    plx_waker_notify(kept);
    plx_waker_drop(&kept);
    assert_int_equal(POLL(leaf_handle, &handle, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ECANCELED);
    leaf_handle_drop(&handle);
    assert_int_equal(p.drops, 1);
}

/* An error code that is no negative errno must not look like success to those who get the code alone. */
static int no_error(struct probe *p, struct plx_error error)
{
    (void)p;
    (void)error;
    return 0;
}

static leaf same_leaf(struct probe *p)
{
    return leaf_of(p);
}

PLX_START(tried, struct probe, leaf, same_leaf)
PLX_MAP_ERR(hushed, tried, no_error)

static void test_failure_without_a_code_is_still_one(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.code = -EIO};
    token item;
    (void)state;

    assert_int_equal(PLX_BLOCK_ON(runtime, hushed, hushed_new(&p), &item), -EINVAL);
    plx_runtime_free(runtime);
}

/* ── other threads ────────────────────────────────────────────────────────────────────────────────── */

struct distant {
    pthread_t thread;
    plx_waker waker;
    _Atomic bool value_is_there;
    bool begun;
};

static void *bring_value(void *arg)
{
    struct distant *distant = arg;
    atomic_store(&distant->value_is_there, true);
    plx_waker_notify(distant->waker);
    plx_waker_drop(&distant->waker);
    return NULL;
}

/* Ready when a thread that it has started at its first poll brings the value. */
typedef struct from_afar {
    struct distant *distant;
} from_afar;
typedef int from_afar_item;

static enum plx_answer from_afar_poll(from_afar *self, plx_context *cx, int *out)
{
    struct distant *distant = self->distant;
    if (!distant->begun) {
        distant->begun = true;
        distant->waker = plx_context_waker(cx);
        if (pthread_create(&distant->thread, NULL, bring_value, distant))
            return plx_fail(cx, -EAGAIN);
        return PLX_NOT_READY;
    }
    *out = 42;
    return atomic_load(&distant->value_is_there) ? PLX_READY : plx_fail(cx, -EPROTO);
}

static void from_afar_drop(from_afar *self)
{
    if (self->distant->begun)
        pthread_join(self->distant->thread, NULL);
}

PLX_LEAF(from_afar)

/* conformance 10, 271 */
static void test_value_of_another_thread(void **state)
{
    static const enum plx_runtime_kind kinds[] = {PLX_CURRENT_THREAD, PLX_THREAD_POOL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct plx_runtime *runtime;
        struct distant distant = {.begun = false};
        int item = 0;
        assert_int_equal(
            plx_runtime_new(&(struct plx_runtime_options){.kind = kinds[i], .workers = 2}, &runtime), 0);
        assert_int_equal(PLX_BLOCK_ON(runtime, from_afar, (from_afar){&distant}, &item), 0);
        assert_int_equal(item, 42);
        plx_runtime_free(runtime);
    }
}

/* conformance 11: the task has ended, or ends, while the thread that waits for it looks and goes to sleep */
static void test_waiting_never_hangs(void **state)
{
    struct plx_runtime *runtime;
    (void)state;

    assert_int_equal(plx_runtime_new(&(struct plx_runtime_options){.workers = 2}, &runtime), 0);
    for (int round = 0; round < 2000; round++) {
        plx_unit nothing;
        assert_int_equal(PLX_BLOCK_ON(runtime, plx_ok, plx_ok_new(), &nothing), 0);
    }
    plx_runtime_free(runtime);
}

PLX_BOXED(boxed_int, int)
PLX_HANDLE(boxed_handle, boxed_int)
PLX_VALUE(seven, int)

/* conformance 12 */
static void test_a_box_can_be_spawned(void **state)
{
    struct plx_runtime *runtime = one_thread();
    boxed_handle handle;
    int item = 0;
    (void)state;

    assert_int_equal(boxed_handle_spawn_on(runtime, PLX_BOX(boxed_int, seven, seven_of(7)), &handle), 0);
    assert_int_equal(boxed_handle_wait(&handle, &item), 0);
    assert_int_equal(item, 7);
    plx_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_current_outside_of_a_poll),
        cmocka_unit_test(test_polls_nest),
        cmocka_unit_test(test_every_clone_is_dropped_once),
        cmocka_unit_test(test_same_is_never_said_of_two_tasks),
        cmocka_unit_test(test_notify_while_polled),
        cmocka_unit_test(test_notify_after_the_end),
        cmocka_unit_test(test_only_the_last_poller_is_notified),
        cmocka_unit_test(test_handle_polled_after_end),
        cmocka_unit_test(test_handle_dropped),
        cmocka_unit_test(test_handle_dropped_at_completion),
        cmocka_unit_test(test_spawn_without_a_runtime),
        cmocka_unit_test(test_spawn_from_a_task),
        cmocka_unit_test(test_runtime_goes_first),
        cmocka_unit_test(test_failure_without_a_code_is_still_one),
        cmocka_unit_test(test_value_of_another_thread),
        cmocka_unit_test(test_waiting_never_hangs),
        cmocka_unit_test(test_a_box_can_be_spawned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
