/* SPDX-License-Identifier: MIT
 *
 * Many: a million tasks that wait, and twenty thousand open sockets. What one of them costs in memory is
 * printed; and that none of them costs anything while it waits is measured by what is done, not by how long
 * it takes: when some are notified, just those are polled, and nothing is allocated.
 *
 * Ten million timers are in tests/stress/test_timers.c.
 */
#include "lib/reactor/reactor.h"
#include "tests/support/futures.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TASKS = 1000000, SOCKETS = 20000, SOME = 1000, SLOTS = PLX_SLOTS_A_PAGE * PLX_SLOT_PAGES };

/* How many bytes are allocated, as libc counts them; the sanitizers' libc does not. */
static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static uint64_t polls_of(struct plx_runtime *runtime)
{
    uint64_t polls = 0;
    for (uint32_t i = 0; i < plx_runtime_workers(runtime); i++) {
        struct plx_worker_metrics metrics;
        assert_int_equal(plx_runtime_worker_metrics(runtime, i, &metrics), 0);
        polls += metrics.polls;
    }
    return polls;
}

/* ── tasks that wait ──────────────────────────────────────────────────────────────────────────────────── */

struct seat {
    struct plx_waker_cell cell;
};

static _Atomic uint64_t sat_down, dropped;

typedef struct sit {
    struct seat *seat;
} sit;
typedef plx_unit sit_item;

static enum plx_answer sit_poll(sit *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    plx_waker overtaken = plx_waker_cell_register(&self->seat->cell, plx_context_waker(cx));
    plx_waker_notify(overtaken);
    plx_waker_drop(&overtaken);
    atomic_fetch_add(&sat_down, 1);
    return PLX_NOT_READY;
}

static void sit_drop(sit *self)
{
    (void)self;
    atomic_fetch_add(&dropped, 1);
}

PLX_LEAF(sit)

static void notify_seat(struct seat *seat, bool tell)
{
    plx_waker waker = plx_waker_cell_take(&seat->cell);
    if (tell)
        plx_waker_notify(waker);
    plx_waker_drop(&waker);
}

static void notify_some(struct plx_runtime *runtime, struct seat *seats, unsigned tasks)
{
    uint64_t polls = polls_of(runtime), before = sat_down;
    size_t bytes = allocated();
    for (unsigned i = 0; i < SOME; i++)
        notify_seat(&seats[(uint64_t)i * tasks / SOME], true);
    wait_until(atomic_load(&sat_down) >= before + SOME);
    assert_int_equal(polls_of(runtime), polls + SOME);
    assert_int_equal(allocated(), bytes);
}

static void a_million_tasks(void **state)
{
    const unsigned tasks = scaled(TASKS);
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    struct seat *seats = calloc(tasks, sizeof *seats);
    (void)state;
    assert_non_null(seats);
    size_t before = allocated();
    for (unsigned i = 0; i < tasks; i++)
        assert_int_equal(PLX_SPAWN_ON(runtime, sit, ((sit){&seats[i]})), 0);
    wait_until(atomic_load(&sat_down) == tasks);
    size_t each = (allocated() - before) / tasks;
    assert_int_equal(plx_runtime_tasks(runtime), tasks);
    printf("%u tasks that wait, %zu bytes each\n", tasks, each);
    assert_true(PLX_DEBUG || each <= 256);

    notify_some(runtime, seats, tasks);
    for (unsigned i = 0; i < tasks; i++)
        notify_seat(&seats[i], false);
    plx_runtime_free(runtime);
    assert_int_equal(dropped, tasks);
    free(seats);
}

/* ── open sockets ─────────────────────────────────────────────────────────────────────────────────────── */

static _Atomic uint64_t waiting, heard, failed;

/* Reads a byte at a time, for ever. */
typedef struct hear {
    plx_tcp_stream stream;
} hear;
typedef plx_unit hear_item;

static enum plx_answer hear_poll(hear *self, plx_context *cx, plx_unit *out)
{
    char bytes[16];
    size_t count;
    enum plx_answer answer;
    *out = (plx_unit){0};
    while ((answer = plx_tcp_stream_poll_read(&self->stream, cx, bytes, sizeof bytes, &count)) == PLX_READY)
        if (count == 0)
            return PLX_READY;
        else
            atomic_fetch_add(&heard, 1);
    atomic_fetch_add(answer == PLX_FAILED ? &failed : &waiting, 1);
    return answer;
}

static void hear_drop(hear *self)
{
    plx_tcp_stream_drop(&self->stream);
}

PLX_LEAF(hear)

/* How many sockets may be open here, at most so many: as the limit is raised as far as it goes. */
static unsigned may_open(unsigned most)
{
    enum { OTHERS = 64 };
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    struct rlimit all = {most + OTHERS, limit.rlim_max < most + OTHERS ? most + OTHERS : limit.rlim_max};
    if (limit.rlim_cur < all.rlim_cur && setrlimit(RLIMIT_NOFILE, &all)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur >= most + OTHERS ? most : (unsigned)limit.rlim_cur - OTHERS;
}

static void open_pair(struct plx_runtime *runtime, int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int i = 0; i < 2; i++) {
        hear future;
        assert_int_equal(plx_tcp_stream_of(ends[i], &future.stream), 0);
        assert_int_equal(PLX_SPAWN_ON(runtime, hear, future), 0);
    }
}

/* One event each, and one poll for each event. */
static void write_to_some(struct plx_runtime *runtime, int (*pairs)[2], unsigned sockets)
{
    uint64_t polls = polls_of(runtime), before = waiting;
    size_t bytes = allocated();
    for (unsigned i = 0; i < SOME; i++)
        assert_int_equal(write(pairs[(uint64_t)i * (sockets / 2) / SOME][i % 2], "x", 1), 1);
    wait_until(atomic_load(&waiting) >= before + SOME);
    assert_int_equal(heard, SOME);
    assert_in_range(polls_of(runtime) - polls, SOME, 2 * SOME); /* a poll for no reason now and then */
    assert_int_equal(allocated(), bytes);
}

static void twenty_thousand_sockets(void **state)
{
    const unsigned wanted = SLOTS < SOCKETS ? SOCKETS / 10 : scaled(SOCKETS);
    const unsigned sockets = may_open(wanted) & ~1u;
    (void)state;
    if (sockets < wanted)
        printf("no more than %u descriptors may be open here\n", sockets);
    if (sockets < 2 * SOME)
        skip();
    int fds = count_own("fd");
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    int(*pairs)[2] = calloc(sockets / 2, sizeof *pairs);
    assert_non_null(pairs);
    size_t before = allocated();
    for (unsigned i = 0; i < sockets / 2; i++)
        open_pair(runtime, pairs[i]);
    wait_until(atomic_load(&waiting) + atomic_load(&failed) >= sockets);
    assert_int_equal(failed, 0);
    assert_int_equal(plx_runtime_sources(runtime), sockets);
    printf("%u sockets that wait, %zu bytes each\n", sockets, (allocated() - before) / sockets);

    write_to_some(runtime, pairs, sockets);
    plx_runtime_free(runtime);
    assert_int_equal(count_own("fd"), fds);
    free(pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_tasks),
        cmocka_unit_test(twenty_thousand_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
