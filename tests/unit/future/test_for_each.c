/* SPDX-License-Identifier: MIT
 *
 * for_each: see lib/future/stream.h. (The rest of section C of the conformance list comes with the streams.)
 */
#include "tests/support/leaf.h"

#include <errno.h>

/* A stream of 1, 2, … `last`; it waits once before each item if told so, and fails instead of item
 * `fails_at`. */
typedef struct numbers {
    struct env *env;
    int next;
    bool waited;
} numbers;

typedef struct numbers_item {
    token number;
    bool end;
} numbers_item;

struct env {
    struct probe stream, body;
    bool waits;
    int last, fails_at;
    int items, bodies; /* how many items the stream has given, and bodies were made */
};

static enum plx_answer numbers_poll(numbers *self, plx_context *cx, numbers_item *out)
{
    self->env->stream.polls++;
    if (self->env->waits && !self->waited) {
        self->waited = true;
        self->env->stream.waker = plx_context_waker(cx);
        return PLX_NOT_READY;
    }
    plx_waker_drop(&self->env->stream.waker);
    self->waited = false;
    self->next++;
    if (self->next == self->env->fails_at)
        return plx_fail(cx, -EMFILE);
    *out = (numbers_item){.end = self->next > self->env->last};
    if (!out->end)
        out->number = (token){&self->env->stream, self->next};
    self->env->items += !out->end;
    return PLX_READY;
}

static void numbers_drop(numbers *self)
{
    self->env->stream.drops++;
    plx_waker_drop(&self->env->stream.waker);
}

PLX_LEAF(numbers)

static numbers make_numbers(struct env *e)
{
    return (numbers){.env = e};
}

/* The probe of the body begins anew each time, with what it has counted. */
static leaf deal_with(struct env *e, numbers_item item)
{
    e->bodies++;
    e->body.polls = 0;
    token_drop(&item.number);
    return leaf_of(&e->body);
}

PLX_START(numbered, struct env, numbers, make_numbers)
PLX_FOR_EACH(each, numbered, leaf, deal_with)

static void test_every_item_then_ready(void **state)
{
    struct env e = {.last = 3};
    struct hand hand = HAND;
    each future = each_new(&e);
    plx_unit nothing;
    (void)state;

    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_READY);
    assert_int_equal(e.bodies, 3);
    assert_int_equal(e.body.drops, 3);
    assert_int_equal(e.stream.items_dropped, 3);
    assert_int_equal(e.body.items_dropped, 3); /* what a body is ready with nobody takes */
    each_drop(&future);
    assert_int_equal(e.stream.drops, 1);
    assert_int_equal(e.body.drops, 3);
}

static void test_empty_stream(void **state)
{
    struct env e = {.last = 0};
    struct hand hand = HAND;
    each future = each_new(&e);
    plx_unit nothing;
    (void)state;

    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_READY);
    assert_int_equal(e.bodies, 0);
    each_drop(&future);
    assert_int_equal(e.stream.drops, 1);
}

/* conformance 82: the next item is asked for only when the one before is dealt with */
static void test_one_item_at_a_time(void **state)
{
    struct env e = {.last = 2, .waits = true, .body.waits = 2};
    struct hand hand = HAND;
    each future = each_new(&e);
    plx_unit nothing;
    (void)state;

    /* a wait of the stream before each item and before the end, two waits of each body */
    for (int poll = 0; poll < 3 + 2 * 2; poll++) {
        assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_NOT_READY);
        assert_true(e.items - e.body.drops <= 1);
    }
    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_READY);
    assert_int_equal(e.bodies, 2);
    each_drop(&future);
    assert_int_equal(hand_wakers(&hand), 0);
}

static void test_errors_end_it(void **state)
{
    (void)state;
    struct env of_stream = {.last = 5, .fails_at = 2};
    struct env of_body = {.last = 5, .body.code = -EPIPE};
    struct hand hand = HAND;
    plx_unit nothing;

    each future = each_new(&of_stream);
    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -EMFILE);
    assert_int_equal(of_stream.bodies, 1);
    each_drop(&future);
    assert_int_equal(of_stream.stream.drops + of_stream.body.drops, 2);

    future = each_new(&of_body);
    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -EPIPE);
    each_drop(&future);
    assert_int_equal(of_body.stream.drops + of_body.body.drops, 2);
}

/* A stream that is always ready lets others run now and then: it notifies itself. */
static void test_does_not_keep_its_worker(void **state)
{
    struct env e = {.last = FOREVER};
    struct hand hand = HAND;
    each future = each_new(&e);
    plx_unit nothing;
    (void)state;

    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_NOT_READY);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(e.bodies, PLX_EACH_AT_ONCE);
    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_NOT_READY);
    assert_int_equal(e.bodies, 2 * PLX_EACH_AT_ONCE);
    each_drop(&future);
}

/* conformance 61 */
static void test_dropped_at_every_stage(void **state)
{
    (void)state;
    for (int polls = 0; polls <= 7; polls++) {
        struct env e = {.last = 2, .waits = true, .body.waits = 2};
        struct hand hand = HAND;
        each future = each_new(&e);
        plx_unit nothing;
        for (int poll = 0; poll < polls; poll++)
            POLL(each, &future, &hand, &nothing);
        each_drop(&future);
        assert_int_equal(e.stream.drops, 1);
        assert_int_equal(e.body.drops, e.bodies);
        assert_int_equal(hand_wakers(&hand), 0);
    }
}

/* conformance 60 */
static void test_polled_and_dropped_too_often(void **state)
{
    struct env e = {.last = 1};
    struct hand hand = HAND;
    each future = each_new(&e);
    plx_unit nothing;
    unsigned after_end = plx_contract_count(PLX_POLLED_AFTER_END);
    unsigned twice = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_READY);
    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_FAILED);
    assert_failed_at(&hand, -EINVAL, each_shape.at.line);
    each_drop(&future);
    each_drop(&future);
    assert_int_equal(POLL(each, &future, &hand, &nothing), PLX_FAILED);
    assert_int_equal(e.stream.drops, 1);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end + 2);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), twice + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_item_then_ready),        cmocka_unit_test(test_empty_stream),
        cmocka_unit_test(test_one_item_at_a_time),           cmocka_unit_test(test_errors_end_it),
        cmocka_unit_test(test_does_not_keep_its_worker),     cmocka_unit_test(test_dropped_at_every_stage),
        cmocka_unit_test(test_polled_and_dropped_too_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
