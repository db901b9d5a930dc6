/* SPDX-License-Identifier: MIT
 *
 * Fonts for the window: found by file name in the usual folders, opened at the sizes that are asked for, and
 * a second font for each character that the first one lacks.
 *
 * Names of files rather than fontconfig: one library less, and the same font wherever it is installed.
 */
#ifndef PLX_SDL_FONT_H
#define PLX_SDL_FONT_H

#include <SDL_ttf.h>
#include <stdbool.h>
#include <stdint.h>

struct plx_problem;
struct plx__fonts;

/* Looks for fonts below `roots`, which NULL ends; NULL stands for the usual folders. `named` is the file of
 * the font to use first, or NULL. -ENOENT, with what to install in *why, when there is none. SDL_ttf must be
 * initialised. */
int plx__fonts_new(struct plx__fonts **fonts, const char *named, const char *const *roots,
                   struct plx_problem *why);
void plx__fonts_free(struct plx__fonts *fonts);

/* The first font, at a size in pixels; NULL when it cannot be opened. Valid until the next such call. */
TTF_Font *plx__fonts_main(struct plx__fonts *fonts, int size, bool bold);

/* The first font that has the character, the main one when none has. */
TTF_Font *plx__fonts_for(struct plx__fonts *fonts, int size, bool bold, uint32_t character);

/* The width of a cell. */
int plx__fonts_advance(struct plx__fonts *fonts, int size, bool bold);

#endif
