/* SPDX-License-Identifier: MIT
 *
 * What the system refuses. Each call in turn that can fail while a runtime is built, a task spawned, or a
 * socket made is made to fail: the error is told, nothing is left behind, and what has not failed works.
 *
 * The functions below stand before those of libc. The sanitizers do the same, so there is no such test
 * with them.
 */
#include "tests/support/futures.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum fault { ALLOCATION, EPOLL_CREATE, EVENTFD, EPOLL_CTL, THREAD, SOCKET, CONNECT, RECV, SEND, FAULTS };

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !__has_feature(address_sanitizer) &&  \
    !__has_feature(thread_sanitizer)

/* The `in`th call of this kind from now on fails with this error; 0: none does. On every thread. */
static struct {
    _Atomic unsigned in;
    int error;
} plan[FAULTS];

static _Atomic long blocks; /* allocated and not freed */

static bool fails(enum fault fault)
{
    unsigned in = atomic_load(&plan[fault].in);
    while (in > 0 && !atomic_compare_exchange_weak(&plan[fault].in, &in, in - 1))
        ;
    if (in == 1)
        errno = plan[fault].error;
    return in == 1;
}

/* The function that stands behind ours. */
#define behind(function)                                                                                     \
    __extension__({                                                                                          \
        __typeof__(&function) real;                                                                          \
        *(void **)&real = dlsym(RTLD_NEXT, #function);                                                       \
        real;                                                                                                \
    })

int epoll_create1(int flags)
{
    return fails(EPOLL_CREATE) ? -1 : behind(epoll_create1)(flags);
}

int eventfd(unsigned count, int flags)
{
    return fails(EVENTFD) ? -1 : behind(eventfd)(count, flags);
}

int epoll_ctl(int epoll, int deed, int fd, struct epoll_event *event)
{
    return fails(EPOLL_CTL) ? -1 : behind(epoll_ctl)(epoll, deed, fd, event);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *arg)
{
    return fails(THREAD) ? plan[THREAD].error : behind(pthread_create)(thread, attributes, function, arg);
}

int socket(int family, int type, int protocol)
{
    return fails(SOCKET) ? -1 : behind(socket)(family, type, protocol);
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
    return fails(CONNECT) ? -1 : behind(connect)(fd, address, length);
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    return fails(RECV) ? -1 : behind(recv)(fd, bytes, size, flags);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    return fails(SEND) ? -1 : behind(send)(fd, bytes, size, flags);
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static void *counted(void *block)
{
    atomic_fetch_add(&blocks, block != NULL);
    return block;
}

void *malloc(size_t size)
{
    return fails(ALLOCATION) ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails(ALLOCATION) ? NULL : counted(__libc_calloc(count, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(ALLOCATION) ? NULL : counted(__libc_memalign(alignment, size));
}

void free(void *block)
{
    atomic_fetch_sub(&blocks, block != NULL);
    __libc_free(block);
}

static void let_fail(enum fault fault, unsigned in, int error)
{
    plan[fault].error = error;
    atomic_store(&plan[fault].in, in);
}

/* Whether it has failed by now; if not, it will not fail any more. */
static bool has_failed(enum fault fault)
{
    return atomic_exchange(&plan[fault].in, 0) == 0;
}

/* ── what must be as before ───────────────────────────────────────────────────────────────────────────── */

struct world {
    int fds, threads;
    long blocks;
};

static struct world look(void)
{
    struct world world = {count_own("fd"), count_own("task"), 0};
    world.blocks = atomic_load(&blocks);
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
        let_fail(fault, in, error);
        int result = plx_runtime_new(&(struct plx_runtime_options){.workers = 3}, &runtime);
        if (!has_failed(fault)) {
            assert_int_equal(result, 0);
            plx_runtime_free(runtime);
            return in - 1;
        }
        /* glibc takes memory for a thread, too, and says that there are no resources. */
        assert_true(result == -error || (fault == ALLOCATION && result == -EAGAIN));
        assert_nothing_left(before);
        build_and_free();
    }
}

/* conformance 173; real bugs 40 */
static void a_runtime_that_cannot_be_built_leaves_nothing(void **state)
{
    (void)state;
    build_and_free(); /* what libc keeps for later, it has now */
    assert_int_equal(each_fails(EPOLL_CREATE, EMFILE), 1);
    assert_int_equal(each_fails(EVENTFD, ENFILE), 1);
    assert_int_equal(each_fails(EPOLL_CTL, ENOMEM), 1);
    assert_int_equal(each_fails(THREAD, EAGAIN), 3);
    assert_true(each_fails(ALLOCATION, ENOMEM) >= 6);
}

/* run: the future is dropped all the same. */
static void run_without_a_runtime_drops_the_future(void **state)
{
    struct tally_counts counts = {0};
    (void)state;
    let_fail(EPOLL_CREATE, 1, EMFILE);
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
    let_fail(ALLOCATION, 1, ENOMEM);
    assert_int_equal(PLX_SPAWN_ON(runtime, tally, tally_new(&counts, 0)), -ENOMEM);
    let_fail(ALLOCATION, 1, ENOMEM);
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
    } faults[] = {{SOCKET, EMFILE}, {EPOLL_CTL, ENOSPC}, {CONNECT, ENETUNREACH}};
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    plx_tcp_listener listener = listen_anywhere(), none;
    plx_tcp_stream stream;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(listener.address), &stream),
                     0);
    plx_tcp_stream_drop(&stream);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct world before = look();
        let_fail(faults[i].fault, 1, faults[i].error);
        assert_int_equal(
            PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(listener.address), &stream),
            -faults[i].error);
        assert_nothing_left(before);
        assert_int_equal(plx_runtime_sources(runtime), 0);
    }
    let_fail(SOCKET, 1, EMFILE);
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
    let_fail(SEND, 1, EINTR);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_write_all, plx_write_all_new(one, "four", 4), &one), 0);
    let_fail(RECV, 1, EINTR);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_read_exact, plx_read_exact_new(other, bytes, 4), &other), 0);
    assert_memory_equal(bytes, "four", 4);
    let_fail(RECV, 1, EIO);
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
        let_fail(ALLOCATION, in, ENOMEM);
        int error = plx_trace_start(path);
        if (!has_failed(ALLOCATION) || error == 0)
            break;
        assert_nothing_left(before);
    }
    plx_trace_stop();
    struct world before = look();
    let_fail(THREAD, 1, EAGAIN);
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
    return cmocka_run_group_tests(tests, NULL, NULL);
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
