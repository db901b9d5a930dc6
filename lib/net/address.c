/* SPDX-License-Identifier: MIT
 *
 * Addresses in words and back.
 */
#include "lib/net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_port(const char *text, uint16_t *port)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || *text < '0' || *text > '9' || *end || number > 65535)
        return -EINVAL;
    *port = (uint16_t)number;
    return 0;
}

static int parse_v4(const char *host, uint16_t port, struct plx_address *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address->storage;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address->length = sizeof *v4;
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1 ? 0 : -EINVAL;
}

static int parse_v6(const char *host, uint16_t port, struct plx_address *address)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->storage;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address->length = sizeof *v6;
    return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1 ? 0 : -EINVAL;
}

int plx_address_parse(const char *text, struct plx_address *address)
{
    char host[PLX_ADDRESS_TEXT_MAX];
    uint16_t port;
    const char *colon = strrchr(text, ':');
    bool v6 = text[0] == '[';

    *address = (struct plx_address){0};
    if (!colon || (size_t)(colon - text) >= sizeof host || parse_port(colon + 1, &port))
        return -EINVAL;
    if (v6 && (colon - text < 2 || colon[-1] != ']'))
        return -EINVAL;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text) - 2 * v6, text + v6);
    return v6 ? parse_v6(host, port, address) : parse_v4(host, port, address);
}

uint16_t plx_address_port(const struct plx_address *address)
{
    if (address->storage.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
    if (address->storage.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
    return 0;
}

const char *plx_address_text(const struct plx_address *address, char text[PLX_ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "?";
    bool v6 = address->storage.ss_family == AF_INET6;
    const void *bytes = v6 ? (const void *)&((const struct sockaddr_in6 *)&address->storage)->sin6_addr
                           : (const void *)&((const struct sockaddr_in *)&address->storage)->sin_addr;
    inet_ntop(address->storage.ss_family, bytes, host, sizeof host);
    snprintf(text, PLX_ADDRESS_TEXT_MAX, v6 ? "[%s]:%u" : "%s:%u", host, plx_address_port(address));
    return text;
}
