/* SPDX-License-Identifier: MIT
 *
 * The delay queue: see lib/time/delay_queue.h.
 */
#include "tests/unit/time/by_hand.h"

#include "lib/time/delay_queue.h"

#include <stdlib.h>

static struct plx_delay_queue *queue;
static plx_delay_expired stream;
static int dropped;

static void count_drop(void *value)
{
    (void)value;
    dropped++;
}

static int begin_queue(void **state)
{
    begin(state);
    dropped = 0;
    assert_int_equal(plx_delay_queue_new(count_drop, &queue), 0);
    stream = plx_delay_queue_expired(queue);
    return 0;
}

static int end_queue(void **state)
{
    int left = (int)plx_delay_queue_count(queue);
    plx_delay_expired_drop(&stream);
    plx_delay_queue_free(queue);
    assert_int_equal(dropped, left);
    return end(state);
}

static char names[] = "abcdefgh";

static plx_delay_key insert(int which, uint64_t after)
{
    plx_delay_key key;
    assert_int_equal(plx_delay_queue_insert(queue, &names[which], PLX_MS(after), &key), 0);
    return key;
}

/* What the stream says: a name, '.' for the end, '-' for nothing yet. */
static char next(void)
{
    plx_delay_expired_item item;
    enum plx_answer answer = POLL(plx_delay_expired, &stream, &hand, &item);
    if (answer == PLX_NOT_READY)
        return '-';
    assert_int_equal(answer, PLX_READY);
    return item.end ? '.' : *(char *)item.value;
}

/* conformance 263 */
static void test_immediate(void **state)
{
    (void)state;
    insert(0, 0);
    assert_int_equal(next(), 'a');
    assert_int_equal(next(), '.');
}

/* conformance 263 */
static void test_many_immediate(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        insert(i, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(next(), 'a' + i);
    assert_int_equal(next(), '.');
}

/* conformance 263: with exactly one wake */
static void test_short_delay(void **state)
{
    (void)state;
    insert(0, 5);
    assert_int_equal(next(), '-');
    pass_ms(&my, 4);
    assert_int_equal(hand.notified, 0);
    pass_ms(&my, 1);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(next(), 'a');
    assert_int_equal(next(), '.');
    assert_int_equal(hand.notified, 1);
}

/* conformance 264 */
static void test_six_mixed(void **state)
{
    const uint64_t delays[] = {1000, 2, 234, 60, 60, 10};
    int found = 0;
    (void)state;
    for (int i = 0; i < 6; i++)
        insert(i, delays[i]);
    assert_int_equal(next(), '-');
    for (uint64_t now = 1; now <= 1200 && found < 6; now++) {
        int before = hand.notified, due = 0;
        pass_ms(&my, 1);
        for (int i = 0; i < 6; i++)
            due += delays[i] == now;
        if (hand.notified == before) {
            assert_int_equal(due, 0);
            continue;
        }
        assert_true(due > 0 || now == 192 || now == 960);
        for (; due > 0; due--, found++)
            assert_int_equal(delays[next() - 'a'], now);
        assert_int_equal(next(), found == 6 ? '.' : '-');
    }
    assert_int_equal(found, 6);
}

/* conformance 265 */
static void test_past(void **state)
{
    (void)state;
    pass_ms(&my, 100);
    assert_int_equal(plx_delay_queue_insert_at(queue, &names[0], (struct plx_instant){PLX_MS(40)}, NULL), 0);
    assert_int_equal(next(), 'a');
    insert(1, 50);
    assert_int_equal(next(), '-');
    assert_int_equal(plx_delay_queue_insert_at(queue, &names[2], (struct plx_instant){PLX_MS(99)}, NULL), 0);
    assert_int_equal(hand.notified, 1); /* the task that waits is told */
    assert_int_equal(next(), 'c');
    assert_int_equal(next(), '-');
}

/* conformance 265 */
static void test_remove(void **state)
{
    plx_delay_key pending = insert(0, 5), expired = insert(1, 3), kept = insert(2, 7);
    void *value;
    (void)state;
    assert_int_equal(next(), '-');
    pass_ms(&my, 3);
    assert_int_equal(plx_delay_queue_remove(queue, expired, &value), 0); /* due, but not given out */
    assert_ptr_equal(value, &names[1]);
    assert_int_equal(plx_delay_queue_remove(queue, pending, &value), 0);
    assert_ptr_equal(value, &names[0]);
    assert_int_equal(plx_delay_queue_remove(queue, pending, &value), -ENOENT);
    assert_int_equal(next(), '-');
    pass_ms(&my, 4);
    assert_int_equal(next(), 'c');
    assert_int_equal(plx_delay_queue_remove(queue, kept, &value), -ENOENT);
    assert_int_equal(plx_delay_queue_reset(queue, kept, 0), -ENOENT);
    assert_int_equal(next(), '.');
}

/* conformance 265: from the list of those that were past when they were put in */
static void test_remove_and_reset_expired(void **state)
{
    void *value;
    (void)state;
    pass_ms(&my, 10);
    plx_delay_key first = insert(0, 0), second = insert(1, 0), third = insert(2, 0);
    assert_int_equal(plx_delay_queue_remove(queue, second, &value), 0);
    assert_int_equal(plx_delay_queue_reset(queue, first, PLX_MS(5)), 0);
    assert_int_equal(next(), 'c');
    assert_int_equal(plx_delay_queue_reset(queue, third, PLX_MS(5)), -ENOENT);
    assert_int_equal(next(), '-');
    pass_ms(&my, 5);
    assert_int_equal(next(), 'a');
    assert_int_equal(next(), '.');
}

/* The last one is removed while a task waits: it is told that there is nothing to wait for. */
static void test_removed_until_empty(void **state)
{
    plx_delay_key key = insert(0, 50);
    void *value;
    (void)state;
    assert_int_equal(next(), '-');
    assert_int_equal(plx_delay_queue_remove(queue, key, &value), 0);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(next(), '.');
    insert(1, 5); /* it can be filled again */
    assert_int_equal(next(), '-');
    pass_ms(&my, 5);
    assert_int_equal(next(), 'b');
    assert_int_equal(next(), '.');
}

/* Resets one item to each of `to` in turn, after a few ms; it comes at the last of them, and only then. */
static void reset_through(uint64_t first, const uint64_t *to, int count)
{
    plx_delay_key key = insert(0, first);
    uint64_t start = now_ms(&my), last = to[count - 1];
    assert_int_equal(next(), '-');
    for (int i = 0; i < count; i++) {
        pass_ms(&my, 2);
        assert_int_equal(plx_delay_queue_reset_at(queue, key, (struct plx_instant){PLX_MS(start + to[i])}),
                         0);
        if (i % 2)
            assert_int_equal(next(), '-');
    }
    struct plx_instant deadline;
    assert_int_equal(plx_delay_queue_deadline(queue, key, &deadline), 0);
    assert_int_equal(deadline.ns, PLX_MS(start + last));
    while (now_ms(&my) < start + last) {
        int notified = hand.notified;
        pass_ms(&my, 1);
        if (hand.notified > notified && now_ms(&my) < start + last)
            assert_int_equal(next(), '-');
    }
    assert_true(hand.notified > 0);
    assert_int_equal(next(), 'a');
    assert_int_equal(next(), '.');
}

/* conformance 266; real bugs 41 */
static void test_reset(void **state)
{
    const uint64_t later[] = {300}, much_later[] = {100000}, earlier[] = {50}, twice[] = {50, 20},
                   up_and_down[] = {500, 70, 900, 30, 64};
    (void)state;
    reset_through(10, later, 1);
    reset_through(200, much_later, 1);
    reset_through(200, earlier, 1);
    reset_through(200, twice, 2);
    reset_through(200, up_and_down, 5);
}

/* conformance 266: the first to expire comes later, and another one, which was earlier, is still in time */
static void test_reset_the_first(void **state)
{
    plx_delay_key first = insert(0, 20), second = insert(1, 40);
    (void)state;
    assert_int_equal(next(), '-');
    assert_int_equal(plx_delay_queue_reset(queue, first, PLX_MS(60)), 0);
    pass_ms(&my, 20);
    assert_int_equal(hand.notified, 0); /* nobody waits for 20 any more */
    pass_ms(&my, 20);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(next(), 'b');
    assert_int_equal(plx_delay_queue_reset(queue, second, PLX_MS(1)), -ENOENT);
    assert_int_equal(next(), '-');
    pass_ms(&my, 20);
    assert_int_equal(next(), 'a');
}

/* conformance 266; real bugs 41: a new one is earlier than what the task waits for */
static void test_an_earlier_one_comes(void **state)
{
    (void)state;
    insert(0, 500);
    assert_int_equal(next(), '-');
    pass_ms(&my, 3);
    insert(1, 10);
    pass_ms(&my, 9);
    assert_int_equal(hand.notified, 0);
    pass_ms(&my, 1);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(next(), 'b');
    assert_int_equal(next(), '-');
}

/* The task has slept for long, and the wheel has not been turned: a new one wakes it when it is due, not
 * before. */
static void test_put_in_after_idling(void **state)
{
    (void)state;
    insert(0, 90000);
    assert_int_equal(next(), '-');
    pass_ms(&my, 5000);
    insert(1, 10);
    pass_ms(&my, 9);
    assert_int_equal(hand.notified, 0);
    pass_ms(&my, 1);
    assert_int_equal(next(), 'b');
    assert_int_equal(next(), '-');
}

/* A key of an item that is gone is no key of the one that has its place. */
static void test_old_keys(void **state)
{
    plx_delay_key old = insert(0, 0);
    void *value;
    (void)state;
    assert_int_equal(next(), 'a');
    plx_delay_key new_one = insert(1, 0);
    assert_int_equal(new_one.slot, old.slot);
    assert_int_equal(plx_delay_queue_remove(queue, old, &value), -ENOENT);
    assert_int_equal(plx_delay_queue_remove(queue, (plx_delay_key){12345, 0}, &value), -ENOENT);
    assert_int_equal(plx_delay_queue_remove(queue, new_one, &value), 0);
}

/* Many at once, some of which are reset or removed: each comes once, and in order. A poll that has to bring
 * down very many yields in between. */
static void test_many(void **state)
{
    enum { MANY = 5000 };
    static plx_delay_key keys[MANY];
    static int values[MANY];
    static bool seen[MANY];
    int found = 0;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        values[i] = i;
        assert_int_equal(plx_delay_queue_insert(queue, &values[i], PLX_MS(4096 + i * 7919 % 1000), &keys[i]),
                         0);
    }
    for (int i = 0; i < MANY; i += 10) {
        void *value;
        assert_int_equal(plx_delay_queue_remove(queue, keys[i], &value), 0);
        assert_ptr_equal(value, &values[i]);
        assert_int_equal(plx_delay_queue_reset(queue, keys[i + 1], PLX_MS(4096 + 500)), 0);
    }
    uint64_t last = 0;
    plx_clock_advance(&my.clock, PLX_MS(6000));
    for (int polls = 0; polls < 2 * MANY; polls++) {
        plx_delay_expired_item item;
        int notified = hand.notified;
        if (POLL(plx_delay_expired, &stream, &hand, &item) == PLX_NOT_READY) {
            assert_true(hand.notified > notified);
            continue;
        }
        if (item.end)
            break;
        int i = *(int *)item.value;
        assert_false(seen[i]);
        assert_true(item.deadline.ns >= last);
        seen[i] = true;
        last = item.deadline.ns;
        found++;
    }
    assert_int_equal(found, MANY - MANY / 10);
}

static void test_shutdown(void **state)
{
    plx_delay_expired_item item;
    (void)state;
    insert(0, 50);
    assert_int_equal(next(), '-');
    plx_timer_shutdown(my.timer);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(plx_delay_expired, &stream, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ESHUTDOWN);
}

/* Whatever is left inside is dropped with the queue: `end_queue` counts. */
static void test_freed_with_items(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        insert(i, 10 + (uint64_t)i);
    assert_int_equal(next(), '-');
}

#define queue_test(test) cmocka_unit_test_setup_teardown(test, begin_queue, end_queue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        queue_test(test_immediate),
        queue_test(test_many_immediate),
        queue_test(test_short_delay),
        queue_test(test_six_mixed),
        queue_test(test_past),
        queue_test(test_remove),
        queue_test(test_remove_and_reset_expired),
        queue_test(test_removed_until_empty),
        queue_test(test_reset),
        queue_test(test_reset_the_first),
        queue_test(test_an_earlier_one_comes),
        queue_test(test_put_in_after_idling),
        queue_test(test_old_keys),
        queue_test(test_many),
        queue_test(test_shutdown),
        queue_test(test_freed_with_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
