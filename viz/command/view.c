/* SPDX-License-Identifier: MIT
 *
 * `pollux view`: prints the player's frame of one event, without a terminal.
 */
#include "viz/command/command.h"
#include "viz/command/place.h"
#include "viz/tui/frame.h"
#include "viz/tui/player.h"
#include "viz/tui/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct wishes {
    const char *file, *at, *size, *panel, *task;
    bool plain, colour, ascii;
    int w, h;
    enum plx_panel show;
    uint64_t follow;
};

static bool panel_named(const char *name, enum plx_panel *panel)
{
    static const char *const names[PLX_PANELS] = {"all", "chain", "scheduler", "reactor", "log", "why"};
    for (int i = 0; i < PLX_PANELS; i++)
        if (strcmp(names[i], name) == 0) {
            *panel = (enum plx_panel)i;
            return true;
        }
    return false;
}

/* The terminal's own size, when it is one. */
static void default_size(struct wishes *wishes)
{
    struct winsize size;
    wishes->w = 100;
    wishes->h = 30;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
        size.ws_row > 1) {
        wishes->w = size.ws_col < 1000 ? size.ws_col : 1000;
        wishes->h = size.ws_row <= 1000 ? size.ws_row - 1 : 999; /* the shell's prompt takes a line */
    }
}

/* 0, or the exit status. */
static int read_wishes(int argc, char **argv, struct wishes *wishes)
{
    memset(wishes, 0, sizeof *wishes);
    const struct plx_option options[] = {
        {"at", '\0', true, &wishes->at, NULL},        {"size", '\0', true, &wishes->size, NULL},
        {"panel", '\0', true, &wishes->panel, NULL},  {"task", '\0', true, &wishes->task, NULL},
        {"plain", '\0', false, NULL, &wishes->plain}, {"color", '\0', false, NULL, &wishes->colour},
        {"ascii", '\0', false, NULL, &wishes->ascii}, {NULL, '\0', false, NULL, NULL},
    };
    int left = plx_command_options(argc, argv, options, true);
    if (left < 0)
        return PLX_EXIT_USAGE;
    if (left != 1)
        return plx_command_misused("view", left == 0 ? "which trace?" : "one trace at a time, please");
    wishes->file = argv[1];
    if (wishes->at == NULL)
        return plx_command_misused("view", "which event? Say it with --at N");
    if (wishes->plain && wishes->colour)
        return plx_command_misused("view", "--plain and --color contradict each other");
    default_size(wishes);
    if (wishes->size != NULL && !plx_command_size(wishes->size, 1000, &wishes->w, &wishes->h))
        return plx_command_misused("view", "--size %s: a size is like 100x30", wishes->size);
    if (wishes->panel != NULL && !panel_named(wishes->panel, &wishes->show))
        return plx_command_misused("view", "--panel %s: there are chain, scheduler, reactor, log and why",
                                   wishes->panel);
    if (wishes->task != NULL && !plx_place_number(wishes->task, &wishes->follow))
        return plx_command_misused("view", "--task %s: a task is a number from 1", wishes->task);
    return PLX_EXIT_FINE;
}

static enum plx_print_colour colour_wanted(const struct wishes *wishes)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM"), *depth = getenv("COLORTERM");
    bool refused = (no_colour != NULL && *no_colour != '\0') || term == NULL || strcmp(term, "dumb") == 0;
    if (wishes->plain || (!wishes->colour && (refused || !isatty(STDOUT_FILENO))))
        return PLX_PRINT_PLAIN;
    bool true_colour = depth != NULL && (strcmp(depth, "truecolor") == 0 || strcmp(depth, "24bit") == 0);
    return true_colour ? PLX_PRINT_TRUE : PLX_PRINT_256;
}

static int print_frame(struct plx_player *player, const struct wishes *wishes)
{
    struct plx_canvas canvas;
    const struct plx_view *view;
    int before, after, result = plx_canvas_init(&canvas, wishes->w, wishes->h);
    plx_frame_log(wishes->w, wishes->h, wishes->show, false, &before, &after);
    player->follow = wishes->follow;
    if (result == 0)
        result = plx_player_view(player, before, after, &view);
    if (result == 0) {
        struct plx_frame frame = {
            .view = view, .panel = wishes->show, .speed = plx_player_speed(player), .follow = wishes->follow};
        struct plx_print how = {colour_wanted(wishes), wishes->ascii};
        result = plx_frame_draw(&frame, &canvas);
        if (result == 0)
            result = plx_print_canvas(&canvas, &how, stdout);
    }
    plx_canvas_done(&canvas);
    return result;
}

static int show(const struct plx_recording *recording, const struct wishes *wishes)
{
    struct plx_player player;
    size_t event;
    int result = plx_player_init(&player, recording, 0);
    if (result != 0)
        return plx_command_failed("view", "%s", strerror(-result));
    result = plx_place_event("view", &player, wishes->at, &event);
    if (result == PLX_EXIT_FINE) {
        result = plx_player_go(&player, event);
        if (result == 0)
            result = print_frame(&player, wishes);
        if (result != 0)
            result = plx_command_failed("view", "%s", strerror(-result));
    }
    plx_player_done(&player);
    return result;
}

int plx_command_view(int argc, char **argv)
{
    struct wishes wishes;
    struct plx_recording *recording;
    struct plx_problem why;
    int result = read_wishes(argc, argv, &wishes);
    if (result != PLX_EXIT_FINE)
        return result;
    if (plx_recording_load(wishes.file, &recording, &why) != 0)
        return plx_command_failed("view", "%s", why.text);
    plx_command_mention_spill("view", wishes.file);
    result = show(recording, &wishes);
    plx_recording_free(recording);
    return result;
}
