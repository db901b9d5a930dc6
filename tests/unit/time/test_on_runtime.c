/* SPDX-License-Identifier: MIT
 *
 * Timers on runtimes: real clocks and real workers, and paused clocks on both kinds of runtime.
 */
#include "tests/support/futures.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ── the hammer: threads that spawn tasks that wait, each for its own time ────────────────────────────── */

enum { THREADS = 4, DELAYS = 40, LONGEST_MS = 700 };

struct hammered {
    struct plx_runtime *runtime;
    uint32_t seed;
    _Atomic unsigned done, early, elapsed, wrong;
} hammered;

struct hit {
    uint64_t ms, limit_ms;
    struct plx_instant begun;
};

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Whether less than so long has passed. */
static void note_if_early(struct plx_instant begun, uint64_t ms)
{
    if (plx_instant_since(plx_instant_now(), begun) < PLX_MS(ms))
        atomic_fetch_add(&hammered.early, 1);
}

#define WAITS_AWAITS(AWAIT) AWAIT(slept, plx_delay)

PLX_ASYNC(waits, struct hit, plx_unit, WAITS_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    my->begun = plx_instant_now();
    PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(PLX_MS(my->ms)));
    note_if_early(my->begun, my->ms);
    atomic_fetch_add(&hammered.done, 1);
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

PLX_TIMEOUT_OF(limited, plx_delay)

#define GIVES_UP_AWAITS(AWAIT) AWAIT(waited, limited)

/* A delay within a timeout: whichever is shorter, and clearly so, decides. */
PLX_ASYNC(gives_up, struct hit, plx_unit, GIVES_UP_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    my->begun = plx_instant_now();
    enum plx_answer answer;
    plx_unit nothing;
    PLX_AWAIT_CATCH(answer, nothing, waited, limited_of(plx_delay_for(PLX_MS(my->ms)), PLX_MS(my->limit_ms)));
    note_if_early(my->begun, my->ms < my->limit_ms ? my->ms : my->limit_ms);
    if (answer == PLX_FAILED && my->ms < my->limit_ms && !limited_is_elapsed(cx->error))
        atomic_fetch_add(&hammered.wrong, 1);
    atomic_fetch_add(&hammered.elapsed, answer == PLX_FAILED);
    atomic_fetch_add(&hammered.done, 1);
    (void)nothing;
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* A delay that is reset three times while it waits; each time the last one counts. */
typedef struct restless {
    plx_delay delay;
    struct plx_instant begun;
    uint64_t ms[4];
    int at;
} restless;
typedef plx_unit restless_item;

static enum plx_answer restless_poll(restless *self, plx_context *cx, plx_unit *out)
{
    enum plx_answer answer = plx_delay_poll(&self->delay, cx, out);
    if (answer == PLX_READY) {
        note_if_early(self->begun, self->ms[self->at]);
        atomic_fetch_add(&hammered.done, self->at == 3);
    }
    if (self->at == 3)
        return answer;
    plx_delay_reset(&self->delay, plx_instant_after(self->begun, PLX_MS(self->ms[++self->at])));
    return restless_poll(self, cx, out);
}

static void restless_drop(restless *self)
{
    plx_delay_drop(&self->delay);
}

PLX_LEAF(restless)

static restless restless_of(uint32_t *seed)
{
    restless made = {.begun = plx_clock_now(plx_clock_of_process())};
    for (int i = 0; i < 4; i++)
        made.ms[i] = 1 + next_random(seed) % LONGEST_MS;
    made.delay = plx_delay_until(plx_instant_after(made.begun, PLX_MS(made.ms[0])));
    return made;
}

static void *spawn_waits(void *arg)
{
    uint32_t seed = (uint32_t)(uintptr_t)arg;
    for (int i = 0; i < DELAYS; i++) {
        struct hit hit = {.ms = next_random(&seed) % LONGEST_MS};
        if (PLX_SPAWN_ON(hammered.runtime, waits, waits_new(hit)))
            abort();
    }
    return NULL;
}

static void *spawn_gives_up(void *arg)
{
    uint32_t seed = (uint32_t)(uintptr_t)arg;
    for (int i = 0; i < DELAYS; i++) {
        struct hit hit = {.ms = next_random(&seed) % LONGEST_MS, .limit_ms = next_random(&seed) % LONGEST_MS};
        if (PLX_SPAWN_ON(hammered.runtime, gives_up, gives_up_new(hit)))
            abort();
    }
    return NULL;
}

static void *spawn_restless(void *arg)
{
    uint32_t seed = (uint32_t)(uintptr_t)arg;
    for (int i = 0; i < DELAYS; i++)
        if (PLX_SPAWN_ON(hammered.runtime, restless, restless_of(&seed)))
            abort();
    return NULL;
}

static void hammer(void *(*spawn)(void *))
{
    pthread_t threads[THREADS];
    hammered = (struct hammered){.runtime = runtime_of((struct plx_runtime_options){.workers = 3})};
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spawn, (void *)(i + 1)), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(plx_runtime_wait_idle(hammered.runtime), 0);
    plx_runtime_free(hammered.runtime);
    assert_int_equal(hammered.done, THREADS * DELAYS);
    assert_int_equal(hammered.early, 0);
    assert_int_equal(hammered.wrong, 0);
}

/* conformance 240 */
static void test_hammer_complete(void **state)
{
    (void)state;
    hammer(spawn_waits);
}

/* conformance 241 */
static void test_hammer_cancel(void **state)
{
    (void)state;
    hammer(spawn_gives_up);
    assert_true(hammered.elapsed > 0 && hammered.elapsed < THREADS * DELAYS);
}

/* conformance 242 */
static void test_hammer_reset(void **state)
{
    (void)state;
    hammer(spawn_restless);
}

/* ── block_on ─────────────────────────────────────────────────────────────────────────────────────────── */

#define ANSWERS_AWAITS(AWAIT) AWAIT(slept, plx_delay)

PLX_ASYNC(answers, struct hit, uint64_t, ANSWERS_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    my->begun = plx_instant_now();
    PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(PLX_MS(my->ms)));
    note_if_early(my->begun, my->ms);
    PLX_RETURN(plx_instant_since(plx_instant_now(), my->begun) / 1000000);
    PLX_END;
}

static void answer_on(struct plx_runtime_options options, uint64_t ms, uint64_t *took)
{
    struct plx_runtime *runtime = runtime_of(options);
    hammered = (struct hammered){0};
    assert_int_equal(PLX_BLOCK_ON(runtime, answers, answers_new((struct hit){.ms = ms}), took), 0);
    assert_int_equal(hammered.early, 0);
    plx_runtime_free(runtime);
}

/* conformance 295 */
static void test_block_on(void **state)
{
    uint64_t took;
    (void)state;
    answer_on((struct plx_runtime_options){.workers = 2}, 30, &took);
    assert_true(took >= 30);
    answer_on((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}, 30, &took);
    assert_true(took >= 30);
}

/* ── paused clocks ────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 269: with one worker that has nothing else to do the clock goes on by itself: a day takes no
 * time, and exactly a day */
static void test_a_clock_that_skips_the_wait(void **state)
{
    const uint64_t day = (uint64_t)24 * 3600 * 1000;
    uint64_t took;
    (void)state;
    for (int kind = PLX_THREAD_POOL; kind <= PLX_CURRENT_THREAD; kind++) {
        struct plx_clock clock = PLX_CLOCK_PAUSED;
        struct plx_runtime_options options = {
            .kind = (enum plx_runtime_kind)kind, .workers = 1, .clock = &clock};
        answer_on(options, day, &took);
        assert_int_equal(took, day);
        assert_int_equal(plx_clock_now(&clock).ns, PLX_MS(day));
        plx_clock_done(&clock);
    }
}

PLX_HANDLE(answers_handle, answers)

/* conformance 269: with several workers somebody moves it */
static void test_a_clock_moved_by_hand(void **state)
{
    struct plx_clock clock = PLX_CLOCK_PAUSED;
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2, .clock = &clock});
    answers_handle handle;
    uint64_t took;
    (void)state;
    hammered = (struct hammered){0};
    assert_int_equal(answers_handle_spawn_on(runtime, answers_new((struct hit){.ms = 10000}), &handle), 0);
    while (plx_runtime_tasks(runtime) > 0) {
        plx_clock_advance(&clock, PLX_MS(100));
        sched_yield();
    }
    assert_int_equal(answers_handle_wait(&handle, &took), 0);
    assert_true(took >= 10000);
    assert_int_equal(hammered.early, 0);
    plx_runtime_free(runtime);
    plx_clock_done(&clock);
}

/* conformance 243: a delay counts by the clock of the runtime that polls it, and is in its timer */
static void test_two_runtimes_two_clocks(void **state)
{
    struct plx_clock fast = PLX_CLOCK_PAUSED, stands = PLX_CLOCK_PAUSED;
    struct plx_runtime *a = runtime_of((struct plx_runtime_options){.workers = 1, .clock = &fast});
    struct plx_runtime *b = runtime_of((struct plx_runtime_options){.workers = 2, .clock = &stands});
    uint64_t took;
    (void)state;
    atomic_store(&stands.stands_at, PLX_SECONDS(1000000));
    assert_int_equal(PLX_SPAWN_ON(b, waits, waits_new((struct hit){.ms = 5})), 0);
    assert_int_equal(PLX_BLOCK_ON(a, answers, answers_new((struct hit){.ms = 5000}), &took), 0);
    assert_int_equal(took, 5000);
    assert_int_equal(plx_runtime_tasks(b), 1);
    assert_int_equal(plx_clock_now(&stands).ns, PLX_SECONDS(1000000));
    plx_runtime_free(a);
    plx_runtime_free(b);
}

/* ── the worker's sleep ───────────────────────────────────────────────────────────────────────────────── */

/* A delay that another thread resets. */
static struct shared {
    pthread_mutex_t lock;
    plx_delay delay;
    bool polled;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum plx_answer poll_shared(plx_context *cx, plx_unit *out)
{
    pthread_mutex_lock(&shared.lock);
    enum plx_answer answer = plx_delay_poll(&shared.delay, cx, out);
    shared.polled = true;
    pthread_mutex_unlock(&shared.lock);
    return answer;
}

typedef struct shares {
    char nothing;
} shares;
typedef plx_unit shares_item;

static enum plx_answer shares_poll(shares *self, plx_context *cx, plx_unit *out)
{
    (void)self;
    return poll_shared(cx, out);
}

static void shares_drop(shares *self)
{
    (void)self;
    plx_delay_drop(&shared.delay);
}

PLX_LEAF(shares)
PLX_HANDLE(shares_handle, shares)

static bool was_polled(void)
{
    pthread_mutex_lock(&shared.lock);
    bool polled = shared.polled;
    pthread_mutex_unlock(&shared.lock);
    return polled;
}

/* conformance 245: the worker sleeps for an hour, in the reactor or on its futex; who sets an earlier time
 * wakes it. If not, the runner's time-out ends this. */
static void test_an_earlier_time_wakes_the_worker(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers += 2) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = workers});
        shares_handle handle;
        plx_unit nothing;
        shared.delay = plx_delay_for(PLX_MINUTES(60));
        shared.polled = false;
        assert_int_equal(shares_handle_spawn_on(runtime, (shares){0}, &handle), 0);
        wait_until(was_polled());
        for (int i = 0; i < 1000; i++)
            sched_yield(); /* mostly it sleeps by now */
        pthread_mutex_lock(&shared.lock);
        plx_delay_reset_for(&shared.delay, PLX_MS(20));
        pthread_mutex_unlock(&shared.lock);
        assert_int_equal(shares_handle_wait(&handle, &nothing), 0);
        plx_runtime_free(runtime);
    }
}

/* conformance 253: more tasks than a worker can ever get through do not keep its timer from being turned */
static void test_a_full_queue_does_not_hold_up_timers(void **state)
{
    (void)state;
    for (int kind = PLX_THREAD_POOL; kind <= PLX_CURRENT_THREAD; kind++) {
        struct plx_runtime_options options = {.kind = (enum plx_runtime_kind)kind, .workers = 1};
        struct plx_runtime *runtime = runtime_of(options);
        struct tally_counts counts = {0};
        uint64_t took;
        for (int i = 0; i < 1000; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 1u << 31)), 0);
        assert_int_equal(PLX_BLOCK_ON(runtime, answers, answers_new((struct hit){.ms = 20}), &took), 0);
        assert_true(took >= 20);
        plx_runtime_free(runtime);
        assert_int_equal(counts.drops, 1000);
    }
}

/* Reads a byte. */
typedef struct reads {
    plx_poll_evented io;
} reads;
typedef uint64_t reads_item;

static enum plx_answer reads_poll(reads *self, plx_context *cx, uint64_t *out)
{
    char byte;
    uint64_t tick;
    enum plx_answer answer = plx_poll_evented_ready(&self->io, cx, PLX_READ, &tick);
    if (answer != PLX_READY)
        return answer;
    if (read(self->io.fd, &byte, 1) != 1)
        return plx_fail(cx, -EIO);
    *out = (uint64_t)byte;
    return PLX_READY;
}

static void reads_drop(reads *self)
{
    plx_poll_evented_drop(&self->io);
}

PLX_LEAF(reads)
PLX_HANDLE(reads_handle, reads)

/* Sets a timer that is due, again and again. */
typedef struct hurries {
    plx_delay delay;
} hurries;
typedef plx_unit hurries_item;

static enum plx_answer hurries_poll(hurries *self, plx_context *cx, plx_unit *out)
{
    while (plx_delay_poll(&self->delay, cx, out) == PLX_READY)
        plx_delay_reset_for(&self->delay, PLX_US(1));
    return PLX_NOT_READY;
}

static void hurries_drop(hurries *self)
{
    plx_delay_drop(&self->delay);
}

PLX_LEAF(hurries)

/* real bugs 49: timers that are always due, and a queue that is never empty, do not keep the reactor from
 * being turned */
static void test_due_timers_do_not_hold_up_sockets(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 1});
    struct tally_counts counts = {0};
    reads_handle handle;
    uint64_t byte;
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(PLX_SPAWN_ON(runtime, hurries, (hurries){plx_delay_for(0)}), 0);
        assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 1u << 31)), 0);
    }
    assert_int_equal(reads_handle_spawn_on(runtime, (reads){plx_poll_evented_of(ends[0])}, &handle), 0);
    wait_until(counts.polls > 10000);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(reads_handle_wait(&handle, &byte), 0);
    assert_int_equal(byte, 'x');
    plx_runtime_free(runtime);
    close(ends[1]);
}

/* A delay queue that is used on whichever worker its task happens to run: real bugs 50. The tasks beside it
 * keep both workers busy, so that it is stolen. */
typedef struct expires {
    struct plx_delay_queue *queue;
    int left;
    unsigned yields;
} expires;
typedef plx_unit expires_item;

static enum plx_answer expires_poll(expires *self, plx_context *cx, plx_unit *out)
{
    plx_delay_expired stream = plx_delay_queue_expired(self->queue);
    plx_delay_expired_item item;
    *out = (plx_unit){0};
    while (self->left > 0) {
        enum plx_answer answer = plx_delay_expired_poll(&stream, cx, &item);
        if (answer != PLX_READY)
            return answer;
        if (item.end || --self->left % 3 == 0)
            plx_delay_queue_insert(self->queue, self, PLX_MS(1 + self->left % 5), NULL);
        if (++self->yields % 2) {
            plx_context_notify(cx);
            return PLX_NOT_READY;
        }
    }
    return PLX_READY;
}

static void expires_drop(expires *self)
{
    plx_delay_queue_free(self->queue);
}

PLX_LEAF(expires)

static void test_a_delay_queue_that_moves(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct tally_counts counts = {0};
    expires future = {.left = 100};
    plx_unit nothing;
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 1u << 31)), 0);
    assert_int_equal(plx_delay_queue_new(NULL, &future.queue), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, expires, future, &nothing), 0);
    plx_runtime_free(runtime);
}

/* The runtime goes, and what waits is dropped with it; again and again. */
static void test_freed_while_many_wait(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
        for (uint64_t i = 0; i < 50; i++)
            assert_int_equal(PLX_SPAWN_ON(runtime, waits, waits_new((struct hit){.ms = i * 100})), 0);
        plx_runtime_free(runtime);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hammer_complete),
        cmocka_unit_test(test_hammer_cancel),
        cmocka_unit_test(test_hammer_reset),
        cmocka_unit_test(test_block_on),
        cmocka_unit_test(test_a_clock_that_skips_the_wait),
        cmocka_unit_test(test_a_clock_moved_by_hand),
        cmocka_unit_test(test_two_runtimes_two_clocks),
        cmocka_unit_test(test_an_earlier_time_wakes_the_worker),
        cmocka_unit_test(test_a_full_queue_does_not_hold_up_timers),
        cmocka_unit_test(test_due_timers_do_not_hold_up_sockets),
        cmocka_unit_test(test_a_delay_queue_that_moves),
        cmocka_unit_test(test_freed_while_many_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
