/* SPDX-License-Identifier: MIT
 *
 * `pollux picture`: one event as an SVG picture, for documents and slides.
 */
#include "viz/command/command.h"
#include "viz/command/find.h"
#include "viz/command/place.h"
#include "viz/svg/svg.h"
#include "viz/tui/player.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MOST 16000 /* pixels on a side */

struct wishes {
    const char *file, *at, *find, *out, *size, *scale, *task;
    bool light, all, tell;
    int w, h;
    float unit;
    uint64_t follow;
};

static int read_scale(struct wishes *wishes)
{
    char after;
    wishes->unit = 1.6f;
    if (wishes->scale != NULL && (sscanf(wishes->scale, "%f%c", &wishes->unit, &after) != 1 ||
                                  !(wishes->unit >= 0.5f && wishes->unit <= 10)))
        return plx_command_misused("picture", "--scale %s: a scale is a number from 0.5 to 10",
                                   wishes->scale);
    return PLX_EXIT_FINE;
}

/* 0, or the exit status. */
static int read_wishes(int argc, char **argv, struct wishes *wishes)
{
    memset(wishes, 0, sizeof *wishes);
    const struct plx_option options[] = {
        {"at", '\0', true, &wishes->at, NULL},        {"find", '\0', true, &wishes->find, NULL},
        {"output", 'o', true, &wishes->out, NULL},    {"size", '\0', true, &wishes->size, NULL},
        {"scale", '\0', true, &wishes->scale, NULL},  {"task", '\0', true, &wishes->task, NULL},
        {"light", '\0', false, NULL, &wishes->light}, {"all", '\0', false, NULL, &wishes->all},
        {"number", '\0', false, NULL, &wishes->tell}, {NULL, '\0', false, NULL, NULL},
    };
    int left = plx_command_options(argc, argv, options, true);
    if (left < 0)
        return PLX_EXIT_USAGE;
    if (left != 1)
        return plx_command_misused("picture", left == 0 ? "which trace?" : "one trace at a time, please");
    wishes->file = argv[1];
    wishes->w = 1200;
    wishes->h = 560;
    if ((wishes->at == NULL) == (wishes->find == NULL))
        return plx_command_misused("picture", "which event? Say it with --at N or --find STEPS");
    if (wishes->size != NULL && !plx_command_size(wishes->size, MOST, &wishes->w, &wishes->h))
        return plx_command_misused("picture", "--size %s: a size is like 1200x560", wishes->size);
    if (wishes->task != NULL && !plx_place_number(wishes->task, &wishes->follow))
        return plx_command_misused("picture", "--task %s: a task is a number from 1", wishes->task);
    return read_scale(wishes);
}

static int find_event(const struct plx_player *player, const struct wishes *wishes, size_t *event)
{
    struct plx_problem why;
    if (wishes->at != NULL)
        return plx_place_event("picture", player, wishes->at, event);
    if (plx_find(player->recording, wishes->find, event, &why) != 0)
        return plx_command_failed("picture", "%s: %s", wishes->file, why.text);
    return PLX_EXIT_FINE;
}

static int draw(const struct plx_view *view, const struct wishes *wishes, FILE *out)
{
    struct plx_svg svg;
    struct plx_stage_state state = plx_stage_state((float)wishes->w, (float)wishes->h);
    state.light = wishes->light;
    plx_svg_begin(&svg, out, state.width, state.height, view->sentence);
    int result;
    if (wishes->all) {
        result = plx_stage_draw(view, &state, &svg.painter);
    } else {
        state.scale = wishes->unit;
        result = plx_stage_draw_chain(view, &state, &svg.painter);
    }
    int ended = plx_svg_end(&svg);
    return result != 0 ? result : ended;
}

/* To the file, or to standard output without one. */
static int write_picture(const struct plx_view *view, const struct wishes *wishes)
{
    FILE *out = wishes->out != NULL ? fopen(wishes->out, "we") : stdout;
    if (out == NULL)
        return plx_command_failed("picture", "%s cannot be written: %s", wishes->out, strerror(errno));
    int result = draw(view, wishes, out);
    if (out != stdout && fclose(out) != 0 && result == 0)
        result = -errno;
    return result == 0 ? PLX_EXIT_FINE : plx_command_failed("picture", "%s", strerror(-result));
}

static int picture(const struct plx_recording *recording, const struct wishes *wishes)
{
    struct plx_player player;
    const struct plx_view *view;
    size_t event;
    int failed = plx_player_init(&player, recording, 0);
    if (failed != 0)
        return plx_command_failed("picture", "%s", strerror(-failed));
    player.follow = wishes->follow;
    int result = find_event(&player, wishes, &event);
    if (result == PLX_EXIT_FINE) {
        failed = plx_player_go(&player, event);
        if (failed == 0)
            failed = plx_player_view(&player, PLX_STAGE_LOG_LINES, PLX_STAGE_LOG_LINES, &view);
        if (failed != 0)
            result = plx_command_failed("picture", "%s", strerror(-failed));
        else if (wishes->tell)
            result = printf("%zu %s\n", event, view->sentence) < 0 ? PLX_EXIT_USAGE : PLX_EXIT_FINE;
        else
            result = write_picture(view, wishes);
    }
    plx_player_done(&player);
    return result;
}

int plx_command_picture(int argc, char **argv)
{
    struct wishes wishes;
    struct plx_recording *recording;
    struct plx_problem why;
    int result = read_wishes(argc, argv, &wishes);
    if (result != PLX_EXIT_FINE)
        return result;
    if (plx_recording_load(wishes.file, &recording, &why) != 0)
        return plx_command_failed("picture", "%s", why.text);
    plx_command_mention_spill("picture", wishes.file);
    result = picture(recording, &wishes);
    plx_recording_free(recording);
    return result;
}
