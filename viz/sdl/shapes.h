/* SPDX-License-Identifier: MIT
 *
 * Anti-aliased shapes as white textures: each is computed once from the distance to its edge, kept, and
 * coloured when it is drawn. SDL itself draws no smooth edges with the software renderer.
 */
#ifndef PLX_SDL_SHAPES_H
#define PLX_SDL_SHAPES_H

#include "viz/sdl/cache.h"

struct plx__shapes {
    SDL_Renderer *renderer; /* borrowed */
    struct plx__cache *cache;
};

/* A ring of `width` inside `radius`, or a disc when width is 0, in the middle of a texture of even size. The
 * texture ends at the radius when that is whole, so that its quarters serve as the corners of a box. NULL
 * without memory. */
struct plx__cached *plx__shape_circle(struct plx__shapes *shapes, float radius, float width);

/* A line with round ends from the texture's middle minus (dx, dy)/2 to it plus (dx, dy)/2. */
struct plx__cached *plx__shape_line(struct plx__shapes *shapes, float dx, float dy, float width);

/* An arrow head with its tip in the middle of the texture, pointing along (dx, dy), a unit vector. */
struct plx__cached *plx__shape_arrow(struct plx__shapes *shapes, float dx, float dy, float size);

#endif
