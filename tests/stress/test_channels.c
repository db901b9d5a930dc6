/* SPDX-License-Identifier: MIT
 *
 * Every kind of channel and lock under eight threads: nothing lost, nothing twice, the order of each sender
 * kept. With PLX_STRESS_SECONDS set a round is ten million messages (a million under a sanitizer), otherwise
 * a hundred thousand.
 */
#include "tests/support/leaf.h"
#include "tests/support/stress.h"

/* conformance 112, 114, 115, 118, 119; issue 3, "what it must show" 6 */

enum { THREADS = 8 };

static uint32_t messages_of_a_round(void)
{
    return getenv("PLX_STRESS_SECONDS") ? scaled(10000000) : 100000;
}

/* There are many kinds: in the short form each has a fifth of a second. A long round takes its minutes. */
static void begin(void)
{
    stress_begin();
    if (getenv("PLX_STRESS_SECONDS"))
        alarm((unsigned)stress_number("PLX_STRESS_SECONDS", 0) + 1200);
    else
        stress.end -= 0.8;
}

/* ── mpsc ─────────────────────────────────────────────────────────────────────────────────────────────── */

/* A message says who sent it, and as which of his. It is counted while it is somewhere. */
struct message {
    uint32_t sender, index;
};

static _Atomic int64_t alive;

static void message_drop(struct message *message)
{
    (void)message;
    atomic_fetch_sub_explicit(&alive, 1, memory_order_relaxed);
}

PLX_MPSC_OWNING(box, struct message, message_drop)

struct sending {
    box_sender tx;
    uint32_t number, count, source;
    struct message next;
    box_permit permit;
    uint32_t sent;
    int error;
};

static struct message make_message(struct sending *sending)
{
    atomic_fetch_add_explicit(&alive, 1, memory_order_relaxed);
    return (struct message){sending->number, sending->sent};
}

/* Sends one message in one of the ways there are; what is not sent is dropped. 0, or -EAGAIN: not this
 * time. */
static int send_waiting(struct sending *sending)
{
    plx_unit nothing;
    return PLX_WAIT(box_send, box_send_new(&sending->tx, make_message(sending)), &nothing);
}

static int send_at_once(struct sending *sending)
{
    struct message message = make_message(sending);
    int error = box_try_send(&sending->tx, message);
    if (error)
        message_drop(&message);
    return error;
}

static int send_reserved(struct sending *sending)
{
    int error = PLX_WAIT(box_reserve, box_reserve_new(&sending->tx), &sending->permit);
    if (error)
        return error;
    if (stress_below(&sending->source, 3) == 0) {
        box_permit_drop(&sending->permit);
        return -EAGAIN;
    }
    struct message message = make_message(sending);
    error = box_permit_send(&sending->permit, message);
    if (error)
        message_drop(&message);
    return error;
}

/* By a clone, who goes at once. */
static int send_cloned(struct sending *sending)
{
    plx_unit nothing;
    box_sender clone;
    int error = box_clone(&sending->tx, &clone);
    if (error)
        return error;
    error = PLX_WAIT(box_send, box_send_new(&clone, make_message(sending)), &nothing);
    box_sender_drop(&clone);
    return error;
}

/* Asks once, and gives up. Whoever was just about to notify the hand must have done so before it goes. */
static int give_up(struct sending *sending)
{
    struct hand hand = HAND;
    plx_unit nothing;
    box_send send = box_send_new(&sending->tx, make_message(sending));
    enum plx_answer answer = POLL(box_send, &send, &hand, &nothing);
    box_send_drop(&send);
    wait_until(hand_wakers(&hand) == 0);
    return answer == PLX_READY ? 0 : answer == PLX_FAILED ? hand.cx.error.code : -EAGAIN;
}

static void *send_from_thread(void *arg)
{
    int (*const ways[])(struct sending *) = {send_waiting, send_at_once, send_reserved, send_cloned, give_up};
    struct sending *sending = arg;
    while (sending->sent < sending->count && !sending->error) {
        uint32_t way = stress_below(&sending->source, 100);
        int error = ways[way < 4 ? 1 + way : 0](sending);
        sending->sent += error == 0;
        sending->error = error == -EAGAIN ? 0 : error;
    }
    box_sender_drop(&sending->tx);
    return NULL;
}

#define SENDER_AWAITS(AWAIT)                                                                                 \
    AWAIT(sent, box_send)                                                                                    \
    AWAIT(reserved, box_reserve)

static void sender_cleanup(struct sending **my)
{
    box_permit_drop(&(*my)->permit);
    box_sender_drop(&(*my)->tx);
}

/* The same in a task. */
PLX_ASYNC(sender, struct sending *, int, SENDER_AWAITS, sender_cleanup)
{
    enum plx_answer caught;
    PLX_BEGIN;
    while ((*my)->sent < (*my)->count && !(*my)->error) {
        if (stress_below(&(*my)->source, 100)) {
            PLX_AWAIT_CATCH(caught, PLX_NOTHING, sent, box_send_new(&(*my)->tx, make_message(*my)));
            if (caught == PLX_READY)
                (*my)->sent++;
            else
                (*my)->error = cx->error.code;
        } else {
            PLX_AWAIT_CATCH(caught, (*my)->permit, reserved, box_reserve_new(&(*my)->tx));
            if (caught == PLX_READY && (*my)->sent % 2)
                box_permit_drop(&(*my)->permit);
            else if (caught == PLX_READY && box_permit_send(&(*my)->permit, make_message(*my)) == 0)
                (*my)->sent++;
            else
                (*my)->error = caught == PLX_READY ? PLX_CLOSED : cx->error.code;
        }
    }
    PLX_RETURN(0);
    PLX_END;
}

struct receiving {
    box_receiver rx;
    uint32_t next[2 * THREADS];
    uint64_t count, close_at; /* after so many messages the receiver closes */
    bool wrong;
    box_item item;
};

#define RECEIVER_AWAITS(AWAIT) AWAIT(got, box_recv)

static void receiver_cleanup(struct receiving **my)
{
    box_receiver_drop(&(*my)->rx);
}

static void take_in(struct receiving *receiving, struct message message)
{
    receiving->wrong |= message.sender >= 2 * THREADS || message.index != receiving->next[message.sender]++;
    message_drop(&message);
    if (++receiving->count == receiving->close_at)
        box_close(&receiving->rx);
}

PLX_ASYNC(receiver, struct receiving *, int, RECEIVER_AWAITS, receiver_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT((*my)->item, got, box_recv_new(&(*my)->rx));
        if ((*my)->item.end)
            PLX_RETURN(0);
        take_in(*my, (*my)->item.value);
    }
    PLX_END;
}

PLX_HANDLE(receiver_handle, receiver)

static struct sending sendings[2 * THREADS];

/* Four threads, and four workers with eight tasks; the receiver is a task. Closed in the middle now and
 * then. */
static void one_round(uint64_t buffer, bool close)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 4});
    struct receiving receiving = {.close_at = 0};
    pthread_t threads[4];
    receiver_handle handle;
    box_sender tx;
    uint64_t sent = 0;
    int nothing;
    enum { SENDERS = 12 };

    assert_int_equal(box_channel(buffer, &tx, &receiving.rx), 0);
    if (close)
        receiving.close_at = messages_of_a_round() / 2;
    for (uint32_t i = 0; i < SENDERS; i++) {
        sendings[i] = (struct sending){.number = i, .count = messages_of_a_round() / SENDERS};
        sendings[i].source = stress_source(i);
        assert_int_equal(box_clone(&tx, &sendings[i].tx), 0);
    }
    box_sender_drop(&tx);
    assert_int_equal(receiver_handle_spawn_on(runtime, receiver_new(&receiving), &handle), 0);
    for (int i = 0; i < SENDERS; i++) {
        if (i < 4)
            stress_thread(&threads[i], send_from_thread, &sendings[i]);
        else
            assert_int_equal(PLX_SPAWN_ON(runtime, sender, sender_new(&sendings[i])), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(receiver_handle_wait(&handle, &nothing), 0);
    assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    plx_runtime_free(runtime);

    assert_false(receiving.wrong);
    for (int i = 0; i < SENDERS; i++) {
        assert_int_equal(receiving.next[i], sendings[i].sent);
        assert_int_equal(sendings[i].error, sendings[i].sent < sendings[i].count ? PLX_CLOSED : 0);
        sent += sendings[i].sent;
    }
    assert_int_equal(receiving.count, sent);
    assert_true(close || sent == SENDERS * (uint64_t)(messages_of_a_round() / SENDERS));
    assert_int_equal(alive, 0);
}

static void mpsc_round(uint64_t buffer)
{
    begin();
    while (stress_goes_on())
        one_round(buffer, stress.rounds % 4 == 2);
    stress_end();
}

static void mpsc_without_buffer(void **state)
{
    (void)state;
    mpsc_round(0);
}

static void mpsc_with_a_small_buffer(void **state)
{
    (void)state;
    mpsc_round(7);
}

static void mpsc_with_a_large_buffer(void **state)
{
    (void)state;
    mpsc_round(1024);
}

static void mpsc_unbounded(void **state)
{
    (void)state;
    mpsc_round(PLX_UNBOUNDED);
}

/* ── oneshot ──────────────────────────────────────────────────────────────────────────────────────────── */

PLX_ONESHOT(reply, uint64_t)

struct request {
    uint64_t question;
    reply_sender reply;
};

static void request_drop(struct request *request)
{
    reply_sender_drop(&request->reply);
}

PLX_MPSC_OWNING(desk, struct request, request_drop)

/* One asks and one answers, each on a thread; every few requests one of them gives up. */
struct pair {
    desk_sender ask;
    desk_receiver answer;
    uint32_t count, source;
    uint64_t got, given_up, cancelled; /* of who asks */
    uint64_t sent, refused, silent;    /* of who answers */
    bool wrong;
};

static void *ask(void *arg)
{
    struct pair *pair = arg;
    for (uint32_t i = 0; i < pair->count; i++) {
        struct request request = {.question = i};
        reply_receiver awaited;
        plx_unit nothing;
        uint64_t item = 0;
        if (reply_channel(&request.reply, &awaited))
            abort();
        if (PLX_WAIT(desk_send, desk_send_new(&pair->ask, request), &nothing))
            abort();
        if (stress_below(&pair->source, 16) == 0) {
            reply_receiver_drop(&awaited);
            pair->given_up++;
            continue;
        }
        int error = PLX_WAIT(reply_receiver, awaited, &item);
        pair->got += error == 0;
        pair->cancelled += error == -ECANCELED;
        pair->wrong |= error == 0 ? item != i * 3u : error != -ECANCELED;
    }
    desk_sender_drop(&pair->ask);
    return NULL;
}

static void *answer(void *arg)
{
    struct pair *pair = arg;
    for (;;) {
        desk_item item;
        if (PLX_WAIT(desk_recv, desk_recv_new(&pair->answer), &item) || item.end)
            break;
        if (item.value.question % 11 == 0) {
            reply_sender_drop(&item.value.reply);
            pair->silent++;
        } else if (reply_send(&item.value.reply, item.value.question * 3) == 0) {
            pair->sent++;
        } else {
            pair->refused++;
        }
    }
    desk_receiver_drop(&pair->answer);
    return NULL;
}

static void request_and_reply(void)
{
    struct pair pairs[THREADS / 2];
    pthread_t threads[THREADS];
    for (uint32_t i = 0; i < THREADS / 2; i++) {
        pairs[i] = (struct pair){.count = messages_of_a_round() / (THREADS / 2), .source = stress_source(i)};
        assert_int_equal(desk_channel(i, &pairs[i].ask, &pairs[i].answer), 0);
    }
    for (int i = 0; i < THREADS; i++)
        stress_thread(&threads[i], i % 2 ? ask : answer, &pairs[i / 2]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS / 2; i++) {
        struct pair *pair = &pairs[i];
        assert_false(pair->wrong);
        assert_int_equal(pair->got + pair->given_up + pair->cancelled, pair->count);
        assert_int_equal(pair->sent + pair->refused + pair->silent, pair->count);
        assert_true(pair->got <= pair->sent && pair->sent <= pair->got + pair->given_up);
    }
}

static void oneshot(void **state)
{
    (void)state;
    begin();
    while (stress_goes_on())
        request_and_reply();
    stress_end();
}

/* ── watch and broadcast ──────────────────────────────────────────────────────────────────────────────── */

PLX_WATCH(watched, uint64_t)

struct watching {
    watched_receiver rx;
    uint64_t last;
    bool wrong;
};

static void *watch(void *arg)
{
    struct watching *watching = arg;
    watched_item item = {.end = false};
    for (;;) {
        if (PLX_WAIT(watched_recv, watched_recv_new(&watching->rx), &item) || item.end)
            break;
        watching->wrong |= item.value <= watching->last;
        watching->last = item.value;
    }
    watched_receiver_drop(&watching->rx);
    return NULL;
}

/* One changes the value, seven watch: it never goes back, and the last one is seen by all. */
static void watched_by_seven(void)
{
    static struct watching watching[THREADS - 1];
    pthread_t threads[THREADS - 1];
    watched_sender tx;
    memset(watching, 0, sizeof watching);
    assert_int_equal(watched_channel(1, &tx, &watching[0].rx), 0);
    for (int i = 1; i < THREADS - 1; i++)
        watched_clone(&watching[0].rx, &watching[i].rx);
    for (int i = 0; i < THREADS - 1; i++)
        stress_thread(&threads[i], watch, &watching[i]);
    for (uint64_t value = 2; value <= messages_of_a_round(); value++)
        assert_int_equal(watched_send(&tx, value), 0);
    watched_sender_drop(&tx);
    for (int i = 0; i < THREADS - 1; i++) {
        pthread_join(threads[i], NULL);
        assert_false(watching[i].wrong);
        assert_int_equal(watching[i].last, messages_of_a_round());
    }
}

static void watch_channel(void **state)
{
    (void)state;
    begin();
    while (stress_goes_on())
        watched_by_seven();
    stress_end();
}

PLX_BROADCAST(radio, struct message)

enum { SPEAKERS = THREADS / 2, LISTENERS = THREADS / 2 };

struct listening {
    radio_receiver rx;
    uint64_t heard, missed;
    uint32_t next[SPEAKERS];
    bool wrong;
};

static void *listen_to(void *arg)
{
    struct listening *listening = arg;
    radio_item item = {.end = false};
    for (;;) {
        if (PLX_WAIT(radio_recv, radio_recv_new(&listening->rx), &item) || item.end)
            break;
        listening->heard++;
        listening->missed += item.missed;
        listening->wrong |= item.value.index < listening->next[item.value.sender];
        listening->wrong |= listening->missed == 0 && item.value.index != listening->next[item.value.sender];
        listening->next[item.value.sender] = item.value.index + 1;
    }
    radio_receiver_drop(&listening->rx);
    return NULL;
}

struct speaking {
    radio_sender tx;
    uint32_t number, count;
    int error;
};

static void *speak(void *arg)
{
    struct speaking *speaking = arg;
    for (uint32_t i = 0; i < speaking->count; i++)
        speaking->error |= radio_send(&speaking->tx, (struct message){speaking->number, i});
    radio_sender_drop(&speaking->tx);
    return NULL;
}

/* Four speak and four listen: heard and missed add up to what was said, and each speaker is heard in
 * order. */
static void spoken_by_four(void)
{
    static struct listening listening[LISTENERS];
    struct speaking speaking[SPEAKERS];
    pthread_t threads[THREADS];
    radio_sender tx;
    uint32_t count = messages_of_a_round() / SPEAKERS;
    memset(listening, 0, sizeof listening);
    assert_int_equal(radio_channel(64, &tx, &listening[0].rx), 0);
    for (int i = 1; i < LISTENERS; i++)
        radio_subscribe(&tx, &listening[i].rx);
    for (uint32_t i = 0; i < SPEAKERS; i++)
        speaking[i] = (struct speaking){.tx = radio_clone(&tx), .number = i, .count = count};
    radio_sender_drop(&tx);
    for (int i = 0; i < SPEAKERS; i++) {
        stress_thread(&threads[i], listen_to, &listening[i]);
        stress_thread(&threads[SPEAKERS + i], speak, &speaking[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < LISTENERS; i++) {
        assert_int_equal(speaking[i].error, 0);
        assert_false(listening[i].wrong);
        assert_int_equal(listening[i].heard + listening[i].missed, (uint64_t)SPEAKERS * count);
    }
}

static void broadcast_channel(void **state)
{
    (void)state;
    begin();
    while (stress_goes_on())
        spoken_by_four();
    stress_end();
}

/* ── locks ────────────────────────────────────────────────────────────────────────────────────────────── */

static struct {
    struct plx_mutex mutex;
    struct plx_rwlock rwlock;
    struct plx_semaphore semaphore;
    uint64_t under_mutex, under_rwlock;
    _Atomic uint32_t inside;
} locks;

struct locking {
    uint32_t source, count;
    uint64_t mutexed, written;
    bool wrong;
};

static void lock_mutex(struct locking *locking)
{
    plx_permit guard;
    if (PLX_WAIT(plx_mutex_lock, plx_mutex_lock_new(&locks.mutex), &guard))
        abort();
    locks.under_mutex++;
    locking->mutexed++;
    plx_permit_drop(&guard);
}

static void give_up_mutex(struct locking *locking)
{
    (void)locking;
    struct hand hand = HAND;
    plx_permit guard = {0};
    plx_mutex_lock lock = plx_mutex_lock_new(&locks.mutex);
    POLL(plx_mutex_lock, &lock, &hand, &guard);
    plx_mutex_lock_drop(&lock);
    plx_permit_drop(&guard);
    wait_until(hand_wakers(&hand) == 0);
}

static void read_or_write(struct locking *locking)
{
    plx_permit guard;
    if (stress_below(&locking->source, 4)) {
        if (PLX_WAIT(plx_rwlock_read, plx_rwlock_read_new(&locks.rwlock), &guard))
            abort();
        locking->wrong |= locks.under_rwlock % 2; /* a writer is never seen in the middle */
    } else {
        if (PLX_WAIT(plx_rwlock_write, plx_rwlock_write_new(&locks.rwlock), &guard))
            abort();
        locks.under_rwlock++;
        stress_spin(20);
        locks.under_rwlock++;
        locking->written++;
        if (locking->written % 2)
            plx_rwlock_downgrade(&guard);
    }
    plx_permit_drop(&guard);
}

static void acquire_some(struct locking *locking)
{
    plx_permit permit;
    uint32_t count = 1 + stress_below(&locking->source, 3);
    if (PLX_WAIT(plx_acquire, plx_acquire_new(&locks.semaphore, count), &permit))
        abort();
    locking->wrong |= atomic_fetch_add(&locks.inside, count) + count > 3;
    atomic_fetch_sub(&locks.inside, count);
    plx_permit_drop(&permit);
}

static void *lock_and_unlock(void *arg)
{
    void (*const ways[])(struct locking *) = {lock_mutex, give_up_mutex, read_or_write, acquire_some};
    struct locking *locking = arg;
    for (uint32_t i = 0; i < locking->count; i++)
        ways[stress_below(&locking->source, 4)](locking);
    return NULL;
}

static void locked_by_eight(void)
{
    struct locking locking[THREADS];
    pthread_t threads[THREADS];
    uint64_t mutexed = 0, written = 0;
    plx_mutex_init(&locks.mutex);
    plx_rwlock_init(&locks.rwlock);
    assert_int_equal(plx_semaphore_init(&locks.semaphore, 3), 0);
    locks.under_mutex = locks.under_rwlock = 0;
    for (uint32_t i = 0; i < THREADS; i++) {
        locking[i] = (struct locking){.source = stress_source(i), .count = messages_of_a_round() / THREADS};
        stress_thread(&threads[i], lock_and_unlock, &locking[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(locking[i].wrong);
        mutexed += locking[i].mutexed;
        written += locking[i].written;
    }
    assert_int_equal(locks.under_mutex, mutexed);
    assert_int_equal(locks.under_rwlock, 2 * written);
    assert_int_equal(plx_semaphore_free(&locks.semaphore), 3);
    assert_int_equal(plx_semaphore_free(&locks.rwlock.semaphore), PLX_PERMITS_MOST);
}

static void mutex_rwlock_semaphore(void **state)
{
    (void)state;
    begin();
    while (stress_goes_on())
        locked_by_eight();
    stress_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mpsc_without_buffer),
        cmocka_unit_test(mpsc_with_a_small_buffer),
        cmocka_unit_test(mpsc_with_a_large_buffer),
        cmocka_unit_test(mpsc_unbounded),
        cmocka_unit_test(oneshot),
        cmocka_unit_test(watch_channel),
        cmocka_unit_test(broadcast_channel),
        cmocka_unit_test(mutex_rwlock_semaphore),
    };
    return cmocka_run_group_tests_name("stress: channels and locks", tests, NULL, NULL);
}
