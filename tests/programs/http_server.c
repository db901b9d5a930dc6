/* SPDX-License-Identifier: MIT
 *
 * A static HTTP/1.1 server: the files below a folder.
 *
 *     http_server PORT FOLDER         and in another terminal:  curl -i http://127.0.0.1:PORT/
 *
 *     connection ── a task each ──▶ request.h:   one request out of what has come so far
 *                                   files.h:     the file it means, and none outside of the folder
 *                                   response.h:  the head
 *                                   send_file.h: a large file, past the program
 *
 *     READING ──a request──▶ looking up (may block) ──▶ small: into the answers ──▶ the next that is there
 *        ▲                                          └─▶ large: answers written, file sent
 *        └───── answers written ◀── no whole request is left
 *
 * Opening and reading a file may wait for a disk, and a worker that waits serves nobody else: so that happens
 * in a blocking section (lib/scheduler/blocking.h).
 */
#include "tests/programs/http/response.h"
#include "tests/programs/http/send_file.h"
#include "tests/programs/serve.h"

enum {
    READ_AT_ONCE = 4 * 1024,
    SMALL_FILE = 64 * 1024,       /* goes into the answers; a larger one is sent by itself */
    ANSWERS_AT_ONCE = 128 * 1024, /* then they are written, before the next request is looked at */
    PATIENCE_S = 60,              /* for a request, or the next one */
    LINGER_S = 2,                 /* for the client to hang up too */
    UNREAD_MAX = 1024 * 1024,
};

/* ── one connection ───────────────────────────────────────────────────────────────────────────────── */

struct connection_vars {
    plx_tcp_stream socket;
    int root; /* borrowed */
    struct buffer in, out;
    plx_read_some_item got;
    struct http_request request;
    int parsed;            /* what http_parse said */
    struct http_file file; /* what is still to be sent of it: */
    int64_t first, left;
    int64_t left_unread;
    bool hang_up;
};

static void connection_cleanup(struct connection_vars *my)
{
    plx_tcp_stream_drop(&my->socket);
    buffer_free(&my->in);
    buffer_free(&my->out);
    if (my->left > 0)
        close(my->file.fd);
}

/* Reads the part of the file into the answers. A file that has become shorter breaks the promised length:
 * then only hanging up is left. */
static void add_small(struct connection_vars *my, int64_t first, int64_t count)
{
    char *room = buffer_room(&my->out, (size_t)count);
    for (int64_t done = 0; room && done < count;) {
        ssize_t got = pread(my->file.fd, room + done, (size_t)(count - done), first + done);
        if (got <= 0 && !(got < 0 && errno == EINTR)) {
            my->hang_up = true;
            return;
        }
        done += got > 0 ? got : 0;
    }
    my->out.size += room ? (size_t)count : 0;
}

static void answer_with_file(struct connection_vars *my)
{
    int64_t first, count;
    int status = choose_range(&my->request, my->file.size, &first, &count);
    if (my->request.since && my->file.modified <= my->request.since)
        status = 304;
    say_file_head(&my->out, status, &my->request, &my->file, first, count);
    if (status >= 300 || my->request.method == HTTP_HEAD)
        count = 0;
    if (count > SMALL_FILE) {
        my->first = first;
        my->left = count;
        return;
    }
    add_small(my, first, count);
    close(my->file.fd);
}

/* Looks for the file and answers; may block. */
static int answer(struct connection_vars *my, plx_unit *nothing)
{
    char path[HTTP_PATH_MAX];
    *nothing = (plx_unit){0};
    strcpy(path, my->request.path);
    int status = open_below(my->root, path, &my->file);
    if (status == HTTP_OK)
        answer_with_file(my);
    else
        say_without_file(&my->out, status, &my->request, my->request.path);
    return 0;
}

PLX_BLOCKING(look_up, struct connection_vars, plx_unit, answer)

/* The next whole request, if there is one; one that is no request is answered. */
static bool next_request(struct connection_vars *my)
{
    if (my->hang_up || my->left > 0 || my->out.size >= ANSWERS_AT_ONCE)
        return false;
    my->parsed = http_parse((struct text){my->in.bytes, my->in.size}, &my->request);
    if (my->parsed == HTTP_MORE)
        return false;
    buffer_take(&my->in, my->request.size);
    if (my->parsed != HTTP_OK && my->parsed != 405)
        my->request.keep_alive = false;
    my->hang_up = !my->request.keep_alive;
    if (my->parsed != HTTP_OK)
        say_without_file(&my->out, my->parsed, &my->request, NULL);
    return true;
}

PLX_TIMEOUT_OF(patient_read, plx_read_some)

static patient_read read_more(struct connection_vars *my, int seconds)
{
    char *room = buffer_room(&my->in, READ_AT_ONCE);
    plx_read_some read = plx_read_some_new(PLX_MOVE(my->socket), room, room ? READ_AT_ONCE : 0);
    return patient_read_of(read, PLX_SECONDS((uint64_t)seconds));
}

static void has_read(struct connection_vars *my)
{
    my->socket = PLX_MOVE(my->got.stream);
    my->in.size += my->got.count;
    my->hang_up = my->hang_up || my->got.count == 0;
}

#define CONNECTION_AWAITS(AWAIT)                                                                             \
    AWAIT(looked_up, look_up)                                                                                \
    AWAIT(answers_written, plx_write_all)                                                                    \
    AWAIT(request_read, patient_read)                                                                        \
    AWAIT(file_sent, send_file)                                                                              \
    AWAIT(rest_read, patient_read)

PLX_ASYNC(connection, struct connection_vars, plx_unit, CONNECTION_AWAITS, connection_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    while (!my->hang_up) {
        while (next_request(my))
            if (my->parsed == HTTP_OK)
                PLX_AWAIT(nothing, looked_up, look_up_new(my));
        if (my->in.no_memory || my->out.no_memory)
            PLX_FAIL(-ENOMEM);
        if (my->out.size > 0) {
            PLX_AWAIT(my->socket, answers_written,
                      plx_write_all_new(PLX_MOVE(my->socket), my->out.bytes, my->out.size));
            buffer_empty(&my->out, ANSWERS_AT_ONCE);
        } else {
            PLX_AWAIT(my->got, request_read, read_more(my, PATIENCE_S));
            has_read(my);
        }
        if (my->left > 0)
            PLX_AWAIT(my->socket, file_sent,
                      send_file_new(PLX_MOVE(my->socket), my->file.fd, my->first, PLX_MOVE(my->left)));
    }
    /* What has come and was not read would make the system tear the connection down, and the last answer
     * with it. */
    plx_tcp_stream_shutdown(&my->socket, SHUT_WR);
    for (my->left_unread = UNREAD_MAX; my->got.count > 0 && my->left_unread > 0;
         my->left_unread -= (int64_t)my->got.count) {
        my->in.size = 0;
        PLX_AWAIT(my->got, rest_read, read_more(my, LINGER_S));
        has_read(my);
    }
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* ── the server ───────────────────────────────────────────────────────────────────────────────────── */

struct server {
    serve_incoming incoming;
    int root;
};

static serve_incoming incoming(struct server *server)
{
    return PLX_MOVE(server->incoming);
}

/* A connection that there is no memory for is closed; the server goes on. */
static plx_ok spawn_connection(struct server *server, plx_tcp_incoming_item item)
{
    struct connection_vars vars = {.socket = item.stream, .root = server->root};
    plx_tcp_stream_set_nodelay(&vars.socket, true);
    int error = PLX_SPAWN(connection, connection_new(vars));
    if (error)
        fprintf(stderr, "http_server: a connection is refused: %s\n", plx_error_text(error));
    return plx_ok_new();
}

/* clang-format off */
PLX_START   (sockets,     struct server, serve_incoming, incoming)
PLX_FOR_EACH(http_server, sockets,       plx_ok,         spawn_connection)
/* clang-format on */

int main(int argc, char **argv)
{
    struct plx_runtime *runtime;
    struct server server;

    if (argc != 3) {
        fprintf(stderr, "usage: http_server PORT FOLDER\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* sendfile has no flag against it: a client that leaves is an EPIPE */
    server.root = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (server.root < 0) {
        fprintf(stderr, "http_server: %s: %s\n", argv[2], plx_error_text(-errno));
        return 2;
    }
    int status = serve_begin("http_server", argv[1], &server.incoming, &runtime)
                     ? 2
                     : SERVE("http_server", runtime, http_server, http_server_new(&server));
    close(server.root);
    return status;
}
