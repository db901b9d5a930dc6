/* SPDX-License-Identifier: MIT
 *
 * What the servers here have in common: they accept connections until they are told to stop.
 *
 *     plx_tcp_incoming      the stream of connections, which never ends
 *     serve_incoming        the same, but it ends at SIGINT or SIGTERM, so that the program can go in order
 *
 * A server is a for_each over serve_incoming, and serve_main its main. The signals are blocked for all
 * threads, before there are any, and come through a descriptor as everything else does.
 */
#ifndef TESTS_SERVE_H
#define TESTS_SERVE_H

#include <pollux.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ── the stream of connections ────────────────────────────────────────────────────────────────────────
 *
 *     a signal has come        → Ready(end)
 *     somebody connects        → Ready(stream)
 *     neither                  → NotReady: whichever comes first notifies the task
 */
typedef struct serve_incoming {
    plx_tcp_listener listener;
    plx_poll_evented stop;
} serve_incoming;
typedef plx_tcp_incoming_item serve_incoming_item;

static enum plx_answer serve_incoming_poll(serve_incoming *self, plx_context *cx, plx_tcp_incoming_item *out)
{
    uint64_t seen;
    int error = plx_poll_evented_register(&self->stop, cx, "stop signal");
    if (error)
        return plx_fail(cx, error);
    enum plx_answer stop = plx_poll_evented_ready(&self->stop, cx, PLX_READ, &seen);
    *out = (plx_tcp_incoming_item){.end = stop == PLX_READY};
    if (stop != PLX_NOT_READY)
        return stop;
    return plx_tcp_listener_poll_accept(&self->listener, cx, &out->stream, &out->peer);
}

static void serve_incoming_drop(serve_incoming *self)
{
    plx_tcp_listener_drop(&self->listener);
    plx_poll_evented_drop(&self->stop);
}

PLX_LEAF(serve_incoming)

/* ── main ─────────────────────────────────────────────────────────────────────────────────────────── */

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

/* Binds to `port` of this machine, 0 for any, and says where: the test reads it. */
static int serve_begin(const char *name, const char *port, serve_incoming *incoming)
{
    char text[PLX_ADDRESS_TEXT_MAX];
    struct plx_address at;

    *incoming = (serve_incoming){0};
    snprintf(text, sizeof text, "127.0.0.1:%s", port);
    int error = plx_address_parse(text, &at);
    if (!error)
        error = plx_tcp_listener_bind(at, &incoming->listener);
    if (!error)
        error = stop_signal(&incoming->stop);
    if (error) {
        fprintf(stderr, "%s: cannot listen at %s: %s\n", name, text, plx_error_text(error));
        serve_incoming_drop(incoming);
        return error;
    }
    printf("%s listens at %s\n", name, plx_address_text(&incoming->listener.address, text));
    fflush(stdout);
    return 0;
}

/* Runs the server of type T to its end, and cancels the connections that are left. */
#define SERVE(name, T, value)                                                                                \
    __extension__({                                                                                          \
        struct plx_runtime *serve_runtime;                                                                   \
        T##_item serve_item;                                                                                 \
        T serve_future = (value);                                                                            \
        int serve_error = plx_runtime_new(NULL, &serve_runtime);                                             \
        if (!serve_error) {                                                                                  \
            serve_error = PLX_BLOCK_ON(serve_runtime, T, serve_future, &serve_item);                         \
            plx_runtime_free(serve_runtime);                                                                 \
        } else {                                                                                             \
            T##_drop(&serve_future);                                                                         \
        }                                                                                                    \
        if (serve_error)                                                                                     \
            fprintf(stderr, "%s: %s\n", (name), plx_error_text(serve_error));                                \
        serve_error ? 1 : 0;                                                                                 \
    })

#endif
