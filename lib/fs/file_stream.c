/* SPDX-License-Identifier: MIT
 *
 * A file as a plx_stream: each read and each write is a blocking section, see op.h.
 *
 * The stream may be moved, and what waits in it may not: so it stands on the heap. Reading and writing have
 * all of it twice, as two tasks may do it.
 *
 * A stream is not told when the future that asked it is dropped. If it stood in the line for a section, it
 * might get its turn when nobody asks any more, keep it, and keep the others waiting for good. So when there
 * is no capacity it leaves the line, and tries again a millisecond later.
 */
#include "lib/fs/file.h"
#include "lib/io/stream.h"
#include "lib/time/delay.h"

#include <stdlib.h>
#include <unistd.h>

/* One direction: what the poll that goes on just now has asked for. */
struct transfer {
    struct plx_fs_op op;
    plx_delay retry;
    plx_file *file;
    struct iovec part;
    size_t count;
};

struct file_stream {
    plx_file file;
    struct transfer reading, writing;
};

static const struct plx_shape shape = {"leaf", "plx_stream_of_file", {__FILE__, __LINE__}, 1, 0, NULL};

static int keep_count(struct transfer *transfer, ssize_t moved)
{
    if (moved < 0)
        return -errno;
    transfer->count = (size_t)moved;
    return 0;
}

static int run_read(void *self, void *out)
{
    struct transfer *reading = self;
    int fd = plx_file_fd(reading->file);
    (void)out;
    return keep_count(reading, plx__uninterrupted(read(fd, reading->part.iov_base, reading->part.iov_len)));
}

static int run_write(void *self, void *out)
{
    struct transfer *writing = self;
    int fd = plx_file_fd(writing->file);
    (void)out;
    return keep_count(writing, plx__uninterrupted(write(fd, writing->part.iov_base, writing->part.iov_len)));
}

/* Elsewhere it has yielded, or waits for nothing. */
static bool stands_in_line(const struct transfer *transfer)
{
    return transfer->op.section.capacity != NULL;
}

static enum plx_answer try_again_soon(struct transfer *transfer, plx_context *cx)
{
    plx_blocking_cancel(&transfer->op.section);
    plx_delay_drop(&transfer->retry);
    transfer->retry = plx_delay_for(PLX_MS(1));
    enum plx_answer answer = plx__delay_poll(&transfer->retry, cx);
    if (answer == PLX_READY)
        plx_context_yield(cx);
    return answer == PLX_FAILED ? PLX_FAILED : PLX_NOT_READY;
}

/* Like a stream of items its operation begins anew each time. */
static enum plx_answer poll_transfer(struct transfer *transfer, plx_context *cx, int (*run)(void *, void *),
                                     struct iovec part, size_t *count)
{
    transfer->op.ended = false;
    transfer->part = part;
    if (part.iov_len > PLX__FS_PIECE)
        transfer->part.iov_len = PLX__FS_PIECE;
    enum plx_answer answer = plx__fs_poll(&transfer->op, cx, &shape, run, transfer, NULL);
    if (answer == PLX_READY)
        *count = transfer->count;
    return answer == PLX_NOT_READY && stands_in_line(transfer) ? try_again_soon(transfer, cx) : answer;
}

static enum plx_answer stream_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    struct file_stream *stream = self->object;
    return poll_transfer(&stream->reading, cx, run_read, (struct iovec){bytes, size}, count);
}

static enum plx_answer stream_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                    size_t *count)
{
    struct file_stream *stream = self->object;
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    return poll_transfer(&stream->writing, cx, run_write, part, count);
}

static void stream_drop(plx_stream *self)
{
    struct file_stream *stream = self->object;
    plx_delay_drop(&stream->reading.retry);
    plx_delay_drop(&stream->writing.retry);
    plx_file_drop(&stream->file);
    free(stream);
}

int plx_stream_of_file(plx_file *file, plx_stream *out)
{
    static const struct plx_stream_ops ops = {
        .name = "file",
        .read = stream_read,
        .write = stream_write,
        .drop = stream_drop,
    };
    if (!file->open)
        return -EBADF;
    struct file_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return -ENOMEM;
    stream->file = PLX_MOVE(*file);
    stream->reading.file = stream->writing.file = &stream->file;
    *out = (plx_stream){.ops = &ops, .object = stream};
    return 0;
}
