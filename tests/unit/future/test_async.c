/* SPDX-License-Identifier: MIT
 *
 * async/await: see lib/future/async.h.
 */
#include "tests/support/leaf.h"

#include <errno.h>
#include <string.h>

/* ── from top to bottom ───────────────────────────────────────────────────────────────────────────── */

struct story_vars {
    struct probe *a, *b, *c;
    int rounds; /* how often b is awaited */
    bool skip_c;
    int *cleanups;
    int round, sum;
    token got;
};

#define STORY_AWAITS(AWAIT)                                                                                  \
    AWAIT(at_a, leaf)                                                                                        \
    AWAIT(at_b, leaf)                                                                                        \
    AWAIT(at_c, leaf)

static void story_cleanup(struct story_vars *my)
{
    journal_add("cleanup");
    token_drop(&my->got);
    ++*my->cleanups;
}

/* Adds up what a, b (so many times) and, unless it is skipped, c are ready with. */
PLX_ASYNC(story, struct story_vars, int, STORY_AWAITS, story_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->got, at_a, leaf_of(my->a));
    my->sum = my->got.value;
    token_drop(&my->got);
    for (my->round = 0; my->round < my->rounds; my->round++) {
        my->b->polls = 0;
        PLX_AWAIT(my->got, at_b, leaf_of(my->b));
        my->sum += my->got.value;
        token_drop(&my->got);
    }
    if (!my->skip_c) {
        PLX_AWAIT(my->got, at_c, leaf_of(my->c));
        my->sum += my->got.value;
    }
    PLX_RETURN(my->sum);
    PLX_END;
}

struct cast {
    struct probe a, b, c;
    int cleanups;
};

#define CAST                                                                                                 \
    {                                                                                                        \
        {.name = "a", .value = 1}, {.name = "b", .value = 10}, {.name = "c", .value = 100}, 0                \
    }

static story story_of(struct cast *cast, int rounds, bool skip_c)
{
    return story_new((struct story_vars){.a = &cast->a,
                                         .b = &cast->b,
                                         .c = &cast->c,
                                         .rounds = rounds,
                                         .skip_c = skip_c,
                                         .cleanups = &cast->cleanups});
}

static void test_runs_through_without_waiting(void **state)
{
    struct cast cast = CAST;
    struct hand hand = HAND;
    story future = story_of(&cast, 2, false);
    int item = 0;
    (void)state;

    journal_clear();
    assert_int_equal(POLL(story, &future, &hand, &item), PLX_READY);
    assert_int_equal(item, 121);
    assert_int_equal(cast.cleanups, 0);
    story_drop(&future);
    assert_string_equal(journal, "poll a, drop a, poll b, drop b, poll b, drop b, poll c, drop c, cleanup");
    assert_int_equal(cast.a.items_dropped + cast.b.items_dropped + cast.c.items_dropped, 4);
}

static void test_waits_in_a_loop_and_in_an_if(void **state)
{
    (void)state;
    for (int skip = 0; skip < 2; skip++) {
        struct cast cast = CAST;
        struct hand hand = HAND;
        story future = story_of(&cast, 3, skip);
        int item = 0;
        cast.a.waits = cast.b.waits = cast.c.waits = 1;
        for (int poll = 0; poll < 1 + 3 + !skip; poll++)
            assert_int_equal(POLL(story, &future, &hand, &item), PLX_NOT_READY);
        assert_int_equal(POLL(story, &future, &hand, &item), PLX_READY);
        assert_int_equal(item, skip ? 31 : 131);
        story_drop(&future);
        assert_int_equal(cast.cleanups, 1);
        assert_int_equal(hand_wakers(&hand), 0);
    }
}

/* Dropped before the first poll, at each await, and at the end: the awaited future goes, then cleanup runs,
 * once. */
static void test_dropped_at_every_await(void **state)
{
    static const char *const last[] = {"cleanup",         "drop a, cleanup", "drop b, cleanup",
                                       "drop b, cleanup", "drop c, cleanup", "drop c, cleanup"};
    (void)state;
    for (int polls = 0; polls < 6; polls++) {
        struct cast cast = CAST;
        struct hand hand = HAND;
        story future = story_of(&cast, 2, false);
        int item;
        cast.a.waits = cast.b.waits = cast.c.waits = 1;
        journal_clear();
        for (int poll = 0; poll < polls; poll++)
            assert_int_equal(POLL(story, &future, &hand, &item), poll < 4 ? PLX_NOT_READY : PLX_READY);
        story_drop(&future);
        assert_int_equal(cast.cleanups, 1);
        assert_int_equal(cast.a.drops, polls > 0);
        assert_int_equal(cast.b.drops, polls > 3 ? 2 : polls > 1 ? polls - 1 : 0);
        assert_int_equal(cast.c.drops, polls > 3);
        assert_int_equal(hand_wakers(&hand), 0);
        size_t length = strlen(journal), tail = strlen(last[polls]);
        assert_string_equal(journal + length - tail, last[polls]);
    }
}

/* An await that fails ends the function, as `?` does. */
static void test_error_ends_it(void **state)
{
    struct cast cast = CAST;
    struct hand hand = HAND;
    story future = story_of(&cast, 1, false);
    int item;
    (void)state;

    cast.b.code = -ECONNRESET;
    assert_int_equal(POLL(story, &future, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ECONNRESET);
    assert_int_equal(hand.cx.error.at.line, leaf_fails_line);
    assert_int_equal(cast.c.polls, 0);
    assert_int_equal(cast.b.drops, 1);
    assert_int_equal(cast.cleanups, 0);
    story_drop(&future);
    assert_int_equal(cast.cleanups, 1);
}

/* conformance 60 */
static void test_polled_and_dropped_too_often(void **state)
{
    struct cast cast = CAST;
    struct hand hand = HAND;
    story future = story_of(&cast, 0, true);
    int item;
    unsigned after_end = plx_contract_count(PLX_POLLED_AFTER_END);
    unsigned twice = plx_contract_count(PLX_DROPPED_TWICE);
    (void)state;

    assert_int_equal(POLL(story, &future, &hand, &item), PLX_READY);
    assert_int_equal(POLL(story, &future, &hand, &item), PLX_FAILED);
    assert_failed_at(&hand, -EINVAL, story_shape.at.line);
    story_drop(&future);
    story_drop(&future);
    assert_int_equal(cast.cleanups, 1);
    assert_int_equal(POLL(story, &future, &hand, &item), PLX_FAILED);
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), after_end + 2);
    assert_int_equal(plx_contract_count(PLX_DROPPED_TWICE), twice + 1);
    assert_int_equal(cast.a.polls, 1);
}

static void test_shape(void **state)
{
    (void)state;
    assert_string_equal(story_shape.kind, "async");
    assert_string_equal(story_shape.name, "story");
    assert_int_equal(story_shape.nodes, 4);
    assert_int_equal(story_shape.count, 3);
    assert_ptr_equal(story_shape.children[2], &leaf_shape);
}

/* ── errors that are caught, and made ─────────────────────────────────────────────────────────────── */

struct careful_vars {
    struct probe *a;
    int give_up_with; /* 0: go on */
    struct plx_error seen;
    token got;
};

#define CAREFUL_AWAITS(AWAIT) AWAIT(tried, leaf)

static void careful_cleanup(struct careful_vars *my)
{
    token_drop(&my->got);
}

enum { GIVES_UP_LINE = __LINE__ + 10 };
PLX_ASYNC(careful, struct careful_vars, int, CAREFUL_AWAITS, careful_cleanup)
{
    enum plx_answer caught;
    PLX_BEGIN;
    PLX_AWAIT_CATCH(caught, my->got, tried, leaf_of(my->a));
    if (caught == PLX_READY)
        PLX_RETURN(my->got.value);
    my->seen = cx->error;
    if (my->give_up_with)
        PLX_FAIL(my->give_up_with);
    PLX_RETURN(-1);
    PLX_END;
}

static void test_caught_error(void **state)
{
    struct probe a = {.waits = 1, .code = -ENOENT};
    struct hand hand = HAND;
    careful future = careful_new((struct careful_vars){.a = &a});
    int item = 0;
    (void)state;

    assert_int_equal(POLL(careful, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(careful, &future, &hand, &item), PLX_READY);
    assert_int_equal(item, -1);
    assert_int_equal(future.my.seen.code, -ENOENT);
    assert_int_equal(a.drops, 1);
    careful_drop(&future);
    assert_int_equal(a.drops, 1);

    struct probe good = {.value = 6};
    future = careful_new((struct careful_vars){.a = &good});
    assert_int_equal(POLL(careful, &future, &hand, &item), PLX_READY);
    assert_int_equal(item, 6);
    careful_drop(&future);
    assert_int_equal(good.items_dropped, 1);
}

static void test_own_error(void **state)
{
    struct probe a = {.code = -ENOENT};
    struct hand hand = HAND;
    careful future = careful_new((struct careful_vars){.a = &a, .give_up_with = -EPROTO});
    int item;
    (void)state;

    assert_int_equal(POLL(careful, &future, &hand, &item), PLX_FAILED);
    assert_failed_at(&hand, -EPROTO, GIVES_UP_LINE);
    careful_drop(&future);
}

/* ── mistakes ─────────────────────────────────────────────────────────────────────────────────────── */

struct mistake_vars {
    struct probe *a;
    int which;
};

#define MISTAKE_AWAITS(AWAIT)                                                                                \
    AWAIT(outside, leaf)                                                                                     \
    AWAIT(inside, leaf)

/* The point inside is one that the switch of the body cannot jump to. `which` has the value of no point: not
 * even by accident. */
PLX_ASYNC(mistake, struct mistake_vars, int, MISTAKE_AWAITS, plx_no_cleanup)
{
    token got = {0};
    (void)got;
    PLX_BEGIN;
    switch (my->which) {
    case 7:
        PLX_AWAIT(got, inside, leaf_of(my->a));
        break;
    }
    PLX_RETURN(0);
    PLX_END;
}

static void test_await_in_a_switch_is_reported(void **state)
{
    struct probe a = {.waits = FOREVER};
    struct hand hand = HAND;
    mistake future = mistake_new((struct mistake_vars){&a, 7});
    int item;
    unsigned before = plx_contract_count(PLX_AWAIT_IN_SWITCH);
    (void)state;

    assert_int_equal(POLL(mistake, &future, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(mistake, &future, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -EINVAL);
    assert_int_equal(plx_contract_count(PLX_AWAIT_IN_SWITCH), before + 1);
    mistake_drop(&future);
    assert_int_equal(a.drops, 1);
    assert_int_equal(hand_wakers(&hand), 0);
}

static void test_switch_does_not_jump_to_an_await(void **state)
{
    (void)state;
    for (int which = 0; which < 1000; which++) {
        if (which == 7)
            continue;
        struct probe a = {.waits = FOREVER};
        struct hand hand = HAND;
        mistake future = mistake_new((struct mistake_vars){&a, which});
        int item;
        assert_int_equal(POLL(mistake, &future, &hand, &item), PLX_READY);
        mistake_drop(&future);
        assert_int_equal(a.polls, 0);
    }
}

#define FORGETFUL_AWAITS(AWAIT) AWAIT(somewhere, leaf)

/* PLX_RETURN is missing. */
enum { FORGETFUL_END = __LINE__ + 7 };
PLX_ASYNC(forgetful, struct careful_vars, int, FORGETFUL_AWAITS, careful_cleanup)
{
    PLX_BEGIN;
    if (my->give_up_with)
        PLX_AWAIT(my->got, somewhere, leaf_of(my->a));
    (void)plx_out;
    PLX_END;
}

static void test_missing_return_fails(void **state)
{
    unsigned before = plx_contract_count(PLX_POLLED_AFTER_END);
    (void)state;
    for (int awaits = 0; awaits < 2; awaits++) {
        struct probe a = {.value = 1};
        struct hand hand = HAND;
        forgetful future = forgetful_new((struct careful_vars){.a = &a, .give_up_with = awaits});
        int item;
        assert_int_equal(POLL(forgetful, &future, &hand, &item), PLX_FAILED);
        assert_failed_at(&hand, -EINVAL, FORGETFUL_END);
        assert_int_equal(POLL(forgetful, &future, &hand, &item), PLX_FAILED);
        forgetful_drop(&future);
        assert_int_equal(a.drops, awaits);
        assert_int_equal(a.items_dropped, awaits);
    }
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), before + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_through_without_waiting),
        cmocka_unit_test(test_waits_in_a_loop_and_in_an_if),
        cmocka_unit_test(test_dropped_at_every_await),
        cmocka_unit_test(test_error_ends_it),
        cmocka_unit_test(test_polled_and_dropped_too_often),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_caught_error),
        cmocka_unit_test(test_own_error),
        cmocka_unit_test(test_await_in_a_switch_is_reported),
        cmocka_unit_test(test_switch_does_not_jump_to_an_await),
        cmocka_unit_test(test_missing_return_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
