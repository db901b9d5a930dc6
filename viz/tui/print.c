/* SPDX-License-Identifier: MIT
 *
 * Prints a canvas, see print.h. An escape sequence is written only where the style changes, and a line never
 * ends in a style of its own, so that pagers and `grep` leave it whole.
 */
#include "viz/tui/print.h"

#include "viz/tui/glyph.h"

#include <errno.h>
#include <string.h>

static void print_colour(FILE *out, enum plx_print_colour colour, int ground, int rgb)
{
    if (rgb == PLX_COLOUR_DEFAULT)
        return;
    if (colour == PLX_PRINT_TRUE)
        fprintf(out, ";%d;2;%d;%d;%d", ground, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
    else
        fprintf(out, ";%d;5;%d", ground, plx_glyph_colour_256(rgb));
}

static void print_style(FILE *out, enum plx_print_colour colour, struct plx_paint paint)
{
    fputs("\033[0", out);
    if (paint.attrs & PLX_ATTR_BOLD)
        fputs(";1", out);
    if (paint.attrs & PLX_ATTR_DIM)
        fputs(";2", out);
    print_colour(out, colour, 38, paint.fore);
    print_colour(out, colour, 48, paint.back);
    fputc('m', out);
}

static bool is_blank(const struct plx_cell *cell, bool plain)
{
    return strcmp(cell->text, " ") == 0 && (plain || !(cell->style.look & (PLX_LOOK_LIT | PLX_LOOK_PILL)));
}

static int columns_used(const struct plx_canvas *canvas, int y, bool plain)
{
    int w = canvas->w;
    while (w > 0 && is_blank(plx_canvas_at(canvas, w - 1, y), plain))
        w--;
    return w;
}

static bool same(struct plx_paint a, struct plx_paint b)
{
    return a.fore == b.fore && a.back == b.back && a.attrs == b.attrs;
}

static void print_row(const struct plx_canvas *canvas, int y, const struct plx_print *how, FILE *out)
{
    const struct plx_paint rest = {PLX_COLOUR_DEFAULT, PLX_COLOUR_DEFAULT, 0};
    struct plx_paint now = rest;
    int w = columns_used(canvas, y, how->colour == PLX_PRINT_PLAIN);
    for (int x = 0; x < w; x++) {
        const struct plx_cell *cell = plx_canvas_at(canvas, x, y);
        struct plx_paint paint = plx_glyph_paint(cell->style);
        if (how->colour != PLX_PRINT_PLAIN && !same(paint, now))
            print_style(out, how->colour, now = paint);
        if (how->ascii)
            fputc(plx_glyph_ascii(cell), out);
        else
            fputs(cell->text, out);
    }
    fputs(same(now, rest) ? "\n" : "\033[0m\n", out);
}

int plx_print_canvas(const struct plx_canvas *canvas, const struct plx_print *how, FILE *out)
{
    for (int y = 0; y < canvas->h; y++)
        print_row(canvas, y, how, out);
    return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
