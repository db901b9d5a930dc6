/* SPDX-License-Identifier: MIT
 *
 * The loop of the player in a terminal: init, draw, update, done.
 */
#include "viz/tui/terminal.h"

#include "viz/tui/frame.h"
#include "viz/tui/player.h"
#include "viz/tui/screen.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IDLE_MS 1000 /* a signal may come just before the wait for a key: look for it now and then */
#define PLAY_MS 30

struct terminal {
    struct plx_player player;
    struct plx_screen screen;
    struct plx_canvas canvas;
    const struct plx_issue **issue;
    uint64_t clock_ns; /* when the player's time was last moved on */
    bool took_signals;
    struct sigaction before[3];
};

static const int signals[3] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t signalled; /* a handler can reach nothing else */

static void on_signal(int number)
{
    signalled = number;
}

/* After ncurses has set its own, which would leave at once, from within the handler. */
static void take_signals(struct terminal *terminal)
{
    struct sigaction action = {.sa_handler = on_signal};
    signalled = 0;
    terminal->took_signals = true;
    for (int i = 0; i < 3; i++)
        sigaction(signals[i], &action, &terminal->before[i]);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int collect_issues(struct terminal *terminal)
{
    size_t count = plx_player_issues(&terminal->player);
    terminal->issue = calloc(count + 1, sizeof(struct plx_issue *));
    if (terminal->issue == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        terminal->issue[i] = plx_player_issue(&terminal->player, i);
    return 0;
}

static int fit_canvas(struct terminal *terminal)
{
    int w, h;
    plx_screen_size(&terminal->screen, &w, &h);
    if (terminal->canvas.w == w && terminal->canvas.h == h)
        return 0;
    plx_canvas_done(&terminal->canvas);
    return plx_canvas_init(&terminal->canvas, w, h);
}

static struct plx_frame frame_of(const struct terminal *terminal, const struct plx_view *view)
{
    const struct plx_player *player = &terminal->player;
    struct plx_frame frame = {
        .view = view,
        .panel = player->panel,
        .why_wide = player->why_wide,
        .playing = player->playing,
        .speed = plx_player_speed(player),
        .follow = player->follow,
        .message = player->message,
        .prompt = player->prompt,
        .input = player->input,
        .overlay = player->overlay,
        .overlay_top = player->overlay_top,
        .issue = terminal->issue,
        .issues = plx_player_issues(player),
    };
    frame.help = plx_player_help(&frame.helps);
    return frame;
}

static int init(struct terminal *terminal, const struct plx_recording *recording,
                const struct plx_terminal_options *options, struct plx_problem *why)
{
    memset(terminal, 0, sizeof *terminal);
    setlocale(LC_CTYPE, "");
    int result = plx_player_init(&terminal->player, recording, options->at);
    if (result == 0)
        result = collect_issues(terminal);
    if (result != 0)
        return result;
    terminal->player.playing = options->playing && terminal->player.position < terminal->player.events;
    struct plx_screen_options screen = {options->ascii, options->no_colour};
    result = plx_screen_init(&terminal->screen, stdout, stdin, &screen);
    if (result == -ENOTSUP)
        snprintf(why->text, sizeof why->text, "the terminal \"%s\" is not known here; try TERM=vt100",
                 getenv("TERM") != NULL ? getenv("TERM") : "");
    take_signals(terminal);
    terminal->clock_ns = now_ns();
    return result;
}

static int draw(struct terminal *terminal)
{
    struct plx_player *player = &terminal->player;
    const struct plx_view *view;
    int before, after, result = fit_canvas(terminal);
    if (result != 0)
        return result;
    plx_frame_log(terminal->canvas.w, terminal->canvas.h, player->panel, player->why_wide, &before, &after);
    result = plx_player_view(player, before, after, &view);
    if (result != 0)
        return result;
    struct plx_frame frame = frame_of(terminal, view);
    result = plx_frame_draw(&frame, &terminal->canvas);
    plx_screen_show(&terminal->screen, &terminal->canvas);
    return result;
}

/* Waits for a key or for the time of the next step, whichever comes first. */
static int update(struct terminal *terminal)
{
    struct plx_player *player = &terminal->player;
    uint32_t key = plx_screen_key(&terminal->screen, player->playing ? PLAY_MS : IDLE_MS);
    uint64_t now = now_ns();
    int result = plx_player_tick(player, now - terminal->clock_ns);
    terminal->clock_ns = now;
    if (key == PLX_SCREEN_GONE)
        player->quit = true;
    else if (result == 0 && key != 0 && key != PLX_SCREEN_RESIZED)
        result = plx_player_key(player, key);
    return result;
}

static void done(struct terminal *terminal)
{
    plx_screen_done(&terminal->screen);
    for (int i = 0; i < 3 && terminal->took_signals; i++)
        sigaction(signals[i], &terminal->before[i], NULL);
    plx_canvas_done(&terminal->canvas);
    plx_player_done(&terminal->player);
    free(terminal->issue);
}

int plx_terminal_play(const struct plx_recording *recording, const struct plx_terminal_options *options,
                      struct plx_problem *why)
{
    struct terminal terminal;
    memset(why, 0, sizeof *why);
    int result = init(&terminal, recording, options, why);
    while (result == 0 && !terminal.player.quit && signalled == 0) {
        result = draw(&terminal);
        if (result == 0)
            result = update(&terminal);
    }
    done(&terminal);
    if (result == -ENOMEM)
        snprintf(why->text, sizeof why->text, "out of memory");
    return result != 0 ? result : signalled;
}
