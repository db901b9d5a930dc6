/* SPDX-License-Identifier: MIT
 *
 * For tests of the screens: recordings to draw, and a canvas as text.
 */
#ifndef PLX_TEST_VIEW_H
#define PLX_TEST_VIEW_H

#include "viz/trace/recording.h"
#include "viz/tui/canvas.h"
#include "viz/tui/frame.h"

#include <stdint.h>

#define TEST_SMALL_TRACE "tests/fixtures/handshake-small.jsonl"

/* Fails the test when the trace cannot be read. */
struct plx_recording *test_load(const char *path);

/* A recording of one task with a chain of `depth` boxes, each with a leaf beside it. */
struct plx_recording *test_deep_recording(int depth);

/* The canvas as lines without escape sequences; to be freed. */
char *test_canvas_text(const struct plx_canvas *canvas, bool ascii);

/* The frame of event n, drawn at this size, as text; to be freed. */
char *test_frame_text(const struct plx_recording *recording, size_t n, int w, int h, enum plx_panel panel);

#endif
