/* SPDX-License-Identifier: MIT
 *
 * Running one bench of one peer. The echo benches run a server on one processor and the load client on the
 * other: tcp_echo_1t binds the server to CPU 0 and the client to CPU 1, tcp_echo_2t lets the server have
 * both.
 */
#include "compare.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static cJSON *last_line_of(FILE *pipe, const char *before, const char *after)
{
    char line[4096], text[8192];
    cJSON *found = NULL;
    while (fgets(line, sizeof line, pipe)) {
        snprintf(text, sizeof text, "%s%s%s", before, line, after);
        cJSON *parsed = cJSON_Parse(text);
        if (!parsed)
            continue;
        cJSON_Delete(found);
        found = parsed;
    }
    return found;
}

static cJSON *run_short(const struct peer *peer, const char *bench)
{
    char command[4096];
    snprintf(command, sizeof command, "'%s' %s 2>/dev/null", peer->program, bench);
    FILE *pipe = popen(command, "r");
    cJSON *line = pipe ? last_line_of(pipe, "", "") : NULL;
    int status = pipe ? pclose(pipe) : -1;
    /* 2 says that there is no such bench. */
    if (!line && !(WIFEXITED(status) && WEXITSTATUS(status) == 2))
        fprintf(stderr, "\ncompare: %s failed in %s\n", peer->name, bench);
    return line;
}

/* ── servers ──────────────────────────────────────────────────────────────────────────────────────── */

struct server {
    pid_t pid;
    FILE *says;
    int port;
};

static int start_server(const struct peer *peer, bool one, struct server *server)
{
    int ends[2];
    if (pipe(ends))
        return -1;
    server->pid = fork();
    if (server->pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        if (one)
            execlp("taskset", "taskset", "-c", "0", peer->program, "tcp_echo_server", "1", (char *)NULL);
        else
            execl(peer->program, peer->program, "tcp_echo_server", "2", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    server->says = fdopen(ends[0], "r");
    return server->pid > 0 && server->says && fscanf(server->says, "PORT %d", &server->port) == 1 ? 0 : -1;
}

static void stop_server(struct server *server)
{
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
    fclose(server->says);
}

/* libuv has one thread a loop: there is nothing to compare with two. */
static bool has_two_threads(const struct peer *peer)
{
    return strcmp(peer->name, "libuv") != 0;
}

static cJSON *run_echo(const struct peer *peer, bool one)
{
    struct server server;
    char command[4096];
    const char *client = getenv("LOAD_CLIENT");
    if (!client || (!one && !has_two_threads(peer)))
        return NULL;
    if (start_server(peer, one, &server)) {
        fprintf(stderr, "\ncompare: the echo server of %s does not start\n", peer->name);
        return NULL;
    }
    snprintf(command, sizeof command, "%s'%s' %d %d 5", one ? "taskset -c 1 " : "", client, server.port,
             (int)server.pid);
    FILE *pipe = popen(command, "r");
    cJSON *line = pipe ? last_line_of(pipe, "{", "}") : NULL;
    if (pipe)
        pclose(pipe);
    stop_server(&server);
    return line;
}

cJSON *run_program(const struct peer *peer, const char *bench)
{
    if (strcmp(bench, "tcp_echo_1t") == 0)
        return run_echo(peer, true);
    if (strcmp(bench, "tcp_echo_2t") == 0)
        return run_echo(peer, false);
    return run_short(peer, bench);
}
