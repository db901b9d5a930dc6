/* SPDX-License-Identifier: MIT
 *
 * The player's position and its clock, see player.h. What the keys do stands in player_keys.c.
 */
#include "viz/tui/player.h"

#include "viz/replay/world.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define EVENTS_PER_SECOND 4.0 /* at ×1: slow enough to read the sentence of each */

int plx_player_init(struct plx_player *player, const struct plx_recording *recording, size_t at)
{
    memset(player, 0, sizeof *player);
    player->recording = recording;
    player->events = plx_recording_count(recording);
    player->stale = true;
    int result = plx_world_new(recording, &player->world);
    if (result == 0)
        result = plx_player_go(player, at);
    if (result != 0)
        plx_player_done(player);
    return result;
}

void plx_player_done(struct plx_player *player)
{
    plx_view_free(&player->view);
    plx_world_free(player->world);
    memset(player, 0, sizeof *player);
}

int plx_player_go(struct plx_player *player, size_t n)
{
    n = n < player->events ? n : player->events;
    int result = plx_world_seek(player->world, n);
    if (result != 0)
        return result;
    player->position = n;
    player->stale = true;
    if (n == player->events)
        player->playing = false;
    return 0;
}

int plx_player_tick(struct plx_player *player, uint64_t elapsed_ns)
{
    if (!player->playing)
        return 0;
    player->owed += (double)elapsed_ns / 1e9 * ldexp(EVENTS_PER_SECOND, player->speed);
    if (player->owed < 1.0)
        return 0;
    double steps = floor(player->owed);
    size_t left = player->events - player->position;
    player->owed -= steps;
    return plx_player_go(player, steps < (double)left ? player->position + (size_t)steps : player->events);
}

/* The old view stays until the new one is made, so that there is always one to draw. */
int plx_player_view(struct plx_player *player, int log_before, int log_after, const struct plx_view **view)
{
    bool same = log_before == player->log_before && log_after == player->log_after &&
                player->view.arena != NULL;
    if (player->stale || !same) {
        struct plx_view_wish wish = {player->follow, log_before, log_after};
        struct plx_view made;
        int result = plx_view_make(player->world, &wish, &made);
        if (result != 0)
            return result;
        plx_view_free(&player->view);
        player->view = made;
        player->log_before = log_before;
        player->log_after = log_after;
        player->stale = false;
    }
    *view = &player->view;
    return 0;
}

const char *plx_player_speed(const struct plx_player *player)
{
    static const char *const names[] = {"×1/8", "×1/4", "×1/2", "×1", "×2", "×4", "×8", "×16", "×32", "×64"};
    return names[player->speed - PLX_SPEED_MIN];
}

size_t plx_player_issues(const struct plx_player *player)
{
    return plx_world_issues(player->world);
}

const struct plx_issue *plx_player_issue(const struct plx_player *player, size_t i)
{
    return plx_world_issue(player->world, i);
}
