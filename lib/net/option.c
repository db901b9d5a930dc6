/* SPDX-License-Identifier: MIT
 *
 * Options of sockets: see option.h.
 */
#include "lib/net/option.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

struct option {
    int level, number;
};

static const struct option options[] = {
#define OPTION(name, level, number) [PLX_SOCKET_##name] = {level, number},
    PLX_SOCKET_OPTIONS(OPTION)
#undef OPTION
};

/* The hop limit has a name of its own in each family. */
static struct option option_of(int fd, enum plx_socket_option option)
{
    int family = 0;
    socklen_t size = sizeof family;
    if (option == PLX_SOCKET_TTL && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 &&
        family == AF_INET6)
        return (struct option){IPPROTO_IPV6, IPV6_UNICAST_HOPS};
    return options[option];
}

int plx_socket_set(int fd, enum plx_socket_option option, int value)
{
    struct option at = option_of(fd, option);
    return setsockopt(fd, at.level, at.number, &value, sizeof value) < 0 ? -errno : 0;
}

int plx_socket_get(int fd, enum plx_socket_option option, int *value)
{
    struct option at = option_of(fd, option);
    socklen_t size = sizeof *value;
    return getsockopt(fd, at.level, at.number, value, &size) < 0 ? -errno : 0;
}

int plx_socket_set_linger(int fd, int seconds)
{
    struct linger linger = {.l_onoff = seconds >= 0, .l_linger = 0};
    if (seconds > 0)
        return -EINVAL;
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) < 0 ? -errno : 0;
}

int plx_socket_take_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}
