/* SPDX-License-Identifier: MIT
 *
 * and_then: see lib/future/and_then.h.
 */
#include "tests/support/leaf.h"

#include <errno.h>

struct env {
    struct probe first, second;
    int calls;
};

static leaf make_first(struct env *e)
{
    return leaf_of(&e->first);
}

static leaf make_second(struct env *e, token item)
{
    e->calls++;
    journal_add("call %d", item.value);
    token_drop(&item);
    return leaf_of(&e->second);
}

/* clang-format off */
PLX_START   (started, struct env, leaf, make_first)
PLX_AND_THEN(both,    started,    leaf, make_second)
/* clang-format on */

#define ENV(...)                                                                                             \
    {                                                                                                        \
        .first = {.name = "first", .value = 1}, .second = {.name = "second", .value = 2}, __VA_ARGS__        \
    }

/* conformance 26, 46 */
static void test_second_follows_the_first_at_once(void **state)
{
    struct env e = ENV(.calls = 0);
    struct hand hand = HAND;
    both future = both_new(&e);
    token item = {0};
    (void)state;

    journal_clear();
    assert_int_equal(POLL(both, &future, &hand, &item), PLX_READY);
    assert_int_equal(item.value, 2);
    assert_string_equal(journal, "poll first, drop first, call 1, poll second, drop second");
    both_drop(&future);
    assert_int_equal(e.first.drops, 1);
    assert_int_equal(e.second.drops, 1);
    assert_int_equal(e.first.items_dropped, 1);  /* by make_second, which has taken it */
    assert_int_equal(e.second.items_dropped, 0); /* it is ours */
}

/* Each stage waits twice; a poll asks only the stage that is alive. */
static void test_not_ready_is_handed_on(void **state)
{
    struct env e = ENV(.calls = 0);
    struct hand hand = HAND;
    both future = both_new(&e);
    token item = {0};
    (void)state;

    e.first.waits = e.second.waits = 2;
    for (int polls = 0; polls < 4; polls++)
        assert_int_equal(POLL(both, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(both, &future, &hand, &item), PLX_READY);
    assert_int_equal(e.first.polls, 3);
    assert_int_equal(e.second.polls, 3);
    assert_int_equal(e.calls, 1);
    both_drop(&future);
    assert_int_equal(hand_wakers(&hand), 0);
}

/* conformance 26 */
static void test_error_of_the_first_skips_the_second(void **state)
{
    struct env e = ENV(.calls = 0);
    struct hand hand = HAND;
    both future = both_new(&e);
    token item = {0};
    (void)state;

    e.first.code = -ECONNREFUSED;
    assert_int_equal(POLL(both, &future, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ECONNREFUSED);
    assert_int_equal(hand.cx.error.at.line, leaf_fails_line);
    assert_int_equal(e.calls, 0);
    assert_int_equal(e.first.drops, 1); /* already, before the owner drops the chain */
    both_drop(&future);
    assert_int_equal(e.first.drops, 1);
    assert_int_equal(e.second.drops, 0);
}

/* conformance 26 */
static void test_error_of_the_second_comes_out(void **state)
{
    struct env e = ENV(.calls = 0);
    struct hand hand = HAND;
    both future = both_new(&e);
    token item = {0};
    (void)state;

    e.second.waits = 1;
    e.second.code = -EPIPE;
    assert_int_equal(POLL(both, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(both, &future, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -EPIPE);
    assert_int_equal(e.second.drops, 1);
    both_drop(&future);
    assert_int_equal(e.second.drops, 1);
}

/* Whatever stage it is in, dropping the chain drops what is alive, and that once. conformance 61 */
static void test_dropped_at_every_stage(void **state)
{
    (void)state;
    for (int polls = 0; polls <= 5; polls++) {
        struct env e = ENV(.calls = 0);
        struct hand hand = HAND;
        both future = both_new(&e);
        token item = {0};

        e.first.waits = e.second.waits = 2;
        for (int poll = 0; poll < polls; poll++)
            POLL(both, &future, &hand, &item);
        both_drop(&future);
        assert_int_equal(e.first.drops, 1);
        assert_int_equal(e.second.drops, e.calls);
        assert_int_equal(e.calls, polls >= 3);
        assert_int_equal(hand_wakers(&hand), 0);
    }
}

/* conformance 60 */
static void test_polled_after_end_is_reported(void **state)
{
    struct env e = ENV(.calls = 0);
    struct hand hand = HAND;
    both future = both_new(&e);
    token item = {0};
    unsigned before = plx_contract_count(PLX_POLLED_AFTER_END);
    (void)state;

    assert_int_equal(POLL(both, &future, &hand, &item), PLX_READY);
    assert_int_equal(POLL(both, &future, &hand, &item), PLX_FAILED);
    assert_failed_at(&hand, -EINVAL, both_shape.at.line);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), before + 1);
    both_drop(&future);
    assert_int_equal(e.first.polls + e.second.polls, 2);
    assert_int_equal(e.first.drops + e.second.drops, 2);
}

static void test_dropped_twice_is_reported(void **state)
{
    struct env e = ENV(.calls = 0);
    both future = both_new(&e);
    unsigned before = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    both_drop(&future);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), before);
    both_drop(&future);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), before + 1);
    assert_int_equal(e.first.drops, 1);
}

/* A chain that begins with a chain: its numbers in the trace are those of its own futures. */
static both make_both(struct env *e)
{
    return both_new(e);
}

PLX_START(around, struct env, both, make_both)
PLX_AND_THEN(longer, around, leaf, make_second)

static void test_shape(void **state)
{
    (void)state;
    assert_string_equal(both_shape.kind, "and_then");
    assert_string_equal(both_shape.name, "make_second");
    assert_int_equal(both_shape.nodes, 3);
    assert_int_equal(both_shape.count, 2);
    assert_string_equal(both_shape.children[0]->kind, "leaf");
    assert_string_equal(both_shape.children[0]->name, "leaf");
    assert_string_equal(both_shape.at.file, __FILE__);

    assert_string_equal(around_shape.kind, "start");
    assert_int_equal(around_shape.nodes, 4);
    assert_int_equal(longer_shape.nodes, 6);
    assert_ptr_equal(longer_shape.children[0]->children[0], &both_shape);
}

static void test_chain_begins_with_a_chain(void **state)
{
    struct env e = ENV(.calls = 0);
    struct hand hand = HAND;
    longer future = longer_new(&e);
    token item = {0};
    (void)state;

    e.first.waits = 1;
    assert_int_equal(POLL(longer, &future, &hand, &item), PLX_NOT_READY);
    longer_drop(&future);
    assert_int_equal(e.first.drops, 1);

    struct env again = ENV(.calls = 0);
    future = longer_new(&again);
    assert_int_equal(POLL(longer, &future, &hand, &item), PLX_READY);
    assert_int_equal(again.calls, 2);
    longer_drop(&future);
    assert_int_equal(again.second.drops, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_follows_the_first_at_once),
        cmocka_unit_test(test_not_ready_is_handed_on),
        cmocka_unit_test(test_error_of_the_first_skips_the_second),
        cmocka_unit_test(test_error_of_the_second_comes_out),
        cmocka_unit_test(test_dropped_at_every_stage),
        cmocka_unit_test(test_polled_after_end_is_reported),
        cmocka_unit_test(test_dropped_twice_is_reported),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_chain_begins_with_a_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
