/* SPDX-License-Identifier: MIT
 *
 * Which runtime is "here"; runtimes that threads take along; and what a task that blocks leaves to the
 * others.
 */
#include "tests/support/futures.h"

#include <errno.h>

static struct plx_runtime *workers(uint32_t count)
{
    return runtime_of((struct plx_runtime_options){.workers = count});
}

static struct plx_runtime *this_thread(void)
{
    return runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
}

static int spawn_here(void *counts)
{
    return PLX_SPAWN(tally, tally_new(counts, 0));
}

/* conformance 290, 298: guards nest, and each gives back what was before; a task's own runtime comes
 * first. */
static void entered_runtimes_nest(void **state)
{
    struct plx_runtime *outer = this_thread(), *inner = this_thread();
    struct tally_counts outers = {0}, inners = {0};
    (void)state;
    struct plx_entered first = plx_runtime_enter(outer);
    assert_int_equal(spawn_here(&outers), 0);
    struct plx_entered second = plx_runtime_enter(inner);
    assert_int_equal(spawn_here(&inners), 0);
    assert_int_equal(PLX_SPAWN_ON(outer, call, call_new(spawn_here, &outers)), 0);
    assert_int_equal(plx_runtime_wait_idle(outer), 0);
    assert_int_equal(outers.ends, 2);
    assert_int_equal(inners.ends, 0);
    plx_runtime_leave(second);
    assert_ptr_equal(plx_runtime_current(), outer);
    plx_runtime_leave(first);
    assert_null(plx_runtime_current());
    assert_int_equal(plx_runtime_wait_idle(inner), 0);
    assert_int_equal(inners.ends, 1);
    plx_runtime_free(inner);
    plx_runtime_free(outer);
}

/* ── a runtime that waits for its last task ───────────────────────────────────────────────────────────── */

struct generation {
    _Atomic unsigned left, ended;
};

static int beget(void *arg)
{
    struct generation *generation = arg;
    atomic_fetch_add(&generation->ended, 1);
    if (atomic_fetch_sub(&generation->left, 1) <= 1)
        return 0;
    return PLX_SPAWN(call, call_new(beget, generation));
}

static int beget_after_all_wait(void *arg)
{
    for (int i = 0; i < 100; i++)
        sched_yield(); /* so that the other thread mostly waits by now */
    return beget(arg);
}

/* conformance 131, 294: while one waits for the end, a task that runs may still spawn, and that one counts,
 * too. */
static void what_is_spawned_at_the_end_still_runs(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct generation generation = {.left = 100};
        struct plx_runtime *runtime = workers(1 + (unsigned)round % 3);
        assert_int_equal(PLX_SPAWN_ON(runtime, call, call_new(beget_after_all_wait, &generation)), 0);
        assert_int_equal(plx_runtime_shutdown_on_idle(runtime), 0);
        assert_int_equal(generation.ended, 100);
    }
}

/* ── a runtime that a thread takes along ──────────────────────────────────────────────────────────────── */

static pthread_key_t key;

static void free_at_thread_end(void *runtime)
{
    plx_runtime_free(runtime);
}

/* Uses the variables of the thread that the library has, so that they are there to be gone. */
static void *keep_a_runtime(void *counts)
{
    struct plx_runtime *runtime = workers(2), *other = this_thread();
    uint64_t polls;
    assert_int_equal(PLX_BLOCK_ON(runtime, tally, tally_new(counts, 3), &polls), 0);
    assert_int_equal(PLX_BLOCK_ON(other, tally, tally_new(counts, 3), &polls), 0);
    assert_int_equal(PLX_SPAWN_ON(other, tally, tally_new(counts, 0)), 0);
    plx_runtime_free(runtime);
    pthread_setspecific(key, other);
    return NULL;
}

/* conformance 304; real bugs 70: it is freed when the thread ends, in whatever order its variables go. */
static void a_runtime_of_a_thread_goes_with_it(void **state)
{
    struct tally_counts counts = {0};
    pthread_t thread;
    int fds = count_own("fd");
    (void)state;
    assert_int_equal(pthread_key_create(&key, free_at_thread_end), 0);
    assert_int_equal(pthread_create(&thread, NULL, keep_a_runtime, &counts), 0);
    pthread_join(thread, NULL);
    pthread_key_delete(key);
    assert_int_equal(counts.drops, 3);
    assert_int_equal(counts.ends, 2);
    assert_int_equal(count_own("fd"), fds);
}

/* ── who has yielded is not forgotten by who blocks ───────────────────────────────────────────────────── */

struct pair {
    struct gate gate;
    atomic_bool said;
};

/* Lets the other one go, and yields: it waits until its worker has nothing else to do. */
typedef struct shy {
    struct pair *pair;
    bool yielded;
} shy;
typedef plx_unit shy_item;

static enum plx_answer shy_poll(shy *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (self->yielded) {
        atomic_store(&self->pair->said, true);
        return PLX_READY;
    }
    self->yielded = true;
    plx_context_yield(cx);
    gate_open(&self->pair->gate);
    return PLX_NOT_READY;
}

static void shy_drop(shy *self)
{
    (void)self;
}

PLX_LEAF(shy)

static int wait_until_said(struct pair *pair, uint64_t *out)
{
    wait_until(atomic_load(&pair->said));
    *out = 0;
    return 0;
}

PLX_BLOCKING(heed, struct pair, uint64_t, wait_until_said)

static heed begin_to_heed(struct pair *pair, uint64_t unused)
{
    (void)unused;
    return heed_new(pair);
}

static pass begin_to_pass(struct pair *pair)
{
    return pass_new(&pair->gate);
}

PLX_START(passed, struct pair, pass, begin_to_pass)
PLX_AND_THEN(pass_and_heed, passed, heed, begin_to_heed)

/* conformance 353; real bugs 14: there is one worker. The task that blocks was let go by one that has
 * yielded, and now waits for it. */
static void who_has_yielded_runs_while_another_blocks(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct plx_runtime *runtime = workers(1);
        struct pair pair = {.said = false};
        assert_int_equal(PLX_SPAWN_ON(runtime, pass_and_heed, pass_and_heed_new(&pair)), 0);
        wait_until(atomic_load(&pair.gate.polls) == 1);
        assert_int_equal(PLX_SPAWN_ON(runtime, shy, ((shy){.pair = &pair})), 0);
        assert_int_equal(plx_runtime_wait_idle(runtime), 0);
        gate_done(&pair.gate);
        plx_runtime_free(runtime);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entered_runtimes_nest),
        cmocka_unit_test(what_is_spawned_at_the_end_still_runs),
        cmocka_unit_test(a_runtime_of_a_thread_goes_with_it),
        cmocka_unit_test(who_has_yielded_runs_while_another_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
