/* SPDX-License-Identifier: MIT
 *
 * PollEvented: when and where it is registered, and what it is ready for before that.
 */
#include "tests/unit/reactor/fixture.h"

#include "lib/reactor/source_name.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* ── tried first ───────────────────────────────────────────────────────────────────────────────────────── */

/* As long as nothing would block, nothing is registered. */
static void a_short_connection_is_never_registered(void **state)
{
    plx_poll_evented io = plx_poll_evented_try_first(ends[0]);
    (void)state;
    send_byte();
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    take_byte();
    assert_int_equal(ready(&io, PLX_WRITE), PLX_READY);
    assert_int_equal(write(ends[0], "y", 1), 1);
    assert_int_equal(plx_reactor_sources(reactor), 0);
    assert_int_equal(kept, 0);
    plx_poll_evented_drop(&io);
}

static void what_would_block_is_registered(void **state)
{
    plx_poll_evented io = plx_poll_evented_try_first(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    would_block(&io, PLX_READ);
    assert_int_equal(plx_reactor_sources(reactor), 0);
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    assert_int_equal(plx_reactor_sources(reactor), 1);
    assert_int_equal(ready(&io, PLX_WRITE), PLX_READY); /* that was not tried yet */
    send_byte();
    turn(-1);
    assert_int_equal(notified, 1);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    plx_poll_evented_drop(&io);
}

/* What comes between the try that failed and the registration is told by the registration. conformance 200,
 * 201 */
static void a_byte_before_the_registration_is_told(void **state)
{
    plx_poll_evented io = plx_poll_evented_try_first(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    send_byte();
    would_block(&io, PLX_READ);
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    turn(-1);
    assert_int_equal(notified, 1);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    plx_poll_evented_drop(&io);
}

/* The other direction registers it while this one is being tried: an event that came with it must not be
 * taken back by a look from before. conformance 201 */
static void registered_while_it_is_tried(void **state)
{
    plx_poll_evented io = plx_poll_evented_try_first(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    uint64_t before = seen;
    would_block(&io, PLX_WRITE);
    assert_int_equal(ready(&io, PLX_WRITE), PLX_NOT_READY);
    send_byte();
    turn(-1);
    plx_poll_evented_clear(&io, PLX_READ, before);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    plx_poll_evented_drop(&io);
}

/* conformance 204: made and tried outside of any runtime; only waiting needs one. */
static void tried_outside_of_a_runtime(void **state)
{
    plx_poll_evented io = plx_poll_evented_try_first(ends[0]), none = {0};
    plx_context outside = {.waker = {&counter, 1}};
    (void)state;
    assert_int_equal(plx_poll_evented_ready(&io, &outside, PLX_READ, &seen), PLX_READY);
    would_block(&io, PLX_READ);
    assert_int_equal(plx_poll_evented_ready(&io, &outside, PLX_READ, &seen), PLX_FAILED);
    assert_int_equal(outside.error.code, -ENOTCONN);
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY); /* in one, it is registered */
    plx_poll_evented_drop(&io);
    assert_int_equal(ready(&none, PLX_READ), PLX_FAILED);
    assert_int_equal(context.error.code, -EBADF);
}

/* conformance 191 */
static void registered_too_late(void **state)
{
    plx_poll_evented io = plx_poll_evented_try_first(ends[0]);
    (void)state;
    plx_reactor_shutdown(reactor);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    would_block(&io, PLX_READ);
    assert_int_equal(ready(&io, PLX_READ), PLX_FAILED);
    assert_int_equal(context.error.code, -ESHUTDOWN);
    assert_int_equal(ready(&io, PLX_READ), PLX_FAILED);
    plx_poll_evented_drop(&io);
}

/* After the end all is an error, also what was known to be ready. conformance 191 */
static void ready_before_the_end(void **state)
{
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    assert_int_equal(ready(&io, PLX_WRITE), PLX_READY);
    plx_reactor_shutdown(reactor);
    assert_int_equal(ready(&io, PLX_WRITE), PLX_FAILED);
    assert_int_equal(context.error.code, -ESHUTDOWN);
    plx_poll_evented_drop(&io);
}

/* ── two at once ───────────────────────────────────────────────────────────────────────────────────────── */

static struct {
    plx_poll_evented io;
    pthread_barrier_t both;
    int fd;
} shared;

static void *first_poll(void *direction)
{
    plx_context mine = {.waker = {&counter, 1}, .runtime = runtime};
    uint64_t unused;
    for (unsigned i = 0; i < scaled(2000); i++) {
        pthread_barrier_wait(&shared.both);
        enum plx_answer answer = plx_poll_evented_ready(&shared.io, &mine,
                                                        (enum plx_direction)(uintptr_t)direction, &unused);
        pthread_barrier_wait(&shared.both);
        if (answer != PLX_NOT_READY)
            return direction ? direction : &shared;
    }
    return NULL;
}

/* conformance 205: reader and writer are polled for the first time by two threads; one registers, and the
 * other one waits at the same slot. */
static void first_polls_at_once(void **state)
{
    void *wrong;
    pthread_t threads[2];
    (void)state;
    assert_int_equal(pthread_barrier_init(&shared.both, NULL, 3), 0);
    for (uintptr_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, first_poll, (void *)i), 0);
    for (unsigned i = 0; i < scaled(2000); i++) {
        shared.io = plx_poll_evented_of(ends[0]);
        pthread_barrier_wait(&shared.both);
        pthread_barrier_wait(&shared.both);
        assert_int_equal(plx_reactor_sources(reactor), 1);
        assert_int_equal(plx_poll_evented_into_fd(&shared.io), ends[0]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    pthread_barrier_destroy(&shared.both);
    close(ends[0]);
}

/* A source stays with its reactor, whoever polls it. */
static void polled_from_another_runtime(void **state)
{
    struct plx_runtime *other = runtime_of(
        (struct plx_runtime_options){.kind = PLX_CURRENT_THREAD, .selector = selector});
    plx_poll_evented io = settled(ends[0]);
    (void)state;
    context.runtime = other;
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    assert_int_equal(plx_runtime_sources(other), 0);
    plx_runtime_free(other);
    send_byte();
    turn(-1);
    assert_int_equal(notified, 1);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    plx_poll_evented_drop(&io);
}

/* ── kinds of descriptors ──────────────────────────────────────────────────────────────────────────────── */

/* conformance 198: what was written before the end is read before the end. */
static void a_pipe_to_its_end(void **state)
{
    int pipe_ends[2];
    char bytes[8];
    (void)state;
    assert_int_equal(pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC), 0);
    plx_poll_evented io = plx_poll_evented_of(pipe_ends[0]);
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    assert_int_equal(write(pipe_ends[1], "last", 4), 4);
    close(pipe_ends[1]);
    turn(-1);
    assert_int_equal(notified, 1);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    assert_int_equal(read(pipe_ends[0], bytes, sizeof bytes), 4);
    would_block(&io, PLX_READ);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY); /* the end */
    assert_int_equal(read(pipe_ends[0], bytes, sizeof bytes), 0);
    plx_poll_evented_drop(&io);
    close(ends[0]);
}

/* Who waits to write learns that nobody reads any more. conformance 199 */
static void a_pipe_whose_reader_goes(void **state)
{
    int pipe_ends[2];
    char bytes[4096] = "";
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC), 0);
    plx_poll_evented io = settled(pipe_ends[1]);
    while (write(pipe_ends[1], bytes, sizeof bytes) > 0)
        ;
    assert_int_equal(ready(&io, PLX_WRITE), PLX_READY);
    would_block(&io, PLX_WRITE);
    assert_int_equal(ready(&io, PLX_WRITE), PLX_NOT_READY);
    close(pipe_ends[0]);
    turn(-1);
    assert_int_equal(notified, 1);
    assert_int_equal(ready(&io, PLX_WRITE), PLX_READY);
    assert_int_equal(write(pipe_ends[1], bytes, 1), -1);
    assert_int_equal(errno, EPIPE);
    plx_poll_evented_drop(&io);
    close(ends[0]);
}

/* An error that is told once must not make it ready for ever: whoever reads would never come to an end. */
static void an_error_of_a_datagram_socket_is_told_once(void **state)
{
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof nobody;
    char byte;
    (void)state;
    int closed = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(closed, (struct sockaddr *)&nobody, size), 0);
    assert_int_equal(getsockname(closed, (struct sockaddr *)&nobody, &size), 0);
    close(closed);
    assert_int_equal(connect(fd, (struct sockaddr *)&nobody, size), 0);

    plx_poll_evented io = settled(fd);
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    assert_int_equal(send(fd, "x", 1, 0), 1);
    while (!notified)
        turn(-1);
    assert_int_equal(ready(&io, PLX_READ), PLX_READY);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    would_block(&io, PLX_READ);
    assert_int_equal(ready(&io, PLX_READ), PLX_NOT_READY);
    plx_poll_evented_drop(&io);
    close(ends[0]);
}

/* What a trace calls a descriptor that nobody has given a name. */
static void names(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof any;
    char name[PLX_TEXT_MAX], expected[PLX_TEXT_MAX];
    int pipe_ends[2];
    (void)state;
    plx__source_name(ends[0], name);
    assert_string_equal(name, "unix");
    plx__source_name(9999, name);
    assert_string_equal(name, "source");
    assert_int_equal(pipe(pipe_ends), 0);
    plx__source_name(pipe_ends[1], name);
    assert_string_equal(name, "pipe");

    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0),
        datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    plx__source_name(datagrams, name);
    assert_string_equal(name, "udp");
    assert_int_equal(bind(listener, (struct sockaddr *)&any, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&any, &size), 0);
    plx__source_name(client, name);
    assert_string_equal(name, "tcp");
    assert_int_equal(connect(client, (struct sockaddr *)&any, size), 0);
    snprintf(expected, sizeof expected, "tcp %u", ntohs(any.sin_port));
    plx__source_name(client, name);
    assert_string_equal(name, expected);
    snprintf(expected, sizeof expected, "listener %u", ntohs(any.sin_port));
    plx__source_name(listener, name);
    assert_string_equal(name, expected);

    int fds[] = {listener, client, datagrams, pipe_ends[0], pipe_ends[1], ends[0]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close(fds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reactor_test(a_short_connection_is_never_registered),
        reactor_test(what_would_block_is_registered),
        reactor_test(a_byte_before_the_registration_is_told),
        reactor_test(registered_while_it_is_tried),
        reactor_test(tried_outside_of_a_runtime),
        reactor_test(registered_too_late),
        reactor_test(ready_before_the_end),
        reactor_test(first_polls_at_once),
        reactor_test(polled_from_another_runtime),
        reactor_test(a_pipe_to_its_end),
        reactor_test(a_pipe_whose_reader_goes),
        reactor_test(an_error_of_a_datagram_socket_is_told_once),
        reactor_test(names),
    };
    return RUN_WITH_EACH_SELECTOR(tests);
}
