/* SPDX-License-Identifier: MIT
 *
 * Text in cells: measured, shortened in the middle, broken into lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "viz/stage/text.h"

static void counts_cells(void **state)
{
    (void)state;
    assert_int_equal(plx__text_cells(""), 0);
    assert_int_equal(plx__text_cells("poll"), 4);
    assert_int_equal(plx__text_cells("▶ … ✓"), 5);
    assert_int_equal(plx__text_cells("异步"), 4);
    assert_int_equal(plx__text_cells("e\xCC\x81"), 1);
}

static void takes_broken_bytes_as_one_cell_each(void **state)
{
    (void)state;
    static const char *const broken[] = {"\xFF",     "\xC3",         "\xE2\x82",
                                         "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80"};
    static const int cells[] = {1, 1, 2, 2, 3, 4};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        const char *at = broken[i];
        assert_int_equal(plx__text_next(&at), 0xFFFD);
        assert_int_equal(plx__text_cells(broken[i]), cells[i]);
    }
}

static void shortens_in_the_middle(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(plx__text_shorten("read_handshake", 14, out, sizeof out), 14);
    assert_string_equal(out, "read_handshake");
    assert_int_equal(plx__text_shorten("read_handshake", 9, out, sizeof out), 9);
    assert_string_equal(out, "read…hake");
    assert_int_equal(plx__text_shorten("read_handshake", 1, out, sizeof out), 1);
    assert_string_equal(out, "…");
    assert_int_equal(plx__text_shorten("read_handshake", 0, out, sizeof out), 0);
    assert_string_equal(out, "");
}

static void never_shows_more_than_asked(void **state)
{
    (void)state;
    static const char *const texts[] = {"异步编程异步编程", "a异b步c编d程", "e\xCC\x81", "\xFF\xFE\xC3",
                                        "plain text"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (int cells = 0; cells < 20; cells++) {
            char out[32];
            int shown = plx__text_shorten(texts[i], cells, out, sizeof out);
            assert_in_range(shown, 0, cells);
            assert_int_equal(plx__text_cells(out), shown);
        }
    }
}

static void fits_a_long_text_into_its_buffer(void **state)
{
    (void)state;
    static char text[5000], out[64];
    memset(text, 'x', sizeof text - 1);
    for (int cells = 1; cells < 6000; cells += 7) {
        plx__text_shorten(text, cells, out, sizeof out);
        assert_in_range(strlen(out), 1, sizeof out - 1);
    }
}

static void breaks_lines_at_spaces(void **state)
{
    (void)state;
    const char *text = "Worker 0 polls task 1.";
    assert_int_equal(plx__text_line(text, 10), strlen("Worker 0"));
    assert_int_equal(plx__text_line(text, 22), strlen(text));
    assert_int_equal(plx__text_line("read_handshake", 4), 4);
    assert_int_equal(plx__text_line("异步", 1), strlen("异"));
    assert_int_equal(plx__text_line("", 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_cells),
        cmocka_unit_test(takes_broken_bytes_as_one_cell_each),
        cmocka_unit_test(shortens_in_the_middle),
        cmocka_unit_test(never_shows_more_than_asked),
        cmocka_unit_test(fits_a_long_text_into_its_buffer),
        cmocka_unit_test(breaks_lines_at_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
