/* SPDX-License-Identifier: MIT
 *
 * Streams made of streams: see compose.h.
 */
#include "lib/io/compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ── what is left when there was no memory ────────────────────────────────────────────────────────────── */

static enum plx_answer poor_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    (void)self, (void)bytes, (void)size, (void)count;
    return plx_fail(cx, -ENOMEM);
}

static enum plx_answer poor_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                  size_t *count)
{
    (void)self, (void)bytes, (void)size, (void)count;
    return plx_fail(cx, -ENOMEM);
}

static enum plx_answer poor_flush(plx_stream *self, plx_context *cx)
{
    (void)self;
    return plx_fail(cx, -ENOMEM);
}

static const struct plx_stream_ops poor_ops = {
    .name = "no memory", .read = poor_read, .write = poor_write, .flush = poor_flush};

/* ── chain ────────────────────────────────────────────────────────────────────────────────────────────── */

struct chain {
    plx_stream first, second;
};

/* The first is closed as soon as it has ended. */
static enum plx_answer chain_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    struct chain *chain = self->object;
    if (chain->first.ops) {
        enum plx_answer answer = plx_stream_poll_read(&chain->first, cx, bytes, size, count);
        if (answer != PLX_READY || *count)
            return answer;
        plx_stream_drop(&chain->first);
    }
    return plx_stream_poll_read(&chain->second, cx, bytes, size, count);
}

static void chain_drop(plx_stream *self)
{
    struct chain *chain = self->object;
    plx_stream_drop(&chain->first);
    plx_stream_drop(&chain->second);
    free(chain);
}

static const struct plx_stream_ops chain_ops = {.name = "chain", .read = chain_read, .drop = chain_drop};

plx_stream plx_stream_chain(plx_stream first, plx_stream second)
{
    struct chain *chain = malloc(sizeof *chain);
    if (!chain) {
        plx_stream_drop(&first);
        plx_stream_drop(&second);
        return (plx_stream){.ops = &poor_ops};
    }
    *chain = (struct chain){first, second};
    return (plx_stream){.ops = &chain_ops, .object = chain};
}

/* ── limit ────────────────────────────────────────────────────────────────────────────────────────────── */

struct limit {
    plx_stream inner;
    uint64_t left;
};

static enum plx_answer limit_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    struct limit *limit = self->object;
    size_t most = size < limit->left ? size : (size_t)limit->left;
    enum plx_answer answer = plx_stream_poll_read(&limit->inner, cx, bytes, most, count);
    if (answer == PLX_READY)
        limit->left -= *count;
    return answer;
}

static enum plx_answer limit_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                   size_t *count)
{
    return plx_stream_poll_write(&((struct limit *)self->object)->inner, cx, bytes, size, count);
}

static enum plx_answer limit_flush(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_flush(&((struct limit *)self->object)->inner, cx);
}

static enum plx_answer limit_shutdown(plx_stream *self, plx_context *cx)
{
    return plx_stream_poll_shutdown(&((struct limit *)self->object)->inner, cx);
}

static void limit_drop(plx_stream *self)
{
    plx_stream_drop(&((struct limit *)self->object)->inner);
    free(self->object);
}

static const struct plx_stream_ops limit_ops = {
    .name = "limit",
    .read = limit_read,
    .write = limit_write,
    .flush = limit_flush,
    .shutdown = limit_shutdown,
    .drop = limit_drop,
};

plx_stream plx_stream_limit(plx_stream inner, uint64_t most)
{
    struct limit *limit = malloc(sizeof *limit);
    if (!limit) {
        plx_stream_drop(&inner);
        return (plx_stream){.ops = &poor_ops};
    }
    *limit = (struct limit){inner, most};
    return (plx_stream){.ops = &limit_ops, .object = limit};
}

/* ── bytes ────────────────────────────────────────────────────────────────────────────────────────────── */

struct given {
    const char *at;
    size_t left;
};

static enum plx_answer given_read(plx_stream *self, plx_context *cx, void *bytes, size_t size, size_t *count)
{
    struct given *given = self->object;
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    *count = size < given->left ? size : given->left;
    if (*count)
        memcpy(bytes, given->at, *count);
    given->at += *count;
    given->left -= *count;
    plx_budget_spend(cx);
    return PLX_READY;
}

static void given_drop(plx_stream *self)
{
    free(self->object);
}

static const struct plx_stream_ops given_ops = {.name = "bytes", .read = given_read, .drop = given_drop};

plx_stream plx_stream_of_bytes(const void *bytes, size_t size)
{
    struct given *given = malloc(sizeof *given);
    if (!given)
        return (plx_stream){.ops = &poor_ops};
    *given = (struct given){bytes, size};
    return (plx_stream){.ops = &given_ops, .object = given};
}
