/* SPDX-License-Identifier: MIT
 *
 * Typing into the player's prompts: ':' for an event or a time, '/' for a text in the log.
 */
#include "viz/tui/cells.h"
#include "viz/tui/prompt.h"

#include <stdio.h>
#include <string.h>

static int go_to_input(struct plx_player *player)
{
    size_t event;
    if (player->input[0] == '\0')
        return 0;
    if (plx_prompt_event(player, player->input, &event) == 0)
        return plx_player_go(player, event);
    snprintf(player->message, sizeof player->message,
             "\"%s\" is neither an event nor a time (41, +5, 1.5ms).", player->input);
    return 0;
}

static int search_input(struct plx_player *player)
{
    size_t event;
    if (player->input[0] != '\0')
        memcpy(player->found, player->input, sizeof player->found);
    if (player->found[0] == '\0')
        return 0;
    int result = plx_prompt_search(player, player->found, &event);
    if (result == 0 && event == 0)
        snprintf(player->message, sizeof player->message, "\"%s\" is nowhere in the log.", player->found);
    return result != 0 || event == 0 ? result : plx_player_go(player, event);
}

static int enter_input(struct plx_player *player)
{
    enum plx_prompt prompt = player->prompt;
    player->prompt = PLX_PROMPT_NONE;
    return prompt == PLX_PROMPT_SEARCH ? search_input(player) : go_to_input(player);
}

static void rub_out(char *input)
{
    size_t used = strlen(input);
    while (used > 0 && ((unsigned char)input[used - 1] & 0xC0) == 0x80)
        used--;
    input[used > 0 ? used - 1 : 0] = '\0';
}

int plx__prompt_key(struct plx_player *player, uint32_t key)
{
    size_t used = strlen(player->input);
    if (key == '\r' || key == '\n')
        return enter_input(player);
    if (key == PLX_KEY_ESCAPE || ((key == PLX_KEY_BACKSPACE || key == '\b') && used == 0))
        player->prompt = PLX_PROMPT_NONE;
    else if (key == PLX_KEY_BACKSPACE || key == '\b')
        rub_out(player->input);
    else if (key >= ' ' && !(key >= 0x7F && key < 0xA0) && key < 0x110000 && used + 5 < sizeof player->input)
        player->input[used + (size_t)plx_cells_put(key, player->input + used)] = '\0';
    return 0;
}
