/* SPDX-License-Identifier: MIT
 *
 * What the panels of the stage share: palette, measures, and text and boxes in words of the stage.
 *
 * Measures in the panels' code are at scale 1; `plx__px` makes pixels of them. Text is placed by its middle
 * line.
 */
#ifndef PLX_STAGE_DRAW_H
#define PLX_STAGE_DRAW_H

#include "viz/stage/stage.h"

enum plx__size { PLX__SMALL, PLX__BODY, PLX__LARGE, PLX__HUGE };

struct plx__theme {
    plx_colour ground, panel, raised, line, text, faint, dark; /* dark: text on a filled pill */
    plx_colour fill[PLX_SIGNS];                                /* of pills and dots */
    plx_colour ink[PLX_SIGNS];                                 /* of text, signs and borders on the ground */
};

struct plx__stage {
    const struct plx_view *view;
    const struct plx_stage_state *state;
    struct plx_painter *painter;
    struct plx__theme theme;
    float unit; /* pixels of 1 at scale 1 */
};

/* Text in one colour, size and weight. */
struct plx__ink {
    plx_colour colour;
    enum plx__size size;
    bool bold;
};

void plx__theme_make(struct plx__theme *theme, bool light);
plx_colour plx__mix(plx_colour a, plx_colour b, float part_of_b);
plx_colour plx__fade(plx_colour colour, float alpha);

float plx__px(const struct plx__stage *stage, float measure);
float plx__advance(const struct plx__stage *stage, enum plx__size size); /* width of a cell */
float plx__line_height(const struct plx__stage *stage, enum plx__size size);
float plx__width(const struct plx__stage *stage, enum plx__size size, const char *text);

/* Draws at left edge x (or up to the right edge, or around the middle), centred on y, at most `room` wide:
 * shortened in the middle. All return the width drawn. */
float plx__text(struct plx__stage *stage, float x, float y, float room, struct plx__ink ink,
                const char *text);
float plx__text_right(struct plx__stage *stage, float right, float y, float room, struct plx__ink ink,
                      const char *text);
float plx__text_middle(struct plx__stage *stage, float x, float y, float room, struct plx__ink ink,
                       const char *text);

/* A number, right-aligned. Returns its width. */
float plx__number(struct plx__stage *stage, float right, float y, struct plx__ink ink, uint64_t number);

/* The sign as a small drawing in a cell around (x, y), so that no font has to know it. */
void plx__sign(struct plx__stage *stage, enum plx_sign sign, float x, float y, float size, plx_colour colour);

/* Sign and word in a pill, with its right edge at `right` and at most `room` wide and `height` tall. LATER
 * and DROPPED, which say that nothing happens, have no pill around them. Returns the width. */
float plx__pill(struct plx__stage *stage, enum plx_sign sign, const char *word, float right, float y,
                float room, float height);

/* A rounded box. */
void plx__round_box(struct plx__stage *stage, struct plx_rect at, float radius, plx_colour fill,
                    plx_colour line, float width);

/* A panel with its heading, `name` in capitals and `rest` after it. Returns the room inside. */
struct plx_rect plx__panel(struct plx__stage *stage, struct plx_rect at, const char *name, const char *rest);

/* A rectangle made smaller on all sides. */
struct plx_rect plx__inset(struct plx_rect at, float by);

/* The panels, each in its own file. */
int plx__chain_draw(struct plx__stage *stage, struct plx_rect at);
void plx__scheduler_draw(struct plx__stage *stage, struct plx_rect at);
float plx__scheduler_height(const struct plx__stage *stage, float width, float most);
void plx__reactor_draw(struct plx__stage *stage, struct plx_rect at);
void plx__log_draw(struct plx__stage *stage, struct plx_rect at);
void plx__sentence_draw(struct plx__stage *stage, struct plx_rect at, enum plx__size size);
void plx__why_list_draw(struct plx__stage *stage, struct plx_rect at);
void plx__why_draw(struct plx__stage *stage, struct plx_rect at);
void plx__title_draw(struct plx__stage *stage, struct plx_rect at);
void plx__footer_draw(struct plx__stage *stage, struct plx_rect at);
void plx__overlay_draw(struct plx__stage *stage);

/* The bar in the footer, on which the mouse seeks; the same for drawing and for seeking. */
struct plx_rect plx__footer_bar(float unit, struct plx_rect footer);

#endif
