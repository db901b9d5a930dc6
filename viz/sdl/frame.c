/* SPDX-License-Identifier: MIT
 *
 * One frame of the window: what the player says, made into a state of the stage; and the loop, which waits
 * without turning when nothing moves.
 */
#include "viz/sdl/window.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EVENT_MS 250  /* between two events at ×1, as in the player */
#define SEEN_MS  40   /* a hop shorter than this is not seen, so it is not drawn */
#define FRAME_MS 15   /* when the screen gives no pace */
#define PACED_MS 12   /* when it does: less than a frame, in case a driver only promises to wait */
#define IDLE_MS  1000 /* when nothing moves: any event wakes */

/* ── motion ───────────────────────────────────────────────────────────────────────────────────── */

/* How long a hop takes: when playing fast, it is over before the next begins. */
static float hop_ms(const struct plx__window *window)
{
    float between = EVENT_MS * 0.9f;
    for (int speed = window->player.speed; speed > 0; speed--)
        between /= 2;
    if (!window->player.playing || between > PLX_STAGE_HOP_MS)
        return PLX_STAGE_HOP_MS;
    return between;
}

static float phase_at(const struct plx__window *window, uint64_t now)
{
    float hop = hop_ms(window), gone = (float)(now - window->moved);
    if (!window->motion || window->moved == 0 || hop < SEEN_MS || gone >= hop)
        return 1;
    return gone / hop;
}

bool plx__window_moves(const struct plx__window *window, uint64_t now)
{
    return phase_at(window, now) < 1;
}

/* A step forward is seen to move; any other change of place is a jump. */
static void notice_move(struct plx__window *window, uint64_t now)
{
    size_t position = window->player.position;
    if (position == window->shown)
        return;
    window->moved = position == window->shown + 1 ? now : 0;
    window->shown = position;
    window->dirty = true;
}

int plx__window_tick(struct plx__window *window, uint64_t now)
{
    uint64_t gone = window->ticked != 0 && now > window->ticked ? now - window->ticked : 0;
    bool played = window->player.playing;
    window->ticked = now;
    int failed = plx_player_tick(&window->player, gone * 1000000);
    notice_move(window, now);
    window->dirty = window->dirty || played != window->player.playing || window->state.phase < 1 ||
                    plx__window_moves(window, now);
    return failed;
}

/* ── what lies over the stage ─────────────────────────────────────────────────────────────────── */

static void add_entry(struct plx__window *window, const char *label, const char *text)
{
    int index = window->overlay.count;
    if (index == PLX__OVERLAY_ENTRIES)
        return;
    snprintf(window->label[index], sizeof window->label[index], "%s", label);
    window->entry[index] = (struct plx_stage_entry){window->label[index], text};
    window->overlay.count++;
}

static void list_keys(struct plx__window *window)
{
    size_t count;
    const struct plx_key_help *help = plx_player_help(&count);
    for (size_t i = 0; i < count; i++)
        add_entry(window, help[i].label, help[i].what);
    add_entry(window, "", "");
    add_entry(window, "p", "the chain and the sentence alone, in large type");
    add_entry(window, "F11", "the whole screen");
    add_entry(window, "mouse", "the bar below seeks, the wheel steps");
    window->overlay.title = "Keys";
}

static void list_issues(struct plx__window *window)
{
    size_t count = plx_player_issues(&window->player);
    for (size_t i = 0; i < count && i < PLX__OVERLAY_ENTRIES; i++) {
        const struct plx_issue *issue = plx_player_issue(&window->player, i);
        char label[24];
        snprintf(label, sizeof label, "line %zu", issue->line);
        add_entry(window, label, issue->text);
    }
    window->overlay.title = count == 0 ? "Nothing odd was found in this recording."
                                       : "What is odd in this recording";
}

static void set_overlay(struct plx__window *window)
{
    window->state.overlay = NULL;
    if (window->player.overlay == PLX_OVERLAY_NONE)
        return;
    window->overlay = (struct plx_stage_overlay){.entry = window->entry};
    if (window->player.overlay == PLX_OVERLAY_HELP)
        list_keys(window);
    else
        list_issues(window);
    if (window->player.overlay_top >= window->overlay.count)
        window->player.overlay_top = window->overlay.count > 0 ? window->overlay.count - 1 : 0;
    window->overlay.top = window->player.overlay_top;
    window->state.overlay = &window->overlay;
}

static void set_message(struct plx__window *window)
{
    static const char *const prompts[] = {[PLX_PROMPT_GO_TO] = "go to: ", [PLX_PROMPT_SEARCH] = "search: "};
    const struct plx_player *player = &window->player;
    if (player->prompt == PLX_PROMPT_NONE)
        snprintf(window->message, sizeof window->message, "%s", player->message);
    else
        snprintf(window->message, sizeof window->message, "%s%s_", prompts[player->prompt], player->input);
    window->state.message = window->message;
}

/* ── drawing ──────────────────────────────────────────────────────────────────────────────────── */

static void set_state(struct plx__window *window, uint64_t now)
{
    static const enum plx_stage_panel panels[PLX_PANELS] = {
        [PLX_PANEL_ALL] = PLX_STAGE_ALL,
        [PLX_PANEL_CHAIN] = PLX_STAGE_CHAIN,
        [PLX_PANEL_SCHEDULER] = PLX_STAGE_SCHEDULER,
        [PLX_PANEL_REACTOR] = PLX_STAGE_REACTOR,
        [PLX_PANEL_LOG] = PLX_STAGE_LOG,
        [PLX_PANEL_WHY] = PLX_STAGE_WHY,
    };
    window->state.phase = phase_at(window, now);
    window->state.playing = window->player.playing;
    window->state.speed = plx_player_speed(&window->player);
    window->state.panel = panels[window->player.panel];
    window->state.why_list = window->player.why_wide;
    set_overlay(window);
    set_message(window);
}

int plx__window_draw(struct plx__window *window, uint64_t now)
{
    const struct plx_view *view;
    int failed = plx_player_view(&window->player, PLX_STAGE_LOG_LINES, PLX_STAGE_LOG_LINES, &view);
    if (failed != 0)
        return failed;
    set_state(window, now);
    plx__sdl_painter_frame(&window->painter);
    failed = plx_stage_draw(view, &window->state, &window->painter.verbs);
    SDL_RenderPresent(window->renderer);
    window->dirty = false;
    return failed;
}

/* ── the loop ─────────────────────────────────────────────────────────────────────────────────── */

static int wait_ms(const struct plx__window *window, uint64_t now)
{
    if (window->dirty)
        return 0;
    if (plx__window_moves(window, now))
        return window->paced ? PACED_MS : FRAME_MS;
    return window->player.playing ? FRAME_MS : IDLE_MS;
}

static int take_events(struct plx__window *window, int wait)
{
    SDL_Event event;
    int failed = 0;
    if (!SDL_WaitEventTimeout(&event, wait))
        return 0;
    do
        failed = plx__window_event(window, &event);
    while (failed == 0 && SDL_PollEvent(&event));
    return failed;
}

static int play(struct plx__window *window)
{
    int failed = plx__window_draw(window, SDL_GetTicks64());
    while (failed == 0 && !window->player.quit) {
        failed = take_events(window, wait_ms(window, SDL_GetTicks64()));
        if (failed == 0)
            failed = plx__window_tick(window, SDL_GetTicks64());
        if (failed == 0 && window->dirty)
            failed = plx__window_draw(window, SDL_GetTicks64());
    }
    return failed;
}

int plx__sdl_window(struct plx_recording *recording, const struct plx_sdl_options *options,
                    struct plx__fonts *fonts, struct plx_problem *why)
{
    static struct plx__window window; /* large, and there is one at a time: the main thread's */
    int failed = plx__window_open(&window, recording, options, fonts, why);
    if (failed == 0) {
        failed = play(&window);
        plx__window_close(&window);
    }
    if (failed != 0 && why->text[0] == '\0')
        snprintf(why->text, sizeof why->text, "the window has to close: %.100s", strerror(-failed));
    return failed;
}
