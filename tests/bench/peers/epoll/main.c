/* SPDX-License-Identifier: MIT
 *
 * The echo server without any runtime: the limit that a runtime's server can come near.
 *
 * Each thread has an epoll of its own; the first accepts, and deals the connections out.
 * Level-triggered: what is ready is read once and written back at once, and what has been left unread is told
 * again, so no read is made in vain. Nothing is allocated. An answer of 64 bytes always has room; a peer for
 * which it has not is left.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_BYTES = 64, EVENTS_AT_ONCE = 256, THREADS_MOST = 64 };

static int epolls[THREADS_MOST];
static int threads, listener;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void add(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void accept_one(void)
{
    static int accepted;
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        die("accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    add(epolls[accepted++ % threads], fd);
}

static void echo(int fd)
{
    char bytes[REQUEST_BYTES];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got > 0 && send(fd, bytes, (size_t)got, MSG_NOSIGNAL) == got)
        return;
    if (got >= 0 || errno != EAGAIN)
        close(fd);
}

static void *run(void *epoll)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    for (;;) {
        int count = epoll_wait(*(int *)epoll, events, EVENTS_AT_ONCE, -1);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                accept_one();
            else
                echo(events[i].data.fd);
        }
    }
    return NULL;
}

static void listen_on_loopback(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 1024) < 0 ||
        getsockname(listener, (struct sockaddr *)&at, &size) < 0)
        die("listen");
    printf("PORT %u\n", ntohs(at.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    threads = argc > 2 ? atoi(argv[2]) : 1;
    if (argc < 2 || strcmp(argv[1], "tcp_echo_server") != 0 || threads < 1 || threads > THREADS_MOST) {
        fprintf(stderr, "usage: epoll-bench tcp_echo_server THREADS\n");
        return 2;
    }
    for (int i = 0; i < threads; i++)
        if ((epolls[i] = epoll_create1(EPOLL_CLOEXEC)) < 0)
            die("epoll_create1");
    listen_on_loopback();
    add(epolls[0], listener);
    for (int i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, run, &epolls[i]))
            die("pthread_create");
    run(&epolls[0]);
    return 0;
}
