/* SPDX-License-Identifier: MIT
 *
 * mpsc by hand, on one thread: capacity, parking, permits, the end, and what is dropped. What races is in
 * test_mpsc_threads.c.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

PLX_MPSC(box, int)
PLX_MPSC(crate, token)

static box_sender tx;
static box_receiver rx;

static int after(void **state)
{
    (void)state;
    box_sender_drop(&tx);
    box_receiver_drop(&rx);
    return 0;
}

static void open_box(uint64_t buffer)
{
    assert_int_equal(box_channel(buffer, &tx, &rx), 0);
}

static int received(void)
{
    int value = -1;
    assert_int_equal(box_try_recv(&rx, &value), 0);
    return value;
}

static int receive_code(void)
{
    int value;
    return box_try_recv(&rx, &value);
}

/* ── capacity ─────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 109, 116: the buffer, and one for each sender */
static void capacity_is_the_buffer_and_one_for_each_sender(void **state)
{
    (void)state;
    for (uint64_t buffer = 0; buffer < 40; buffer++) {
        box_sender other;
        open_box(buffer);
        assert_int_equal(box_clone(&tx, &other), 0);
        for (uint64_t i = 0; i <= buffer; i++)
            assert_int_equal(box_try_send(&tx, (int)i), 0);
        assert_int_equal(box_try_send(&tx, -1), -EAGAIN);
        assert_int_equal(box_try_send(&other, (int)buffer + 1), 0);
        assert_int_equal(box_try_send(&other, -1), -EAGAIN);
        assert_int_equal(box_length(&rx), buffer + 2);
        for (uint64_t i = 0; i <= buffer + 1; i++)
            assert_int_equal(received(), i);
        assert_int_equal(receive_code(), -EAGAIN);
        box_sender_drop(&other);
        after(NULL);
    }
    open_box(0);
}

/* conformance 95: the sender is told when there is room, not earlier, and once */
static void a_parked_sender_is_told_when_there_is_room(void **state)
{
    struct hand hand = HAND;
    (void)state;
    open_box(1);
    hand_enter(&hand);
    assert_int_equal(box_start_send(&tx, &hand.cx, 1), PLX_READY);
    assert_int_equal(box_poll_flush(&tx, &hand.cx), PLX_READY);
    assert_int_equal(box_start_send(&tx, &hand.cx, 2), PLX_READY);
    assert_int_equal(box_poll_flush(&tx, &hand.cx), PLX_NOT_READY);
    assert_int_equal(box_poll_ready(&tx, &hand.cx), PLX_NOT_READY);
    assert_int_equal(box_start_send(&tx, &hand.cx, 3), PLX_NOT_READY);
    hand_leave(&hand);
    assert_int_equal(hand.notified, 0);
    assert_int_equal(received(), 1);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(received(), 2);
    assert_int_equal(hand.notified, 1);
    hand_enter(&hand);
    assert_int_equal(box_poll_ready(&tx, &hand.cx), PLX_READY);
    hand_leave(&hand);
    assert_int_equal(box_try_send(&tx, 3), 0);
    assert_int_equal(received(), 3);
    assert_int_equal(hand_wakers(&hand), 0);
}

/* conformance 95: room goes to the parked in the order they came, one for one */
static void room_goes_to_who_came_first(void **state)
{
    enum { SENDERS = 40 };
    box_sender senders[SENDERS];
    struct hand hands[SENDERS];
    (void)state;
    open_box(0);
    for (int i = 0; i < SENDERS; i++) {
        hands[i] = HAND;
        assert_int_equal(box_clone(&tx, &senders[i]), 0);
        assert_int_equal(box_try_send(&senders[i], i), 0);
        hand_enter(&hands[i]);
        assert_int_equal(box_poll_ready(&senders[i], &hands[i].cx), PLX_NOT_READY);
        hand_leave(&hands[i]);
    }
    for (int i = 0; i < SENDERS; i++) {
        assert_int_equal(received(), i);
        for (int j = 0; j < SENDERS; j++)
            assert_int_equal(hands[j].notified, j <= i);
    }
    for (int i = 0; i < SENDERS; i++) {
        assert_int_equal(hand_wakers(&hands[i]), 0);
        box_sender_drop(&senders[i]);
    }
}

/* A sender that goes leaves the line; its message stays, and takes up its place until it is received. */
static void a_parked_sender_that_goes_leaves_the_line(void **state)
{
    box_sender second, third;
    (void)state;
    open_box(0);
    assert_int_equal(box_clone(&tx, &second), 0);
    assert_int_equal(box_clone(&tx, &third), 0);
    assert_int_equal(box_try_send(&tx, 1), 0);
    assert_int_equal(box_try_send(&second, 2), 0);
    assert_int_equal(box_try_send(&third, 3), 0);
    box_sender_drop(&second);
    assert_int_equal(received(), 1);
    assert_int_equal(received(), 2);
    assert_int_equal(box_try_send(&tx, 4), 0);
    assert_int_equal(received(), 3);
    assert_int_equal(box_try_send(&third, 5), 0);
    assert_int_equal(received(), 4);
    assert_int_equal(received(), 5);
    box_sender_drop(&third);
}

/* conformance 109: a send future waits for room, and one that is dropped waits no more and drops its value */
static void a_send_waits_for_room(void **state)
{
    struct probe probe = {0};
    struct hand hand = HAND;
    crate_sender sender;
    crate_receiver receiver;
    plx_unit nothing;
    token item;
    (void)state;
    open_box(0);
    assert_int_equal(crate_channel(0, &sender, &receiver), 0);
    crate_send first = crate_send_new(&sender, (token){&probe, 1});
    assert_int_equal(POLL(crate_send, &first, &hand, &nothing), PLX_READY);
    crate_send_drop(&first);
    crate_send second = crate_send_new(&sender, (token){&probe, 2});
    assert_int_equal(POLL(crate_send, &second, &hand, &nothing), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&hand), 1);
    crate_send_drop(&second);
    assert_int_equal(hand_wakers(&hand), 0);
    assert_int_equal(probe.items_dropped, 1);
    crate_send third = crate_send_new(&sender, (token){&probe, 3});
    assert_int_equal(POLL(crate_send, &third, &hand, &nothing), PLX_NOT_READY);
    assert_int_equal(crate_try_recv(&receiver, &item), 0);
    assert_int_equal(item.value, 1);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(crate_send, &third, &hand, &nothing), PLX_READY);
    assert_int_equal(crate_try_recv(&receiver, &item), 0);
    assert_int_equal(item.value, 3);
    crate_sender_drop(&sender);
    crate_receiver_drop(&receiver);
    assert_int_equal(probe.items_dropped, 1);
}

/* ── the receiver ─────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 113, 8: its task may change; the last one is told, once for many messages */
static void the_receiver_moves_between_tasks(void **state)
{
    struct hand one = HAND, other = HAND;
    box_item item;
    (void)state;
    open_box(8);
    assert_int_equal(POLL(box_receiver, &rx, &one, &item), PLX_NOT_READY);
    box_receiver moved = PLX_MOVE(rx);
    assert_int_equal(POLL(box_receiver, &moved, &other, &item), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&one), 0);
    rx = moved;
    assert_int_equal(box_try_send(&tx, 1), 0);
    assert_int_equal(box_try_send(&tx, 2), 0);
    assert_int_equal(one.notified, 0);
    assert_int_equal(other.notified, 1);
    assert_int_equal(POLL(box_receiver, &rx, &other, &item), PLX_READY);
    assert_int_equal(item.value, 1);
    assert_false(item.end);
    assert_int_equal(POLL(box_receiver, &rx, &other, &item), PLX_READY);
    assert_int_equal(item.value, 2);
    assert_int_equal(hand_wakers(&other), 0);
}

/* A recv that is dropped loses no message, and its task is told nothing any more. */
static void a_dropped_recv_loses_nothing(void **state)
{
    struct hand hand = HAND;
    box_item item;
    (void)state;
    open_box(8);
    box_recv recv = box_recv_new(&rx);
    assert_int_equal(POLL(box_recv, &recv, &hand, &item), PLX_NOT_READY);
    box_recv_drop(&recv);
    assert_int_equal(hand_wakers(&hand), 0);
    assert_int_equal(box_try_send(&tx, 1), 0);
    assert_int_equal(hand.notified, 0);
    assert_int_equal(received(), 1);
}

/* conformance 111 */
static void what_is_left_comes_before_the_end(void **state)
{
    struct hand hand = HAND;
    box_sender other;
    box_item item;
    (void)state;
    open_box(8);
    assert_int_equal(box_clone(&tx, &other), 0);
    assert_int_equal(box_try_send(&other, 1), 0);
    box_sender_drop(&other);
    assert_int_equal(POLL(box_receiver, &rx, &hand, &item), PLX_READY);
    assert_int_equal(item.value, 1);
    assert_int_equal(POLL(box_receiver, &rx, &hand, &item), PLX_NOT_READY);
    box_sender_drop(&tx);
    assert_int_equal(hand.notified, 1);
    for (int again = 0; again < 3; again++) {
        assert_int_equal(POLL(box_receiver, &rx, &hand, &item), PLX_READY);
        assert_true(item.end);
        assert_int_equal(receive_code(), PLX_CLOSED);
    }
}

/* conformance 110, 116 */
static void a_closed_channel_refuses_and_drains(void **state)
{
    struct hand sender = HAND, receiver = HAND;
    box_item item;
    (void)state;
    open_box(0);
    assert_int_equal(box_try_send(&tx, 1), 0);
    hand_enter(&sender);
    assert_int_equal(box_poll_ready(&tx, &sender.cx), PLX_NOT_READY);
    hand_leave(&sender);
    box_close(&rx);
    assert_int_equal(sender.notified, 1);
    assert_true(box_is_closed(&tx));
    hand_enter(&sender);
    assert_int_equal(box_poll_ready(&tx, &sender.cx), PLX_FAILED);
    assert_int_equal(sender.cx.error.code, PLX_CLOSED);
    hand_leave(&sender);
    assert_int_equal(box_try_send(&tx, 2), PLX_CLOSED);
    assert_int_equal(POLL(box_receiver, &rx, &receiver, &item), PLX_READY);
    assert_int_equal(item.value, 1);
    assert_int_equal(POLL(box_receiver, &rx, &receiver, &item), PLX_READY);
    assert_true(item.end);
    assert_int_equal(receiver.clones, receiver.drops);
    assert_int_equal(hand_wakers(&sender), 0);
}

/* conformance 118: what nobody takes is dropped, in the channel and in a send that failed */
static void messages_that_nobody_takes_are_dropped(void **state)
{
    struct probe probe = {0};
    struct hand hand = HAND;
    crate_sender sender;
    crate_receiver receiver;
    plx_unit nothing;
    (void)state;
    open_box(0);
    assert_int_equal(crate_channel(100, &sender, &receiver), 0);
    for (int i = 0; i < 77; i++)
        assert_int_equal(crate_try_send(&sender, (token){&probe, i}), 0);
    crate_receiver_drop(&receiver);
    assert_int_equal(probe.items_dropped, 77);
    crate_send late = crate_send_new(&sender, (token){&probe, 78});
    assert_int_equal(POLL(crate_send, &late, &hand, &nothing), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, PLX_CLOSED);
    assert_int_equal(probe.items_dropped, 78);
    crate_send_drop(&late);
    assert_int_equal(probe.items_dropped, 78);
    crate_sender_drop(&sender);
}

struct parcel {
    struct plx_mpsc_seat **sender; /* one of the channel that it travels in */
};
static void parcel_drop(struct parcel *parcel)
{
    plx__mpsc_sender_drop(parcel->sender);
}
PLX_MPSC_OWNING(post, struct parcel, parcel_drop)

/* A message's drop may do anything: here it drops a sender of the very channel, the last one. */
static void a_message_may_hold_the_last_sender(void **state)
{
    post_sender sender;
    post_receiver receiver;
    (void)state;
    open_box(0);
    assert_int_equal(post_channel(3, &sender, &receiver), 0);
    assert_int_equal(post_try_send(&sender, (struct parcel){&sender.seat}), 0);
    post_receiver_drop(&receiver);
    assert_null(sender.seat);
}

/* ── permits ──────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 119: a permit is a place; given back, it goes to who is parked */
static void a_permit_keeps_a_place(void **state)
{
    struct hand hand = HAND;
    box_permit permit;
    (void)state;
    open_box(0);
    assert_int_equal(box_try_reserve(&tx, &permit), 0);
    assert_int_equal(box_try_send(&tx, 1), -EAGAIN);
    hand_enter(&hand);
    assert_int_equal(box_poll_ready(&tx, &hand.cx), PLX_NOT_READY);
    hand_leave(&hand);
    box_permit_drop(&permit);
    assert_int_equal(hand.notified, 1);

    box_reserve reserve = box_reserve_new(&tx);
    assert_int_equal(POLL(box_reserve, &reserve, &hand, &permit), PLX_READY);
    box_reserve_drop(&reserve);
    assert_int_equal(receive_code(), -EAGAIN);
    assert_int_equal(box_permit_send(&permit, 2), 0);
    assert_int_equal(box_try_send(&tx, 3), -EAGAIN);
    assert_int_equal(received(), 2);
    assert_int_equal(box_try_send(&tx, 3), 0);
    assert_int_equal(received(), 3);
}

/* conformance 119: the sender goes, its permit stays good; another one that goes with its permit gives it
 * back */
static void a_permit_outlives_its_sender(void **state)
{
    box_sender other;
    box_permit permit;
    box_item item;
    struct hand hand = HAND;
    (void)state;
    open_box(0);
    assert_int_equal(box_clone(&tx, &other), 0);
    assert_int_equal(box_try_reserve(&other, &permit), 0);
    box_sender_drop(&other);
    assert_int_equal(box_try_send(&tx, 1), 0);
    assert_int_equal(box_try_send(&tx, 2), -EAGAIN);
    box_permit_drop(&permit);
    assert_int_equal(received(), 1);
    assert_int_equal(box_try_send(&tx, 2), 0);
    assert_int_equal(received(), 2);

    assert_int_equal(box_try_reserve(&tx, &permit), 0);
    box_sender_drop(&tx);
    assert_int_equal(POLL(box_receiver, &rx, &hand, &item), PLX_NOT_READY);
    assert_int_equal(box_permit_send(&permit, 3), 0);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(box_receiver, &rx, &hand, &item), PLX_READY);
    assert_int_equal(item.value, 3);
    assert_int_equal(POLL(box_receiver, &rx, &hand, &item), PLX_READY);
    assert_true(item.end);
}

/* real bugs 19 (T#8260): the last permit that is given back ends the channel, and the receiver is told */
static void the_last_permit_given_back_wakes_the_receiver(void **state)
{
    struct hand hand = HAND;
    box_permit permit;
    box_item item;
    (void)state;
    open_box(4);
    assert_int_equal(box_try_reserve(&tx, &permit), 0);
    box_close(&rx);
    assert_int_equal(POLL(box_receiver, &rx, &hand, &item), PLX_NOT_READY);
    assert_int_equal(box_try_send(&tx, 1), PLX_CLOSED);
    assert_int_equal(hand.notified, 0);
    box_permit_drop(&permit);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(box_receiver, &rx, &hand, &item), PLX_READY);
    assert_true(item.end);

    after(NULL);
    open_box(4);
    assert_int_equal(box_try_reserve(&tx, &permit), 0);
    box_receiver_drop(&rx);
    assert_int_equal(box_permit_send(&permit, 1), PLX_CLOSED);
    assert_null(permit.channel);
}

/* A reserve that waits in line and is dropped leaves no task behind. */
static void a_dropped_reserve_waits_no_more(void **state)
{
    struct hand hand = HAND;
    box_permit permit;
    (void)state;
    open_box(0);
    assert_int_equal(box_try_send(&tx, 1), 0);
    box_reserve reserve = box_reserve_new(&tx);
    assert_int_equal(POLL(box_reserve, &reserve, &hand, &permit), PLX_NOT_READY);
    box_reserve_drop(&reserve);
    assert_int_equal(hand_wakers(&hand), 0);
    assert_int_equal(received(), 1);
    assert_int_equal(hand.notified, 0);
}

/* ── blocks ───────────────────────────────────────────────────────────────────────────────────────────── */

/* real bugs 80 (T#6603): the length is right, and nothing is lost, at every boundary of the blocks */
static void right_at_every_block_boundary(void **state)
{
    const uint64_t buffers[] = {0, 1, 7, 300, PLX_UNBOUNDED};
    (void)state;
    for (size_t kind = 0; kind < sizeof buffers / sizeof *buffers; kind++) {
        int sent = 0, taken = 0;
        open_box(buffers[kind]);
        for (int step = 0; step < 2000; step++) {
            int burst = step % 17 * (kind == 4 ? 40 : 1);
            while (burst-- && box_try_send(&tx, sent) == 0)
                sent++;
            assert_int_equal(box_length(&rx), sent - taken);
            for (int some = step % 13 * (kind == 4 ? 60 : 2); some && taken < sent; some--)
                assert_int_equal(received(), taken++);
            assert_int_equal(box_length(&rx), sent - taken);
            if (taken == sent)
                assert_int_equal(receive_code(), -EAGAIN);
        }
        assert_true(sent > 1000);
        after(NULL);
    }
}

struct large {
    int number;
    char filling[5000];
};
PLX_MPSC(freight, struct large)

static void large_messages(void **state)
{
    static struct large message, out;
    freight_sender sender;
    freight_receiver receiver;
    (void)state;
    open_box(0);
    assert_int_equal(freight_channel(10, &sender, &receiver), 0);
    for (int i = 0; i < 11; i++) {
        message.number = i;
        memset(message.filling, i, sizeof message.filling);
        assert_int_equal(freight_try_send(&sender, message), 0);
    }
    for (int i = 0; i < 11; i++) {
        assert_int_equal(freight_try_recv(&receiver, &out), 0);
        assert_int_equal(out.number, i);
        assert_int_equal(out.filling[4999], i);
    }
    freight_sender_drop(&sender);
    freight_receiver_drop(&receiver);
}

/* ── the rest ─────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 352: an always full channel does not keep its receiver's worker for ever */
static void the_budget_ends(void **state)
{
    struct hand hand = HAND;
    box_item item;
    int taken = 0;
    (void)state;
    open_box(100);
    for (int i = 0; i < 20; i++)
        assert_int_equal(box_try_send(&tx, i), 0);
    hand_enter(&hand);
    hand.cx.budget = 5;
    while (box_receiver_poll(&rx, &hand.cx, &item) == PLX_READY)
        taken++;
    hand_leave(&hand);
    assert_int_equal(taken, 5);
    assert_int_equal(hand.notified, 1);
    assert_true(hand.cx.yielded);
    assert_int_equal(received(), 5);
}

/* A waker whose notify, clone and drop use the channel themselves: none of them is called under its lock. */
static void meddle(void)
{
    assert_false(box_is_closed(&tx));
    box_length(&rx);
    box_sender another;
    if (box_clone(&tx, &another) == 0)
        box_sender_drop(&another);
}

static void meddling_notify(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self;
    (void)id;
    (void)by;
    meddle();
}

static uintptr_t meddling_clone(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    meddle();
    return id;
}

static void meddling_drop(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    (void)id;
    meddle();
}

/* conformance 22 */
static void no_waker_is_touched_under_the_lock(void **state)
{
    static const struct plx_notify meddling = {meddling_notify, meddling_clone, meddling_drop};
    plx_context cx = {.waker = {&meddling, 1}}, other = {.waker = {&meddling, 2}};
    box_item item;
    (void)state;
    open_box(0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(box_receiver_poll(&rx, &cx, &item), PLX_NOT_READY);
        assert_int_equal(box_receiver_poll(&rx, &other, &item), PLX_NOT_READY);
        assert_int_equal(box_start_send(&tx, &cx, 1), PLX_READY);
        assert_int_equal(box_poll_ready(&tx, &cx), PLX_NOT_READY);
        assert_int_equal(box_poll_ready(&tx, &other), PLX_NOT_READY);
        assert_int_equal(box_receiver_poll(&rx, &cx, &item), PLX_READY);
    }
}

int main(void)
{
#define test(name) cmocka_unit_test_teardown(name, after)
    const struct CMUnitTest tests[] = {
        test(capacity_is_the_buffer_and_one_for_each_sender),
        test(a_parked_sender_is_told_when_there_is_room),
        test(room_goes_to_who_came_first),
        test(a_parked_sender_that_goes_leaves_the_line),
        test(a_send_waits_for_room),
        test(the_receiver_moves_between_tasks),
        test(a_dropped_recv_loses_nothing),
        test(what_is_left_comes_before_the_end),
        test(a_closed_channel_refuses_and_drains),
        test(messages_that_nobody_takes_are_dropped),
        test(a_message_may_hold_the_last_sender),
        test(a_permit_keeps_a_place),
        test(a_permit_outlives_its_sender),
        test(the_last_permit_given_back_wakes_the_receiver),
        test(a_dropped_reserve_waits_no_more),
        test(right_at_every_block_boundary),
        test(large_messages),
        test(the_budget_ends),
        test(no_waker_is_touched_under_the_lock),
    };
    return cmocka_run_group_tests_name("mpsc", tests, NULL, NULL);
}
