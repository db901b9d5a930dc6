/* SPDX-License-Identifier: MIT
 *
 * Texts of a view, see make.h. Names from a trace are clean already, but may be as long as a line: here
 * they are cut.
 */
#include "viz/view/make.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The most of `length` bytes that end between two characters. */
static size_t whole_characters(const char *text, size_t length)
{
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

void plx__text_add(struct plx__text *text, const char *more)
{
    static const char ellipsis[] = "…";
    size_t room = PLX__TEXT_MAX - sizeof(ellipsis) - text->length, length = strlen(more);
    if (text->full)
        return;
    if (length > room) {
        length = whole_characters(more, room);
        text->full = true;
    }
    memcpy(text->bytes + text->length, more, length);
    text->length += length;
    if (text->full) {
        memcpy(text->bytes + text->length, ellipsis, sizeof(ellipsis) - 1);
        text->length += sizeof(ellipsis) - 1;
    }
    text->bytes[text->length] = '\0';
}

void plx__text_number(struct plx__text *text, uint64_t number)
{
    plx__text_format(text, "%llu", (unsigned long long)number);
    text->number = number;
}

void plx__text_format(struct plx__text *text, const char *format, ...)
{
    char part[PLX__TEXT_MAX * 2];
    va_list args;
    va_start(args, format);
    vsnprintf(part, sizeof(part), format, args);
    va_end(args);
    plx__text_add(text, part);
}

const char *plx__keep(struct plx__maker *maker, const char *from)
{
    struct plx__text text = {.length = 0};
    if (!from || !*from)
        return "";
    plx__text_add(&text, from);
    const char *copy = plx__arena_text(maker->arena, text.bytes, text.length);
    maker->failed |= !copy;
    return copy ? copy : "";
}

const char *plx__keep_format(struct plx__maker *maker, const char *format, ...)
{
    char text[PLX__TEXT_MAX * 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return plx__keep(maker, text);
}

void *plx__keep_array(struct plx__maker *maker, size_t count, size_t size)
{
    void *array = plx__arena_array(maker->arena, count, size);
    maker->failed |= !array;
    return array;
}
