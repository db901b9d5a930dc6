/* SPDX-License-Identifier: MIT
 *
 * A crowd of idle connections: each has echoed once, so that its task waits in a read. What one of them costs
 * the server in memory of its own (the kernel's is not seen), and what an echo costs beside so many.
 */
#include "curves.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_BYTES = 64, ECHOES = 20000, KEPT_BACK = 100 /* descriptors for all else */ };

int connections_most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 0;
    limit.rlim_cur = limit.rlim_max; /* the server inherits it */
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur < 1000000 ? (int)limit.rlim_cur - KEPT_BACK : 1000000;
}

static double resident_bytes(pid_t pid)
{
    char path[64];
    unsigned long long pages = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    int got = file ? fscanf(file, "%llu %llu", &pages, &resident) : 0;
    if (file)
        fclose(file);
    return got == 2 ? (double)resident * (double)sysconf(_SC_PAGESIZE) : 0;
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -errno;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

static int echo(int fd)
{
    char bytes[REQUEST_BYTES] = {0};
    if (send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) != REQUEST_BYTES)
        return -EIO;
    return recv(fd, bytes, sizeof bytes, MSG_WAITALL) == REQUEST_BYTES ? 0 : -EIO;
}

/* Connects, and has each connection echo once. Returns how many there are, or a negative errno. */
static int assemble(int *fds, int connections, int port)
{
    for (int i = 0; i < connections; i++) {
        fds[i] = connect_to(port);
        int error = fds[i] < 0 ? fds[i] : echo(fds[i]);
        if (error) {
            for (int made = fds[i] < 0 ? i : i + 1; made > 0; made--)
                close(fds[made - 1]);
            return error;
        }
    }
    return connections;
}

static double echo_us(int fd)
{
    double start = machine_now().wall;
    for (int i = 0; i < ECHOES; i++)
        if (echo(fd))
            return -1;
    return (machine_now().wall - start) / ECHOES * 1e6;
}

static int measure(struct server *server, int *fds, int connections, struct crowd *crowd)
{
    double before = resident_bytes(server->pid);
    int made = assemble(fds, connections, server->port);
    if (made < 0)
        return made;
    crowd->bytes_per_connection = (resident_bytes(server->pid) - before) / connections;
    crowd->echo_us = echo_us(fds[connections / 2]);
    return crowd->echo_us < 0 ? -EIO : 0;
}

int measure_crowd(const struct peer *peer, int connections, struct crowd *crowd)
{
    struct server server;
    int *fds = malloc((size_t)connections * sizeof *fds);
    int error = fds ? start_server(peer, 1, "0", NULL, &server) : -ENOMEM;
    if (error) {
        free(fds);
        return error;
    }
    error = measure(&server, fds, connections, crowd);
    stop_server(&server);
    for (int i = 0; error == 0 && i < connections; i++)
        close(fds[i]);
    free(fds);
    return error;
}
