/* SPDX-License-Identifier: MIT
 *
 * What the servers here have in common: they accept connections until they are told to stop.
 *
 *     plx_tcp_incoming      the stream of connections, which never ends
 *     serve_incoming        the same, but it ends at SIGINT or SIGTERM, so that the program can go in order
 *
 * A server is a for_each over serve_incoming:
 *
 *     if (serve_begin("echo", "6142", &server.incoming, &runtime))
 *         return 2;
 *     return SERVE("echo", runtime, echo, echo_new(&server));
 *
 * The signals come through a descriptor that one polls, and not through a handler (lib/process/signal.h),
 * because of TSan: it puts off a handler's call until the thread enters one of the functions that it knows,
 * and a thread that sleeps in our futex does not.
 */
#ifndef TESTS_SERVE_H
#define TESTS_SERVE_H

#include <pollux.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

/* ── the stream of connections ────────────────────────────────────────────────────────────────────────
 *
 *     a signal has come        → Ready(end)
 *     somebody connects        → Ready(stream)
 *     neither                  → NotReady: whichever comes first notifies the task
 */
typedef struct serve_incoming {
    plx_tcp_incoming sockets;
    plx_poll_evented stop; /* a signalfd */
} serve_incoming;
typedef plx_tcp_incoming_item serve_incoming_item;

static enum plx_answer serve_incoming_poll(serve_incoming *self, plx_context *cx, plx_tcp_incoming_item *out)
{
    uint64_t seen;
    int error = plx_poll_evented_register(&self->stop, cx, "stop signal");
    if (error)
        return plx_fail(cx, error);
    enum plx_answer stop = plx_poll_evented_ready(&self->stop, cx, PLX_READ, &seen);
    if (stop == PLX_NOT_READY)
        return plx_tcp_incoming_poll(&self->sockets, cx, out);
    *out = (plx_tcp_incoming_item){.end = true};
    return stop;
}

static void serve_incoming_drop(serve_incoming *self)
{
    plx_tcp_incoming_drop(&self->sockets);
    plx_poll_evented_drop(&self->stop);
}

PLX_LEAF(serve_incoming)

/* ── main ─────────────────────────────────────────────────────────────────────────────────────────── */

/* Blocked in all threads, as this comes before there are any. */
static int stop_signal(plx_poll_evented *stop)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error)
        return -error;
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    *stop = plx_poll_evented_of(fd);
    return 0;
}

static int serve_listen(const char *at, serve_incoming *incoming)
{
    struct plx_address address;
    plx_tcp_listener listener;
    int error = plx_address_parse(at, &address);
    if (!error)
        error = plx_tcp_listener_bind(address, &listener);
    if (!error)
        incoming->sockets = plx_tcp_listener_incoming(listener);
    return error ? error : stop_signal(&incoming->stop);
}

/* Binds to `port` of this machine, 0 for any, makes a runtime, and says where it listens: the tests read
 * that. */
static int serve_begin(const char *name, const char *port, serve_incoming *incoming,
                       struct plx_runtime **runtime)
{
    char text[PLX_ADDRESS_TEXT_MAX];

    *incoming = (serve_incoming){0};
    snprintf(text, sizeof text, "127.0.0.1:%s", port);
    int error = serve_listen(text, incoming);
    if (!error)
        error = plx_runtime_new(NULL, runtime);
    if (error) {
        fprintf(stderr, "%s: cannot serve at %s: %s\n", name, text, plx_error_text(error));
        serve_incoming_drop(incoming);
        return error;
    }
    printf("%s listens at %s\n", name, plx_address_text(&incoming->sockets.listener.address, text));
    fflush(stdout);
    return 0;
}

/* How the program ends: the connections that are left are cancelled. */
static int serve_end(const char *name, struct plx_runtime *runtime, int error)
{
    plx_runtime_free(runtime);
    if (error)
        fprintf(stderr, "%s: %s\n", name, plx_error_text(error));
    return error ? 1 : 0;
}

/* Runs the server, a T, until it has been told to stop. The status for main to return. */
#define SERVE(name, runtime, T, value)                                                                       \
    __extension__({                                                                                          \
        T##_item serve_item;                                                                                 \
        serve_end((name), (runtime), PLX_BLOCK_ON((runtime), T, (value), &serve_item));                      \
    })

#endif
