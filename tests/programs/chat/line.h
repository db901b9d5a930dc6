/* SPDX-License-Identifier: MIT
 *
 * A line that many are to read: one piece of memory, with a count of those who still need it.
 */
#ifndef CHAT_LINE_H
#define CHAT_LINE_H

#include <pollux.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_BYTES = 4096, NAME_MAX_BYTES = 24 };

struct line {
    _Atomic uint32_t readers;
    size_t size;
    char bytes[];
};

static struct line *line_keep(struct line *line)
{
    atomic_fetch_add_explicit(&line->readers, 1, memory_order_relaxed);
    return line;
}

/* Release, so that who frees it comes after all who have read it. */
static void line_drop(struct line **line)
{
    struct line *gone = PLX_MOVE(*line);
    if (gone && atomic_fetch_sub_explicit(&gone->readers, 1, memory_order_acq_rel) == 1)
        free(gone);
}

/* NULL: no memory. */
__attribute__((format(printf, 1, 2))) static struct line *line_new(const char *format, ...)
{
    char text[LINE_MAX_BYTES + 128];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= sizeof text)
        size = sizeof text - 1;
    struct line *line = malloc(sizeof *line + (size_t)size);
    if (!line)
        return NULL;
    atomic_init(&line->readers, 1);
    line->size = (size_t)size;
    memcpy(line->bytes, text, (size_t)size);
    return line;
}

/* What somebody has typed goes to the terminals of others: nothing that could steer those. */
static void make_harmless(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = *text == '\t' ? ' ' : '?';
}

#endif
