/* SPDX-License-Identifier: MIT
 *
 * The painter of SVG pictures, see svg.h.
 *
 * An SVG border lies on both sides of its edge; the stage's lies inside. So boxes are drawn smaller by half
 * of it.
 */
#include "viz/svg/svg.h"

#include "viz/stage/text.h"

#include <errno.h>

#define CELL 0.6f /* of the em */

static FILE *file_of(struct plx_painter *painter)
{
    return ((struct plx_svg *)painter)->out;
}

/* As an attribute: ` fill="#E69F00" fill-opacity="0.5"`, or none. */
static void put_colour(FILE *out, const char *attribute, plx_colour colour)
{
    unsigned alpha = colour >> 24;
    if (alpha == 0) {
        fprintf(out, " %s=\"none\"", attribute);
        return;
    }
    fprintf(out, " %s=\"#%06X\"", attribute, (unsigned)(colour & 0xFFFFFF));
    if (alpha < 255)
        fprintf(out, " %s-opacity=\"%.2f\"", attribute, (double)alpha / 255);
}

/* Text comes from a trace: nothing in it is markup. */
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else if ((unsigned char)*text >= 0x20)
            fputc(*text, out);
}

static void draw_box(struct plx_painter *painter, const struct plx_box *box)
{
    FILE *out = file_of(painter);
    bool lined = box->line >> 24 != 0 && box->width > 0;
    float in = lined ? box->width / 2 : 0;
    struct plx_rect at = {box->at.x + in, box->at.y + in, box->at.w - 2 * in, box->at.h - 2 * in};
    if (at.w <= 0 || at.h <= 0)
        return;
    fprintf(out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"", (double)at.x, (double)at.y,
            (double)at.w, (double)at.h);
    if (box->radius > in)
        fprintf(out, " rx=\"%.2f\"", (double)(box->radius - in));
    put_colour(out, "fill", box->fill);
    if (lined) {
        put_colour(out, "stroke", box->line);
        fprintf(out, " stroke-width=\"%.2f\"", (double)box->width);
    }
    if (lined && box->dashed)
        fprintf(out, " stroke-dasharray=\"%.1f %.1f\"", (double)box->width * 4, (double)box->width * 4);
    fputs("/>\n", out);
}

static void draw_line(struct plx_painter *painter, float x0, float y0, float x1, float y1, float width,
                      plx_colour colour, bool dotted)
{
    FILE *out = file_of(painter);
    fprintf(
        out,
        "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" stroke-width=\"%.2f\" stroke-linecap=\"round\"",
        (double)x0, (double)y0, (double)x1, (double)y1, (double)width);
    put_colour(out, "stroke", colour);
    if (dotted) /* a dash without length, with round ends, is a dot */
        fprintf(out, " stroke-dasharray=\"0 %.1f\"", (double)width * 3);
    fputs("/>\n", out);
}

static void draw_arrow(struct plx_painter *painter, float x, float y, float dx, float dy, float size,
                       plx_colour colour)
{
    float back_x = x - dx * size, back_y = y - dy * size, half = size * 0.5f;
    fprintf(file_of(painter), "<path d=\"M%.2f %.2fL%.2f %.2fL%.2f %.2fZ\"", (double)x, (double)y,
            (double)(back_x - dy * half), (double)(back_y + dx * half), (double)(back_x + dy * half),
            (double)(back_y - dx * half));
    put_colour(file_of(painter), "fill", colour);
    fputs("/>\n", file_of(painter));
}

static void draw_circle(struct plx_painter *painter, float x, float y, float radius, float width,
                        plx_colour colour)
{
    FILE *out = file_of(painter);
    fprintf(out, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\"", (double)x, (double)y,
            (double)(radius - width / 2));
    put_colour(out, "fill", width > 0 ? 0 : colour);
    if (width > 0) {
        put_colour(out, "stroke", colour);
        fprintf(out, " stroke-width=\"%.2f\"", (double)width);
    }
    fputs("/>\n", out);
}

static float text_width(struct plx_painter *painter, const struct plx_type *type, const char *text)
{
    (void)painter;
    return (float)plx__text_cells(text) * type->size * CELL;
}

static void draw_text(struct plx_painter *painter, float x, float y, const struct plx_type *type,
                      const char *text)
{
    FILE *out = file_of(painter);
    if (*text == '\0')
        return;
    fprintf(
        out,
        "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.1f\" textLength=\"%.2f\" lengthAdjust=\"spacingAndGlyphs\"",
        (double)x, (double)y, (double)type->size, (double)text_width(painter, type, text));
    put_colour(out, "fill", type->colour);
    fputs(type->bold ? " font-weight=\"bold\">" : ">", out);
    put_text(out, text);
    fputs("</text>\n", out);
}

static void clip(struct plx_painter *painter, const struct plx_rect *rect)
{
    struct plx_svg *svg = (struct plx_svg *)painter;
    if (svg->clipped)
        fputs("</svg>\n", svg->out);
    svg->clipped = rect != NULL;
    if (rect !=
        NULL) /* a picture in the picture clips, and needs no name that must be unique in the document */
        fprintf(
            svg->out,
            "<svg x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" viewBox=\"%.2f %.2f %.2f %.2f\">\n",
            (double)rect->x, (double)rect->y, (double)rect->w, (double)rect->h, (double)rect->x,
            (double)rect->y, (double)rect->w, (double)rect->h);
}

void plx_svg_begin(struct plx_svg *svg, FILE *out, float width, float height, const char *title)
{
    *svg = (struct plx_svg){
        .painter = {draw_box, draw_line, draw_arrow, draw_circle, draw_text, text_width, clip},
        .out = out,
    };
    fprintf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" style=\"white-space:pre\" "
        "font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\">\n<title>",
        (double)width, (double)height);
    put_text(out, title);
    fputs("</title>\n", out);
}

int plx_svg_end(struct plx_svg *svg)
{
    clip(&svg->painter, NULL);
    fputs("</svg>\n", svg->out);
    return fflush(svg->out) != 0 || ferror(svg->out) ? -EIO : 0;
}
