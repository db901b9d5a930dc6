/* SPDX-License-Identifier: MIT
 *
 * The painter of SVG pictures, and finding the event to draw by what it is.
 */
#include "tests/support/run.h"
#include "tests/unit/viz/traces.h"
#include "viz/command/find.h"
#include "viz/svg/svg.h"

#include <errno.h>

static char *drawn(void (*draw)(struct plx_painter *painter))
{
    char *text = NULL;
    size_t size;
    struct plx_svg svg;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    plx_svg_begin(&svg, out, 100, 50, "a <title> & \"more\"");
    draw(&svg.painter);
    assert_int_equal(plx_svg_end(&svg), 0);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void draw_all(struct plx_painter *painter)
{
    struct plx_box box = {{1, 2, 30, 20}, 8, 0xFF171C27, 0x80E69F00, 2, true};
    struct plx_type type = {20, true, 0xFFE6EAF2};
    painter->clip(painter, &(struct plx_rect){0, 0, 50, 50});
    painter->box(painter, &box);
    painter->line(painter, 0, 0, 10, 10, 2, 0xFF000000, true);
    painter->clip(painter, NULL);
    painter->arrow(painter, 10, 10, 0, -1, 6, 0xFF009E73);
    painter->circle(painter, 5, 5, 4, 1, 0xFFFFFFFF);
    painter->text(painter, 0, 10, &type, "<Ready & \033[2J>");
}

static void test_verbs(void **state)
{
    (void)state;
    char *text = drawn(draw_all);
    static const char *const parts[] = {
        "<title>a &lt;title&gt; &amp; &quot;more&quot;</title>",
        /* the border lies inside */
        ("<rect x=\"2.00\" y=\"3.00\" width=\"28.00\" height=\"18.00\" rx=\"7.00\" fill=\"#171C27\" stroke=\"#E69F00\" "
         "stroke-opacity=\"0.50\" stroke-width=\"2.00\" stroke-dasharray=\"8.0 8.0\"/>"),
        "stroke-dasharray=\"0 6.0\"",
        "<path d=\"M10.00 10.00L13.00 16.00L7.00 16.00Z\" fill=\"#009E73\"/>",
        "<circle cx=\"5.00\" cy=\"5.00\" r=\"3.50\" fill=\"none\" stroke=\"#FFFFFF\"",
        "font-weight=\"bold\">&lt;Ready &amp; [2J&gt;</text>",
        "</svg>\n<path",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(text, parts[i]) == NULL)
            fail_msg("no %s in\n%s", parts[i], text);
    assert_null(strchr(text, '\033'));
    free(text);
}

static void test_finding(void **state)
{
    (void)state;
    struct plx_recording *recording = loaded(HANDSHAKE);
    struct plx_problem why;
    size_t event, later;
    assert_int_equal(plx_find(recording, "not_ready task=1", &event, &why), 0);
    assert_int_equal(plx_recording_event(recording, event)->kind, PLX_EV_not_ready);
    assert_int_equal(plx_find(recording, "not_ready task=1; ready task=1 value=\"Sock 7\"", &later, &why), 0);
    assert_true(later > event);
    assert_int_equal(plx_find(recording, "  not_ready task=1 ;", &later, &why), 0);
    assert_int_equal(later, event);
    static const char *const wrong[] = {
        "",
        ";",
        "nothing",
        "ready task",
        "ready task=",
        "ready colour=red",
        "ready task=1 =",
        "ready task=99999",
        "ready value=\"Sock 7\"x task=1",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (plx_find(recording, wrong[i], &event, &why) != -EINVAL)
            fail_msg("\"%s\" finds event %zu", wrong[i], event);
    plx_recording_free(recording);
}

static void test_pictures_of_every_event(void **state)
{
    (void)state;
    test_says(0, "and_then", NULL, TEST_POLLUX " picture " HANDSHAKE " --at end");
    test_says(0, "SCHEDULER", NULL, TEST_POLLUX " picture " HANDSHAKE " --at 20 --all --size 1280x720");
    test_says(0, " NotReady", NULL, TEST_POLLUX " picture " HANDSHAKE " --find 'not_ready' --number");
    test_says(0, "", NULL,
              "for n in $(seq 1 7 60); do " TEST_POLLUX " picture " HANDSHAKE
              " --at $n >/dev/null || exit; done");
    test_says(2, NULL, "which event?", TEST_POLLUX " picture " HANDSHAKE);
    test_says(2, NULL, "which event?", TEST_POLLUX " picture " HANDSHAKE " --at 1 --find poll");
    test_says(2, NULL, "no such kind of event: \"plol\"", TEST_POLLUX " picture " HANDSHAKE " --find plol");
    test_says(2, NULL, "cannot be written", TEST_POLLUX " picture " HANDSHAKE " --at 1 -o /nowhere/a.svg");
    test_says(2, NULL, "a scale is a number", TEST_POLLUX " picture " HANDSHAKE " --at 1 --scale nan");
    test_says(2, NULL, "a size is like", TEST_POLLUX " picture " HANDSHAKE " --at 1 --size 0x9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs),
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_pictures_of_every_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
