/* SPDX-License-Identifier: MIT
 *
 * Recordings and frames for tests, see view.h.
 */
#include "tests/support/view.h"

#include "viz/tui/player.h"
#include "viz/tui/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct plx_recording *test_load(const char *path)
{
    struct plx_recording *recording;
    struct plx_problem why;
    if (plx_recording_load(path, &recording, &why) != 0)
        fail_msg("%s", why.text);
    return recording;
}

struct plx_recording *test_deep_recording(int depth)
{
    struct plx_recording *recording;
    struct plx_problem why;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs("{\"pollux\":1,\"program\":\"deep\",\"pid\":1,\"clock\":\"monotonic_ns\",\"started\":\"\"}\n", out);
    fputs(
        "{\"t\":1,\"w\":\"main\",\"ev\":\"shape\",\"shape\":1,\"kind\":\"leaf\",\"name\":\"read\",\"file\":\"a.c\","
        "\"line\":1,\"nodes\":1,\"children\":[]}\n",
        out);
    for (int i = 0; i < depth; i++)
        fprintf(
            out,
            "{\"t\":1,\"w\":\"main\",\"ev\":\"shape\",\"shape\":%d,\"kind\":\"and_then\",\"name\":\"step_%d\","
            "\"file\":\"a.c\",\"line\":%d,\"nodes\":%d,\"children\":[%d,1]}\n",
            i + 2, depth - i, i + 2, 2 * i + 3, i + 1);
    fprintf(out, "{\"t\":2,\"w\":\"main\",\"ev\":\"spawn\",\"task\":1,\"shape\":%d,\"by\":0,\"at\":\"\"}\n",
            depth + 1);
    fputs("{\"t\":3,\"w\":0,\"ev\":\"task_poll\",\"task\":1}\n", out);
    for (int i = 0; i <= depth; i++)
        fprintf(out,
                "{\"t\":%d,\"w\":0,\"ev\":\"poll\",\"task\":1,\"future\":%d,\"shape\":%d,\"parent\":%d}\n",
                4 + i, i + 1, depth + 1 - i, i);
    assert_int_equal(fclose(out), 0);
    if (plx_recording_parse(text, size, "deep.jsonl", &recording, &why) != 0)
        fail_msg("%s", why.text);
    free(text);
    return recording;
}

char *test_canvas_text(const struct plx_canvas *canvas, bool ascii)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct plx_print how = {PLX_PRINT_PLAIN, ascii};
    assert_int_equal(plx_print_canvas(canvas, &how, out), 0);
    assert_int_equal(fclose(out), 0);
    return text;
}

char *test_frame_text(const struct plx_recording *recording, size_t n, int w, int h, enum plx_panel panel)
{
    struct plx_player player;
    struct plx_canvas canvas;
    const struct plx_view *view;
    int before, after;
    assert_int_equal(plx_player_init(&player, recording, n), 0);
    assert_int_equal(plx_canvas_init(&canvas, w, h), 0);
    plx_frame_log(w, h, panel, false, &before, &after);
    assert_int_equal(plx_player_view(&player, before, after, &view), 0);
    struct plx_frame frame = {.view = view, .panel = panel, .speed = "×1"};
    assert_int_equal(plx_frame_draw(&frame, &canvas), 0);
    char *text = test_canvas_text(&canvas, false);
    plx_canvas_done(&canvas);
    plx_player_done(&player);
    return text;
}
