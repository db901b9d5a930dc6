/* SPDX-License-Identifier: MIT
 *
 * The server: each request is a task, so a slow one does not hold up those behind it, and replies go out as
 * they are ready. How many there are at a time a semaphore says; when there are as many, no further request
 * is read.
 *
 *     socket ──▶ requests ──slot──▶ handle ─┐
 *                         ──slot──▶ handle ─┼──▶ outbox ──▶ writer ──▶ socket
 *                         ──slot──▶ handle ─┘
 *
 * Methods: add [a, b …]; sleep [ms, "word"] answers the word after so many ms.
 */
#ifndef LESSON_RPC_SERVER_H
#define LESSON_RPC_SERVER_H

#include "rpc_wire.h"

enum { RPC_AT_ONCE = 64 };

/* ── methods ──────────────────────────────────────────────────────────────────────────────────────── */

/* The sum; NULL when a parameter is no number. */
static cJSON *add_up(const cJSON *params)
{
    const cJSON *number;
    double sum = 0;
    cJSON_ArrayForEach(number, params)
    {
        if (!cJSON_IsNumber(number))
            return NULL;
        sum += number->valuedouble;
    }
    return cJSON_IsArray(params) ? cJSON_CreateNumber(sum) : NULL;
}

struct handle_vars {
    cJSON *request;
    outbox_sender outbox;
    plx_permit slot;
    const cJSON *id, *method, *params; /* within the request */
    char *reply;
};

static void handle_cleanup(struct handle_vars *my)
{
    cJSON_Delete(my->request);
    free_text(&my->reply);
    outbox_sender_drop(&my->outbox);
    plx_permit_drop(&my->slot);
}

static bool is_method(const struct handle_vars *my, const char *name)
{
    return strcmp(cJSON_GetStringValue(my->method), name) == 0;
}

/* Why it is no request, or NULL. */
static char *refuse(struct handle_vars *my)
{
    if (!my->request)
        return rpc_error(NULL, RPC_NO_JSON, "this is no JSON");
    my->id = cJSON_GetObjectItemCaseSensitive(my->request, "id");
    my->method = cJSON_GetObjectItemCaseSensitive(my->request, "method");
    my->params = cJSON_GetObjectItemCaseSensitive(my->request, "params");
    if (!cJSON_IsString(my->method))
        return rpc_error(my->id, RPC_NO_REQUEST, "this is no request");
    return NULL;
}

/* How long to sleep first: of the method sleep; else 0. */
static uint64_t sleep_ms(const struct handle_vars *my)
{
    double ms = cJSON_GetNumberValue(cJSON_GetArrayItem(my->params, 0));
    return is_method(my, "sleep") && ms > 0 && ms < 1e6 ? (uint64_t)ms : 0;
}

static char *answer(struct handle_vars *my)
{
    cJSON *result;
    if (is_method(my, "add"))
        result = add_up(my->params);
    else if (is_method(my, "sleep"))
        result = cJSON_Duplicate(cJSON_GetArrayItem(my->params, 1), true);
    else
        return rpc_error(my->id, RPC_NO_METHOD, "there is no such method");
    return result ? rpc_result(my->id, result)
                  : rpc_error(my->id, RPC_WRONG_PARAMS, "other parameters are needed");
}

#define HANDLE_AWAITS(AWAIT)                                                                                 \
    AWAIT(slept, plx_delay)                                                                                  \
    AWAIT(replied, outbox_send)

PLX_ASYNC(handle, struct handle_vars, plx_unit, HANDLE_AWAITS, handle_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    my->reply = refuse(my);
    if (!my->reply) {
        if (sleep_ms(my) > 0)
            PLX_AWAIT(nothing, slept, plx_delay_for(PLX_MS(sleep_ms(my))));
        my->reply = answer(my);
        if (!my->id)
            PLX_RETURN((plx_unit){0}); /* a notification: nobody waits for a reply */
    }
    if (!my->reply)
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(nothing, replied, outbox_send_new(&my->outbox, PLX_MOVE(my->reply)));
    PLX_RETURN(nothing);
    PLX_END;
}

/* ── a connection ─────────────────────────────────────────────────────────────────────────────────── */

struct requests_vars {
    plx_stream socket;           /* the half that reads */
    struct plx_semaphore *slots; /* borrowed */
    struct plx_line_codec codec;
    plx_framed lines;
    outbox_sender outbox;
    plx_permit slot;
    plx_slice line;
};

static void requests_cleanup(struct requests_vars *my)
{
    plx_stream_drop(&my->socket);
    plx_framed_drop(&my->lines);
    outbox_sender_drop(&my->outbox);
    plx_permit_drop(&my->slot);
}

static int spawn_handle(struct requests_vars *my)
{
    struct handle_vars vars = {.request = cJSON_ParseWithLength(my->line.at, my->line.size)};
    int error = outbox_clone(&my->outbox, &vars.outbox);
    vars.slot = PLX_MOVE(my->slot);
    if (!error)
        return PLX_SPAWN(handle, handle_new(vars));
    handle_cleanup(&vars);
    return error;
}

#define REQUESTS_AWAITS(AWAIT)                                                                               \
    AWAIT(slot_free, plx_acquire)                                                                            \
    AWAIT(line_read, plx_framed_next)

PLX_ASYNC(requests, struct requests_vars, plx_unit, REQUESTS_AWAITS, requests_cleanup)
{
    PLX_BEGIN;
    my->codec = plx_line_codec(RPC_LINE_MAX);
    my->lines = plx_framed_new(PLX_MOVE(my->socket), &my->codec.codec);
    for (;;) {
        PLX_AWAIT(my->line, line_read, plx_framed_next_new(&my->lines));
        if (my->line.end)
            PLX_RETURN((plx_unit){0});
        PLX_AWAIT(my->slot, slot_free,
                  plx_acquire_new(my->slots, 1)); /* the line stays where it is meanwhile */
        if (spawn_handle(my))
            PLX_FAIL(-ENOMEM);
    }
    PLX_END;
}

/* ── all of them ──────────────────────────────────────────────────────────────────────────────────── */

struct rpc_server {
    plx_tcp_listener listener;
    struct plx_semaphore slots;
};

static plx_tcp_incoming incoming(struct rpc_server *server)
{
    return plx_tcp_listener_incoming(PLX_MOVE(server->listener));
}

static plx_ok serve_one(struct rpc_server *server, plx_tcp_incoming_item item)
{
    struct requests_vars vars = {.slots = &server->slots};
    plx_tcp_stream_set_nodelay(&item.stream, true);
    int error = rpc_open(plx_stream_of_tcp(item.stream), &vars.socket, &vars.outbox);
    if (!error)
        error = PLX_SPAWN(requests, requests_new(vars));
    if (error)
        fprintf(stderr, "rpc: a connection is refused: %s\n", plx_error_text(error));
    return plx_ok_new();
}

PLX_START(connections, struct rpc_server, plx_tcp_incoming, incoming)
PLX_FOR_EACH(rpc_serve, connections, plx_ok, serve_one)

#endif
