/* SPDX-License-Identifier: MIT
 *
 * current_thread: everything on the thread that runs it, turn by turn.
 */
#include "tests/support/futures.h"

#include <errno.h>
#include <unistd.h>

static struct plx_runtime *on_this_thread(void)
{
    return runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
}

static int new_runtime(void **state)
{
    *state = on_this_thread();
    return 0;
}

static int free_runtime(void **state)
{
    return plx_runtime_free(*state);
}

/* conformance 272, 282 */
static void a_turn_polls_each_once(void **state)
{
    struct tally_counts counts = {0};
    for (int i = 0; i < 200; i++)
        assert_int_equal(PLX_SPAWN_ON(*state, tally, tally_new(&counts, 1)), 0);
    assert_int_equal(plx_runtime_turn(*state, 0), 200);
    assert_int_equal(counts.polls, 200);
    assert_int_equal(counts.ends, 0);
    assert_int_equal(plx_runtime_turn(*state, 0), 200);
    assert_int_equal(counts.ends, 200);
    assert_int_equal(plx_runtime_turn(*state, 0), 0); /* and does not block: 211 */
}

static int spawn_another(void *counts)
{
    return PLX_SPAWN(tally, tally_new(counts, 0));
}

/* conformance 279 */
static void what_a_turn_spawns_comes_in_the_next(void **state)
{
    struct tally_counts counts = {0};
    assert_int_equal(PLX_SPAWN_ON(*state, call, call_new(spawn_another, &counts)), 0);
    assert_int_equal(plx_runtime_turn(*state, 0), 1);
    assert_int_equal(counts.polls, 0);
    assert_int_equal(plx_runtime_turn(*state, 0), 1);
    assert_int_equal(counts.polls, 1);
}

static void *open_gate(void *gate)
{
    gate_open(gate);
    return NULL;
}

/* conformance 282, 284: a turn without end waits for a notify of another thread, and polls what it is
 * about. */
static void a_turn_waits_for_others(void **state)
{
    struct gate gate = {0};
    pthread_t other;
    assert_int_equal(PLX_SPAWN_ON(*state, pass, pass_new(&gate)), 0);
    assert_int_equal(plx_runtime_turn(*state, 0), 1);
    assert_int_equal(plx_runtime_turn(*state, 1), 0); /* in vain, for a millisecond */
    assert_int_equal(pthread_create(&other, NULL, open_gate, &gate), 0);
    assert_int_equal(plx_runtime_turn(*state, -1), 1);
    pthread_join(other, NULL);
    assert_int_equal(gate.drops, 1);
    gate_done(&gate);
}

/* conformance 288 */
static void waiting_may_have_a_limit(void **state)
{
    struct gate gate = {0};
    assert_int_equal(PLX_SPAWN_ON(*state, pass, pass_new(&gate)), 0);
    assert_int_equal(plx_runtime_wait_idle_for(*state, 2), -ETIMEDOUT);
    assert_int_equal(gate.drops, 0);
    gate_open(&gate);
    assert_int_equal(plx_runtime_wait_idle_for(*state, 60000), 0);
    assert_int_equal(gate.drops, 1);
}

struct hammer {
    struct plx_runtime *runtime;
    struct tally_counts counts;
};

static void *spawn_hundred(void *arg)
{
    struct hammer *hammer = arg;
    for (int i = 0; i < 100; i++)
        assert_int_equal(PLX_SPAWN_ON(hammer->runtime, tally, tally_new(&hammer->counts, 1)), 0);
    return NULL;
}

/* conformance 281, 285, 286; real bugs 67: what other threads spawn is counted from then on, and only
 * once. */
static void turns_while_others_spawn(void **state)
{
    struct hammer hammer = {.runtime = *state};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spawn_hundred, &hammer), 0);
    while (hammer.counts.ends < 400)
        plx_runtime_turn(*state, 1);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(plx_runtime_wait_idle(*state), 0);
    assert_int_equal(plx_runtime_tasks(*state), 0);
    assert_int_equal(hammer.counts.drops, 400);
    assert_int_equal(hammer.counts.polls, 800);
}

/* Waits for a byte. */
typedef struct await_byte {
    plx_poll_evented io;
} await_byte;
typedef plx_unit await_byte_item;

static enum plx_answer await_byte_poll(await_byte *self, plx_context *cx, plx_unit *out)
{
    uint64_t seen;
    *out = (plx_unit){0};
    return plx_poll_evented_ready(&self->io, cx, PLX_READ, &seen);
}

static void await_byte_drop(await_byte *self)
{
    plx_poll_evented_drop(&self->io);
}

PLX_LEAF(await_byte)

/* conformance 283 */
static void a_turn_looks_at_sockets_beside_ready_tasks(void **state)
{
    static struct tally_counts counts; /* its task ends with the runtime, after this */
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(PLX_SPAWN_ON(*state, await_byte, ((await_byte){plx_poll_evented_of(ends[0])})), 0);
    assert_int_equal(plx_runtime_turn(*state, 0), 1);
    assert_int_equal(PLX_SPAWN_ON(*state, tally, tally_new(&counts, 100)), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(plx_runtime_turn(*state, 0), 2);
    assert_int_equal(plx_runtime_tasks(*state), 1);
    close(ends[1]);
}

static void only_current_thread_has_turns(void **state)
{
    struct plx_runtime *pool = runtime_of((struct plx_runtime_options){.workers = 1});
    (void)state;
    assert_int_equal(plx_runtime_turn(pool, 0), -ENOTSUP);
    plx_runtime_free(pool);
}

/* conformance 350: the future of block_on is polled when it is notified, not once more. */
static void block_on_polls_as_often_as_it_must(void **state)
{
    struct tally_counts counts = {0}, others = {0};
    uint64_t polled;
    for (int i = 0; i < 50; i++)
        assert_int_equal(PLX_SPAWN_ON(*state, tally, tally_new(&others, 9)), 0);
    assert_int_equal(PLX_BLOCK_ON(*state, tally, tally_new(&counts, 3), &polled), 0);
    assert_int_equal(polled, 4);
    assert_int_equal(plx_runtime_wait_idle(*state), 0);
    assert_int_equal(others.polls, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_turn_polls_each_once, new_runtime, free_runtime),
        cmocka_unit_test_setup_teardown(what_a_turn_spawns_comes_in_the_next, new_runtime, free_runtime),
        cmocka_unit_test_setup_teardown(a_turn_waits_for_others, new_runtime, free_runtime),
        cmocka_unit_test_setup_teardown(waiting_may_have_a_limit, new_runtime, free_runtime),
        cmocka_unit_test_setup_teardown(turns_while_others_spawn, new_runtime, free_runtime),
        cmocka_unit_test_setup_teardown(a_turn_looks_at_sockets_beside_ready_tasks, new_runtime,
                                        free_runtime),
        cmocka_unit_test(only_current_thread_has_turns),
        cmocka_unit_test_setup_teardown(block_on_polls_as_often_as_it_must, new_runtime, free_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
