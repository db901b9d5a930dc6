/* SPDX-License-Identifier: MIT
 *
 * The budget of a poll: leaves that are always ready let the others in. conformance 352
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

#include <errno.h>

/* ── by hand ──────────────────────────────────────────────────────────────────────────────────────────── */

static enum plx_answer consume(struct hand *hand)
{
    plx_consume_budget future = plx_consume_budget_new();
    plx_unit nothing;
    return POLL(plx_consume_budget, &future, hand, &nothing);
}

/* A context of no task has no end; one with a budget of n answers n times, then NotReady, and has
 * notified. */
static void test_consume(void **state)
{
    struct hand hand = HAND;
    (void)state;

    for (int i = 0; i < 1000; i++)
        assert_int_equal(consume(&hand), PLX_READY);
    for (unsigned budget = 1; budget < 4; budget++) {
        struct hand limited = HAND;
        hand_enter(&limited);
        limited.cx.budget = budget;
        limited.cx.spent = 0;
        plx_consume_budget future = plx_consume_budget_new();
        plx_unit nothing;
        for (unsigned i = 0; i < budget; i++)
            assert_int_equal(plx_consume_budget_poll(&future, &limited.cx, &nothing), PLX_READY);
        assert_int_equal(limited.notified, 0);
        assert_false(limited.cx.yielded);
        assert_int_equal(plx_consume_budget_poll(&future, &limited.cx, &nothing), PLX_NOT_READY);
        assert_int_equal(limited.notified, 1);
        assert_true(limited.cx.yielded);
        hand_leave(&limited);
    }
}

/* ── a task that would never stop ─────────────────────────────────────────────────────────────────────── */

struct loop_env {
    unsigned all, done, longest, polls;
};

typedef struct loop {
    struct loop_env *env;
} loop;
typedef plx_unit loop_item;

static enum plx_answer loop_poll(loop *self, plx_context *cx, plx_unit *out)
{
    struct loop_env *env = self->env;
    plx_consume_budget future = plx_consume_budget_new();
    env->polls++;
    for (unsigned here = 0; env->done < env->all; here++) {
        if (here > env->longest)
            env->longest = here;
        if (plx_consume_budget_poll(&future, cx, out) == PLX_NOT_READY)
            return PLX_NOT_READY;
        env->done++;
    }
    return PLX_READY;
}

static void loop_drop(loop *self)
{
    (void)self;
}

PLX_LEAF(loop)

static loop make_loop(struct loop_env *env)
{
    return (loop){env};
}

PLX_START(looping, struct loop_env, loop, make_loop)
PLX_UNCONSTRAINED(unconstrained, looping)

enum { ALL = 1000 };

static struct loop_env run_loop(bool constrained, uint32_t budget)
{
    struct plx_runtime_options options = {.kind = PLX_CURRENT_THREAD, .budget = budget};
    struct plx_runtime *runtime = runtime_of(options);
    struct loop_env env = {.all = ALL};
    plx_unit nothing;
    int error = constrained ? PLX_BLOCK_ON(runtime, looping, looping_new(&env), &nothing)
                            : PLX_BLOCK_ON(runtime, unconstrained, unconstrained_new(&env), &nothing);
    assert_int_equal(error, 0);
    assert_int_equal(env.done, ALL);
    plx_runtime_free(runtime);
    return env;
}

/* 128 answers a poll; as many as the builder says; as many as there are without a budget, or
 * unconstrained. */
static void test_answers_a_poll(void **state)
{
    (void)state;
    assert_int_equal(run_loop(true, 0).longest, 128);
    assert_int_equal(run_loop(true, 0).polls, ALL / 128 + 1);
    assert_int_equal(run_loop(true, 10).longest, 10);
    assert_int_equal(run_loop(true, PLX_NO_BUDGET).polls, 1);
    assert_int_equal(run_loop(false, 0).polls, 1);
    assert_int_equal(run_loop(false, 10).polls, 1);
}

/* What the inside spends does not count outside, and the budget is back after it. */
static void test_unconstrained_is_restored(void **state)
{
    struct hand hand = HAND;
    struct loop_env env = {.all = 50};
    unconstrained future = unconstrained_new(&env);
    plx_unit nothing;
    (void)state;

    hand_enter(&hand);
    hand.cx.budget = 2;
    hand.cx.spent = 1;
    assert_int_equal(unconstrained_poll(&future, &hand.cx, &nothing), PLX_READY);
    assert_int_equal(hand.cx.budget, 2);
    assert_int_equal(hand.cx.spent, 1);
    hand_leave(&hand);
    unconstrained_drop(&future);
}

/* ── join handles ─────────────────────────────────────────────────────────────────────────────────────── */

PLX_HANDLE(tally_handle, tally)

struct takers {
    tally_handle handles[ALL];
    unsigned next, longest, polls;
};

typedef struct taker {
    struct takers *takers;
} taker;
typedef plx_unit taker_item;

static enum plx_answer taker_poll(taker *self, plx_context *cx, plx_unit *out)
{
    struct takers *takers = self->takers;
    *out = (plx_unit){0};
    takers->polls++;
    for (unsigned here = 0; takers->next < ALL; here++, takers->next++) {
        uint64_t item;
        if (here > takers->longest)
            takers->longest = here;
        if (tally_handle_poll(&takers->handles[takers->next], cx, &item) == PLX_NOT_READY)
            return PLX_NOT_READY;
    }
    return PLX_READY;
}

static void taker_drop(taker *self)
{
    (void)self;
}

PLX_LEAF(taker)

/* Handles of a thousand ended tasks: 128 a poll, and each answers once. */
static void test_handles(void **state)
{
    static struct takers takers;
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    struct tally_counts counts = {.polls = 0};
    plx_unit nothing;
    (void)state;

    for (int i = 0; i < ALL; i++)
        assert_int_equal(tally_handle_spawn_on(runtime, tally_new(&counts, 0), &takers.handles[i]), 0);
    plx_runtime_wait_idle(runtime);
    assert_int_equal(PLX_BLOCK_ON(runtime, taker, (taker){&takers}, &nothing), 0);
    assert_int_equal(takers.next, ALL);
    assert_int_equal(takers.longest, 128);
    assert_int_equal(takers.polls, ALL / 128 + 1);
    plx_runtime_free(runtime);
}

/* ── in a local set each task has a budget of its own ─────────────────────────────────────────────────── */

static void test_local_tasks(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    struct loop_env envs[3];
    plx_local_set set;
    (void)state;

    assert_int_equal(plx_local_set_new(&set), 0);
    for (int i = 0; i < 3; i++) {
        envs[i] = (struct loop_env){.all = ALL};
        assert_int_equal(PLX_SPAWN_LOCAL_ON(&set, loop, make_loop(&envs[i])), 0);
    }
    assert_int_equal(plx_local_set_run(&set, runtime), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(envs[i].longest, 128);
        assert_int_equal(envs[i].polls, ALL / 128 + 1);
    }
    plx_local_set_drop(&set);
    plx_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consume),
        cmocka_unit_test(test_answers_a_poll),
        cmocka_unit_test(test_unconstrained_is_restored),
        cmocka_unit_test(test_handles),
        cmocka_unit_test(test_local_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
