/* SPDX-License-Identifier: MIT
 *
 * TCP: connect, accept, read, write, shutdown, and how each of them fails.
 */
#include "tests/unit/net/net.h"

#include <signal.h>

static int write_all(plx_tcp_stream *stream, const void *bytes, size_t size)
{
    return PLX_BLOCK_ON(runtime, plx_write_all, plx_write_all_new(PLX_MOVE(*stream), bytes, size), stream);
}

static int read_exact(plx_tcp_stream *stream, void *bytes, size_t size)
{
    return PLX_BLOCK_ON(runtime, plx_read_exact, plx_read_exact_new(PLX_MOVE(*stream), bytes, size), stream);
}

static int read_some(plx_tcp_stream *stream, void *bytes, size_t size, size_t *count)
{
    plx_read_some_item item = {0};
    int error = PLX_BLOCK_ON(runtime, plx_read_some, plx_read_some_new(PLX_MOVE(*stream), bytes, size),
                             &item);
    *stream = item.stream;
    *count = item.count;
    return error;
}

/* ── connecting ───────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 319 */
static void refused(void **state)
{
    plx_tcp_listener listener = listener_at("127.0.0.1:0");
    plx_tcp_stream stream;
    (void)state;
    plx_tcp_listener_drop(&listener); /* its port is free, and nobody there */
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(listener.address), &stream),
                     -ECONNREFUSED);
    assert_int_equal(PLX_RUN(plx_tcp_connect, plx_tcp_connect_new(listener.address)), -ECONNREFUSED);
}

static void no_such_family(void **state)
{
    plx_tcp_stream stream;
    (void)state;
    assert_int_equal(
        PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new((struct plx_address){0}), &stream),
        -EAFNOSUPPORT);
}

static void port_in_use(void **state)
{
    plx_tcp_listener first = listener_at("127.0.0.1:0"), second;
    (void)state;
    assert_int_equal(plx_tcp_listener_bind(first.address, &second), -EADDRINUSE);
    plx_tcp_listener_drop(&first);
}

typedef struct accept_one {
    plx_tcp_listener *listener;
} accept_one;
typedef plx_tcp_stream accept_one_item;

static enum plx_answer accept_one_poll(accept_one *self, plx_context *cx, plx_tcp_stream *out)
{
    struct plx_address peer;
    return plx_tcp_listener_poll_accept(self->listener, cx, out, &peer);
}

static void accept_one_drop(accept_one *self)
{
    (void)self;
}

PLX_LEAF(accept_one)
PLX_HANDLE(accept_handle, accept_one)

/* conformance 318 */
static void accepted_before_and_after_it_connects(void **state)
{
    plx_tcp_listener listener = listener_at("127.0.0.1:0");
    plx_tcp_stream client, server;
    accept_handle waits;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(listener.address), &client),
                     0);
    assert_int_equal(PLX_BLOCK_ON(runtime, accept_one, (accept_one){&listener}, &server), 0);
    plx_tcp_stream_drop(&client);
    plx_tcp_stream_drop(&server);

    assert_int_equal(accept_handle_spawn_on(runtime, (accept_one){&listener}, &waits), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(listener.address), &client),
                     0);
    assert_int_equal(accept_handle_wait(&waits, &server), 0);
    plx_tcp_stream_drop(&client);
    plx_tcp_stream_drop(&server);
    plx_tcp_listener_drop(&listener);
}

/* ── the peer goes ────────────────────────────────────────────────────────────────────────────────────── */

static void too_short_a_reply(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    char reply[10];
    (void)state;
    assert_int_equal(send(pair.peer, "1234", 4, 0), 4);
    close(pair.peer);
    assert_int_equal(read_exact(&pair.ours, reply, 10), PLX_UNEXPECTED_END);
    assert_int_equal(plx_tcp_stream_fd(&pair.ours), -1); /* who fails closes it */
}

/* conformance 198, 320: what was sent before the end is read before the end. */
static void to_the_end(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    char bytes[16];
    size_t count;
    (void)state;
    assert_int_equal(send(pair.peer, "last", 4, 0), 4);
    close(pair.peer);
    assert_int_equal(read_some(&pair.ours, bytes, sizeof bytes, &count), 0);
    assert_int_equal(count, 4);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_some(&pair.ours, bytes, sizeof bytes, &count), 0);
        assert_int_equal(count, 0);
    }
    plx_tcp_stream_drop(&pair.ours);
}

/* The default action of SIGPIPE would end this program. */
static void written_to_a_closed_peer(void **state)
{
    static const char bytes[1 << 16];
    struct pair pair = connection("127.0.0.1:0");
    struct linger at_once = {1, 0};
    int error = 0;
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    setsockopt(pair.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(pair.peer); /* a reset: ECONNRESET is told once, after that it is EPIPE */
    plx_tcp_stream copy = pair.ours;
    copy.io.fd = dup(pair.ours.io.fd);
    copy.io.io = NULL;
    while (!error)
        error = write_all(&pair.ours, bytes, sizeof bytes);
    assert_true(error == -ECONNRESET || error == -EPIPE);
    assert_int_equal(write_all(&copy, bytes, sizeof bytes), -EPIPE);
}

static void a_reset_fails_the_read(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    struct linger at_once = {1, 0};
    char byte;
    (void)state;
    setsockopt(pair.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(pair.peer);
    assert_int_equal(read_exact(&pair.ours, &byte, 1), -ECONNRESET);
}

/* ── shutdown and options ─────────────────────────────────────────────────────────────────────────────── */

static void after_shutdown(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    char bytes[4];
    (void)state;
    assert_int_equal(plx_tcp_stream_shutdown(&pair.ours, SHUT_WR), 0);
    assert_int_equal(recv(pair.peer, bytes, 1, 0), 0); /* the peer sees the end */
    assert_int_equal(send(pair.peer, "back", 4, 0), 4);
    assert_int_equal(read_exact(&pair.ours, bytes, 4), 0); /* the other direction lives on */
    assert_memory_equal(bytes, "back", 4);
    assert_int_equal(write_all(&pair.ours, "x", 1), -EPIPE);
    close(pair.peer);
}

static void empty_streams(void **state)
{
    plx_tcp_stream none = {0};
    char byte;
    (void)state;
    assert_int_equal(plx_tcp_stream_fd(&none), -1);
    assert_int_equal(plx_tcp_stream_shutdown(&none, SHUT_WR), -EBADF);
    assert_int_equal(plx_tcp_stream_set_nodelay(&none, true), -EBADF);
    assert_int_equal(plx_tcp_stream_of(-1, &none), -EBADF);
    plx_tcp_stream_drop(&none);
    assert_int_equal(read_exact(&none, &byte, 1), -EBADF);
    assert_int_equal(write_all(&none, "x", 1), -EBADF);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_write_all, plx_write_all_failed(none, -EPROTO), &none),
                     -EPROTO);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_read_exact, plx_read_exact_failed(none, -EPROTO), &none),
                     -EPROTO);
}

static void nothing_at_all(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    (void)state;
    assert_int_equal(plx_tcp_stream_set_nodelay(&pair.ours, true), 0);
    assert_int_equal(write_all(&pair.ours, "", 0), 0);
    assert_int_equal(read_exact(&pair.ours, NULL, 0), 0);
    assert_true(plx_tcp_stream_fd(&pair.ours) >= 0);
    plx_tcp_stream_drop(&pair.ours);
    close(pair.peer);
}

/* ── much ─────────────────────────────────────────────────────────────────────────────────────────────── */

enum { MUCH = 1 << 20 };

static void *echo_blocking(void *peer)
{
    static char bytes[4096];
    int fd = *(int *)peer;
    ssize_t got;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
        for (ssize_t put = 0; put < got;) {
            ssize_t n = send(fd, bytes + put, (size_t)(got - put), MSG_NOSIGNAL);
            if (n < 0)
                return NULL;
            put += n;
        }
    return NULL;
}

PLX_HANDLE(read_handle, plx_read_exact)

/* conformance 321: both buffers of the system are much smaller, so writing and reading must wait again and
 * again. Reader and writer are two tasks on one socket. */
static void a_mebibyte_there_and_back(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    char *out = malloc(MUCH), *in = calloc(1, MUCH);
    read_handle reader;
    pthread_t echo;
    (void)state;
    assert_true(out && in);
    for (int i = 0; i < MUCH; i++)
        out[i] = (char)(i * 31 + (i >> 8) * 7);
    assert_int_equal(pthread_create(&echo, NULL, echo_blocking, &pair.peer), 0);

    plx_tcp_stream reading = {plx_poll_evented_of(dup(plx_tcp_stream_fd(&pair.ours)))};
    assert_int_equal(read_handle_spawn_on(runtime, plx_read_exact_new(reading, in, MUCH), &reader), 0);
    assert_int_equal(write_all(&pair.ours, out, MUCH), 0);
    assert_int_equal(read_handle_wait(&reader, &reading), 0);
    assert_memory_equal(in, out, MUCH);

    plx_tcp_stream_shutdown(&pair.ours, SHUT_RDWR);
    plx_tcp_stream_drop(&reading);
    plx_tcp_stream_drop(&pair.ours);
    pthread_join(echo, NULL);
    close(pair.peer);
    free(out);
    free(in);
}

/* ── sockets and runtimes ─────────────────────────────────────────────────────────────────────────────── */

/* conformance 191, 356: a socket that outlives its runtime says so, and can be dropped. */
static void a_socket_outlives_its_runtime(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    char byte;
    (void)state;
    plx_runtime_free(runtime);
    runtime = runtime_of((struct plx_runtime_options){.workers = 1});
    assert_int_equal(read_exact(&pair.ours, &byte, 1), -ESHUTDOWN);
    close(pair.peer);
}

/* A task that waits for a socket when the runtime goes is dropped, and its socket closed. */
static void a_waiting_reader_is_dropped_with_the_runtime(void **state)
{
    struct pair pair = connection("127.0.0.1:0");
    read_handle reader;
    char byte;
    (void)state;
    assert_int_equal(read_handle_spawn_on(runtime, plx_read_exact_new(pair.ours, &byte, 1), &reader), 0);
    plx_runtime_free(runtime);
    assert_int_equal(recv(pair.peer, &byte, 1, 0), 0);
    assert_int_equal(read_handle_wait(&reader, &pair.ours), -ECANCELED);
    close(pair.peer);
    runtime = runtime_of((struct plx_runtime_options){.workers = 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(refused),
        pool_test(no_such_family),
        pool_test(port_in_use),
        pool_test(accepted_before_and_after_it_connects),
        pool_test(too_short_a_reply),
        pool_test(to_the_end),
        pool_test(written_to_a_closed_peer),
        pool_test(a_reset_fails_the_read),
        pool_test(after_shutdown),
        pool_test(empty_streams),
        pool_test(nothing_at_all),
        pool_test(a_mebibyte_there_and_back),
        pool_test(a_socket_outlives_its_runtime),
        pool_test(a_waiting_reader_is_dropped_with_the_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
