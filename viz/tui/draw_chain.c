/* SPDX-License-Identifier: MIT
 *
 * The chain's panel: nested boxes, the poll on its way in, the answer on its way out.
 *
 * The box of the event has a heavy border, or a lit line, and an arrow before its name: → the poll goes in, ←
 * the answer comes out, › anything else happens to it. State is told by colour, sign and word.
 */
#include "viz/tui/cells.h"
#include "viz/tui/chain_rows.h"
#include "viz/tui/draw.h"
#include "viz/view/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct drawing { /* what all rows share */
    struct plx_canvas *canvas;
    struct plx_area area;
    const struct plx_view_chain *chain;
    const struct plx_chain_rows *rows;
};

static struct plx_style border_style(const struct plx_view_box *box)
{
    if (box->current || box->on_path)
        return plx_style_with(PLX_INK_SIGN + (int)box->sign, PLX_LOOK_RULE);
    return plx_style_with(box->sign == PLX_SIGN_FAILED ? PLX_INK_SIGN + (int)PLX_SIGN_FAILED : PLX_INK_LINE,
                          PLX_LOOK_RULE);
}

static enum plx_border border_of(const struct plx_view_box *box)
{
    if (box->current)
        return PLX_BORDER_HEAVY;
    return box->sign == PLX_SIGN_LATER ? PLX_BORDER_DASHED : PLX_BORDER_THIN;
}

static bool is_quiet(const struct plx_view_box *box)
{
    return box->sign == PLX_SIGN_LATER || box->sign == PLX_SIGN_DROPPED;
}

static const char *arrow_of(const struct drawing *to, const struct plx_view_box *box)
{
    if (!box->current)
        return "";
    return to->chain->motion == PLX_MOTION_IN ? "→ " : to->chain->motion == PLX_MOTION_OUT ? "← " : "› ";
}

/* Kind, name and detail in at most so many cells: the detail gives way first, then the kind, which tells less
 * than the name. */
static int draw_name(const struct drawing *to, int x, int y, int cells, const struct plx_view_box *box)
{
    struct plx_canvas *canvas = to->canvas;
    int end = x + cells, quiet = is_quiet(box) ? PLX_INK_FAINT : PLX_INK_TEXT;
    bool named = *box->name != '\0' && strcmp(box->name, box->kind) != 0;
    const char *name = named ? box->name : box->kind;
    x = plx_canvas_fit(canvas, x, y, end - x, PLX_FIT_END,
                       plx_style_with(PLX_INK_SIGN + (int)box->sign, PLX_LOOK_BOLD), arrow_of(to, box));
    int kind = plx__least(plx_cells_width(box->kind), end - x - 1 - plx_cells_width(name));
    if (named && kind >= 4)
        x = plx_canvas_fit(canvas, x, y, kind, PLX_FIT_END, plx_style(quiet), box->kind) + 1;
    x = plx_canvas_fit(canvas, x, y, end - x, PLX_FIT_MIDDLE,
                       plx_style(is_quiet(box) ? PLX_INK_FAINT : PLX_INK_STRONG), name);
    if (*box->detail != '\0' && end - x >= 6)
        x = plx_canvas_fit(canvas, x + 2, y, end - x - 2, PLX_FIT_MIDDLE, plx_style(PLX_INK_FAINT),
                           box->detail);
    return x;
}

static int word_width(const struct plx_view_box *box, int cells)
{
    return plx__least(plx_cells_width(box->word) + 2, plx__most(cells / 2, plx__least(cells, 14)));
}

/* Name at the left, state at the right. Tells where the one ends and the other begins, for what runs between
 * them. The state of the event's own box is a pill, which takes the space on either side of it as well. */
static void draw_line(const struct drawing *to, int x, int y, int cells, const struct plx_view_box *box,
                      int *gap, int *gap_end)
{
    int word = word_width(box, cells), name_cells = cells - word - 2;
    int look = box->current ? PLX_LOOK_PILL : box->sign == PLX_SIGN_LATER ? 0 : PLX_LOOK_BOLD;
    int end = draw_name(to, x, y, name_cells, box), from = x + cells - word, pill = box->current ? 1 : 0;
    plx__draw_sign(to->canvas, from - pill, y, word + 2 * pill, box->sign, look, box->word);
    if (box->sign == PLX_SIGN_POLL && box->before != PLX_SIGN_LATER && from - end > 28) {
        const struct plx_sign_look *before = plx_sign_look(box->before);
        char text[64];
        snprintf(text, sizeof text, "before: %s %s", before->glyph, before->word);
        from -= plx_cells_width(text) + 3;
        plx_canvas_text(to->canvas, from, y, plx_style(PLX_INK_FAINT), text);
    }
    *gap = end;
    *gap_end = from;
}

static void draw_top(const struct drawing *to, int x, int y, int w, const struct plx_view_box *box)
{
    struct plx_style line = border_style(box);
    enum plx_border border = border_of(box);
    int gap, gap_end;
    plx_canvas_box(to->canvas, (struct plx_area){x, y, w, 2}, border, line); /* its bottom is drawn over */
    plx_canvas_blank(to->canvas, (struct plx_area){x, y + 1, w, 1});
    plx_canvas_blank(to->canvas, (struct plx_area){x + 2, y, w - 3, 1});
    draw_line(to, x + 3, y, w - 5, box, &gap, &gap_end);
    plx_canvas_hline(to->canvas, gap + 1, y, gap_end - gap - 2, border, line);
}

static void draw_bottom(const struct drawing *to, int x, int y, int w, const struct plx_view_box *box)
{
    struct plx_area clip = plx_canvas_clip(to->canvas, (struct plx_area){x, y, w, 1});
    plx_canvas_box(to->canvas, (struct plx_area){x, y - 1, w, 2}, border_of(box), border_style(box));
    plx_canvas_unclip(to->canvas, clip);
}

static void draw_leaf(const struct drawing *to, int x, int y, int w, const struct plx_view_box *box)
{
    bool boxed = to->rows->form == PLX_CHAIN_ROOMY;
    int gap, gap_end, in = boxed ? 1 : 0;
    if (boxed) {
        plx_canvas_vline(to->canvas, x, y, 1, border_of(box), border_style(box));
        plx_canvas_vline(to->canvas, x + w - 1, y, 1, border_of(box), border_style(box));
    }
    draw_line(to, x + in + 1, y, w - 2 * in - 2, box, &gap, &gap_end);
    if (box->current)
        plx_canvas_light(to->canvas, (struct plx_area){x + in, y, w - 2 * in, 1});
}

static void draw_leaf_edge(const struct drawing *to, int x, int y, int w, const struct plx_view_box *box,
                           bool top)
{
    struct plx_area clip = plx_canvas_clip(to->canvas, (struct plx_area){x, y, w, 1});
    plx_canvas_box(to->canvas, (struct plx_area){x, top ? y : y - 1, w, 2}, border_of(box),
                   border_style(box));
    plx_canvas_unclip(to->canvas, clip);
}

/* The sides of the boxes around this one. */
static void draw_sides(const struct drawing *to, int y, int box)
{
    for (int p = to->chain->boxes[box].parent; p >= 0; p = to->chain->boxes[p].parent) {
        const struct plx_view_box *around = &to->chain->boxes[p];
        int x = to->area.x + 2 * around->depth;
        int right = to->area.x + to->area.w - 1 - to->rows->right_step * around->depth;
        plx_canvas_vline(to->canvas, x, y, 1, border_of(around), border_style(around));
        plx_canvas_vline(to->canvas, right, y, 1, border_of(around), border_style(around));
    }
}

static void draw_boxed_row(const struct drawing *to, int y, const struct plx_chain_row *row)
{
    const struct plx_view_box *box = &to->chain->boxes[row->box];
    int x = to->area.x + 2 * box->depth, w = to->area.w - (2 + to->rows->right_step) * box->depth;
    draw_sides(to, y, row->box);
    if (row->part == PLX_PART_TOP)
        draw_top(to, x, y, w, box);
    else if (row->part == PLX_PART_BOTTOM)
        draw_bottom(to, x, y, w, box);
    else if (row->part == PLX_PART_LEAF)
        draw_leaf(to, x, y, w, box);
    else
        draw_leaf_edge(to, x, y, w, box, row->part == PLX_PART_LEAF_TOP);
}

/* The rails of the boxes around: a rail ends in a corner at the last row within its box. */
static void draw_rails(const struct drawing *to, int y, int index, bool last)
{
    const struct plx_view_box *boxes = to->chain->boxes;
    int next = index + 1 < to->chain->count ? boxes[index + 1].depth : -1;
    for (int p = boxes[index].parent; p >= 0 && boxes[p].depth >= to->rows->base; p = boxes[p].parent) {
        if (boxes[p].depth >= to->rows->max_depth)
            continue;
        int x = to->area.x + 1 + 2 * (boxes[p].depth - to->rows->base);
        bool heavy = border_of(&boxes[p]) == PLX_BORDER_HEAVY;
        const char *rail = last && boxes[p].depth >= next ? (heavy ? "┗" : "└") : (heavy ? "┃" : "│");
        plx_canvas_text(to->canvas, x, y, border_style(&boxes[p]), rail);
    }
}

static void draw_bracket_row(const struct drawing *to, int y, const struct plx_chain_row *row)
{
    const struct plx_view_box *box = &to->chain->boxes[row->box];
    int depth = plx__least(box->depth, to->rows->max_depth) - to->rows->base;
    int x = to->area.x + 1 + 2 * depth, end = to->area.x + to->area.w - 1, gap, gap_end;
    bool parts = row->part == PLX_PART_TOP;
    draw_rails(to, y, row->box, row->last);
    if (parts)
        plx_canvas_text(to->canvas, x, y, border_style(box), box->current ? "┏" : "┌");
    int from = parts || box->depth == 0 ? x + 2 : x;
    draw_line(to, from, y, end - from, box, &gap, &gap_end);
    if (parts)
        plx_canvas_hline(to->canvas, gap + 1, y, gap_end - gap - 2, border_of(box), border_style(box));
    if (box->current)
        plx_canvas_light(to->canvas, (struct plx_area){from - 1, y, end - from + 2, 1});
}

static void draw_fold(const struct drawing *to, int y, const char *text)
{
    plx_canvas_fit(to->canvas, to->area.x + 1, y, to->area.w - 2, PLX_FIT_END, plx_style(PLX_INK_FAINT),
                   text);
}

static void fold_text(const struct plx_chain_rows *rows, char *out, size_t size)
{
    int used = 0;
    if (rows->outer > 0)
        used = snprintf(out, size, "… %d outer box%s", rows->outer, rows->outer == 1 ? "" : "es");
    if (rows->before > 0)
        snprintf(out + used, size - (size_t)used, "%s %d more above", used > 0 ? "," : "…", rows->before);
}

static void draw_rows(const struct drawing *to)
{
    const struct plx_chain_rows *rows = to->rows;
    int y = to->area.y;
    char text[96];
    if (rows->outer > 0 || rows->before > 0) {
        fold_text(rows, text, sizeof text);
        draw_fold(to, y++, text);
    }
    for (int i = 0; i < rows->count; i++, y++)
        if (rows->form == PLX_CHAIN_BRACKETS)
            draw_bracket_row(to, y, &rows->row[i]);
        else
            draw_boxed_row(to, y, &rows->row[i]);
    if (rows->after > 0) {
        snprintf(text, sizeof text, "… %d more below", rows->after);
        draw_fold(to, y, text);
    }
}

static void chain_title(const struct plx_view_chain *chain, bool followed, char *out, size_t size)
{
    if (chain->task == 0)
        snprintf(out, size, "Chain");
    else if (*chain->name != '\0')
        snprintf(out, size, "Chain: task %" PRIu64 " \"%s\"%s", chain->task, chain->name,
                 followed ? ", followed" : "");
    else
        snprintf(out, size, "Chain: task %" PRIu64 "%s", chain->task, followed ? ", followed" : "");
}

/* The task's state, and the number of its polls when there is room for it too. */
static void chain_note(const struct plx_view_chain *chain, int cells, char *out, size_t size)
{
    int used = snprintf(out, size, "%s %s", plx_sign_look(chain->sign)->glyph, chain->state);
    if (used > 0 && (size_t)used < size && plx_cells_width(out) + 11 <= cells)
        snprintf(out + used, size - (size_t)used, "  polls %3" PRIu32, chain->polls);
}

int plx__draw_chain(struct plx_canvas *canvas, struct plx_area area, const struct plx_view_chain *chain,
                    bool followed)
{
    char title[256], note[256] = "";
    chain_title(chain, followed, title, sizeof title);
    if (chain->task != 0)
        chain_note(chain, area.w - plx_cells_width(title) - 10, note, sizeof note);
    struct plx_area in = plx__draw_panel(canvas, area, title, plx__ink(chain->sign), note);
    in.x++;
    in.w -= 2;
    struct plx_area clip = plx_canvas_clip(canvas, in);
    struct plx_chain_rows rows;
    int result = plx_chain_rows_make(chain, in.w, in.h, &rows);
    if (result == 0) {
        if (chain->count == 0)
            plx_canvas_fit(canvas, in.x + 1, in.y, in.w - 1, PLX_FIT_END, plx_style(PLX_INK_FAINT),
                           chain->task == 0 ? "no task yet" : "its shape was not told");
        draw_rows(&(struct drawing){canvas, in, chain, &rows});
        plx_chain_rows_done(&rows);
    }
    plx_canvas_unclip(canvas, clip);
    return result;
}
