/* SPDX-License-Identifier: MIT
 *
 * The painter of the window: the verbs of viz/stage/painter.h with SDL2 and SDL2_ttf.
 *
 * Boxes are nine slices of a smooth mask, and each string is one texture; both are kept from frame to frame.
 */
#ifndef PLX_SDL_PAINTER_H
#define PLX_SDL_PAINTER_H

#include <SDL.h>

#include "viz/sdl/shapes.h"
#include "viz/stage/painter.h"

struct plx__fonts;

struct plx__sdl_painter {
    struct plx_painter verbs; /* first: the stage's pointer is ours */
    SDL_Renderer *renderer;   /* borrowed, like the fonts */
    struct plx__fonts *fonts;
    struct plx__cache cache;
    struct plx__shapes shapes;
    bool failed; /* something could not be drawn, for lack of memory */
};

int plx__sdl_painter_init(struct plx__sdl_painter *painter, SDL_Renderer *renderer, struct plx__fonts *fonts);
void plx__sdl_painter_done(struct plx__sdl_painter *painter); /* before the renderer goes */

/* A new frame begins: clears `failed`, and lets unused textures grow old. */
void plx__sdl_painter_frame(struct plx__sdl_painter *painter);

/* The verbs for text, see strings.c. */
void plx__sdl_text(struct plx_painter *painter, float x, float y, const struct plx_type *type,
                   const char *text);
float plx__sdl_text_width(struct plx_painter *painter, const struct plx_type *type, const char *text);

#endif
