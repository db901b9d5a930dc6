/* SPDX-License-Identifier: MIT
 *
 * How the signs look: glyph, word and colour of each, here and nowhere else. The colours are the Okabe-Ito
 * set, which colour-blind eyes tell apart; still no state is told by colour alone.
 */
#ifndef PLX_SIGN_H
#define PLX_SIGN_H

#include "viz/view/view.h"

struct plx_sign_look {
    const char *glyph; /* one column, UTF-8 */
    const char *ascii; /* one column for terminals without UTF-8, distinct for each sign */
    const char *word;
    uint32_t rgb; /* 0xRRGGBB, meant for a dark ground */
};

/* Never NULL; an unknown sign looks like PLX_SIGN_LATER. */
const struct plx_sign_look *plx_sign_look(enum plx_sign sign);

#endif
