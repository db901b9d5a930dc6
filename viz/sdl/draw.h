/* SPDX-License-Identifier: MIT
 *
 * The two ways in which sdl.c draws: once into a file, or into a window until it is closed.
 */
#ifndef PLX_SDL_DRAW_H
#define PLX_SDL_DRAW_H

#include "viz/sdl/sdl.h"
#include "viz/stage/stage.h"

struct plx__fonts;

/* Draws a view into a PNG file, with the software renderer and no screen. 0 or a negative errno, *why
 * filled. */
int plx__sdl_picture(const struct plx_view *view, const struct plx_stage_state *state,
                     struct plx__fonts *fonts, const char *path, struct plx_problem *why);

/* Plays in a window until it is closed. 0 or a negative errno, *why filled. */
int plx__sdl_window(struct plx_recording *recording, const struct plx_sdl_options *options,
                    struct plx__fonts *fonts, struct plx_problem *why);

/* The state in which the options begin, for a surface of this size. */
struct plx_stage_state plx__sdl_state(const struct plx_sdl_options *options, float width, float height);

#endif
