/* SPDX-License-Identifier: MIT
 *
 * Names: what numbers, /etc/hosts and nobody know; the time-out; and connecting to a host by its name.
 */
#include "tests/unit/net/net.h"

#include <netdb.h>

static int resolve(const char *host, const char *service, struct plx_addresses *found)
{
    return PLX_BLOCK_ON(runtime, plx_resolve, plx_resolve_new(host, service), found);
}

/* A system without /etc/hosts, as in a bare container, may not know even this name. */
static void skip_without_localhost(void)
{
    struct addrinfo *found;
    if (getaddrinfo("localhost", NULL, NULL, &found))
        skip();
    freeaddrinfo(found);
}

/* Numbers need nobody to be asked: they are ready in the first poll. */
static void numbers(void **state)
{
    const char *good[][3] = {{"127.0.0.1", "80", "127.0.0.1:80"}, {"::1", "6142", "[::1]:6142"}};
    char text[PLX_ADDRESS_TEXT_MAX];
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct plx_addresses found;
        plx_context nowhere = {.waker = {0}};
        plx_resolve numbers = plx_resolve_new(good[i][0], good[i][1]);
        assert_int_equal(plx_resolve_poll(&numbers, &nowhere, &found), PLX_READY);
        plx_resolve_drop(&numbers);
        assert_int_equal(found.count, 1);
        assert_string_equal(plx_address_text(&found.at[0], text), good[i][2]);
    }
}

static void localhost(void **state)
{
    struct plx_addresses found;
    char text[PLX_ADDRESS_TEXT_MAX];
    bool seen = false;
    (void)state;
    skip_without_localhost();
    assert_int_equal(resolve("localhost", "6142", &found), 0);
    assert_in_range(found.count, 1, PLX_ADDRESSES_MOST);
    for (size_t i = 0; i < found.count; i++) {
        assert_int_equal(plx_address_port(&found.at[i]), 6142);
        plx_address_text(&found.at[i], text);
        seen = seen || strcmp(text, "127.0.0.1:6142") == 0 || strcmp(text, "[::1]:6142") == 0;
    }
    assert_true(seen);
}

static void what_nobody_knows(void **state)
{
    struct plx_addresses found;
    char host[PLX_HOST_MAX + 1];
    plx_tcp_stream stream;
    (void)state;
    assert_int_equal(resolve("localhost", "no-such-service", &found), -EINVAL);
    memset(host, 'x', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    assert_int_equal(resolve(host, "80", &found), -ENAMETOOLONG);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_tcp_connect_host, plx_tcp_connect_host_new(host, 80), &stream),
                     -ENAMETOOLONG);
    int error = resolve("two words are no host", "80", &found);
    assert_true(error == PLX_NO_SUCH_HOST || error == -EAGAIN); /* or nobody can be asked, where this runs */
}

/* ── the time-out ─────────────────────────────────────────────────────────────────────────────────────── */

/* Keeps the only thread of the blocking pool until the gate opens. */
typedef struct occupy {
    struct gate *gate;
} occupy;
typedef int occupy_item;

static enum plx_answer occupy_poll(occupy *self, plx_context *cx, int *out)
{
    (void)cx;
    wait_until(atomic_load(&self->gate->open));
    *out = 0;
    return PLX_READY;
}

static void occupy_drop(occupy *self)
{
    (void)self;
}

PLX_LEAF(occupy)
PLX_HANDLE(occupying, occupy)

/* Nobody answers; the one who asks goes on, and what he left behind ends by itself. */
static void takes_too_long(void **state)
{
    struct gate gate = {.open = false};
    struct plx_addresses found;
    occupying handle;
    int unused;
    (void)state;
    skip_without_localhost();
    assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, occupy, ((occupy){&gate}), &handle), 0);
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_resolve, plx_resolve_within("localhost", "80", 1000000), &found),
        -ETIMEDOUT);
    atomic_store(&gate.open, true);
    assert_int_equal(occupying_wait(&handle, &unused), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_resolve,
                                  plx_resolve_within("localhost", "80", UINT64_C(60000000000)), &found),
                     0);
}

/* Dropped before anybody has answered. */
static void dropped(void **state)
{
    struct gate gate = {.open = false};
    occupying handle;
    int unused;
    (void)state;
    assert_int_equal(PLX_SPAWN_BLOCKING_ON(runtime, occupy, ((occupy){&gate}), &handle), 0);
    assert_int_equal(PLX_SPAWN_ON(runtime, plx_resolve, plx_resolve_new("localhost", "80")), 0);
    plx_unit nothing;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    atomic_store(&gate.open, true);
    assert_int_equal(occupying_wait(&handle, &unused), 0);
}

/* ── connecting ───────────────────────────────────────────────────────────────────────────────────────── */

/* It listens at one address only; "localhost" may have two, and the one where nobody is comes first. */
static void to_a_host(void **state)
{
    (void)state;
    skip_without_localhost();
    plx_tcp_listener listener = listener_at("127.0.0.1:0");
    plx_tcp_stream stream;
    uint16_t port = plx_address_port(&listener.address);
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_tcp_connect_host, plx_tcp_connect_host_new("localhost", port), &stream), 0);
    plx_tcp_stream_drop(&stream);
    plx_tcp_listener_drop(&listener);
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_tcp_connect_host, plx_tcp_connect_host_new("localhost", port), &stream),
        -ECONNREFUSED);
}

/* Several addresses, as a resolver would have found them: the refused ones are passed over, in order. */
static void one_after_the_other(void **state)
{
    plx_tcp_listener listener = listener_at("127.0.0.1:0"), closed = listener_at("127.0.0.1:0");
    plx_tcp_stream stream;
    struct plx_address peer;
    (void)state;
    plx_tcp_listener_drop(&closed);
    plx_tcp_connect_host connect = {
        .found = {.count = 3, .at = {closed.address, closed.address, listener.address}},
        .connect = plx_tcp_connect_new(closed.address),
        .tried = 1,
    };
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_tcp_connect_host, connect, &stream), 0);
    assert_int_equal(plx_tcp_stream_peer(&stream, &peer), 0);
    assert_int_equal(plx_address_port(&peer), plx_address_port(&listener.address));
    plx_tcp_stream_drop(&stream);
    plx_tcp_listener_drop(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        net_test(numbers), net_test(localhost), net_test(what_nobody_knows),   net_test(takes_too_long),
        net_test(dropped), net_test(to_a_host), net_test(one_after_the_other),
    };
    blocking_threads = 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
