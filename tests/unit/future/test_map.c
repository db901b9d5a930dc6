/* SPDX-License-Identifier: MIT
 *
 * map and map_err; and the futures that are ready at once: plx_ok, plx_err, PLX_VALUE.
 */
#include "tests/support/leaf.h"

#include <errno.h>

struct env {
    struct probe first;
    int mapped, mapped_err;
    int drops_seen; /* how often the leaf was dropped when a function ran */
};

static leaf make_first(struct env *e)
{
    return leaf_of(&e->first);
}

static int twice(struct env *e, token item)
{
    int value = 2 * item.value;
    e->mapped++;
    e->drops_seen = e->first.drops;
    token_drop(&item);
    return value;
}

static int other_error(struct env *e, struct plx_error error)
{
    e->mapped_err++;
    e->drops_seen = e->first.drops;
    return error.code == -ENOENT ? -ESTALE : -EIO;
}

/* clang-format off */
PLX_START  (started, struct env, leaf, make_first)
PLX_MAP    (doubled, started,    int,  twice)
PLX_MAP_ERR(renamed, doubled,          other_error)
/* clang-format on */

/* conformance 24, 25, 45 */
static void test_map_maps_items_only(void **state)
{
    struct env e = {.first = {.waits = 1, .value = 21}};
    struct hand hand = HAND;
    renamed future = renamed_new(&e);
    int item = 0;
    (void)state;

    assert_int_equal(POLL(renamed, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(renamed, &future, &hand, &item), PLX_READY);
    assert_int_equal(item, 42);
    assert_int_equal(e.mapped, 1);
    assert_int_equal(e.mapped_err, 0);
    assert_int_equal(e.drops_seen, 1); /* the first future is gone when the function runs */
    renamed_drop(&future);
    assert_int_equal(e.first.drops, 1);
    assert_int_equal(e.first.items_dropped, 1);
}

/* conformance 24, 25, 45 */
static void test_map_err_maps_errors_only(void **state)
{
    struct env e = {.first = {.code = -ENOENT}};
    struct hand hand = HAND;
    renamed future = renamed_new(&e);
    int item = 0;
    (void)state;

    assert_int_equal(POLL(renamed, &future, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ESTALE);
    assert_int_equal(hand.cx.error.at.line, leaf_fails_line); /* where it arose, not where it was renamed */
    assert_int_equal(e.mapped, 0);
    assert_int_equal(e.mapped_err, 1);
    assert_int_equal(e.drops_seen, 1);
    renamed_drop(&future);
    assert_int_equal(e.first.drops, 1);
}

/* conformance 60, 61 */
static void test_map_dropped_and_polled_too_often(void **state)
{
    unsigned after_end = plx_contract_count(PLX_POLLED_AFTER_END);
    unsigned twice_dropped = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    for (int polls = 0; polls <= 2; polls++) {
        struct env e = {.first = {.waits = 1}};
        struct hand hand = HAND;
        renamed future = renamed_new(&e);
        int item;
        for (int poll = 0; poll < polls; poll++)
            POLL(renamed, &future, &hand, &item);
        renamed_drop(&future);
        assert_int_equal(e.first.drops, 1);
        assert_int_equal(hand_wakers(&hand), 0);
    }
    struct env e = {.first = {.code = -ENOENT}};
    struct hand hand = HAND;
    doubled future = doubled_new(&e);
    int item;
    POLL(doubled, &future, &hand, &item);
    assert_int_equal(POLL(doubled, &future, &hand, &item), PLX_FAILED);
    assert_failed_at(&hand, -EINVAL, doubled_shape.at.line);
    doubled_drop(&future);
    doubled_drop(&future);
    assert_int_equal(e.first.drops, 1);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end + 1);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), twice_dropped + 1);
}

/* ── ready at once ────────────────────────────────────────────────────────────────────────────────── */

PLX_VALUE(value, token)
enum { VALUE_LINE = __LINE__ - 1 };

/* conformance 23 */
static void test_value_is_ready_at_once(void **state)
{
    struct probe owner = {.name = "owner"};
    struct hand hand = HAND;
    value future = value_of((token){&owner, 7});
    token item = {0};
    (void)state;

    assert_int_equal(POLL(value, &future, &hand, &item), PLX_READY);
    assert_int_equal(item.value, 7);
    value_drop(&future);
    assert_int_equal(owner.items_dropped, 0); /* it has moved to us */
}

/* conformance 23 */
static void test_value_fails_at_once(void **state)
{
    struct hand hand = HAND;
    value future = value_failed(-EPROTO);
    token item;
    (void)state;

    assert_int_equal(POLL(value, &future, &hand, &item), PLX_FAILED);
    assert_failed_at(&hand, -EPROTO, VALUE_LINE);
    value_drop(&future);
}

/* conformance 23 */
static void test_ok_and_err(void **state)
{
    struct hand hand = HAND;
    plx_ok good = plx_ok_new(), bad = plx_err(-ENOTSUP);
    int line = __LINE__ - 1;
    plx_unit nothing;
    (void)state;

    assert_int_equal(POLL(plx_ok, &good, &hand, &nothing), PLX_READY);
    assert_int_equal(POLL(plx_ok, &bad, &hand, &nothing), PLX_FAILED);
    assert_failed_at(&hand, -ENOTSUP, line);
    plx_ok_drop(&good);
    plx_ok_drop(&bad);
}

static void test_value_that_nobody_takes_is_dropped(void **state)
{
    struct probe owner = {.name = "owner"};
    value future = value_of((token){&owner, 7});
    unsigned before = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    value_drop(&future);
    assert_int_equal(owner.items_dropped, 1);
    value_drop(&future);
    assert_int_equal(owner.items_dropped, 1);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), before + 1);
}

/* An item has one owner: it is not given out a second time. */
static void test_value_polled_after_end(void **state)
{
    struct probe owner = {.name = "owner"};
    struct hand hand = HAND;
    value future = value_of((token){&owner, 7});
    token item = {0}, again = {0};
    unsigned before = plx_contract_count(PLX_POLLED_AFTER_END);
    (void)state;

    assert_int_equal(POLL(value, &future, &hand, &item), PLX_READY);
    assert_int_equal(POLL(value, &future, &hand, &again), PLX_FAILED);
    assert_null(again.owner);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), before + 1);
    value_drop(&future);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_maps_items_only),
        cmocka_unit_test(test_map_err_maps_errors_only),
        cmocka_unit_test(test_map_dropped_and_polled_too_often),
        cmocka_unit_test(test_value_is_ready_at_once),
        cmocka_unit_test(test_value_fails_at_once),
        cmocka_unit_test(test_ok_and_err),
        cmocka_unit_test(test_value_that_nobody_takes_is_dropped),
        cmocka_unit_test(test_value_polled_after_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
