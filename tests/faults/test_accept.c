/* SPDX-License-Identifier: MIT
 *
 * A server that cannot accept, because the system has no descriptors or memory left: it waits for better
 * times, and does not ask again and again. The clock is paused and moves by itself, so a second takes no
 * time, and how often accept is called in it is the same in every run.
 */
#include "tests/faults/interpose.h"
#include "tests/support/futures.h"

#include "lib/net/unix.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#if FAULTS_WORK

enum { A_SECOND_OF_BACKOFF = 50 }; /* of 20 ms, see lib/net/backoff.h */

/* ── accepting, and better times ──────────────────────────────────────────────────────────────────────── */

typedef struct accept_one {
    plx_tcp_listener *tcp;
    plx_unix_listener *local;
} accept_one;
typedef uint64_t accept_one_item;

static enum plx_answer accept_one_poll(accept_one *self, plx_context *cx, uint64_t *out)
{
    plx_tcp_stream stream = {0};
    plx_stream local = {0};
    struct plx_address peer;
    enum plx_answer answer = self->tcp ? plx_tcp_listener_poll_accept(self->tcp, cx, &stream, &peer)
                                       : plx_unix_listener_poll_accept(self->local, cx, &local);
    plx_tcp_stream_drop(&stream);
    plx_stream_drop(&local);
    *out = fault_calls(FAULT_accept4);
    return answer;
}

static void accept_one_drop(accept_one *self)
{
    (void)self;
}

PLX_LEAF(accept_one)

struct times_vars {
    uint64_t seconds;
};

#define TIMES_AWAITS(AWAIT) AWAIT(slept, plx_delay)

PLX_ASYNC(better_times, struct times_vars, plx_unit, TIMES_AWAITS, plx_no_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(PLX_NOTHING, slept, plx_delay_for(PLX_SECONDS(my->seconds)));
    fault_end();
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* ── the test ─────────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_clock standing = PLX_CLOCK_PAUSED;

static int connect_to(const struct plx_address *address)
{
    const struct sockaddr *to = (const struct sockaddr *)&address->storage;
    int fd = socket(to->sa_family, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, to, address->length), 0);
    return fd;
}

static void accept_in_hard_times(accept_one accepting, const struct plx_address *address, int error)
{
    struct plx_runtime *runtime = runtime_of(
        (struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .clock = &standing});
    uint64_t calls;
    int client = connect_to(address);
    fault_plan_from(FAULT_accept4, 1, error);
    assert_int_equal(PLX_SPAWN_ON(runtime, better_times, better_times_new((struct times_vars){1})), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, accept_one, accepting, &calls), 0);
    assert_true(fault_end());
    assert_in_range(calls, 3, A_SECOND_OF_BACKOFF + 3);
    plx_runtime_free(runtime);
    close(client);
}

static const int hard_times[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};

/* "EMFILE in accept does not spin" */
static void tcp_without_descriptors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hard_times / sizeof *hard_times; i++) {
        struct plx_address any;
        plx_tcp_listener listener;
        assert_int_equal(plx_address_parse("127.0.0.1:0", &any), 0);
        assert_int_equal(plx_tcp_listener_bind(any, &listener), 0);
        accept_in_hard_times((accept_one){.tcp = &listener}, &listener.address, hard_times[i]);
        plx_tcp_listener_drop(&listener);
    }
}

static void unix_without_descriptors(void **state)
{
    char name[64];
    struct plx_address address;
    plx_unix_listener listener;
    (void)state;
    snprintf(name, sizeof name, "@pollux-test-%d", (int)getpid());
    assert_int_equal(plx_address_unix(name, &address), 0);
    for (size_t i = 0; i < sizeof hard_times / sizeof *hard_times; i++) {
        assert_int_equal(plx_unix_listener_bind(address, &listener), 0);
        accept_in_hard_times((accept_one){.local = &listener}, &listener.address, hard_times[i]);
        plx_unix_listener_drop(&listener);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_without_descriptors),
        cmocka_unit_test(unix_without_descriptors),
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
