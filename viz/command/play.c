/* SPDX-License-Identifier: MIT
 *
 * `pollux play`: plays a recording in the terminal or in a window.
 */
#include "viz/command/command.h"
#include "viz/command/place.h"
#include "viz/replay/search.h"
#include "viz/sdl/sdl.h"
#include "viz/tui/player.h"
#include "viz/tui/terminal.h"

#include <string.h>
#include <unistd.h>

struct wishes {
    const char *file, *at, *png, *size;
    bool sdl, run, ascii, no_colour, light, presenter, still;
    int w, h;
};

/* 0, or the exit status. */
static int read_wishes(int argc, char **argv, struct wishes *wishes)
{
    memset(wishes, 0, sizeof *wishes);
    const struct plx_option options[] = {
        {"at", '\0', true, &wishes->at, NULL},
        {"run", '\0', false, NULL, &wishes->run},
        {"ascii", '\0', false, NULL, &wishes->ascii},
        {"no-color", '\0', false, NULL, &wishes->no_colour},
        {"sdl", '\0', false, NULL, &wishes->sdl},
        {"png", '\0', true, &wishes->png, NULL},
        {"size", '\0', true, &wishes->size, NULL},
        {"light", '\0', false, NULL, &wishes->light},
        {"presenter", '\0', false, NULL, &wishes->presenter},
        {"no-motion", '\0', false, NULL, &wishes->still},
        {NULL, '\0', false, NULL, NULL},
    };
    int left = plx_command_options(argc, argv, options, true);
    if (left < 0)
        return PLX_EXIT_USAGE;
    if (left != 1)
        return plx_command_misused("play", left == 0 ? "which trace?" : "one trace at a time, please");
    wishes->file = argv[1];
    if (!wishes->sdl &&
        (wishes->png != NULL || wishes->size != NULL || wishes->light || wishes->presenter || wishes->still))
        return plx_command_misused("play",
                                   "--png, --size, --light, --presenter and --no-motion go with --sdl");
    if (wishes->size != NULL && !plx_command_size(wishes->size, 16000, &wishes->w, &wishes->h))
        return plx_command_misused("play", "--size %s: a size is like 1280x720", wishes->size);
    return PLX_EXIT_FINE;
}

/* Where to begin: if not told, where there is a chain to look at. 0, or the exit status. */
static int first_event(const struct plx_recording *recording, const struct wishes *wishes, size_t *event)
{
    struct plx_player player;
    *event = plx_search_kind(recording, 0, 1, PLX_EV_spawn);
    if (wishes->at == NULL)
        return PLX_EXIT_FINE;
    int result = plx_player_init(&player, recording, 0);
    if (result != 0)
        return plx_command_failed("play", "%s", strerror(-result));
    result = plx_place_event("play", &player, wishes->at, event);
    plx_player_done(&player);
    return result;
}

static int play_in_window(struct plx_recording *recording, const struct wishes *wishes, size_t at)
{
    struct plx_problem why = {0};
    struct plx_sdl_options options = {
        .width = wishes->w,
        .height = wishes->h,
        .motion = !wishes->still,
        .light = wishes->light,
        .presenter = wishes->presenter,
        .run = wishes->run,
        .at = at,
        .png = wishes->png,
    };
    if (plx_sdl_play(recording, &options, &why) != 0)
        return plx_command_failed("play", "%s", why.text);
    return PLX_EXIT_FINE;
}

static int play_in_terminal(const struct plx_recording *recording, const struct wishes *wishes, size_t at)
{
    struct plx_problem why;
    struct plx_terminal_options options = {at, wishes->ascii, wishes->no_colour, wishes->run};
    if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
        return plx_command_failed("play", "standard %s is no terminal; to print a frame: %s view %s --at %zu",
                                  isatty(STDOUT_FILENO) ? "input" : "output", plx_command_typed, wishes->file,
                                  at);
    int result = plx_terminal_play(recording, &options, &why);
    if (result < 0)
        return plx_command_failed("play", "%s", why.text);
    return result == 0 ? PLX_EXIT_FINE : 128 + result;
}

int plx_command_play(int argc, char **argv)
{
    struct wishes wishes;
    struct plx_recording *recording;
    struct plx_problem why;
    size_t at;
    int result = read_wishes(argc, argv, &wishes);
    if (result != PLX_EXIT_FINE)
        return result;
    if (plx_recording_load(wishes.file, &recording, &why) != 0)
        return plx_command_failed("play", "%s", why.text);
    plx_command_mention_spill("play", wishes.file);
    result = first_event(recording, &wishes, &at);
    if (result == PLX_EXIT_FINE)
        result = wishes.sdl ? play_in_window(recording, &wishes, at)
                            : play_in_terminal(recording, &wishes, at);
    plx_recording_free(recording);
    return result;
}
