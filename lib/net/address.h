/* SPDX-License-Identifier: MIT
 *
 * Addresses: where a socket is, or is to go. IPv4, IPv6, or a path of the Unix family.
 */
#ifndef PLX_NET_ADDRESS_H
#define PLX_NET_ADDRESS_H

#include "lib/base.h"

#include <sys/socket.h>

struct plx_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

enum { PLX_ADDRESS_TEXT_MAX = 128 };

/* "127.0.0.1:6142", "[::1]:80": an IP address and a port; no names. 0, or -EINVAL. */
int plx_address_parse(const char *text, struct plx_address *address);

/* "/tmp/socket": a path; "@name": a name of Linux's abstract space, which is no file and goes with its
 * socket. 0, -EINVAL when it is empty, or -ENAMETOOLONG: 107 bytes are the most. */
int plx_address_unix(const char *path, struct plx_address *address);

/* In words again, into `text`; returns it. */
const char *plx_address_text(const struct plx_address *address, char text[PLX_ADDRESS_TEXT_MAX]);

/* The port in the machine's order; 0 when it has none. */
uint16_t plx_address_port(const struct plx_address *address);

/* Where the socket is, and where its peer is. 0 or a negative errno: -ENOTCONN without a peer, -EBADF. */
int plx_address_of_socket(int fd, struct plx_address *address);
int plx_address_of_peer(int fd, struct plx_address *address);

#endif
