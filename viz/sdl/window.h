/* SPDX-License-Identifier: MIT
 *
 * The window, in four calls: open, take an event, draw, close. plx__sdl_window (draw.h) is the loop around
 * them; a test calls them with events of its own, under SDL's dummy driver.
 */
#ifndef PLX_SDL_WINDOW_H
#define PLX_SDL_WINDOW_H

#include "viz/sdl/draw.h"
#include "viz/sdl/painter.h"
#include "viz/tui/player.h"

#define PLX__OVERLAY_ENTRIES 256

struct plx__window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    struct plx__sdl_painter painter;
    struct plx_player player;
    struct plx_stage_state state;

    /* what lies over it, made anew for each frame that shows it */
    struct plx_stage_overlay overlay;
    struct plx_stage_entry entry[PLX__OVERLAY_ENTRIES];
    char label[PLX__OVERLAY_ENTRIES][24];
    char message[160];

    float scale; /* asked for, 0: chosen by the size */
    bool motion;
    bool paced;      /* presenting waits for the screen */
    bool dragging;   /* the mouse holds the progress bar */
    bool dirty;      /* what is on the screen is no longer right */
    size_t shown;    /* the event drawn last … */
    uint64_t moved;  /* … and when it came, in ms */
    uint64_t ticked; /* when the player's clock was last moved on, in ms */
};

/* All return 0 or a negative errno; `now` is a time in ms that never goes back. */
int plx__window_open(struct plx__window *window, const struct plx_recording *recording,
                     const struct plx_sdl_options *options, struct plx__fonts *fonts,
                     struct plx_problem *why);
int plx__window_event(struct plx__window *window, const SDL_Event *event);
int plx__window_tick(struct plx__window *window, uint64_t now);
int plx__window_draw(struct plx__window *window, uint64_t now);
void plx__window_close(struct plx__window *window);

/* Is something on its way between two boxes? */
bool plx__window_moves(const struct plx__window *window, uint64_t now);

/* The player's key for an SDL key without text, 0 for none. */
uint32_t plx__window_key(const SDL_Keysym *key);

#endif
