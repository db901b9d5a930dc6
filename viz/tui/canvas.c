/* SPDX-License-Identifier: MIT
 *
 * The grid of cells and its verbs, see canvas.h. All writing goes through put(), which holds to the clip.
 */
#include "viz/tui/canvas.h"

#include "viz/tui/cells.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 1000

static const struct plx_cell space = {.text = " ", .width = 1};

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

int plx_canvas_init(struct plx_canvas *canvas, int w, int h)
{
    memset(canvas, 0, sizeof *canvas);
    if (w < 1 || h < 1 || w > SIDE_MAX || h > SIDE_MAX)
        return -EINVAL;
    canvas->cell = malloc((size_t)w * (size_t)h * sizeof *canvas->cell);
    if (canvas->cell == NULL)
        return -ENOMEM;
    canvas->w = w;
    canvas->h = h;
    plx_canvas_clear(canvas);
    return 0;
}

void plx_canvas_done(struct plx_canvas *canvas)
{
    free(canvas->cell);
    memset(canvas, 0, sizeof *canvas);
}

void plx_canvas_clear(struct plx_canvas *canvas)
{
    canvas->clip = (struct plx_area){0, 0, canvas->w, canvas->h};
    for (int i = 0; i < canvas->w * canvas->h; i++)
        canvas->cell[i] = space;
}

struct plx_area plx_canvas_clip(struct plx_canvas *canvas, struct plx_area area)
{
    struct plx_area before = canvas->clip;
    int x = most(area.x, before.x), y = most(area.y, before.y);
    canvas->clip = (struct plx_area){x, y, most(0, least(area.x + area.w, before.x + before.w) - x),
                                     most(0, least(area.y + area.h, before.y + before.h) - y)};
    return before;
}

void plx_canvas_unclip(struct plx_canvas *canvas, struct plx_area before)
{
    canvas->clip = before;
}

static struct plx_cell *cell_at(const struct plx_canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->w || y >= canvas->h)
        return NULL;
    return &canvas->cell[(size_t)y * (size_t)canvas->w + (size_t)x];
}

const struct plx_cell *plx_canvas_at(const struct plx_canvas *canvas, int x, int y)
{
    return cell_at(canvas, x, y);
}

static bool in_clip(const struct plx_canvas *canvas, int x, int y)
{
    const struct plx_area *clip = &canvas->clip;
    return x >= clip->x && y >= clip->y && x < clip->x + clip->w && y < clip->y + clip->h;
}

/* The cell is about to be overwritten: the other half of a wide character in it becomes a space. */
static void part_from_half(struct plx_canvas *canvas, int x, int y)
{
    struct plx_cell *cell = cell_at(canvas, x, y);
    struct plx_cell *half = cell->width == 0   ? cell_at(canvas, x - 1, y)
                            : cell->width == 2 ? cell_at(canvas, x + 1, y)
                                               : NULL;
    if (half != NULL) {
        struct plx_style style = half->style;
        *half = space;
        half->style = style;
    }
}

/* A wide character that the clip would halve becomes a space in the half that is left. */
static void put(struct plx_canvas *canvas, int x, int y, struct plx_style style, uint32_t code)
{
    bool wide = plx_cells_of(code) == 2;
    bool here = in_clip(canvas, x, y), next = wide && in_clip(canvas, x + 1, y);
    if (here)
        part_from_half(canvas, x, y);
    if (next)
        part_from_half(canvas, x + 1, y);
    if (here) {
        struct plx_cell *cell = cell_at(canvas, x, y);
        *cell = space;
        cell->style = style;
        if (!wide || next) {
            cell->text[plx_cells_put(code, cell->text)] = '\0';
            cell->width = wide ? 2 : 1;
        }
    }
    if (next) {
        struct plx_cell *cell = cell_at(canvas, x + 1, y);
        *cell = space;
        cell->style = style;
        if (here) {
            cell->text[0] = '\0';
            cell->width = 0;
        }
    }
}

/* Adds a mark to the character before it, as long as there is room for it. */
static void combine(struct plx_canvas *canvas, int x, int y, uint32_t code)
{
    struct plx_cell *cell = in_clip(canvas, x, y) ? cell_at(canvas, x, y) : NULL;
    if (cell != NULL && cell->width == 0)
        cell = cell_at(canvas, x - 1, y);
    if (cell == NULL)
        return;
    size_t used = strlen(cell->text);
    char mark[4];
    size_t bytes = (size_t)plx_cells_put(code, mark);
    if (used + bytes >= sizeof cell->text)
        return;
    memcpy(cell->text + used, mark, bytes);
    cell->text[used + bytes] = '\0';
}

int plx_canvas_text(struct plx_canvas *canvas, int x, int y, struct plx_style style, const char *text)
{
    int first = x;
    while (*text != '\0') {
        uint32_t code = plx_cells_next(&text);
        int cells = plx_cells_of(code);
        if (cells == 0 && x > first)
            combine(canvas, x - 1, y, code);
        else if (cells > 0 && x < canvas->w)
            put(canvas, x, y, style, code);
        x += cells;
    }
    return x;
}

int plx_canvas_fit(struct plx_canvas *canvas, int x, int y, int cells, enum plx_fit fit,
                   struct plx_style style, const char *text)
{
    char shorter[4 * SIDE_MAX];
    if (cells <= 0)
        return x;
    if (fit == PLX_FIT_MIDDLE)
        plx_cells_middle(text, cells, shorter, sizeof shorter);
    else
        plx_cells_end(text, cells, shorter, sizeof shorter);
    if (fit == PLX_FIT_RIGHT)
        x += cells - plx_cells_width(shorter);
    return plx_canvas_text(canvas, x, y, style, shorter);
}

int plx_canvas_printf(struct plx_canvas *canvas, int x, int y, struct plx_style style, const char *format,
                      ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return plx_canvas_text(canvas, x, y, style, text);
}

/* horizontal, vertical, and the corners: top left, top right, bottom left, bottom right */
static const uint32_t borders[3][6] = {
    [PLX_BORDER_THIN] = {0x2500, 0x2502, 0x250C, 0x2510, 0x2514, 0x2518},
    [PLX_BORDER_HEAVY] = {0x2501, 0x2503, 0x250F, 0x2513, 0x2517, 0x251B},
    [PLX_BORDER_DASHED] = {0x254C, 0x254E, 0x250C, 0x2510, 0x2514, 0x2518},
};

void plx_canvas_hline(struct plx_canvas *canvas, int x, int y, int cells, enum plx_border border,
                      struct plx_style style)
{
    for (int i = most(0, -x); i < cells && x + i < canvas->w; i++)
        put(canvas, x + i, y, style, borders[border][0]);
}

void plx_canvas_vline(struct plx_canvas *canvas, int x, int y, int cells, enum plx_border border,
                      struct plx_style style)
{
    for (int i = most(0, -y); i < cells && y + i < canvas->h; i++)
        put(canvas, x, y + i, style, borders[border][1]);
}

void plx_canvas_box(struct plx_canvas *canvas, struct plx_area area, enum plx_border border,
                    struct plx_style style)
{
    if (area.w < 2 || area.h < 2)
        return;
    int right = area.x + area.w - 1, bottom = area.y + area.h - 1;
    plx_canvas_hline(canvas, area.x + 1, area.y, area.w - 2, border, style);
    plx_canvas_hline(canvas, area.x + 1, bottom, area.w - 2, border, style);
    plx_canvas_vline(canvas, area.x, area.y + 1, area.h - 2, border, style);
    plx_canvas_vline(canvas, right, area.y + 1, area.h - 2, border, style);
    put(canvas, area.x, area.y, style, borders[border][2]);
    put(canvas, right, area.y, style, borders[border][3]);
    put(canvas, area.x, bottom, style, borders[border][4]);
    put(canvas, right, bottom, style, borders[border][5]);
}

void plx_canvas_blank(struct plx_canvas *canvas, struct plx_area area)
{
    struct plx_area before = plx_canvas_clip(canvas, area);
    struct plx_area to = canvas->clip;
    for (int y = to.y; y < to.y + to.h; y++)
        for (int x = to.x; x < to.x + to.w; x++) {
            part_from_half(canvas, x, y);
            *cell_at(canvas, x, y) = space;
        }
    plx_canvas_unclip(canvas, before);
}

void plx_canvas_light(struct plx_canvas *canvas, struct plx_area area)
{
    struct plx_area before = plx_canvas_clip(canvas, area);
    struct plx_area to = canvas->clip;
    for (int y = to.y; y < to.y + to.h; y++)
        for (int x = to.x; x < to.x + to.w; x++)
            cell_at(canvas, x, y)->style.look |= PLX_LOOK_LIT;
    plx_canvas_unclip(canvas, before);
}
