/* SPDX-License-Identifier: MIT
 *
 * A chat: what one writes, all others read.
 *
 *     chat_server PORT       and in several terminals:  nc 127.0.0.1 PORT
 *
 * Each connection is two tasks, which have one half of the stream each:
 *
 *     socket ──▶ reader:  asks for the name, joins, then each line becomes an event ──▶ inbox of the room
 *     socket ◀── writer:  writes what is in the member's mailbox                    ◀── room (chat/room.h)
 *
 * The reader ends when its client has said its last, and tells the room, which lets go of the mailbox; the
 * writer ends when nobody holds the mailbox any more and it is empty; and with the second half the socket is
 * closed.
 */
#include "tests/programs/chat/room.h"
#include "tests/programs/serve.h"

enum { WRITTEN_AT_ONCE = 16 * 1024 };

/* ── the writer: as many lines at once as there are ───────────────────────────────────────────────── */

struct writer_vars {
    plx_stream socket; /* the half that writes */
    mailbox_receiver mailbox;
    mailbox_item next;
    char *bytes;
    size_t size;
};

static void writer_cleanup(struct writer_vars *my)
{
    plx_stream_drop(&my->socket);
    mailbox_receiver_drop(&my->mailbox);
    free(my->bytes);
}

/* The line goes behind those that are there, and so do the ones that wait in the mailbox, as long as there
 * is room. */
static void gather(struct writer_vars *my, struct line *line)
{
    do {
        memcpy(my->bytes + my->size, line->bytes, line->size);
        my->size += line->size;
        line_drop(&line);
    } while (my->size < WRITTEN_AT_ONCE && mailbox_try_recv(&my->mailbox, &line) == 0);
}

#define WRITER_AWAITS(AWAIT)                                                                                 \
    AWAIT(line_came, mailbox_recv)                                                                           \
    AWAIT(written, plx_stream_write_all)                                                                     \
    AWAIT(ended, plx_stream_shutdown)

PLX_ASYNC(writer, struct writer_vars, plx_unit, WRITER_AWAITS, writer_cleanup)
{
    size_t written;
    plx_unit nothing;

    PLX_BEGIN;
    my->bytes = malloc(WRITTEN_AT_ONCE + sizeof(struct line) + LINE_MAX_BYTES + 128);
    if (!my->bytes)
        PLX_FAIL(-ENOMEM);
    for (;;) {
        PLX_AWAIT(my->next, line_came, mailbox_recv_new(&my->mailbox));
        if (my->next.end)
            break;
        my->size = 0;
        gather(my, my->next.value);
        PLX_AWAIT(written, written, plx_stream_write_all_new(&my->socket, my->bytes, my->size));
    }
    PLX_AWAIT(nothing, ended, plx_stream_shutdown_new(&my->socket));
    PLX_RETURN(nothing);
    PLX_END;
}

/* ── the reader ───────────────────────────────────────────────────────────────────────────────────── */

struct reader_vars {
    plx_stream half; /* the one that reads, until it is in: */
    plx_framed lines;
    struct plx_line_codec codec;
    mailbox_sender mailbox; /* of its own writer, for what only this one is told */
    inbox_sender room;
    uint64_t number;
    char name[NAME_MAX_BYTES + 1];
    char text[LINE_MAX_BYTES + 1];
    plx_slice line;
    welcome_receiver welcome;
    struct event event;
    enum plx_answer answer;
    int refused;
    bool joined;
};

static void reader_cleanup(struct reader_vars *my)
{
    plx_stream_drop(&my->half);
    plx_framed_drop(&my->lines);
    mailbox_sender_drop(&my->mailbox);
    inbox_sender_drop(&my->room);
    welcome_receiver_drop(&my->welcome);
}

static void whisper(struct reader_vars *my, struct line *line)
{
    if (line && mailbox_try_send(&my->mailbox, line))
        line_drop(&line);
}

/* What was read becomes a text, with nothing in it that could harm a terminal. */
static void take_line(struct reader_vars *my)
{
    memcpy(my->text, my->line.at, my->line.size);
    my->text[my->line.size] = '\0';
    make_harmless(my->text);
}

static int ask_to_join(struct reader_vars *my)
{
    size_t size = strlen(my->text);
    if (size == 0 || size > NAME_MAX_BYTES)
        return -EINVAL;
    strcpy(my->name, my->text);
    my->event = (struct event){.kind = JOIN, .member = my->number};
    strcpy(my->event.name, my->name);
    int error = mailbox_clone(&my->mailbox, &my->event.mailbox);
    if (!error)
        error = welcome_channel(&my->event.welcome, &my->welcome);
    if (error)
        event_drop(&my->event);
    return error;
}

static struct line *why_not(const struct reader_vars *my)
{
    return my->refused == -EEXIST   ? line_new("* %s is taken; another name?\n", my->name)
           : my->refused == -EINVAL ? line_new("* a name has 1 to %d bytes; your name?\n", NAME_MAX_BYTES)
                                    : line_new("* %s; your name?\n", plx_error_text(my->refused));
}

static struct event say(struct reader_vars *my)
{
    return (struct event){
        .kind = SAY, .member = my->number, .line = line_new("%s: %s\n", my->name, my->text)};
}

#define READER_AWAITS(AWAIT)                                                                                 \
    AWAIT(line_read, plx_framed_next)                                                                        \
    AWAIT(asked, inbox_send)                                                                                 \
    AWAIT(welcomed, welcome_receiver)                                                                        \
    AWAIT(said, inbox_send)                                                                                  \
    AWAIT(left, inbox_send)

PLX_ASYNC(reader, struct reader_vars, plx_unit, READER_AWAITS, reader_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    my->codec = plx_line_codec(LINE_MAX_BYTES); /* here, where it stays: lines borrows it */
    my->lines = plx_framed_new(PLX_MOVE(my->half), &my->codec.codec);
    whisper(my, line_new("* your name?\n"));
    for (;;) {
        PLX_AWAIT_CATCH(my->answer, my->line, line_read, plx_framed_next_new(&my->lines));
        if (my->answer == PLX_FAILED && cx->error.code == -EMSGSIZE) {
            whisper(my, line_new("* a line has at most %d bytes\n", LINE_MAX_BYTES));
            continue;
        }
        if (my->answer == PLX_FAILED || my->line.end)
            break; /* however it came about: it tells the room */
        take_line(my);
        if (my->joined) {
            PLX_AWAIT(nothing, said, inbox_send_new(&my->room, say(my)));
            continue;
        }
        my->refused = ask_to_join(my);
        if (!my->refused) {
            PLX_AWAIT(nothing, asked, inbox_send_new(&my->room, PLX_MOVE(my->event)));
            PLX_AWAIT(my->refused, welcomed, PLX_MOVE(my->welcome));
        }
        my->joined = my->refused == 0;
        if (!my->joined)
            whisper(my, why_not(my));
    }
    if (my->joined)
        PLX_AWAIT(nothing, left,
                  inbox_send_new(&my->room, ((struct event){.kind = LEAVE, .member = my->number})));
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

/* ── the server ───────────────────────────────────────────────────────────────────────────────────── */

struct server {
    serve_incoming incoming;
    inbox_sender room;
    uint64_t connections;
};

static serve_incoming incoming(struct server *server)
{
    return PLX_MOVE(server->incoming);
}

/* What both tasks of a connection need, in their hands already; or an error, and nothing is left. */
static int prepare(struct server *server, plx_stream *socket, struct reader_vars *reading,
                   struct writer_vars *writing)
{
    int error = plx_stream_split(socket, &reading->half, &writing->socket);
    if (!error)
        error = mailbox_channel(MAILBOX_LINES, &reading->mailbox, &writing->mailbox);
    if (!error)
        error = inbox_clone(&server->room, &reading->room);
    return error;
}

static int begin(struct server *server, plx_stream socket)
{
    struct reader_vars reading = {.number = ++server->connections};
    struct writer_vars writing = {.next = {.end = true}};

    int error = prepare(server, &socket, &reading, &writing);
    if (error) {
        plx_stream_drop(&socket);
        writer_cleanup(&writing);
        reader_cleanup(&reading);
        return error;
    }
    error = PLX_SPAWN(writer, writer_new(writing));
    if (error)
        reader_cleanup(&reading);
    else
        error = PLX_SPAWN(reader, reader_new(reading));
    return error;
}

static plx_ok welcome_connection(struct server *server, plx_tcp_incoming_item item)
{
    /* A line is written when it is there, and does not wait for more of them. */
    plx_tcp_stream_set_nodelay(&item.stream, true);
    int error = begin(server, plx_stream_of_tcp(item.stream));
    if (error)
        fprintf(stderr, "chat_server: a connection is refused: %s\n", plx_error_text(error));
    return plx_ok_new();
}

/* clang-format off */
PLX_START   (sockets,     struct server, serve_incoming, incoming)
PLX_FOR_EACH(chat_server, sockets,       plx_ok,         welcome_connection)
/* clang-format on */

static int open_room(struct server *server, struct plx_runtime *runtime)
{
    struct room room = {0};
    int error = inbox_channel(INBOX_EVENTS, &server->room, &room.inbox);
    return error ? error : PLX_SPAWN_ON(runtime, room_actor, room_actor_new(room));
}

int main(int argc, char **argv)
{
    struct plx_runtime *runtime;
    struct server server = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: chat_server PORT\n");
        return 2;
    }
    if (serve_begin("chat_server", argv[1], &server.incoming, &runtime))
        return 2;
    int error = open_room(&server, runtime);
    int status = error ? serve_end("chat_server", runtime, error)
                       : SERVE("chat_server", runtime, chat_server, chat_server_new(&server));
    if (error)
        serve_incoming_drop(&server.incoming);
    inbox_sender_drop(&server.room);
    return status;
}
