/* SPDX-License-Identifier: MIT
 *
 * A place in a recording, as it is given on the command line.
 */
#ifndef PLX_PLACE_H
#define PLX_PLACE_H

#include "viz/tui/player.h"

/* A number from 1, all digits. */
bool plx_place_number(const char *text, uint64_t *number);

/* "41", "1.5ms" or "end". 0, or the exit status after having told what is wrong. Beyond the end is an
 * error here: whoever asks for event 900 of 186 has something else in mind. */
int plx_place_event(const char *command, const struct plx_player *player, const char *text, size_t *event);

#endif
