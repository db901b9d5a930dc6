/* SPDX-License-Identifier: MIT
 *
 * The load client of the echo servers, the same for all of them: a bare epoll loop.
 *
 *     load-client PORT PID [SECONDS [CONNECTIONS]]
 *
 * Each connection sends 64 bytes, waits until they have come back, and sends again. Prints one line of JSON:
 * the requests a second, the median and the 99th percentile of their time, and the CPU time of the server,
 * process PID, a request. The first half second is not measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_BYTES = 64, MOST_CONNECTIONS = 4096, BUCKETS = 1 << 20 /* of 100 ns each */ };

struct connection {
    int fd;
    uint64_t sent_at;
    size_t got;
};

static struct connection connections[MOST_CONNECTIONS];
static uint32_t times[BUCKETS];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* User and system time of another process. */
static uint64_t cpu_ns_of(int pid)
{
    char path[64], text[1024];
    unsigned long long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(text, sizeof text, file))
        die(path);
    fclose(file);
    char *after_name = strrchr(text, ')');
    if (!after_name ||
        sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
        die(path);
    return (user + system) * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

static void send_request(struct connection *connection)
{
    static const char request[REQUEST_BYTES] = "a request of sixty-four bytes, which comes back as it is";
    connection->got = 0;
    connection->sent_at = now_ns();
    if (send(connection->fd, request, sizeof request, MSG_NOSIGNAL) != (ssize_t)sizeof request)
        die("send");
}

static void open_connection(struct connection *connection, int epoll, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0)
        die("epoll_ctl");
    send_request(connection);
}

/* Returns how many requests were answered. */
static uint64_t receive(struct connection *connection)
{
    char bytes[REQUEST_BYTES];
    ssize_t got = recv(connection->fd, bytes, REQUEST_BYTES - connection->got, 0);
    if (got <= 0)
        die("recv");
    connection->got += (size_t)got;
    if (connection->got < REQUEST_BYTES)
        return 0;
    uint64_t bucket = (now_ns() - connection->sent_at) / 100;
    times[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    send_request(connection);
    return 1;
}

static uint64_t run_for(int epoll, uint64_t ns)
{
    struct epoll_event events[256];
    uint64_t until = now_ns() + ns, answered = 0;
    while (now_ns() < until) {
        int count = epoll_wait(epoll, events, 256, 100);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++)
            answered += receive(events[i].data.ptr);
    }
    return answered;
}

static double percentile_us(uint64_t answered, double share)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < BUCKETS; i++)
        if ((double)(seen += times[i]) >= share * (double)answered)
            return i / 10.0;
    return BUCKETS / 10.0;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 5) {
        fputs("usage: load-client PORT PID [SECONDS [CONNECTIONS]]\n", stderr);
        return 2;
    }
    uint16_t port = (uint16_t)atoi(argv[1]);
    int pid = atoi(argv[2]), count = argc > 4 ? atoi(argv[4]) : 64;
    double seconds = argc > 3 ? atof(argv[3]) : 5;
    int epoll = epoll_create1(0);
    if (epoll < 0 || count < 1 || count > MOST_CONNECTIONS)
        die("epoll_create1");
    for (int i = 0; i < count; i++)
        open_connection(&connections[i], epoll, port);
    run_for(epoll, 500000000);
    memset(times, 0, sizeof times);
    uint64_t cpu = cpu_ns_of(pid), start = now_ns();
    uint64_t answered = run_for(epoll, (uint64_t)(seconds * 1e9));
    double took = (double)(now_ns() - start) / 1e9;
    cpu = cpu_ns_of(pid) - cpu;
    printf("\"n\":%llu,\"req_s\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"cpu_us_per_req\":%.3f\n",
           (unsigned long long)answered, (double)answered / took, percentile_us(answered, 0.5),
           percentile_us(answered, 0.99), (double)cpu / 1000 / (double)answered);
    return 0;
}
