/* SPDX-License-Identifier: MIT
 *
 * A current_thread, turn by turn: what waits for the next one, and what does not. More is in
 * test_current_thread.c.
 */
#include "tests/support/futures.h"

#include <errno.h>
#include <unistd.h>

static int new_runtime(void **state)
{
    *state = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    return 0;
}

static int free_runtime(void **state)
{
    return plx_runtime_free(*state);
}

/* ── what a turn polls ────────────────────────────────────────────────────────────────────────────────── */

/* conformance 278, 279; real bugs 20: who notifies itself, and who is spawned, waits for the next turn. */
static void what_a_turn_spawns_the_next_one_runs(void **state)
{
    struct tally_counts counts = {0};
    assert_int_equal(PLX_SPAWN_ON(*state, tally, tally_new(&counts, 2)), 0);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(plx_runtime_turn(*state, 0), 1);
        assert_int_equal(counts.polls, i);
    }
    assert_int_equal(counts.ends, 1);
}

struct chain {
    struct plx_runtime *runtime;
    int links;
};

static int spawn_next(void *arg)
{
    struct chain *chain = arg;
    if (--chain->links == 0)
        return 0;
    return PLX_SPAWN(call, call_new(spawn_next, chain));
}

/* conformance 279 */
static void a_chain_of_spawns_takes_a_turn_each(void **state)
{
    struct chain chain = {*state, 5};
    assert_int_equal(PLX_SPAWN_ON(*state, call, call_new(spawn_next, &chain)), 0);
    for (int left = 4; left >= 0; left--) {
        assert_int_equal(plx_runtime_turn(*state, 0), 1);
        assert_int_equal(chain.links, left);
    }
    assert_int_equal(plx_runtime_tasks(*state), 0);
}

/* ── I/O has its turn ─────────────────────────────────────────────────────────────────────────────────── */

typedef struct await_byte {
    plx_poll_evented io;
    bool *came;
} await_byte;
typedef uint64_t await_byte_item;

static enum plx_answer await_byte_poll(await_byte *self, plx_context *cx, uint64_t *out)
{
    uint64_t seen;
    *out = 0;
    enum plx_answer answer = plx_poll_evented_ready(&self->io, cx, PLX_READ, &seen);
    *self->came = answer == PLX_READY;
    return answer;
}

static void await_byte_drop(await_byte *self)
{
    plx_poll_evented_drop(&self->io);
}

PLX_LEAF(await_byte)

/* conformance 283: every turn looks at the sockets, though there is always something to run. */
static void a_turn_looks_at_the_sockets(void **state)
{
    struct tally_counts counts = {0};
    bool came = false;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(PLX_SPAWN_ON(*state, tally, tally_new(&counts, 1000)), 0);
    assert_int_equal(PLX_SPAWN_ON(*state, await_byte, ((await_byte){plx_poll_evented_of(ends[0]), &came})),
                     0);
    for (int i = 0; i < 3; i++)
        plx_runtime_turn(*state, 0);
    assert_false(came);
    assert_int_equal(write(ends[1], "x", 1), 1);
    plx_runtime_turn(*state, 0);
    assert_true(came);
    close(ends[1]);
    assert_int_equal(plx_runtime_wait_idle(*state), 0);
}

/* A turn without end ends when a timer fires. */
static void a_turn_waits_for_a_timer(void **state)
{
    assert_int_equal(PLX_SPAWN_ON(*state, plx_delay, plx_delay_for(PLX_MS(1))), 0);
    assert_int_equal(plx_runtime_turn(*state, -1), 1);
    assert_int_equal(plx_runtime_tasks(*state), 1);
    assert_int_equal(plx_runtime_turn(*state, -1), 1);
    assert_int_equal(plx_runtime_tasks(*state), 0);
}

/* ── misuse ───────────────────────────────────────────────────────────────────────────────────────────── */

static int turn_inside(void *runtime)
{
    return plx_runtime_turn(runtime, 0);
}

/* conformance 276 */
static void a_turn_in_a_turn_is_refused(void **state)
{
    struct plx_runtime *pool = runtime_of((struct plx_runtime_options){.workers = 1});
    uint64_t result;
    assert_int_equal(PLX_BLOCK_ON(*state, call, call_new(turn_inside, *state), &result), -EDEADLK);
    assert_int_equal(plx_runtime_turn(pool, 0), -ENOTSUP);
    plx_runtime_free(pool);
}

#define with_runtime(test) cmocka_unit_test_setup_teardown(test, new_runtime, free_runtime)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_runtime(what_a_turn_spawns_the_next_one_runs), with_runtime(a_chain_of_spawns_takes_a_turn_each),
        with_runtime(a_turn_looks_at_the_sockets),          with_runtime(a_turn_waits_for_a_timer),
        with_runtime(a_turn_in_a_turn_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
