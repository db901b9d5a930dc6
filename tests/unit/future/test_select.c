/* SPDX-License-Identifier: MIT
 *
 * select: see lib/future/select.h.
 */
#include "tests/support/two_leaves.h"

#include <errno.h>

PLX_SELECT(race, first, second)

/* conformance 32 */
static void test_first_wins_a_tie(void **state)
{
    struct env e = env_of(0, 0, 0, 0);
    struct hand hand = HAND;
    race future = race_new(&e);
    race_item winner;
    (void)state;

    assert_int_equal(POLL(race, &future, &hand, &winner), PLX_READY);
    assert_int_equal(winner.which, PLX_FIRST_WINS);
    assert_int_equal(winner.first.value, 1);
    assert_int_equal(e.b.polls, 0);
    assert_int_equal(e.b.drops, 0); /* it lives on, until the select is dropped */
    race_drop(&future);
    assert_int_equal(e.a.drops, 1);
    assert_int_equal(e.b.drops, 1);
    assert_int_equal(hand.notified, 0); /* conformance 6 */
}

/* conformance 33 */
static void test_a_side_that_never_ends_does_not_matter(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct env e = i == 0 ? env_of(FOREVER, 0, 1, 0) : env_of(1, 0, FOREVER, 0);
        struct hand hand = HAND;
        race future = race_new(&e);
        race_item winner;
        assert_int_equal(POLL(race, &future, &hand, &winner), PLX_NOT_READY);
        assert_int_equal(POLL(race, &future, &hand, &winner), PLX_READY);
        assert_int_equal(winner.which, i == 0 ? PLX_SECOND_WINS : PLX_FIRST_WINS);
        assert_int_equal(i == 0 ? winner.second.value : winner.first.value, i == 0 ? 2 : 1);
        race_drop(&future);
        assert_int_equal(e.a.drops + e.b.drops, 2);
        assert_int_equal(hand_wakers(&hand), 0);
    }
}

/* conformance 34: after the first answer, item or error, the other goes on, and it is its waker that counts
 * */
static void test_the_other_goes_on(void **state)
{
    (void)state;
    for (int code = 0; code >= -EPERM; code -= EPERM) {
        struct env e = env_of(0, code, 1, 0);
        struct hand hand = HAND;
        race future = race_new(&e);
        race_item winner;
        assert_int_equal(POLL(race, &future, &hand, &winner), code ? PLX_FAILED : PLX_READY);
        assert_int_equal(POLL(race, &future, &hand, &winner), PLX_NOT_READY);
        assert_int_equal(hand.notified, 0);
        assert_true(probe_notify(&e.b));
        assert_int_equal(hand.notified, 1);
        assert_int_equal(POLL(race, &future, &hand, &winner), PLX_READY);
        assert_int_equal(winner.which, PLX_SECOND_WINS);
        assert_int_equal(winner.second.value, 2);
        assert_int_equal(e.a.polls, 1);
        race_drop(&future);
        assert_int_equal(e.a.drops + e.b.drops, 2);
    }
}

/* conformance 35, 36, 61 */
static void test_dropped_at_every_stage(void **state)
{
    (void)state;
    for (int polls = 0; polls <= 2; polls++) {
        struct env e = env_of(1, 0, FOREVER, 0);
        struct hand hand = HAND;
        race future = race_new(&e);
        race_item winner = {0};
        for (int poll = 0; poll < polls; poll++)
            POLL(race, &future, &hand, &winner);
        race_drop(&future);
        assert_int_equal(e.a.drops, 1);
        assert_int_equal(e.b.drops, 1);
        assert_int_equal(hand_wakers(&hand), 0);
    }
}

/* What drops the winner's item when nobody takes it: as an item of the side that has won. */
static int value_of(struct env *e, token item)
{
    (void)e;
    token_drop(&item);
    return item.value;
}

PLX_MAP(number, second, int, value_of)
PLX_SELECT(mixed, first, number)
PLX_SELECT(mixed_too, number, first)

static void test_winner_that_nobody_takes(void **state)
{
    struct env e = env_of(0, 0, FOREVER, 0);
    struct hand hand = HAND;
    mixed future = mixed_new(&e);
    mixed_item winner;
    (void)state;

    assert_int_equal(POLL(mixed, &future, &hand, &winner), PLX_READY);
    plx_item_drop(mixed_ops.item(), &winner);
    assert_int_equal(e.a.items_dropped, 1);
    mixed_drop(&future);

    struct env again = env_of(0, 0, FOREVER, 0);
    mixed_too other = mixed_too_new(&again);
    mixed_too_item last;
    assert_int_equal(POLL(mixed_too, &other, &hand, &last), PLX_READY);
    plx_item_drop(mixed_too_ops.item(), &last);
    assert_int_equal(again.a.items_dropped, 1);
    mixed_too_drop(&other);
}

/* conformance 60 */
static void test_polled_and_dropped_too_often(void **state)
{
    struct env e = env_of(0, 0, 0, 0);
    struct hand hand = HAND;
    race future = race_new(&e);
    race_item winner;
    unsigned after_end = plx_contract_count(PLX_POLLED_AFTER_END);
    unsigned twice = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    assert_int_equal(POLL(race, &future, &hand, &winner), PLX_READY);
    assert_int_equal(POLL(race, &future, &hand, &winner), PLX_READY);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end);
    assert_int_equal(POLL(race, &future, &hand, &winner), PLX_FAILED);
    assert_failed_at(&hand, -EINVAL, race_shape.at.line);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end + 1);
    race_drop(&future);
    race_drop(&future);
    assert_int_equal(e.a.drops + e.b.drops, 2);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), twice + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_wins_a_tie),
        cmocka_unit_test(test_a_side_that_never_ends_does_not_matter),
        cmocka_unit_test(test_the_other_goes_on),
        cmocka_unit_test(test_dropped_at_every_stage),
        cmocka_unit_test(test_winner_that_nobody_takes),
        cmocka_unit_test(test_polled_and_dropped_too_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
