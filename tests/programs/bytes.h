/* SPDX-License-Identifier: MIT
 *
 * Bytes: those that one has (a text, which belongs to somebody else), and those that one gathers (a buffer,
 * which grows).
 *
 * A buffer that could not grow says so in `no_memory`, and takes nothing more: so its users write what they
 * have to write, and look once, at the end.
 */
#ifndef TESTS_BYTES_H
#define TESTS_BYTES_H

#include <pollux.h>
#include <stdlib.h>
#include <string.h>

struct text {
    const char *bytes;
    size_t size;
};

PLX_INLINE struct text text_of(const char *words)
{
    return (struct text){words, strlen(words)};
}

/* "set", "SET" and "Set" are the same word. */
PLX_INLINE bool text_is(struct text text, const char *word)
{
    return strlen(word) == text.size && strncasecmp(text.bytes, word, text.size) == 0;
}

/* A whole text that is a number. -EINVAL when it is none, or none that fits. */
PLX_INLINE int text_number(struct text text, int64_t *number)
{
    char digits[24], *end;
    if (text.size == 0 || text.size >= sizeof digits || strchr(" \t\r\n\v\f+", text.bytes[0]))
        return -EINVAL;
    memcpy(digits, text.bytes, text.size);
    digits[text.size] = '\0';
    errno = 0;
    *number = strtoll(digits, &end, 10);
    return errno || end != digits + text.size ? -EINVAL : 0;
}

struct buffer {
    char *bytes; /* owned */
    size_t size, capacity;
    bool no_memory;
};

/* Makes room for `more` bytes behind those that are there; returns where it is, NULL when there is none. */
PLX_INLINE char *buffer_room(struct buffer *buffer, size_t more)
{
    size_t wanted = buffer->size + more, capacity = buffer->capacity ? buffer->capacity : 1024;
    if (buffer->no_memory)
        return NULL;
    while (capacity < wanted)
        capacity *= 2;
    if (capacity != buffer->capacity) {
        char *grown = realloc(buffer->bytes, capacity);
        buffer->no_memory = !grown;
        if (!grown)
            return NULL;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    return buffer->bytes + buffer->size;
}

PLX_INLINE void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    char *room = buffer_room(buffer, size);
    if (!room)
        return;
    memcpy(room, bytes, size);
    buffer->size += size;
}

/* Takes `size` bytes away at the front. */
PLX_INLINE void buffer_take(struct buffer *buffer, size_t size)
{
    buffer->size -= size;
    if (buffer->size > 0 && size > 0)
        memmove(buffer->bytes, buffer->bytes + size, buffer->size);
}

PLX_INLINE void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

/* Empties it; the memory of an unusually large one goes back. */
PLX_INLINE void buffer_empty(struct buffer *buffer, size_t keep)
{
    buffer->size = 0;
    if (buffer->capacity > keep)
        buffer_free(buffer);
}

#endif
