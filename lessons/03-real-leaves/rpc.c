/* SPDX-License-Identifier: MIT
 *
 * The deck's first picture of a future, its other half: a remote procedure call (rpc_client.h), and the
 * server that answers it (rpc_server.h). Three calls go out at once over one connection, and the replies come
 * as they are ready; then one to a method that there is not, and one that takes too long.
 *
 *     rpc              client and server in one program
 *     rpc serve PORT   the server alone:  echo '{"id":1,"method":"add","params":[2,3]}' | nc -N 127.0.0.1 PORT
 *
 * Try it:  pollux record -o rpc.jsonl build/release/lessons/03-real-leaves/rpc
 *          pollux play rpc.jsonl
 */
#include "rpc_client.h"
#include "rpc_server.h"

/* ── a task that makes one call and says what came of it ──────────────────────────────────────────── */

struct caller_vars {
    rpc_client client; /* a clone of its own */
    const char *method;
    cJSON *params;
    uint64_t patience;
    cJSON *reply;
    enum plx_answer answer;
};

static void caller_cleanup(struct caller_vars *my)
{
    cJSON_Delete(my->params);
    cJSON_Delete(my->reply);
    rpc_client_drop(&my->client);
}

static void show(const char *method, const cJSON *reply)
{
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(reply, "result");
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(reply, "error");
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(error, "message");
    char *text = cJSON_PrintUnformatted(result ? result : words);
    printf("%s: %s%s\n", method, result ? "" : "error ", text ? text : "?");
    cJSON_free(text);
}

static rpc_call call(struct caller_vars *my)
{
    return rpc_call_new((struct rpc_call_vars){
        .client = &my->client,
        .method = my->method,
        .params = PLX_MOVE(my->params),
        .patience = my->patience,
    });
}

#define CALLER_AWAITS(AWAIT) AWAIT(called, rpc_call)

PLX_ASYNC(caller, struct caller_vars, plx_unit, CALLER_AWAITS, caller_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT_CATCH(my->answer, my->reply, called, call(my));
    if (my->answer == PLX_READY)
        show(my->method, my->reply);
    else
        printf("%s: %s\n", my->method, plx_error_text(cx->error.code));
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

PLX_HANDLE(caller_handle, caller)

/* ── the demo: a task that connects, and lets others call ─────────────────────────────────────────── */

struct demo_vars {
    struct plx_address server;
    plx_tcp_stream socket;
    rpc_client client;
    caller_handle first, second, third;
};

static void demo_cleanup(struct demo_vars *my)
{
    caller_handle_drop(&my->first);
    caller_handle_drop(&my->second);
    caller_handle_drop(&my->third);
    rpc_client_drop(&my->client);
    plx_tcp_stream_drop(&my->socket);
}

static int spawn_call(struct demo_vars *my, const char *method, const char *params, uint64_t patience,
                      caller_handle *spawned)
{
    struct caller_vars vars = {.method = method, .patience = patience};
    int error = rpc_client_clone(&my->client, &vars.client);
    if (error)
        return error;
    vars.params = cJSON_Parse(params);
    return caller_handle_spawn(caller_new(vars), spawned);
}

#define DEMO_AWAITS(AWAIT)                                                                                   \
    AWAIT(connected, plx_tcp_connect)                                                                        \
    AWAIT(first_ended, caller_handle)                                                                        \
    AWAIT(second_ended, caller_handle)                                                                       \
    AWAIT(third_ended, caller_handle)                                                                        \
    AWAIT(unknown_ended, caller_handle)                                                                      \
    AWAIT(late_ended, caller_handle)                                                                         \
    AWAIT(last_ended, caller_handle)

PLX_ASYNC(demo, struct demo_vars, plx_unit, DEMO_AWAITS, demo_cleanup)
{
    plx_unit nothing;

    PLX_BEGIN;
    PLX_AWAIT(my->socket, connected, plx_tcp_connect_new(my->server));
    plx_tcp_stream_set_nodelay(&my->socket, true);
    if (rpc_client_new(plx_stream_of_tcp(PLX_MOVE(my->socket)), &my->client))
        PLX_FAIL(-ENOMEM);
    if (spawn_call(my, "sleep", "[300, \"slow\"]", PLX_SECONDS(20), &my->first) ||
        spawn_call(my, "sleep", "[100, \"quick\"]", PLX_SECONDS(20), &my->second) ||
        spawn_call(my, "add", "[2, 3]", PLX_SECONDS(20), &my->third))
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(nothing, first_ended, PLX_MOVE(my->first));
    PLX_AWAIT(nothing, second_ended, PLX_MOVE(my->second));
    PLX_AWAIT(nothing, third_ended, PLX_MOVE(my->third));
    if (spawn_call(my, "divide", "[1, 0]", PLX_SECONDS(20), &my->first))
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(nothing, unknown_ended, PLX_MOVE(my->first));
    if (spawn_call(my, "sleep", "[200, \"too late\"]", PLX_MS(20), &my->first))
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(nothing, late_ended, PLX_MOVE(my->first));
    if (spawn_call(my, "add", "[20, 22]", PLX_SECONDS(20), &my->first))
        PLX_FAIL(-ENOMEM);
    PLX_AWAIT(nothing, last_ended, PLX_MOVE(my->first));
    PLX_RETURN(nothing);
    PLX_END;
}

/* ── main ─────────────────────────────────────────────────────────────────────────────────────────── */

static int run(struct plx_runtime *runtime, struct rpc_server *server, bool alone)
{
    char text[PLX_ADDRESS_TEXT_MAX];
    struct demo_vars vars = {.server = server->listener.address};
    plx_unit nothing;

    if (alone) {
        printf("rpc listens at %s\n", plx_address_text(&vars.server, text));
        fflush(stdout);
        return PLX_BLOCK_ON(runtime, rpc_serve, rpc_serve_new(server), &nothing);
    }
    int error = PLX_SPAWN_ON(runtime, rpc_serve, rpc_serve_new(server));
    return error ? error : PLX_BLOCK_ON(runtime, demo, demo_new(vars), &nothing);
}

int main(int argc, char **argv)
{
    char at[PLX_ADDRESS_TEXT_MAX];
    struct plx_runtime *runtime;
    struct plx_address address;
    struct rpc_server server = {.slots = PLX_SEMAPHORE(RPC_AT_ONCE)};
    bool alone = argc == 3 && strcmp(argv[1], "serve") == 0;

    snprintf(at, sizeof at, "127.0.0.1:%s", alone ? argv[2] : "0");
    if ((argc != 1 && !alone) || plx_address_parse(at, &address)) {
        fprintf(stderr, "usage: rpc [serve PORT]\n");
        return 2;
    }
    int error = plx_tcp_listener_bind(address, &server.listener);
    if (!error) {
        error = plx_runtime_new(&(struct plx_runtime_options){.workers = 2}, &runtime);
        if (error)
            plx_tcp_listener_drop(&server.listener);
    }
    if (!error) {
        error = run(runtime, &server, alone);
        plx_runtime_free(runtime);
    }
    if (error)
        fprintf(stderr, "rpc: %s\n", plx_error_text(error));
    return error ? 1 : 0;
}
