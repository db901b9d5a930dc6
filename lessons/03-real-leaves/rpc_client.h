/* SPDX-License-Identifier: MIT
 *
 * The client: a future that is a remote procedure call, the second of the deck's first picture. Any number of
 * calls may be under way on one connection.
 *
 *     call 7 ──┐               ┌──▶ pending: 7 → a oneshot
 *     call 8 ──┼──▶ outbox ──▶ │             8 → a oneshot
 *     call 9 ──┘    socket ──▶ replies: the id says whose it is ──▶ its oneshot ──▶ call 8 is ready
 *
 *     rpc_call   Ready      the reply: an object with a "result" or an "error"
 *                NotReady   it is on its way
 *                Failed     ETIMEDOUT; ECONNRESET when the connection has ended; ENOMEM
 *
 * A call that is dropped, or too late, is forgotten: a reply that comes after all finds nobody, and goes.
 */
#ifndef LESSON_RPC_CLIENT_H
#define LESSON_RPC_CLIENT_H

#include "rpc_wire.h"

#include <pthread.h>

static void delete_json(cJSON **json)
{
    drop_json(json);
}

PLX_ONESHOT_OWNING(reply, cJSON *, delete_json)
PLX_TIMEOUT_OF(patient_reply, reply_receiver)

/* One who waits. It is part of the call's future, which stays where it is once it has been polled. */
struct waiting {
    uint64_t id; /* 0: it was never in the list */
    reply_sender reply;
    struct waiting *next;
};

/* What the clones of a client and the task that reads share; the last to let go frees it. */
struct rpc_shared {
    _Atomic int holders;
    pthread_mutex_t lock;
    struct waiting *pending; /* under the lock */
    uint64_t last_id;        /* under the lock */
    bool closed;             /* under the lock */
};

static struct rpc_shared *rpc_shared_keep(struct rpc_shared *shared)
{
    atomic_fetch_add(&shared->holders, 1);
    return shared;
}

static void rpc_shared_drop(struct rpc_shared **shared)
{
    struct rpc_shared *gone = PLX_MOVE(*shared);
    if (!gone || atomic_fetch_sub(&gone->holders, 1) > 1)
        return;
    pthread_mutex_destroy(&gone->lock);
    free(gone);
}

/* ── who waits ────────────────────────────────────────────────────────────────────────────────────── */

static int begin_waiting(struct rpc_shared *shared, struct waiting *waiting)
{
    pthread_mutex_lock(&shared->lock);
    bool closed = shared->closed;
    if (!closed) {
        waiting->id = ++shared->last_id;
        waiting->next = shared->pending;
        shared->pending = waiting;
    }
    pthread_mutex_unlock(&shared->lock);
    return closed ? -ECONNRESET : 0;
}

/* Takes the one with this id out of the list, with what its reply is to be sent through. */
static reply_sender end_waiting(struct rpc_shared *shared, uint64_t id)
{
    reply_sender found = {NULL};
    pthread_mutex_lock(&shared->lock);
    for (struct waiting **link = &shared->pending; id && *link; link = &(*link)->next)
        if ((*link)->id == id) {
            found = PLX_MOVE((*link)->reply);
            *link = (*link)->next;
            break;
        }
    pthread_mutex_unlock(&shared->lock);
    return found;
}

/* Nobody gets a reply any more: their calls fail. They are notified while no lock is held. */
static void close_pending(struct rpc_shared *shared)
{
    for (;;) {
        pthread_mutex_lock(&shared->lock);
        shared->closed = true;
        uint64_t id = shared->pending ? shared->pending->id : 0;
        pthread_mutex_unlock(&shared->lock);
        if (!id)
            return;
        reply_sender gone = end_waiting(shared, id);
        reply_sender_drop(&gone);
    }
}

/* ── the task that reads ──────────────────────────────────────────────────────────────────────────── */

struct replies_vars {
    plx_stream socket;
    struct rpc_shared *shared;
    struct plx_line_codec codec;
    plx_framed lines;
    plx_slice line;
};

static void replies_cleanup(struct replies_vars *my)
{
    close_pending(my->shared);
    rpc_shared_drop(&my->shared);
    plx_stream_drop(&my->socket);
    plx_framed_drop(&my->lines);
}

static void hand_over(struct rpc_shared *shared, cJSON *json)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(json, "id");
    reply_sender reply = end_waiting(
        shared, cJSON_IsNumber(id) && id->valuedouble > 0 ? (uint64_t)id->valuedouble : 0);
    if (!reply.channel || reply_send(&reply, json))
        cJSON_Delete(json);
}

#define REPLIES_AWAITS(AWAIT) AWAIT(line_read, plx_framed_next)

PLX_ASYNC(replies, struct replies_vars, plx_unit, REPLIES_AWAITS, replies_cleanup)
{
    PLX_BEGIN;
    my->codec = plx_line_codec(RPC_LINE_MAX);
    my->lines = plx_framed_new(PLX_MOVE(my->socket), &my->codec.codec);
    for (;;) {
        PLX_AWAIT(my->line, line_read, plx_framed_next_new(&my->lines));
        if (my->line.end)
            PLX_RETURN((plx_unit){0});
        hand_over(my->shared, cJSON_ParseWithLength(my->line.at, my->line.size));
    }
    PLX_END;
}

/* ── the client ───────────────────────────────────────────────────────────────────────────────────── */

/* Used by one task at a time; each further one has a clone. The connection ends with the last of them. */
typedef struct rpc_client {
    struct rpc_shared *shared;
    outbox_sender outbox;
} rpc_client;

static void rpc_client_drop(rpc_client *client)
{
    outbox_sender_drop(&client->outbox);
    rpc_shared_drop(&client->shared);
}

/* 0 or -ENOMEM. */
static int rpc_client_clone(rpc_client *client, rpc_client *clone)
{
    *clone = (rpc_client){.shared = rpc_shared_keep(client->shared)};
    int error = outbox_clone(&client->outbox, &clone->outbox);
    if (error)
        rpc_client_drop(clone);
    return error;
}

/* Begins to talk over a connection, from a task. 0 or a negative errno; the socket is taken over in any
 * case. */
static int rpc_client_new(plx_stream socket, rpc_client *client)
{
    struct replies_vars vars = {.shared = calloc(1, sizeof *vars.shared)};
    *client = (rpc_client){0};
    if (!vars.shared) {
        plx_stream_drop(&socket);
        return -ENOMEM;
    }
    atomic_init(&vars.shared->holders, 1);
    pthread_mutex_init(&vars.shared->lock, NULL);
    int error = rpc_open(socket, &vars.socket, &client->outbox);
    if (error) {
        rpc_shared_drop(&vars.shared);
        return error;
    }
    client->shared = rpc_shared_keep(vars.shared);
    error = PLX_SPAWN(replies, replies_new(vars));
    if (error)
        rpc_client_drop(client);
    return error;
}

/* ── a call ───────────────────────────────────────────────────────────────────────────────────────── */

struct rpc_call_vars {
    rpc_client *client; /* borrowed */
    const char *method;
    cJSON *params; /* owned */
    uint64_t patience;
    struct waiting waiting;
    reply_receiver receiver;
    cJSON *reply;
    enum plx_answer answer;
};

static void rpc_call_cleanup(struct rpc_call_vars *my)
{
    reply_sender forgotten = end_waiting(my->client->shared, my->waiting.id);
    reply_sender_drop(&forgotten);
    reply_sender_drop(&my->waiting.reply);
    reply_receiver_drop(&my->receiver);
    cJSON_Delete(my->params);
}

/* Gets in line before the request goes out: a reply finds its place. */
static char *prepare_call(struct rpc_call_vars *my)
{
    if (reply_channel(&my->waiting.reply, &my->receiver))
        return NULL;
    if (begin_waiting(my->client->shared, &my->waiting))
        return NULL;
    return rpc_request(my->waiting.id, my->method, PLX_MOVE(my->params));
}

#define RPC_CALL_AWAITS(AWAIT)                                                                               \
    AWAIT(requested, outbox_send)                                                                            \
    AWAIT(replied, patient_reply)

PLX_ASYNC(rpc_call, struct rpc_call_vars, cJSON *, RPC_CALL_AWAITS, rpc_call_cleanup)
{
    plx_unit nothing;
    char *request;

    PLX_BEGIN;
    request = prepare_call(my);
    if (!request)
        PLX_FAIL(-ECONNRESET);
    PLX_AWAIT(nothing, requested, outbox_send_new(&my->client->outbox, request));
    PLX_AWAIT_CATCH(my->answer, my->reply, replied, patient_reply_of(PLX_MOVE(my->receiver), my->patience));
    if (my->answer == PLX_FAILED)
        PLX_FAIL(cx->error.code == -ECANCELED ? -ECONNRESET : cx->error.code);
    PLX_RETURN(my->reply);
    PLX_END;
}

#endif
