/* SPDX-License-Identifier: MIT
 *
 * plx_stream_of_fd: pipes, terminals, and sockets of any kind as streams.
 *
 * Writing into a pipe that nobody reads raises SIGPIPE, which would end the program, and no flag of write(2)
 * prevents it as MSG_NOSIGNAL does for sockets. So the signal is blocked in this thread for the time of the
 * call; if the call raised it, it is taken off the thread again before it is unblocked. (A library must not
 * simply ignore the signal: that would be inherited by every program that is started.)
 */
#include "lib/io/descriptor.h"

#include "lib/io/attempt.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct parts {
    const struct iovec *at;
    int count;
};

static ssize_t call_readv(int fd, void *arg)
{
    const struct parts *into = arg;
    return readv(fd, into->at, into->count);
}

static ssize_t write_once(int fd, const struct parts *from)
{
    return from->count == 1 ? write(fd, from->at->iov_base, from->at->iov_len)
                            : writev(fd, from->at, from->count);
}

static ssize_t call_writev(int fd, void *arg)
{
    sigset_t pipe, old, pending;
    const struct timespec at_once = {0, 0};
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    ssize_t put = write_once(fd, arg);
    int error = errno;
    if (put < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe, NULL, &at_once) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return put;
}

/* A terminal gives one line at a time, however many there are, and a pipe takes small parts whole
 * (PIPE_BUF): a smaller count than was asked for says nothing here. */
static enum plx_answer fd_readv(plx_stream *self, plx_context *cx, const struct iovec *parts, int parts_count,
                                size_t *count)
{
    struct parts into = {parts, parts_count};
    return plx_io_attempt(&self->io, cx, PLX_READ, call_readv, &into, 0, count);
}

static enum plx_answer fd_writev(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                 int parts_count, size_t *count)
{
    struct parts from = {parts, parts_count};
    return plx_io_attempt(&self->io, cx, PLX_WRITE, call_writev, &from, 0, count);
}

static enum plx_answer fd_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    return fd_readv(self, cx, &(struct iovec){bytes, size}, 1, count);
}

static enum plx_answer fd_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                size_t *count)
{
    return fd_writev(self, cx, &(struct iovec){(void *)(uintptr_t)bytes, size}, 1, count);
}

static enum plx_answer fd_shutdown(plx_stream *self, plx_context *cx)
{
    (void)cx;
    if ((fcntl(self->io.fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
        plx_poll_evented_drop(&self->io);
    return PLX_READY;
}

#define FD_OPS(what)                                                                                         \
    {                                                                                                        \
        .name = (what), .is_descriptor = true, .read = fd_read, .readv = fd_readv, .write = fd_write,        \
        .writev = fd_writev, .shutdown = fd_shutdown, .drop = plx__descriptor_stream_drop,                   \
    }

static const struct plx_stream_ops pipe_ops = FD_OPS("pipe"), terminal_ops = FD_OPS("terminal"),
                                   socket_ops = PLX__SOCKET_STREAM_OPS("socket", false);

int plx_stream_of_fd(int fd, plx_stream *stream)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return -errno;
    if (S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode))
        return -EPERM;
    int error = plx__set_nonblocking(fd);
    if (error)
        return error;
    *stream = (plx_stream){
        .ops = S_ISSOCK(stat.st_mode)  ? &socket_ops
               : S_ISCHR(stat.st_mode) ? &terminal_ops
                                       : &pipe_ops,
        .io = plx_poll_evented_try_first(fd),
    };
    return 0;
}
