/* SPDX-License-Identifier: MIT
 *
 * Text measured in cells, shortened and broken into lines. One typeface, monospaced: a string is as wide as
 * its cells are many, two for East Asian wide characters and none for combining marks.
 */
#ifndef PLX_STAGE_TEXT_H
#define PLX_STAGE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Takes one character off *text, and moves it on. 0 at the end; U+FFFD for each byte that is not UTF-8. */
uint32_t plx__text_next(const char **text);

/* How many cells a character, or a string, takes. */
int plx__text_cells_of(uint32_t character);
int plx__text_cells(const char *text);

/* Copies `text` into out[size], at most `cells` wide; what is too long loses its middle: "read_hand…shake".
 * Returns the cells of what stands in out. */
int plx__text_shorten(const char *text, int cells, char *out, size_t size);

/* The bytes of the first line when `text` is broken at spaces into lines of at most `cells`. A word longer
 * than a line is cut. 0 only for an empty text. The caller skips the spaces after it. */
size_t plx__text_line(const char *text, int cells);

#endif
