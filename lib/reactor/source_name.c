/* SPDX-License-Identifier: MIT
 *
 * Names of descriptors: see source_name.h. Only called while a trace is written.
 */
#include "lib/reactor/source_name.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int option(int fd, int name)
{
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
}

/* 0: it has none. */
static unsigned port_of(const struct sockaddr_storage *address)
{
    switch (address->ss_family) {
    case AF_INET:
        return ntohs(((const struct sockaddr_in *)address)->sin_port);
    case AF_INET6:
        return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    default:
        return 0;
    }
}

static void name_socket(int fd, char name[PLX_TEXT_MAX])
{
    struct sockaddr_storage own = {0}, peer = {0};
    socklen_t size = sizeof own, peer_size = sizeof peer;
    bool listens = option(fd, SO_ACCEPTCONN);
    if (getsockname(fd, (struct sockaddr *)&own, &size) < 0)
        own.ss_family = AF_UNSPEC;
    if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) < 0)
        peer.ss_family = AF_UNSPEC;

    bool inet = own.ss_family == AF_INET || own.ss_family == AF_INET6;
    const char *kind = listens                             ? "listener"
                       : !inet                             ? "unix"
                       : option(fd, SO_TYPE) == SOCK_DGRAM ? "udp"
                                                           : "tcp";
    unsigned port = port_of(listens ? &own : &peer);
    if (port)
        snprintf(name, PLX_TEXT_MAX, "%s %u", kind, port);
    else
        snprintf(name, PLX_TEXT_MAX, "%s", kind);
}

void plx__source_name(int fd, char name[PLX_TEXT_MAX])
{
    struct stat about;
    if (fstat(fd, &about) < 0)
        about.st_mode = 0;
    if (S_ISSOCK(about.st_mode))
        name_socket(fd, name);
    else
        snprintf(name, PLX_TEXT_MAX, "%s",
                 S_ISFIFO(about.st_mode)  ? "pipe"
                 : S_ISCHR(about.st_mode) ? "terminal"
                                          : "source");
}
