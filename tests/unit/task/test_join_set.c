/* SPDX-License-Identifier: MIT
 *
 * Join sets: tasks come out in the order in which they end, with what has come of them.
 */
#include "tests/unit/task/one_thread.h"

#include <errno.h>

PLX_JOIN_SET(leaves, leaf)
PLX_JOIN_SET(tallies, tally)

static enum plx_answer next(leaves *set, struct hand *hand, leaves_next_item *item)
{
    leaves_next future = leaves_next_new(set);
    enum plx_answer answer = POLL(leaves_next, &future, hand, item);
    leaves_next_drop(&future);
    return answer;
}

/* ── what comes out ───────────────────────────────────────────────────────────────────────────────────── */

/* The order of ending, not of spawning; ready, failed and cancelled. A task is polled when it is
 * notified, and not because another one has been. conformance 14, 3 */
static void test_in_order_of_ending(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p[4] = {
        {.waits = 1, .value = 10}, {.waits = 1, .value = 11}, {.waits = 1, .code = -EIO}, {.waits = 1}};
    struct plx_abort_handle aborts[4];
    struct hand hand = HAND;
    leaves set = {0};
    leaves_next_item item;
    (void)state;

    for (int i = 0; i < 4; i++)
        assert_int_equal(leaves_spawn_on(runtime, &set, leaf_of(&p[i]), &aborts[i]), 0);
    turn(runtime);
    assert_int_equal(leaves_length(&set), 4);
    assert_int_equal(next(&set, &hand, &item), PLX_NOT_READY);
    static const int order[] = {2, 0, 1};
    for (int i = 0; i < 3; i++) {
        probe_notify(&p[order[i]]);
        turn(runtime);
    }
    plx_abort_handle_abort(&aborts[3]);
    turn(runtime);
    assert_int_equal(hand.notified, 1); /* more make no difference: it has not asked again */

    assert_int_equal(next(&set, &hand, &item), PLX_READY);
    assert_false(item.end);
    assert_int_equal(item.how, PLX_ENDED_FAILED);
    assert_int_equal(item.error.code, -EIO);
    assert_int_equal(item.task, plx_abort_handle_task(&aborts[2]));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(next(&set, &hand, &item), PLX_READY);
        assert_int_equal(item.how, PLX_ENDED_READY);
        assert_int_equal(item.item.value, 10 + i);
        assert_int_equal(item.task, plx_abort_handle_task(&aborts[i]));
        leaves__item.drop(&item);
        assert_int_equal(p[i].items_dropped, 1);
    }
    assert_int_equal(leaves_length(&set), 1);
    assert_int_equal(next(&set, &hand, &item), PLX_READY);
    assert_int_equal(item.how, PLX_ENDED_CANCELLED);
    assert_int_equal(item.error.code, -ECANCELED);
    assert_int_equal(next(&set, &hand, &item), PLX_READY);
    assert_true(item.end);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(p[i].drops, 1);
        assert_int_equal(p[i].polls, i == 3 ? 1 : 2);
        plx_abort_handle_drop(&aborts[i]);
        plx_waker_drop(&p[i].waker);
    }
    leaves_drop(&set);
    assert_int_equal(hand_wakers(&hand), 0);
    plx_runtime_free(runtime);
}

/* An empty set is at its end; it may be filled again, after its end, after a drop and after a detach,
 * with one that has ended still in it. real bugs 32 */
static void test_used_again(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.value = 1};
    struct hand hand = HAND;
    leaves set = {0};
    leaves_next_item item;
    (void)state;

    assert_int_equal(next(&set, &hand, &item), PLX_READY);
    assert_true(item.end);
    for (int round = 0; round < 4; round++) {
        assert_int_equal(leaves_spawn_on(runtime, &set, leaf_of(&p), NULL), 0);
        turn(runtime);
        if (round == 1)
            leaves_drop(&set);
        else if (round == 2)
            leaves_detach_all(&set);
        else
            assert_int_equal(next(&set, &hand, &item), PLX_READY);
        if (round == 0 || round == 3)
            token_drop(&item.item);
        assert_int_equal(p.items_dropped, round + 1);
        assert_int_equal(leaves_length(&set), 0);
        assert_int_equal(next(&set, &hand, &item), PLX_READY);
        assert_true(item.end);
    }
    leaves_drop(&set);
    leaves_drop(&set);
    plx_runtime_free(runtime);
}

/* Drop aborts; abort_all lets them come out; detach_all lets them run. */
static void test_abort_drop_detach(void **state)
{
    enum { N = 3 };
    struct plx_runtime *runtime = one_thread();
    struct hand hand = HAND;
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct probe p[N] = {{.waits = 1}, {.waits = 1}, {.waits = 1}};
        leaves set = {0};
        leaves_next_item item;
        for (int i = 0; i < N; i++)
            assert_int_equal(leaves_spawn_on(runtime, &set, leaf_of(&p[i]), NULL), 0);
        turn(runtime);
        assert_int_equal(next(&set, &hand, &item), PLX_NOT_READY);
        if (what == 0)
            leaves_drop(&set);
        else if (what == 1)
            leaves_abort_all(&set);
        else
            leaves_detach_all(&set);
        assert_int_equal(leaves_length(&set), what == 1 ? N : 0);
        turn(runtime);
        for (int i = 0; what == 1 && i < N; i++) {
            assert_int_equal(next(&set, &hand, &item), PLX_READY);
            assert_int_equal(item.how, PLX_ENDED_CANCELLED);
        }
        for (int i = 0; i < N; i++) {
            assert_int_equal(p[i].drops, what == 2 ? 0 : 1);
            probe_notify(&p[i]);
            turn(runtime);
            assert_int_equal(p[i].drops, 1);
            assert_int_equal(p[i].polls, what == 2 ? 2 : 1);
            assert_int_equal(p[i].items_dropped, what == 2 ? 1 : 0);
        }
        leaves_drop(&set);
        assert_int_equal(hand_wakers(&hand), 0); /* nobody that runs on keeps the owner */
    }
    plx_runtime_free(runtime);
}

/* Without a runtime, and on one that has stopped taking tasks: the future is dropped, the set stays as it
 * is. */
static void test_refused(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.waits = 1}, q = {.waits = 1};
    struct hand hand = HAND;
    struct plx_abort_handle abort;
    leaves set = {0};
    leaves_next_item item;
    (void)state;

    assert_int_equal(leaves_spawn(&set, leaf_of(&p), &abort), -ESHUTDOWN);
    assert_int_equal(p.drops, 1);
    assert_int_equal(plx_abort_handle_task(&abort), 0);
    assert_int_equal(leaves_spawn_on(runtime, &set, leaf_of(&q), NULL), 0);
    plx_runtime_free(runtime);
    assert_int_equal(q.drops, 1);
    assert_int_equal(next(&set, &hand, &item), PLX_READY);
    assert_int_equal(item.how, PLX_ENDED_CANCELLED);
    leaves_drop(&set);
}

/* ── as a stream, and from a plain thread ─────────────────────────────────────────────────────────────── */

struct sum_env {
    leaves *set;
    int sum, count;
};

static leaves_next all_of(struct sum_env *env)
{
    return leaves_next_new(env->set);
}

static plx_ok add_up(struct sum_env *env, leaves_next_item item)
{
    env->sum += item.item.value;
    env->count++;
    token_drop(&item.item);
    return plx_ok_new();
}

PLX_START(ended_leaves, struct sum_env, leaves_next, all_of)
PLX_FOR_EACH(summed, ended_leaves, plx_ok, add_up)

static void test_stream(void **state)
{
    struct plx_runtime *runtime = one_thread();
    struct probe p[5];
    leaves set = {0};
    struct sum_env env = {.set = &set};
    plx_unit nothing;
    (void)state;

    for (int i = 0; i < 5; i++) {
        p[i] = (struct probe){.value = i};
        assert_int_equal(leaves_spawn_on(runtime, &set, leaf_of(&p[i]), NULL), 0);
    }
    assert_int_equal(PLX_BLOCK_ON(runtime, summed, summed_new(&env), &nothing), 0);
    assert_int_equal(env.sum, 10);
    assert_int_equal(env.count, 5);
    leaves_drop(&set);
    plx_runtime_free(runtime);
}

enum { MANY = 1000 };

static void test_waits_on_a_thread(void **state)
{
    struct tally_counts counts = {.polls = 0};
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    tallies set = {0};
    tallies_next_item item;
    unsigned out = 0;
    uint64_t polls = 0;
    (void)state;

    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(tallies_spawn_on(runtime, &set, tally_new(&counts, i % 5), NULL), 0);
    for (;;) {
        assert_int_equal(PLX_WAIT(tallies_next, tallies_next_new(&set), &item), 0);
        if (item.end)
            break;
        assert_int_equal(item.how, PLX_ENDED_READY);
        polls += item.item;
        out++;
    }
    assert_int_equal(out, MANY);
    assert_int_equal(polls, counts.polls);
    tallies_drop(&set);
    plx_runtime_free(runtime);
}

/* ── the budget ───────────────────────────────────────────────────────────────────────────────────────── */

/* Takes all that comes out, in a loop of its own, and notes where it had to stop. */
typedef struct greedy {
    tallies *set;
    unsigned *taken, *longest;
} greedy;
typedef plx_unit greedy_item;

static enum plx_answer greedy_poll(greedy *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    for (unsigned here = 0;; here++) {
        tallies_next future = tallies_next_new(self->set);
        tallies_next_item item;
        enum plx_answer answer = tallies_next_poll(&future, cx, &item);
        if (here > *self->longest)
            *self->longest = here;
        if (answer == PLX_NOT_READY || item.end)
            return answer;
        ++*self->taken;
    }
}

static void greedy_drop(greedy *self)
{
    (void)self;
}

PLX_LEAF(greedy)

/* A set that is always ready lets the others in after 128. conformance 352 (join_set_coop) */
static void test_budget(void **state)
{
    struct tally_counts counts = {.polls = 0};
    struct plx_runtime *runtime = one_thread();
    tallies set = {0};
    unsigned taken = 0, longest = 0;
    plx_unit nothing;
    (void)state;

    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(tallies_spawn_on(runtime, &set, tally_new(&counts, 0), NULL), 0);
    turn(runtime);
    assert_int_equal(counts.ends, MANY);
    assert_int_equal(PLX_BLOCK_ON(runtime, greedy, ((greedy){&set, &taken, &longest}), &nothing), 0);
    assert_int_equal(taken, MANY);
    assert_int_equal(longest, 128);
    tallies_drop(&set);
    plx_runtime_free(runtime);
}

/* ── one set on a local set ───────────────────────────────────────────────────────────────────────────── */

static void test_local(void **state)
{
    struct probe p[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    struct hand hand = HAND;
    plx_local_set local;
    leaves set = {0};
    leaves_next_item item;
    (void)state;

    assert_int_equal(plx_local_set_new(&local), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(leaves_spawn_local_on(&local, &set, leaf_of(&p[i]), NULL), 0);
    assert_int_equal(plx_local_set_run(&local, NULL), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next(&set, &hand, &item), PLX_READY);
        assert_int_equal(item.item.value, i + 1);
        token_drop(&item.item);
    }
    plx_local_set_drop(&local);
    assert_int_equal(leaves_spawn_local_on(&local, &set, leaf_of(&p[0]), NULL), -ESHUTDOWN);
    leaves_drop(&set);
}

/* ── the last task ends while the set is asked ────────────────────────────────────────────────────────── */

/* A waiter whose waker, when it is cloned, lets the task end: after the set was found without one that has
 * ended, and before the waker is there. */
struct meddler {
    struct plx_runtime *runtime;
    struct probe *probe;
    int notified;
};

static void meddler_notify(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self;
    (void)by;
    ((struct meddler *)id)->notified++;
}

static uintptr_t meddler_clone(const struct plx_notify *self, uintptr_t id)
{
    struct meddler *meddler = (struct meddler *)id;
    (void)self;
    probe_notify(meddler->probe);
    turn(meddler->runtime);
    return id;
}

static void meddler_drop(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    (void)id;
}

static void test_ends_while_asked(void **state)
{
    static const struct plx_notify notify = {meddler_notify, meddler_clone, meddler_drop};
    struct plx_runtime *runtime = one_thread();
    struct probe p = {.waits = 1, .value = 4};
    struct meddler meddler = {.runtime = runtime, .probe = &p};
    plx_context cx = {.waker = {&notify, (uintptr_t)&meddler}};
    leaves set = {0};
    leaves_next future = leaves_next_new(&set);
    leaves_next_item item;
    (void)state;

    assert_int_equal(leaves_spawn_on(runtime, &set, leaf_of(&p), NULL), 0);
    turn(runtime);
    assert_int_equal(p.polls, 1);
    assert_int_equal(leaves_next_poll(&future, &cx, &item), PLX_READY);
    assert_int_equal(p.polls, 2);
    assert_int_equal(item.item.value, 4);
    token_drop(&item.item);
    leaves_drop(&set);
    plx_runtime_free(runtime);
}

/* ── the set goes while its tasks end ─────────────────────────────────────────────────────────────────── */

/* Whatever is just being pushed, taken or notified: nothing is dropped twice, lost or touched too late (the
 * sanitizers look). */
static void test_drop_races_with_ends(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct tally_counts counts = {.polls = 0};
    const unsigned rounds = scaled(2000);
    (void)state;

    for (unsigned round = 0; round < rounds; round++) {
        tallies set = {0};
        tallies_next_item item;
        for (int i = 0; i < 4; i++)
            assert_int_equal(tallies_spawn_on(runtime, &set, tally_new(&counts, 1), NULL), 0);
        for (unsigned i = 0; i < round % 4; i++)
            assert_int_equal(PLX_WAIT(tallies_next, tallies_next_new(&set), &item), 0);
        if (round % 8 < 4)
            tallies_drop(&set);
        else
            tallies_detach_all(&set);
    }
    plx_runtime_wait_idle(runtime);
    assert_int_equal(counts.drops, 4 * rounds);
    assert_int_equal(counts.clashes, 0);
    plx_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order_of_ending),
        cmocka_unit_test(test_used_again),
        cmocka_unit_test(test_abort_drop_detach),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_waits_on_a_thread),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_local),
        cmocka_unit_test(test_ends_while_asked),
        cmocka_unit_test(test_drop_races_with_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
