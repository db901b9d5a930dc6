/* SPDX-License-Identifier: MIT
 *
 * join: see lib/future/join.h.
 */
#include "tests/support/two_leaves.h"

#include <errno.h>

PLX_JOIN(both, first, second)

/* conformance 29 */
static void test_two_ready_make_a_pair(void **state)
{
    struct env e = env_of(0, 0, 0, 0);
    struct hand hand = HAND;
    both future = both_new(&e);
    both_item pair;
    (void)state;

    journal_clear();
    assert_int_equal(POLL(both, &future, &hand, &pair), PLX_READY);
    assert_string_equal(journal, "poll a, drop a, poll b, drop b");
    assert_int_equal(pair.first.value, 1);
    assert_int_equal(pair.second.value, 2);
    both_drop(&future);
    assert_int_equal(e.a.items_dropped + e.b.items_dropped, 0); /* they are ours */
    assert_int_equal(e.a.drops + e.b.drops, 2);
    assert_int_equal(hand.notified, 0); /* conformance 6 */
}

/* conformance 30 */
static void test_pending_until_both_are_ready(void **state)
{
    static const int waits[2][2] = {{1, 3}, {3, 1}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct env e = env_of(waits[i][0], 0, waits[i][1], 0);
        struct hand hand = HAND;
        both future = both_new(&e);
        both_item pair;
        for (int poll = 0; poll < 3; poll++)
            assert_int_equal(POLL(both, &future, &hand, &pair), PLX_NOT_READY);
        assert_int_equal(POLL(both, &future, &hand, &pair), PLX_READY);
        assert_int_equal(e.a.polls, waits[i][0] + 1); /* one that is ready is asked no more */
        assert_int_equal(e.b.polls, waits[i][1] + 1);
        both_drop(&future);
        assert_int_equal(e.a.drops + e.b.drops, 2);
        assert_int_equal(hand_wakers(&hand), 0);
    }
}

/* conformance 29, 31: whichever fails, and whatever the other one is doing, the other is dropped at once, or
 * its item */
static void test_an_error_ends_both(void **state)
{
    (void)state;
    for (int failing = 0; failing < 2; failing++) {
        for (int other_waits = 0; other_waits < 3; other_waits++) {
            struct env e = failing == 0 ? env_of(1, -EIO, other_waits, 0) : env_of(other_waits, 0, 1, -EIO);
            struct probe *other = failing == 0 ? &e.b : &e.a;
            struct hand hand = HAND;
            both future = both_new(&e);
            both_item pair;
            assert_int_equal(POLL(both, &future, &hand, &pair), PLX_NOT_READY);
            assert_int_equal(POLL(both, &future, &hand, &pair), PLX_FAILED);
            assert_int_equal(hand.cx.error.code, -EIO);
            assert_int_equal(e.a.drops, 1);
            assert_int_equal(e.b.drops, 1);
            assert_int_equal(other->items_dropped, other->ended);
            both_drop(&future);
            assert_int_equal(e.a.drops + e.b.drops, 2);
            assert_int_equal(other->items_dropped, other->ended);
            assert_int_equal(hand_wakers(&hand), 0);
        }
    }
}

/* Half of a pair that nobody takes is dropped with the join. conformance 61 */
static void test_dropped_at_every_stage(void **state)
{
    (void)state;
    for (int polls = 0; polls <= 3; polls++) {
        struct env e = env_of(1, 0, 3, 0);
        struct hand hand = HAND;
        both future = both_new(&e);
        both_item pair;
        for (int poll = 0; poll < polls; poll++)
            assert_int_equal(POLL(both, &future, &hand, &pair), PLX_NOT_READY);
        both_drop(&future);
        assert_int_equal(e.a.drops, 1);
        assert_int_equal(e.b.drops, 1);
        assert_int_equal(e.a.items_dropped, polls >= 2);
        assert_int_equal(e.b.items_dropped, 0);
        assert_int_equal(hand_wakers(&hand), 0);
    }
}

/* What drops a pair that a task was ready with, and nobody waits for. */
static void test_pair_that_nobody_takes(void **state)
{
    struct env e = env_of(0, 0, 0, 0);
    struct hand hand = HAND;
    both future = both_new(&e);
    both_item pair;
    (void)state;

    assert_int_equal(POLL(both, &future, &hand, &pair), PLX_READY);
    plx_item_drop(both_ops.item(), &pair);
    assert_int_equal(e.a.items_dropped, 1);
    assert_int_equal(e.b.items_dropped, 1);
    both_drop(&future);
}

/* conformance 60 */
static void test_polled_and_dropped_too_often(void **state)
{
    unsigned after_end = plx_contract_count(PLX_POLLED_AFTER_END);
    unsigned twice = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    for (int code = 0; code >= -EPERM; code -= EPERM) {
        struct env e = env_of(0, code, 0, 0);
        struct hand hand = HAND;
        both future = both_new(&e);
        both_item pair;
        assert_int_equal(POLL(both, &future, &hand, &pair), code ? PLX_FAILED : PLX_READY);
        assert_int_equal(POLL(both, &future, &hand, &pair), PLX_FAILED);
        assert_failed_at(&hand, -EINVAL, both_shape.at.line);
        both_drop(&future);
        both_drop(&future);
        assert_int_equal(e.a.drops + e.b.drops, 2);
    }
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end + 2);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), twice + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_ready_make_a_pair),  cmocka_unit_test(test_pending_until_both_are_ready),
        cmocka_unit_test(test_an_error_ends_both),     cmocka_unit_test(test_dropped_at_every_stage),
        cmocka_unit_test(test_pair_that_nobody_takes), cmocka_unit_test(test_polled_and_dropped_too_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
