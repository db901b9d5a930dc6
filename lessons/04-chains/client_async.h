/* SPDX-License-Identifier: MIT
 *
 * The same client as async/await: one function from top to bottom. Compare client.h, which is the same
 * future written as a chain.
 */
#ifndef LESSON_CLIENT_ASYNC_H
#define LESSON_CLIENT_ASYNC_H

#include "protocol.h"

#include <pollux.h>
#include <stdlib.h>
#include <string.h>

struct fetch_vars {
    struct plx_address server; /* the parameter */
    plx_tcp_stream sock;
    char reply[MESSAGE_BYTES];
    char response[MESSAGE_BYTES + 1];
};

#define FETCH_AWAITS(AWAIT)                                                                                  \
    AWAIT(connected, plx_tcp_connect)                                                                        \
    AWAIT(handshake_sent, plx_write_all)                                                                     \
    AWAIT(reply_read, plx_read_exact)                                                                        \
    AWAIT(request_sent, plx_write_all)                                                                       \
    AWAIT(response_read, plx_read_exact)

static void fetch_cleanup(struct fetch_vars *my)
{
    plx_tcp_stream_drop(&my->sock);
}

PLX_ASYNC(fetch, struct fetch_vars, uint64_t, FETCH_AWAITS, fetch_cleanup)
{
    PLX_BEGIN;
    PLX_AWAIT(my->sock, connected, plx_tcp_connect_new(my->server));
    PLX_AWAIT(my->sock, handshake_sent, plx_write_all_new(PLX_MOVE(my->sock), HANDSHAKE, MESSAGE_BYTES));
    PLX_AWAIT(my->sock, reply_read, plx_read_exact_new(PLX_MOVE(my->sock), my->reply, MESSAGE_BYTES));
    if (memcmp(my->reply, WELCOME, MESSAGE_BYTES) != 0)
        PLX_FAIL(-EPROTO);
    PLX_AWAIT(my->sock, request_sent, plx_write_all_new(PLX_MOVE(my->sock), REQUEST, MESSAGE_BYTES));
    PLX_AWAIT(my->sock, response_read, plx_read_exact_new(PLX_MOVE(my->sock), my->response, MESSAGE_BYTES));
    PLX_RETURN(strtoull(my->response + strlen("ANSWER "), NULL, 10));
    PLX_END;
}

#endif
