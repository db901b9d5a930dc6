/* SPDX-License-Identifier: MIT
 *
 * Addresses: where a socket is, or is to go.
 */
#ifndef PLX_NET_ADDRESS_H
#define PLX_NET_ADDRESS_H

#include "lib/base.h"

#include <sys/socket.h>

struct plx_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

enum { PLX_ADDRESS_TEXT_MAX = 64 };

/* "127.0.0.1:6142", "[::1]:80": an IP address and a port; no names. 0, or -EINVAL. */
int plx_address_parse(const char *text, struct plx_address *address);

/* The same in words, into `text`; returns it. */
const char *plx_address_text(const struct plx_address *address, char text[PLX_ADDRESS_TEXT_MAX]);

/* The port in the machine's order; 0 when it has none. */
uint16_t plx_address_port(const struct plx_address *address);

#endif
