/* SPDX-License-Identifier: MIT
 *
 * The window: plays a recording with SDL2, or draws one event into a PNG file without a screen.
 *
 * It draws the stage (viz/stage) through a painter of SDL2 and SDL2_ttf, and leaves position, speed and
 * keys to the player that it shares with the terminal (viz/tui/player.h).
 *
 *     struct plx_sdl_options options = { .motion = true, .at = 1 };
 *     struct plx_problem problem;
 *     if (plx_sdl_play(recording, &options, &problem) != 0)
 *         fprintf(stderr, "pollux play: %s\n", problem.text);
 */
#ifndef PLX_SDL_H
#define PLX_SDL_H

#include <stdbool.h>
#include <stddef.h>

struct plx_recording;
struct plx_problem;

struct plx_sdl_options {
    int width, height; /* of the window or the picture; 0: 1280×720 */
    float scale;       /* of type and spacing; 0: chosen by the size */
    bool motion;       /* the poll and the answer are seen to move; else they jump */
    bool light;        /* a light ground, for print and bright rooms */
    bool presenter;    /* open with the chain and the sentence alone, in large type */
    bool run;          /* play at once */
    size_t at;         /* the event to begin with, or to draw; past the end means the end */
    const char *png;   /* draw event `at` into this file and return; no screen is needed */
};

/* Returns when the window is closed, or the picture written. Borrows the recording. On failure a negative
 * errno, with the reason in *why: -ENOENT no font, -ENOTSUP no screen or no SDL, -EIO the file, -ENOMEM.
 * Main thread only. */
int plx_sdl_play(struct plx_recording *recording, const struct plx_sdl_options *options,
                 struct plx_problem *why);

#endif
