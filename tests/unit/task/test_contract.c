/* SPDX-License-Identifier: MIT
 *
 * Broken promises: each is told once a place, on standard error, with the task, the future and its source
 * line, and counted every time. Two of them are looked for in the debug build only; other builds must stay
 * silent, and go on just as well.
 */
#include "tests/unit/task/one_thread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The words were said once, and with "task N: KIND NAME (FILE:LINE)". */
static void expect_told_once(const char *said, const struct plx_shape *shape, const char *words)
{
    char future[200];
    snprintf(future, sizeof future, "%s %s (%s:%d) %s", shape->kind, shape->name, shape->at.file,
             shape->at.line, words);
    assert_int_equal(count_of(said, future), 1);
    assert_int_equal(count_of(said, "broken contract: task "), 1);
    assert_int_equal(count_of(said, "broken contract: task 0:"), 0);
}

/* ── NotReady, and nobody will notify ─────────────────────────────────────────────────────────────── */

struct env {
    struct probe talks, silent;
};

static leaf make_talking(struct env *e)
{
    return leaf_of(&e->talks);
}

static leaf make_silent(struct env *e, token item)
{
    token_drop(&item);
    return leaf_of(&e->silent);
}

static leaf start_silent(struct env *e)
{
    return leaf_of(&e->silent);
}

/* clang-format off */
PLX_START   (talking, struct env, leaf, make_talking)
PLX_AND_THEN(quiet,   talking,    leaf, make_silent)
PLX_START   (mute,    struct env, leaf, start_silent)
PLX_JOIN    (beside,  talking, mute)
/* clang-format on */

static void test_nobody_will_notify(void **state)
{
    unsigned before = plx_contract_count(PLX_NOBODY_WILL_NOTIFY);
    (void)state;

    capture_stderr();
    for (int round = 0; round < 2; round++) {
        struct env e = {.silent = {.waits = FOREVER, .silent = true}};
        struct plx_runtime *runtime = one_thread();
        plx_unit nothing;
        assert_int_equal(PLX_SPAWN_ON(runtime, quiet, quiet_new(&e)), 0);
        assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
        plx_runtime_free(runtime);
        assert_int_equal(e.silent.polls, 1);
        assert_int_equal(e.silent.drops, 1);
    }
    const char *said = captured_stderr();
    assert_int_equal(plx_contract_count(PLX_NOBODY_WILL_NOTIFY), before + (PLX_DEBUG ? 2 : 0));
    if (PLX_DEBUG) /* it is the leaf that is named, not the chain around it */
        expect_told_once(said, &leaf_shape, "answered NotReady, but nobody holds its task's waker");
    else
        assert_string_equal(said, "");
}

/* A waker that was taken in an earlier poll, or by another part of the task, is as good. */
static void test_somebody_will_notify(void **state)
{
    struct env e = {.talks = {.waits = 1}, .silent = {.waits = 2, .silent = true}};
    struct plx_runtime *runtime = one_thread();
    unsigned before = plx_contract_count(PLX_NOBODY_WILL_NOTIFY);
    plx_unit nothing;
    (void)state;

    assert_int_equal(PLX_SPAWN_ON(runtime, beside, beside_new(&e)), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    plx_waker kept = plx_waker_clone(e.talks.waker);
    assert_true(probe_notify(&e.talks)); /* now the one is ready, and the other waits: for `kept` */
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    assert_int_equal(e.silent.polls, 2);
    assert_int_equal(plx_contract_count(PLX_NOBODY_WILL_NOTIFY), before);
    plx_waker_notify(kept);
    plx_waker_drop(&kept);
    plx_runtime_wait_idle(runtime);
    plx_runtime_free(runtime);
    assert_int_equal(e.silent.polls, 3);
    assert_int_equal(plx_contract_count(PLX_NOBODY_WILL_NOTIFY), before);
}

/* ── polled after the end, dropped twice ──────────────────────────────────────────────────────────── */

static int value_of_token(struct env *e, token item)
{
    (void)e;
    token_drop(&item);
    return 1;
}

PLX_MAP(mapped, talking, int, value_of_token)

/* Polls what it holds until the end, and once more; drops it twice. */
typedef struct careless {
    mapped inside;
    bool drops_twice;
} careless;
typedef int careless_item;

static enum plx_answer careless_poll(careless *self, plx_context *cx, int *out)
{
    enum plx_answer answer = mapped_poll(&self->inside, cx, out);
    if (answer == PLX_READY && !self->drops_twice)
        answer = mapped_poll(&self->inside, cx, out);
    return answer;
}

static void careless_drop(careless *self)
{
    mapped_drop(&self->inside);
    if (self->drops_twice)
        mapped_drop(&self->inside);
}

PLX_LEAF(careless)

static void run_careless(bool drops_twice, int expected)
{
    struct env e = {.talks.value = 1};
    struct plx_runtime *runtime = one_thread();
    careless future = {mapped_new(&e), drops_twice};
    int item;
    assert_int_equal(PLX_BLOCK_ON(runtime, careless, future, &item), expected);
    plx_runtime_free(runtime);
    assert_int_equal(e.talks.polls, 1);
    assert_int_equal(e.talks.drops, 1);
}

/* conformance 60 */
static void test_polled_after_end(void **state)
{
    unsigned before = plx_contract_count(PLX_POLLED_AFTER_END);
    (void)state;

    capture_stderr();
    run_careless(false, -EINVAL);
    run_careless(false, -EINVAL);
    expect_told_once(captured_stderr(), &mapped_shape, "was polled after it had answered Ready or Failed");
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), before + 2);
}

static void test_dropped_twice(void **state)
{
    unsigned before = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    capture_stderr();
    run_careless(true, 0);
    run_careless(true, 0);
    expect_told_once(captured_stderr(), &mapped_shape, "was dropped twice");
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), before + 2);
}

/* ── the current task outside of a poll ───────────────────────────────────────────────────────────── */

/* There is no task and no future to name. conformance 1 */
static void test_no_current_task(void **state)
{
    unsigned before = plx_contract_count(PLX_NO_CURRENT_TASK);
    (void)state;

    capture_stderr();
    for (int i = 0; i < 3; i++)
        assert_null(plx_task_current().notify);
    const char *said = captured_stderr();
    assert_int_equal(count_of(said, "plx_task_current() was called outside of a poll"), 1);
    assert_int_equal(plx_contract_count(PLX_NO_CURRENT_TASK), before + 3);
}

/* ── a waker that outlives its runtime ────────────────────────────────────────────────────────────── */

PLX_HANDLE(quiet_handle, quiet)

/* Twice, so that it is also seen that it is told once; handles that are still held, to join or to abort,
 * are no breach. */
static void test_waker_outlives_its_runtime(void **state)
{
    unsigned before = plx_contract_count(PLX_WAKER_OUTLIVES);
    (void)state;

    capture_stderr();
    for (int round = 0; round < 3; round++) {
        struct env e = {.talks.waits = FOREVER};
        struct plx_runtime *runtime = one_thread();
        quiet_handle handle;
        plx_waker kept = {0};
        plx_unit nothing;
        assert_int_equal(quiet_handle_spawn_on(runtime, quiet_new(&e), &handle), 0);
        assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
        struct plx_abort_handle abort = quiet_handle_abort_handle(&handle);
        if (round < 2)
            kept = plx_waker_clone(e.talks.waker);
        if (round == 1)
            plx_abort_handle_drop(&abort);
        plx_runtime_free(runtime);
        plx_waker_notify(kept); /* conformance 168 */
        plx_waker_drop(&kept);
        quiet_handle_drop(&handle);
        plx_abort_handle_drop(&abort);
    }
    const char *said = captured_stderr();
    assert_int_equal(plx_contract_count(PLX_WAKER_OUTLIVES), before + (PLX_DEBUG ? 2 : 0));
    if (PLX_DEBUG)
        expect_told_once(said, &quiet_shape, "has a waker that is still held when its runtime is freed");
    else
        assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_will_notify), cmocka_unit_test(test_somebody_will_notify),
        cmocka_unit_test(test_polled_after_end),   cmocka_unit_test(test_dropped_twice),
        cmocka_unit_test(test_no_current_task),    cmocka_unit_test(test_waker_outlives_its_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
