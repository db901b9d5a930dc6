/* SPDX-License-Identifier: MIT
 *
 * The canvas on a screen of ncurses: newterm on /dev/null, and curscr read back. Colours, no colours, Unicode
 * and line drawing; and keys, typed into a pipe.
 */
#define NCURSES_WIDECHAR 1
#include "tests/support/view.h"
#include "viz/tui/player.h"
#include "viz/tui/screen.h"
#include "viz/view/sign.h"

#include <curses.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct on_screen {
    struct plx_screen screen;
    struct plx_canvas canvas;
    FILE *out, *in;
};

static void open_screen(struct on_screen *it, const char *term, const char *locale, const char *in)
{
    struct plx_screen_options options = {false, false};
    if (setlocale(LC_CTYPE, locale) == NULL)
        skip();
    setenv("TERM", term, 1);
    setenv("COLUMNS", "60", 1);
    setenv("LINES", "10", 1);
    unsetenv("NO_COLOR");
    it->out = fopen("/dev/null", "w");
    it->in = fopen(in, "r");
    assert_non_null(it->out);
    assert_non_null(it->in);
    if (plx_screen_init(&it->screen, it->out, it->in, &options) != 0)
        skip(); /* this system does not know the terminal */
    int w, h;
    plx_screen_size(&it->screen, &w, &h);
    assert_int_equal(w, 60);
    assert_int_equal(h, 10);
    assert_int_equal(plx_canvas_init(&it->canvas, w, h), 0);
}

static void close_screen(struct on_screen *it)
{
    plx_screen_done(&it->screen);
    plx_canvas_done(&it->canvas);
    fclose(it->out);
    fclose(it->in);
    setlocale(LC_CTYPE, "C");
}

static void draw_signs(struct on_screen *it)
{
    for (int i = 0; i < PLX_SIGNS; i++)
        plx_canvas_text(&it->canvas, i, 0, plx_style(PLX_INK_SIGN + i), plx_sign_look(i)->glyph);
    plx_canvas_box(&it->canvas, (struct plx_area){0, 1, 3, 3}, PLX_BORDER_THIN, plx_style(PLX_INK_LINE));
    plx_canvas_text(&it->canvas, 10, 1, plx_style(PLX_INK_TEXT), "日x");
    plx_screen_show(&it->screen, &it->canvas);
}

static wchar_t wide_at(int x, int y, short *pair)
{
    cchar_t cell;
    wchar_t text[CCHARW_MAX + 1] = {0};
    attr_t attrs;
    mvwin_wch(curscr, y, x, &cell);
    getcchar(&cell, text, &attrs, pair, NULL);
    return text[0];
}

static void test_unicode_in_256_colours(void **state)
{
    (void)state;
    struct on_screen it = {0};
    open_screen(&it, "xterm-256color", "C.UTF-8", "/dev/null");
    assert_false(it.screen.ascii);
    assert_int_equal(it.screen.colours, 256);
    short pair, fore, back;
    draw_signs(&it);
    assert_int_equal(wide_at(PLX_SIGN_READY, 0, &pair), L'✓');
    assert_int_equal(wide_at(PLX_SIGN_POLL, 0, &pair), L'▶');
    assert_int_equal(wide_at(0, 1, &pair), L'┌');
    assert_int_equal(wide_at(10, 1, &pair), L'日');
    assert_int_equal(wide_at(12, 1, &pair), L'x');
    wide_at(PLX_SIGN_POLL, 0, &pair);
    assert_int_equal(pair_content(pair, &fore, &back), OK);
    assert_int_equal(fore, 74);
    assert_int_equal(back, -1);
    close_screen(&it);
}

static void test_a_vt100_has_ascii_signs_and_drawn_lines(void **state)
{
    (void)state;
    struct on_screen it = {0};
    open_screen(&it, "vt100", "C.UTF-8", "/dev/null");
    assert_true(it.screen.ascii);
    assert_int_equal(it.screen.colours, 0);
    draw_signs(&it);
    for (int i = 0; i < PLX_SIGNS; i++)
        assert_int_equal(mvwinch(curscr, 0, i) & A_CHARTEXT, plx_sign_look(i)->ascii[0]);
    assert_true(mvwinch(curscr, 1, 0) & A_ALTCHARSET);
    assert_true(mvwinch(curscr, 0, PLX_SIGN_POLL) & A_REVERSE);
    assert_true(mvwinch(curscr, 0, PLX_SIGN_READY) & A_BOLD);
    assert_false(mvwinch(curscr, 0, PLX_SIGN_NOT_READY) & (A_BOLD | A_REVERSE));
    assert_true(mvwinch(curscr, 0, PLX_SIGN_STOLEN) & A_UNDERLINE);
    close_screen(&it);
}

static void test_a_locale_without_utf8_falls_back(void **state)
{
    (void)state;
    struct on_screen it = {0};
    open_screen(&it, "xterm", "C", "/dev/null");
    assert_true(it.screen.ascii);
    assert_int_equal(it.screen.colours, 8);
    draw_signs(&it);
    assert_int_equal(mvwinch(curscr, 0, PLX_SIGN_READY) & A_CHARTEXT, '+');
    close_screen(&it);
}

static void test_frames_of_the_player(void **state)
{
    (void)state;
    struct on_screen it = {0};
    open_screen(&it, "xterm-256color", "C.UTF-8", "/dev/null");
    struct plx_recording *recording = test_load(TEST_SMALL_TRACE);
    struct plx_player player;
    const struct plx_view *view;
    assert_int_equal(plx_player_init(&player, recording, 0), 0);
    for (size_t n = 0; n <= player.events; n += 3) {
        assert_int_equal(plx_player_go(&player, n), 0);
        assert_int_equal(plx_player_view(&player, 2, 2, &view), 0);
        struct plx_frame frame = {.view = view, .speed = "×1"};
        assert_int_equal(plx_frame_draw(&frame, &it.canvas), 0);
        plx_screen_show(&it.screen, &it.canvas);
    }
    assert_true(it.screen.pairs < 90); /* pairs are made once */
    plx_player_done(&player);
    plx_recording_free(recording);
    close_screen(&it);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t key;
    } keys[] = {
        {"q", 'q'},
        {"\033OC", PLX_KEY_RIGHT},
        {"\033OA", PLX_KEY_UP},
        {"\033[6~", PLX_KEY_PAGE_DOWN},
        {"\033OF", PLX_KEY_END},
        {"\033[Z", PLX_KEY_BACK_TAB},
        {"\r", '\r'},
        {"\xC3\xA9", 0xE9},
        {"\177", 127},
    };
    char path[] = "/tmp/pollux-keys-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(write(fd, keys[i].bytes, strlen(keys[i].bytes)), strlen(keys[i].bytes));
    close(fd);
    struct on_screen it = {0};
    open_screen(&it, "xterm-256color", "C.UTF-8", path);
    unlink(path);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(plx_screen_key(&it.screen, 200), keys[i].key);
    assert_int_equal(plx_screen_key(&it.screen, 1), 0);
    close_screen(&it);
}

static void test_an_unknown_terminal(void **state)
{
    (void)state;
    struct plx_screen screen;
    struct plx_screen_options options = {false, false};
    FILE *null = fopen("/dev/null", "r+");
    assert_non_null(null);
    setenv("TERM", "no-such-terminal", 1);
    assert_true(plx_screen_init(&screen, null, null, &options) < 0);
    plx_screen_done(&screen);
    fclose(null);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unicode_in_256_colours),
        cmocka_unit_test(test_a_vt100_has_ascii_signs_and_drawn_lines),
        cmocka_unit_test(test_a_locale_without_utf8_falls_back),
        cmocka_unit_test(test_frames_of_the_player),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_an_unknown_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
