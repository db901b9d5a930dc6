/* SPDX-License-Identifier: MIT
 *
 * The echo server that the load client of all peers talks to. It serves until SIGTERM.
 */
#include "bench.h"

#include <signal.h>

enum { REQUEST_BYTES = 64 };

struct echo_vars {
    plx_tcp_stream sock;
    char bytes[REQUEST_BYTES];
    plx_read_some_item got;
};

#define ECHO_AWAITS(AWAIT)                                                                                   \
    AWAIT(read, plx_read_some)                                                                               \
    AWAIT(written, plx_write_all)

static void echo_cleanup(struct echo_vars *my)
{
    plx_tcp_stream_drop(&my->sock);
}

PLX_ASYNC(echo, struct echo_vars, plx_unit, ECHO_AWAITS, echo_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(my->got, read, plx_read_some_new(PLX_MOVE(my->sock), my->bytes, sizeof my->bytes));
        my->sock = PLX_MOVE(my->got.stream);
        if (my->got.count == 0)
            break;
        PLX_AWAIT(my->sock, written, plx_write_all_new(PLX_MOVE(my->sock), my->bytes, my->got.count));
    }
    PLX_RETURN(PLX_NOTHING);
    PLX_END;
}

struct server {
    plx_tcp_listener listener;
};

static plx_tcp_incoming incoming(struct server *server)
{
    return plx_tcp_listener_incoming(PLX_MOVE(server->listener));
}

static plx_ok serve(struct server *server, plx_tcp_incoming_item next)
{
    (void)server;
    plx_tcp_stream_set_nodelay(&next.stream, true);
    must(PLX_SPAWN(echo, echo_new((struct echo_vars){.sock = next.stream})), "spawn");
    return plx_ok_new();
}

PLX_START(connections, struct server, plx_tcp_incoming, incoming)
PLX_FOR_EACH(accept_all, connections, plx_ok, serve)

int tcp_echo_server(uint32_t threads)
{
    struct plx_runtime *runtime;
    struct plx_address any;
    struct server server;
    sigset_t term;
    int signal;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &term, NULL);
    must(plx_address_parse("127.0.0.1:0", &any), "address");
    must(plx_tcp_listener_bind(any, &server.listener), "bind");
    printf("PORT %u\n", plx_address_port(&server.listener.address));
    fflush(stdout);
    must(plx_runtime_new(&(struct plx_runtime_options){.workers = threads}, &runtime), "no runtime");
    must(PLX_SPAWN_ON(runtime, accept_all, accept_all_new(&server)), "spawn");
    sigwait(&term, &signal);
    plx_runtime_free(runtime);
    return 0;
}
