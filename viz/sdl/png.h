/* SPDX-License-Identifier: MIT
 *
 * Writes a picture as a PNG file.
 */
#ifndef PLX_SDL_PNG_H
#define PLX_SDL_PNG_H

#include <SDL.h>

struct plx_problem;

/* The surface is ARGB8888 and opaque. 0, or -EIO with the reason in *why; then no file is left behind. */
int plx__png_write(const char *path, SDL_Surface *surface, struct plx_problem *why);

#endif
