/* SPDX-License-Identifier: MIT
 *
 * JSON-RPC 2.0, one JSON text a line:
 *
 *     client                                                              server
 *     {"jsonrpc":"2.0","id":7,"method":"add","params":[2,3]}      ───────▶
 *                                  ◀───────   {"jsonrpc":"2.0","id":7,"result":5}
 *                                  ◀───────   {"jsonrpc":"2.0","id":8,"error":{"code":-32601,"message":"…"}}
 *
 * The id says which request a reply belongs to, so they may come in any order. The JSON is cJSON's affair.
 *
 * Both ends of a connection have many tasks that want to write, and a stream has room for one. So there is an
 * outbox, a channel of lines, and one task that writes them.
 *
 * Source: https://www.jsonrpc.org/specification. Left out here: batches.
 */
#ifndef LESSON_RPC_WIRE_H
#define LESSON_RPC_WIRE_H

struct cJSON;
struct plx_item_traits;
extern const struct plx_item_traits json_traits;
#define PLX_USER_ITEMS struct cJSON ** : &json_traits,

#include <pollux.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RPC_LINE_MAX = 64 * 1024,
    RPC_OUTBOX = 16,
    RPC_NO_JSON = -32700,
    RPC_NO_REQUEST = -32600,
    RPC_NO_METHOD = -32601,
    RPC_WRONG_PARAMS = -32602,
};

/* In the trace: Ready([2,3]). */
static void print_json(char *text, size_t size, const void *item)
{
    cJSON *const *json = item;
    char *all = cJSON_PrintUnformatted(*json);
    snprintf(text, size, "%s", all ? all : "?");
    cJSON_free(all);
}

static void drop_json(void *item)
{
    cJSON **json = item;
    cJSON_Delete(PLX_MOVE(*json));
}

const struct plx_item_traits json_traits = {print_json, drop_json};

/* ── messages ─────────────────────────────────────────────────────────────────────────────────────── */

/* Takes `parts` over. NULL: no memory. */
static char *rpc_text(cJSON *message)
{
    char *text = cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    return text;
}

static cJSON *rpc_message(const cJSON *id)
{
    cJSON *message = cJSON_CreateObject();
    cJSON_AddStringToObject(message, "jsonrpc", "2.0");
    cJSON_AddItemToObject(message, "id", id ? cJSON_Duplicate(id, true) : cJSON_CreateNull());
    return message;
}

/* Take `params` and `result` over. */
static char *rpc_request(uint64_t id, const char *method, cJSON *params)
{
    cJSON *number = cJSON_CreateNumber((double)id), *message = rpc_message(number);
    cJSON_AddStringToObject(message, "method", method);
    cJSON_AddItemToObject(message, "params", params);
    cJSON_Delete(number);
    return rpc_text(message);
}

static char *rpc_result(const cJSON *id, cJSON *result)
{
    cJSON *message = rpc_message(id);
    cJSON_AddItemToObject(message, "result", result);
    return rpc_text(message);
}

static char *rpc_error(const cJSON *id, int code, const char *words)
{
    cJSON *message = rpc_message(id), *error = cJSON_AddObjectToObject(message, "error");
    cJSON_AddNumberToObject(error, "code", code);
    cJSON_AddStringToObject(error, "message", words);
    return rpc_text(message);
}

/* ── the outbox, and the task that empties it ─────────────────────────────────────────────────────── */

static void free_text(char **text)
{
    cJSON_free(PLX_MOVE(*text));
}

PLX_MPSC_OWNING(outbox, char *, free_text)

struct writer_vars {
    plx_stream socket; /* the half that writes */
    outbox_receiver outbox;
    struct plx_line_codec codec;
    plx_framed lines;
    outbox_item next;
};

static void writer_cleanup(struct writer_vars *my)
{
    plx_stream_drop(&my->socket);
    plx_framed_drop(&my->lines);
    outbox_receiver_drop(&my->outbox);
    free_text(&my->next.value);
}

#define WRITER_AWAITS(AWAIT)                                                                                 \
    AWAIT(line_came, outbox_recv)                                                                            \
    AWAIT(written, plx_framed_send)                                                                          \
    AWAIT(ended, plx_stream_shutdown)

/* Ends, and lets the other side read the end, when nobody holds the outbox any more. */
PLX_ASYNC(writer, struct writer_vars, plx_unit, WRITER_AWAITS, writer_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    my->codec = plx_line_codec(RPC_LINE_MAX);
    my->lines = plx_framed_new(PLX_MOVE(my->socket), &my->codec.codec);
    for (;;) {
        PLX_AWAIT(my->next, line_came, outbox_recv_new(&my->outbox));
        if (my->next.end)
            break;
        PLX_AWAIT(nothing, written, plx_framed_send_new(&my->lines, my->next.value, strlen(my->next.value)));
        free_text(&my->next.value);
    }
    PLX_AWAIT(nothing, ended, plx_stream_shutdown_new(&my->lines.in.stream));
    PLX_RETURN(nothing);
    PLX_END;
}

/* Splits the socket, gives the writing half to a task, and the reading half and the outbox to the caller.
 * 0 or a negative errno; the socket is taken over in any case. */
static int rpc_open(plx_stream socket, plx_stream *reading, outbox_sender *outbox)
{
    struct writer_vars writing = {.next = {.end = true}};
    *reading = (plx_stream){0};
    int error = plx_stream_split(&socket, reading, &writing.socket);
    if (!error)
        error = outbox_channel(RPC_OUTBOX, outbox, &writing.outbox);
    if (error) {
        plx_stream_drop(&socket);
        writer_cleanup(&writing);
    } else {
        error = PLX_SPAWN(writer, writer_new(writing));
        if (error)
            outbox_sender_drop(outbox);
    }
    if (error)
        plx_stream_drop(reading);
    return error;
}

#endif
