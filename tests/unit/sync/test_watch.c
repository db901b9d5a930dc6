/* SPDX-License-Identifier: MIT
 *
 * watch and broadcast: who sees what, who is told, how they end, and values that own something.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

PLX_WATCH(mode, int)
PLX_BROADCAST(news, int)

static mode_item look(mode_receiver *receiver, struct hand *hand, enum plx_answer expected)
{
    mode_item item = {0};
    assert_int_equal(POLL(mode_receiver, receiver, hand, &item), expected);
    return item;
}

/* ── watch ────────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 123: the first value is seen, then the latest only */
static void the_latest_value_only(void **state)
{
    struct hand hand = HAND;
    mode_sender tx;
    mode_receiver rx;
    (void)state;
    assert_int_equal(mode_channel(1, &tx, &rx), 0);
    assert_true(mode_has_changed(&rx));
    assert_int_equal(look(&rx, &hand, PLX_READY).value, 1);
    assert_false(mode_has_changed(&rx));
    look(&rx, &hand, PLX_NOT_READY);
    assert_int_equal(mode_send(&tx, 2), 0);
    assert_int_equal(mode_send(&tx, 3), 0);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(mode_get(&rx), 3);
    assert_int_equal(look(&rx, &hand, PLX_READY).value, 3);
    look(&rx, &hand, PLX_NOT_READY);
    assert_int_equal(mode_sent(&tx), 3);
    mode_sender_drop(&tx);
    mode_receiver_drop(&rx);
    assert_int_equal(hand_wakers(&hand), 0);
}

/* conformance 123: all receivers; the last value comes after the sender has gone, then the end, repeatedly */
static void every_receiver_sees_the_last_value(void **state)
{
    enum { RECEIVERS = 40 };
    static struct hand hands[RECEIVERS];
    static mode_receiver receivers[RECEIVERS];
    mode_sender tx;
    (void)state;
    assert_int_equal(mode_channel(1, &tx, &receivers[0]), 0);
    hands[0] = HAND;
    look(&receivers[0], &hands[0], PLX_READY);
    for (int i = 1; i < RECEIVERS; i++) {
        hands[i] = HAND;
        if (i % 2)
            mode_clone(&receivers[0], &receivers[i]);
        else
            mode_subscribe(&tx, &receivers[i]);
    }
    for (int i = 0; i < RECEIVERS; i++)
        look(&receivers[i], &hands[i], PLX_NOT_READY);
    assert_int_equal(mode_send(&tx, 2), 0);
    mode_sender_drop(&tx);
    for (int i = 0; i < RECEIVERS; i++) {
        assert_int_equal(hands[i].notified, 1);
        assert_int_equal(look(&receivers[i], &hands[i], PLX_READY).value, 2);
        assert_true(look(&receivers[i], &hands[i], PLX_READY).end);
        assert_true(look(&receivers[i], &hands[i], PLX_READY).end);
        mode_receiver_drop(&receivers[i]);
        assert_int_equal(hand_wakers(&hands[i]), 0);
    }
}

/* The sender's end is told to those who wait with nothing new. */
static void the_end_wakes_who_waits(void **state)
{
    struct hand hand = HAND, moved = HAND;
    mode_sender tx;
    mode_receiver rx;
    mode_item item;
    (void)state;
    assert_int_equal(mode_channel(1, &tx, &rx), 0);
    look(&rx, &hand, PLX_READY);
    mode_recv recv = mode_recv_new(&rx);
    assert_int_equal(POLL(mode_recv, &recv, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(mode_recv, &recv, &moved, &item), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&hand), 0);
    mode_sender_drop(&tx);
    assert_int_equal(hand.notified, 0);
    assert_int_equal(moved.notified, 1);
    assert_int_equal(POLL(mode_recv, &recv, &moved, &item), PLX_READY);
    assert_true(item.end);
    mode_recv_drop(&recv);
    mode_receiver_drop(&rx);
}

/* conformance 123 */
static void the_sender_learns_that_nobody_watches(void **state)
{
    struct hand hand = HAND, watcher = HAND;
    mode_sender tx;
    mode_receiver rx;
    plx_unit nothing;
    (void)state;
    assert_int_equal(mode_channel(1, &tx, &rx), 0);
    plx_watch_closed closed = mode_closed_new(&tx);
    assert_int_equal(POLL(plx_watch_closed, &closed, &hand, &nothing), PLX_NOT_READY);
    look(&rx, &watcher, PLX_READY);
    look(&rx, &watcher, PLX_NOT_READY);
    mode_receiver_drop(&rx);
    assert_int_equal(hand_wakers(&watcher), 0);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(plx_watch_closed, &closed, &hand, &nothing), PLX_READY);
    plx_watch_closed_drop(&closed);
    assert_int_equal(mode_send(&tx, 2), PLX_CLOSED);
    mode_subscribe(&tx, &rx); /* somebody watches again */
    assert_int_equal(mode_send(&tx, 3), 0);
    assert_int_equal(mode_get(&rx), 3);
    mode_sender_drop(&tx);
    mode_receiver_drop(&rx);
}

/* ── values that own something ────────────────────────────────────────────────────────────────────────── */

/* A shared text: counted. */
struct text {
    int *holders;
};

static struct text text_share(const struct text *text)
{
    ++*text->holders;
    return *text;
}

static void text_drop(struct text *text)
{
    if (text->holders)
        --*text->holders;
    text->holders = NULL;
}

PLX_WATCH_CLONING(page, struct text, text_share, text_drop)
PLX_BROADCAST_CLONING(paper, struct text, text_share, text_drop)
PLX_WATCH(wrong_watch, token)
PLX_BROADCAST(wrong_news, token)

static void a_watched_value_is_cloned_and_dropped(void **state)
{
    int one = 1, two = 1;
    page_sender tx;
    page_receiver rx;
    (void)state;
    assert_int_equal(page_channel((struct text){&one}, &tx, &rx), 0);
    struct text mine = page_get(&rx);
    assert_int_equal(one, 2);
    assert_int_equal(page_send(&tx, (struct text){&two}), 0);
    assert_int_equal(one, 1);
    text_drop(&mine);
    assert_int_equal(one, 0);
    page_receiver_drop(&rx);
    assert_int_equal(two, 1);
    page_sender_drop(&tx);
    assert_int_equal(two, 0);
}

/* A type that must be dropped cannot be copied by assignment: refused, and nothing is taken over. */
static void owners_are_not_copied(void **state)
{
    struct probe probe = {0};
    wrong_watch_sender watch;
    wrong_watch_receiver watcher;
    wrong_news_sender news;
    wrong_news_receiver listener;
    (void)state;
    assert_int_equal(wrong_watch_channel((token){&probe, 1}, &watch, &watcher), -EINVAL);
    assert_int_equal(wrong_news_channel(1, &news, &listener), -EINVAL);
    assert_int_equal(probe.items_dropped, 0);
}

/* Read by all, overwritten unread, left over by the last receiver: each value is let go of once by
 * everybody. */
static void broadcast_values_are_cloned_and_dropped(void **state)
{
    int holders[6] = {1, 1, 1, 1, 1, 1};
    paper_sender tx;
    paper_receiver a, b;
    paper_item item;
    (void)state;
    assert_int_equal(paper_channel(2, &tx, &a), 0);
    paper_subscribe(&tx, &b);
    for (int i = 0; i < 2; i++)
        assert_int_equal(paper_send(&tx, (struct text){&holders[i]}), 0);
    assert_int_equal(paper_try_recv(&a, &item), 0);
    assert_int_equal(holders[0], 2);
    text_drop(&item.value);
    assert_int_equal(paper_try_recv(&b, &item), 0); /* the last one gets the value itself */
    assert_int_equal(holders[0], 1);
    text_drop(&item.value);
    assert_int_equal(holders[0], 0);
    for (int i = 2; i < 6; i++)
        assert_int_equal(paper_send(&tx, (struct text){&holders[i]}), 0);
    assert_int_equal(holders[1] + holders[2] + holders[3], 0);
    paper_receiver_drop(&a);
    assert_int_equal(holders[4] + holders[5], 2);
    paper_receiver_drop(&b);
    assert_int_equal(holders[4] + holders[5], 0);
    struct text kept = {&holders[0]};
    assert_int_equal(paper_send(&tx, kept), PLX_CLOSED);
    paper_sender_drop(&tx);
}

/* ── broadcast ────────────────────────────────────────────────────────────────────────────────────────── */

static void every_receiver_gets_every_value(void **state)
{
    struct hand hands[2] = {HAND, HAND};
    news_sender tx, other;
    news_receiver rx[2];
    news_item item;
    (void)state;
    assert_int_equal(news_channel(0, &tx, &rx[0]), -EINVAL);
    assert_int_equal(news_channel(3, &tx, &rx[0]), 0);
    assert_int_equal(news_send(&tx, 0), 0);
    news_subscribe(&tx, &rx[1]); /* hears what comes from now on */
    other = news_clone(&tx);
    assert_int_equal(POLL(news_receiver, &rx[0], &hands[0], &item), PLX_READY);
    assert_int_equal(item.value, 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(POLL(news_receiver, &rx[i], &hands[i], &item), PLX_NOT_READY);
    for (int value = 1; value < 4; value++)
        assert_int_equal(news_send(value % 2 ? &tx : &other, value), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hands[i].notified, 1);
        for (int value = 1; value < 4; value++) {
            assert_int_equal(POLL(news_receiver, &rx[i], &hands[i], &item), PLX_READY);
            assert_int_equal(item.value, value);
            assert_int_equal(item.missed, 0);
        }
        assert_int_equal(POLL(news_receiver, &rx[i], &hands[i], &item), PLX_NOT_READY);
    }
    news_sender_drop(&tx);
    assert_int_equal(hands[0].notified, 1);
    news_sender_drop(&other);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hands[i].notified, 2);
        assert_int_equal(POLL(news_receiver, &rx[i], &hands[i], &item), PLX_READY);
        assert_true(item.end);
        news_receiver_drop(&rx[i]);
        assert_int_equal(hand_wakers(&hands[i]), 0);
    }
}

/* A slow receiver is told how many it has missed, exactly, and goes on with the oldest that is kept. */
static void a_slow_receiver_is_told_what_it_missed(void **state)
{
    news_sender tx;
    news_receiver slow, fast;
    news_item item;
    (void)state;
    for (int late = 0; late < 30; late++) {
        assert_int_equal(news_channel(5, &tx, &slow), 0);
        news_subscribe(&tx, &fast);
        for (int value = 0; value < late; value++) {
            assert_int_equal(news_send(&tx, value), 0);
            assert_int_equal(news_try_recv(&fast, &item), 0);
            assert_int_equal(item.value, value);
            assert_int_equal(item.missed, 0);
        }
        for (int left = late < 5 ? late : 5; left; left--) {
            assert_int_equal(news_try_recv(&slow, &item), 0);
            assert_int_equal(item.value, late - left);
            assert_int_equal(item.missed, left == 5 ? late - 5 : 0);
        }
        assert_int_equal(news_try_recv(&slow, &item), -EAGAIN);
        news_sender_drop(&tx);
        news_receiver_drop(&slow);
        news_receiver_drop(&fast);
    }
}

/* real bugs 80 (T#4867): the end comes after the last value, wherever the receiver stands: at the tail,
 * behind it by any number, or too far behind */
static void the_end_is_seen_from_everywhere(void **state)
{
    (void)state;
    for (int capacity = 1; capacity < 5; capacity++) {
        for (int sent = 0; sent < 12; sent++) {
            struct hand hand = HAND;
            news_sender tx;
            news_receiver rx;
            news_item item = {0};
            unsigned seen = 0;
            assert_int_equal(news_channel((size_t)capacity, &tx, &rx), 0);
            for (int i = 0; i < sent; i++)
                assert_int_equal(news_send(&tx, i), 0);
            news_sender_drop(&tx);
            while (!item.end) {
                assert_int_equal(POLL(news_receiver, &rx, &hand, &item), PLX_READY);
                seen += item.end ? 0 : 1 + (unsigned)item.missed;
            }
            assert_int_equal(seen, sent);
            assert_int_equal(POLL(news_receiver, &rx, &hand, &item), PLX_READY);
            assert_true(item.end);
            news_receiver_drop(&rx);
        }
    }
}

/* A recv that is dropped while it waits leaves no task behind; a receiver that goes, neither. */
static void dropped_receivers_wait_no_more(void **state)
{
    struct hand hand = HAND, other = HAND;
    news_sender tx;
    news_receiver rx, second;
    news_item item;
    (void)state;
    assert_int_equal(news_channel(1, &tx, &rx), 0);
    news_subscribe(&tx, &second);
    news_recv recv = news_recv_new(&rx);
    assert_int_equal(POLL(news_recv, &recv, &hand, &item), PLX_NOT_READY);
    assert_int_equal(POLL(news_receiver, &second, &other, &item), PLX_NOT_READY);
    news_recv_drop(&recv);
    news_receiver_drop(&second);
    assert_int_equal(hand_wakers(&hand) + hand_wakers(&other), 0);
    assert_int_equal(news_send(&tx, 1), 0);
    assert_int_equal(hand.notified + other.notified, 0);
    assert_int_equal(news_try_recv(&rx, &item), 0);
    news_sender_drop(&tx);
    news_receiver_drop(&rx);
}

/* ── with threads ─────────────────────────────────────────────────────────────────────────────────────── */

static void *watch_until_the_end(void *arg)
{
    mode_receiver *rx = arg;
    mode_item item = {.value = 0};
    intptr_t last = 0;
    bool backwards = false;
    for (;;) {
        if (PLX_WAIT(mode_recv, mode_recv_new(rx), &item) || item.end)
            break;
        backwards |= item.value <= last;
        last = item.value;
    }
    mode_receiver_drop(rx);
    return (void *)(backwards ? -1 : last);
}

/* conformance 123: nobody misses the last value, and nobody sees an older one after a newer one */
static void watchers_on_threads(void **state)
{
    enum { WATCHERS = 3 };
    static mode_receiver rx[WATCHERS];
    pthread_t threads[WATCHERS];
    mode_sender tx;
    int last = (int)scaled(50000);
    (void)state;
    assert_int_equal(mode_channel(1, &tx, &rx[0]), 0);
    for (int i = 1; i < WATCHERS; i++)
        mode_clone(&rx[0], &rx[i]);
    for (int i = 0; i < WATCHERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, watch_until_the_end, &rx[i]), 0);
    for (int value = 2; value <= last; value++)
        assert_int_equal(mode_send(&tx, value), 0);
    mode_sender_drop(&tx);
    for (int i = 0; i < WATCHERS; i++) {
        void *seen;
        pthread_join(threads[i], &seen);
        assert_int_equal((intptr_t)seen, last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_value_only),
        cmocka_unit_test(every_receiver_sees_the_last_value),
        cmocka_unit_test(the_end_wakes_who_waits),
        cmocka_unit_test(the_sender_learns_that_nobody_watches),
        cmocka_unit_test(a_watched_value_is_cloned_and_dropped),
        cmocka_unit_test(owners_are_not_copied),
        cmocka_unit_test(broadcast_values_are_cloned_and_dropped),
        cmocka_unit_test(every_receiver_gets_every_value),
        cmocka_unit_test(a_slow_receiver_is_told_what_it_missed),
        cmocka_unit_test(the_end_is_seen_from_everywhere),
        cmocka_unit_test(dropped_receivers_wait_no_more),
        cmocka_unit_test(watchers_on_threads),
    };
    return cmocka_run_group_tests_name("watch, broadcast", tests, NULL, NULL);
}
