/* SPDX-License-Identifier: MIT
 *
 * Places on the command line, see place.h.
 */
#include "viz/command/place.h"

#include "viz/command/command.h"
#include "viz/tui/prompt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool plx_place_number(const char *text, uint64_t *number)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    *number = strtoull(text, NULL, 10);
    return errno == 0 && *number > 0;
}

int plx_place_event(const char *command, const struct plx_player *player, const char *text, size_t *event)
{
    uint64_t number = 0;
    *event = player->events;
    if (strcmp(text, "end") == 0)
        return PLX_EXIT_FINE;
    if (*text == '+' || *text == '-' || plx_prompt_event(player, text, event) != 0)
        return plx_command_misused(command, "--at %s: an event is a number, a time like 1.5ms, or end", text);
    if (plx_place_number(text, &number) && number > player->events)
        return plx_command_failed(command, "--at %s: the recording has %zu events", text, player->events);
    return PLX_EXIT_FINE;
}
