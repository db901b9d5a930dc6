/* SPDX-License-Identifier: MIT
 *
 * The deck's first future, written by hand:
 *
 *     struct MyTcpStream { socket: TcpStream, nread: u64 }
 *
 *     impl Future for MyTcpStream {
 *         type Item = u64;
 *         fn poll(&mut self) -> Poll<Item, io::Error> {
 *             let mut buf = [0; 10];
 *             loop {
 *                 match self.socket.read(&mut buf) {
 *                     Async::Ready(0) => return Async::Ready(self.nread),
 *                     Async::Ready(n) => self.nread += n,
 *                     Async::NotReady => return Async::NotReady,
 *                 }
 *             }
 *         }
 *     }
 *
 * It reads until the end of the stream and is ready with how many bytes there were. The answer NotReady
 * needs no line of its own: the socket has given it, and has left the task's waker with the reactor; it is
 * handed on.
 */
#ifndef LESSON_MY_TCP_STREAM_H
#define LESSON_MY_TCP_STREAM_H

#include <pollux.h>

typedef struct my_tcp_stream {
    plx_tcp_stream socket;
    uint64_t nread;
} my_tcp_stream;
typedef uint64_t my_tcp_stream_item;

static my_tcp_stream my_tcp_stream_new(plx_tcp_stream socket)
{
    return (my_tcp_stream){.socket = socket};
}

static enum plx_answer my_tcp_stream_poll(my_tcp_stream *self, plx_context *cx, uint64_t *out)
{
    char buf[10];
    size_t n;

    for (;;) {
        enum plx_answer answer = plx_tcp_stream_poll_read(&self->socket, cx, buf, sizeof buf, &n);
        if (answer != PLX_READY)
            return answer;
        if (n == 0) {
            *out = self->nread;
            return PLX_READY;
        }
        self->nread += n;
    }
}

static void my_tcp_stream_drop(my_tcp_stream *self)
{
    plx_tcp_stream_drop(&self->socket);
}

PLX_LEAF(my_tcp_stream)

#endif
