/* SPDX-License-Identifier: MIT
 *
 * The window that plays a recording, see window.h. What the keys mean is the player's affair; the window adds
 * what only a window has: the mouse on the progress bar, the presenter's screen, full screen, and motion.
 */
#include "viz/sdl/window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/stage/text.h"

#define WIDTH        1280
#define HEIGHT       720
#define LEAST_WIDTH  800
#define LEAST_HEIGHT 500

/* ── opening and closing ──────────────────────────────────────────────────────────────────────── */

/* Without a screen SDL may fall back to a driver that shows nothing; nobody could close that window. It is
 * fine only when it was asked for. */
static bool has_screen(void)
{
    const char *driver = SDL_GetCurrentVideoDriver(), *asked = getenv("SDL_VIDEODRIVER");
    bool unseen = driver != NULL && (strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0);
    if (!unseen || (asked != NULL && asked[0] != '\0'))
        return true;
    SDL_SetError("no display was found");
    return false;
}

static int no_screen(struct plx_problem *why)
{
    snprintf(why->text, sizeof why->text, "no window can be opened: %.120s (--png draws without a screen)",
             SDL_GetError());
    return -ENOTSUP;
}

/* With the screen's own pace when there is a graphics driver, in software when there is none. */
static SDL_Renderer *make_renderer(SDL_Window *window, bool *paced)
{
    SDL_Renderer *renderer = SDL_CreateRenderer(window, -1,
                                                SDL_RENDERER_ACCELERATED | SDL_RENDERER_PRESENTVSYNC);
    if (renderer == NULL)
        renderer = SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE);
    SDL_RendererInfo info;
    *paced = renderer != NULL && SDL_GetRendererInfo(renderer, &info) == 0 &&
             (info.flags & SDL_RENDERER_PRESENTVSYNC) != 0;
    return renderer;
}

/* The surface in its own pixels, which on a dense screen are more than the window's. */
static void measure(struct plx__window *window)
{
    int width = WIDTH, height = HEIGHT, points = WIDTH, points_high = HEIGHT;
    SDL_GetRendererOutputSize(window->renderer, &width, &height);
    SDL_GetWindowSize(window->window, &points, &points_high);
    float density = points > 0 ? (float)width / (float)points : 1;
    window->state.width = (float)width;
    window->state.height = (float)height;
    window->state.scale = window->scale > 0 ? window->scale * density
                                            : plx_stage_scale((float)points, (float)points_high) * density;
    window->dirty = true;
}

static int make_window(struct plx__window *window, const struct plx_sdl_options *options)
{
    Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
    window->window = SDL_CreateWindow("Pollux", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                                      options->width > 0 ? options->width : WIDTH,
                                      options->height > 0 ? options->height : HEIGHT, flags);
    if (window->window == NULL)
        return -ENOTSUP;
    SDL_SetWindowMinimumSize(window->window, LEAST_WIDTH, LEAST_HEIGHT);
    window->renderer = make_renderer(window->window, &window->paced);
    return window->renderer != NULL ? 0 : -ENOTSUP;
}

static void set_title(struct plx__window *window, const struct plx_recording *recording)
{
    char title[160];
    snprintf(title, sizeof title, "%.120s · Pollux", plx_recording_header(recording)->file);
    SDL_SetWindowTitle(window->window, title);
}

int plx__window_open(struct plx__window *window, const struct plx_recording *recording,
                     const struct plx_sdl_options *options, struct plx__fonts *fonts, struct plx_problem *why)
{
    memset(window, 0, sizeof *window);
    if (SDL_InitSubSystem(SDL_INIT_VIDEO | SDL_INIT_EVENTS) != 0)
        return no_screen(why);
    int failed = has_screen() ? make_window(window, options) : -ENOTSUP;
    if (failed != 0)
        no_screen(why);
    if (failed == 0)
        failed = plx__sdl_painter_init(&window->painter, window->renderer, fonts);
    if (failed == 0)
        failed = plx_player_init(&window->player, recording, options->at);
    if (failed != 0) {
        plx__window_close(window);
        return failed;
    }
    window->state = plx__sdl_state(options, WIDTH, HEIGHT);
    window->scale = options->scale;
    window->motion = options->motion;
    window->shown = window->player.position;
    window->player.playing = options->run && window->player.position < window->player.events;
    set_title(window, recording);
    measure(window);
    SDL_StartTextInput();
    return 0;
}

void plx__window_close(struct plx__window *window)
{
    if (window->player.world != NULL)
        plx_player_done(&window->player);
    plx__sdl_painter_done(&window->painter);
    if (window->renderer != NULL)
        SDL_DestroyRenderer(window->renderer);
    if (window->window != NULL)
        SDL_DestroyWindow(window->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO | SDL_INIT_EVENTS);
    memset(window, 0, sizeof *window);
}

/* ── events ───────────────────────────────────────────────────────────────────────────────────── */

uint32_t plx__window_key(const SDL_Keysym *key)
{
    static const struct {
        SDL_Keycode sdl;
        uint32_t ours;
    } keys[] = {
        {SDLK_RIGHT, PLX_KEY_RIGHT},
        {SDLK_LEFT, PLX_KEY_LEFT},
        {SDLK_DOWN, PLX_KEY_DOWN},
        {SDLK_UP, PLX_KEY_UP},
        {SDLK_HOME, PLX_KEY_HOME},
        {SDLK_END, PLX_KEY_END},
        {SDLK_PAGEDOWN, PLX_KEY_PAGE_DOWN},
        {SDLK_PAGEUP, PLX_KEY_PAGE_UP},
        {SDLK_RETURN, '\r'},
        {SDLK_KP_ENTER, '\r'},
        {SDLK_ESCAPE, PLX_KEY_ESCAPE},
        {SDLK_BACKSPACE, PLX_KEY_BACKSPACE},
    };
    if (key->sym == SDLK_TAB)
        return (key->mod & KMOD_SHIFT) != 0 ? PLX_KEY_BACK_TAB : (uint32_t)'\t';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].sdl == key->sym)
            return keys[i].ours;
    return 0;
}

static void toggle_full_screen(struct plx__window *window)
{
    bool full = (SDL_GetWindowFlags(window->window) & SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;
    SDL_SetWindowFullscreen(window->window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
}

static int take_key(struct plx__window *window, const SDL_Keysym *key)
{
    if (key->sym == SDLK_F11) {
        toggle_full_screen(window);
        return 0;
    }
    uint32_t ours = plx__window_key(key);
    return ours != 0 ? plx_player_key(&window->player, ours) : 0;
}

static int take_text(struct plx__window *window, const char *text)
{
    bool free = window->player.prompt == PLX_PROMPT_NONE && window->player.overlay == PLX_OVERLAY_NONE;
    int failed = 0;
    if (free && strcmp(text, "p") == 0) {
        window->state.presenter = !window->state.presenter;
        return 0;
    }
    for (uint32_t c; failed == 0 && (c = plx__text_next(&text)) != 0;)
        failed = plx_player_key(&window->player, c);
    return failed;
}

/* Seeks when (x, y), in the window's own measure, is on the progress bar or the mouse holds it. */
static int take_mouse(struct plx__window *window, int x, int y, bool pressed)
{
    int points = 1;
    SDL_GetWindowSize(window->window, &points, NULL);
    float density = points > 0 ? window->state.width / (float)points : 1;
    size_t event;
    if (!plx_stage_seek(&window->state, (float)x * density, (float)y * density, window->dragging,
                        window->player.events, &event))
        return 0;
    window->dragging = window->dragging || pressed;
    if (!window->dragging)
        return 0;
    window->player.playing = false;
    return plx_player_go(&window->player, event);
}

static int take_wheel(struct plx__window *window, const SDL_MouseWheelEvent *wheel)
{
    int turns = wheel->direction == SDL_MOUSEWHEEL_FLIPPED ? wheel->y : -wheel->y, failed = 0;
    for (; turns > 0 && failed == 0; turns--)
        failed = plx_player_key(&window->player, PLX_KEY_RIGHT);
    for (; turns < 0 && failed == 0; turns++)
        failed = plx_player_key(&window->player, PLX_KEY_LEFT);
    return failed;
}

int plx__window_event(struct plx__window *window, const SDL_Event *event)
{
    window->dirty = true;
    switch (event->type) {
    case SDL_QUIT:
        window->player.quit = true;
        return 0;
    case SDL_WINDOWEVENT: /* shown, uncovered, resized, moved to another screen */
        measure(window);
        return 0;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET: /* the driver has lost the textures */
        plx__cache_clear(&window->painter.cache);
        return 0;
    case SDL_KEYDOWN:
        return take_key(window, &event->key.keysym);
    case SDL_TEXTINPUT:
        return take_text(window, event->text.text);
    case SDL_MOUSEBUTTONDOWN:
        return event->button.button == SDL_BUTTON_LEFT
                   ? take_mouse(window, event->button.x, event->button.y, true)
                   : 0;
    case SDL_MOUSEBUTTONUP:
        window->dragging = false;
        return 0;
    case SDL_MOUSEMOTION:
        window->dirty = window->dragging;
        return window->dragging ? take_mouse(window, event->motion.x, event->motion.y, false) : 0;
    case SDL_MOUSEWHEEL:
        return take_wheel(window, &event->wheel);
    default:
        window->dirty = false;
        return 0;
    }
}
