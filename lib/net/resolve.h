/* SPDX-License-Identifier: MIT
 *
 * Names: which addresses a host has; and connecting to a host by its name.
 *
 *     PLX_AWAIT(my->found, resolve, plx_resolve_new("localhost", "http"));
 *     PLX_AWAIT(my->sock, connect, plx_tcp_connect_host_new("localhost", 6142));
 *
 * The system's getaddrinfo blocks, for seconds when a server does not answer. So it runs on the blocking
 * pool (scheduler/blocking.h), and the future waits for it; what it is asked for is copied. It cannot be
 * interrupted: a future that is dropped, or runs into its time-out, leaves it behind, and it ends by
 * itself. An address in numbers needs none of this and is ready at once.
 *
 * Source: Tokio 1.x `net::lookup_host`, `TcpStream::connect`.
 */
#ifndef PLX_NET_RESOLVE_H
#define PLX_NET_RESOLVE_H

#include "lib/net/tcp.h"
#include "lib/task/join.h"
#include "lib/time/delay.h"

/* The host has no address, or there is no such host. */
#define PLX_NO_SUCH_HOST (-ENXIO)

enum { PLX_ADDRESSES_MOST = 8, PLX_HOST_MAX = 256, PLX_SERVICE_MAX = 32 };

/* In the order in which they are to be tried; further ones are left out. */
struct plx_addresses {
    size_t count; /* at least 1 */
    struct plx_address at[PLX_ADDRESSES_MOST];
};

/* What runs on the blocking pool. */
typedef struct plx__lookup {
    char host[PLX_HOST_MAX], service[PLX_SERVICE_MAX];
} plx__lookup;
typedef struct plx_addresses plx__lookup_item;
PLX_LEAF_DECLARE(plx__lookup)
PLX_HANDLE(plx__lookup_handle, plx__lookup)

/* Failed: PLX_NO_SUCH_HOST, EAGAIN when a server does not answer just now, EINVAL for a service that nobody
 * knows, ENAMETOOLONG, ETIMEDOUT. */
typedef struct plx_resolve {
    plx__lookup lookup;
    int refused;
    bool begun;
    plx__lookup_handle handle;
    uint64_t timeout_ns;
    plx_delay timeout;
} plx_resolve;
typedef struct plx_addresses plx_resolve_item;
PLX_LEAF_DECLARE(plx_resolve)

/* `service`: "80", "http". */
plx_resolve plx_resolve_new(const char *host, const char *service);

/* The same, but Failed(ETIMEDOUT) when it takes longer. */
plx_resolve plx_resolve_within(const char *host, const char *service, uint64_t timeout_ns);

/* Connects to the first of the host's addresses that answers, one after the other; when none does, it fails
 * with the error of the last one. */
typedef struct plx_tcp_connect_host {
    plx_resolve resolve;
    struct plx_addresses found;
    plx_tcp_connect connect;
    size_t tried; /* so many of them are through, or being tried */
} plx_tcp_connect_host;
typedef plx_tcp_stream plx_tcp_connect_host_item;
PLX_LEAF_DECLARE(plx_tcp_connect_host)

plx_tcp_connect_host plx_tcp_connect_host_new(const char *host, uint16_t port);

#endif
