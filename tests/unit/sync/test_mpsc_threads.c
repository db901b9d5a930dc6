/* SPDX-License-Identifier: MIT
 *
 * mpsc between threads and tasks: nothing lost, nothing twice, no wake lost, whatever races with what. What
 * runs for long is in stress/test_channels.c.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

PLX_MPSC(box, uint64_t)

static const uint64_t buffers[] = {0, 1, 8, 16, PLX_UNBOUNDED};
enum { KINDS = sizeof buffers / sizeof *buffers };

/* ── senders on threads ───────────────────────────────────────────────────────────────────────────────── */

enum { THREADS = 8 };

/* A message says who sent it, and as which of his. */
#define MESSAGE(sender, index) ((uint64_t)(sender) << 32 | (index))

struct sending {
    box_sender tx;
    uint32_t number, count;
    int error; /* that ended it, or 0 */
    uint32_t sent;
};

static void *send_all(void *arg)
{
    struct sending *sending = arg;
    plx_unit nothing;
    for (; sending->sent < sending->count && !sending->error; sending->sent += !sending->error)
        sending->error = PLX_WAIT(
            box_send, box_send_new(&sending->tx, MESSAGE(sending->number, sending->sent)), &nothing);
    box_sender_drop(&sending->tx);
    return NULL;
}

struct senders {
    struct sending sendings[THREADS];
    pthread_t threads[THREADS];
    uint32_t next[THREADS]; /* the message expected of each */
    uint32_t running;
};

/* `running` threads (at most THREADS) send in some way: send_all sends `count` messages each. */
static void start_some(struct senders *senders, box_sender *tx, uint32_t running, uint32_t count,
                       void *(*way)(void *sending))
{
    memset(senders, 0, sizeof *senders);
    senders->running = running;
    for (uint32_t i = 0; i < running; i++) {
        struct sending *sending = &senders->sendings[i];
        sending->number = i;
        sending->count = count;
        assert_int_equal(box_clone(tx, &sending->tx), 0);
    }
    box_sender_drop(tx);
    for (uint32_t i = 0; i < running; i++)
        assert_int_equal(pthread_create(&senders->threads[i], NULL, way, &senders->sendings[i]), 0);
}

static void start_senders(struct senders *senders, box_sender *tx, uint32_t count)
{
    start_some(senders, tx, THREADS, count, send_all);
}

static void join_senders(struct senders *senders)
{
    for (uint32_t i = 0; i < senders->running; i++)
        pthread_join(senders->threads[i], NULL);
}

/* In order, each sender's. */
static void check(struct senders *senders, uint64_t message)
{
    uint32_t sender = (uint32_t)(message >> 32);
    assert_true(sender < THREADS);
    assert_int_equal((uint32_t)message, senders->next[sender]);
    senders->next[sender]++;
}

/* On every kind of channel `running` threads go round `rounds` times, and each has sent `each` messages by
 * then: all of them arrive, then the end. */
static void all_arrive(uint32_t running, uint32_t rounds, uint32_t each, void *(*way)(void *sending))
{
    for (int kind = 0; kind < KINDS; kind++) {
        struct senders senders;
        box_sender tx;
        box_receiver rx;
        box_item item = {0};
        assert_int_equal(box_channel(buffers[kind], &tx, &rx), 0);
        start_some(&senders, &tx, running, rounds, way);
        while (PLX_WAIT(box_recv, box_recv_new(&rx), &item) == 0 && !item.end)
            check(&senders, item.value);
        assert_true(item.end);
        join_senders(&senders);
        for (uint32_t i = 0; i < running; i++) {
            assert_int_equal(senders.sendings[i].error, 0);
            assert_int_equal(senders.sendings[i].sent, each);
            assert_int_equal(senders.next[i], each);
        }
        box_receiver_drop(&rx);
    }
}

/* conformance 109, 112: on every kind of channel, the exact count in order, then the end */
static void eight_threads_send(void **state)
{
    (void)state;
    all_arrive(THREADS, scaled(10000), scaled(10000), send_all);
}

/* conformance 114: closed in the middle of a storm: of each sender what it was told was sent, without a
 * gap */
static void closed_in_a_storm(void **state)
{
    (void)state;
    for (unsigned round = 0; round < scaled(200); round++) {
        struct senders senders;
        box_sender tx;
        box_receiver rx;
        box_item item = {0};
        assert_int_equal(box_channel(buffers[round % KINDS], &tx, &rx), 0);
        start_senders(&senders, &tx, UINT32_MAX);
        for (unsigned taken = 0; !item.end; taken++) {
            if (taken == 10 + round)
                box_close(&rx);
            assert_int_equal(PLX_WAIT(box_recv, box_recv_new(&rx), &item), 0);
            if (!item.end)
                check(&senders, item.value);
        }
        join_senders(&senders);
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(senders.sendings[i].error, PLX_CLOSED);
            assert_int_equal(senders.sendings[i].sent, senders.next[i]);
        }
        box_receiver_drop(&rx);
    }
}

/* conformance 115: poll_ready says yes, then the channel is not full for this sender, whoever else sends */
static void *send_when_ready(void *arg)
{
    struct sending *sending = arg;
    struct hand hand = HAND;
    while (sending->sent < sending->count && !sending->error) {
        hand_enter(&hand);
        enum plx_answer ready = box_poll_ready(&sending->tx, &hand.cx);
        hand_leave(&hand);
        if (ready == PLX_READY) {
            sending->error = box_try_send(&sending->tx, MESSAGE(sending->number, sending->sent));
            sending->sent += !sending->error;
        } else {
            sched_yield();
        }
    }
    box_sender_drop(&sending->tx);
    wait_until(hand_wakers(&hand) == 0); /* somebody may be about to notify it */
    return NULL;
}

static void ready_means_ready(void **state)
{
    (void)state;
    all_arrive(THREADS, scaled(2000), scaled(2000), send_when_ready);
}

/* ── what is left is dropped ──────────────────────────────────────────────────────────────────────────── */

struct counted {
    _Atomic int *alive;
};

static void counted_drop(struct counted *counted)
{
    atomic_fetch_sub(counted->alive, 1);
}

PLX_MPSC_OWNING(crate, struct counted, counted_drop)

struct crate_sending {
    crate_sender tx;
    _Atomic int *alive;
};

static void *send_until_refused(void *arg)
{
    struct crate_sending *sending = arg;
    plx_unit nothing;
    do
        atomic_fetch_add(sending->alive, 1);
    while (PLX_WAIT(crate_send, crate_send_new(&sending->tx, (struct counted){sending->alive}), &nothing) ==
           0);
    crate_sender_drop(&sending->tx);
    return NULL;
}

/* conformance 118: the receiver goes while two threads send: every message is dropped, once */
static void the_receiver_goes_while_others_send(void **state)
{
    (void)state;
    for (unsigned round = 0; round < scaled(300); round++) {
        _Atomic int alive = 0;
        struct crate_sending sending[2] = {{.alive = &alive}, {.alive = &alive}};
        pthread_t threads[2];
        crate_receiver rx;
        struct counted item;
        assert_int_equal(crate_channel(buffers[round % KINDS], &sending[0].tx, &rx), 0);
        assert_int_equal(crate_clone(&sending[0].tx, &sending[1].tx), 0);
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, send_until_refused, &sending[i]), 0);
        for (unsigned taken = 0; taken < round % 50;)
            if (crate_try_recv(&rx, &item) == 0) {
                counted_drop(&item);
                taken++;
            }
        crate_receiver_drop(&rx);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(alive, 0);
    }
}

/* ── senders that come and go ─────────────────────────────────────────────────────────────────────────── */

static void *clone_send_drop(void *arg)
{
    struct sending *sending = arg;
    plx_unit nothing;
    for (; sending->sent < sending->count; sending->sent++) {
        box_sender one;
        if (box_clone(&sending->tx, &one))
            break;
        PLX_WAIT(box_send, box_send_new(&one, MESSAGE(sending->number, sending->sent)), &nothing);
        box_sender_drop(&one);
    }
    box_sender_drop(&sending->tx);
    return NULL;
}

/* conformance 111: each message by a sender of its own, who goes at once; all arrive, then the end. With it
 * the channel grows beyond its buffer. */
static void senders_come_and_go(void **state)
{
    (void)state;
    all_arrive(4, scaled(2000), scaled(2000), clone_send_drop);
}

/* conformance 119, real bugs 19: permits taken, used and given back by four threads; the receiver sees the
 * end */
static void *reserve_and_decide(void *arg)
{
    struct sending *sending = arg;
    for (uint32_t i = 0; i < sending->count; i++) {
        box_permit permit;
        if (PLX_WAIT(box_reserve, box_reserve_new(&sending->tx), &permit))
            break;
        if (i % 3)
            sending->sent += box_permit_send(&permit, MESSAGE(sending->number, sending->sent)) == 0;
        else
            box_permit_drop(&permit);
    }
    box_sender_drop(&sending->tx);
    return NULL;
}

static void permits_on_threads(void **state)
{
    (void)state;
    uint32_t rounds = scaled(4000), given_back = (rounds + 2) / 3;
    all_arrive(4, rounds, rounds - given_back, reserve_and_decide);
}

/* ── the receiver is handed from task to task ─────────────────────────────────────────────────────────── */

struct relay {
    struct senders senders;
    struct gate finished;
    unsigned runners;
};

/* Takes a few messages, then leaves the receiver to a new task: every second time right after it has left its
 * waker there. A lost wake would leave messages in the channel, and nobody to come for them. */
typedef struct runner {
    struct relay *relay;
    box_receiver rx;
    unsigned number, taken;
} runner;
typedef plx_unit runner_item;

static enum plx_answer runner_poll(runner *self, plx_context *cx, plx_unit *out);

static void runner_drop(runner *self)
{
    box_receiver_drop(&self->rx);
}

PLX_LEAF(runner)

static runner runner_new(struct relay *relay, box_receiver rx)
{
    return (runner){.relay = relay, .rx = rx, .number = relay->runners++};
}

static enum plx_answer runner_poll(runner *self, plx_context *cx, plx_unit *out)
{
    box_item item;
    *out = (plx_unit){0};
    for (; self->taken < 3; self->taken++) {
        if (box_receiver_poll(&self->rx, cx, &item) == PLX_NOT_READY) {
            if (self->number % 2 == 0)
                return PLX_NOT_READY;
            break;
        }
        if (item.end) {
            gate_open(&self->relay->finished);
            return PLX_READY;
        }
        check(&self->relay->senders, item.value);
    }
    return PLX_SPAWN(runner, runner_new(self->relay, PLX_MOVE(self->rx))) ? plx_fail(cx, -ENOMEM) : PLX_READY;
}

/* conformance 113 */
static void the_receiver_is_handed_on(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
        struct relay relay = {.runners = 0};
        uint32_t count = scaled(2000);
        box_sender tx;
        box_receiver rx;
        assert_int_equal(box_channel(buffers[kind], &tx, &rx), 0);
        start_senders(&relay.senders, &tx, count);
        assert_int_equal(PLX_SPAWN_ON(runtime, runner, runner_new(&relay, rx)), 0);
        join_senders(&relay.senders);
        assert_int_equal(plx_runtime_wait_idle(runtime), 0);
        assert_true(relay.finished.open);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(relay.senders.next[i], count);
        assert_true(relay.runners > THREADS * count / 4);
        plx_runtime_free(runtime);
    }
}

/* ── parking races with receiving ─────────────────────────────────────────────────────────────────────── */

/* Takes whatever comes as soon as it is there: just when the sender, who has published it, is about to
 * park. */
static void *take_at_once(void *arg)
{
    box_receiver *rx = arg;
    uint64_t value;
    int error;
    do
        error = box_try_recv(rx, &value);
    while (error == 0 || error == -EAGAIN);
    box_receiver_drop(rx);
    return NULL;
}

/* conformance 95, 115: without a buffer every message parks its sender, and its receipt is all that wakes
 * him: one wake that is lost is waited for for ever */
static void no_parked_sender_is_forgotten(void **state)
{
    pthread_t thread;
    box_sender tx;
    box_receiver rx;
    plx_unit nothing;
    (void)state;
    assert_int_equal(box_channel(0, &tx, &rx), 0);
    assert_int_equal(pthread_create(&thread, NULL, take_at_once, &rx), 0);
    for (uint64_t i = 0; i < scaled(300000); i++)
        assert_int_equal(PLX_WAIT(box_send, box_send_new(&tx, i), &nothing), 0);
    box_sender_drop(&tx);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_threads_send),        cmocka_unit_test(closed_in_a_storm),
        cmocka_unit_test(ready_means_ready),         cmocka_unit_test(the_receiver_goes_while_others_send),
        cmocka_unit_test(senders_come_and_go),       cmocka_unit_test(permits_on_threads),
        cmocka_unit_test(the_receiver_is_handed_on), cmocka_unit_test(no_parked_sender_is_forgotten),
    };
    return cmocka_run_group_tests_name("mpsc on threads", tests, NULL, NULL);
}
