/* SPDX-License-Identifier: MIT
 *
 * Finds font files by name below folders.
 */
#ifndef PLX_SDL_FONT_FIND_H
#define PLX_SDL_FONT_FIND_H

#define PLX__FAMILIES 16

struct plx__family {
    char *regular, *bold; /* paths, NULL when not found */
};

/* Fills family[], in the order of preference. Paths are freed with plx__families_done. */
void plx__families_find(struct plx__family family[PLX__FAMILIES], const char *const *roots);
void plx__families_done(struct plx__family family[PLX__FAMILIES]);

/* The bold face that lies beside a regular one, in new memory, or NULL. */
char *plx__bold_beside(const char *regular);

#endif
