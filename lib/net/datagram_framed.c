/* SPDX-License-Identifier: MIT
 *
 * Frames in datagrams: see datagram_framed.h.
 */
#include "lib/net/datagram_framed.h"

#include <errno.h>
#include <stdlib.h>

enum { LARGEST = 1 << 16 };

void plx_datagram_framed_drop(plx_datagram_framed *framed)
{
    plx_datagram_framed gone = PLX_MOVE(*framed);
    free(gone.bytes);
    plx_bytes_done(&gone.kept);
}

/* ── receiving ────────────────────────────────────────────────────────────────────────────────────────────
 *
 * DECODING    a frame     → Ready
 *             an error    → Failed; the rest is thrown away
 *             no more     → RECEIVING; a rest that is no frame → Failed(UNEXPECTED_END)
 * RECEIVING   a datagram  → DECODING
 */
static int decode(plx_datagram_framed *framed, plx_slice *frame)
{
    struct plx_decoded seen = {.used = 1};
    while (framed->begin < framed->end && seen.used) {
        char *at = framed->bytes + framed->begin;
        int error = framed->codec->ops->decode(framed->codec, at, framed->end - framed->begin, true, &seen);
        framed->begin += seen.used;
        if (error)
            return error;
        if (seen.found) {
            *frame = (plx_slice){at + seen.at, seen.size, false};
            return 0;
        }
    }
    return framed->begin < framed->end ? PLX_UNEXPECTED_END : -EAGAIN;
}

static enum plx_answer receive(plx_datagram_framed *framed, plx_context *cx)
{
    plx_received received;
    if (!framed->bytes && !(framed->bytes = malloc(LARGEST)))
        return plx_fail(cx, -ENOMEM);
    enum plx_answer answer = plx_datagram_poll_recv(framed->socket, cx, framed->bytes, LARGEST, &received);
    if (answer != PLX_READY)
        return answer;
    if (received.truncated)
        return plx_fail(cx, -EMSGSIZE);
    framed->begin = 0;
    framed->end = received.count;
    framed->from = received.from;
    if (framed->codec->ops->reset)
        framed->codec->ops->reset(framed->codec);
    return PLX_READY;
}

PLX_LEAF_DEFINE(plx_datagram_framed_next)

enum plx_answer plx_datagram_framed_next_poll(plx_datagram_framed_next *self, plx_context *cx,
                                              plx_datagram_frame *out)
{
    plx_datagram_framed *framed = self->framed;
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    for (;;) {
        int error = decode(framed, &out->frame);
        if (!error) {
            out->from = framed->from;
            out->end = false;
            plx_budget_spend(cx);
            return PLX_READY;
        }
        framed->begin = framed->end = 0;
        if (error != -EAGAIN)
            return plx_fail(cx, error);
        enum plx_answer answer = receive(framed, cx);
        if (answer != PLX_READY)
            return answer;
    }
}

void plx_datagram_framed_next_drop(plx_datagram_framed_next *self)
{
    (void)self;
}

/* ── sending ──────────────────────────────────────────────────────────────────────────────────────────── */

PLX_LEAF_DEFINE(plx_datagram_framed_send)

enum plx_answer plx_datagram_framed_send_poll(plx_datagram_framed_send *self, plx_context *cx, plx_unit *out)
{
    plx_datagram_framed *framed = self->framed;
    *out = (plx_unit){0};
    if (!self->encoded) {
        framed->kept.size = 0;
        int error = framed->codec->ops->encode(framed->codec, &framed->kept, self->frame, self->size);
        if (error)
            return plx_fail(cx, error);
        self->encoded = true;
    }
    return plx_datagram_poll_send(framed->socket, cx, framed->kept.at, framed->kept.size, &self->to);
}

void plx_datagram_framed_send_drop(plx_datagram_framed_send *self)
{
    (void)self;
}
