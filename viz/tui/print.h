/* SPDX-License-Identifier: MIT
 *
 * A canvas as text: what `pollux view` prints.
 */
#ifndef PLX_PRINT_H
#define PLX_PRINT_H

#include "viz/tui/canvas.h"

#include <stdio.h>

enum plx_print_colour {
    PLX_PRINT_PLAIN, /* no escape sequence at all */
    PLX_PRINT_256,
    PLX_PRINT_TRUE,
};

struct plx_print {
    enum plx_print_colour colour;
    bool ascii;
};

/* Each row as a line; spaces at a line's end are left out when plain. 0 or -EIO. */
int plx_print_canvas(const struct plx_canvas *canvas, const struct plx_print *how, FILE *out);

#endif
