/* SPDX-License-Identifier: MIT
 *
 * Notifications, the barrier, and the cell that is filled once.
 */
#include "tests/support/leaf.h"
#include "tests/support/futures.h"

static struct plx_sync_notify notify;

static int begin(void **state)
{
    (void)state;
    plx_sync_notify_init(&notify);
    return 0;
}

struct waiting {
    struct hand hand;
    plx_notified future;
};

static enum plx_answer ask(struct waiting *waiting)
{
    plx_unit nothing;
    return POLL(plx_notified, &waiting->future, &waiting->hand, &nothing);
}

static void queue_up(struct waiting *waiting)
{
    *waiting = (struct waiting){.hand = HAND, .future = plx_notified_new(&notify)};
    assert_int_equal(ask(waiting), PLX_NOT_READY);
}

/* Whether a notification is kept: takes it. */
static bool is_kept(void)
{
    struct waiting probe = {.hand = HAND, .future = plx_notified_new(&notify)};
    bool kept = ask(&probe) == PLX_READY;
    plx_notified_drop(&probe.future);
    return kept;
}

/* conformance 365 */
static void one_notification_is_kept(void **state)
{
    (void)state;
    assert_false(is_kept());
    plx_sync_notify_one(&notify);
    plx_sync_notify_one(&notify);
    assert_true(is_kept());
    assert_false(is_kept());
    plx_sync_notify_waiters(&notify);
    assert_false(is_kept());
}

/* conformance 365 */
static void notify_one_wakes_who_has_waited_longest(void **state)
{
    struct waiting first, second;
    (void)state;
    queue_up(&first);
    queue_up(&second);
    plx_sync_notify_one(&notify);
    assert_int_equal(first.hand.notified, 1);
    assert_int_equal(second.hand.notified, 0);
    assert_int_equal(ask(&second), PLX_NOT_READY);
    assert_int_equal(ask(&first), PLX_READY);
    plx_sync_notify_one(&notify);
    assert_int_equal(ask(&second), PLX_READY);
    assert_false(is_kept());
    assert_int_equal(hand_wakers(&first.hand) + hand_wakers(&second.hand), 0);
}

/* conformance 365, real bugs 16: the one that was chosen goes: the next one is chosen, or the notification is
 * kept */
static void a_notification_is_forwarded(void **state)
{
    struct waiting first, second;
    (void)state;
    queue_up(&first);
    queue_up(&second);
    plx_sync_notify_one(&notify);
    plx_notified_drop(&first.future);
    assert_int_equal(second.hand.notified, 1);
    plx_notified_drop(&second.future);
    assert_true(is_kept());
    assert_false(is_kept());
}

/* real bugs 16 (T#3652, T#3660, T#4618): dropping one that was not chosen, or that all were woken with,
 * neither takes nor makes a notification */
static void dropping_makes_no_notification(void **state)
{
    struct waiting first, second;
    (void)state;
    queue_up(&first);
    plx_notified_drop(&first.future);
    assert_false(is_kept());
    plx_sync_notify_one(&notify); /* kept, though somebody waited once */
    assert_true(is_kept());

    queue_up(&first);
    queue_up(&second);
    plx_sync_notify_waiters(&notify);
    plx_notified_drop(&first.future);
    assert_int_equal(ask(&second), PLX_READY);
    assert_false(is_kept());

    queue_up(&first); /* chosen, then all are woken, then it goes: what it was chosen for is handed on */
    plx_sync_notify_one(&notify);
    plx_sync_notify_waiters(&notify);
    plx_notified_drop(&first.future);
    assert_true(is_kept());

    plx_sync_notify_one(&notify); /* kept over a notify_waiters */
    plx_sync_notify_waiters(&notify);
    assert_true(is_kept());
}

/* conformance 365: notify_waiters is one moment. Those made before it are notified, polled yet or not; those
 * made later are not. */
static void notify_waiters_is_one_moment(void **state)
{
    enum { WAITING = 100 };
    static struct waiting waiting[WAITING];
    struct waiting unpolled = {.hand = HAND, .future = plx_notified_new(&notify)};
    (void)state;
    for (int i = 0; i < WAITING; i++)
        queue_up(&waiting[i]);
    plx_sync_notify_waiters(&notify);
    struct waiting late = {.hand = HAND, .future = plx_notified_new(&notify)};
    assert_int_equal(ask(&late), PLX_NOT_READY);
    assert_int_equal(ask(&unpolled), PLX_READY);
    for (int i = 0; i < WAITING; i++) {
        assert_int_equal(waiting[i].hand.notified, 1);
        assert_int_equal(ask(&waiting[i]), PLX_READY);
        assert_int_equal(hand_wakers(&waiting[i].hand), 0);
    }
    assert_int_equal(late.hand.notified, 0);
    plx_notified_drop(&late.future);
}

/* A waker that is told first lets everybody else go: they are in the list that is just being woken. */
static struct waiting followers[50];

static void drop_followers(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self;
    (void)id;
    (void)by;
    for (int i = 0; i < 50; i++)
        plx_notified_drop(&followers[i].future);
}

static uintptr_t same_id(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    return id;
}

static void no_drop(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    (void)id;
}

/* conformance 22, real bugs 16 */
static void a_waker_may_drop_the_other_waiters(void **state)
{
    static const struct plx_notify dropping = {drop_followers, same_id, no_drop};
    plx_context cx = {.waker = {&dropping, 1}};
    plx_notified first = plx_notified_new(&notify);
    plx_unit nothing;
    (void)state;
    assert_int_equal(plx_notified_poll(&first, &cx, &nothing), PLX_NOT_READY);
    for (int i = 0; i < 50; i++)
        queue_up(&followers[i]);
    plx_sync_notify_waiters(&notify);
    for (int i = 0; i < 50; i++)
        assert_int_equal(hand_wakers(&followers[i].hand), 0);
    assert_int_equal(plx_notified_poll(&first, &cx, &nothing), PLX_READY);
}

struct storm {
    unsigned rounds, seed;
    _Atomic unsigned *passed;
};

static void *wait_or_give_up(void *arg)
{
    struct storm *storm = arg;
    for (unsigned i = 0; i < storm->rounds;) {
        struct waiting waiting = {.hand = HAND, .future = plx_notified_new(&notify)};
        if (rand_r(&storm->seed) % 2) {
            bool ready = ask(&waiting) == PLX_READY;
            plx_notified_drop(&waiting.future);
            wait_until(hand_wakers(&waiting.hand) == 0); /* somebody may be about to notify it */
            if (!ready)
                continue;
        } else {
            plx_unit nothing;
            assert_int_equal(PLX_WAIT(plx_notified, waiting.future, &nothing), 0);
        }
        i++;
        atomic_fetch_add(storm->passed, 1);
    }
    return NULL;
}

/* conformance 365: each notification lets one pass, however many give up; notifications are sent one at a
 * time, so that none is merged with the one before */
static void forwarded_notifications_are_not_lost(void **state)
{
    enum { THREADS = 3 };
    _Atomic unsigned passed = 0;
    pthread_t threads[THREADS];
    struct storm storms[THREADS];
    unsigned rounds = scaled(5000);
    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        storms[i] = (struct storm){rounds, i + 1, &passed};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_or_give_up, &storms[i]), 0);
    }
    for (unsigned i = 0; i < THREADS * rounds; i++) {
        plx_sync_notify_one(&notify);
        wait_until(passed == i + 1);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_false(is_kept());
}

/* ── the barrier ──────────────────────────────────────────────────────────────────────────────────────── */

static void the_last_one_opens_the_barrier(void **state)
{
    struct plx_barrier barrier = PLX_BARRIER(3);
    struct hand hands[3];
    plx_barrier_wait waits[3];
    plx_barrier_wait_item item;
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            hands[i] = HAND;
            waits[i] = plx_barrier_wait_new(&barrier);
            enum plx_answer answer = POLL(plx_barrier_wait, &waits[i], &hands[i], &item);
            assert_int_equal(answer, i < 2 ? PLX_NOT_READY : PLX_READY);
        }
        assert_true(item.leader);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(hands[i].notified, 1);
            assert_int_equal(POLL(plx_barrier_wait, &waits[i], &hands[i], &item), PLX_READY);
            assert_false(item.leader);
            plx_barrier_wait_drop(&waits[i]);
            assert_int_equal(hand_wakers(&hands[i]), 0);
        }
    }
}

static void who_goes_has_not_arrived(void **state)
{
    struct plx_barrier barrier;
    struct hand hand = HAND;
    plx_barrier_wait_item item;
    (void)state;
    plx_barrier_init(&barrier, 2);
    plx_barrier_wait first = plx_barrier_wait_new(&barrier), second = plx_barrier_wait_new(&barrier);
    assert_int_equal(POLL(plx_barrier_wait, &first, &hand, &item), PLX_NOT_READY);
    plx_barrier_wait_drop(&first);
    assert_int_equal(POLL(plx_barrier_wait, &second, &hand, &item), PLX_NOT_READY);
    plx_barrier_wait third = plx_barrier_wait_new(&barrier);
    assert_int_equal(POLL(plx_barrier_wait, &third, &hand, &item), PLX_READY);
    assert_int_equal(POLL(plx_barrier_wait, &second, &hand, &item), PLX_READY);
    plx_barrier_wait_drop(&second);

    plx_barrier_init(&barrier, 0);
    plx_barrier_wait alone = plx_barrier_wait_new(&barrier);
    assert_int_equal(POLL(plx_barrier_wait, &alone, &hand, &item), PLX_READY);
    assert_true(item.leader);
}

struct party_vars {
    struct plx_barrier *barrier;
    _Atomic unsigned *leaders, *arrived;
    unsigned round, rounds, parties;
    plx_barrier_wait_item role;
    bool early;
};

#define PARTY_AWAITS(AWAIT) AWAIT(met, plx_barrier_wait)

PLX_ASYNC(party, struct party_vars, bool, PARTY_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    for (my->round = 1; my->round <= my->rounds; my->round++) {
        atomic_fetch_add(my->arrived, 1);
        PLX_AWAIT(my->role, met, plx_barrier_wait_new(my->barrier));
        if (atomic_load(my->arrived) < my->round * my->parties)
            my->early = true;
        if (my->role.leader)
            atomic_fetch_add(my->leaders, 1);
    }
    PLX_RETURN(my->early);
    PLX_END;
}

PLX_HANDLE(party_handle, party)

static void tasks_meet_again_and_again(void **state)
{
    enum { PARTIES = 40 };
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct plx_barrier barrier = PLX_BARRIER(PARTIES);
    _Atomic unsigned leaders = 0, arrived = 0;
    party_handle handles[PARTIES];
    (void)state;
    struct party_vars vars = {.barrier = &barrier, .leaders = &leaders, .arrived = &arrived};
    vars.parties = PARTIES;
    vars.rounds = scaled(300);
    for (int i = 0; i < PARTIES; i++)
        assert_int_equal(party_handle_spawn_on(runtime, party_new(vars), &handles[i]), 0);
    for (int i = 0; i < PARTIES; i++) {
        bool early;
        assert_int_equal(party_handle_wait(&handles[i], &early), 0);
        assert_false(early);
    }
    assert_int_equal(leaders, vars.rounds);
    plx_runtime_free(runtime);
}

/* ── the cell that is filled once ─────────────────────────────────────────────────────────────────────── */

PLX_ONCE_CELL(cell, token)

struct maker {
    struct probe *probe; /* of the next leaf that is made */
    unsigned made;
};

static leaf make(struct maker *maker)
{
    maker->made++;
    return leaf_of(maker->probe);
}

PLX_ONCE_GET(get, cell, struct maker, leaf, make)

static void a_cell_is_filled_once(void **state)
{
    struct probe probe = {.waits = 1, .value = 7};
    struct maker maker = {&probe, 0};
    struct hand one = HAND, two = HAND;
    cell filled = PLX_ONCE_CELL_EMPTY;
    token *first = NULL, *second = NULL;
    (void)state;
    get a = get_new(&filled, &maker), b = get_new(&filled, &maker);
    assert_null(cell_get(&filled));
    assert_int_equal(POLL(get, &a, &one, &first), PLX_NOT_READY);
    assert_int_equal(POLL(get, &b, &two, &second), PLX_NOT_READY);
    assert_int_equal(cell_set(&filled, (token){&probe, 1}), -EBUSY);
    assert_int_equal(maker.made, 1);
    assert_true(probe_notify(&probe));
    assert_int_equal(POLL(get, &a, &one, &first), PLX_READY);
    assert_int_equal(two.notified, 1);
    assert_int_equal(POLL(get, &b, &two, &second), PLX_READY);
    assert_int_equal(maker.made, 1);
    assert_ptr_equal(first, second);
    assert_int_equal(first->value, 7);
    assert_ptr_equal(cell_get(&filled), first);
    assert_int_equal(cell_set(&filled, (token){&probe, 1}), -EEXIST);
    get_drop(&a);
    get_drop(&b);
    assert_int_equal(probe.drops, 1);
    cell_done(&filled);
    assert_int_equal(probe.items_dropped, 1);
    assert_int_equal(hand_wakers(&one) + hand_wakers(&two), 0);
}

/* Who fails, or goes in the middle, leaves it to the next in line. */
static void the_next_in_line_tries_again(void **state)
{
    struct probe fails = {.waits = 1, .code = -EIO}, stays = {.waits = FOREVER}, works = {.value = 9};
    struct maker maker = {&fails, 0};
    struct hand hands[3] = {HAND, HAND, HAND};
    cell filled = PLX_ONCE_CELL_EMPTY;
    token *value;
    get gets[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        gets[i] = get_new(&filled, &maker);
        assert_int_equal(POLL(get, &gets[i], &hands[i], &value), PLX_NOT_READY);
    }
    probe_notify(&fails);
    assert_int_equal(POLL(get, &gets[0], &hands[0], &value), PLX_FAILED);
    assert_int_equal(hands[0].cx.error.code, -EIO);
    assert_int_equal(hands[1].notified, 1);
    maker.probe = &stays;
    assert_int_equal(POLL(get, &gets[1], &hands[1], &value), PLX_NOT_READY);
    assert_int_equal(hands[2].notified, 0);
    get_drop(&gets[1]);
    assert_int_equal(stays.drops, 1);
    assert_int_equal(hands[2].notified, 1);
    maker.probe = &works;
    assert_int_equal(POLL(get, &gets[2], &hands[2], &value), PLX_READY);
    assert_int_equal(value->value, 9);
    assert_int_equal(maker.made, 3);
    get_drop(&gets[0]);
    get_drop(&gets[2]);
    cell_done(&filled);
    assert_int_equal(works.items_dropped, 1);
}

/* A million tasks may wait for one event: a task's cell is that much larger (the benchmark idle_mem). */
static void a_waiter_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(plx_notified) <= 48);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        test(one_notification_is_kept),
        test(notify_one_wakes_who_has_waited_longest),
        test(a_notification_is_forwarded),
        test(dropping_makes_no_notification),
        test(notify_waiters_is_one_moment),
        test(a_waker_may_drop_the_other_waiters),
        test(forwarded_notifications_are_not_lost),
        test(the_last_one_opens_the_barrier),
        test(who_goes_has_not_arrived),
        test(tasks_meet_again_and_again),
        test(a_cell_is_filled_once),
        test(the_next_in_line_tries_again),
        test(a_waiter_is_small),
    };
    return cmocka_run_group_tests_name("notify, barrier, once_cell", tests, NULL, NULL);
}
