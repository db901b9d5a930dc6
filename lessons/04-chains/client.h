/* SPDX-License-Identifier: MIT
 *
 * The deck's client, as a chain: connect, send the handshake, read its reply, send the request, handle the
 * response.
 *
 *     MyTcpStream::connect(&remote_addr)
 *         .and_then(|sock| io::write(sock, handshake))
 *         .and_then(|sock| io::read_exact(sock, 10))
 *         .and_then(|(sock, handshake)| { validate(handshake); io::write(sock, request) })
 *         .and_then(|sock| io::read_exact(sock, 10))
 *         .and_then(|(sock, response)| { process(response) })
 *
 * The slide's closures are functions here, and what they capture is the session.
 */
#ifndef LESSON_CLIENT_H
#define LESSON_CLIENT_H

#include "protocol.h"

#include <pollux.h>
#include <stdlib.h>
#include <string.h>

struct session {
    struct plx_address server;
    char reply[MESSAGE_BYTES];
    char response[MESSAGE_BYTES];
};

PLX_VALUE(answer, uint64_t)

static plx_tcp_connect connect_to_server(struct session *s)
{
    return plx_tcp_connect_new(s->server);
}

static plx_write_all send_handshake(struct session *s, plx_tcp_stream sock)
{
    (void)s;
    return plx_write_all_new(sock, HANDSHAKE, MESSAGE_BYTES);
}

static plx_read_exact read_reply(struct session *s, plx_tcp_stream sock)
{
    return plx_read_exact_new(sock, s->reply, MESSAGE_BYTES);
}

static plx_write_all send_request(struct session *s, plx_tcp_stream sock)
{
    if (memcmp(s->reply, WELCOME, MESSAGE_BYTES) != 0)
        return plx_write_all_failed(sock, -EPROTO);
    return plx_write_all_new(sock, REQUEST, MESSAGE_BYTES);
}

static plx_read_exact read_response(struct session *s, plx_tcp_stream sock)
{
    return plx_read_exact_new(sock, s->response, MESSAGE_BYTES);
}

static answer process_response(struct session *s, plx_tcp_stream sock)
{
    char text[MESSAGE_BYTES + 1] = {0};
    memcpy(text, s->response, MESSAGE_BYTES);
    plx_tcp_stream_drop(&sock);
    return answer_of(strtoull(text + strlen("ANSWER "), NULL, 10));
}

/* clang-format off */
PLX_START   (connected, struct session,      plx_tcp_connect, connect_to_server)
PLX_AND_THEN(handshake_sent, connected,      plx_write_all,   send_handshake)
PLX_AND_THEN(reply_read,     handshake_sent, plx_read_exact,  read_reply)
PLX_AND_THEN(request_sent,   reply_read,     plx_write_all,   send_request)
PLX_AND_THEN(response_read,  request_sent,   plx_read_exact,  read_response)
PLX_AND_THEN(client,         response_read,  answer,          process_response)
/* clang-format on */

#endif
