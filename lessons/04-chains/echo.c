/* SPDX-License-Identifier: MIT
 *
 * The deck's echo server:
 *
 *     let server = listener.incoming().for_each(move |socket| {
 *         tokio::spawn(process(socket));
 *         Ok(())
 *     }).map_err(|err| {
 *         println!("accept error = {:?}", err);
 *     });
 *     tokio::run(server);
 *
 * Try it:  build/release/lessons/04-chains/echo 6142    and in another terminal:  nc 127.0.0.1 6142
 */
#include <pollux.h>
#include <stdio.h>

enum { BUFFER_BYTES = 16384 };

struct server {
    plx_tcp_listener listener;
};

/* process(socket): reads what comes and writes it back, until the peer has said its last. */
struct process_vars {
    plx_tcp_stream socket;
    plx_read_some_item got;
    char bytes[BUFFER_BYTES];
};

#define PROCESS_AWAITS(AWAIT)                                                                                \
    AWAIT(read, plx_read_some)                                                                               \
    AWAIT(written, plx_write_all)

static void process_cleanup(struct process_vars *my)
{
    plx_tcp_stream_drop(&my->socket);
}

PLX_ASYNC(process, struct process_vars, plx_unit, PROCESS_AWAITS, process_cleanup)
{
    PLX_BEGIN;
    for (;;) {
        PLX_AWAIT(my->got, read, plx_read_some_new(PLX_MOVE(my->socket), my->bytes, BUFFER_BYTES));
        my->socket = PLX_MOVE(my->got.stream);
        if (my->got.count == 0)
            PLX_RETURN((plx_unit){0});
        PLX_AWAIT(my->socket, written, plx_write_all_new(PLX_MOVE(my->socket), my->bytes, my->got.count));
    }
    PLX_END;
}

static plx_tcp_incoming incoming(struct server *server)
{
    return plx_tcp_listener_incoming(PLX_MOVE(server->listener));
}

static plx_ok spawn_process(struct server *server, plx_tcp_incoming_item item)
{
    (void)server;
    int error = PLX_SPAWN(process, process_new((struct process_vars){.socket = item.stream}));
    return error ? plx_err(error) : plx_ok_new();
}

static int accept_error(struct server *server, struct plx_error error)
{
    (void)server;
    fprintf(stderr, "accept error = %s\n", plx_error_text(error.code));
    return error.code;
}

/* clang-format off */
PLX_START   (sockets,  struct server, plx_tcp_incoming, incoming)
PLX_FOR_EACH(accepted, sockets,       plx_ok,           spawn_process)
PLX_MAP_ERR (echo,     accepted,                        accept_error)
/* clang-format on */

static int usage(void)
{
    fprintf(stderr, "usage: echo [PORT]\n");
    return 2;
}

int main(int argc, char **argv)
{
    char text[PLX_ADDRESS_TEXT_MAX];
    struct plx_address at;
    struct server server;

    snprintf(text, sizeof text, "127.0.0.1:%s", argc > 1 ? argv[1] : "6142");
    if (argc > 2 || plx_address_parse(text, &at))
        return usage();
    int error = plx_tcp_listener_bind(at, &server.listener);
    if (error) {
        fprintf(stderr, "echo: cannot listen at %s: %s\n", text, plx_error_text(error));
        return 2;
    }
    printf("echo listens at %s\n", plx_address_text(&server.listener.address, text));
    fflush(stdout);
    return PLX_RUN(echo, echo_new(&server)) ? 1 : 0;
}
