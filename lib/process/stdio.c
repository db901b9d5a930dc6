/* SPDX-License-Identifier: MIT
 *
 * Standard input, output and error: see stdio.h.
 */
#include "lib/process/stdio.h"

#include "lib/fs/file.h"
#include "lib/io/attempt.h"
#include "lib/io/descriptor.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ── shared sockets ───────────────────────────────────────────────────────────────────────────────────── */

struct transfer {
    void *bytes;
    size_t size;
};

static ssize_t call_recv(int fd, void *arg)
{
    const struct transfer *in = arg;
    return recv(fd, in->bytes, in->size, MSG_DONTWAIT);
}

static ssize_t call_send(int fd, void *arg)
{
    const struct transfer *out = arg;
    return send(fd, out->bytes, out->size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static enum plx_answer socket_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    struct transfer in = {bytes, size};
    return plx_io_attempt(&self->io, cx, PLX_READ, call_recv, &in, 0, count);
}

static enum plx_answer socket_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                    size_t *count)
{
    struct transfer out = {(void *)(uintptr_t)bytes, size};
    return plx_io_attempt(&self->io, cx, PLX_WRITE, call_send, &out, 0, count);
}

static const struct plx_stream_ops shared_socket_ops = {
    .name = "shared socket",
    .is_descriptor = true,
    .read = socket_read,
    .write = socket_write,
    .drop = plx__descriptor_stream_drop,
};

/* ── a copy of our own ────────────────────────────────────────────────────────────────────────────────── */

/* Another descriptor of the same open file, above those that have a meaning. */
static int copy_of(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? -errno : copy;
}

/* Another open file of the same terminal or pipe. */
static int open_again(int fd, enum plx_direction direction)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int access = direction == PLX_READ ? O_RDONLY : O_WRONLY;
    int again = plx__uninterrupted(open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    return again < 0 ? -errno : again;
}

static int keep_or_close(int fd, int error)
{
    if (error)
        close(fd);
    return error;
}

static int of_socket(int fd, plx_stream *stream)
{
    int copy = copy_of(fd);
    if (copy < 0)
        return copy;
    *stream = (plx_stream){.ops = &shared_socket_ops, .io = plx_poll_evented_of(copy)};
    return 0;
}

static int of_file(int fd, plx_stream *stream)
{
    int copy = copy_of(fd);
    plx_file file = plx_file_of(copy);
    if (copy < 0)
        return copy;
    return keep_or_close(copy, plx_stream_of_file(&file, stream));
}

/* A pipe that nobody reads cannot be opened for writing: ENXIO. There is nothing left in it to disturb, so it
 * is made one that does not wait, and the first write fails with EPIPE. */
static int of_deserted_pipe(int fd, plx_stream *stream)
{
    int copy = copy_of(fd);
    return copy < 0 ? copy : keep_or_close(copy, plx_stream_of_fd(copy, stream));
}

static int of_pipe_or_terminal(int fd, enum plx_direction direction, bool is_pipe, plx_stream *stream)
{
    int again = open_again(fd, direction);
    if (again >= 0)
        return keep_or_close(again, plx_stream_of_fd(again, stream));
    if (is_pipe && again == -ENXIO)
        return of_deserted_pipe(fd, stream);
    return again == -EMFILE || again == -ENFILE ? again : of_file(fd, stream);
}

int plx_stream_of_shared_fd(int fd, enum plx_direction direction, plx_stream *stream)
{
    struct stat about;
    if (fstat(fd, &about) < 0)
        return -errno;
    if (S_ISSOCK(about.st_mode))
        return of_socket(fd, stream);
    if (S_ISFIFO(about.st_mode) || isatty(fd))
        return of_pipe_or_terminal(fd, direction, S_ISFIFO(about.st_mode), stream);
    return of_file(fd, stream);
}

int plx_stdin(plx_stream *stream)
{
    return plx_stream_of_shared_fd(STDIN_FILENO, PLX_READ, stream);
}

int plx_stdout(plx_stream *stream)
{
    return plx_stream_of_shared_fd(STDOUT_FILENO, PLX_WRITE, stream);
}

int plx_stderr(plx_stream *stream)
{
    return plx_stream_of_shared_fd(STDERR_FILENO, PLX_WRITE, stream);
}
