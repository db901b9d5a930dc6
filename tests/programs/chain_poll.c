/* SPDX-License-Identifier: MIT
 *
 * The deck's client, to be looked at by tests/build/test_disassembly.sh: one function that polls the chain,
 * one that polls the same as async/await, and with -DBOXED one with a box in the chain, which costs an
 * indirect call.
 */
#include "lessons/04-chains/client.h"
#include "lessons/04-chains/client_async.h"

#include <stdio.h>

#define LOOKED_AT __attribute__((noinline, used))

LOOKED_AT enum plx_answer poll_chain(client *future, plx_context *cx, uint64_t *out);
LOOKED_AT enum plx_answer poll_async(fetch *future, plx_context *cx, uint64_t *out);

enum plx_answer poll_chain(client *future, plx_context *cx, uint64_t *out)
{
    return client__ask(future, cx, 1, out);
}

enum plx_answer poll_async(fetch *future, plx_context *cx, uint64_t *out)
{
    return fetch__ask(future, cx, 1, out);
}

#ifdef BOXED
PLX_BOXED(boxed_reply, plx_tcp_stream)

static boxed_reply box_reply(struct session *s, plx_tcp_stream sock)
{
    return PLX_BOX(boxed_reply, plx_read_exact, plx_read_exact_new(sock, s->reply, MESSAGE_BYTES));
}

PLX_AND_THEN(boxed_reply_read, handshake_sent, boxed_reply, box_reply)

LOOKED_AT enum plx_answer poll_boxed(boxed_reply_read *future, plx_context *cx, plx_tcp_stream *out);

enum plx_answer poll_boxed(boxed_reply_read *future, plx_context *cx, plx_tcp_stream *out)
{
    return boxed_reply_read__ask(future, cx, 1, out);
}
#endif

int main(void)
{
    printf("The chain of five steps takes %zu bytes, as async/await %zu.\n", sizeof(client), sizeof(fetch));
    return 0;
}
