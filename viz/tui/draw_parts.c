/* SPDX-License-Identifier: MIT
 *
 * What the panels of a frame have in common: border and title, a sign with its word, scrolling.
 */
#include "viz/tui/cells.h"
#include "viz/tui/draw.h"
#include "viz/view/sign.h"

#include <stdio.h>
#include <string.h>

struct plx_area plx__draw_panel(struct plx_canvas *canvas, struct plx_area area, const char *title,
                                struct plx_style note_style, const char *note)
{
    bool boxed = area.h >= PLX_BOX_H;
    struct plx_style line = plx_style_with(PLX_INK_LINE, PLX_LOOK_RULE);
    if (boxed)
        plx_canvas_box(canvas, area, PLX_BORDER_THIN, line);
    else
        plx_canvas_hline(canvas, area.x, area.y, area.w, PLX_BORDER_THIN, line);

    char text[260];
    snprintf(text, sizeof text, " %s ", title);
    int end = plx_canvas_fit(canvas, area.x + 2, area.y, area.w - 4, PLX_FIT_MIDDLE,
                             plx_style(PLX_INK_STRONG), text);
    int room = area.x + area.w - 3 - end;
    if (*note != '\0' && room >= 8) {
        char shorter[256];
        plx_cells_end(note, room - 3, shorter, sizeof shorter);
        snprintf(text, sizeof text, " %s ", shorter);
        plx_canvas_fit(canvas, end + 1, area.y, room, PLX_FIT_RIGHT, note_style, text);
    }
    int edge = boxed ? 1 : 0;
    return (struct plx_area){area.x + edge, area.y + 1, plx__most(0, area.w - 2 * edge),
                             plx__most(0, area.h - 1 - edge)};
}

int plx__draw_sign(struct plx_canvas *canvas, int x, int y, int cells, enum plx_sign sign, int look,
                   const char *word)
{
    char text[512], shorter[512];
    bool pill = look & PLX_LOOK_PILL;
    plx_cells_middle(word, cells - (pill ? 4 : 2), shorter, sizeof shorter);
    snprintf(text, sizeof text, pill ? " %s %s " : "%s %s", plx_sign_look(sign)->glyph, shorter);
    if (cells < 3 || *word == '\0')
        snprintf(text, sizeof text, "%s", plx_sign_look(sign)->glyph);
    return plx_canvas_text(canvas, x, y, plx_style_with(PLX_INK_SIGN + (int)sign, look), text);
}

int plx__first_row(int count, int rows, int at)
{
    if (count <= rows || rows <= 0)
        return 0;
    int step = plx__most(1, rows / 2), first = 0;
    if (at >= rows)
        first = (at - rows) / step * step + step;
    return plx__least(first, count - rows);
}
