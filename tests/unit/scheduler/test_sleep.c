/* SPDX-License-Identifier: MIT
 *
 * Workers that sleep: nothing wakes them for no reason, and what happens wakes as few as it can.
 */
#include "tests/support/futures.h"

#include <sys/socket.h>
#include <unistd.h>

static struct plx_worker_metrics sum_of(struct plx_runtime *runtime)
{
    struct plx_worker_metrics sum = {0}, one;
    for (uint32_t i = 0; i < plx_runtime_workers(runtime); i++) {
        assert_int_equal(plx_runtime_worker_metrics(runtime, i, &one), 0);
        sum.parks += one.parks;
        sum.polls += one.polls;
        sum.turns += one.turns;
    }
    return sum;
}

/* Has seen all of them go to sleep, and none since: the counters did not change while others ran. */
static void wait_until_all_sleep(struct plx_runtime *runtime)
{
    uint64_t before;
    do {
        before = sum_of(runtime).parks;
        for (int i = 0; i < 50; i++)
            usleep(100);
    } while (sum_of(runtime).parks != before || before < plx_runtime_workers(runtime));
}

/* conformance 158: a runtime that has nothing to do does nothing. */
static void nothing_wakes_an_idle_pool(void **state)
{
    struct plx_runtime_options kinds[] = {{.workers = 3}, {.workers = 3, .reactor_per_worker = true}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct plx_runtime *runtime = runtime_of(kinds[i]);
        wait_until_all_sleep(runtime);
        struct plx_worker_metrics before = sum_of(runtime);
        usleep(50000);
        struct plx_worker_metrics after = sum_of(runtime);
        assert_int_equal(after.parks, before.parks);
        assert_int_equal(after.turns, before.turns);
        plx_runtime_free(runtime);
    }
}

/* ── one event wakes one worker ───────────────────────────────────────────────────────────────────────── */

enum { EVENTS = 200 };

typedef struct hear {
    plx_tcp_stream stream;
    _Atomic unsigned *heard;
} hear;
typedef plx_unit hear_item;

static enum plx_answer hear_poll(hear *self, plx_context *cx, plx_unit *out)
{
    char byte;
    size_t count;
    enum plx_answer answer;
    *out = (plx_unit){0};
    while ((answer = plx_tcp_stream_poll_read(&self->stream, cx, &byte, 1, &count)) == PLX_READY && count > 0)
        atomic_fetch_add(self->heard, 1);
    return answer;
}

static void hear_drop(hear *self)
{
    plx_tcp_stream_drop(&self->stream);
}

PLX_LEAF(hear)

/* real bugs 5: who is woken by the reactor does not count as searching, and wakes nobody else. Each time all
 * of them have gone to sleep before the next byte comes, so each byte costs a sleep of the worker that read
 * it. */
static void an_event_wakes_one_worker(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 4});
    static _Atomic unsigned heard;
    int ends[2];
    hear future = {.heard = &heard};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(plx_tcp_stream_of(ends[0], &future.stream), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, hear, future), 0);
    wait_until_all_sleep(runtime);
    uint64_t parks = sum_of(runtime).parks;
    for (unsigned i = 1; i <= EVENTS; i++) {
        uint64_t before = sum_of(runtime).parks;
        assert_int_equal(write(ends[1], "x", 1), 1);
        wait_until(atomic_load(&heard) == i);
        wait_until(sum_of(runtime).parks > before);
    }
    assert_in_range(sum_of(runtime).parks - parks, EVENTS, EVENTS + EVENTS / 4);
    plx_runtime_free(runtime);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_wakes_an_idle_pool),
        cmocka_unit_test(an_event_wakes_one_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
