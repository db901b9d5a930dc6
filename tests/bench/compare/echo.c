/* SPDX-License-Identifier: MIT
 *
 * The echo benches: a server, and the load client in a process of its own. tcp_echo_1t binds the server to
 * CPU 0 and the client to CPU 1; tcp_echo_2t lets the server have both.
 */
#include "compare.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 10000, NO_SUCH_BENCH = 2 };

/* ── a server ─────────────────────────────────────────────────────────────────────────────────────── */

static void become_server(const struct peer *peer, int threads, const char *cpus, const char *trace, int says)
{
    char number[16];
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
    snprintf(number, sizeof number, "%d", threads);
    dup2(says, 1);
    dup2(quiet, 2); /* a peer that has no such server says so, and is left out */
    if (trace)
        setenv("POLLUX_TRACE", trace, 1);
    if (cpus)
        execlp("taskset", "taskset", "-c", cpus, peer->program, "tcp_echo_server", number, (char *)NULL);
    else
        execl(peer->program, peer->program, "tcp_echo_server", number, (char *)NULL);
    _exit(127);
}

/* "PORT n" within ten seconds. */
static bool says_port(struct server *server)
{
    struct pollfd ready = {.fd = fileno(server->says), .events = POLLIN};
    return poll(&ready, 1, START_MS) == 1 && fscanf(server->says, "PORT %d", &server->port) == 1;
}

static int give_up(struct server *server)
{
    int status = 0;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, &status, 0);
    fclose(server->says);
    return WIFEXITED(status) && WEXITSTATUS(status) == NO_SUCH_BENCH ? -ENOENT : -EIO;
}

int start_server(const struct peer *peer, int threads, const char *cpus, const char *trace,
                 struct server *server)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    fflush(NULL);
    server->pid = fork();
    if (server->pid == 0)
        become_server(peer, threads, cpus, trace, ends[1]);
    close(ends[1]);
    server->says = fdopen(ends[0], "r");
    if (server->pid < 0 || !server->says) {
        close(ends[0]);
        return -EIO;
    }
    return says_port(server) ? 0 : give_up(server);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

double stop_server(struct server *server)
{
    struct rusage used = {0};
    kill(server->pid, SIGTERM);
    while (wait4(server->pid, NULL, 0, &used) < 0 && errno == EINTR)
        continue;
    fclose(server->says);
    return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

/* ── the client ───────────────────────────────────────────────────────────────────────────────────── */

static cJSON *load(const struct server *server, bool one, double seconds)
{
    char command[4096];
    snprintf(command, sizeof command, "%s'%s' %d %d %g", one ? "taskset -c 1 " : "", getenv("LOAD_CLIENT"),
             server->port, (int)server->pid, seconds);
    FILE *pipe = popen(command, "r");
    cJSON *line = pipe ? read_lines(pipe, "{", "}") : NULL;
    if (pipe)
        pclose(pipe);
    return line;
}

static bool start_for(const struct peer *peer, bool one, const char *trace, struct server *server,
                      bool *failed)
{
    int error = start_server(peer, one ? 1 : 2, one ? "0" : NULL, trace, server);
    *failed = error && error != -ENOENT;
    if (*failed)
        complain(peer, one ? "tcp_echo_1t" : "tcp_echo_2t", "the server does not start");
    return error == 0;
}

cJSON *run_echo(const struct peer *peer, bool one, bool *failed)
{
    struct server server;
    *failed = false;
    if (!getenv("LOAD_CLIENT") || !start_for(peer, one, NULL, &server, failed))
        return NULL;
    cJSON *line = load(&server, one, 5);
    stop_server(&server);
    *failed = !line;
    if (!line)
        complain(peer, one ? "tcp_echo_1t" : "tcp_echo_2t", "the load client has no result");
    return line;
}

/* ── with a trace, and without ────────────────────────────────────────────────────────────────────── */

enum { TRACED_SECONDS = 2 };
static const double served_seconds = TRACED_SECONDS +
                                     0.5; /* the client's first half second is not measured */

struct traced_run {
    double requests, req_s; /* all of them; a second */
    double hot, cpu,
        end; /* seconds of CPU, of all threads but the trace's writer, and of all; wall of the end */
};

/* The CPU time so far of the threads that do the work. */
static double cpu_without_writer(pid_t pid)
{
    char command[256];
    double seconds = NAN;
    /* schedstat: nanoseconds on a processor, … */
    snprintf(command, sizeof command,
             "cd /proc/%d/task && "
             "for t in *; do case $(cat $t/comm) in *trace*) ;; *) cat $t/schedstat ;; esac; done"
             " | awk '{ ns += $1 } END { print ns / 1e9 }'",
             (int)pid);
    FILE *pipe = popen(command, "r");
    if (pipe && fscanf(pipe, "%lf", &seconds) != 1)
        seconds = NAN;
    if (pipe)
        pclose(pipe);
    return seconds;
}

static double seconds_now(void)
{
    return machine_now().wall;
}

static bool run_served(const struct peer *peer, const char *trace, struct traced_run *run)
{
    struct server server;
    bool failed;
    if (!start_for(peer, true, trace, &server, &failed))
        return false;
    cJSON *line = load(&server, true, TRACED_SECONDS);
    run->req_s = number_in(line, "req_s");
    run->requests = run->req_s * served_seconds;
    run->hot = cpu_without_writer(server.pid);
    double stopped = seconds_now();
    run->cpu = stop_server(&server);
    run->end = seconds_now() - stopped;
    cJSON_Delete(line);
    return !isnan(run->req_s);
}

static double lines_in(const char *path, double *bytes)
{
    static char block[1 << 16];
    double lines = 0;
    size_t got;
    FILE *file = fopen(path, "r");
    *bytes = 0;
    while (file && (got = fread(block, 1, sizeof block, file)) > 0) {
        *bytes += (double)got;
        for (char *at = block; (at = memchr(at, '\n', got - (size_t)(at - block))); at++)
            lines++;
    }
    if (file)
        fclose(file);
    return lines;
}

void trace_echo(struct comparison *comparison, struct samples figures[TRACED_FIGURES])
{
    char path[] = "/tmp/pollux-bench-XXXXXX";
    struct traced_run off, on;
    int fd = mkstemp(path);
    if (fd < 0 || !getenv("LOAD_CLIENT"))
        return;
    close(fd);
    if (run_served(&comparison->peer[0], NULL, &off) && run_served(&comparison->peer[0], path, &on)) {
        double bytes, events = lines_in(path, &bytes), slowdown = off.req_s / on.req_s;
        double untraced = off.cpu / off.requests * on.requests;
        add_sample(&figures[TRACED_EVENTS], events);
        add_sample(&figures[TRACED_BYTES], bytes / events);
        add_sample(&figures[TRACED_HOT], (on.hot - off.hot / off.requests * on.requests) / events * 1e9);
        add_sample(&figures[TRACED_ALL], (on.cpu - untraced) / events * 1e9);
        add_sample(&figures[TRACED_SLOWDOWN], slowdown);
        add_sample(&figures[TRACED_WITH_END], slowdown * (served_seconds + on.end) / served_seconds);
    }
    unlink(path);
}
