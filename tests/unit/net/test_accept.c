/* SPDX-License-Identifier: MIT
 *
 * A listener that the system has no descriptor for: it neither ends nor spins.
 */
#include "tests/support/futures.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static struct rlimit usual;

/* From here on no descriptor is to be had. */
static void no_more_descriptors(void)
{
    struct rlimit none = usual;
    int next = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    assert_true(next >= 0);
    close(next);
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void descriptors_again(void)
{
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

/* Accepts `wanted` connections; at the poll LIFT_AT descriptors are to be had again. */
enum { LIFT_AT = 6, PAUSE_NS = 20 * 1000 * 1000 };

typedef struct accept_all {
    plx_tcp_incoming incoming;
    int wanted;
    int polls, accepted;
} accept_all;
typedef int accept_all_item;

static enum plx_answer accept_all_poll(accept_all *self, plx_context *cx, int *out)
{
    if (++self->polls == LIFT_AT)
        descriptors_again();
    while (self->accepted < self->wanted) {
        plx_tcp_incoming_item item;
        enum plx_answer answer = plx_tcp_incoming_poll(&self->incoming, cx, &item);
        if (answer != PLX_READY)
            return answer;
        assert_false(item.end);
        plx_tcp_stream_drop(&item.stream);
        self->accepted++;
    }
    *out = self->polls;
    return PLX_READY;
}

static void accept_all_drop(accept_all *self)
{
    plx_tcp_incoming_drop(&self->incoming);
}

PLX_LEAF(accept_all)

static void waits_and_goes_on(struct plx_runtime *runtime)
{
    struct plx_address any;
    plx_tcp_listener listener;
    int clients[3], polls = 0;
    assert_int_equal(plx_address_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(plx_tcp_listener_bind(any, &listener), 0);
    for (int i = 0; i < 3; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(
            connect(clients[i], (struct sockaddr *)&listener.address.storage, listener.address.length), 0);
    }
    accept_all all = {.incoming = plx_tcp_listener_incoming(listener), .wanted = 3};
    no_more_descriptors();
    int64_t from = now_ns();
    int error = PLX_BLOCK_ON(runtime, accept_all, all, &polls);
    int64_t took = now_ns() - from;
    descriptors_again();
    assert_int_equal(error, 0);
    assert_true(polls >= LIFT_AT);
    /* The last poll succeeded, the first one may only have waited for readiness: between the others it
     * paused. */
    assert_true(took >= (LIFT_AT - 2) * (int64_t)PAUSE_NS);
    for (int i = 0; i < 3; i++)
        close(clients[i]);
}

static void in_a_thread_pool(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    (void)state;
    waits_and_goes_on(runtime);
    plx_runtime_free(runtime);
}

static void on_one_thread(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    (void)state;
    waits_and_goes_on(runtime);
    plx_runtime_free(runtime);
}

/* A listener that backs off is dropped: its timer goes with it. */
static void dropped_while_it_waits(void **state)
{
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
    struct plx_address any;
    plx_tcp_listener listener;
    (void)state;
    assert_int_equal(plx_address_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(plx_tcp_listener_bind(any, &listener), 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&listener.address.storage, listener.address.length),
                     0);
    accept_all all = {.incoming = plx_tcp_listener_incoming(listener), .wanted = 1, .polls = LIFT_AT};
    assert_int_equal(PLX_SPAWN_ON(runtime, accept_all, all), 0);
    no_more_descriptors();
    for (int i = 0; i < 4; i++) {
        plx_unit nothing;
        assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    }
    descriptors_again();
    plx_runtime_free(runtime);
    close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_thread_pool),
        cmocka_unit_test(on_one_thread),
        cmocka_unit_test(dropped_while_it_waits),
    };
    getrlimit(RLIMIT_NOFILE, &usual);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
