/* SPDX-License-Identifier: MIT
 *
 * The player: where one is in a recording, and what each key does. It knows neither terminal nor window, so
 * that both have the same keys with the same meaning, and the tests press them without a screen.
 *
 *     struct plx_player player;
 *     if (plx_player_init(&player, recording, 1) == 0) {
 *         plx_player_key(&player, PLX_KEY_RIGHT);       // one event on
 *         plx_player_key(&player, ' ');                 // play
 *         plx_player_tick(&player, 250000000);          // a quarter of a second has gone by
 *         const struct plx_view *view;
 *         if (plx_player_view(&player, 5, 2, &view) == 0)
 *             puts(view->sentence);
 *         plx_player_done(&player);
 *     }
 *
 * Invariants: 0 ≤ position ≤ events, whatever is pressed; at the end it pauses; while a prompt is
 * open, every key belongs to the prompt. Functions return 0 or -ENOMEM, and then nothing has moved.
 */
#ifndef PLX_PLAYER_H
#define PLX_PLAYER_H

#include "viz/trace/recording.h"
#include "viz/view/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key is a Unicode character ('q', ' ', '\t', '\r', 27 for escape, 127 for backspace) or one of these. */
enum plx_key {
    PLX_KEY_RIGHT = 0x200000,
    PLX_KEY_LEFT,
    PLX_KEY_DOWN,
    PLX_KEY_UP,
    PLX_KEY_HOME,
    PLX_KEY_END,
    PLX_KEY_PAGE_DOWN,
    PLX_KEY_PAGE_UP,
    PLX_KEY_BACK_TAB,
};
#define PLX_KEY_ESCAPE    27u
#define PLX_KEY_BACKSPACE 127u

enum plx_panel { /* which panel has the room; PANEL_ALL: as many as fit */
                 PLX_PANEL_ALL,
                 PLX_PANEL_CHAIN,
                 PLX_PANEL_SCHEDULER,
                 PLX_PANEL_REACTOR,
                 PLX_PANEL_LOG,
                 PLX_PANEL_WHY,
                 PLX_PANELS
};

enum plx_prompt { PLX_PROMPT_NONE, PLX_PROMPT_GO_TO, PLX_PROMPT_SEARCH };
enum plx_overlay { PLX_OVERLAY_NONE, PLX_OVERLAY_HELP, PLX_OVERLAY_ISSUES };

#define PLX_SPEED_MIN (-3) /* ×1/8 */
#define PLX_SPEED_MAX 6    /* ×64 */

struct plx_player {
    /* read freely; change through the functions below */
    const struct plx_recording *recording; /* borrowed */
    size_t position, events;
    bool playing;
    int speed;       /* a power of two: 0 is ×1, four events a second */
    uint64_t follow; /* the task that is followed, 0: the one that the event is about */
    enum plx_panel panel;
    enum plx_overlay overlay;
    int overlay_top; /* first line of the overlay that is shown */
    bool why_wide;   /* w was pressed: the other form of the why line */
    enum plx_prompt prompt;
    char input[64];    /* what was typed into the prompt, UTF-8 */
    char message[128]; /* one line about the last key, or "" */
    bool quit;
    bool stale; /* something has changed since plx_player_view was called last */

    /* the player's own */
    struct plx_world *world;
    struct plx_view view;
    int log_before, log_after;
    double owed;    /* events that playing owes to the time gone by */
    char found[64]; /* the text searched for last */
};

/* Begins at event `at`; beyond the end means the end. The recording must outlive the player. */
int plx_player_init(struct plx_player *player, const struct plx_recording *recording, size_t at);
void plx_player_done(struct plx_player *player);

/* Presses a key. Unknown keys do nothing. */
int plx_player_key(struct plx_player *player, uint32_t key);

/* Time goes by; moves on when it plays. */
int plx_player_tick(struct plx_player *player, uint64_t elapsed_ns);

/* Goes to event n, brought into range. */
int plx_player_go(struct plx_player *player, size_t n);

/* What to show, with so many lines of log before and after. Owned by the player, valid until the next
 * call. */
int plx_player_view(struct plx_player *player, int log_before, int log_after, const struct plx_view **view);

/* "×1/8" … "×64" */
const char *plx_player_speed(const struct plx_player *player);

/* Odd things of the recording, as the overlay lists them. */
size_t plx_player_issues(const struct plx_player *player);
const struct plx_issue *plx_player_issue(const struct plx_player *player, size_t i);

/* The keys, for the help: a label ("← →") and what it does. Groups are divided by an entry with label "". */
struct plx_key_help {
    const char *label, *what;
};
const struct plx_key_help *plx_player_help(size_t *count);

#endif
