/* SPDX-License-Identifier: MIT
 *
 * A server and a client over TCP, both on the library: an echo through buffers.
 */
#include "lib/reactor/selector/selector.h"
#include "tests/support/futures.h"

#include <errno.h>

enum { MUCH = 1 << 20, CHUNK = 1000 };

/* ── the server: each connection is copied back, through a buffered reader and a buffered writer ───────── */

struct echo_vars {
    plx_buf_reader reader;
    plx_buf_writer writer;
    plx_stream in, out;
    uint64_t copied;
};

static void echo_cleanup(struct echo_vars *my)
{
    plx_buf_writer_drop(&my->writer);
    plx_buf_reader_drop(&my->reader);
}

#define ECHO_AWAITS(AWAIT)                                                                                   \
    AWAIT(copy, plx_copy)                                                                                    \
    AWAIT(shutdown, plx_stream_shutdown)

PLX_ASYNC(echo, struct echo_vars, plx_unit, ECHO_AWAITS, echo_cleanup)
{
    plx_unit nothing;
    PLX_BEGIN;
    my->writer = plx_buf_writer_new(plx_stream_borrow(&my->reader.stream), 3000);
    my->in = plx_stream_of_buf_reader(&my->reader);
    my->out = plx_stream_of_buf_writer(&my->writer);
    PLX_AWAIT(my->copied, copy, plx_copy_new(&my->in, &my->out));
    PLX_AWAIT(nothing, shutdown, plx_stream_shutdown_new(&my->out));
    PLX_RETURN(nothing);
    PLX_END;
}

struct server {
    plx_tcp_listener listener;
};

static plx_tcp_incoming incoming(struct server *server)
{
    return plx_tcp_listener_incoming(PLX_MOVE(server->listener));
}

static plx_ok serve(struct server *server, plx_tcp_incoming_item item)
{
    plx_buf_reader reader = plx_buf_reader_new(plx_stream_of_tcp(item.stream), 2000);
    (void)server;
    return PLX_SPAWN(echo, echo_new((struct echo_vars){.reader = reader})) ? plx_err(-ENOMEM) : plx_ok_new();
}

PLX_START(each_connection, struct server, plx_tcp_incoming, incoming)
PLX_FOR_EACH(echo_server, each_connection, plx_ok, serve)
PLX_HANDLE(serving, echo_server)

/* ── the client: one task sends, in chunks; another reads ──────────────────────────────────────────────── */

struct send_vars {
    plx_stream writer;
    const char *bytes;
    size_t sent, count;
};

static void send_cleanup(struct send_vars *my)
{
    plx_stream_drop(&my->writer);
}

#define SEND_AWAITS(AWAIT)                                                                                   \
    AWAIT(write, plx_stream_write_all)                                                                       \
    AWAIT(shutdown, plx_stream_shutdown)

static size_t next_chunk(const struct send_vars *my)
{
    return MUCH - my->sent < CHUNK ? MUCH - my->sent : CHUNK;
}

PLX_ASYNC(send_chunks, struct send_vars, plx_unit, SEND_AWAITS, send_cleanup)
{
    plx_unit nothing;
    PLX_BEGIN;
    while (my->sent < MUCH) {
        PLX_AWAIT(my->count, write,
                  plx_stream_write_all_new(&my->writer, my->bytes + my->sent, next_chunk(my)));
        my->sent += my->count;
    }
    PLX_AWAIT(nothing, shutdown, plx_stream_shutdown_new(&my->writer));
    PLX_RETURN(nothing);
    PLX_END;
}

PLX_HANDLE(sending, send_chunks)

static void echoes(struct plx_runtime *runtime, const char *at)
{
    struct plx_address address;
    struct server server;
    serving serving_handle;
    sending handle;
    plx_tcp_stream socket;
    plx_unit nothing;
    struct plx_bytes back = {0};
    size_t count;
    char *bytes = malloc(MUCH);
    assert_non_null(bytes);
    for (int i = 0; i < MUCH; i++)
        bytes[i] = (char)(i * 31 + (i >> 8) * 7);

    assert_int_equal(plx_address_parse(at, &address), 0);
    assert_int_equal(plx_tcp_listener_bind(address, &server.listener), 0);
    address = server.listener.address;
    assert_int_equal(serving_spawn_on(runtime, echo_server_new(&server), &serving_handle), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_tcp_connect, plx_tcp_connect_new(address), &socket), 0);
    plx_stream stream = plx_stream_of_tcp(PLX_MOVE(socket)), reader, writer;
    assert_int_equal(plx_stream_split(&stream, &reader, &writer), 0);
    assert_int_equal(sending_spawn_on(runtime,
                                      send_chunks_new((struct send_vars){.writer = writer, .bytes = bytes}),
                                      &handle),
                     0);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_read_to_end,
                                  plx_stream_read_to_end_new(&reader, &back, SIZE_MAX), &count),
                     0);
    assert_int_equal(count, MUCH);
    assert_memory_equal(back.at, bytes, MUCH);
    assert_int_equal(sending_wait(&handle, &nothing), 0);
    plx_stream_drop(&reader);
    serving_drop(&serving_handle);
    plx_bytes_done(&back);
    free(bytes);
}

static void with_every_selector(struct plx_runtime_options options)
{
    const struct plx_selector_ops *selectors[] = {&plx_epoll, &plx_poll};
    for (int i = 0; i < 2; i++) {
        options.selector = selectors[i];
        struct plx_runtime *runtime = runtime_of(options);
        echoes(runtime, "127.0.0.1:0");
        echoes(runtime, "[::1]:0");
        plx_runtime_free(runtime);
    }
}

/* conformance 321 */
static void a_mebibyte_in_a_thread_pool(void **state)
{
    (void)state;
    with_every_selector((struct plx_runtime_options){.workers = 3});
}

/* conformance 321 */
static void a_mebibyte_on_one_thread(void **state)
{
    (void)state;
    with_every_selector((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mebibyte_in_a_thread_pool),
        cmocka_unit_test(a_mebibyte_on_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
