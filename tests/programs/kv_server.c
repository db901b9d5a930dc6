/* SPDX-License-Identifier: MIT
 *
 * A key-value server that speaks Redis' protocol: redis-cli and redis-benchmark take it for one.
 *
 *     kv_server PORT         and in another terminal:  redis-cli -p PORT set name Emma
 *
 *     connection ── a task each ──▶ protocol.h: whole commands out of what has come so far
 *                                   commands.h: what each of them does
 *                                   storage.h:  keys and values, which all connections share
 *
 * Pipelining. A client may send the next commands before it has seen the first one's answer. So a connection
 * takes all the whole commands that are in its buffer, gathers their answers, and writes them at once: one
 * read and one write for sixteen commands, where sixteen of each would do.
 *
 * Bounds. A command is at most KV_COMMAND_SIZE_MAX long. When the answers that have been gathered are more
 * than ANSWERS_AT_ONCE they are written before the next command is looked at: a client that does not read its
 * answers is not read from either, and holds no more than that.
 */
#include "tests/programs/kv/commands.h"
#include "tests/programs/serve.h"

enum {
    READ_AT_ONCE = 16 * 1024,
    ANSWERS_AT_ONCE = 256 * 1024,
    KEPT_BYTES = 64 * 1024, /* a larger buffer is given back when it is empty */
};

/* ── one connection ───────────────────────────────────────────────────────────────────────────────── */

enum progress {
    READ_ON,   /* no whole command is left */
    ANSWER_ON, /* there are more, after these answers have been written */
    HANG_UP,
};

struct connection_vars {
    plx_tcp_stream socket;
    struct kv_store *store; /* borrowed */
    struct kv_parser parser;
    struct buffer in, out;
    plx_read_some_item got;
    enum progress progress;
};

static void connection_cleanup(struct connection_vars *my)
{
    plx_tcp_stream_drop(&my->socket);
    kv_parser_free(&my->parser);
    buffer_free(&my->in);
    buffer_free(&my->out);
}

static bool run_command(struct connection_vars *my, const char *command)
{
    struct kv_call call = {my->store, command, my->parser.texts, my->parser.count, &my->out, false};
    if (call.count > 0)
        kv_run(&call);
    return !call.quit;
}

/* Runs whole commands, until there are no more of them or enough answers. */
static enum progress answer_commands(struct connection_vars *my)
{
    enum progress progress = READ_ON;
    size_t from = 0;

    while (progress == READ_ON) {
        struct text left = {my->in.bytes + from, my->in.size - from};
        enum kv_parsed parsed = kv_parse(&my->parser, left);
        if (parsed == KV_MORE)
            break;
        if (parsed == KV_WRONG) {
            kv_say_error(&my->out, "ERR protocol: %s", my->parser.why);
            return HANG_UP; /* where the next command begins nobody knows */
        }
        if (!run_command(my, left.bytes))
            return HANG_UP;
        from += my->parser.at;
        kv_parser_next(&my->parser);
        if (my->out.size >= ANSWERS_AT_ONCE)
            progress = ANSWER_ON;
    }
    buffer_take(&my->in, from);
    return progress;
}

/* Room for what comes next: for the rest of a big text all of it. */
static char *room_to_read(struct connection_vars *my, size_t *size)
{
    size_t missing = kv_parser_missing(&my->parser, my->in.size);
    if (my->in.size == 0)
        buffer_empty(&my->in, KEPT_BYTES);
    char *room = buffer_room(&my->in, missing > READ_AT_ONCE ? missing : READ_AT_ONCE);
    *size = my->in.capacity - my->in.size;
    return room;
}

#define CONNECTION_AWAITS(AWAIT)                                                                             \
    AWAIT(commands_read, plx_read_some)                                                                      \
    AWAIT(answers_written, plx_write_all)

PLX_ASYNC(connection, struct connection_vars, plx_unit, CONNECTION_AWAITS, connection_cleanup)
{
    char *room;
    size_t size;

    PLX_BEGIN;
    kv_parser_next(&my->parser);
    do {
        room = room_to_read(my, &size);
        if (!room)
            PLX_FAIL(-ENOMEM);
        PLX_AWAIT(my->got, commands_read, plx_read_some_new(PLX_MOVE(my->socket), room, size));
        my->socket = PLX_MOVE(my->got.stream);
        if (my->got.count == 0)
            PLX_RETURN((plx_unit){0});
        my->in.size += my->got.count;
        do {
            my->progress = answer_commands(my);
            if (my->out.no_memory)
                PLX_FAIL(-ENOMEM);
            PLX_AWAIT(my->socket, answers_written,
                      plx_write_all_new(PLX_MOVE(my->socket), my->out.bytes, my->out.size));
            buffer_empty(&my->out, KEPT_BYTES);
        } while (my->progress == ANSWER_ON);
    } while (my->progress == READ_ON);
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* ── the server ───────────────────────────────────────────────────────────────────────────────────── */

struct server {
    serve_incoming incoming;
    struct kv_store store;
};

static serve_incoming incoming(struct server *server)
{
    return PLX_MOVE(server->incoming);
}

/* A connection that there is no memory for is closed; the server goes on. */
static plx_ok spawn_connection(struct server *server, plx_tcp_incoming_item item)
{
    struct connection_vars vars = {.socket = item.stream, .store = &server->store};
    plx_tcp_stream_set_nodelay(&vars.socket, true);
    int error = PLX_SPAWN(connection, connection_new(vars));
    if (error)
        fprintf(stderr, "kv_server: a connection is refused: %s\n", plx_error_text(error));
    return plx_ok_new();
}

/* clang-format off */
PLX_START   (sockets,   struct server, serve_incoming, incoming)
PLX_FOR_EACH(kv_server, sockets,       plx_ok,         spawn_connection)
/* clang-format on */

int main(int argc, char **argv)
{
    struct plx_runtime *runtime;
    struct server server;

    if (argc != 2) {
        fprintf(stderr, "usage: kv_server PORT\n");
        return 2;
    }
    if (serve_begin("kv_server", argv[1], &server.incoming, &runtime))
        return 2;
    kv_store_init(&server.store);
    int status = SERVE("kv_server", runtime, kv_server, kv_server_new(&server));
    kv_store_done(&server.store);
    return status;
}
