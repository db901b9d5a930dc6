/* SPDX-License-Identifier: MIT
 *
 * Text from strangers, made harmless: see text.h.
 */
#include "viz/trace/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT 0xFFFDu

/* The character at `in`, and how many bytes it takes; a byte that begins none is a REPLACEMENT. */
static uint32_t character(const unsigned char *in, size_t length, size_t *taken)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = in[0];
    size_t size = lead < 0x80                   ? 1
                  : lead >= 0xC2 && lead < 0xE0 ? 2
                  : lead >= 0xE0 && lead < 0xF0 ? 3
                  : lead >= 0xF0 && lead < 0xF5 ? 4
                                                : 0;

    *taken = 1;
    if (size == 0 || size > length)
        return REPLACEMENT;
    if (size == 1)
        return lead;
    uint32_t value = lead & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((in[i] & 0xC0) != 0x80)
            return REPLACEMENT;
        value = value << 6 | (in[i] & 0x3F);
    }
    if (value < smallest[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return REPLACEMENT;
    *taken = size;
    return value;
}

/* Characters that change how others are shown, or show nothing at all. */
static bool steers(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x80, 0x9F},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},   {0x115F, 0x1160},
        {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E}, {0x2060, 0x206F},
        {0x3164, 0x3164},   {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB},
        {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    };
    if ((c & 0xFFFE) == 0xFFFE)
        return true;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

static uint32_t harmless(uint32_t c)
{
    if (c == '\t' || c == '\n' || c == '\r')
        return ' ';
    if (c < 0x20)
        return 0x2400 + c;
    if (c == 0x7F)
        return 0x2421;
    return c >= 0x80 && steers(c) ? REPLACEMENT : c;
}

static size_t encode(uint32_t c, char out[4])
{
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(lead[size] | c);
    return size;
}

size_t plx_clean_text(const char *in, size_t length, char *out, size_t size)
{
    size_t done = 0;
    while (length > 0) {
        size_t taken;
        char shown[4];
        uint32_t c = character((const unsigned char *)in, length, &taken);
        size_t bytes = encode(harmless(c), shown);
        if (done + bytes >= size)
            break;
        memcpy(out + done, shown, bytes);
        done += bytes;
        in += taken;
        length -= taken;
    }
    out[done] = '\0';
    return done;
}
