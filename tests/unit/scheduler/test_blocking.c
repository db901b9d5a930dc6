/* SPDX-License-Identifier: MIT
 *
 * Blocking sections: the worker goes on without its thread, capacity is kept and passed on, and
 * nothing is left behind.
 */
#include "tests/unit/scheduler/sections.h"

#include <errno.h>

/* conformance 174: with one worker, which goes on under another thread. */
static void a_later_task_lets_a_blocked_one_go(void **state)
{
    struct plx_runtime *runtime = workers(1, 1);
    (void)state;
    for (unsigned i = 0; i < scaled(500); i++) {
        struct word word = {0};
        heeding handle;
        uint64_t item;
        assert_int_equal(heeding_spawn_on(runtime, heed_new(&word), &handle), 0);
        assert_int_equal(PLX_SPAWN_ON(runtime, call, call_new(say_it, &word)), 0);
        assert_int_equal(heeding_wait(&handle, &item), 0);
        assert_int_equal(plx_runtime_wait_idle(runtime), 0);
    }
    plx_runtime_free(runtime);
}

static int run_another(struct word *word, uint64_t *item)
{
    struct plx_runtime *inner = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    int error = PLX_BLOCK_ON(inner, call, call_new(say_it, word), item);
    plx_runtime_free(inner);
    if (error)
        return error;
    inner = runtime_of((struct plx_runtime_options){.workers = 1});
    error = PLX_BLOCK_ON(inner, quick, quick_new(word), item);
    plx_runtime_free(inner);
    return error;
}

PLX_BLOCKING(nesting, struct word, uint64_t, run_another)

/* conformance 175, 291, 354 */
static void another_runtime_may_run_inside(void **state)
{
    struct plx_runtime *runtime = workers(1, 1);
    struct word word = {0};
    uint64_t item;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, nesting, nesting_new(&word), &item), 0);
    assert_int_equal(word.said, 1);
    assert_int_equal(word.passed, 1);
    plx_runtime_free(runtime);
}

/* conformance 176, 183, 184: ten want to block, so many may at a time; each gets its turn, in the order in
 * which they came. */
static void capacity_is_passed_on(void **state)
{
    (void)state;
    for (uint32_t most = 1; most <= 3; most++) {
        struct plx_runtime *runtime = workers(2, most);
        struct word word = {0};
        for (int i = 0; i < 10; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, quick, quick_new(&word)), 0);
        assert_int_equal(plx_runtime_wait_idle(runtime), 0);
        assert_int_equal(word.passed, 10);
        assert_in_range(word.at_most, 1, most);
        plx_runtime_free(runtime);
    }
}

/* ── two sections in one poll ─────────────────────────────────────────────────────────────────────────── */

typedef struct twice {
    quick first, second;
} twice;
typedef uint64_t twice_item;

static enum plx_answer twice_poll(twice *self, plx_context *cx, uint64_t *out)
{
    enum plx_answer answer = quick_poll(&self->first, cx, out);
    return answer == PLX_READY ? quick_poll(&self->second, cx, out) : answer;
}

static void twice_drop(twice *self)
{
    quick_drop(&self->first);
    quick_drop(&self->second);
}

PLX_LEAF(twice)

/* conformance 179: the second would wait for ever if it wanted capacity of its own. */
static void two_sections_of_one_poll_need_one_place(void **state)
{
    struct plx_runtime *runtime = workers(1, 1);
    struct word word = {0};
    uint64_t item;
    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(PLX_BLOCK_ON(runtime, twice, ((twice){quick_new(&word), quick_new(&word)}), &item),
                         0);
    assert_int_equal(word.passed, 40);
    plx_runtime_free(runtime);
}

typedef struct both {
    quick first, second;
    bool first_done, second_done;
    _Atomic unsigned *waiting;
} both;
typedef uint64_t both_item;

static enum plx_answer both_poll(both *self, plx_context *cx, uint64_t *out)
{
    self->first_done = self->first_done || quick_poll(&self->first, cx, out) == PLX_READY;
    self->second_done = self->second_done || quick_poll(&self->second, cx, out) == PLX_READY;
    if (self->first_done && self->second_done)
        return PLX_READY;
    atomic_fetch_add(self->waiting, 1);
    return PLX_NOT_READY;
}

static void both_drop(both *self)
{
    quick_drop(&self->first);
    quick_drop(&self->second);
}

PLX_LEAF(both)

/* Both wait for a place, and the first that is given one shares it with the other: that one must leave the
 * list, or give on the place that it has got as well. Else a list would point to what is gone, or places
 * would get lost, until nobody may block any more. */
static void who_shares_a_place_waits_no_longer(void **state)
{
    (void)state;
    for (uint32_t most = 1; most <= 2; most++) {
        struct plx_runtime *runtime = workers(2, most);
        for (int i = 0; i < 5; i++) {
            struct word word = {0};
            _Atomic unsigned waiting = 0;
            for (uint32_t k = 0; k < most; k++)
                assert_int_equal(PLX_SPAWN_ON(runtime, heed, heed_new(&word)), 0);
            wait_until(word.inside == most);
            assert_int_equal(
                PLX_SPAWN_ON(
                    runtime, both,
                    ((both){.first = quick_new(&word), .second = quick_new(&word), .waiting = &waiting})),
                0);
            wait_until(waiting == 1);
            atomic_store(&word.said, 1);
            assert_int_equal(plx_runtime_wait_idle(runtime), 0);
            assert_int_equal(word.passed, most + 2);
        }
        plx_runtime_free(runtime);
    }
}

/* ── threads ──────────────────────────────────────────────────────────────────────────────────────────── */

static void count_up(void *counter)
{
    atomic_fetch_add(&((_Atomic unsigned *)counter)[0], 1);
}

static void count_down(void *counter)
{
    atomic_fetch_add(&((_Atomic unsigned *)counter)[1], 1);
}

/* conformance 171, 180: ten that block and one worker are eleven threads, begun and ended. */
static void so_many_threads_as_block_and_one(void **state)
{
    (void)state;
    for (unsigned round = 0; round < scaled(50); round++) {
        _Atomic unsigned threads[2] = {0, 0};
        struct word word = {0};
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){
            .workers = 1, .hooks = {.arg = threads, .thread_start = count_up, .thread_stop = count_down}});
        for (int i = 0; i < 10; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, heed, heed_new(&word)), 0);
        wait_until(word.inside == 10);
        atomic_store(&word.said, 1);
        plx_runtime_wait_idle(runtime);
        plx_runtime_free(runtime);
        assert_int_equal(threads[0], 11);
        assert_int_equal(threads[1], 11);
    }
}

/* conformance 188; real bugs 77: but a worker, which may be a thread that began as an idle one, never ends,
 * nor does its reactor. */
static void idle_threads_end_after_a_while(void **state)
{
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.workers = 1, .keep_alive_ms = 1, .reactor_per_worker = true});
    struct plx_runtime_metrics metrics;
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct word word = {0};
        for (int i = 0; i < 5; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, heed, heed_new(&word)), 0);
        wait_until(word.inside == 5);
        atomic_store(&word.said, 1);
        plx_runtime_wait_idle(runtime);
        do {
            plx_runtime_metrics(runtime, &metrics);
        } while (metrics.threads > 1);
    }
    plx_runtime_free(runtime);
}

/* conformance 182 */
static void outside_of_a_thread_pool_it_fails(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    struct word word = {0};
    uint64_t item;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, quick, quick_new(&word), &item), -ENOTSUP);
    assert_int_equal(PLX_WAIT(quick, quick_new(&word), &item), -ENOTSUP);
    assert_int_equal(word.passed, 0);
    plx_runtime_free(runtime);
}

/* ── sections and yields ──────────────────────────────────────────────────────────────────────────────── */

typedef struct speaker {
    struct word *word;
    bool yielded;
} speaker;
typedef plx_unit speaker_item;

static enum plx_answer speaker_poll(speaker *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (self->yielded) {
        atomic_store(&self->word->said, 1);
        return PLX_READY;
    }
    self->yielded = true;
    cx->spent = cx->budget; /* or it has used up its budget: the same */
    plx_context_yield(cx);
    return PLX_NOT_READY;
}

static void speaker_drop(speaker *self)
{
    (void)self;
}

PLX_LEAF(speaker)

static int spawn_speaker_and_listener(void *word)
{
    int error = PLX_SPAWN(heed, heed_new(word));
    return error ? error : PLX_SPAWN(speaker, ((speaker){word, false}));
}

/* conformance 353; real bugs 14: who has yielded on a worker that is handed on goes along with it. The
 * speaker, in the LIFO slot, is polled first and yields; then the other blocks, until the speaker has
 * spoken. */
static void who_yielded_goes_along(void **state)
{
    struct plx_runtime *runtime = workers(1, 1);
    (void)state;
    for (unsigned i = 0; i < scaled(200); i++) {
        struct word word = {0};
        assert_int_equal(PLX_SPAWN_ON(runtime, call, call_new(spawn_speaker_and_listener, &word)), 0);
        plx_runtime_wait_idle(runtime);
        assert_int_equal(word.passed, 1);
    }
    plx_runtime_free(runtime);
}

/* ── grants that nobody uses ──────────────────────────────────────────────────────────────────────────── */

/* Polls a section until the gate opens, then goes away without it. */
typedef struct fickle {
    heed section;
    pass gate;
} fickle;
typedef uint64_t fickle_item;

static enum plx_answer fickle_poll(fickle *self, plx_context *cx, uint64_t *out)
{
    if (pass_poll(&self->gate, cx, out) == PLX_READY)
        return PLX_READY;
    return heed_poll(&self->section, cx, out);
}

static void fickle_drop(fickle *self)
{
    heed_drop(&self->section);
    pass_drop(&self->gate);
}

PLX_LEAF(fickle)

/* conformance 185, 186; real bugs 34, 35: one blocks, another waits for its place and changes its mind; the
 * place is still there for a third, whether it was granted to the second or not. */
static void who_goes_away_takes_no_place_along(void **state)
{
    struct plx_runtime *runtime = workers(2, 1);
    (void)state;
    for (unsigned i = 0; i < scaled(500); i++) {
        struct word word = {0};
        struct gate gate = {0};
        assert_int_equal(PLX_SPAWN_ON(runtime, heed, heed_new(&word)), 0);
        wait_until(word.inside == 1);
        assert_int_equal(PLX_SPAWN_ON(runtime, fickle, ((fickle){heed_new(&word), pass_new(&gate)})), 0);
        wait_until(gate.polls > 0);
        if (i % 2)
            gate_open(&gate);
        atomic_store(&word.said, 1); /* the first goes, and grants: before, after or while the second does */
        gate_open(&gate);
        plx_runtime_wait_idle(runtime);
        assert_int_equal(PLX_SPAWN_ON(runtime, quick, quick_new(&word)), 0);
        plx_runtime_wait_idle(runtime);
        gate_done(&gate);
    }
    plx_runtime_free(runtime);
}

/* conformance 315, 181: more tasks than may block, on few workers: all counts are exact. */
static void a_crowd(void **state)
{
    struct plx_runtime *runtime = workers(2, 4);
    struct word word = {0};
    unsigned crowd = scaled(2000);
    (void)state;
    for (unsigned i = 0; i < crowd; i++)
        assert_int_equal(PLX_SPAWN_ON(runtime, quick, quick_new(&word)), 0);
    plx_runtime_wait_idle(runtime);
    assert_int_equal(word.passed, crowd);
    assert_in_range(word.at_most, 1, 4);
    plx_runtime_free(runtime);
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────────── */

/* Real bugs 28: a job that has not begun when the runtime stops is cancelled; one that has is waited for. */
static void stopping_cancels_jobs_that_wait(void **state)
{
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.workers = 1, .blocking_threads = 1});
    struct word word = {0};
    heeding begun, waits;
    uint64_t item;
    (void)state;
    assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, heed, heed_new(&word), &begun), 0);
    wait_until(word.inside == 1);
    assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, heed, heed_new(&word), &waits), 0);
    assert_int_equal(plx_runtime_shutdown_timeout(runtime, 0), -ETIMEDOUT);
    assert_int_equal(heeding_wait(&waits, &item), -ECANCELED);
    atomic_store(&word.said, 1);
    assert_int_equal(heeding_wait(&begun, &item), 0);
}

static int wait_and_spawn(struct word *word, uint64_t *refused)
{
    uint64_t item;
    wait_for_word(word, &item);
    *refused = 0;
    for (int i = 0; i < 3; i++) {
        quickly handle;
        *refused += PLX_SPAWN_BLOCKING(quick, quick_new(word), &handle) == -ESHUTDOWN;
    }
    return 0;
}

PLX_BLOCKING(late, struct word, uint64_t, wait_and_spawn)
PLX_HANDLE(lately, late)

/* Its runtime was freed but for the thread that it blocks: it may still ask for jobs, and gets none. */
static void a_section_that_outlives_its_runtime_spawns(void **state)
{
    struct plx_runtime *runtime = workers(2, 2);
    struct word word = {0};
    lately handle;
    uint64_t refused;
    (void)state;
    assert_int_equal(lately_spawn_on(runtime, late_new(&word), &handle), 0);
    wait_until(word.inside == 1);
    assert_int_equal(plx_runtime_shutdown_timeout(runtime, 0), -ETIMEDOUT);
    atomic_store(&word.said, 1);
    assert_int_equal(lately_wait(&handle, &refused), 0);
    assert_int_equal(refused, 3);
}

static void *free_runtime(void *runtime)
{
    plx_runtime_free(runtime);
    return NULL;
}

/* Holds the other end of what a section waits for, and never sends: only its drop says that nothing will
 * come. */
typedef struct silent {
    struct word *word;
} silent;
typedef plx_unit silent_item;

static enum plx_answer silent_poll(silent *self, plx_context *cx, plx_unit *out)
{
    (void)self;
    *out = (plx_unit){0};
    cx->waker_taken = true; /* nobody will; it is dropped */
    return PLX_NOT_READY;
}

static void silent_drop(silent *self)
{
    atomic_store(&self->word->said, 1);
}

PLX_LEAF(silent)

/* conformance 338, 340, 355; real bugs 38: what a section waits for comes when the other task is dropped. */
static void stopping_while_one_waits_for_a_task(void **state)
{
    (void)state;
    for (unsigned i = 0; i < scaled(200); i++) {
        struct plx_runtime *runtime = workers(i % 2 + 1, 1);
        struct word word = {0};
        pthread_t stopper;
        assert_int_equal(PLX_SPAWN_ON(runtime, silent, ((silent){&word})), 0);
        assert_int_equal(PLX_SPAWN_ON(runtime, heed, heed_new(&word)), 0);
        wait_until(i % 3 || word.inside == 1);
        assert_int_equal(pthread_create(&stopper, NULL, free_runtime, runtime), 0);
        pthread_join(stopper, NULL);
        assert_int_equal(word.said, 1);
        assert_int_equal(word.inside, 0);
    }
}

/* Who blocks in a runtime cannot wait for its end, nor for all its tasks: he would wait for himself. */
static int wait_for_myself(struct plx_runtime **runtime, uint64_t *item)
{
    *item = (uint64_t)(plx_runtime_free(*runtime) == -EDEADLK &&
                       plx_runtime_wait_idle(*runtime) == -EDEADLK &&
                       plx_runtime_shutdown_on_idle(*runtime) == -EDEADLK &&
                       plx_runtime_shutdown_timeout(*runtime, 0) == -EDEADLK);
    return 0;
}

PLX_BLOCKING(selfish, struct plx_runtime *, uint64_t, wait_for_myself)
PLX_HANDLE(selfishly, selfish)

static void nobody_waits_for_himself(void **state)
{
    struct plx_runtime *runtime = workers(1, 1);
    selfishly handle;
    uint64_t refused;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, selfish, selfish_new(&runtime), &refused), 0);
    assert_true(refused);
    assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, selfish, selfish_new(&runtime), &handle), 0);
    assert_int_equal(selfishly_wait(&handle, &refused), 0);
    assert_true(refused);
    plx_runtime_free(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_later_task_lets_a_blocked_one_go),
        cmocka_unit_test(another_runtime_may_run_inside),
        cmocka_unit_test(capacity_is_passed_on),
        cmocka_unit_test(two_sections_of_one_poll_need_one_place),
        cmocka_unit_test(who_shares_a_place_waits_no_longer),
        cmocka_unit_test(so_many_threads_as_block_and_one),
        cmocka_unit_test(idle_threads_end_after_a_while),
        cmocka_unit_test(outside_of_a_thread_pool_it_fails),
        cmocka_unit_test(who_yielded_goes_along),
        cmocka_unit_test(who_goes_away_takes_no_place_along),
        cmocka_unit_test(a_crowd),
        cmocka_unit_test(stopping_cancels_jobs_that_wait),
        cmocka_unit_test(a_section_that_outlives_its_runtime_spawns),
        cmocka_unit_test(stopping_while_one_waits_for_a_task),
        cmocka_unit_test(nobody_waits_for_himself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
