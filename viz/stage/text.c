/* SPDX-License-Identifier: MIT
 *
 * Text in cells, see text.h. The strings are those of a view: cleaned of control characters, but of any
 * length.
 */
#include "viz/stage/text.h"

#include <string.h>

static const char ellipsis[] = "…";

static int continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

uint32_t plx__text_next(const char **text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)*text;
    if (at[0] == 0)
        return 0;
    int more = at[0] < 0x80             ? 0
               : (at[0] & 0xE0) == 0xC0 ? 1
               : (at[0] & 0xF0) == 0xE0 ? 2
               : (at[0] & 0xF8) == 0xF0 ? 3
                                        : -1;
    uint32_t character = more <= 0 ? at[0] : at[0] & (0x3Fu >> more);
    for (int i = 1; i <= more; i++) {
        if (!continuation(at[i])) {
            more = -1;
            break;
        }
        character = character << 6 | (at[i] & 0x3Fu);
    }
    int valid = more >= 0 && character >= least[more] && character <= 0x10FFFF &&
                (character & 0xFFFFF800) != 0xD800;
    *text += valid ? more + 1 : 1;
    return valid ? character : 0xFFFD;
}

struct range {
    uint32_t first, last;
};

static int in_ranges(uint32_t character, const struct range *range, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (character >= range[i].first && character <= range[i].last)
            return 1;
    return 0;
}

int plx__text_cells_of(uint32_t character)
{
    /* The blocks in which every character is wide, or has no width of its own: enough for names in traces. */
    static const struct range wide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                                        {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                                        {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    static const struct range none[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x202A, 0x202E},
                                        {0x2060, 0x206F}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
    if (character < 0x300)
        return 1;
    if (in_ranges(character, none, sizeof none / sizeof none[0]))
        return 0;
    return in_ranges(character, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

int plx__text_cells(const char *text)
{
    int cells = 0;
    for (uint32_t c; (c = plx__text_next(&text)) != 0;)
        cells += plx__text_cells_of(c);
    return cells;
}

/* The longest prefix of `text` that is at most `cells` wide and `size` bytes long. */
static size_t prefix(const char *text, int cells, size_t size)
{
    const char *at = text;
    for (;;) {
        const char *next = at;
        uint32_t c = plx__text_next(&next);
        cells -= plx__text_cells_of(c);
        if (c == 0 || cells < 0 || (size_t)(next - text) > size)
            return (size_t)(at - text);
        at = next;
    }
}

/* Where the shortest suffix begins that leaves out the first `skip` cells of `text`. */
static const char *suffix(const char *text, int skip)
{
    while (skip > 0) {
        uint32_t c = plx__text_next(&text);
        if (c == 0)
            break;
        skip -= plx__text_cells_of(c);
    }
    return text;
}

int plx__text_shorten(const char *text, int cells, char *out, size_t size)
{
    int whole = plx__text_cells(text);
    out[0] = '\0';
    if (cells <= 0 || size < 8)
        return 0;
    if (whole <= cells && strlen(text) < size) {
        memcpy(out, text, strlen(text) + 1);
        return whole;
    }
    size_t room = (size - sizeof ellipsis) / 2; /* for either side */
    int tail = whole <= cells ? cells / 2 : (cells - 1) / 2, head = cells - 1 - tail;
    size_t front = prefix(text, head, room);
    const char *back = suffix(text, whole - tail);
    while (strlen(back) > room)
        plx__text_next(&back);
    memcpy(out, text, front);
    memcpy(out + front, ellipsis, sizeof ellipsis - 1);
    memcpy(out + front + sizeof ellipsis - 1, back, strlen(back) + 1);
    return plx__text_cells(out);
}

size_t plx__text_line(const char *text, int cells)
{
    size_t most = prefix(text, cells > 0 ? cells : 1, (size_t)-1);
    if (text[most] == '\0' || text[most] == ' ')
        return most;
    for (size_t end = most; end > 0; end--)
        if (text[end - 1] == ' ')
            return end - 1 > 0 ? end - 1 : most;
    if (most > 0)
        return most;
    const char *next = text; /* one wide character in a line of one cell */
    plx__text_next(&next);
    return (size_t)(next - text);
}
