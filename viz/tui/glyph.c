/* SPDX-License-Identifier: MIT
 *
 * Characters and colours for poorer terminals, see glyph.h.
 */
#include "viz/tui/glyph.h"

#include "viz/tui/cells.h"
#include "viz/view/sign.h"

#include <stdlib.h>
#include <string.h>

#define RGB_FAINT     0x8A94A8
#define RGB_LINE      0x5A6478 /* lighter than in a window: the line of a terminal is thin */
#define RGB_LIT_BACK  0x1C3A52 /* under the line that one looks at … */
#define RGB_LIT_TEXT  0xE6EAF2 /* … and its text: both are set, so that it reads on light terminals too */
#define RGB_PILL_TEXT 0x10141C

/* Characters of the frame that are neither signs nor borders. */
static const struct {
    uint32_t code;
    char ascii;
} others[] = {
    {0x2190, '<'}, {0x2191, '^'}, {0x2192, '>'}, {0x2193, 'v'}, {0x2212, '-'},
    {0x00D7, 'x'}, {0x00B5, 'u'}, {0x258F, '_'}, {0x2016, '='}, {0x203A, '>'},
};

static const struct border {
    uint32_t code;
    int sides;
    bool heavy;
    char ascii;
} borders[] = {
    {0x2500, 3, false, '-'}, {0x2501, 3, true, '='},   {0x254C, 3, false, '-'},  {0x2502, 12, false, '|'},
    {0x2503, 12, true, '#'}, {0x254E, 12, false, ':'}, {0x250C, 10, false, '+'}, {0x250F, 10, true, '#'},
    {0x2510, 9, false, '+'}, {0x2513, 9, true, '#'},   {0x2514, 6, false, '+'},  {0x2517, 6, true, '#'},
    {0x2518, 5, false, '+'}, {0x251B, 5, true, '#'},
};

static const struct border *find_border(const struct plx_cell *cell)
{
    const char *text = cell->text;
    uint32_t code = *text == '\0' ? ' ' : plx_cells_next(&text);
    for (size_t i = 0; i < sizeof borders / sizeof *borders; i++)
        if (borders[i].code == code)
            return &borders[i];
    return NULL;
}

int plx_glyph_border(const struct plx_cell *cell)
{
    const struct border *border = find_border(cell);
    return border != NULL ? border->sides : 0;
}

bool plx_glyph_heavy(const struct plx_cell *cell)
{
    const struct border *border = find_border(cell);
    return border != NULL && border->heavy;
}

char plx_glyph_ascii(const struct plx_cell *cell)
{
    if (cell->text[0] == '\0')
        return ' ';
    if ((unsigned char)cell->text[0] < 0x80)
        return cell->text[0];
    const struct border *border = find_border(cell);
    if (border != NULL)
        return border->ascii;
    for (int sign = 0; sign < PLX_SIGNS; sign++)
        if (strcmp(plx_sign_look(sign)->glyph, cell->text) == 0)
            return plx_sign_look(sign)->ascii[0];
    const char *text = cell->text;
    uint32_t code = plx_cells_next(&text);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].code == code)
            return others[i].ascii;
    return '?';
}

static int ink_colour(int ink)
{
    if (ink >= PLX_INK_SIGN && ink < PLX_INKS)
        return (int)plx_sign_look(ink - PLX_INK_SIGN)->rgb;
    return ink == PLX_INK_FAINT ? RGB_FAINT : ink == PLX_INK_LINE ? RGB_LINE : PLX_COLOUR_DEFAULT;
}

struct plx_paint plx_glyph_paint(struct plx_style style)
{
    struct plx_paint paint = {ink_colour(style.ink), PLX_COLOUR_DEFAULT, 0};
    if (style.look & PLX_LOOK_PILL) {
        paint.back = paint.fore == PLX_COLOUR_DEFAULT ? RGB_LIT_TEXT : paint.fore;
        paint.fore = RGB_PILL_TEXT;
    } else if (style.look & PLX_LOOK_LIT) {
        paint.back = RGB_LIT_BACK;
        if (paint.fore == PLX_COLOUR_DEFAULT)
            paint.fore = RGB_LIT_TEXT;
    }
    if ((style.look & PLX_LOOK_BOLD) || style.ink == PLX_INK_STRONG)
        paint.attrs |= PLX_ATTR_BOLD;
    return paint;
}

/* The column "terminal, no colour" of the table of signs. */
static int sign_attrs(int sign)
{
    switch (sign) {
    case PLX_SIGN_POLL:
        return PLX_ATTR_REVERSE;
    case PLX_SIGN_READY:
    case PLX_SIGN_NOTIFIED:
        return PLX_ATTR_BOLD;
    case PLX_SIGN_FAILED:
        return PLX_ATTR_BOLD | PLX_ATTR_REVERSE;
    case PLX_SIGN_STOLEN:
        return PLX_ATTR_UNDERLINE;
    case PLX_SIGN_LATER:
    case PLX_SIGN_DROPPED:
        return PLX_ATTR_DIM;
    default:
        return 0;
    }
}

/* A sign has the look of the table and no other, but for the pill of the event's own box. */
struct plx_paint plx_glyph_plain(struct plx_style style)
{
    struct plx_paint paint = {PLX_COLOUR_DEFAULT, PLX_COLOUR_DEFAULT, 0};
    bool sign = style.ink >= PLX_INK_SIGN && !(style.look & PLX_LOOK_RULE);
    if (sign)
        paint.attrs = sign_attrs(style.ink - PLX_INK_SIGN);
    else if ((style.look & PLX_LOOK_BOLD) || style.ink == PLX_INK_STRONG)
        paint.attrs = PLX_ATTR_BOLD;
    else if (style.ink == PLX_INK_FAINT)
        paint.attrs = PLX_ATTR_DIM;
    if (style.look & PLX_LOOK_PILL)
        paint.attrs |= PLX_ATTR_BOLD | PLX_ATTR_UNDERLINE;
    if (style.look & PLX_LOOK_LIT)
        paint.attrs = (paint.attrs & ~PLX_ATTR_DIM) | PLX_ATTR_BOLD;
    return paint;
}

static int distance(int rgb, int r, int g, int b)
{
    int dr = (rgb >> 16 & 255) - r, dg = (rgb >> 8 & 255) - g, db = (rgb & 255) - b;
    return 3 * dr * dr + 6 * dg * dg + db * db; /* the eye sees green best */
}

int plx_glyph_colour_256(int rgb)
{
    if (rgb == 0xE69F00) /* the nearest by the numbers is a yellow, which stands for another state */
        return 172;
    static const int level[6] = {0, 95, 135, 175, 215, 255};
    int best = 16, least = distance(rgb, 0, 0, 0);
    for (int i = 17; i < 256; i++) {
        int c = i - 16, grey = 8 + 10 * (i - 232);
        int far = i < 232 ? distance(rgb, level[c / 36], level[c / 6 % 6], level[c % 6])
                          : distance(rgb, grey, grey, grey);
        if (far < least) {
            least = far;
            best = i;
        }
    }
    return best;
}

/* By hue, not by distance: the eight colours of terminals differ too much for that. Greys become the
 * terminal's own colour, and a dark ground becomes blue. */
int plx_glyph_colour_8(int rgb)
{
    static const struct {
        int rgb, colour;
    } known[] = {
        {0x56B4E9, 6}, {0xE69F00, 3},     {0x009E73, 2},      {0xD55E00, 1},     {0xF0E442, 3},
        {0xCC79A7, 5}, {RGB_LIT_BACK, 4}, {RGB_PILL_TEXT, 0}, {RGB_LIT_TEXT, 7},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].rgb == rgb)
            return known[i].colour;
    return PLX_COLOUR_DEFAULT;
}
