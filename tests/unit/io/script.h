/* SPDX-License-Identifier: MIT
 *
 * A stream that does what a test tells it: it gives parts, waits, fails; and takes so much at a time.
 *
 *     struct script script = {.reads = {PART("ab"), WAIT, PART("c\n"), FAIL(-EIO)}};
 *     plx_stream stream = script_stream(&script);
 *
 * After the last step comes the end. A step that waits notifies its task at once. What is written is kept.
 */
#ifndef TESTS_UNIT_IO_SCRIPT_H
#define TESTS_UNIT_IO_SCRIPT_H

#include "tests/support/futures.h"

struct script_step {
    const char *part;
    size_t size;
    int code;
    bool waits;
};

#define PART(text)                                                                                           \
    {                                                                                                        \
        .part = (text), .size = sizeof(text) - 1                                                             \
    }
#define WAIT                                                                                                 \
    {                                                                                                        \
        .waits = true                                                                                        \
    }
#define FAIL(errno_c)                                                                                        \
    {                                                                                                        \
        .code = (errno_c)                                                                                    \
    }

struct script {
    struct script_step reads[16];
    size_t at, done; /* the step, and how much of its part has been given */
    unsigned read_calls, write_calls, flushes, shutdowns, drops;
    size_t takes;     /* at most so many bytes a write; 0: all */
    bool takes_none;  /* every write answers 0 */
    bool write_waits; /* every second write answers NotReady first */
    char written[4096];
    size_t size;
};

PLX_INLINE enum plx_answer script_wait(plx_context *cx)
{
    plx_context_notify(cx);
    return PLX_NOT_READY;
}

PLX_INLINE enum plx_answer script_read(plx_stream *self, plx_context *cx, void *bytes, size_t size,
                                       size_t *count)
{
    struct script *script = self->object;
    struct script_step *step = &script->reads[script->at];
    script->read_calls++;
    if (step->waits || step->code) {
        script->at++;
        return step->waits ? script_wait(cx) : plx_fail(cx, step->code);
    }
    *count = step->size - script->done < size ? step->size - script->done : size;
    if (*count)
        memcpy(bytes, step->part + script->done, *count);
    script->done += *count;
    if (step->part && script->done == step->size) {
        script->at++;
        script->done = 0;
    }
    return PLX_READY;
}

PLX_INLINE enum plx_answer script_write(plx_stream *self, plx_context *cx, const void *bytes, size_t size,
                                        size_t *count)
{
    struct script *script = self->object;
    if (++script->write_calls % 2 && script->write_waits)
        return script_wait(cx);
    size_t room = sizeof script->written - script->size;
    size_t most = script->takes && script->takes < size ? script->takes : size;
    *count = script->takes_none ? 0 : most < room ? most : room;
    memcpy(script->written + script->size, bytes, *count);
    script->size += *count;
    return PLX_READY;
}

PLX_INLINE enum plx_answer script_flush(plx_stream *self, plx_context *cx)
{
    (void)cx;
    ((struct script *)self->object)->flushes++;
    return PLX_READY;
}

PLX_INLINE enum plx_answer script_shutdown(plx_stream *self, plx_context *cx)
{
    (void)cx;
    ((struct script *)self->object)->shutdowns++;
    return PLX_READY;
}

PLX_INLINE void script_drop(plx_stream *self)
{
    ((struct script *)self->object)->drops++;
}

static const struct plx_stream_ops script_ops = {
    .name = "script",
    .read = script_read,
    .write = script_write,
    .flush = script_flush,
    .shutdown = script_shutdown,
    .drop = script_drop,
};

PLX_INLINE plx_stream script_stream(struct script *script)
{
    return (plx_stream){.ops = &script_ops, .object = script};
}

#define assert_written(script, text)                                                                         \
    do {                                                                                                     \
        assert_int_equal((script)->size, sizeof(text) - 1);                                                  \
        assert_memory_equal((script)->written, text, sizeof(text) - 1);                                      \
    } while (0)

#define assert_slice(slice, text)                                                                            \
    do {                                                                                                     \
        assert_false((slice).end);                                                                           \
        assert_int_equal((slice).size, sizeof(text) - 1);                                                    \
        assert_memory_equal((slice).at, text, sizeof(text) - 1);                                             \
    } while (0)

#endif
