/* SPDX-License-Identifier: MIT
 *
 * plx_stream: the calls through its table, and streams that stand for another. See stream.h.
 */
#include "lib/io/stream.h"

#include <stdio.h>

/* ── the calls ────────────────────────────────────────────────────────────────────────────────────────── */

enum plx_answer plx_stream_poll_read(plx_stream *self, plx_context *cx, void *bytes, size_t size,
                                     size_t *count)
{
    *count = 0;
    if (!self->ops || !self->ops->read)
        return plx_fail(cx, -EBADF);
    return size ? self->ops->read(self, cx, bytes, size, count) : PLX_READY;
}

enum plx_answer plx_stream_poll_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                      size_t *count)
{
    *count = 0;
    if (!self->ops || !self->ops->write)
        return plx_fail(cx, -EBADF);
    return size ? self->ops->write(self, cx, bytes, size, count) : PLX_READY;
}

/* The first part that is not empty; NULL when there is none. */
static const struct iovec *first_part(const struct iovec *parts, int count)
{
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len)
            return &parts[i];
    return NULL;
}

enum plx_answer plx_stream_poll_readv(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                      int parts_count, size_t *count)
{
    const struct iovec *first = first_part(parts, parts_count);
    if (!first || !self->ops || !self->ops->readv)
        return plx_stream_poll_read(self, cx, first ? first->iov_base : NULL, first ? first->iov_len : 0,
                                    count);
    *count = 0;
    return self->ops->readv(self, cx, parts, parts_count, count);
}

enum plx_answer plx_stream_poll_writev(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                       int parts_count, size_t *count)
{
    const struct iovec *first = first_part(parts, parts_count);
    if (!first || !self->ops || !self->ops->writev)
        return plx_stream_poll_write(self, cx, first ? first->iov_base : NULL, first ? first->iov_len : 0,
                                     count);
    *count = 0;
    return self->ops->writev(self, cx, parts, parts_count, count);
}

enum plx_answer plx_stream_poll_flush(plx_stream *self, plx_context *cx)
{
    if (!self->ops)
        return plx_fail(cx, -EBADF);
    return self->ops->flush ? self->ops->flush(self, cx) : PLX_READY;
}

enum plx_answer plx_stream_poll_shutdown(plx_stream *self, plx_context *cx)
{
    enum plx_answer answer = plx_stream_poll_flush(self, cx);
    if (answer != PLX_READY || !self->ops->shutdown)
        return answer;
    return self->ops->shutdown(self, cx);
}

void plx_stream_drop(plx_stream *self)
{
    plx_stream gone = PLX_MOVE(*self);
    if (gone.ops && gone.ops->drop)
        gone.ops->drop(&gone);
}

int plx_stream_fd(const plx_stream *self)
{
    return self->ops && self->ops->is_descriptor && self->io.open ? self->io.fd : -1;
}

/* The words for an item: "tcp 7", "duplex". */
void plx__print_stream(char *text, size_t size, const void *item)
{
    const plx_stream *stream = item;
    const char *name = stream->ops ? stream->ops->name : "nothing";
    int fd = plx_stream_fd(stream);
    if (fd >= 0)
        snprintf(text, size, "%s %d", name, fd);
    else
        snprintf(text, size, "%s", name);
}

void plx__drop_stream(void *item)
{
    plx_stream_drop(item);
}

/* ── borrowed ─────────────────────────────────────────────────────────────────────────────────────────── */

static enum plx_answer lent_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    return plx_stream_poll_read(self->object, cx, bytes, size, count);
}

static enum plx_answer lent_readv(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                  int parts_count, size_t *count)
{
    return plx_stream_poll_readv(self->object, cx, parts, parts_count, count);
}

static enum plx_answer lent_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                  size_t *count)
{
    return plx_stream_poll_write(self->object, cx, bytes, size, count);
}

static enum plx_answer lent_writev(plx_stream *self, plx_context *cx, const struct iovec *parts,
                                   int parts_count, size_t *count)
{
    return plx_stream_poll_writev(self->object, cx, parts, parts_count, count);
}

static enum plx_answer lent_flush(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_flush(self->object, cx);
}

static enum plx_answer lent_shutdown(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_shutdown(self->object, cx);
}

static const struct plx_stream_ops lent_ops = {
    .name = "lent",
    .read = lent_read,
    .readv = lent_readv,
    .write = lent_write,
    .writev = lent_writev,
    .flush = lent_flush,
    .shutdown = lent_shutdown,
};

plx_stream plx_stream_borrow(plx_stream *lender)
{
    return (plx_stream){.ops = &lent_ops, .object = lender};
}
