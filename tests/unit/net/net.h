/* SPDX-License-Identifier: MIT
 *
 * For the tests of sockets: a runtime, the count of descriptors before and after, and TCP connections of
 * which one end is a plain socket.
 */
#ifndef TESTS_UNIT_NET_NET_H
#define TESTS_UNIT_NET_NET_H

#include "tests/support/futures.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static struct plx_runtime *runtime;
static uint32_t blocking_threads; /* of the runtime; 0: as many as usual */
static int fds;

PLX_INLINE int begin_with(struct plx_runtime_options options)
{
    fds = count_own("fd");
    options.blocking_threads = blocking_threads;
    runtime = runtime_of(options);
    return 0;
}

PLX_INLINE int begin(void **state)
{
    (void)state;
    return begin_with((struct plx_runtime_options){.workers = 2});
}

PLX_INLINE int begin_on_one_thread(void **state)
{
    (void)state;
    return begin_with((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
}

/* No descriptor stays behind. */
PLX_INLINE int end(void **state)
{
    (void)state;
    int error = plx_runtime_free(runtime);
    return error ? error : count_own("fd") != fds;
}

#define pool_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* A test that is run on both kinds of runtime. */
#define net_test(test)                                                                                       \
    pool_test(test),                                                                                         \
    {                                                                                                        \
#test " on one thread", test, begin_on_one_thread, end, NULL                                         \
    }

/* ── addresses and connections ────────────────────────────────────────────────────────────────────────── */

PLX_INLINE struct plx_address address_at(const char *text)
{
    struct plx_address address;
    assert_int_equal(plx_address_parse(text, &address), 0);
    return address;
}

PLX_INLINE plx_tcp_listener listener_at(const char *text)
{
    plx_tcp_listener listener;
    assert_int_equal(plx_tcp_listener_bind(address_at(text), &listener), 0);
    assert_true(plx_address_port(&listener.address) > 0);
    return listener;
}

/* The two ends of a connection: ours in the runtime, the peer's a plain blocking socket. */
struct pair {
    plx_tcp_stream ours;
    int peer;
};

PLX_INLINE struct pair connection(const char *at)
{
    struct pair pair;
    plx_tcp_listener listener = listener_at(at);
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(listener.address), &pair.ours), 0);
    pair.peer = accept4(listener.io.fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(pair.peer >= 0);
    plx_tcp_listener_drop(&listener);
    return pair;
}

#endif
