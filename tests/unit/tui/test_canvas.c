/* SPDX-License-Identifier: MIT
 *
 * Cells: widths, shortening, clipping, wide characters, and what comes out on a plain terminal.
 */
#include "tests/support/view.h"
#include "viz/tui/canvas.h"
#include "viz/tui/cells.h"
#include "viz/tui/glyph.h"
#include "viz/tui/print.h"
#include "viz/view/sign.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

static struct plx_style text_style(void)
{
    return plx_style(PLX_INK_TEXT);
}

static void check_text(const struct plx_canvas *canvas, const char *expected)
{
    char *text = test_canvas_text(canvas, false);
    assert_string_equal(text, expected);
    free(text);
}

/* ── texts ────────────────────────────────────────────────────────────────────────────────────── */

static void test_width_counts_cells(void **state)
{
    (void)state;
    assert_int_equal(plx_cells_width(""), 0);
    assert_int_equal(plx_cells_width("poll"), 4);
    assert_int_equal(plx_cells_width("▶ … ✓ ✗ · – »"), 13);
    assert_int_equal(plx_cells_width("日本"), 4);
    assert_int_equal(plx_cells_width("e\xCC\x81t\xC3\xA9"), 3);
    assert_int_equal(plx_cells_width("🦀"), 2);
}

static void test_width_agrees_with_the_system(void **state)
{
    (void)state;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL && setlocale(LC_CTYPE, "en_US.UTF-8") == NULL)
        skip();
    static const uint32_t codes[] = {'a',    0xE9,   0x301,  0x3B1,  0x4E2D,  0xAC00,  0xFF21, 0x2500,
                                     0x25B6, 0x2026, 0x2713, 0x200B, 0x1F600, 0x20000, 0x3042, 0x0410};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (wcwidth((wchar_t)codes[i]) >= 0)
            assert_int_equal(plx_cells_of(codes[i]), wcwidth((wchar_t)codes[i]));
    setlocale(LC_CTYPE, "C");
}

static void test_bad_utf8_is_shown_as_a_replacement(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\xFF", "\xC3", "\xE2\x82", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *s = bad[i];
        assert_int_equal(plx_cells_next(&s), 0xFFFD);
        assert_true(s > bad[i]);
    }
}

static void test_a_control_character_never_reaches_a_cell(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_int_equal(plx_canvas_init(&canvas, 12, 1), 0);
    plx_canvas_text(&canvas, 0, 0, text_style(), "a\033[31mb\n\xC2\x9B");
    check_text(&canvas, "a�[31mb��\n");
    plx_canvas_done(&canvas);
}

static void check_middle(const char *text, int cells, const char *expected)
{
    char out[128];
    plx_cells_middle(text, cells, out, sizeof out);
    assert_string_equal(out, expected);
    assert_true(plx_cells_width(out) <= cells || cells < 0);
}

static void test_long_names_lose_their_middle(void **state)
{
    (void)state;
    check_middle("read_handshake", 14, "read_handshake");
    check_middle("read_the_handshake", 15, "read_the_…shake");
    check_middle("abcdef", 3, "ab…");
    check_middle("abcdef", 2, "a…");
    check_middle("abcdef", 1, "…");
    check_middle("abcdef", 0, "");
    check_middle("abcdef", -3, "");
    check_middle("日本語日本語", 7, "日本…語");
    check_middle("日本語日本語", 2, "…");
}

static void test_shortening_never_exceeds_its_cells_or_its_buffer(void **state)
{
    (void)state;
    char out[16];
    const char *text = "日本語 and_then e\xCC\x81\xCC\x81\xCC\x81 🦀 read_handshake";
    for (int cells = -2; cells < 60; cells++) {
        char wide[256];
        plx_cells_middle(text, cells, wide, sizeof wide);
        assert_true(plx_cells_width(wide) <= (cells > 0 ? cells : 0));
        plx_cells_end(text, cells, wide, sizeof wide);
        assert_true(plx_cells_width(wide) <= (cells > 0 ? cells : 0));
        plx_cells_middle(text, cells, out, sizeof out);
        assert_true(strlen(out) < sizeof out);
    }
}

static void test_lines_break_at_spaces(void **state)
{
    (void)state;
    char out[64];
    const char *rest = plx_cells_line("Worker 0 polls task 1.", 12, out, sizeof out);
    assert_string_equal(out, "Worker 0");
    rest = plx_cells_line(rest, 12, out, sizeof out);
    assert_string_equal(out, "polls task");
    rest = plx_cells_line(rest, 12, out, sizeof out);
    assert_string_equal(out, "1.");
    assert_string_equal(rest, "");
    rest = plx_cells_line("unbreakable", 4, out, sizeof out);
    assert_string_equal(out, "unbr");
    assert_string_equal(rest, "eakable");
    assert_string_equal(plx_cells_line("日", 1, out, sizeof out), "");
    assert_string_equal(plx_cells_line("ab", 0, out, sizeof out), "b");
}

/* ── the canvas ───────────────────────────────────────────────────────────────────────────────── */

static void test_sizes_that_are_none(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_true(plx_canvas_init(&canvas, 0, 5) < 0);
    assert_true(plx_canvas_init(&canvas, 5, -1) < 0);
    assert_true(plx_canvas_init(&canvas, 1001, 5) < 0);
    assert_int_equal(plx_canvas_init(&canvas, 1, 1), 0);
    assert_null(plx_canvas_at(&canvas, 1, 0));
    assert_null(plx_canvas_at(&canvas, 0, -1));
    plx_canvas_done(&canvas);
}

static void test_nothing_is_drawn_outside_the_clip(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_int_equal(plx_canvas_init(&canvas, 8, 4), 0);
    struct plx_area before = plx_canvas_clip(&canvas, (struct plx_area){2, 1, 3, 2});
    for (int y = -3; y < 8; y++)
        plx_canvas_text(&canvas, -5, y, text_style(), "xxxxxxxxxxxxxxxxxxxxxxxxxx");
    plx_canvas_box(&canvas, (struct plx_area){-10, -10, 50, 50}, PLX_BORDER_HEAVY, text_style());
    plx_canvas_unclip(&canvas, before);
    check_text(&canvas, "\n  xxx\n  xxx\n\n");
    plx_canvas_done(&canvas);
}

static void test_clips_nest(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_int_equal(plx_canvas_init(&canvas, 8, 1), 0);
    struct plx_area all = plx_canvas_clip(&canvas, (struct plx_area){1, 0, 4, 1});
    struct plx_area outer = plx_canvas_clip(&canvas, (struct plx_area){3, 0, 40, 40});
    plx_canvas_text(&canvas, 0, 0, text_style(), "abcdefgh");
    plx_canvas_unclip(&canvas, outer);
    plx_canvas_clip(&canvas, (struct plx_area){7, 7, 1, 1}); /* nothing is left */
    plx_canvas_text(&canvas, 0, 0, text_style(), "ABCDEFGH");
    plx_canvas_unclip(&canvas, all);
    check_text(&canvas, "   de\n");
    plx_canvas_done(&canvas);
}

static void test_a_wide_character_is_never_halved(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_int_equal(plx_canvas_init(&canvas, 5, 1), 0);
    plx_canvas_text(&canvas, 0, 0, text_style(), "a日本語");
    check_text(&canvas, "a日本\n");
    assert_int_equal(plx_canvas_at(&canvas, 2, 0)->width, 0);
    plx_canvas_text(&canvas, 2, 0, text_style(),
                    "x"); /* its right half is overwritten: the left becomes a space */
    check_text(&canvas, "a x本\n");
    plx_canvas_text(&canvas, 3, 0, text_style(), "y"); /* and the other way round */
    check_text(&canvas, "a xy\n");
    plx_canvas_text(&canvas, 1, 0, text_style(), "日本");
    plx_canvas_blank(&canvas, (struct plx_area){2, 0, 1, 1});
    check_text(&canvas, "a  本\n");
    plx_canvas_clear(&canvas);
    plx_canvas_text(&canvas, -1, 0, text_style(), "日a"); /* half of it lies outside */
    check_text(&canvas, " a\n");
    plx_canvas_done(&canvas);
}

static void test_marks_stay_with_their_letter(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_int_equal(plx_canvas_init(&canvas, 3, 1), 0);
    char many[128] = "e";
    for (int i = 0; i < 30; i++)
        strcat(many, "\xCC\x81");
    plx_canvas_text(&canvas, 0, 0, text_style(), "e\xCC\x81x");
    check_text(&canvas, "e\xCC\x81x\n");
    assert_int_equal(plx_canvas_text(&canvas, 0, 0, text_style(), many), 1);
    assert_true(strlen(plx_canvas_at(&canvas, 0, 0)->text) < PLX_CELL_BYTES);
    plx_canvas_text(&canvas, 0, 0, text_style(), "\xCC\x81"); /* a mark without a letter is left out */
    plx_canvas_done(&canvas);
}

static void test_fit_aligns_and_shortens(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_int_equal(plx_canvas_init(&canvas, 12, 4), 0);
    assert_int_equal(plx_canvas_fit(&canvas, 0, 0, 6, PLX_FIT_RIGHT, text_style(), "186"), 6);
    plx_canvas_fit(&canvas, 0, 1, 9, PLX_FIT_MIDDLE, text_style(), "read_handshake");
    plx_canvas_fit(&canvas, 0, 2, 9, PLX_FIT_END, text_style(), "read_handshake");
    plx_canvas_fit(&canvas, 0, 3, 0, PLX_FIT_END, text_style(), "nothing");
    check_text(&canvas, "   186\nread_…ake\nread_han…\n\n");
    plx_canvas_done(&canvas);
}

static void test_boxes(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_int_equal(plx_canvas_init(&canvas, 9, 3), 0);
    plx_canvas_box(&canvas, (struct plx_area){0, 0, 4, 3}, PLX_BORDER_THIN, text_style());
    plx_canvas_box(&canvas, (struct plx_area){5, 0, 4, 3}, PLX_BORDER_HEAVY, text_style());
    plx_canvas_box(&canvas, (struct plx_area){4, 0, 1, 3}, PLX_BORDER_THIN,
                   text_style()); /* too narrow for one */
    check_text(&canvas, "┌──┐ ┏━━┓\n│  │ ┃  ┃\n└──┘ ┗━━┛\n");
    char *ascii = test_canvas_text(&canvas, true);
    assert_string_equal(ascii, "+--+ #==#\n|  | #  #\n+--+ #==#\n");
    free(ascii);
    plx_canvas_done(&canvas);
}

/* ── glyphs and colours ───────────────────────────────────────────────────────────────────────── */

static void test_ascii_signs_are_distinct(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    assert_int_equal(plx_canvas_init(&canvas, PLX_SIGNS, 1), 0);
    for (int i = 0; i < PLX_SIGNS; i++)
        plx_canvas_text(&canvas, i, 0, text_style(), plx_sign_look(i)->glyph);
    for (int i = 0; i < PLX_SIGNS; i++)
        for (int j = 0; j < i; j++)
            assert_int_not_equal(plx_glyph_ascii(plx_canvas_at(&canvas, i, 0)),
                                 plx_glyph_ascii(plx_canvas_at(&canvas, j, 0)));
    plx_canvas_text(&canvas, 0, 0, text_style(), "日é");
    char *ascii = test_canvas_text(&canvas, true);
    assert_true(strncmp(ascii, "? ?", 3) == 0);
    free(ascii);
    plx_canvas_done(&canvas);
}

/* Each state of the table has a look of its own in 256 colours; without colour, no two of poll, NotReady,
 * Ready and Failed look alike. */
static void test_states_differ_in_colour_and_without(void **state)
{
    (void)state;
    for (int i = PLX_SIGN_POLL; i < PLX_SIGN_DROPPED; i++)
        for (int j = PLX_SIGN_POLL; j < i; j++)
            assert_int_not_equal(plx_glyph_colour_256((int)plx_sign_look(i)->rgb),
                                 plx_glyph_colour_256((int)plx_sign_look(j)->rgb));
    for (int i = PLX_SIGN_POLL; i <= PLX_SIGN_FAILED; i++)
        for (int j = PLX_SIGN_POLL; j < i; j++)
            assert_int_not_equal(plx_glyph_plain(plx_style(PLX_INK_SIGN + i)).attrs,
                                 plx_glyph_plain(plx_style(PLX_INK_SIGN + j)).attrs);
    assert_int_equal(plx_glyph_colour_256(0x000000), 16);
    assert_int_equal(plx_glyph_colour_256(0xFFFFFF), 231);
    assert_int_equal(plx_glyph_colour_8(0x8A94A8), PLX_COLOUR_DEFAULT);
}

static void test_plain_has_no_escape_and_colour_ends_with_each_line(void **state)
{
    (void)state;
    struct plx_canvas canvas;
    char *text;
    size_t size;
    assert_int_equal(plx_canvas_init(&canvas, 10, 2), 0);
    plx_canvas_text(&canvas, 0, 0, plx_style_with(PLX_INK_SIGN + PLX_SIGN_POLL, PLX_LOOK_PILL), "poll");
    plx_canvas_light(&canvas, (struct plx_area){0, 1, 10, 1});
    FILE *out = open_memstream(&text, &size);
    plx_print_canvas(&canvas, &(struct plx_print){PLX_PRINT_TRUE, false}, out);
    fclose(out);
    assert_non_null(strstr(text, "\033[0;38;2;16;20;28;48;2;86;180;233mpoll\033[0m"));
    char *line = strchr(text, '\n');
    assert_true(strncmp(line - 4, "\033[0m\n", 5) == 0);
    assert_true(strcmp(text + size - 5, "\033[0m\n") == 0);
    free(text);
    text = test_canvas_text(&canvas, false);
    assert_null(strchr(text, '\033'));
    free(text);
    plx_canvas_done(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width_counts_cells),
        cmocka_unit_test(test_width_agrees_with_the_system),
        cmocka_unit_test(test_bad_utf8_is_shown_as_a_replacement),
        cmocka_unit_test(test_a_control_character_never_reaches_a_cell),
        cmocka_unit_test(test_long_names_lose_their_middle),
        cmocka_unit_test(test_shortening_never_exceeds_its_cells_or_its_buffer),
        cmocka_unit_test(test_lines_break_at_spaces),
        cmocka_unit_test(test_sizes_that_are_none),
        cmocka_unit_test(test_nothing_is_drawn_outside_the_clip),
        cmocka_unit_test(test_clips_nest),
        cmocka_unit_test(test_a_wide_character_is_never_halved),
        cmocka_unit_test(test_marks_stay_with_their_letter),
        cmocka_unit_test(test_fit_aligns_and_shortens),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_ascii_signs_are_distinct),
        cmocka_unit_test(test_states_differ_in_colour_and_without),
        cmocka_unit_test(test_plain_has_no_escape_and_colour_ends_with_each_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
