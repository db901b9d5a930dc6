/* SPDX-License-Identifier: MIT
 *
 * Lesson 4's demo: the client as a chain, and its server, in one runtime. Record it and look at it:
 *
 *     pollux record -o chain.jsonl build/release/lessons/04-chains/demo
 *     pollux play chain.jsonl
 */
#include "client.h"
#include "server.h"

#include <stdio.h>

PLX_HANDLE(client_handle, client)

/* The client is spawned first, so that it is task 1; it finds the listener bound already. */
static int run(struct plx_runtime *runtime, plx_tcp_listener listener)
{
    struct session session = {.server = listener.address};
    struct serve_vars serving = {.listener = listener, .connections = 1};
    client_handle client_task;
    uint64_t value;

    int error = client_handle_spawn_on(runtime, client_new(&session), &client_task);
    if (!error)
        error = PLX_SPAWN_ON(runtime, serve, serve_new(serving));
    if (!error)
        error = client_handle_wait(&client_task, &value);
    if (!error)
        printf("the answer is %llu\n", (unsigned long long)value);
    plx_runtime_wait_idle(runtime);
    return error;
}

static int run_on_new_runtime(plx_tcp_listener listener)
{
    struct plx_runtime *runtime;
    int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 2}, &runtime);
    if (error) {
        plx_tcp_listener_drop(&listener);
        return error;
    }
    error = run(runtime, listener);
    plx_runtime_free(runtime);
    return error;
}

int main(void)
{
    struct plx_address any;
    plx_tcp_listener listener;

    plx_address_parse("127.0.0.1:0", &any);
    int error = plx_tcp_listener_bind(any, &listener);
    if (!error)
        error = run_on_new_runtime(listener);
    if (error)
        fprintf(stderr, "demo: %s\n", plx_error_text(error));
    return error ? 1 : 0;
}
