/* SPDX-License-Identifier: MIT
 *
 * boxed, and owning: futures around any other one. And that a future that never ends passes through every
 * combinator.
 */
#include "tests/support/leaf.h"

#include <errno.h>

struct env {
    struct probe first;
    int cleanups;
    int *count; /* of cleanups, outside */
};

static leaf make_first(struct env *e)
{
    return leaf_of(&e->first);
}

PLX_START(started, struct env, leaf, make_first)
PLX_BOXED(boxed_token, token)
PLX_BOXED(boxed_int, int)

/* ── boxed ────────────────────────────────────────────────────────────────────────────────────────── */

static void test_box_hands_on(void **state)
{
    struct env e = {.first = {.waits = 1, .value = 5}};
    struct hand hand = HAND;
    token item = {0};
    (void)state;

    boxed_token future = PLX_BOX(boxed_token, started, started_new(&e));
    assert_int_equal(POLL(boxed_token, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&hand), 1);
    assert_int_equal(POLL(boxed_token, &future, &hand, &item), PLX_READY);
    assert_int_equal(item.value, 5);
    boxed_token_drop(&future);
    boxed_token_drop(&future); /* an empty box: nothing is left to drop */
    assert_int_equal(e.first.drops, 1);

    struct env failing = {.first = {.code = -EIO}};
    future = PLX_BOX(boxed_token, started, started_new(&failing));
    assert_int_equal(POLL(boxed_token, &future, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -EIO);
    boxed_token_drop(&future);
    assert_int_equal(failing.first.drops, 1);
}

static void test_box_dropped_without_a_poll(void **state)
{
    struct env e = {.first = {.waits = FOREVER}};
    (void)state;

    boxed_token future = PLX_BOX(boxed_token, started, started_new(&e));
    boxed_token_drop(&future);
    assert_int_equal(e.first.drops, 1);
    assert_int_equal(e.first.polls, 0);
}

/* A future that contains one of its own type: count down, box by box. conformance 13 */
struct countdown {
    int left;
    int drops;
};

PLX_VALUE(number, int)

static plx_ok begin(struct countdown *c)
{
    (void)c;
    return plx_ok_new();
}

static boxed_int go_on(struct countdown *c, plx_unit nothing);

PLX_START(begun, struct countdown, plx_ok, begin)
PLX_AND_THEN(counted, begun, boxed_int, go_on)

static boxed_int go_on(struct countdown *c, plx_unit nothing)
{
    (void)nothing;
    if (c->left == 0)
        return PLX_BOX(boxed_int, number, number_of(42));
    c->left--;
    return PLX_BOX(boxed_int, counted, counted_new(c));
}

static void test_a_thousand_boxes(void **state)
{
    struct countdown c = {.left = 1000};
    int item = 0;
    (void)state;

    assert_int_equal(PLX_RUN(counted, counted_new(&c)), 0);
    assert_int_equal(c.left, 0);

    struct hand hand = HAND;
    c.left = 1000;
    counted future = counted_new(&c);
    assert_int_equal(POLL(counted, &future, &hand, &item), PLX_READY);
    assert_int_equal(item, 42);
    counted_drop(&future);
}

/* ── owning ───────────────────────────────────────────────────────────────────────────────────────── */

static void clean_up(struct env *e)
{
    ++*e->count;
}

PLX_OWNING(owner, started, clean_up)

static void test_owning_takes_its_environment_along(void **state)
{
    int cleanups = 0;
    struct hand hand = HAND;
    token item = {0};
    (void)state;

    owner future = owner_new((struct env){.first = {.waits = 1, .value = 9}, .count = &cleanups});
    owner moved = future; /* before the first poll it may */
    assert_int_equal(POLL(owner, &moved, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(owner, &moved, &hand, &item), PLX_READY);
    assert_ptr_equal(item.owner, &moved.env.first);
    assert_int_equal(item.value, 9);
    assert_int_equal(cleanups, 0);
    owner_drop(&moved);
    assert_int_equal(cleanups, 1);
    assert_int_equal(moved.env.first.drops, 1);
}

/* conformance 61 */
static void test_owning_dropped_at_every_stage(void **state)
{
    unsigned before = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;
    for (int polls = 0; polls <= 2; polls++) {
        int cleanups = 0;
        struct hand hand = HAND;
        token item = {0};
        owner future = owner_new((struct env){.first = {.waits = 1}, .count = &cleanups});
        for (int poll = 0; poll < polls; poll++)
            POLL(owner, &future, &hand, &item);
        owner_drop(&future);
        owner_drop(&future);
        assert_int_equal(cleanups, 1);
        assert_int_equal(future.env.first.drops, polls > 0); /* made by the first poll */
        assert_int_equal(hand_wakers(&hand), 0);
    }
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), before + 3);
}

/* ── what never ends ──────────────────────────────────────────────────────────────────────────────── */

static leaf go_to_leaf(struct env *e, token item)
{
    token_drop(&item);
    return leaf_of(&e->first);
}

static leaf rescue(struct env *e, struct plx_error error)
{
    (void)error;
    return leaf_of(&e->first);
}

static token same(struct env *e, token item)
{
    (void)e;
    return item;
}

static int same_error(struct env *e, struct plx_error error)
{
    (void)e;
    return error.code;
}

struct e5_result;
static leaf conclude(struct env *e, struct e5_result result);

/* clang-format off */
PLX_AND_THEN(e1, started, leaf,  go_to_leaf)
PLX_OR_ELSE (e2, e1,      leaf,  rescue)
PLX_MAP     (e3, e2,      token, same)
PLX_MAP_ERR (e4, e3,             same_error)
PLX_THEN    (e5, e4,      leaf,  conclude)
PLX_START   (other, struct env, leaf, make_first)
PLX_SELECT  (e6, e5, other)
PLX_JOIN    (e7, e6, other)
PLX_OWNING  (e8, e7, clean_up)
PLX_BOXED   (e9, e7_item)
/* clang-format on */

static leaf conclude(struct env *e, struct e5_result result)
{
    token_drop(&result.item);
    return leaf_of(&e->first);
}

/* conformance 39 */
static void test_what_never_ends_never_ends(void **state)
{
    int cleanups = 0;
    struct env e = {.first = {.waits = FOREVER}, .count = &cleanups};
    struct hand hand = HAND;
    e7_item item;
    (void)state;

    e9 future = PLX_BOX(e9, e8, e8_new(e));
    for (int poll = 0; poll < 10; poll++)
        assert_int_equal(POLL(e9, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(hand.notified, 0);
    e9_drop(&future);
    assert_int_equal(cleanups, 1);
    assert_int_equal(hand_wakers(&hand), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_box_hands_on),
        cmocka_unit_test(test_box_dropped_without_a_poll),
        cmocka_unit_test(test_a_thousand_boxes),
        cmocka_unit_test(test_owning_takes_its_environment_along),
        cmocka_unit_test(test_owning_dropped_at_every_stage),
        cmocka_unit_test(test_what_never_ends_never_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
