/* SPDX-License-Identifier: MIT
 *
 * What the system refuses, looked at closely: each call in turn that can fail while a runtime is built, a
 * task spawned, a socket made or a trace begun is made to fail. The error is told, nothing is left behind,
 * and what has not failed works. Whole programs: test_every_call.c.
 */
#include "tests/faults/interpose.h"
#include "tests/support/futures.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#if FAULTS_WORK

/* ── what must be as before ───────────────────────────────────────────────────────────────────────────── */

struct world {
    int fds, threads;
    long blocks;
};

static struct world look(void)
{
    struct world world = {count_own("fd"), count_own("task"), 0};
    world.blocks = fault_blocks();
    return world;
}

static void assert_nothing_left(struct world before)
{
    struct world now = look();
    assert_int_equal(now.fds, before.fds);
    assert_int_equal(now.threads, before.threads);
    assert_int_equal(now.blocks, before.blocks);
}

/* ── the runtime ──────────────────────────────────────────────────────────────────────────────────────── */

static void build_and_free(void)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 3});
    struct tally_counts counts = {0};
    uint64_t polls;
    assert_int_equal(PLX_BLOCK_ON(runtime, tally, tally_new(&counts, 2), &polls), 0);
    plx_runtime_free(runtime);
}

/* The first call of its kind fails, then the second, and so on until none is left that could. Returns how
 * many. */
static unsigned each_fails(enum fault fault, int error)
{
    for (unsigned in = 1;; in++) {
        struct plx_runtime *runtime;
        struct world before = look();
        fault_plan(fault, in, error);
        int result = plx_runtime_new(&(struct plx_runtime_options){.workers = 3}, &runtime);
        if (!fault_end()) {
            assert_int_equal(result, 0);
            plx_runtime_free(runtime);
            return in - 1;
        }
        /* glibc takes memory for a thread, too, and says that there are no resources. */
        assert_true(result == -error || (fault == FAULT_memory && result == -EAGAIN));
        assert_nothing_left(before);
        build_and_free();
    }
}

/* conformance 173; real bugs 40 */
static void a_runtime_that_cannot_be_built_leaves_nothing(void **state)
{
    (void)state;
    build_and_free(); /* what libc keeps for later, it has now */
    assert_int_equal(each_fails(FAULT_epoll_create1, EMFILE), 1);
    assert_int_equal(each_fails(FAULT_eventfd, ENFILE), 1);
    assert_int_equal(each_fails(FAULT_epoll_ctl, ENOMEM), 1);
    assert_int_equal(each_fails(FAULT_pthread_create, EAGAIN), 3);
    assert_true(each_fails(FAULT_memory, ENOMEM) >= 6);
}

/* run: the future is dropped all the same. */
static void run_without_a_runtime_drops_the_future(void **state)
{
    struct tally_counts counts = {0};
    (void)state;
    fault_plan(FAULT_epoll_create1, 1, EMFILE);
    assert_int_equal(PLX_RUN(tally, tally_new(&counts, 0)), -EMFILE);
    assert_int_equal(counts.drops, 1);
    assert_int_equal(counts.polls, 0);
}

static void a_spawn_without_memory_drops_the_future(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    struct tally_counts counts = {0};
    uint64_t polls;
    (void)state;
    fault_plan(FAULT_memory, 1, ENOMEM);
    assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 0)), -ENOMEM);
    fault_plan(FAULT_memory, 1, ENOMEM);
    assert_int_equal(PLX_BLOCK_ON(runtime, tally, tally_new(&counts, 0), &polls), -ENOMEM);
    assert_int_equal(counts.drops, 2);
    assert_int_equal(plx_runtime_tasks(runtime), 0);
    plx_runtime_free(runtime);
}

/* ── sockets ──────────────────────────────────────────────────────────────────────────────────────────── */

static plx_tcp_listener listen_anywhere(void)
{
    struct plx_address any;
    plx_tcp_listener listener;
    assert_int_equal(plx_address_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(plx_tcp_listener_bind(any, &listener), 0);
    return listener;
}

static void sockets_that_fail_are_closed(void **state)
{
    static const struct {
        enum fault fault;
        int error;
    } faults[] = {{FAULT_socket, EMFILE}, {FAULT_epoll_ctl, ENOSPC}, {FAULT_connect, ENETUNREACH}};
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    plx_tcp_listener listener = listen_anywhere(), none;
    plx_tcp_stream stream;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(listener.address), &stream),
                     0);
    plx_tcp_stream_drop(&stream);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct world before = look();
        fault_plan(faults[i].fault, 1, faults[i].error);
        assert_int_equal(
            PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(listener.address), &stream),
            -faults[i].error);
        assert_nothing_left(before);
        assert_int_equal(plx_runtime_sources(runtime), 0);
    }
    fault_plan(FAULT_socket, 1, EMFILE);
    assert_int_equal(plx_tcp_listener_bind(listener.address, &none), -EMFILE);
    plx_tcp_listener_drop(&listener);
    plx_runtime_free(runtime);
}

/* Interrupted is no error: it is tried again. */
static void an_interrupted_call_is_made_again(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    plx_tcp_stream one, other;
    char bytes[4];
    int ends[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(plx_tcp_stream_of(ends[0], &one), 0);
    assert_int_equal(plx_tcp_stream_of(ends[1], &other), 0);
    fault_plan(FAULT_send, 1, EINTR);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_write_all, plx_write_all_new(one, "four", 4), &one), 0);
    fault_plan(FAULT_recv, 1, EINTR);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_read_exact, plx_read_exact_new(other, bytes, 4), &other), 0);
    assert_memory_equal(bytes, "four", 4);
    fault_plan(FAULT_recv, 1, EIO);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_read_exact, plx_read_exact_new(other, bytes, 4), &other),
                     -EIO);
    plx_tcp_stream_drop(&one);
    plx_runtime_free(runtime);
}

/* ── the trace ────────────────────────────────────────────────────────────────────────────────────────── */

static void a_trace_that_cannot_start_leaves_nothing(void **state)
{
    static const char path[] = PLX_BUILD_DIR "/test-faults.jsonl";
    (void)state;
    for (unsigned in = 1;; in++) {
        struct world before = look();
        fault_plan(FAULT_memory, in, ENOMEM);
        int error = plx_trace_start(path);
        if (!fault_end() || error == 0)
            break;
        assert_nothing_left(before);
    }
    plx_trace_stop();
    struct world before = look();
    fault_plan(FAULT_pthread_create, 1, EAGAIN);
    assert_int_equal(plx_trace_start(path), -EAGAIN);
    assert_nothing_left(before);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_runtime_that_cannot_be_built_leaves_nothing),
        cmocka_unit_test(run_without_a_runtime_drops_the_future),
        cmocka_unit_test(a_spawn_without_memory_drops_the_future),
        cmocka_unit_test(sockets_that_fail_are_closed),
        cmocka_unit_test(an_interrupted_call_is_made_again),
        cmocka_unit_test(a_trace_that_cannot_start_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, fault_keep_stacks, NULL);
}

#else

static void with_a_sanitizer_there_are_no_faults(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(with_a_sanitizer_there_are_no_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
