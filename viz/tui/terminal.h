/* SPDX-License-Identifier: MIT
 *
 * The player in a terminal: `pollux play`.
 */
#ifndef PLX_TERMINAL_H
#define PLX_TERMINAL_H

#include "viz/trace/recording.h"

#include <stdbool.h>
#include <stddef.h>

struct plx_terminal_options {
    size_t at; /* the event to begin with */
    bool ascii, no_colour;
    bool playing; /* begin playing */
};

/* Plays until `q`. 0, the number of the signal that ended it, or a negative errno with the reason in *why;
 * the terminal is as it was before in every case. Standard input and output must be a terminal. */
int plx_terminal_play(const struct plx_recording *recording, const struct plx_terminal_options *options,
                      struct plx_problem *why);

#endif
