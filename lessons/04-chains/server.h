/* SPDX-License-Identifier: MIT
 *
 * The other end of the client: `serve(n)` answers n connections, one after the other.
 *
 * The welcome goes out in two pieces, with a pause between them, as a network would do it sooner or later:
 * so one sees a read_exact that has 4 of its 10 bytes.
 */
#ifndef LESSON_SERVER_H
#define LESSON_SERVER_H

#include "protocol.h"

#include <pollux.h>
#include <string.h>

/* One connection accepted from a listener that belongs to somebody else. */
typedef struct accept_one {
    plx_tcp_listener *listener;
} accept_one;
typedef plx_tcp_stream accept_one_item;

static enum plx_answer accept_one_poll(accept_one *self, plx_context *cx, plx_tcp_stream *out)
{
    struct plx_address peer;
    return plx_tcp_listener_poll_accept(self->listener, cx, out, &peer);
}

static void accept_one_drop(accept_one *self)
{
    (void)self;
}

PLX_LEAF(accept_one)

struct serve_vars {
    plx_tcp_listener listener; /* owned */
    int connections;           /* to be answered */
    bool hang_up;              /* in the middle of the welcome */
    plx_tcp_stream sock;
    char message[MESSAGE_BYTES];
};

#define SERVE_AWAITS(AWAIT)                                                                                  \
    AWAIT(accepted, accept_one)                                                                              \
    AWAIT(handshake_read, plx_read_exact)                                                                    \
    AWAIT(half_sent, plx_write_all)                                                                          \
    AWAIT(paused, plx_yield)                                                                                 \
    AWAIT(welcome_sent, plx_write_all)                                                                       \
    AWAIT(request_read, plx_read_exact)                                                                      \
    AWAIT(answer_sent, plx_write_all)

static void serve_cleanup(struct serve_vars *my)
{
    plx_tcp_stream_drop(&my->sock);
    plx_tcp_listener_drop(&my->listener);
}

PLX_ASYNC(serve, struct serve_vars, plx_unit, SERVE_AWAITS, serve_cleanup)
{
    PLX_BEGIN;
    while (my->connections-- > 0) {
        PLX_AWAIT(my->sock, accepted, (accept_one){&my->listener});
        plx_tcp_stream_set_nodelay(&my->sock, true);
        PLX_AWAIT(my->sock, handshake_read,
                  plx_read_exact_new(PLX_MOVE(my->sock), my->message, MESSAGE_BYTES));
        PLX_AWAIT(my->sock, half_sent, plx_write_all_new(PLX_MOVE(my->sock), WELCOME, 4));
        PLX_AWAIT(PLX_NOTHING, paused, plx_yield_new());
        if (my->hang_up)
            PLX_RETURN((plx_unit){0});
        PLX_AWAIT(my->sock, welcome_sent,
                  plx_write_all_new(PLX_MOVE(my->sock), &WELCOME[4], MESSAGE_BYTES - 4));
        PLX_AWAIT(my->sock, request_read, plx_read_exact_new(PLX_MOVE(my->sock), my->message, MESSAGE_BYTES));
        PLX_AWAIT(my->sock, answer_sent, plx_write_all_new(PLX_MOVE(my->sock), ANSWER, MESSAGE_BYTES));
        plx_tcp_stream_drop(&my->sock);
    }
    PLX_RETURN((plx_unit){0});
    PLX_END;
}

#endif
