/* SPDX-License-Identifier: MIT
 *
 * A painter that draws nothing and remembers everything: what the layout tests look at.
 *
 * Its type is as wide as most monospaced ones: 0.6 em a cell.
 */
#ifndef PLX_TEST_RECORDER_H
#define PLX_TEST_RECORDER_H

#include <math.h>
#include <stdio.h>

#include "viz/stage/painter.h"
#include "viz/stage/text.h"

#define RECORDER_MAX 4096

enum recorded_kind { RECORDED_BOX, RECORDED_TEXT, RECORDED_LINE, RECORDED_ARROW, RECORDED_CIRCLE };

struct recorded {
    enum recorded_kind kind;
    struct plx_rect at; /* what it covers */
    bool solid;         /* a box that hides what is under it */
    bool frame;         /* a box that holds texts: not a glow, not a veil */
    char text[96];
};

struct recorder {
    struct plx_painter verbs; /* first */
    struct recorded item[RECORDER_MAX];
    int count;
    bool full;
};

static inline struct recorded *recorder_add(struct plx_painter *painter, enum recorded_kind kind,
                                            struct plx_rect at)
{
    struct recorder *recorder = (struct recorder *)painter;
    static struct recorded spare;
    recorder->full = recorder->full || recorder->count == RECORDER_MAX;
    struct recorded *item = recorder->full ? &spare : &recorder->item[recorder->count++];
    *item = (struct recorded){.kind = kind, .at = at};
    return item;
}

static inline void recorder_box(struct plx_painter *painter, const struct plx_box *box)
{
    struct recorded *item = recorder_add(painter, RECORDED_BOX, box->at);
    item->solid = box->fill >> 24 == 0xFF;
    item->frame = item->solid || box->dashed;
}

static inline void recorder_line(struct plx_painter *painter, float x0, float y0, float x1, float y1,
                                 float width, plx_colour colour, bool dotted)
{
    (void)colour;
    (void)dotted;
    struct plx_rect at = {fminf(x0, x1) - width / 2, fminf(y0, y1) - width / 2, fabsf(x1 - x0) + width,
                          fabsf(y1 - y0) + width};
    recorder_add(painter, RECORDED_LINE, at);
}

static inline void recorder_arrow(struct plx_painter *painter, float x, float y, float dx, float dy,
                                  float size, plx_colour colour)
{
    (void)colour;
    float half = 0.6f * size;
    float left = fminf(x, x - dx * size) - half * fabsf(dy), top = fminf(y, y - dy * size) - half * fabsf(dx);
    recorder_add(painter, RECORDED_ARROW,
                 (struct plx_rect){left, top, fabsf(dx) * size + 2 * half * fabsf(dy),
                                   fabsf(dy) * size + 2 * half * fabsf(dx)});
}

static inline void recorder_circle(struct plx_painter *painter, float x, float y, float radius, float width,
                                   plx_colour colour)
{
    (void)width;
    (void)colour;
    recorder_add(painter, RECORDED_CIRCLE, (struct plx_rect){x - radius, y - radius, 2 * radius, 2 * radius});
}

static inline float recorder_width(struct plx_painter *painter, const struct plx_type *type, const char *text)
{
    (void)painter;
    return (float)plx__text_cells(text) * floorf(type->size * 0.6f + 0.5f);
}

/* From the top of a capital to the foot of a "g". */
static inline void recorder_text(struct plx_painter *painter, float x, float y, const struct plx_type *type,
                                 const char *text)
{
    struct plx_rect at = {x, y - 0.74f * type->size, recorder_width(painter, type, text), 0.94f * type->size};
    snprintf(recorder_add(painter, RECORDED_TEXT, at)->text, sizeof((struct recorded *)0)->text, "%s", text);
}

static inline void recorder_clip(struct plx_painter *painter, const struct plx_rect *rect)
{
    (void)painter;
    (void)rect;
}

static inline void recorder_start(struct recorder *recorder)
{
    recorder->verbs = (struct plx_painter){recorder_box,  recorder_line,  recorder_arrow, recorder_circle,
                                           recorder_text, recorder_width, recorder_clip};
    recorder->count = 0;
    recorder->full = false;
}

#endif
