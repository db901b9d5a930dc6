/* SPDX-License-Identifier: MIT
 *
 * Text, pills and panels in measures of the stage, see draw.h.
 */
#include "viz/stage/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "viz/stage/text.h"

#define SHORTENED 1024 /* bytes of a text that was shortened: more than the widest window shows */

static const float sizes[] = {[PLX__SMALL] = 13, [PLX__BODY] = 15, [PLX__LARGE] = 20, [PLX__HUGE] = 32};

float plx__px(const struct plx__stage *stage, float measure)
{
    return measure * stage->unit;
}

/* Sizes are whole pixels, for crisp type and few cached glyphs. */
static struct plx_type type_of(const struct plx__stage *stage, struct plx__ink ink)
{
    float size = (float)(int)(plx__px(stage, sizes[ink.size]) + 0.5f);
    return (struct plx_type){.size = size < 6 ? 6 : size, .bold = ink.bold, .colour = ink.colour};
}

float plx__advance(const struct plx__stage *stage, enum plx__size size)
{
    struct plx_type type = type_of(stage, (struct plx__ink){.size = size});
    return stage->painter->text_width(stage->painter, &type, "0");
}

float plx__line_height(const struct plx__stage *stage, enum plx__size size)
{
    return 1.35f * type_of(stage, (struct plx__ink){.size = size}).size;
}

float plx__width(const struct plx__stage *stage, enum plx__size size, const char *text)
{
    return (float)plx__text_cells(text) * plx__advance(stage, size);
}

/* `side`: 0 with x at the left, 0.5 in the middle, 1 at the right. */
static float text_at(struct plx__stage *stage, float x, float y, float room, struct plx__ink ink,
                     const char *text, float side)
{
    char shortened[SHORTENED];
    float advance = plx__advance(stage, ink.size);
    int cells = plx__text_shorten(text, (int)(room / advance + 0.01f), shortened, sizeof shortened);
    if (cells == 0)
        return 0;
    struct plx_type type = type_of(stage, ink);
    float width = (float)cells * advance;
    const float cap_middle = 0.36f; /* of the em: where the middle of a capital stands over the baseline */
    stage->painter->text(stage->painter, x - side * width, y + cap_middle * type.size, &type, shortened);
    return width;
}

float plx__text(struct plx__stage *stage, float x, float y, float room, struct plx__ink ink, const char *text)
{
    return text_at(stage, x, y, room, ink, text, 0);
}

float plx__text_right(struct plx__stage *stage, float right, float y, float room, struct plx__ink ink,
                      const char *text)
{
    return text_at(stage, right, y, room, ink, text, 1);
}

float plx__text_middle(struct plx__stage *stage, float x, float y, float room, struct plx__ink ink,
                       const char *text)
{
    return text_at(stage, x, y, room, ink, text, 0.5f);
}

float plx__number(struct plx__stage *stage, float right, float y, struct plx__ink ink, uint64_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    return plx__text_right(stage, right, y, stage->state->width, ink, digits);
}

void plx__round_box(struct plx__stage *stage, struct plx_rect at, float radius, plx_colour fill,
                    plx_colour line, float width)
{
    struct plx_box box = {.at = at,
                          .radius = plx__px(stage, radius),
                          .fill = fill,
                          .line = line,
                          .width = plx__px(stage, width)};
    stage->painter->box(stage->painter, &box);
}

struct plx_rect plx__inset(struct plx_rect at, float by)
{
    return (struct plx_rect){at.x + by, at.y + by, at.w - 2 * by, at.h - 2 * by};
}

float plx__pill(struct plx__stage *stage, enum plx_sign sign, const char *word, float right, float y,
                float room, float height)
{
    bool filled = sign != PLX_SIGN_LATER && sign != PLX_SIGN_DROPPED;
    struct plx__ink ink = {filled ? stage->theme.dark : stage->theme.ink[sign],
                           filled ? PLX__SMALL : PLX__BODY, false};
    float pad = filled ? plx__px(stage, 10) : 0, mark = plx__px(stage, 18);
    float words = plx__width(stage, ink.size, word);
    if (words > room - 2 * pad - mark) /* whole cells, so that the pill ends where its text does */
        words = floorf((room - 2 * pad - mark) / plx__advance(stage, ink.size)) *
                plx__advance(stage, ink.size);
    if (words < plx__advance(stage, ink.size) * 3) /* no room for words: the sign alone */
        words = 0, mark = plx__px(stage, 12);
    float width = words + mark + 2 * pad, left = right - width;
    if (width > room)
        return 0;
    if (filled)
        plx__round_box(stage, (struct plx_rect){left, y - height / 2, width, height},
                       height / stage->unit / 2, stage->theme.fill[sign], 0, 0);
    plx__sign(stage, sign, left + pad + plx__px(stage, 6), y, plx__px(stage, 12), ink.colour);
    plx__text(stage, left + pad + mark, y, words, ink, word);
    return width;
}

static void heading(struct plx__stage *stage, struct plx_rect at, const char *name, const char *rest)
{
    float pad = plx__px(stage, 16), y = at.y + plx__px(stage, 20);
    struct plx__ink faint = {stage->theme.faint, PLX__SMALL, true};
    float x = at.x + pad, right = at.x + at.w - pad;
    x += plx__text(stage, x, y, right - x, faint, name);
    faint.bold = false;
    x += plx__advance(stage, PLX__SMALL);
    plx__text(stage, x, y, right - x, faint, rest);
}

struct plx_rect plx__panel(struct plx__stage *stage, struct plx_rect at, const char *name, const char *rest)
{
    plx__round_box(stage, at, 8, stage->theme.panel, stage->theme.line, 1);
    heading(stage, at, name, rest);
    float pad = plx__px(stage, 16), top = plx__px(stage, 38), bottom = plx__px(stage, 12);
    return (struct plx_rect){at.x + pad, at.y + top, at.w - 2 * pad, at.h - top - bottom};
}
