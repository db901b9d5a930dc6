/* SPDX-License-Identifier: MIT
 *
 * A picture of one event, drawn by the painter of the window into memory. It needs neither screen nor video
 * driver.
 */
#include <errno.h>
#include <stdio.h>

#include "viz/sdl/draw.h"
#include "viz/sdl/painter.h"
#include "viz/sdl/png.h"
#include "viz/trace/recording.h"

static int draw(const struct plx_view *view, const struct plx_stage_state *state, struct plx__fonts *fonts,
                SDL_Renderer *renderer)
{
    struct plx__sdl_painter painter;
    if (plx__sdl_painter_init(&painter, renderer, fonts) != 0)
        return -ENOMEM;
    plx__sdl_painter_frame(&painter);
    int failed = plx_stage_draw(view, state, &painter.verbs);
    if (failed == 0 && painter.failed)
        failed = -ENOMEM;
    SDL_RenderPresent(renderer);
    plx__sdl_painter_done(&painter);
    return failed;
}

static int draw_and_write(const struct plx_view *view, const struct plx_stage_state *state,
                          struct plx__fonts *fonts, const char *path, SDL_Surface *surface,
                          struct plx_problem *why)
{
    SDL_Renderer *renderer = SDL_CreateSoftwareRenderer(surface);
    int failed = renderer != NULL ? draw(view, state, fonts, renderer) : -ENOMEM;
    if (renderer != NULL)
        SDL_DestroyRenderer(renderer);
    if (failed != 0) {
        snprintf(why->text, sizeof why->text, "%.100s: the picture cannot be drawn: no memory", path);
        return failed;
    }
    return plx__png_write(path, surface, why);
}

int plx__sdl_picture(const struct plx_view *view, const struct plx_stage_state *state,
                     struct plx__fonts *fonts, const char *path, struct plx_problem *why)
{
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, (int)state->width, (int)state->height, 32,
                                                          SDL_PIXELFORMAT_ARGB8888);
    if (surface == NULL) {
        snprintf(why->text, sizeof why->text, "%.100s: no memory for a picture of %d×%d", path,
                 (int)state->width, (int)state->height);
        return -ENOMEM;
    }
    int failed = draw_and_write(view, state, fonts, path, surface, why);
    SDL_FreeSurface(surface);
    return failed;
}
