/* SPDX-License-Identifier: MIT
 *
 * Datagrams: UDP over IPv4 and IPv6, and Unix: to anybody and connected; empty, cut off, refused, and too
 * many.
 */
#include "tests/unit/net/net.h"

#include <time.h>

static struct plx_address address_of(plx_datagram *socket)
{
    struct plx_address address;
    assert_int_equal(plx_datagram_local(socket, &address), 0);
    return address;
}

static plx_datagram udp_at(const char *text)
{
    plx_datagram socket;
    assert_int_equal(plx_udp_bind(address_at(text), &socket), 0);
    return socket;
}

static int send_to(plx_datagram *socket, const char *text, struct plx_address to)
{
    plx_unit nothing;
    return PLX_BLOCK_ON(runtime, plx_datagram_send_to,
                        plx_datagram_send_to_new(socket, text, strlen(text), to), &nothing);
}

static int send_on(plx_datagram *socket, const char *text)
{
    plx_unit nothing;
    return PLX_BLOCK_ON(runtime, plx_datagram_send, plx_datagram_send_new(socket, text, strlen(text)),
                        &nothing);
}

static int receive(plx_datagram *socket, void *bytes, size_t size, plx_received *received)
{
    return PLX_BLOCK_ON(runtime, plx_datagram_recv, plx_datagram_recv_new(socket, bytes, size), received);
}

static void expect(plx_datagram *socket, const char *text, const struct plx_address *from)
{
    char bytes[64], one[PLX_ADDRESS_TEXT_MAX], other[PLX_ADDRESS_TEXT_MAX];
    plx_received received;
    assert_int_equal(receive(socket, bytes, sizeof bytes, &received), 0);
    assert_int_equal(received.count, strlen(text));
    assert_memory_equal(bytes, text, received.count);
    assert_false(received.truncated);
    if (from)
        assert_string_equal(plx_address_text(&received.from, one), plx_address_text(from, other));
}

/* ── UDP ──────────────────────────────────────────────────────────────────────────────────────────────── */

/* conformance 323 */
static void to_anybody(void **state)
{
    const char *texts[] = {"127.0.0.1:0", "[::1]:0"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        plx_datagram a = udp_at(texts[i]), b = udp_at(texts[i]);
        struct plx_address of_a = address_of(&a), of_b = address_of(&b);
        assert_int_equal(send_to(&a, "question", of_b), 0);
        expect(&b, "question", &of_a);
        assert_int_equal(send_to(&b, "", of_a), 0); /* an empty one comes too */
        expect(&a, "", &of_b);
        assert_int_equal(send_to(&b, "answer", of_a), 0);
        expect(&a, "answer", &of_b);
        plx_datagram_drop(&a);
        plx_datagram_drop(&b);
    }
}

/* conformance 323 */
static void connected(void **state)
{
    plx_datagram a = udp_at("127.0.0.1:0"), b = udp_at("127.0.0.1:0"), stranger = udp_at("127.0.0.1:0");
    struct plx_address of_a = address_of(&a), of_b = address_of(&b), peer;
    char one[PLX_ADDRESS_TEXT_MAX], other[PLX_ADDRESS_TEXT_MAX];
    (void)state;
    assert_int_equal(send_on(&a, "to whom?"), -EDESTADDRREQ);
    assert_int_equal(plx_datagram_connect(&a, &of_b), 0);
    assert_int_equal(plx_datagram_connect(&b, &of_a), 0);
    assert_int_equal(plx_datagram_peer(&a, &peer), 0);
    assert_string_equal(plx_address_text(&peer, one), plx_address_text(&of_b, other));
    assert_int_equal(send_to(&stranger, "noise", of_b), 0);
    assert_int_equal(send_on(&a, ""), 0);
    assert_int_equal(send_on(&a, "hello"), 0);
    expect(&b, "", &of_a);
    expect(&b, "hello", &of_a);
    plx_datagram_drop(&a);
    plx_datagram_drop(&b);
    plx_datagram_drop(&stranger);
}

static void cut_off(void **state)
{
    plx_datagram a = udp_at("127.0.0.1:0"), b = udp_at("127.0.0.1:0");
    plx_received received;
    char bytes[4];
    (void)state;
    assert_int_equal(send_to(&a, "12345", address_of(&b)), 0);
    assert_int_equal(send_to(&a, "1234", address_of(&b)), 0);
    assert_int_equal(receive(&b, bytes, 4, &received), 0);
    assert_int_equal(received.count, 4);
    assert_true(received.truncated);
    assert_int_equal(receive(&b, bytes, 4, &received), 0); /* the rest is gone: this is the next one */
    assert_int_equal(received.count, 4);
    assert_false(received.truncated);
    plx_datagram_drop(&a);
    plx_datagram_drop(&b);
}

PLX_HANDLE(receiving, plx_datagram_recv)

/* An error is told once, and the socket lives on: the next one waits. */
static void nobody_is_there(void **state)
{
    plx_datagram a = udp_at("127.0.0.1:0"), b = udp_at("127.0.0.1:0");
    struct plx_address of_b = address_of(&b), of_a;
    plx_received received;
    receiving handle;
    char bytes[4];
    (void)state;
    plx_datagram_drop(&b);
    assert_int_equal(plx_datagram_connect(&a, &of_b), 0);
    assert_int_equal(send_on(&a, "x"), 0);
    assert_int_equal(receive(&a, bytes, 4, &received), -ECONNREFUSED);
    assert_int_equal(receiving_spawn_on(runtime, plx_datagram_recv_new(&a, bytes, 4), &handle), 0);
    assert_int_equal(plx_udp_bind(of_b, &b), 0);
    assert_int_equal(plx_datagram_local(&a, &of_a), 0);
    assert_int_equal(send_on(&a, "y"), 0);
    expect(&b, "y", NULL);
    assert_int_equal(send_to(&b, "z", of_a), 0);
    assert_int_equal(receiving_wait(&handle, &received), 0);
    assert_int_equal(bytes[0], 'z');
    plx_datagram_drop(&a);
    plx_datagram_drop(&b);
}

static void too_large(void **state)
{
    static char bytes[70000];
    plx_datagram a = udp_at("127.0.0.1:0");
    plx_unit nothing;
    (void)state;
    assert_int_equal(PLX_BLOCK_ON(runtime, plx_datagram_send_to,
                                  plx_datagram_send_to_new(&a, bytes, sizeof bytes, address_of(&a)),
                                  &nothing),
                     -EMSGSIZE);
    plx_datagram_drop(&a);
}

/* A task that waits is woken by what comes. */
static void waits_for_one(void **state)
{
    plx_datagram a = udp_at("127.0.0.1:0"), b = udp_at("127.0.0.1:0");
    receiving handle;
    plx_received received;
    char bytes[8];
    (void)state;
    assert_int_equal(receiving_spawn_on(runtime, plx_datagram_recv_new(&b, bytes, 8), &handle), 0);
    assert_int_equal(send_to(&a, "wake up", address_of(&b)), 0);
    assert_int_equal(receiving_wait(&handle, &received), 0);
    assert_int_equal(received.count, 7);
    plx_datagram_drop(&a);
    plx_datagram_drop(&b);
}

static void empty_sockets(void **state)
{
    plx_datagram none = {0};
    struct plx_address at = {0};
    plx_received received;
    (void)state;
    assert_int_equal(plx_datagram_fd(&none), -1);
    assert_int_equal(plx_datagram_local(&none, &at), -EBADF);
    assert_int_equal(plx_datagram_connect(&none, &at), -EBADF);
    assert_int_equal(send_on(&none, "x"), -EBADF);
    assert_int_equal(receive(&none, NULL, 0, &received), -EBADF);
    assert_int_equal(plx_udp_bind(at, &none), -EAFNOSUPPORT);
    assert_int_equal(plx_unix_datagram_bind(at, &none), -EINVAL);
    plx_datagram_drop(&none);
}

/* ── Unix ─────────────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_address abstract(const char *name)
{
    char text[64];
    struct plx_address address;
    snprintf(text, sizeof text, "@pollux-test-%d-%s", (int)getpid(), name);
    assert_int_equal(plx_address_unix(text, &address), 0);
    return address;
}

/* conformance 325 */
static void unix_echo(void **state)
{
    struct plx_address at = abstract("echo"), of_client = abstract("client");
    plx_datagram server, client, nameless, a, b;
    (void)state;
    assert_int_equal(plx_unix_datagram_bind(at, &server), 0);
    assert_int_equal(plx_unix_datagram_bind(of_client, &client), 0);
    assert_int_equal(plx_unix_datagram_unbound(&nameless), 0);
    assert_int_equal(send_to(&client, "echo", at), 0);
    expect(&server, "echo", &of_client);
    assert_int_equal(send_to(&server, "echo", of_client), 0);
    expect(&client, "echo", &at);
    assert_int_equal(send_to(&nameless, "from nobody", at), 0);
    expect(&server, "from nobody", NULL);

    assert_int_equal(plx_unix_datagram_pair(&a, &b), 0);
    assert_int_equal(send_on(&a, "there"), 0);
    expect(&b, "there", NULL);
    assert_int_equal(send_on(&b, ""), 0);
    expect(&a, "", NULL);
    plx_datagram_drop(&b);
    assert_int_equal(send_on(&a, "x"), -ECONNREFUSED);
    plx_datagram_drop(&a);
    plx_datagram_drop(&server);
    plx_datagram_drop(&client);
    plx_datagram_drop(&nameless);
}

enum { MANY = 200, PAUSE_NS = 20 * 1000 * 1000 };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

struct burst {
    plx_datagram *socket;
    const struct plx_address *to; /* NULL: connected */
};

/* Sends MANY of them, one after the other; counts how often it has to wait. */
typedef struct send_many {
    struct burst burst;
    int sent;
    _Atomic int *waited;
} send_many;
typedef int send_many_item;

static enum plx_answer send_many_poll(send_many *self, plx_context *cx, int *out)
{
    while (self->sent < MANY) {
        enum plx_answer answer = plx_datagram_poll_send(self->burst.socket, cx, &self->sent,
                                                        sizeof self->sent, self->burst.to);
        if (answer == PLX_NOT_READY)
            atomic_fetch_add(self->waited, 1);
        if (answer != PLX_READY)
            return answer;
        self->sent++;
    }
    *out = self->sent;
    return PLX_READY;
}

static void send_many_drop(send_many *self)
{
    (void)self;
}

PLX_LEAF(send_many)
PLX_HANDLE(sending, send_many)

/* Until the sender has met a full queue so often. Whoever runs on this thread gets it. */
static void until_it_waits(const _Atomic int *waited, int times)
{
    while (atomic_load(waited) < times) {
        plx_unit nothing;
        assert_int_equal(PLX_BLOCK_ON(runtime, plx_yield, plx_yield_new(), &nothing), 0);
    }
}

static void receive_many(plx_datagram *socket)
{
    for (int i = 0; i < MANY; i++) {
        plx_received received;
        int number = -1;
        assert_int_equal(receive(socket, &number, sizeof number, &received), 0);
        assert_int_equal(number, i);
    }
}

/* conformance 325; real bugs 61: the receiver's queue is full: send would block, its readiness is cleared,
 * and comes back when he reads. */
static void a_full_queue_makes_the_sender_wait(void **state)
{
    plx_datagram a, b;
    sending handle;
    _Atomic int waited = 0;
    int sent;
    (void)state;
    assert_int_equal(plx_unix_datagram_pair(&a, &b), 0);
    assert_int_equal(sending_spawn_on(runtime, (send_many){.burst = {&a, NULL}, .waited = &waited}, &handle),
                     0);
    until_it_waits(&waited, 1);
    receive_many(&b);
    assert_int_equal(sending_wait(&handle, &sent), 0);
    plx_datagram_drop(&a);
    plx_datagram_drop(&b);
}

/* The same, unconnected: the system calls the sender writable all the time, though there is no room. */
static void a_full_queue_of_a_stranger(void **state)
{
    struct plx_address at = abstract("full");
    plx_datagram server, filler, client;
    plx_received received;
    sending handle;
    _Atomic int waited = 0;
    char byte;
    int sent, filled = 0;
    (void)state;
    assert_int_equal(plx_unix_datagram_bind(at, &server), 0);
    assert_int_equal(plx_unix_datagram_unbound(&filler), 0);
    assert_int_equal(plx_unix_datagram_unbound(&client), 0);
    while (sendto(plx_datagram_fd(&filler), "x", 1, MSG_DONTWAIT, (struct sockaddr *)&at.storage,
                  at.length) == 1)
        filled++;
    assert_int_equal(errno, EAGAIN);
    assert_true(filled > 0);
    assert_int_equal(
        sending_spawn_on(runtime, (send_many){.burst = {&client, &at}, .waited = &waited}, &handle), 0);
    int64_t from = now_ns();
    until_it_waits(&waited, 6);
    assert_true(now_ns() - from >= 2 * (int64_t)PAUSE_NS); /* it has not tried without a pause */
    for (int i = 0; i < filled; i++)
        assert_int_equal(receive(&server, &byte, 1, &received), 0);
    receive_many(&server);
    assert_int_equal(sending_wait(&handle, &sent), 0);
    plx_datagram_drop(&server);
    plx_datagram_drop(&filler);
    plx_datagram_drop(&client);
}

/* ── frames ───────────────────────────────────────────────────────────────────────────────────────────── */

static int send_frame(plx_datagram_framed *framed, const char *frame, struct plx_address to)
{
    plx_unit nothing;
    return PLX_BLOCK_ON(runtime, plx_datagram_framed_send,
                        plx_datagram_framed_send_new(framed, frame, strlen(frame), to), &nothing);
}

static int next(plx_datagram_framed *framed, plx_datagram_frame *got)
{
    return PLX_BLOCK_ON(runtime, plx_datagram_framed_next, plx_datagram_framed_next_new(framed), got);
}

static void expect_frame(plx_datagram_framed *framed, const char *text)
{
    plx_datagram_frame got;
    assert_int_equal(next(framed, &got), 0);
    assert_int_equal(got.frame.size, strlen(text));
    assert_memory_equal(got.frame.at, text, got.frame.size);
}

/* conformance 324 */
static void frames_there_and_back(void **state)
{
    plx_datagram a = udp_at("127.0.0.1:0"), b = udp_at("127.0.0.1:0");
    struct plx_address of_a = address_of(&a), of_b = address_of(&b);
    struct plx_line_codec lines_a = plx_line_codec(20), lines_b = plx_line_codec(20);
    plx_datagram_framed one = plx_datagram_framed_new(&a, &lines_a.codec);
    plx_datagram_framed other = plx_datagram_framed_new(&b, &lines_b.codec);
    char text[PLX_ADDRESS_TEXT_MAX], expected[PLX_ADDRESS_TEXT_MAX];
    plx_datagram_frame got;
    (void)state;
    assert_int_equal(send_frame(&one, "a line", of_b), 0);
    assert_int_equal(next(&other, &got), 0);
    assert_int_equal(got.frame.size, 6);
    assert_string_equal(plx_address_text(&got.from, text), plx_address_text(&of_a, expected));
    assert_int_equal(send_frame(&other, "", got.from), 0);
    expect_frame(&one, "");
    assert_int_equal(send_frame(&one, "a line that is much too long", of_b), -EMSGSIZE);
    assert_int_equal(send_to(&a, "several\nin one\r\nthe last", of_b), 0);
    assert_int_equal(send_to(&a, "", of_b), 0); /* nothing in it */
    assert_int_equal(send_to(&a, "next\n", of_b), 0);
    expect_frame(&other, "several");
    expect_frame(&other, "in one");
    expect_frame(&other, "the last");
    expect_frame(&other, "next");
    plx_datagram_framed_drop(&one);
    plx_datagram_framed_drop(&other);
    plx_datagram_drop(&a);
    plx_datagram_drop(&b);
}

/* conformance 324: what the codec does not like ends with its datagram. */
static void bad_frames(void **state)
{
    plx_datagram a = udp_at("127.0.0.1:0"), b = udp_at("127.0.0.1:0");
    struct plx_address of_b = address_of(&b);
    struct plx_line_codec lines = plx_line_codec(5);
    struct plx_length_codec lengths = plx_length_codec(
        (struct plx_length_options){.width = 1, .longest = 20});
    plx_datagram_framed framed = plx_datagram_framed_new(&b, &lines.codec);
    plx_datagram_frame got;
    (void)state;
    assert_int_equal(send_to(&a, "much too long\nrest\n", of_b), 0);
    assert_int_equal(send_to(&a, "good\n", of_b), 0);
    assert_int_equal(next(&framed, &got), -EMSGSIZE);
    expect_frame(&framed, "good");
    plx_datagram_framed_drop(&framed);

    framed = plx_datagram_framed_new(&b, &lengths.codec);
    assert_int_equal(send_to(&a, "\3one\5cut", of_b), 0);
    assert_int_equal(send_to(&a, "\30too long", of_b), 0);
    assert_int_equal(send_to(&a, "\4good", of_b), 0);
    expect_frame(&framed, "one");
    assert_int_equal(next(&framed, &got), PLX_UNEXPECTED_END);
    assert_int_equal(next(&framed, &got), -EMSGSIZE);
    expect_frame(&framed, "good");
    plx_datagram_framed_drop(&framed);
    plx_datagram_drop(&a);
    plx_datagram_drop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        net_test(to_anybody),
        net_test(connected),
        net_test(cut_off),
        net_test(nobody_is_there),
        net_test(too_large),
        net_test(waits_for_one),
        net_test(empty_sockets),
        net_test(unix_echo),
        net_test(a_full_queue_makes_the_sender_wait),
        net_test(a_full_queue_of_a_stranger),
        net_test(frames_there_and_back),
        net_test(bad_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
