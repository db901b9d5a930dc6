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
#include <sys/un.h>

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

int plx_address_unix(const char *path, struct plx_address *address)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&address->storage;
    size_t size = strlen(path);
    *address = (struct plx_address){0};
    if (size == 0)
        return -EINVAL;
    if (size >= sizeof un->sun_path)
        return -ENAMETOOLONG;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, size);
    bool is_abstract = path[0] == '@';
    if (is_abstract)
        un->sun_path[0] = '\0';
    /* An abstract name is all the bytes that there are, so its final NUL must not be one of them. */
    address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + !is_abstract);
    return 0;
}

int plx_address_of_socket(int fd, struct plx_address *address)
{
    *address = (struct plx_address){.length = sizeof address->storage};
    return getsockname(fd, (struct sockaddr *)&address->storage, &address->length) < 0 ? -errno : 0;
}

int plx_address_of_peer(int fd, struct plx_address *address)
{
    *address = (struct plx_address){.length = sizeof address->storage};
    return getpeername(fd, (struct sockaddr *)&address->storage, &address->length) < 0 ? -errno : 0;
}

uint16_t plx_address_port(const struct plx_address *address)
{
    if (address->storage.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
    if (address->storage.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
    return 0;
}

/* A path need not end in a NUL; a socket that was never bound has none at all. */
static const char *unix_text(const struct plx_address *address, char text[PLX_ADDRESS_TEXT_MAX])
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&address->storage;
    size_t before = offsetof(struct sockaddr_un, sun_path);
    size_t size = address->length > before ? address->length - before : 0;
    if (size == 0)
        snprintf(text, PLX_ADDRESS_TEXT_MAX, "unnamed");
    else if (un->sun_path[0] == '\0')
        snprintf(text, PLX_ADDRESS_TEXT_MAX, "@%.*s", (int)size - 1, un->sun_path + 1);
    else
        snprintf(text, PLX_ADDRESS_TEXT_MAX, "%.*s", (int)size, un->sun_path);
    return text;
}

const char *plx_address_text(const struct plx_address *address, char text[PLX_ADDRESS_TEXT_MAX])
{
    if (address->storage.ss_family == AF_UNIX)
        return unix_text(address, text);
    char host[INET6_ADDRSTRLEN] = "?";
    bool v6 = address->storage.ss_family == AF_INET6;
    const void *bytes = v6 ? (const void *)&((const struct sockaddr_in6 *)&address->storage)->sin6_addr
                           : (const void *)&((const struct sockaddr_in *)&address->storage)->sin_addr;
    inet_ntop(address->storage.ss_family, bytes, host, sizeof host);
    snprintf(text, PLX_ADDRESS_TEXT_MAX, v6 ? "[%s]:%u" : "%s:%u", host, plx_address_port(address));
    return text;
}
