/* SPDX-License-Identifier: MIT
 *
 * Lesson 4's demo: the client and its server in one runtime. Record a scene and look at it:
 *
 *     pollux record -o chain.jsonl build/release/lessons/04-chains/demo chain
 *     pollux play chain.jsonl
 *
 *     chain      the five steps as an and_then chain
 *     async      the same five steps as async/await
 *     short      the server hangs up in the middle of its welcome: Failed travels out of the chain
 *     refused    nobody listens
 */
#include "client.h"
#include "client_async.h"
#include "server.h"

#include <stdio.h>

PLX_HANDLE(client_handle, client)
PLX_HANDLE(fetch_handle, fetch)

struct scene {
    const char *name;
    bool async, hang_up, nobody_listens;
};

static const struct scene scenes[] = {
    {"chain", false, false, false},
    {"async", true, false, false},
    {"short", false, true, false},
    {"refused", false, false, true},
};

/* The client is spawned first, so that it is task 1; it finds the listener bound already. */
static int run_chain(struct plx_runtime *runtime, struct serve_vars serving, uint64_t *value)
{
    struct session session = {.server = serving.listener.address};
    client_handle client_task;

    int error = client_handle_spawn_on(runtime, client_new(&session), &client_task);
    if (!error)
        error = PLX_SPAWN_ON(runtime, serve, serve_new(serving));
    if (!error)
        error = client_handle_wait(&client_task, value);
    return error;
}

static int run_async(struct plx_runtime *runtime, struct serve_vars serving, uint64_t *value)
{
    struct fetch_vars vars = {.server = serving.listener.address};
    fetch_handle fetch_task;

    int error = fetch_handle_spawn_on(runtime, fetch_new(vars), &fetch_task);
    if (!error)
        error = PLX_SPAWN_ON(runtime, serve, serve_new(serving));
    if (!error)
        error = fetch_handle_wait(&fetch_task, value);
    return error;
}

static int play(const struct scene *scene, plx_tcp_listener listener)
{
    struct plx_runtime *runtime;
    struct serve_vars serving = {.listener = listener, .connections = 1, .hang_up = scene->hang_up};
    uint64_t value;

    if (scene->nobody_listens) {
        plx_tcp_listener_drop(&serving.listener); /* its address stays, with nobody there */
        serving.connections = 0;
    }
    int error = plx_runtime_new(&(struct plx_runtime_options){.workers = 2}, &runtime);
    if (error) {
        plx_tcp_listener_drop(&serving.listener);
        return error;
    }
    error = scene->async ? run_async(runtime, serving, &value) : run_chain(runtime, serving, &value);
    if (!error)
        printf("the answer is %llu\n", (unsigned long long)value);
    plx_runtime_wait_idle(runtime); /* the server has its last words */
    plx_runtime_free(runtime);
    return error;
}

static const struct scene *find_scene(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : scenes[0].name;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        if (argc <= 2 && strcmp(name, scenes[i].name) == 0)
            return &scenes[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct scene *scene = find_scene(argc, argv);
    struct plx_address any;
    plx_tcp_listener listener;

    if (!scene) {
        fprintf(stderr, "usage: demo [chain|async|short|refused]\n");
        return 2;
    }
    plx_address_parse("127.0.0.1:0", &any);
    int error = plx_tcp_listener_bind(any, &listener);
    if (!error)
        error = play(scene, listener);
    if (error)
        fprintf(stderr, "demo: %s\n", plx_error_text(error));
    return error ? 1 : 0;
}
