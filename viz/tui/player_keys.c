/* SPDX-License-Identifier: MIT
 *
 * What each key does. One table serves the keyboard and the help, so that they cannot differ.
 */
#include "viz/tui/player.h"
#include "viz/tui/prompt.h"

#include "viz/replay/search.h"
#include "viz/trace/kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void say(struct plx_player *player, const char *text)
{
    snprintf(player->message, sizeof player->message, "%s", text);
}

static int play(struct plx_player *player)
{
    if (player->position == player->events)
        say(player, "This is the end. Home leads back to the start.");
    else
        player->playing = !player->playing;
    player->owed = 0;
    return 0;
}

static int forward(struct plx_player *player)
{
    player->playing = false;
    if (player->position == player->events)
        say(player, "This is the end of the recording.");
    return plx_player_go(player, player->position + 1);
}

static int back(struct plx_player *player)
{
    player->playing = false;
    if (player->position == 0)
        say(player, "This is the start of the recording.");
    return plx_player_go(player, player->position > 0 ? player->position - 1 : 0);
}

static int home(struct plx_player *player)
{
    player->playing = false;
    return plx_player_go(player, 0);
}

static int end(struct plx_player *player)
{
    return plx_player_go(player, player->events);
}

/* The task whose polls the arrows look for: the one followed, else the one on the screen. */
static int task_shown(struct plx_player *player, uint64_t *task)
{
    const struct plx_view *view;
    *task = player->follow;
    if (*task != 0)
        return 0;
    int result = plx_player_view(player, player->log_before, player->log_after, &view);
    if (result == 0)
        *task = view->chain.task;
    return result;
}

static int poll_of_task(struct plx_player *player, int step)
{
    uint64_t task;
    int result = task_shown(player, &task);
    if (result != 0)
        return result;
    player->playing = false;
    size_t n = plx_search_poll(player->recording, player->position, step, task);
    if (n != 0)
        return plx_player_go(player, n);
    snprintf(player->message, sizeof player->message,
             task != 0 ? "There is no %s poll of task %" PRIu64 "." : "There is no %s poll.",
             step > 0 ? "later" : "earlier", task);
    return 0;
}

static int next_poll(struct plx_player *player)
{
    return poll_of_task(player, 1);
}

static int earlier_poll(struct plx_player *player)
{
    return poll_of_task(player, -1);
}

static int same_kind(struct plx_player *player, int step)
{
    const struct plx_event *event = plx_recording_event(player->recording, player->position);
    player->playing = false;
    if (event == NULL) {
        say(player, "No event yet: go to one first.");
        return 0;
    }
    size_t n = plx_search_kind(player->recording, player->position, step, event->kind);
    if (n != 0)
        return plx_player_go(player, n);
    snprintf(player->message, sizeof player->message, "There is no %s %s.", step > 0 ? "later" : "earlier",
             plx_kind_info(event->kind).name);
    return 0;
}

static int next_of_kind(struct plx_player *player)
{
    return same_kind(player, 1);
}

static int earlier_of_kind(struct plx_player *player)
{
    return same_kind(player, -1);
}

static int faster(struct plx_player *player)
{
    player->speed += player->speed < PLX_SPEED_MAX;
    return 0;
}

static int slower(struct plx_player *player)
{
    player->speed -= player->speed > PLX_SPEED_MIN;
    return 0;
}

static int follow(struct plx_player *player)
{
    uint64_t task = 0;
    int result = player->follow != 0 ? 0 : task_shown(player, &task);
    if (result != 0)
        return result;
    if (player->follow != 0)
        snprintf(player->message, sizeof player->message, "Task %" PRIu64 " is no longer followed.",
                 player->follow);
    else if (task != 0)
        snprintf(player->message, sizeof player->message,
                 "Task %" PRIu64 " is followed: the chain stays with it.", task);
    else
        say(player, "There is no task to follow yet.");
    player->follow = task;
    return 0;
}

static int open_go_to(struct plx_player *player)
{
    player->prompt = PLX_PROMPT_GO_TO;
    player->input[0] = '\0';
    player->playing = false;
    return 0;
}

static int open_search(struct plx_player *player)
{
    player->prompt = PLX_PROMPT_SEARCH;
    player->input[0] = '\0';
    player->playing = false;
    return 0;
}

static int why(struct plx_player *player)
{
    player->why_wide = !player->why_wide;
    return 0;
}

static int next_panel(struct plx_player *player)
{
    player->panel = (player->panel + 1) % PLX_PANELS;
    return 0;
}

static int earlier_panel(struct plx_player *player)
{
    player->panel = (player->panel + PLX_PANELS - 1) % PLX_PANELS;
    return 0;
}

static int all_panels(struct plx_player *player)
{
    player->panel = PLX_PANEL_ALL;
    return 0;
}

static int issues(struct plx_player *player)
{
    player->overlay = PLX_OVERLAY_ISSUES;
    player->overlay_top = 0;
    return 0;
}

static int help(struct plx_player *player)
{
    player->overlay = PLX_OVERLAY_HELP;
    player->overlay_top = 0;
    return 0;
}

static int quit(struct plx_player *player)
{
    player->quit = true;
    return 0;
}

static const struct binding {
    uint32_t key[3];
    int (*act)(struct plx_player *player);
} bindings[] = {
    {{' '}, play},
    {{PLX_KEY_RIGHT, PLX_KEY_PAGE_DOWN}, forward},
    {{PLX_KEY_LEFT, PLX_KEY_PAGE_UP}, back},
    {{PLX_KEY_DOWN}, next_poll},
    {{PLX_KEY_UP}, earlier_poll},
    {{'n'}, next_of_kind},
    {{'N'}, earlier_of_kind},
    {{PLX_KEY_HOME}, home},
    {{PLX_KEY_END}, end},
    {{':'}, open_go_to},
    {{'/'}, open_search},
    {{'+', '='}, faster},
    {{'-', '_'}, slower},
    {{'t'}, follow},
    {{'w'}, why},
    {{'\t'}, next_panel},
    {{PLX_KEY_BACK_TAB}, earlier_panel},
    {{PLX_KEY_ESCAPE, '0'}, all_panels},
    {{'i'}, issues},
    {{'?', 'h'}, help},
    {{'q', 'Q'}, quit},
};

/* An entry without a label divides the groups. */
static const struct plx_key_help keys_help[] = {
    {"space", "play, pause"},
    {"→  PgDn", "one event on"},
    {"←  PgUp", "one event back"},
    {"↓", "next poll of this task"},
    {"↑", "earlier poll of this task"},
    {"n  N", "next, earlier event of the same kind"},
    {"Home  End", "to the start, to the end"},
    {":", "go to an event or a time: 41, +5, 1.5ms"},
    {"/", "search in the log; empty: the same again"},
    {"+  -", "faster, slower"},
    {"", ""},
    {"t", "follow this task, or no longer"},
    {"w", "the walk back to the cause: line or list"},
    {"1 2 3 4 5", "chain, scheduler, reactor, log, why alone"},
    {"Tab", "the next of these panels"},
    {"0  Esc", "all panels"},
    {"i", "what is odd in this recording"},
    {"?", "this list"},
    {"q", "quit"},
};

const struct plx_key_help *plx_player_help(size_t *count)
{
    *count = sizeof keys_help / sizeof *keys_help;
    return keys_help;
}

static int act_on(struct plx_player *player, uint32_t key)
{
    if (key >= '1' && key < '0' + PLX_PANELS) {
        enum plx_panel panel = (enum plx_panel)(key - '0');
        player->panel = player->panel == panel ? PLX_PANEL_ALL : panel;
        return 0;
    }
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++)
        for (int k = 0; k < 3; k++)
            if (key != 0 && bindings[i].key[k] == key)
                return bindings[i].act(player);
    return 0;
}

/* In an overlay the arrows scroll; any other key leads back. */
static void overlay_key(struct plx_player *player, uint32_t key)
{
    if (key == PLX_KEY_DOWN || key == PLX_KEY_PAGE_DOWN)
        player->overlay_top += player->overlay_top < 1000000;
    else if (key == PLX_KEY_UP || key == PLX_KEY_PAGE_UP)
        player->overlay_top -= player->overlay_top > 0;
    else
        player->overlay = PLX_OVERLAY_NONE;
    player->quit = key == 'q' || key == 'Q';
}

int plx_player_key(struct plx_player *player, uint32_t key)
{
    player->message[0] = '\0';
    player->stale = true;
    if (player->prompt != PLX_PROMPT_NONE)
        return plx__prompt_key(player, key);
    if (player->overlay != PLX_OVERLAY_NONE) {
        overlay_key(player, key);
        return 0;
    }
    return act_on(player, key);
}
