/* SPDX-License-Identifier: MIT
 *
 * How many cells of a terminal a text takes, and how to make it take fewer.
 *
 * The widths come from a table of our own, not from wcwidth(), which knows nothing beyond ASCII unless the
 * locale is UTF-8: a frame must come out the same wherever it is made. Bytes that are no UTF-8 count, and are
 * shown, as U+FFFD; control characters likewise, so that nothing drawn can ever steer a terminal.
 */
#ifndef PLX_CELLS_H
#define PLX_CELLS_H

#include <stddef.h>
#include <stdint.h>

/* Reads the character at *s, which is not at its end, and moves *s behind it. U+FFFD for what is none. */
uint32_t plx_cells_next(const char **s);

/* Cells of one character: 0 (it combines with the one before), 1 or 2. */
int plx_cells_of(uint32_t code);

/* Writes the character as UTF-8 without a final NUL; returns its bytes, 1 to 4. */
int plx_cells_put(uint32_t code, char out[4]);

/* Cells of a whole text. */
int plx_cells_width(const char *text);

/* Copies the text into out, at most `cells` wide: what is too long loses its middle (`read_hand…shake`), or
 * its end. The part that follows the gap never begins in the middle of a character. */
void plx_cells_middle(const char *text, int cells, char *out, size_t size);
void plx_cells_end(const char *text, int cells, char *out, size_t size);

/* The part of the text that fits on a line of so many cells, broken at a space where there is one. Returns
 * where the next line begins: at the end of the text when this was the last. */
const char *plx_cells_line(const char *text, int cells, char *out, size_t size);

#endif
