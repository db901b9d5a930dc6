/* SPDX-License-Identifier: MIT
 *
 * What can be typed into the player's prompts.
 */
#ifndef PLX_PROMPT_H
#define PLX_PROMPT_H

#include "viz/tui/player.h"

/* Understands "41", "+5", "-5", "1.5ms", "20us", "3 s" as an event to go to, brought into range. 0, or
 * -EINVAL when it is none of these. */
int plx_prompt_event(const struct plx_player *player, const char *text, size_t *event);

/* The next event after the position, from the start again behind the end, whose line in the log has the
 * text in it, without regard to case. 0 with *event 0 when there is none; -ENOMEM. */
int plx_prompt_search(struct plx_player *player, const char *text, size_t *event);

/* A key while a prompt is open, for player_keys.c. */
int plx__prompt_key(struct plx_player *player, uint32_t key);

#endif
