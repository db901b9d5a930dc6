/* SPDX-License-Identifier: MIT
 *
 * The output of a program: see output.h.
 *
 *     NEW       the program is started                                    → RUNNING
 *     RUNNING   either stream has not come to its end, or the child lives → NotReady
 *               both have, and it has ended                               → Ready(output)
 */
#include "lib/process/output.h"

#include "lib/future/item.h"

#include <errno.h>
#include <stdio.h>

enum { PART = 4096 }; /* bytes: room for so many before each read */

void plx_output_item_drop(plx_output_item *output)
{
    plx_bytes_done(&output->out);
    plx_bytes_done(&output->err);
}

/* The words for an item: "exit 0, 12 bytes". */
void plx__print_output(char *text, size_t size, const void *item)
{
    const plx_output_item *output = item;
    snprintf(text, size, "%s %d, %zu bytes", output->status.signal ? "signal" : "exit",
             output->status.signal ? output->status.signal : output->status.code, output->out.size);
}

void plx__drop_output(void *item)
{
    plx_output_item_drop(item);
}

static int begin(plx_output *self, plx_context *cx)
{
    self->begun = true;
    self->command.out = self->command.err = PLX_PIPED;
    if (self->command.in == PLX_INHERIT)
        self->command.in = PLX_NULL;
    int error = plx_command_spawn(&self->command, &self->child);
    if (error)
        return error;
    plx_label(cx, "%s, child %d", self->command.argv[0], (int)self->child.pid);
    plx_stream_drop(&self->child.in);
    return 0;
}

/* Ready when it has come to its end. */
static enum plx_answer collect(plx_stream *stream, plx_context *cx, struct plx_bytes *bytes, bool *ended)
{
    while (!*ended) {
        size_t count;
        int error = plx_bytes_reserve(bytes, PART);
        if (error)
            return plx_fail(cx, error);
        enum plx_answer answer = plx_stream_poll_read(stream, cx, bytes->at + bytes->size,
                                                      bytes->room - bytes->size - 1, &count);
        if (answer != PLX_READY)
            return answer;
        *ended = count == 0;
        bytes->size += count;
        bytes->at[bytes->size] = '\0';
    }
    return PLX_READY;
}

PLX_LEAF_DEFINE(plx_output)

enum plx_answer plx_output_poll(plx_output *self, plx_context *cx, plx_output_item *out)
{
    int error = self->begun ? 0 : begin(self, cx);
    if (error)
        return plx_fail(cx, error);
    enum plx_answer from_out = collect(&self->child.out, cx, &self->got.out, &self->out_ended);
    if (from_out == PLX_FAILED)
        return PLX_FAILED;
    enum plx_answer from_err = collect(&self->child.err, cx, &self->got.err, &self->err_ended);
    if (from_err == PLX_FAILED)
        return PLX_FAILED;
    if (from_out == PLX_NOT_READY || from_err == PLX_NOT_READY)
        return PLX_NOT_READY;
    enum plx_answer ended = plx_child_poll_wait(&self->child, cx, &self->got.status);
    if (ended == PLX_READY)
        *out = PLX_MOVE(self->got);
    return ended;
}

void plx_output_drop(plx_output *self)
{
    plx_child_drop(&self->child);
    plx_output_item_drop(&self->got);
}
