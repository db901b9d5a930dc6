/* SPDX-License-Identifier: MIT
 *
 * The stage: a view laid out in pixels and drawn with a painter.
 *
 * `plx_stage_draw` is a pure function of the view and the state: it keeps nothing between two calls, starts
 * no thread, reads no clock. Whoever plays moves `phase` from 0 to 1 and draws again.
 *
 *     struct plx_stage_state state = plx_stage_state(1280, 720);
 *     state.phase = 0.5f;                                  // half-way between event N-1 and N
 *     plx_stage_draw(&view, &state, &painter);
 */
#ifndef PLX_STAGE_H
#define PLX_STAGE_H

#include "viz/stage/painter.h"
#include "viz/view/view.h"

#define PLX_STAGE_HOP_MS 180 /* how long a poll or an answer takes to the next box */
#define PLX_STAGE_LOG_LINES                                                                                  \
    48 /* ask the view for so many log lines before and after N: enough for any window */

enum plx_stage_panel { /* which panel has the room beside the sentence */
                       PLX_STAGE_ALL,
                       PLX_STAGE_CHAIN,
                       PLX_STAGE_SCHEDULER,
                       PLX_STAGE_REACTOR,
                       PLX_STAGE_LOG,
                       PLX_STAGE_WHY,
};

struct plx_stage_entry { /* a line of an overlay: a key and what it does, or a place and what is odd there */
    const char *label, *text;
};

struct plx_stage_overlay {
    const char *title;
    const struct plx_stage_entry *entry;
    int count, top; /* `top` is the first one shown */
};

struct plx_stage_state {
    float width, height; /* of the surface, in pixels */
    float scale;         /* of type and spacing; 1 has 15 px body text */
    float phase;         /* how far the motion of this event has got, 0 to 1; 1 without motion */
    bool light;          /* a light ground */
    bool presenter;      /* the chain and the sentence alone, in large type */
    bool playing;
    const char *speed; /* "×1" */
    enum plx_stage_panel panel;
    bool why_list;       /* the walk back to the cause as a list, where the log is */
    const char *message; /* one line instead of the keys in the footer, "" or NULL for none */
    const struct plx_stage_overlay *overlay; /* lies over everything; NULL for none */
};

/* A state for a surface of this size, at the scale that suits it, with everything else off and phase 1. */
struct plx_stage_state plx_stage_state(float width, float height);

/* The scale that suits a surface of this size. */
float plx_stage_scale(float width, float height);

/* Draws everything, the ground included. 0, or -ENOMEM with a part of it drawn. */
int plx_stage_draw(const struct plx_view *view, const struct plx_stage_state *state,
                   struct plx_painter *painter);

/* Draws the chain alone, on no ground: a figure for a document. */
int plx_stage_draw_chain(const struct plx_view *view, const struct plx_stage_state *state,
                         struct plx_painter *painter);

/* Is (x, y) on the progress bar? If so, *event is the event that belongs there. While it is dragged, `held`
 * is true and y does not matter. */
bool plx_stage_seek(const struct plx_stage_state *state, float x, float y, bool held, size_t events,
                    size_t *event);

#endif
