/* SPDX-License-Identifier: MIT
 *
 * Counts what a server sends until it closes the connection, with the deck's MyTcpStream:
 *
 *     let f = MyTcpStream::connect(&remote_addr).and_then(|nread| …)
 *
 * Try it:  seq 1000 | nc -l -p 6142 -q 0     and in another terminal:
 *          build/release/lessons/04-chains/my_tcp_stream 127.0.0.1:6142
 */
#include "my_tcp_stream.h"

#include <stdio.h>

static plx_tcp_connect connect_to(struct plx_address *address)
{
    return plx_tcp_connect_new(*address);
}

static my_tcp_stream count(struct plx_address *address, plx_tcp_stream socket)
{
    (void)address;
    return my_tcp_stream_new(socket);
}

/* clang-format off */
PLX_START   (connected, struct plx_address, plx_tcp_connect, connect_to)
PLX_AND_THEN(counted,   connected,          my_tcp_stream,   count)
/* clang-format on */

static int count_from(struct plx_address address)
{
    struct plx_runtime *runtime;
    uint64_t nread;

    int error = plx_runtime_new(NULL, &runtime);
    if (error)
        return error;
    error = PLX_BLOCK_ON(runtime, counted, counted_new(&address), &nread);
    if (!error)
        printf("%llu bytes\n", (unsigned long long)nread);
    plx_runtime_free(runtime);
    return error;
}

int main(int argc, char **argv)
{
    struct plx_address address;

    if (argc != 2 || plx_address_parse(argv[1], &address)) {
        fprintf(stderr, "usage: my_tcp_stream ADDRESS:PORT\n");
        return 2;
    }
    int error = count_from(address);
    if (error)
        fprintf(stderr, "my_tcp_stream: %s: %s\n", argv[1], plx_error_text(error));
    return error ? 1 : 0;
}
