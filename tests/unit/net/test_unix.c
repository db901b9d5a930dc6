/* SPDX-License-Identifier: MIT
 *
 * Unix streams: under a path, under an abstract name, in pairs; who is there; and how connecting fails.
 */
#include "tests/unit/net/net.h"
#include "tests/support/run.h"

/* A new one at every call: a path stays when its listener goes. */
static struct plx_address at_path(void)
{
    static int number;
    char path[128];
    struct plx_address address;
    snprintf(path, sizeof path, "%s/%d", test_folder(), number++);
    assert_int_equal(plx_address_unix(path, &address), 0);
    return address;
}

static struct plx_address at_name(const char *name)
{
    char text[64];
    struct plx_address address;
    snprintf(text, sizeof text, "@pollux-test-%d-%s", (int)getpid(), name);
    assert_int_equal(plx_address_unix(text, &address), 0);
    return address;
}

static int connect_to(struct plx_address to, plx_stream *stream)
{
    return PLX_BLOCK_ON(runtime, plx_unix_connect, plx_unix_connect_new(to), stream);
}

static int write_all(plx_stream *stream, const char *text)
{
    size_t count;
    return PLX_BLOCK_ON(runtime, plx_stream_write_all, plx_stream_write_all_new(stream, text, strlen(text)),
                        &count);
}

static int read_exact(plx_stream *stream, char *bytes, size_t size)
{
    size_t count;
    return PLX_BLOCK_ON(runtime, plx_stream_read_exact, plx_stream_read_exact_new(stream, bytes, size),
                        &count);
}

/* ── the deck's server, over Unix sockets ─────────────────────────────────────────────────────────────── */

/* Echoes one connection to its end. */
struct echo_vars {
    plx_stream stream;
    uint64_t copied;
};

static void echo_cleanup(struct echo_vars *my)
{
    plx_stream_drop(&my->stream);
}

#define ECHO_AWAITS(AWAIT) AWAIT(copy, plx_copy)

PLX_ASYNC(echo, struct echo_vars, plx_unit, ECHO_AWAITS, echo_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->copied, copy, plx_copy_new(&my->stream, &my->stream));
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

struct server {
    plx_unix_listener listener;
};

static plx_unix_incoming incoming(struct server *server)
{
    return plx_unix_listener_incoming(PLX_MOVE(server->listener));
}

static plx_ok serve(struct server *server, plx_unix_incoming_item item)
{
    (void)server;
    return PLX_SPAWN(echo, echo_new((struct echo_vars){.stream = item.stream})) ? plx_err(-ENOMEM)
                                                                                : plx_ok_new();
}

PLX_START(each_connection, struct server, plx_unix_incoming, incoming)
PLX_FOR_EACH(echo_server, each_connection, plx_ok, serve)
PLX_HANDLE(serving, echo_server)

/* conformance 325 */
static void echoes(void **state)
{
    struct plx_address addresses[] = {at_path(), at_name("echo")};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct server server;
        serving handle;
        plx_stream one, other;
        char bytes[8];
        assert_int_equal(plx_unix_listener_bind(addresses[i], &server.listener), 0);
        assert_int_equal(serving_spawn_on(runtime, echo_server_new(&server), &handle), 0);
        assert_int_equal(connect_to(addresses[i], &one), 0);
        assert_int_equal(connect_to(addresses[i], &other), 0);
        assert_int_equal(write_all(&one, "one"), 0);
        assert_int_equal(write_all(&other, "other"), 0);
        assert_int_equal(read_exact(&other, bytes, 5), 0);
        assert_memory_equal(bytes, "other", 5);
        assert_int_equal(read_exact(&one, bytes, 3), 0);
        assert_memory_equal(bytes, "one", 3);
        plx_stream_drop(&one);
        plx_stream_drop(&other);
        plx_runtime_free(runtime); /* ends the server, and closes its socket */
        serving_drop(&handle);
        runtime = runtime_of((struct plx_runtime_options){.workers = 1});
        assert_int_equal(connect_to(addresses[i], &one), -ECONNREFUSED);
    }
}

static void pairs(void **state)
{
    plx_stream a, b;
    char bytes[8];
    (void)state;
    assert_int_equal(plx_unix_pair(&a, &b), 0);
    assert_int_equal(write_all(&a, "hello"), 0);
    assert_int_equal(read_exact(&b, bytes, 5), 0);
    assert_memory_equal(bytes, "hello", 5);
    plx_stream_drop(&a);
    assert_int_equal(read_exact(&b, bytes, 1), PLX_UNEXPECTED_END);
    assert_int_equal(write_all(&b, "x"), -EPIPE);
    plx_stream_drop(&b);
}

/* Polls a read once, whatever it answers. */
typedef struct try_once {
    plx_stream *stream;
} try_once;
typedef int try_once_item;

static enum plx_answer try_once_poll(try_once *self, plx_context *cx, int *out)
{
    char byte;
    size_t count;
    *out = (int)plx_stream_poll_read(self->stream, cx, &byte, 1, &count);
    return PLX_READY;
}

static void try_once_drop(try_once *self)
{
    (void)self;
}

PLX_LEAF(try_once)

/* A read ends where a descriptor was sent along, though more bytes are there: a short count must not be
 * taken for an empty socket. */
static void a_read_that_ends_early(void **state)
{
    plx_stream a, b;
    char bytes[16];
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec part = {"first", 5};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    size_t count;
    int answer;
    (void)state;
    assert_int_equal(plx_unix_pair(&a, &b), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, try_once, (try_once){&b}, &answer), 0);
    assert_int_equal(answer, PLX_NOT_READY); /* from now on it is the reactor that says what is there */
    *(int *)(void *)CMSG_DATA(&control.header) = STDIN_FILENO;
    assert_int_equal(sendmsg(plx_stream_fd(&a), &message, 0), 5);
    assert_int_equal(send(plx_stream_fd(&a), "second", 6, 0), 6);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_read, plx_stream_read_new(&b, bytes, 16), &count), 0);
    assert_int_equal(count, 5);
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_stream_read, plx_stream_read_new(&b, bytes, 16), &count), 0);
    assert_int_equal(count, 6);
    plx_stream_drop(&a);
    plx_stream_drop(&b);
}

static void who_is_there(void **state)
{
    struct plx_credentials peer;
    plx_stream a, b, duplex[2];
    (void)state;
    assert_int_equal(plx_unix_pair(&a, &b), 0);
    assert_int_equal(plx_unix_credentials(&a, &peer), 0);
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, getuid());
    assert_int_equal(peer.gid, getgid());
    assert_int_equal(plx_duplex(1, &duplex[0], &duplex[1]), 0);
    assert_int_equal(plx_unix_credentials(&duplex[0], &peer), -EBADF);
    plx_stream_drop(&a);
    plx_stream_drop(&b);
    plx_stream_drop(&duplex[0]);
    plx_stream_drop(&duplex[1]);
}

static void nobody_is_there(void **state)
{
    struct plx_address path = at_path();
    plx_unix_listener listener, second;
    plx_stream stream;
    (void)state;
    assert_int_equal(connect_to(path, &stream), -ENOENT);
    assert_int_equal(plx_unix_listener_bind(path, &listener), 0);
    assert_int_equal(plx_unix_listener_bind(path, &second), -EADDRINUSE);
    plx_unix_listener_drop(&listener);
    assert_int_equal(connect_to(path, &stream), -ECONNREFUSED);
    assert_int_equal(plx_unix_listener_bind(path, &second), -EADDRINUSE); /* the file is still there */
    assert_int_equal(plx_unix_listener_bind(address_at("127.0.0.1:0"), &second), -EINVAL);
}

/* A connect that tells when it has had to wait. */
typedef struct told_connect {
    plx_unix_connect connect;
    _Atomic int *waited;
} told_connect;
typedef plx_stream told_connect_item;

static enum plx_answer told_connect_poll(told_connect *self, plx_context *cx, plx_stream *out)
{
    enum plx_answer answer = plx_unix_connect_poll(&self->connect, cx, out);
    atomic_fetch_add(self->waited, 1);
    return answer;
}

static void told_connect_drop(told_connect *self)
{
    plx_unix_connect_drop(&self->connect);
}

PLX_LEAF(told_connect)
PLX_HANDLE(connecting, told_connect)

/* The backlog is full: connect would block, and nothing tells when it would not. It is tried again after a
 * while. */
static void a_full_backlog(void **state)
{
    struct plx_address at = at_name("full");
    int clients[64], count = 0;
    _Atomic int waited = 0;
    connecting handle;
    plx_stream late;
    (void)state;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at.storage, at.length), 0);
    assert_int_equal(listen(listener, 1), 0);
    for (;; count++) {
        assert_true(count < 64);
        clients[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(clients[count], (struct sockaddr *)&at.storage, at.length) < 0)
            break;
    }
    assert_int_equal(errno, EAGAIN);
    close(clients[count]);
    told_connect told = {plx_unix_connect_new(at), &waited};
    assert_int_equal(connecting_spawn_on(runtime, told, &handle), 0);
    while (!atomic_load(&waited)) {
        plx_unit nothing;
        assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    }
    for (int i = 0; i < count; i++)
        close(accept(listener, NULL, NULL));
    assert_int_equal(connecting_wait(&handle, &late), 0);
    int peer = accept(listener, NULL, NULL);
    assert_int_equal(write_all(&late, "x"), 0);
    assert_int_equal(recv(peer, &(char){0}, 1, 0), 1);
    close(peer);
    plx_stream_drop(&late);
    while (count)
        close(clients[--count]);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        net_test(echoes),       net_test(pairs),           net_test(a_read_that_ends_early),
        net_test(who_is_there), net_test(nobody_is_there), net_test(a_full_backlog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
