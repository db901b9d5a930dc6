/* SPDX-License-Identifier: MIT
 *
 * Join handles in a runtime: taken before and after the task's end, dropped at every moment, and what they
 * say when the runtime goes.
 */
#include "lib/task/task.h"
#include "tests/support/futures.h"

#include <errno.h>
#include <unistd.h>

PLX_HANDLE(pass_handle, pass)
PLX_HANDLE(call_handle, call)

/* ── an item that somebody must drop ──────────────────────────────────────────────────────────────────── */

/* A socket of a pair: whether the item was dropped, and once, shows on its other end. */
typedef struct give_stream {
    plx_tcp_stream stream;
    struct gate *gate;
} give_stream;
typedef plx_tcp_stream give_stream_item;

static enum plx_answer give_stream_poll(give_stream *self, plx_context *cx, plx_tcp_stream *out)
{
    uint64_t item;
    if (self->gate && pass_poll(&(pass){self->gate}, cx, &item) == PLX_NOT_READY)
        return PLX_NOT_READY;
    *out = PLX_MOVE(self->stream);
    return PLX_READY;
}

static void give_stream_drop(give_stream *self)
{
    plx_tcp_stream_drop(&self->stream);
}

PLX_LEAF(give_stream)
PLX_HANDLE(stream_handle, give_stream)

static give_stream give_new(struct gate *gate, int *peer)
{
    int ends[2];
    give_stream future = {.gate = gate};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(plx_tcp_stream_of(ends[0], &future.stream), 0);
    *peer = ends[1];
    return future;
}

static bool is_closed(int peer)
{
    char byte;
    return recv(peer, &byte, 1, MSG_DONTWAIT) == 0;
}

static int new_runtime(void **state)
{
    *state = runtime_of((struct plx_runtime_options){.workers = 2});
    return 0;
}

static int free_runtime(void **state)
{
    return plx_runtime_free(*state);
}

/* ── before and after ─────────────────────────────────────────────────────────────────────────────────── */

/* conformance 138, 345 */
static void waited_for_before_the_end_and_after_it(void **state)
{
    struct gate gate = {0};
    pass_handle before, after;
    uint64_t item = 0;
    assert_int_equal(pass_handle_spawn_on(*state, pass_new(&gate), &before), 0);
    gate_open(&gate);
    assert_int_equal(pass_handle_wait(&before, &item), 0);
    assert_int_equal(item, 42);
    assert_null(before.task);
    assert_int_equal(pass_handle_wait(&before, &item), -EINVAL); /* it is empty now */

    assert_int_equal(pass_handle_spawn_on(*state, pass_new(&gate), &after), 0);
    assert_int_equal(plx_runtime_wait_idle(*state), 0);
    item = 0;
    assert_int_equal(pass_handle_wait(&after, &item), 0);
    assert_int_equal(item, 42);
    gate_done(&gate);
}

static int fails(void *unused)
{
    (void)unused;
    return -EPROTO;
}

static void it_gives_the_error(void **state)
{
    call_handle handle;
    uint64_t item;
    assert_int_equal(call_handle_spawn_on(*state, call_new(fails, NULL), &handle), 0);
    assert_int_equal(call_handle_wait(&handle, &item), -EPROTO);
    assert_null(handle.task);
}

/* A task that waits for another one: the handle is a future. */
PLX_HANDLE(outer_handle, pass_handle)

static void a_handle_is_a_future(void **state)
{
    for (unsigned i = 0; i < scaled(5000); i++) {
        struct gate gate = {0};
        pass_handle inner;
        outer_handle outer;
        uint64_t item = 0;
        assert_int_equal(pass_handle_spawn_on(*state, pass_new(&gate), &inner), 0);
        assert_int_equal(outer_handle_spawn_on(*state, inner, &outer), 0);
        gate_open(&gate);
        assert_int_equal(outer_handle_wait(&outer, &item), 0);
        assert_int_equal(item, 42);
        gate_done(&gate);
    }
}

/* ── moved from task to task ──────────────────────────────────────────────────────────────────────────── */

static _Atomic int notified[3], held[3];

static void count_notify(const struct plx_notify *self, uintptr_t id, struct plx_cause by)
{
    (void)self, (void)by;
    atomic_fetch_add(&notified[id], 1);
}

static uintptr_t count_clone(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    atomic_fetch_add(&held[id], 1);
    return id;
}

static void count_drop(const struct plx_notify *self, uintptr_t id)
{
    (void)self;
    atomic_fetch_sub(&held[id], 1);
}

static const struct plx_notify counter = {count_notify, count_clone, count_drop};

/* conformance 345: the one who asked last is notified, and nobody's waker is kept longer than needed. real
 * bugs 29 */
static void asked_by_one_task_and_then_by_another(void **state)
{
    struct gate gate = {0};
    pass_handle handle;
    uint64_t item = 0;
    memset((void *)notified, 0, sizeof notified);
    assert_int_equal(pass_handle_spawn_on(*state, pass_new(&gate), &handle), 0);
    for (uintptr_t id = 1; id <= 2; id++)
        for (int again = 0; again < 2; again++) {
            plx_context cx = {.waker = {&counter, id}};
            assert_int_equal(pass_handle_poll(&handle, &cx, &item), PLX_NOT_READY);
        }
    assert_int_equal(held[1], 0);
    assert_int_equal(held[2], 1);
    gate_open(&gate);
    wait_until(atomic_load(&notified[2]) > 0);
    plx_context cx = {.waker = {&counter, 2}};
    assert_int_equal(pass_handle_poll(&handle, &cx, &item), PLX_READY);
    assert_int_equal(item, 42);
    wait_until(atomic_load(&held[2]) == 0);
    assert_int_equal(notified[1], 0);
    assert_int_equal(notified[2], 1);
    gate_done(&gate);
}

/* ── dropped ──────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 345: the item that nobody takes is dropped once, by whoever comes last. */
static void dropped_before_the_end(void **state)
{
    struct gate gate = {0};
    stream_handle handle;
    int peer;
    assert_int_equal(stream_handle_spawn_on(*state, give_new(&gate, &peer), &handle), 0);
    stream_handle_drop(&handle);
    stream_handle_drop(&handle); /* empty: nothing happens */
    assert_false(is_closed(peer));
    gate_open(&gate);
    wait_until(is_closed(peer));
    close(peer);
    plx_runtime_wait_idle(*state);
    gate_done(&gate);
}

static void dropped_after_the_end(void **state)
{
    stream_handle handle;
    int peer;
    assert_int_equal(stream_handle_spawn_on(*state, give_new(NULL, &peer), &handle), 0);
    plx_runtime_wait_idle(*state);
    assert_false(is_closed(peer));
    wait_until(plx_state_load(&handle.task->state) & PLX_COMPLETE);
    stream_handle_drop(&handle);
    assert_true(is_closed(peer));
    close(peer);
}

/* conformance 345; real bugs 31: in the very moment of the end. */
static void dropped_at_the_end(void **state)
{
    int fds = count_own("fd");
    for (unsigned i = 0; i < scaled(20000); i++) {
        stream_handle handle;
        int peer;
        assert_int_equal(stream_handle_spawn_on(*state, give_new(NULL, &peer), &handle), 0);
        for (unsigned turns = i % 8; turns > 0; turns--)
            sched_yield();
        stream_handle_drop(&handle);
        close(peer);
    }
    /* A task leaves the list before its item is dropped; a worker that has stopped is through with both. */
    plx_runtime_free(*state);
    *state = NULL;
    assert_true(count_own("fd") <= fds);
}

/* ── when the runtime goes ────────────────────────────────────────────────────────────────────────────── */

static void a_handle_says_cancelled_on(struct plx_runtime *runtime)
{
    struct gate gate = {0};
    stream_handle waits;
    pass_handle dropped;
    plx_tcp_stream item;
    int peer;
    assert_int_equal(stream_handle_spawn_on(runtime, give_new(&gate, &peer), &waits), 0);
    assert_int_equal(pass_handle_spawn_on(runtime, pass_new(&gate), &dropped), 0);
    plx_runtime_free(runtime);
    assert_true(is_closed(peer));
    close(peer);
    assert_int_equal(stream_handle_wait(&waits, &item), -ECANCELED);
    pass_handle_drop(&dropped);
    gate_done(&gate);
}

/* conformance 346 */
static void a_handle_says_cancelled(void **state)
{
    (void)state;
    a_handle_says_cancelled_on(runtime_of((struct plx_runtime_options){.workers = 2}));
    a_handle_says_cancelled_on(runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD}));
}

struct waiting {
    stream_handle handle;
    _Atomic int result;
};

static void *wait_for_handle(void *arg)
{
    struct waiting *waiting = arg;
    plx_tcp_stream item;
    atomic_store(&waiting->result, stream_handle_wait(&waiting->handle, &item));
    return NULL;
}

/* conformance 346: the thread that waits for it is woken. */
static void who_waits_is_told(void **state)
{
    struct waiting waiting = {.result = 1};
    struct gate gate = {0};
    pthread_t thread;
    int peer;
    assert_int_equal(stream_handle_spawn_on(*state, give_new(&gate, &peer), &waiting.handle), 0);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_handle, &waiting), 0);
    plx_runtime_free(*state);
    *state = NULL;
    pthread_join(thread, NULL);
    assert_int_equal(waiting.result, -ECANCELED);
    close(peer);
    gate_done(&gate);
}

/* ── storms ───────────────────────────────────────────────────────────────────────────────────────────── */

struct storm {
    struct gate gate;
    plx_waker waker;
    _Atomic unsigned round, done;
};

/* Notifies as fast as it can, all around the task's end. */
static void *notify_on_and_on(void *arg)
{
    struct storm *storm = arg;
    for (unsigned i = 0; i < 20; i++)
        plx_waker_notify(storm->waker);
    return NULL;
}

typedef struct lend_waker {
    struct storm *storm;
    unsigned polls;
} lend_waker;
typedef uint64_t lend_waker_item;

/* First leaves a waker for the storm; ends some polls later, in its midst. */
static enum plx_answer lend_waker_poll(lend_waker *self, plx_context *cx, uint64_t *out)
{
    *out = ++self->polls;
    if (self->polls == 1) {
        self->storm->waker = plx_context_waker(cx);
        atomic_store(&self->storm->round, 1);
    }
    return self->polls > 3 ? PLX_READY : PLX_NOT_READY;
}

static void lend_waker_drop(lend_waker *self)
{
    atomic_fetch_add(&self->storm->done, 1);
}

PLX_LEAF(lend_waker)
PLX_HANDLE(lend_handle, lend_waker)

/* conformance 5, 339; real bugs 23 */
static void storms_of_notify_around_the_end(void **state)
{
    for (unsigned i = 0; i < scaled(2000); i++) {
        struct storm storm = {.round = 0};
        lend_handle handle;
        pthread_t threads[3];
        uint64_t polls = 0;
        assert_int_equal(lend_handle_spawn_on(*state, ((lend_waker){&storm, 0}), &handle), 0);
        wait_until(atomic_load(&storm.round) == 1);
        for (int t = 0; t < 3; t++)
            assert_int_equal(pthread_create(&threads[t], NULL, notify_on_and_on, &storm), 0);
        for (int t = 0; t < 3; t++)
            pthread_join(threads[t], NULL);
        while (atomic_load(&storm.done) == 0) /* all of them may have been one to the task */
            plx_waker_notify(storm.waker);
        assert_int_equal(lend_handle_wait(&handle, &polls), 0);
        assert_int_equal(polls, 4);
        plx_waker_notify(storm.waker); /* after the end, too */
        plx_waker_drop(&storm.waker);
        assert_int_equal(storm.done, 1);
    }
}

#define with_runtime(test) cmocka_unit_test_setup_teardown(test, new_runtime, free_runtime)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_runtime(waited_for_before_the_end_and_after_it),
        with_runtime(it_gives_the_error),
        with_runtime(a_handle_is_a_future),
        with_runtime(asked_by_one_task_and_then_by_another),
        with_runtime(dropped_before_the_end),
        with_runtime(dropped_after_the_end),
        with_runtime(dropped_at_the_end),
        cmocka_unit_test(a_handle_says_cancelled),
        with_runtime(who_waits_is_told),
        with_runtime(storms_of_notify_around_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
