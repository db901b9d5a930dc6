/* SPDX-License-Identifier: MIT
 *
 * A terminal by way of ncurses: shows a canvas, reads keys. Nothing else in Pollux calls ncurses.
 *
 * The terminal gets the best of what it can: true colours, 256, eight, or bold and reverse; Unicode, or
 * ASCII with the terminal's own line drawing. One screen at a time; main thread only.
 */
#ifndef PLX_SCREEN_H
#define PLX_SCREEN_H

#include "viz/tui/canvas.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct plx_screen {
    void *terminal; /* SCREEN of ncurses */
    int colours;    /* 0: none */
    bool ascii;
    int in;    /* where keys come from */
    int pairs; /* made so far */
    struct {
        int fore, back;
    } pair[96];
};

struct plx_screen_options {
    bool ascii; /* even when the terminal could do better */
    bool no_colour;
};

#define PLX_SCREEN_RESIZED UINT32_MAX
#define PLX_SCREEN_GONE    (UINT32_MAX - 1) /* nobody can type any more */

/* Takes the terminal over. 0, or -ENOTSUP when $TERM is not known. */
int plx_screen_init(struct plx_screen *screen, FILE *out, FILE *in, const struct plx_screen_options *options);

/* Gives it back as it was. */
void plx_screen_done(struct plx_screen *screen);

void plx_screen_size(const struct plx_screen *screen, int *w, int *h);
void plx_screen_show(struct plx_screen *screen, const struct plx_canvas *canvas);

/* Waits for a key up to so many milliseconds. 0 when there was none; PLX_SCREEN_RESIZED, PLX_SCREEN_GONE;
 * else a key as viz/tui/player.h numbers them. */
uint32_t plx_screen_key(struct plx_screen *screen, int wait_ms);

/* Can this terminal show Unicode, as far as locale and $TERM tell? setlocale() must have been called. */
bool plx_screen_unicode(const char *term);

#endif
