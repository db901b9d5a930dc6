/* SPDX-License-Identifier: MIT
 *
 * oneshot: the value, the two ways of giving up, both ends moving between tasks, and all of it racing.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

PLX_ONESHOT(number, int)
PLX_ONESHOT(gift, token)

static number_sender tx;
static number_receiver rx;

static int channel(void **state)
{
    (void)state;
    return number_channel(&tx, &rx);
}

/* conformance 104 */
static void the_value_arrives(void **state)
{
    struct hand hand = HAND;
    int item = 0;
    (void)state;
    assert_int_equal(POLL(number_receiver, &rx, &hand, &item), PLX_NOT_READY);
    assert_int_equal(hand.notified, 0);
    assert_int_equal(number_send(&tx, 42), 0);
    assert_null(tx.channel);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(number_receiver, &rx, &hand, &item), PLX_READY);
    assert_int_equal(item, 42);
    assert_int_equal(hand_wakers(&hand), 0);
}

/* conformance 104 */
static void the_value_was_there_before(void **state)
{
    struct hand hand = HAND;
    int item = 0;
    (void)state;
    assert_int_equal(number_try_recv(&rx, &item), -EAGAIN);
    assert_int_equal(number_send(&tx, 7), 0);
    assert_int_equal(number_try_recv(&rx, &item), 0);
    assert_int_equal(item, 7);
    assert_int_equal(number_try_recv(&rx, &item), -ECANCELED);
    number_receiver_drop(&rx);
    assert_int_equal(hand.clones, 0);
}

/* conformance 104 */
static void the_sender_goes_without_a_word(void **state)
{
    struct hand hand = HAND;
    int item = 0;
    (void)state;
    assert_int_equal(POLL(number_receiver, &rx, &hand, &item), PLX_NOT_READY);
    number_sender_drop(&tx);
    assert_int_equal(hand.notified, 1);
    assert_int_equal(POLL(number_receiver, &rx, &hand, &item), PLX_FAILED);
    assert_int_equal(hand.cx.error.code, -ECANCELED);
    assert_int_equal(hand_wakers(&hand), 0);
    number_receiver_drop(&rx);
}

/* conformance 105 */
static void the_sender_learns_that_nobody_waits(void **state)
{
    struct hand hand = HAND;
    number_cancelled cancelled = number_cancelled_new(&tx);
    plx_unit nothing;
    (void)state;
    assert_false(number_is_cancelled(&tx));
    assert_int_equal(POLL(number_cancelled, &cancelled, &hand, &nothing), PLX_NOT_READY);
    number_receiver_drop(&rx);
    assert_int_equal(hand.notified, 1);
    assert_true(number_is_cancelled(&tx));
    assert_int_equal(POLL(number_cancelled, &cancelled, &hand, &nothing), PLX_READY);
    assert_int_equal(number_send(&tx, 1), PLX_CLOSED);
    assert_null(tx.channel);
    assert_int_equal(hand_wakers(&hand), 0);
}

/* conformance 104, 105: what was sent before is received after closing; what comes later is refused */
static void a_closed_receiver_takes_what_is_there(void **state)
{
    int item = 0;
    (void)state;
    assert_int_equal(number_send(&tx, 5), 0);
    number_close(&rx);
    assert_int_equal(number_try_recv(&rx, &item), 0);
    assert_int_equal(item, 5);

    assert_int_equal(number_channel(&tx, &rx), 0);
    number_close(&rx);
    assert_true(number_is_cancelled(&tx));
    assert_int_equal(number_send(&tx, 6), PLX_CLOSED);
    assert_int_equal(number_try_recv(&rx, &item), -ECANCELED);
}

static void values_that_nobody_takes_are_dropped(void **state)
{
    struct probe probe = {0};
    gift_sender sender;
    gift_receiver receiver;
    (void)state;
    assert_int_equal(gift_channel(&sender, &receiver), 0);
    assert_int_equal(gift_send(&sender, (token){&probe, 1}), 0);
    assert_int_equal(probe.items_dropped, 0);
    gift_receiver_drop(&receiver);
    assert_int_equal(probe.items_dropped, 1);

    token kept = {&probe, 2};
    assert_int_equal(gift_channel(&sender, &receiver), 0);
    gift_receiver_drop(&receiver);
    assert_int_equal(gift_send(&sender, kept), PLX_CLOSED);
    assert_int_equal(probe.items_dropped, 1); /* it is ours still */
    number_sender_drop(&tx);
    number_receiver_drop(&rx);
}

/* conformance 8, 120, real bugs 80: T#1648, the waker of the task that went is dropped, not woken */
static void the_receiver_moves_to_another_task(void **state)
{
    struct hand one = HAND, other = HAND;
    int item;
    (void)state;
    assert_int_equal(POLL(number_receiver, &rx, &one, &item), PLX_NOT_READY);
    assert_int_equal(POLL(number_receiver, &rx, &one, &item), PLX_NOT_READY);
    assert_int_equal(one.clones, 1); /* the same task need not leave another */
    assert_int_equal(POLL(number_receiver, &rx, &other, &item), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&one), 0);
    assert_int_equal(number_send(&tx, 3), 0);
    assert_int_equal(one.notified, 0);
    assert_int_equal(other.notified, 1);
    assert_int_equal(POLL(number_receiver, &rx, &other, &item), PLX_READY);
    assert_int_equal(hand_wakers(&other), 0);
}

/* conformance 120 */
static void the_sender_moves_to_another_task(void **state)
{
    struct hand one = HAND, other = HAND;
    number_cancelled cancelled = number_cancelled_new(&tx);
    plx_unit nothing;
    (void)state;
    assert_int_equal(POLL(number_cancelled, &cancelled, &one, &nothing), PLX_NOT_READY);
    number_sender moved = PLX_MOVE(tx);
    cancelled = number_cancelled_new(&moved);
    assert_int_equal(POLL(number_cancelled, &cancelled, &other, &nothing), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&one), 0);
    number_close(&rx);
    assert_int_equal(one.notified, 0);
    assert_int_equal(other.notified, 1);
    number_sender_drop(&moved);
    number_receiver_drop(&rx);
    assert_int_equal(hand_wakers(&other), 0);
}

/* conformance 120: wakers that were never used go with the channel */
static void registered_tasks_go_with_the_channel(void **state)
{
    struct hand sender = HAND, receiver = HAND;
    number_cancelled cancelled = number_cancelled_new(&tx);
    plx_unit nothing;
    int item;
    (void)state;
    assert_int_equal(POLL(number_cancelled, &cancelled, &sender, &nothing), PLX_NOT_READY);
    assert_int_equal(POLL(number_receiver, &rx, &receiver, &item), PLX_NOT_READY);
    assert_int_equal(hand_wakers(&sender), 1);
    assert_int_equal(hand_wakers(&receiver), 1);
    number_receiver_drop(&rx);
    assert_int_equal(hand_wakers(&receiver), 0); /* who goes takes his waker along */
    number_sender_drop(&tx);
    assert_int_equal(sender.notified, 1);
    assert_int_equal(receiver.notified, 0);
    assert_int_equal(hand_wakers(&sender), 0);

    assert_int_equal(number_channel(&tx, &rx), 0);
    cancelled = number_cancelled_new(&tx);
    assert_int_equal(POLL(number_cancelled, &cancelled, &sender, &nothing), PLX_NOT_READY);
    number_sender_drop(&tx);
    assert_int_equal(hand_wakers(&sender), 0);
    number_receiver_drop(&rx);
}

/* A future that uses the channel up: the second answer is a broken contract, and Failed. */
static void polled_after_the_end(void **state)
{
    struct hand hand = HAND;
    int item;
    (void)state;
    assert_int_equal(number_send(&tx, 1), 0);
    assert_int_equal(POLL(number_receiver, &rx, &hand, &item), PLX_READY);
    unsigned before = plx_contract_count(PLX_POLLED_AFTER_END);
    capture_stderr();
    assert_int_equal(POLL(number_receiver, &rx, &hand, &item), PLX_FAILED);
    captured_stderr();
    assert_int_equal(plx_contract_count(PLX_POLLED_AFTER_END), before + 1);
}

/* ── races ────────────────────────────────────────────────────────────────────────────────────────────── */

struct race {
    pthread_barrier_t start;
    number_sender sender;
    number_receiver receiver;
    unsigned rounds;
    unsigned sent, refused;
};

static void *send_each_round(void *arg)
{
    struct race *race = arg;
    for (unsigned i = 0; i < race->rounds; i++) {
        pthread_barrier_wait(&race->start);
        if (i % 3 == 2)
            number_sender_drop(&race->sender);
        else if (number_send(&race->sender, (int)i) == 0)
            race->sent++;
        else
            race->refused++;
        pthread_barrier_wait(&race->start);
    }
    return NULL;
}

/* real bugs 80: T#4226, and the value is dropped or taken once, whatever races with what */
static void sending_races_with_receiving_and_dropping(void **state)
{
    struct race race = {.rounds = scaled(30000)};
    struct hand hand = HAND;
    unsigned received = 0, cancelled = 0, dropped = 0;
    pthread_t thread;
    (void)state;
    pthread_barrier_init(&race.start, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, send_each_round, &race), 0);
    for (unsigned i = 0; i < race.rounds; i++) {
        int item = -1, waited = hand.notified;
        assert_int_equal(number_channel(&race.sender, &race.receiver), 0);
        enum plx_answer answer = PLX_NOT_READY;
        if (i % 2)
            answer = POLL(number_receiver, &race.receiver, &hand, &item);
        assert_int_equal(answer, PLX_NOT_READY);
        pthread_barrier_wait(&race.start);
        if (i % 5 == 0) {
            number_receiver_drop(&race.receiver);
            dropped++;
        } else if (i % 5 == 1) {
            number_close(&race.receiver);
        }
        int error = number_try_recv(&race.receiver, &item);
        pthread_barrier_wait(&race.start);
        if (error == -EAGAIN) {
            assert_true(i % 2 == 0 || hand.notified == waited + 1);
            error = number_try_recv(&race.receiver, &item);
        }
        if (error == 0)
            assert_int_equal(item, i);
        received += error == 0;
        cancelled += error == -ECANCELED;
        number_receiver_drop(&race.receiver);
    }
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&race.start);
    assert_int_equal(received + cancelled, race.rounds);
    assert_true(received <= race.sent && race.sent <= received + dropped);
    assert_int_equal(hand_wakers(&hand), 0);
    number_sender_drop(&tx);
    number_receiver_drop(&rx);
}

struct giving_up {
    _Atomic(number_receiver *) receiver;
    atomic_bool over;
};

static void *drop_receivers(void *arg)
{
    struct giving_up *giving_up = arg;
    while (!atomic_load(&giving_up->over)) {
        number_receiver *receiver = atomic_exchange(&giving_up->receiver, NULL);
        if (receiver)
            number_receiver_drop(receiver);
        else
            sched_yield();
    }
    return NULL;
}

/* conformance 106 */
static void dropping_the_receiver_wakes_the_sender(void **state)
{
    struct giving_up giving_up = {NULL, false};
    pthread_t thread;
    (void)state;
    number_sender_drop(&tx);
    number_receiver_drop(&rx);
    assert_int_equal(pthread_create(&thread, NULL, drop_receivers, &giving_up), 0);
    for (unsigned i = 0; i < scaled(20000); i++) {
        plx_unit nothing;
        assert_int_equal(number_channel(&tx, &rx), 0);
        atomic_store(&giving_up.receiver, &rx);
        assert_int_equal(PLX_WAIT(number_cancelled, number_cancelled_new(&tx), &nothing), 0);
        number_sender_drop(&tx);
    }
    atomic_store(&giving_up.over, true);
    pthread_join(thread, NULL);
}

/* ── in a runtime ─────────────────────────────────────────────────────────────────────────────────────── */

PLX_HANDLE(number_handle, number_receiver)

/* conformance 104: a task waits, a thread sends, and the other way round */
static void between_a_task_and_a_thread(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    number_handle handle;
    int item = 0;
    (void)state;
    assert_int_equal(number_handle_spawn_on(runtime, rx, &handle), 0);
    assert_int_equal(number_send(&tx, 11), 0);
    assert_int_equal(number_handle_wait(&handle, &item), 0);
    assert_int_equal(item, 11);
    plx_runtime_free(runtime);
}

PLX_ONESHOT_SPAWN(pass_spawned, pass)

/* conformance 108 */
static void a_spawned_future_lives_as_long_as_its_handle(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct gate delivered = {0}, killed = {0}, forgotten = {0};
    pass_spawned handle;
    uint64_t item = 0;
    (void)state;
    number_sender_drop(&tx);
    number_receiver_drop(&rx);

    assert_int_equal(pass_spawned_spawn_on(runtime, pass_new(&delivered), &handle), 0);
    gate_open(&delivered);
    assert_int_equal(PLX_WAIT(pass_spawned, handle, &item), 0);
    assert_int_equal(item, 42);

    assert_int_equal(pass_spawned_spawn_on(runtime, pass_new(&killed), &handle), 0);
    wait_until(killed.polls);
    pass_spawned_drop(&handle);
    wait_until(killed.drops == 1);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);

    assert_int_equal(pass_spawned_spawn_on(runtime, pass_new(&forgotten), &handle), 0);
    pass_spawned_forget(&handle);
    wait_until(forgotten.polls);
    assert_int_equal(plx_runtime_tasks(runtime), 1);
    assert_int_equal(forgotten.drops, 0);
    gate_open(&forgotten);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    assert_int_equal(forgotten.drops, 1);
    gate_done(&killed);
    gate_done(&forgotten);
    plx_runtime_free(runtime);
}

PLX_ONESHOT_SPAWN(call_spawned, call)

static int find_nothing(void *arg)
{
    (void)arg;
    return -ENOENT;
}

/* conformance 108 */
static void a_spawned_future_fails_through_its_handle(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct gate never = {0};
    call_spawned handle;
    pass_spawned cancelled;
    uint64_t item;
    (void)state;
    number_sender_drop(&tx);
    number_receiver_drop(&rx);
    assert_int_equal(call_spawned_spawn_on(runtime, call_new(find_nothing, NULL), &handle), 0);
    assert_int_equal(PLX_WAIT(call_spawned, handle, &item), -ENOENT);
    assert_int_equal(pass_spawned_spawn_on(runtime, pass_new(&never), &cancelled), 0);
    wait_until(never.polls);
    gate_done(&never);
    plx_runtime_free(runtime);
    assert_int_equal(PLX_WAIT(pass_spawned, cancelled, &item), -ECANCELED);
}

int main(void)
{
#define with_channel(test) cmocka_unit_test_setup(test, channel)
    const struct CMUnitTest tests[] = {
        with_channel(the_value_arrives),
        with_channel(the_value_was_there_before),
        with_channel(the_sender_goes_without_a_word),
        with_channel(the_sender_learns_that_nobody_waits),
        with_channel(a_closed_receiver_takes_what_is_there),
        with_channel(values_that_nobody_takes_are_dropped),
        with_channel(the_receiver_moves_to_another_task),
        with_channel(the_sender_moves_to_another_task),
        with_channel(registered_tasks_go_with_the_channel),
        with_channel(polled_after_the_end),
        with_channel(sending_races_with_receiving_and_dropping),
        with_channel(dropping_the_receiver_wakes_the_sender),
        with_channel(between_a_task_and_a_thread),
        with_channel(a_spawned_future_lives_as_long_as_its_handle),
        with_channel(a_spawned_future_fails_through_its_handle),
    };
    return cmocka_run_group_tests_name("oneshot", tests, NULL, NULL);
}
