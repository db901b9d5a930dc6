/* SPDX-License-Identifier: MIT
 *
 * A frame: the whole screen of the player, drawn on a canvas.
 *
 * `plx_frame_draw` is a pure function of its input: the player's screen, `pollux view` and the golden tests
 * draw the same frame from the same view.
 *
 *     struct plx_frame frame = {.view = &view, .speed = "×1"};
 *     plx_frame_draw(&frame, &canvas);
 *
 * Positions depend on the size of the screen and on what the recording is, never on the event, so that
 * nothing jumps when one steps.
 */
#ifndef PLX_FRAME_H
#define PLX_FRAME_H

#include "viz/tui/canvas.h"
#include "viz/tui/player.h"
#include "viz/view/view.h"

struct plx_frame {
    const struct plx_view *view;
    enum plx_panel panel;
    bool why_wide;
    bool playing;
    const char *speed;   /* "×1" */
    uint64_t follow;     /* 0: no task is followed */
    const char *message; /* in place of the keys, or NULL or "" */
    enum plx_prompt prompt;
    const char *input; /* typed into the prompt */

    enum plx_overlay overlay; /* a list over the panels … */
    int overlay_top;          /* … from this line on */
    const struct plx_key_help *help;
    size_t helps;
    const struct plx_issue *const *issue;
    size_t issues;
};

/* 0, or -ENOMEM with a part of the frame missing. */
int plx_frame_draw(const struct plx_frame *frame, struct plx_canvas *canvas);

/* How many lines of log a frame of this size shows before and after the event: ask the view for them. */
void plx_frame_log(int w, int h, enum plx_panel panel, bool why_wide, int *before, int *after);

#endif
