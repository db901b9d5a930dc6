/* SPDX-License-Identifier: MIT
 *
 * The way in to the window: finds a font, then plays or draws one picture, see sdl.h.
 */
#include "viz/sdl/sdl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "viz/replay/world.h"
#include "viz/sdl/draw.h"
#include "viz/sdl/font.h"
#include "viz/trace/recording.h"

#define SIZE_MAX_OF_PICTURE 16384

struct plx_stage_state plx__sdl_state(const struct plx_sdl_options *options, float width, float height)
{
    struct plx_stage_state state = plx_stage_state(width, height);
    if (options->scale > 0)
        state.scale = options->scale;
    state.light = options->light;
    state.presenter = options->presenter;
    return state;
}

static int size_or(int wanted, int usual)
{
    return wanted <= 0 ? usual : wanted > SIZE_MAX_OF_PICTURE ? SIZE_MAX_OF_PICTURE : wanted;
}

/* The view at an event, or at the end when there are fewer. The world is only needed while it is made. */
static int view_at(struct plx_recording *recording, size_t at, struct plx_view *view)
{
    struct plx_world *world;
    const struct plx_view_wish wish = {.log_before = PLX_STAGE_LOG_LINES, .log_after = PLX_STAGE_LOG_LINES};
    int failed = plx_world_new(recording, &world);
    if (failed != 0)
        return failed;
    size_t count = plx_recording_count(recording);
    failed = plx_world_seek(world, at < count ? at : count);
    if (failed == 0)
        failed = plx_view_make(world, &wish, view);
    plx_world_free(world);
    return failed;
}

static int draw_picture(struct plx_recording *recording, const struct plx_sdl_options *options,
                        struct plx__fonts *fonts, struct plx_problem *why)
{
    struct plx_view view;
    struct plx_stage_state state = plx__sdl_state(options, (float)size_or(options->width, 1280),
                                                  (float)size_or(options->height, 720));
    int failed = view_at(recording, options->at, &view);
    if (failed != 0) {
        snprintf(why->text, sizeof why->text, "no memory to replay the trace");
        return failed;
    }
    failed = plx__sdl_picture(&view, &state, fonts, options->png, why);
    plx_view_free(&view);
    return failed;
}

int plx_sdl_play(struct plx_recording *recording, const struct plx_sdl_options *options,
                 struct plx_problem *why)
{
    struct plx__fonts *fonts;
    *why = (struct plx_problem){.text = ""};
    if (TTF_Init() != 0) {
        snprintf(why->text, sizeof why->text, "SDL_ttf does not start: %.150s", TTF_GetError());
        return -ENOTSUP;
    }
    int failed = plx__fonts_new(&fonts, getenv("POLLUX_FONT"), NULL, why);
    if (failed == 0) {
        failed = options->png != NULL ? draw_picture(recording, options, fonts, why)
                                      : plx__sdl_window(recording, options, fonts, why);
        plx__fonts_free(fonts);
    }
    TTF_Quit();
    return failed;
}
