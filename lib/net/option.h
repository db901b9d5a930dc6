/* SPDX-License-Identifier: MIT
 *
 * Options of sockets, all in one table.
 *
 *     plx_socket_set(plx_tcp_stream_fd(&stream), PLX_SOCKET_KEEPALIVE, 1);
 *
 * A switch is 0 or 1, a time is in seconds, a size in bytes. The system may round: of a buffer's size Linux
 * gives twice what was set. 0 or a negative errno: -EBADF for -1, the descriptor of what is empty;
 * -ENOPROTOOPT for what this kind of socket does not have.
 */
#ifndef PLX_NET_OPTION_H
#define PLX_NET_OPTION_H

#include "lib/base.h"

/* clang-format off */
#define PLX_SOCKET_OPTIONS(OPTION)                                                                           \
    OPTION(NODELAY,          IPPROTO_TCP,  TCP_NODELAY)      /* small writes go out at once */               \
    OPTION(KEEPALIVE,        SOL_SOCKET,   SO_KEEPALIVE)     /* asks an idle peer whether it is there: */    \
    OPTION(KEEPALIVE_IDLE,   IPPROTO_TCP,  TCP_KEEPIDLE)     /*   after so long */                           \
    OPTION(KEEPALIVE_EVERY,  IPPROTO_TCP,  TCP_KEEPINTVL)    /*   then so often */                           \
    OPTION(KEEPALIVE_COUNT,  IPPROTO_TCP,  TCP_KEEPCNT)      /*   and so many times in vain */               \
    OPTION(REUSE_ADDRESS,    SOL_SOCKET,   SO_REUSEADDR)                                                     \
    OPTION(REUSE_PORT,       SOL_SOCKET,   SO_REUSEPORT)     /* many listen at one port */                   \
    OPTION(SEND_BUFFER,      SOL_SOCKET,   SO_SNDBUF)                                                        \
    OPTION(RECEIVE_BUFFER,   SOL_SOCKET,   SO_RCVBUF)                                                        \
    OPTION(BROADCAST,        SOL_SOCKET,   SO_BROADCAST)                                                     \
    OPTION(V6_ONLY,          IPPROTO_IPV6, IPV6_V6ONLY)      /* an IPv6 socket without IPv4 */               \
    OPTION(TTL,              IPPROTO_IP,   IP_TTL)           /* the hop limit, of IPv6 sockets too */        \
    OPTION(USER_TIMEOUT_MS,  IPPROTO_TCP,  TCP_USER_TIMEOUT) /* how long what was sent may stay unanswered */
/* clang-format on */

enum plx_socket_option {
#define OPTION(name, level, number) PLX_SOCKET_##name,
    PLX_SOCKET_OPTIONS(OPTION)
#undef OPTION
};

int plx_socket_set(int fd, enum plx_socket_option option, int value);
int plx_socket_get(int fd, enum plx_socket_option option, int *value);

/* What a close does with what has not been sent yet. Negative: it is sent in the background, as always. 0:
 * it is thrown away, and the peer sees a reset. (A time to wait would block the thread that closes:
 * -EINVAL.) */
int plx_socket_set_linger(int fd, int seconds);

/* The error that has come since this was last asked (SO_ERROR); asking clears it. */
int plx_socket_take_error(int fd);

#endif
