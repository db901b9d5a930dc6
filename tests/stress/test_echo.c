/* SPDX-License-Identifier: MIT
 *
 * The deck's echo server, as it stands in lesson 4, under load: 10,000 connections in all, 200 at a time,
 * on two workers, and 1 MiB through each of ten of them. Every byte that comes back is compared; every
 * descriptor is given back.
 *
 * The client says that it has finished before the server does, so each connection's port stays in
 * TIME_WAIT for a minute: 10,000 of them fit into any system's range, and the next run has another server
 * port, for which they are free.
 */
int echo_main(int argc, char **argv);
#define main echo_main
#include "lessons/04-chains/echo.c"
#undef main

#include "tests/support/futures.h"

#include <sys/socket.h>

enum { CONNECTIONS = 10000, AT_A_TIME = 200, LARGE = 10, LARGE_BYTES = 1 << 20, CHUNK = 4096 };

static struct {
    _Atomic unsigned connections, large, open, most;
    _Atomic uint64_t bytes;
} seen;

/* ── converse: writes and reads at once, for neither side would go on otherwise when a MiB is on its way ─── */

typedef struct converse {
    plx_tcp_stream stream;
    uint32_t seed;
    size_t size, written, read;
    bool finished; /* the server was told that this is all */
} converse;
typedef plx_unit converse_item;

/* The byte at a place of a conversation. Neighbouring places, chunks and conversations differ. */
static char byte_at(uint32_t seed, size_t at)
{
    uint32_t x = seed * 2654435761u + (uint32_t)at * 40503u + (uint32_t)(at >> 8) * 97u;
    return (char)(x >> 13);
}

static enum plx_answer write_more(converse *self, plx_context *cx)
{
    char chunk[CHUNK];
    size_t count;
    while (self->written < self->size) {
        size_t size = self->size - self->written < CHUNK ? self->size - self->written : CHUNK;
        for (size_t i = 0; i < size; i++)
            chunk[i] = byte_at(self->seed, self->written + i);
        enum plx_answer answer = plx_tcp_stream_poll_write(&self->stream, cx, chunk, size, &count);
        if (answer != PLX_READY)
            return answer;
        self->written += count;
    }
    if (!self->finished && plx_tcp_stream_shutdown(&self->stream, SHUT_WR))
        return plx_fail(cx, -EIO);
    self->finished = true;
    return PLX_READY;
}

/* Ready at the end of the stream; fails when it comes too early or too late, or when a byte is not the one
 * that was sent. */
static enum plx_answer read_more(converse *self, plx_context *cx)
{
    char chunk[CHUNK];
    size_t count;
    for (;;) {
        enum plx_answer answer = plx_tcp_stream_poll_read(&self->stream, cx, chunk, CHUNK, &count);
        if (answer != PLX_READY)
            return answer;
        if (count == 0)
            return self->read == self->size ? PLX_READY : plx_fail(cx, PLX_UNEXPECTED_END);
        for (size_t i = 0; i < count; i++)
            if (self->read + i >= self->size || chunk[i] != byte_at(self->seed, self->read + i))
                return plx_fail(cx, -EBADMSG);
        self->read += count;
    }
}

static enum plx_answer converse_poll(converse *self, plx_context *cx, plx_unit *out)
{
    *out = (plx_unit){0};
    if (write_more(self, cx) == PLX_FAILED)
        return PLX_FAILED;
    return read_more(self, cx);
}

static void converse_drop(converse *self)
{
    plx_tcp_stream_drop(&self->stream);
}

PLX_LEAF(converse)

/* ── a client: one connection after the other ─────────────────────────────────────────────────────────── */

struct client_vars {
    struct plx_address server;
    uint32_t number, done;
    plx_tcp_stream stream;
};

static size_t size_of(uint32_t connection)
{
    return connection < LARGE ? LARGE_BYTES : 1 + connection * 7919u % 3000;
}

static converse begin_conversation(struct client_vars *my)
{
    uint32_t connection = my->number + my->done * AT_A_TIME;
    unsigned open = atomic_fetch_add(&seen.open, 1) + 1, most = seen.most;
    while (open > most && !atomic_compare_exchange_weak(&seen.most, &most, open))
        ;
    plx_tcp_stream stream = PLX_MOVE(my->stream);
    return (converse){.stream = stream, .seed = connection, .size = size_of(connection)};
}

static void end_conversation(struct client_vars *my)
{
    uint32_t connection = my->number + my->done++ * AT_A_TIME;
    atomic_fetch_sub(&seen.open, 1);
    atomic_fetch_add(&seen.connections, 1);
    atomic_fetch_add(&seen.large, size_of(connection) == LARGE_BYTES);
    atomic_fetch_add(&seen.bytes, size_of(connection));
}

#define CLIENT_AWAITS(AWAIT)                                                                                 \
    AWAIT(connected, plx_tcp_connect)                                                                        \
    AWAIT(conversed, converse)

static void client_cleanup(struct client_vars *my)
{
    plx_tcp_stream_drop(&my->stream);
}

PLX_ASYNC(client, struct client_vars, plx_unit, CLIENT_AWAITS, client_cleanup)
{
    PLX_BEGIN;
    while (my->done < CONNECTIONS / AT_A_TIME) {
        PLX_AWAIT(my->stream, connected, plx_tcp_connect_new(my->server));
        PLX_AWAIT(PLX_NOTHING, conversed, begin_conversation(my));
        end_conversation(my);
    }
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

PLX_HANDLE(client_handle, client)

/* ── the test ─────────────────────────────────────────────────────────────────────────────────────────── */

static plx_tcp_listener listen_anywhere(void)
{
    struct plx_address any;
    plx_tcp_listener listener;
    assert_int_equal(plx_address_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(plx_tcp_listener_bind(any, &listener), 0);
    return listener;
}

static uint64_t all_bytes(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < CONNECTIONS; i++)
        sum += size_of(i);
    return sum;
}

/* conformance 128, 196, 292, 321 */
static void ten_thousand_connections(void **state)
{
    int fds = count_own("fd");
    struct server server = {listen_anywhere()};
    struct plx_address address = server.listener.address;
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 2});
    static client_handle clients[AT_A_TIME];
    (void)state;

    assert_int_equal(PLX_SPAWN_ON(runtime, echo, echo_new(&server)), 0);
    for (uint32_t i = 0; i < AT_A_TIME; i++) {
        client future = client_new((struct client_vars){.server = address, .number = i});
        assert_int_equal(client_handle_spawn_on(runtime, future, &clients[i]), 0);
    }
    for (int i = 0; i < AT_A_TIME; i++) {
        plx_unit nothing;
        assert_int_equal(client_handle_wait(&clients[i], &nothing), 0);
    }
    assert_int_equal(seen.connections, CONNECTIONS);
    assert_int_equal(seen.large, LARGE);
    assert_int_equal(seen.bytes, all_bytes());

    wait_until(plx_runtime_tasks(runtime) == 1); /* the server is left */
    wait_until(plx_runtime_sources(runtime) == 1);
    plx_runtime_free(runtime);
    assert_int_equal(count_own("fd"), fds);
    printf("%u connections, at most %u at a time, %.1f MB there and back\n", seen.connections, seen.most,
           (double)seen.bytes / 1e6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_thousand_connections)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
