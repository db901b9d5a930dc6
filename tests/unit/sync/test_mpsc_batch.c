/* SPDX-License-Identifier: MIT
 *
 * mpsc: what is done once a batch. Room that is given back at the end of a poll, never later, and a sender
 * that gives way to the one who is sending.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

#include "lib/sync/mpsc_channel.h"

PLX_MPSC(box, int)

enum { BUFFER = 100, BUDGET = 128 };

static box_sender tx, other;
static box_receiver rx;
static struct hand sender, receiver; /* tasks; the sender's is parked */

/* A full channel, with a sender that is parked and waits, and another one that is not. */
static int before(void **state)
{
    (void)state;
    sender = receiver = HAND;
    assert_int_equal(box_channel(BUFFER, &tx, &rx), 0);
    assert_int_equal(box_clone(&tx, &other), 0);
    for (int i = 0; i <= BUFFER; i++)
        assert_int_equal(box_try_send(&tx, i), 0);
    hand_enter(&sender);
    assert_int_equal(box_poll_ready(&tx, &sender.cx), PLX_NOT_READY);
    hand_leave(&sender);
    return 0;
}

static int after(void **state)
{
    (void)state;
    box_sender_drop(&tx);
    box_sender_drop(&other);
    box_receiver_drop(&rx);
    assert_int_equal(hand_wakers(&sender), 0);
    assert_int_equal(hand_wakers(&receiver), 0);
    return 0;
}

/* The receiver's task is polled, as a scheduler would do it. */
static void begin_poll(void)
{
    hand_enter(&receiver);
    receiver.cx.budget = BUDGET;
}

static void receive(int from, int count)
{
    box_item item;
    for (int i = from; i < from + count; i++) {
        assert_int_equal(box_receiver_poll(&rx, &receiver.cx, &item), PLX_READY);
        assert_int_equal(item.value, i);
    }
}

/* ── room ─────────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 95: one message or many: the sender is told once, when the poll ends */
static void room_is_given_when_the_poll_ends(void **state)
{
    (void)state;
    for (int round = 0, from = 0; round < 3; round++) {
        begin_poll();
        receive(from, 10);
        assert_int_equal(sender.notified, round);
        hand_leave(&receiver);
        assert_int_equal(sender.notified, round + 1);
        for (int i = 0; i < 10; i++)
            assert_int_equal(box_try_send(&tx, BUFFER + 1 + from + i), 0);
        assert_int_equal(box_try_send(&tx, -1), -EAGAIN);
        from += 10;
        hand_enter(&sender);
        assert_int_equal(box_poll_ready(&tx, &sender.cx), PLX_NOT_READY);
        hand_leave(&sender);
    }
}

/* conformance 95: a poll by hand, without a budget, or on a thread that may block, has no end to wait for */
static void room_is_given_at_once_when_the_poll_may_last(void **state)
{
    (void)state;
    hand_enter(&receiver);
    receive(0, 1);
    assert_int_equal(sender.notified, 1);
    hand_leave(&receiver);
    assert_int_equal(box_try_send(&tx, BUFFER + 1), 0);

    hand_enter(&sender);
    assert_int_equal(box_poll_ready(&tx, &sender.cx), PLX_NOT_READY);
    hand_leave(&sender);
    begin_poll();
    receiver.cx.may_block = true;
    receive(1, 1);
    assert_int_equal(sender.notified, 2);
    hand_leave(&receiver);
}

/* A poll inside of the poll may be a wait for the sender. */
static void room_is_given_before_another_poll_begins(void **state)
{
    struct hand inner = HAND;
    (void)state;
    begin_poll();
    receive(0, 20);
    assert_int_equal(sender.notified, 0);
    hand_enter(&inner);
    assert_int_equal(sender.notified, 1);
    hand_leave(&inner);
    receive(20, 20);
    hand_leave(&receiver);
}

/* conformance 115: a task that receives and sends finds the room that it has made */
static void room_is_there_for_the_same_poll(void **state)
{
    (void)state;
    begin_poll();
    receive(0, 1);
    assert_int_equal(sender.notified, 0);
    assert_int_equal(box_try_send(&tx, BUFFER + 1), 0);
    assert_int_equal(sender.notified, 1);
    assert_int_equal(box_try_send(&tx, -1), -EAGAIN);
    receive(1, 1);
    assert_int_equal(box_poll_ready(&tx, &receiver.cx), PLX_READY);
    hand_leave(&receiver);
}

/* The receiver is dropped in the poll, the senders too: the poll is the last to hold the channel. */
static void the_channel_lasts_until_the_poll_ends(void **state)
{
    (void)state;
    begin_poll();
    receive(0, 20);
    box_receiver_drop(&rx);
    assert_int_equal(sender.notified, 1);
    box_sender_drop(&tx);
    box_sender_drop(&other);
    hand_leave(&receiver);
}

/* Another thread's task goes on with the receiver. */
static void *go_on(void *arg)
{
    struct hand second = HAND;
    box_item item;
    (void)arg;
    hand_enter(&second);
    second.cx.budget = BUDGET;
    assert_int_equal(box_receiver_poll(&rx, &second.cx, &item), PLX_READY);
    assert_int_equal(sender.notified, 0);
    hand_leave(&second);
    return NULL;
}

/* conformance 113: the receiver goes to another task before the poll has ended: each poll gives room */
static void two_polls_give_room(void **state)
{
    pthread_t thread;
    (void)state;
    begin_poll();
    receive(0, 20);
    assert_int_equal(pthread_create(&thread, NULL, go_on, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(sender.notified, 1);
    hand_leave(&receiver);
    assert_int_equal(sender.notified, 1);
}

/* Two channels in turn: the one's room is given when the other's begins. */
static void a_poll_that_receives_from_two(void **state)
{
    box_sender more;
    box_receiver from;
    box_item item;
    (void)state;
    assert_int_equal(box_channel(BUFFER, &more, &from), 0);
    for (int i = 0; i <= BUFFER; i++)
        assert_int_equal(box_try_send(&more, i), 0);
    begin_poll();
    for (int i = 0; i < 20; i++) {
        receive(i, 1);
        assert_int_equal(box_receiver_poll(&from, &receiver.cx, &item), PLX_READY);
        assert_int_equal(sender.notified, 1);
    }
    box_receiver_drop(&from);
    hand_leave(&receiver);
    box_sender_drop(&more);
}

/* ── a blocking section ───────────────────────────────────────────────────────────────────────────────── */

struct blocker_vars {
    box_receiver rx;
    uint64_t taken;
    box_item got;
};

/* The thread itself waits for what the parked sender does next. */
static int wait_for_sender(struct blocker_vars *my, plx_unit *out)
{
    (void)my;
    *out = (plx_unit){0};
    while (sender.notified == 0)
        sched_yield();
    return 0;
}

PLX_BLOCKING(wait_blocking, struct blocker_vars, plx_unit, wait_for_sender)

#define BLOCKER_AWAITS(AWAIT)                                                                                \
    AWAIT(received, box_recv)                                                                                \
    AWAIT(blocked, wait_blocking)

PLX_ASYNC(blocker, struct blocker_vars, plx_unit, BLOCKER_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    for (; my->taken < 20; my->taken++)
        PLX_AWAIT(my->got, received, box_recv_new(&my->rx));
    PLX_AWAIT(PLX_NOTHING, blocked, wait_blocking_new(my));
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

/* conformance 353: what was put off until the poll ends is done before it blocks */
static void room_is_given_before_the_thread_blocks(void **state)
{
    struct plx_runtime *runtime;
    plx_unit nothing;
    (void)state;
    assert_int_equal(plx_runtime_new(&(struct plx_runtime_options){.workers = 1}, &runtime), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, blocker, blocker_new(((struct blocker_vars){.rx = rx})), &nothing),
                     0);
    plx_runtime_free(runtime);
}

/* ── giving way ───────────────────────────────────────────────────────────────────────────────────────── */

/* While another one sends, a send lets the others of its task's worker go first, and its value stays its own
 * until it is sent. */
static void a_send_gives_way(void **state)
{
    box_send send = box_send_new(&other, 7);
    plx_unit nothing;
    (void)state;
    plx_lock_take(&rx.channel->lock);
    assert_int_equal(POLL(box_send, &send, &sender, &nothing), PLX_NOT_READY);
    assert_int_equal(sender.notified, 1);
    plx_lock_release(&rx.channel->lock);
    assert_int_equal(POLL(box_send, &send, &sender, &nothing), PLX_READY);
    box_send_drop(&send);
    assert_int_equal(box_length(&rx), BUFFER + 2);
}

/* One that has given way and is dropped has sent nothing. */
static void a_send_that_gave_way_is_dropped(void **state)
{
    box_send send = box_send_new(&other, 7);
    plx_unit nothing;
    (void)state;
    plx_lock_take(&rx.channel->lock);
    assert_int_equal(POLL(box_send, &send, &sender, &nothing), PLX_NOT_READY);
    plx_lock_release(&rx.channel->lock);
    box_send_drop(&send);
    assert_int_equal(box_length(&rx), BUFFER + 1);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, before, after)
    const struct CMUnitTest tests[] = {
        test(room_is_given_when_the_poll_ends),
        test(room_is_given_at_once_when_the_poll_may_last),
        test(room_is_given_before_another_poll_begins),
        test(room_is_there_for_the_same_poll),
        test(the_channel_lasts_until_the_poll_ends),
        test(two_polls_give_room),
        test(a_poll_that_receives_from_two),
        test(room_is_given_before_the_thread_blocks),
        test(a_send_gives_way),
        test(a_send_that_gave_way_is_dropped),
    };
    return cmocka_run_group_tests_name("mpsc, once a batch", tests, NULL, NULL);
}
