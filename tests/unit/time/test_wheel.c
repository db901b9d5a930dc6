/* SPDX-License-Identifier: MIT
 *
 * The wheel, by numbers: see lib/time/wheel.h.
 */
#include "tests/support/leaf.h"

#include "lib/time/wheel.h"

#include <stdlib.h>

static struct plx_wheel wheel;

/* Turns to `now`; the entry that is due, or NULL. */
static struct plx_wheel_entry *due(uint64_t now)
{
    uint32_t work = 1000;
    struct plx_wheel_entry *entry = plx_wheel_turn(&wheel, now, &work);
    assert_true(work > 0);
    return entry;
}

/* conformance 248 */
static void test_level_and_slot(void **state)
{
    (void)state;
    for (uint64_t when = 1; when < 64; when++)
        assert_int_equal(plx_wheel_level(0, when), 0);
    for (unsigned level = 1; level < PLX_WHEEL_LEVELS; level++) {
        unsigned shift = level * PLX_WHEEL_BITS;
        for (uint64_t slot = 1; slot < PLX_WHEEL_SLOTS; slot++) {
            uint64_t when = slot << shift;
            assert_int_equal(plx_wheel_level(0, when), level);
            assert_int_equal(plx_wheel_slot(level, when), slot);
            assert_int_equal(plx_wheel_level(0, when - 1), slot > 1 ? level : level - 1);
            assert_int_equal(plx_wheel_level(0, when + 1), level);
            assert_int_equal(plx_wheel_level(when, when + 1), 0);
            assert_int_equal(plx_wheel_level(when - 1, when), level);
        }
    }
    assert_int_equal(plx_wheel_level(0, UINT64_MAX), PLX_WHEEL_LEVELS - 1);
}

static void test_empty(void **state)
{
    (void)state;
    plx_wheel_init(&wheel, 7);
    assert_true(plx_wheel_next(&wheel) == PLX_NEVER);
    assert_null(plx_wheel_any(&wheel));
    assert_null(due(1000));
    assert_int_equal(wheel.elapsed, 1000);
    assert_null(due(10)); /* it does not turn back */
    assert_int_equal(wheel.elapsed, 1000);
}

static void test_same_moment_in_order(void **state)
{
    struct plx_wheel_entry entries[10];
    (void)state;
    plx_wheel_init(&wheel, 0);
    for (int i = 0; i < 10; i++)
        plx_wheel_insert(&wheel, &entries[i], 5000); /* through two cascades */
    for (int i = 0; i < 10; i++)
        assert_ptr_equal(due(5000), &entries[i]);
    assert_null(due(5000));
}

static void test_removed_is_gone(void **state)
{
    struct plx_wheel_entry a, b, c;
    (void)state;
    plx_wheel_init(&wheel, 0);
    assert_int_equal(plx_wheel_insert(&wheel, &a, 100), 64);
    plx_wheel_insert(&wheel, &b, 100);
    plx_wheel_insert(&wheel, &c, 10000);
    assert_false(plx_wheel_remove(&wheel, &a));
    assert_int_equal(plx_wheel_next(&wheel), 64);
    assert_true(plx_wheel_remove(&wheel, &b));
    assert_int_equal(plx_wheel_next(&wheel), 8192);
    assert_ptr_equal(due(20000), &c);
    assert_true(plx_wheel_next(&wheel) == PLX_NEVER);
}

/* However many come down: each call stops when the work is done, and in between any may be removed. */
static void test_work_is_bounded(void **state)
{
    enum { MANY = 1000 };
    static struct plx_wheel_entry entries[MANY];
    int found = 0;
    (void)state;
    plx_wheel_init(&wheel, 0);
    for (int i = 0; i < MANY; i++)
        plx_wheel_insert(&wheel, &entries[i], 4096 + (uint64_t)i % 50);

    for (int calls = 0;; calls++) {
        uint32_t work = 7;
        struct plx_wheel_entry *entry;
        while ((entry = plx_wheel_turn(&wheel, 5000, &work)))
            found++;
        if (work > 0)
            break;
        assert_true(plx_wheel_next(&wheel) <= 5000);
        if (calls == 5)
            for (int i = 500; i < MANY; i += 2) {
                plx_wheel_remove(&wheel, &entries[i]); /* some have come down, some are about to */
                found++;
            }
        assert_true(calls < 2 * MANY);
    }
    assert_int_equal(found, MANY);
    assert_true(plx_wheel_next(&wheel) == PLX_NEVER);
    assert_int_equal(wheel.elapsed, 5000);
}

/* The slot is open, and nothing has come down from it yet: it is not forgotten. */
static void test_stopped_on_the_way_down(void **state)
{
    struct plx_wheel_entry entry;
    uint32_t work = 1;
    (void)state;
    plx_wheel_init(&wheel, 0);
    plx_wheel_insert(&wheel, &entry, 100);
    assert_null(plx_wheel_turn(&wheel, 200, &work));
    assert_int_equal(work, 0);
    assert_int_equal(plx_wheel_next(&wheel), 64);
    assert_ptr_equal(plx_wheel_any(&wheel), &entry);
    plx_wheel_remove(&wheel, &entry);
    assert_true(plx_wheel_next(&wheel) == PLX_NEVER);
    assert_null(plx_wheel_any(&wheel));
}

/* conformance 249: the clock is carried over bit 30 and bit 36, where the top ring begins anew */
static void test_over_the_edges(void **state)
{
    const uint64_t edges[] = {(uint64_t)1 << 30, (uint64_t)1 << 36, ((uint64_t)1 << 36) + ((uint64_t)1 << 30),
                              (uint64_t)3 << 36, (uint64_t)1 << 44};
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        for (uint64_t before = 1; before <= 100; before += 33)
            for (uint64_t after = 0; after < 5000; after += 777) {
                struct plx_wheel_entry entry;
                uint64_t when = edges[i] + after, wakes = 0;
                plx_wheel_init(&wheel, edges[i] - before);
                assert_true(plx_wheel_insert(&wheel, &entry, when) <= when);
                while (plx_wheel_next(&wheel) < when) {
                    assert_null(due(plx_wheel_next(&wheel)));
                    assert_true(++wakes < 10);
                }
                assert_int_equal(plx_wheel_next(&wheel), when);
                assert_null(due(when - 1));
                assert_ptr_equal(due(when), &entry);
            }
}

/* conformance 249; real bugs 44: a long timer lies in the slot of now, for the next round. Short ones come
 * before it, those of the top ring too. */
static void test_a_long_one_does_not_hide_the_short_ones(void **state)
{
    const uint64_t slot = (uint64_t)1 << 30, round = (uint64_t)1 << 36;
    (void)state;
    for (uint64_t now = 5 * slot; now < 2 * round; now += 17 * slot) {
        struct plx_wheel_entry longest, middle, shorter;
        plx_wheel_init(&wheel, now + 77);
        plx_wheel_insert(&wheel, &longest, now + round + 1); /* the slot of now, next time */
        plx_wheel_insert(&wheel, &middle, now + 3 * slot);
        plx_wheel_insert(&wheel, &shorter, now + 80);
        assert_true(plx_wheel_next(&wheel) <= now + 80);
        assert_ptr_equal(due(now + 80), &shorter);
        assert_null(due(now + 3 * slot - 1));
        assert_int_equal(plx_wheel_next(&wheel), now + 3 * slot);
        assert_ptr_equal(due(now + 3 * slot), &middle);
        assert_null(due(now + round));
        assert_ptr_equal(due(now + round + 1), &longest);
    }
}

/* More than a round away: it goes round, and is put back until it is its turn. */
static void test_many_rounds_away(void **state)
{
    struct plx_wheel_entry entry;
    const uint64_t when = ((uint64_t)9 << 36) + 12345;
    int wakes = 0;
    (void)state;
    plx_wheel_init(&wheel, 0);
    plx_wheel_insert(&wheel, &entry, when);
    while (plx_wheel_next(&wheel) < when) {
        assert_null(due(plx_wheel_next(&wheel)));
        wakes++;
    }
    assert_ptr_equal(due(when), &entry);
    assert_true(wakes <= 9 + PLX_WHEEL_LEVELS);
}

/* ── against a list that is searched ──────────────────────────────────────────────────────────────────── */

enum { ENTRIES = 300 };

static struct model {
    struct plx_wheel_entry entry;
    bool in;
} model[ENTRIES];

static uint64_t random_state;

static uint64_t random_below(uint64_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 20) % limit;
}

static uint64_t earliest(void)
{
    uint64_t first = PLX_NEVER;
    for (int i = 0; i < ENTRIES; i++)
        if (model[i].in && model[i].entry.when < first)
            first = model[i].entry.when;
    return first;
}

/* A distance of any size: as likely a few ms as some years. */
static uint64_t random_distance(void)
{
    return 1 + random_below((uint64_t)1 << (1 + random_below(38)));
}

static void turn_to(uint64_t now)
{
    uint32_t work = 1 + (uint32_t)random_below(5);
    struct plx_wheel_entry *entry;
    while ((entry = plx_wheel_turn(&wheel, now, &work)) || work == 0) {
        if (entry) {
            struct model *found = plx_container_of(entry, struct model, entry);
            assert_true(found->in);
            assert_int_equal(entry->when, earliest());
            assert_true(entry->when <= now);
            found->in = false;
        }
        work = work ? work : 5;
    }
    assert_true(earliest() > now);
    assert_true(plx_wheel_next(&wheel) <= earliest());
    assert_true(plx_wheel_next(&wheel) > now);
}

static void test_like_a_sorted_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        random_state = seed;
        memset(model, 0, sizeof model);
        plx_wheel_init(&wheel, random_below((uint64_t)1 << 40));
        for (int step = 0; step < 3000; step++) {
            struct model *one = &model[random_below(ENTRIES)];
            if (one->in)
                plx_wheel_remove(&wheel, &one->entry);
            else
                plx_wheel_insert(&wheel, &one->entry, wheel.elapsed + random_distance());
            one->in = !one->in;
            if (step % 3 == 0)
                turn_to(random_below(2) ? wheel.elapsed + random_distance() / 16 : plx_wheel_next(&wheel));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_and_slot),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_same_moment_in_order),
        cmocka_unit_test(test_removed_is_gone),
        cmocka_unit_test(test_work_is_bounded),
        cmocka_unit_test(test_stopped_on_the_way_down),
        cmocka_unit_test(test_over_the_edges),
        cmocka_unit_test(test_a_long_one_does_not_hide_the_short_ones),
        cmocka_unit_test(test_many_rounds_away),
        cmocka_unit_test(test_like_a_sorted_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
