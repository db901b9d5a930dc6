/* SPDX-License-Identifier: MIT
 *
 * What lies over everything when asked for: the keys, or the list of issues.
 */
#include "viz/stage/draw.h"

#include "viz/stage/text.h"

#define ROW 24

static float label_width(const struct plx__stage *stage, const struct plx_stage_overlay *overlay)
{
    int most = 4;
    for (int i = 0; i < overlay->count; i++) {
        int cells = plx__text_cells(overlay->entry[i].label);
        most = cells > most ? cells : most;
    }
    return (float)(most < 24 ? most : 24) * plx__advance(stage, PLX__BODY);
}

static float text_width(const struct plx__stage *stage, const struct plx_stage_overlay *overlay)
{
    int most = plx__text_cells(overlay->title);
    for (int i = 0; i < overlay->count; i++) {
        int cells = plx__text_cells(overlay->entry[i].text);
        most = cells > most ? cells : most;
    }
    return (float)(most < 160 ? most : 160) * plx__advance(stage, PLX__BODY);
}

static void draw_entries(struct plx__stage *stage, struct plx_rect in, float label, int rows)
{
    const struct plx_stage_overlay *overlay = stage->state->overlay;
    struct plx__ink key = {stage->theme.ink[PLX_SIGN_POLL], PLX__BODY, false};
    struct plx__ink text = {stage->theme.text, PLX__BODY, false};
    float gap = plx__px(stage, 24), y = in.y + plx__px(stage, ROW) / 2;
    for (int i = 0; i < rows && overlay->top + i < overlay->count; i++, y += plx__px(stage, ROW)) {
        const struct plx_stage_entry *entry = &overlay->entry[overlay->top + i];
        plx__text(stage, in.x, y, label, key, entry->label);
        plx__text(stage, in.x + label + gap, y, in.w - label - gap, text, entry->text);
    }
}

void plx__overlay_draw(struct plx__stage *stage)
{
    const struct plx_stage_overlay *overlay = stage->state->overlay;
    float width = stage->state->width, height = stage->state->height, margin = plx__px(stage, 32);
    float row = plx__px(stage, ROW), label = label_width(stage, overlay), frame = plx__px(stage, 40 + 16);
    float wanted = label + plx__px(stage, 24) + text_width(stage, overlay) + 2 * plx__px(stage, 24);
    int rows = overlay->count, room = (int)((height - 2 * margin - frame) / row);
    rows = rows > room ? room : rows;
    wanted = wanted > width - 2 * margin ? width - 2 * margin : wanted;
    float tall = frame + (float)rows * row;
    struct plx_rect at = {(width - wanted) / 2, (height - tall) / 2, wanted, tall};
    plx__round_box(stage, (struct plx_rect){0, 0, width, height}, 0, plx__fade(stage->theme.ground, 0.7f), 0,
                   0);
    plx__round_box(stage, at, 8, stage->theme.raised, stage->theme.ink[PLX_SIGN_POLL], 1.5f);
    float pad = plx__px(stage, 24);
    plx__text(stage, at.x + pad, at.y + plx__px(stage, 22), at.w - 2 * pad,
              (struct plx__ink){stage->theme.faint, PLX__BODY, true}, overlay->title);
    struct plx_rect in = {at.x + pad, at.y + plx__px(stage, 40), at.w - 2 * pad, (float)rows * row};
    draw_entries(stage, in, label, rows);
}
