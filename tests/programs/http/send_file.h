/* SPDX-License-Identifier: MIT
 *
 * send_file: a leaf that sends a part of a file through a stream, with sendfile(2): the bytes go from the
 * file's pages to the socket and never through the program.
 *
 *     SENDING   the socket takes some        → on, until nothing is left: Ready(stream)
 *               the socket is full           → NotReady: the reactor will notify the task
 *               the file has become shorter  → Failed: the length was promised, only closing is left
 */
#ifndef HTTP_SEND_FILE_H
#define HTTP_SEND_FILE_H

#include <pollux.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum { SEND_AT_ONCE = 256 * 1024 };

typedef struct send_file {
    plx_tcp_stream stream;
    int fd; /* owned */
    off_t at;
    int64_t left;
} send_file;
typedef plx_tcp_stream send_file_item;

static send_file send_file_new(plx_tcp_stream stream, int fd, int64_t first, int64_t count)
{
    return (send_file){stream, fd, first, count};
}

/* Whoever uses it ignores SIGPIPE, which sendfile raises when the client has gone. */
static enum plx_answer send_file_poll(send_file *self, plx_context *cx, plx_tcp_stream *out)
{
    while (self->left > 0) {
        uint64_t seen;
        if (!plx_budget_left(cx)) /* a fast reader and a big file must not keep the others waiting */
            return PLX_NOT_READY;
        enum plx_answer answer = plx_poll_evented_ready(&self->stream.io, cx, PLX_WRITE, &seen);
        if (answer != PLX_READY)
            return answer;
        ssize_t sent = sendfile(self->stream.io.fd, self->fd, &self->at,
                                self->left < SEND_AT_ONCE ? (size_t)self->left : SEND_AT_ONCE);
        if (sent > 0) {
            self->left -= sent;
            plx_budget_spend(cx);
        } else if (sent == 0) {
            return plx_fail(cx, PLX_UNEXPECTED_END);
        } else if (errno == EAGAIN) {
            plx_poll_evented_clear(&self->stream.io, PLX_WRITE, seen);
        } else if (errno != EINTR) {
            return plx_fail(cx, -errno);
        }
    }
    *out = PLX_MOVE(self->stream);
    return PLX_READY;
}

static void send_file_drop(send_file *self)
{
    plx_tcp_stream_drop(&self->stream);
    close(self->fd);
}

PLX_LEAF(send_file)

#endif
