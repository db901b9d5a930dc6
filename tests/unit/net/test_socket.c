/* SPDX-License-Identifier: MIT
 *
 * TCP beyond reading and writing: options, addresses, IPv6, several parts, peeking, what listeners can be
 * told; and a socket as a stream of bytes.
 */
#include "tests/unit/net/net.h"

static void pair_done(struct pair *pair)
{
    plx_tcp_stream_drop(&pair->ours);
    close(pair->peer);
}

static int get(int fd, enum plx_socket_option option)
{
    int value = -1;
    assert_int_equal(plx_socket_get(fd, option, &value), 0);
    return value;
}

/* ── options ──────────────────────────────────────────────────────────────────────────────────────────── */

static void switches_and_numbers(void **state)
{
    const enum plx_socket_option switches[] = {PLX_SOCKET_NODELAY, PLX_SOCKET_KEEPALIVE,
                                               PLX_SOCKET_REUSE_ADDRESS, PLX_SOCKET_REUSE_PORT};
    const enum plx_socket_option numbers[] = {PLX_SOCKET_KEEPALIVE_IDLE, PLX_SOCKET_KEEPALIVE_EVERY,
                                              PLX_SOCKET_KEEPALIVE_COUNT, PLX_SOCKET_TTL,
                                              PLX_SOCKET_USER_TIMEOUT_MS};
    const char *where[] = {"127.0.0.1:0", "[::1]:0"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct pair pair = connection(where[k]);
        const int fd = plx_tcp_stream_fd(&pair.ours);
        for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
            for (int on = 1; on >= 0; on--) {
                assert_int_equal(plx_socket_set(fd, switches[i], on), 0);
                assert_int_equal(get(fd, switches[i]) != 0, on);
            }
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            assert_int_equal(plx_socket_set(fd, numbers[i], 42 + (int)i), 0);
            assert_int_equal(get(fd, numbers[i]), 42 + (int)i);
        }
        assert_int_equal(plx_socket_set(fd, PLX_SOCKET_SEND_BUFFER, 20000), 0);
        assert_true(get(fd, PLX_SOCKET_SEND_BUFFER) >= 20000);
        pair_done(&pair);
    }
}

static void keepalive(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    const int fd = plx_tcp_stream_fd(&pair.ours);
    (void)state;
    assert_int_equal(plx_tcp_stream_set_keepalive(&pair.ours, 30, 10, 3), 0);
    assert_true(get(fd, PLX_SOCKET_KEEPALIVE));
    assert_int_equal(get(fd, PLX_SOCKET_KEEPALIVE_IDLE), 30);
    assert_int_equal(get(fd, PLX_SOCKET_KEEPALIVE_EVERY), 10);
    assert_int_equal(get(fd, PLX_SOCKET_KEEPALIVE_COUNT), 3);
    assert_int_equal(plx_tcp_stream_set_keepalive(&pair.ours, 0, 0, 0), 0);
    assert_false(get(fd, PLX_SOCKET_KEEPALIVE));
    pair_done(&pair);
    assert_int_equal(plx_tcp_stream_set_keepalive(&pair.ours, 1, 1, 1), -EBADF);
}

static void linger(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    (void)state;
    assert_int_equal(plx_socket_set_linger(plx_tcp_stream_fd(&pair.ours), 1), -EINVAL);
    assert_int_equal(plx_socket_set_linger(plx_tcp_stream_fd(&pair.ours), -1), 0);
    assert_int_equal(plx_socket_set_linger(plx_tcp_stream_fd(&pair.ours), 0), 0);
    plx_tcp_stream_drop(&pair.ours);
    assert_int_equal(recv(pair.peer, &(char){0}, 1, 0), -1); /* thrown away at once */
    assert_int_equal(errno, ECONNRESET);
    close(pair.peer);
}

static void not_for_this_socket(void **state)
{
    plx_stream a, b;
    int value;
    (void)state;
    assert_int_equal(plx_unix_pair(&a, &b), 0);
    assert_true(plx_socket_set(plx_stream_fd(&a), PLX_SOCKET_NODELAY, 1) < 0);
    assert_true(plx_socket_get(plx_stream_fd(&a), PLX_SOCKET_NODELAY, &value) < 0);
    plx_stream_drop(&a);
    plx_stream_drop(&b);
    assert_int_equal(plx_socket_set(-1, PLX_SOCKET_NODELAY, 1), -EBADF);
    assert_int_equal(plx_socket_take_error(-1), -EBADF);
}

/* ── addresses ────────────────────────────────────────────────────────────────────────────────────────── */

static void who_and_where(void **state)
{
    const char *where[] = {"127.0.0.1:0", "[::1]:0"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct pair pair = connection(where[k]);
        struct plx_address local, peer, of_peer;
        char one[PLX_ADDRESS_TEXT_MAX], other[PLX_ADDRESS_TEXT_MAX];
        assert_int_equal(plx_tcp_stream_local(&pair.ours, &local), 0);
        assert_int_equal(plx_tcp_stream_peer(&pair.ours, &peer), 0);
        assert_int_equal(plx_address_of_peer(pair.peer, &of_peer), 0);
        assert_string_equal(plx_address_text(&local, one), plx_address_text(&of_peer, other));
        assert_int_equal(plx_address_of_socket(pair.peer, &of_peer), 0);
        assert_string_equal(plx_address_text(&peer, one), plx_address_text(&of_peer, other));
        pair_done(&pair);
        assert_int_equal(plx_tcp_stream_local(&pair.ours, &local), -EBADF);
    }
}

/* ── listeners ────────────────────────────────────────────────────────────────────────────────────────── */

static void several_at_one_port(void **state)
{
    const struct plx_listen_options shared = {.reuse_port = true, .backlog = 5};
    plx_tcp_listener one, other, third;
    (void)state;
    assert_int_equal(plx_tcp_listener_bind_with(address_at("127.0.0.1:0"), &shared, &one), 0);
    assert_int_equal(plx_tcp_listener_bind_with(one.address, &shared, &other), 0);
    assert_int_equal(plx_tcp_listener_bind(one.address, &third), -EADDRINUSE);
    assert_int_equal(plx_tcp_stream_fd(&(plx_tcp_stream){third.io}), -1);
    plx_tcp_listener_drop(&one);
    plx_tcp_listener_drop(&other);
}

static void both_families(void **state)
{
    plx_tcp_listener listener;
    plx_tcp_stream stream;
    char text[32];
    (void)state;
    for (int v6_only = 0; v6_only < 2; v6_only++) {
        const struct plx_listen_options options = {
            .v6_only = v6_only, .receive_buffer = 30000, .send_buffer = 30000};
        assert_int_equal(plx_tcp_listener_bind_with(address_at("[::]:0"), &options, &listener), 0);
        assert_int_equal(get(listener.io.fd, PLX_SOCKET_V6_ONLY), v6_only);
        assert_true(get(listener.io.fd, PLX_SOCKET_RECEIVE_BUFFER) >= 30000);
        snprintf(text, sizeof text, "127.0.0.1:%u", plx_address_port(&listener.address));
        int error = PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(address_at(text)), &stream);
        assert_int_equal(error, v6_only ? -ECONNREFUSED : 0);
        if (!error)
            plx_tcp_stream_drop(&stream);
        plx_tcp_listener_drop(&listener);
    }
}

/* ── reading and writing ──────────────────────────────────────────────────────────────────────────────── */

static void peeks(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    char bytes[8];
    size_t count;
    (void)state;
    assert_int_equal(send(pair.peer, "hello", 5, 0), 5);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            PLX_BLOCK_ON(runtime, plx_tcp_peek, plx_tcp_peek_new(&pair.ours, bytes, sizeof bytes), &count),
            0);
        assert_int_equal(count, 5);
    }
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_read_exact, plx_read_exact_new(PLX_MOVE(pair.ours), bytes, 5), &pair.ours),
        0);
    assert_memory_equal(bytes, "hello", 5);
    pair_done(&pair);
}

static void several_parts(void **state)
{
    struct pair pair = connection("[::1]:0");
    plx_stream stream = plx_stream_of_tcp(PLX_MOVE(pair.ours));
    const struct iovec out[] = {{"one ", 4}, {"two ", 4}, {"three", 5}};
    char bytes[16], a[4], b[16];
    const struct iovec in[] = {{a, 4}, {b, 16}};
    size_t count;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_writev, plx_stream_writev_new(&stream, out, 3), &count),
                     0);
    assert_int_equal(recv(pair.peer, bytes, 13, MSG_WAITALL), 13);
    assert_memory_equal(bytes, "one two three", 13);
    assert_int_equal(send(pair.peer, "back again", 10, 0), 10);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_readv, plx_stream_readv_new(&stream, in, 2), &count),
                     0);
    assert_int_equal(count, 10);
    assert_memory_equal(a, "back", 4);
    assert_memory_equal(b, " again", 6);
    plx_stream_drop(&stream);
    close(pair.peer);
}

/* More than the system's buffers hold, in parts: the writes end in the middle of them. */
static void *drain(void *peer)
{
    char bytes[4096];
    size_t all = 0;
    for (ssize_t got; (got = recv(*(int *)peer, bytes, sizeof bytes, 0)) > 0;)
        for (ssize_t i = 0; i < got; i++, all++)
            if (bytes[i] != (char)(all / 1000))
                return (void *)1;
    return (void *)(all == 0 ? 1 : all);
}

static void many_large_parts(void **state)
{
    enum { PARTS = 3000, SIZE = 1000 };
    struct pair pair = connection("127.0.0.1:0");
    plx_stream stream = plx_stream_of_tcp(PLX_MOVE(pair.ours));
    struct iovec *parts = calloc(PARTS, sizeof *parts);
    char *bytes = malloc(PARTS * SIZE);
    plx_unit nothing;
    pthread_t thread;
    size_t count;
    void *all;
    (void)state;
    assert_true(parts && bytes);
    for (int i = 0; i < PARTS; i++) {
        memset(bytes + i * SIZE, i, SIZE);
        parts[i] = (struct iovec){bytes + i * SIZE, SIZE};
    }
    assert_int_equal(pthread_create(&thread, NULL, drain, &pair.peer), 0);
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_stream_writev, plx_stream_writev_new(&stream, parts, PARTS), &count), 0);
    assert_int_equal(count, PARTS * SIZE);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_shutdown, plx_stream_shutdown_new(&stream), &nothing),
                     0);
    pthread_join(thread, &all);
    assert_int_equal((uintptr_t)all, PARTS * SIZE);
    plx_stream_drop(&stream);
    close(pair.peer);
    free(parts);
    free(bytes);
}

/* Half closed, then reset: each side learns what it must. */
static void the_end_of_a_stream(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    plx_stream stream = plx_stream_of_tcp(PLX_MOVE(pair.ours));
    struct linger at_once = {1, 0};
    plx_unit nothing;
    char byte;
    size_t count;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_shutdown, plx_stream_shutdown_new(&stream), &nothing),
                     0);
    assert_int_equal(recv(pair.peer, &byte, 1, 0), 0);
    assert_int_equal(send(pair.peer, "x", 1, 0), 1);
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_stream_read_exact, plx_stream_read_exact_new(&stream, &byte, 1), &count),
        0);
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_stream_write_all, plx_stream_write_all_new(&stream, "x", 1), &count),
        -EPIPE);
    setsockopt(pair.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(pair.peer);
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_stream_read_exact, plx_stream_read_exact_new(&stream, &byte, 1), &count),
        -ECONNRESET);
    /* a connection that is gone is as shut as can be */
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_shutdown, plx_stream_shutdown_new(&stream), &nothing),
                     0);
    plx_stream_drop(&stream);
}

/* ── the budget ───────────────────────────────────────────────────────────────────────────────────────── */

enum { BUDGET = 10, BYTES = 105 };

/* Reads byte by byte what is there all at once; keeps the most that it got in one poll. */
typedef struct nibble {
    plx_tcp_stream *stream;
    int got, most;
} nibble;
typedef int nibble_item;

static enum plx_answer nibble_poll(nibble *self, plx_context *cx, int *out)
{
    int before = self->got;
    enum plx_answer answer = PLX_READY;
    while (answer == PLX_READY && self->got < BYTES) {
        char byte;
        size_t count;
        answer = plx_tcp_stream_poll_read(self->stream, cx, &byte, 1, &count);
        self->got += answer == PLX_READY;
    }
    if (self->got - before > self->most)
        self->most = self->got - before;
    *out = self->most;
    return answer;
}

static void nibble_drop(nibble *self)
{
    (void)self;
}

PLX_LEAF(nibble)

/* A socket that always has something gives the worker away when the budget is used up. */
static void reads_cost_budget(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    char bytes[BYTES] = {0};
    int most;
    (void)state;
    plx_runtime_free(runtime);
    runtime = runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .budget = BUDGET});
    plx_tcp_stream fresh;
    assert_int_equal(plx_tcp_stream_of(dup(plx_tcp_stream_fd(&pair.ours)), &fresh), 0);
    assert_int_equal(send(pair.peer, bytes, BYTES, 0), BYTES);
    assert_int_equal(recv(plx_tcp_stream_fd(&fresh), bytes, BYTES, MSG_PEEK | MSG_WAITALL), BYTES);
    nibble all = {.stream = &fresh};
    assert_int_equal(PLX_BLOCK_ON(runtime, nibble, all, &most), 0);
    assert_int_equal(most, BUDGET);
    plx_tcp_stream_drop(&fresh);
    pair_done(&pair);
}

PLX_HANDLE(reading, plx_stream_read)

/* What is waited for is shut by another task: the reader wakes, and reads the end. */
static void shut_while_another_waits(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    int also = dup(plx_tcp_stream_fd(&pair.ours));
    plx_stream stream = plx_stream_of_tcp(PLX_MOVE(pair.ours));
    reading handle;
    char byte;
    size_t count;
    (void)state;
    assert_int_equal(reading_spawn_on(runtime, plx_stream_read_new(&stream, &byte, 1), &handle), 0);
    plx_unit nothing;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    assert_int_equal(shutdown(also, SHUT_RD), 0);
    assert_int_equal(reading_wait(&handle, &count), 0);
    assert_int_equal(count, 0);
    close(also);
    plx_stream_drop(&stream);
    close(pair.peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(switches_and_numbers),
        pool_test(keepalive),
        net_test(linger),
        pool_test(not_for_this_socket),
        pool_test(who_and_where),
        pool_test(several_at_one_port),
        net_test(both_families),
        net_test(peeks),
        net_test(several_parts),
        net_test(many_large_parts),
        net_test(the_end_of_a_stream),
        pool_test(reads_cost_budget),
        net_test(shut_while_another_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
