/* SPDX-License-Identifier: MIT
 *
 * Widths and shortening of texts, see cells.h.
 */
#include "viz/tui/cells.h"

#include <stdbool.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

/* The marks and the formatting characters that take no cell of their own (Unicode 15, the common blocks). */
static const struct range zero[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},   {0x064B, 0x065F},
    {0x06D6, 0x06DC}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D},   {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},   {0x200B, 0x200F},
    {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20F0}, {0x302A, 0x302D},   {0x3099, 0x309A},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
};

/* East Asian wide and full-width, and the emoji that terminals show in two cells. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x2614, 0x2615},   {0x267F, 0x267F},
    {0x26A1, 0x26A1},   {0x2705, 0x2705},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2757, 0x2757},
    {0x2795, 0x2797},   {0x2B50, 0x2B50},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C},
    {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA}, {0x1F3E0, 0x1F3F0}, {0x1F400, 0x1F43E}, {0x1F442, 0x1F4FC},
    {0x1F500, 0x1F53D}, {0x1F550, 0x1F567}, {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F900, 0x1F9FF},
    {0x20000, 0x3FFFD},
};

static bool within(const struct range *table, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= table[i].first && code <= table[i].last)
            return true;
    return false;
}

int plx_cells_of(uint32_t code)
{
    if (code < 0x300)
        return 1;
    if (within(zero, sizeof zero / sizeof *zero, code))
        return 0;
    return within(wide, sizeof wide / sizeof *wide, code) ? 2 : 1;
}

/* Bytes of the character that begins with this byte, 0 when none does. */
static int length_of(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/* Not a character to show: too long a form, half of a pair, beyond Unicode, or a control character. */
static bool unfit(uint32_t code, int length)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10FFFF)
        return true;
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0xD800 && code <= 0xDFFF);
}

uint32_t plx_cells_next(const char **s)
{
    const unsigned char *byte = (const unsigned char *)*s;
    int length = length_of(*byte);
    (*s)++;
    if (length == 0)
        return 0xFFFD;
    static const unsigned char mask[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = byte[0] & mask[length];
    for (int i = 1; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return 0xFFFD;
        code = code << 6 | (byte[i] & 0x3Fu);
    }
    *s += length - 1;
    return unfit(code, length) ? 0xFFFD : code;
}

int plx_cells_put(uint32_t code, char out[4])
{
    if (code < 0x80)
        return out[0] = (char)code, 1;
    int extra = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[4] = {0, 0xC0, 0xE0, 0xF0};
    for (int i = extra; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(lead[extra] | code);
    return extra + 1;
}

int plx_cells_width(const char *text)
{
    int width = 0;
    while (*text != '\0' && width < 1000000)
        width += plx_cells_of(plx_cells_next(&text));
    return width;
}

/* The longest front part of the text that takes at most so many cells. */
static const char *front(const char *text, int cells)
{
    while (*text != '\0') {
        const char *next = text;
        cells -= plx_cells_of(plx_cells_next(&next));
        if (cells < 0)
            break;
        text = next;
    }
    return text;
}

/* The longest rear part of the text that takes at most so many cells, `width` being those of the whole. */
static const char *rear(const char *text, int width, int cells)
{
    while (*text != '\0' && width > cells)
        width -= plx_cells_of(plx_cells_next(&text));
    while (*text != '\0') { /* a mark without its letter is no part to begin with */
        const char *next = text;
        if (plx_cells_of(plx_cells_next(&next)) > 0)
            break;
        text = next;
    }
    return text;
}

static void append(char *out, size_t size, const char *from, size_t length)
{
    size_t used = strlen(out);
    if (length > size - used - 1)
        length = size - used - 1;
    memcpy(out + used, from, length);
    out[used + length] = '\0';
}

static void shorten(const char *text, int cells, int behind, char *out, size_t size)
{
    int width = plx_cells_width(text);
    out[0] = '\0';
    if (width <= cells) {
        append(out, size, text, strlen(text));
    } else if (cells > 0) {
        append(out, size, text, (size_t)(front(text, cells - 1 - behind) - text));
        append(out, size, "…", strlen("…"));
        const char *tail = rear(text, width, behind);
        append(out, size, tail, strlen(tail));
    }
}

void plx_cells_middle(const char *text, int cells, char *out, size_t size)
{
    int behind = (cells - 1) * 2 / 5; /* the front of a name tells more than its end */
    shorten(text, cells, behind > 0 ? behind : 0, out, size);
}

void plx_cells_end(const char *text, int cells, char *out, size_t size)
{
    shorten(text, cells, 0, out, size);
}

const char *plx_cells_line(const char *text, int cells, char *out, size_t size)
{
    const char *end = front(text, cells);
    const char *next = end;
    if (*end != '\0') {
        const char *space = end;
        while (space > text && *space != ' ')
            space--;
        if (space > text)
            end = next = space;
        while (*next == ' ')
            next++;
    }
    if (next == text && *text != '\0') /* not even one character fits: go on all the same */
        plx_cells_next(&next);
    out[0] = '\0';
    append(out, size, text, (size_t)(end - text));
    return next;
}
