/* SPDX-License-Identifier: MIT
 *
 * or_else and then, the two neighbours of and_then.
 */
#include "tests/support/leaf.h"

#include <errno.h>

struct env {
    struct probe first, second;
    int calls;
    struct plx_error seen;
};

static leaf make_first(struct env *e)
{
    return leaf_of(&e->first);
}

static leaf rescue(struct env *e, struct plx_error error)
{
    e->calls++;
    e->seen = error;
    journal_add("call");
    return leaf_of(&e->second);
}

PLX_START(started, struct env, leaf, make_first)
PLX_OR_ELSE(rescued, started, leaf, rescue)

static struct env env_of(int first_code, int second_code)
{
    return (struct env){.first = {.name = "first", .value = 1, .code = first_code},
                        .second = {.name = "second", .value = 2, .code = second_code}};
}

static void test_or_else_passes_an_item(void **state)
{
    struct env e = env_of(0, 0);
    struct hand hand = HAND;
    rescued future = rescued_new(&e);
    token item = {0};
    (void)state;

    e.first.waits = 1;
    assert_int_equal(POLL(rescued, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(rescued, &future, &hand, &item), PLX_READY);
    assert_int_equal(item.value, 1);
    assert_int_equal(e.calls, 0);
    rescued_drop(&future);
    assert_int_equal(e.first.drops, 1);
    assert_int_equal(e.second.drops, 0);
}

static void test_or_else_makes_good(void **state)
{
    struct env e = env_of(-EHOSTUNREACH, 0);
    struct hand hand = HAND;
    rescued future = rescued_new(&e);
    token item = {0};
    (void)state;

    journal_clear();
    assert_int_equal(POLL(rescued, &future, &hand, &item), PLX_READY);
    assert_string_equal(journal, "poll first, drop first, call, poll second, drop second");
    assert_int_equal(item.value, 2);
    assert_int_equal(e.seen.code, -EHOSTUNREACH);
    assert_int_equal(e.seen.at.line, leaf_fails_line);
    rescued_drop(&future);
    assert_int_equal(e.first.drops + e.second.drops, 2);
}

static void test_or_else_fails_too(void **state)
{
    struct env e = env_of(-EHOSTUNREACH, -ETIMEDOUT);
    struct hand hand = HAND;
    rescued future = rescued_new(&e);
    token item = {0};
    (void)state;

    assert_int_equal(POLL(rescued, &future, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ETIMEDOUT);
    rescued_drop(&future);
    assert_int_equal(e.first.drops + e.second.drops, 2);
}

/* conformance 60, 61 */
static void test_or_else_dropped_and_polled_too_often(void **state)
{
    unsigned after_end = plx_contract_count(PLX_POLLED_AFTER_END);
    unsigned twice = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    for (int polls = 0; polls <= 3; polls++) {
        struct env e = env_of(-EIO, 0);
        struct hand hand = HAND;
        rescued future = rescued_new(&e);
        token item = {0};
        e.first.waits = e.second.waits = 1;
        for (int poll = 0; poll < polls; poll++)
            POLL(rescued, &future, &hand, &item);
        if (polls == 3) {
            assert_int_equal(POLL(rescued, &future, &hand, &item), PLX_FAILED);
            assert_failed_at(&hand, -EINVAL, rescued_shape.at.line);
        }
        rescued_drop(&future);
        assert_int_equal(e.first.drops, 1);
        assert_int_equal(e.second.drops, e.calls);
        if (polls == 3)
            rescued_drop(&future);
        assert_int_equal(e.second.drops, e.calls);
    }
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end + 1);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), twice + 1);
}

/* ── then ─────────────────────────────────────────────────────────────────────────────────────────── */

/* The result's type has the name of the future that is declared below it. */
struct after_result;
static leaf conclude(struct env *e, struct after_result result);
PLX_THEN(after, started, leaf, conclude)

static leaf conclude(struct env *e, struct after_result result)
{
    e->calls++;
    e->seen = result.error;
    journal_add(result.ready ? "item %d" : "no item", result.item.value);
    token_drop(&result.item);
    return leaf_of(&e->second);
}

/* conformance 28 */
static void test_then_runs_on_both(void **state)
{
    (void)state;
    for (int code = 0; code >= -EPERM; code -= EPERM) {
        struct env e = env_of(code, 0);
        struct hand hand = HAND;
        after future = after_new(&e);
        token item = {0};

        journal_clear();
        assert_int_equal(POLL(after, &future, &hand, &item), PLX_READY);
        assert_string_equal(journal, code ? "poll first, drop first, no item, poll second, drop second"
                                          : "poll first, drop first, item 1, poll second, drop second");
        assert_int_equal(e.seen.code, code);
        assert_int_equal(e.seen.at.line, code ? leaf_fails_line : 0);
        assert_int_equal(item.value, 2);
        after_drop(&future);
        assert_int_equal(e.first.drops + e.second.drops, 2);
        assert_int_equal(e.first.items_dropped, !code);
    }
}

/* The error of a future that was made good is not seen any more. */
struct late_result;
static leaf look(struct env *e, struct late_result result);
PLX_THEN(late, rescued, leaf, look)

static leaf look(struct env *e, struct late_result result)
{
    e->seen = result.error;
    token_drop(&result.item);
    return leaf_of(&e->second);
}

static void test_then_after_an_error_made_good(void **state)
{
    struct env e = env_of(-EIO, 0);
    struct hand hand = HAND;
    late future = late_new(&e);
    token item;
    (void)state;

    assert_int_equal(POLL(late, &future, &hand, &item), PLX_READY);
    assert_int_equal(e.calls, 1);
    assert_int_equal(e.seen.code, 0);
    late_drop(&future);
}

/* conformance 60, 61 */
static void test_then_dropped_and_polled_too_often(void **state)
{
    unsigned after_end = plx_contract_count(PLX_POLLED_AFTER_END);
    (void)state;

    for (int polls = 0; polls <= 3; polls++) {
        struct env e = env_of(-EIO, -EIO);
        struct hand hand = HAND;
        after future = after_new(&e);
        token item = {0};
        e.first.waits = e.second.waits = 1;
        for (int poll = 0; poll < polls; poll++)
            POLL(after, &future, &hand, &item);
        if (polls == 3)
            assert_int_equal(POLL(after, &future, &hand, &item), PLX_FAILED);
        after_drop(&future);
        assert_int_equal(e.first.drops, 1);
        assert_int_equal(e.second.drops, e.calls);
        assert_int_equal(hand_wakers(&hand), 0);
    }
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_or_else_passes_an_item),
        cmocka_unit_test(test_or_else_makes_good),
        cmocka_unit_test(test_or_else_fails_too),
        cmocka_unit_test(test_or_else_dropped_and_polled_too_often),
        cmocka_unit_test(test_then_runs_on_both),
        cmocka_unit_test(test_then_after_an_error_made_good),
        cmocka_unit_test(test_then_dropped_and_polled_too_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
