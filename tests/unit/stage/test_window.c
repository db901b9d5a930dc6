/* SPDX-License-Identifier: MIT
 *
 * The window without a screen: pictures in files, what is said when there is no font, and the window itself
 * under SDL's dummy driver, with keys and mouse pressed by the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "viz/sdl/font.h"
#include "viz/sdl/window.h"
#include "viz/trace/recording.h"

#define TRACE "tests/fixtures/handshake-small.jsonl"

static struct plx_recording *recording;
static char folder[64];

static int load(void **state)
{
    (void)state;
    struct plx_problem why;
    snprintf(folder, sizeof folder, "/tmp/pollux-window-XXXXXX");
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    unsetenv("POLLUX_FONT");
    return mkdtemp(folder) != NULL ? plx_recording_load(TRACE, &recording, &why) : -1;
}

static int unload(void **state)
{
    (void)state;
    plx_recording_free(recording);
    return rmdir(folder);
}

/* ── pictures ─────────────────────────────────────────────────────────────────────────────────── */

static size_t read_all(const char *path, unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, size, file);
    fclose(file);
    return length;
}

static void the_same_event_gives_the_same_bytes(void **state)
{
    (void)state;
    static unsigned char bytes[2][4u << 20];
    size_t length[2];
    for (int i = 0; i < 2; i++) {
        char path[128];
        struct plx_problem why;
        snprintf(path, sizeof path, "%s/%d.png", folder, i);
        struct plx_sdl_options options = {.width = 1280, .height = 720, .at = 60, .png = path};
        assert_int_equal(plx_sdl_play(recording, &options, &why), 0);
        length[i] = read_all(path, bytes[i], sizeof bytes[i]);
        unlink(path);
    }
    assert_in_range(length[0], 10000, sizeof bytes[0]);
    assert_int_equal(length[0], length[1]);
    assert_memory_equal(bytes[0], bytes[1], length[0]);
    assert_memory_equal(bytes[0], "\x89PNG\r\n", 6);
}

static void an_event_beyond_the_end_is_the_last(void **state)
{
    (void)state;
    char path[128];
    struct plx_problem why;
    snprintf(path, sizeof path, "%s/end.png", folder);
    struct plx_sdl_options options = {.light = true, .presenter = true, .at = (size_t)-1, .png = path};
    assert_int_equal(plx_sdl_play(recording, &options, &why), 0);
    assert_int_equal(unlink(path), 0);
}

static void a_file_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    struct plx_problem why;
    struct plx_sdl_options options = {.at = 1, .png = "/nonexistent/folder/a.png"};
    assert_int_equal(plx_sdl_play(recording, &options, &why), -EIO);
    assert_non_null(strstr(why.text, "/nonexistent/folder/a.png: No such file"));
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    struct plx_problem why;
    struct plx_sdl_options options = {.at = 1, .png = "/dev/full"};
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(plx_sdl_play(recording, &options, &why), -EIO);
    assert_non_null(strstr(why.text, "/dev/full"));
    assert_int_equal(access("/dev/full", W_OK), 0); /* and leaves the device where it is */
}

/* ── fonts ────────────────────────────────────────────────────────────────────────────────────── */

static void without_a_font_it_says_what_to_install(void **state)
{
    (void)state;
    struct plx__fonts *fonts;
    struct plx_problem why = {.text = ""};
    const char *const roots[] = {folder, NULL};
    assert_int_equal(TTF_Init(), 0);
    assert_int_equal(plx__fonts_new(&fonts, NULL, roots, &why), -ENOENT);
    assert_non_null(strstr(why.text, "install fonts-jetbrains-mono"));
    assert_non_null(strstr(why.text, "POLLUX_FONT"));
    TTF_Quit();
}

static void a_font_that_is_none_is_named(void **state)
{
    (void)state;
    struct plx_problem why;
    struct plx_sdl_options options = {.at = 1, .png = "/nonexistent/a.png"};
    static const char *const wrong[] = {"/nonexistent.ttf", TRACE};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("POLLUX_FONT", wrong[i], 1);
        assert_int_equal(plx_sdl_play(recording, &options, &why), -ENOENT);
        assert_non_null(strstr(why.text, wrong[i]));
    }
    unsetenv("POLLUX_FONT");
}

/* ── the window ───────────────────────────────────────────────────────────────────────────────── */

static struct plx__window window;
static struct plx__fonts *window_fonts;

static int open_window(void **state)
{
    (void)state;
    struct plx_problem why = {.text = ""};
    struct plx_sdl_options options = {.width = 1280, .height = 720, .motion = true, .at = 40};
    if (TTF_Init() != 0 || plx__fonts_new(&window_fonts, NULL, NULL, &why) != 0 ||
        plx__window_open(&window, recording, &options, window_fonts, &why) != 0) {
        print_error("%s\n", why.text);
        return -1;
    }
    return 0;
}

static int close_window(void **state)
{
    (void)state;
    plx__window_close(&window);
    plx__fonts_free(window_fonts);
    TTF_Quit();
    return 0;
}

static void press(SDL_Keycode key)
{
    SDL_Event event = {.key = {.type = SDL_KEYDOWN, .keysym = {.sym = key}}};
    assert_int_equal(plx__window_event(&window, &event), 0);
}

static void type(const char *text)
{
    SDL_Event event = {.text = {.type = SDL_TEXTINPUT}};
    snprintf(event.text.text, sizeof event.text.text, "%s", text);
    assert_int_equal(plx__window_event(&window, &event), 0);
}

static void mouse(Uint32 kind, int x, int y)
{
    SDL_Event event = {0};
    event.type = kind;
    if (kind == SDL_MOUSEMOTION) {
        event.motion.x = x;
        event.motion.y = y;
    } else {
        event.button.button = SDL_BUTTON_LEFT;
        event.button.x = x;
        event.button.y = y;
    }
    assert_int_equal(plx__window_event(&window, &event), 0);
}

static void without_a_screen_it_says_so(void **state)
{
    (void)state;
    static const char *const screens[] = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "XDG_RUNTIME_DIR"};
    struct plx_problem why = {.text = ""};
    struct plx_sdl_options options = {.at = 1};
    for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++)
        unsetenv(screens[i]);
    int failed = access("/dev/dri", F_OK) != 0 ? plx_sdl_play(recording, &options, &why) : -1;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    if (failed == -1)
        skip(); /* a console could be drawn on */
    assert_int_equal(failed, -ENOTSUP);
    assert_non_null(strstr(why.text, "--png"));
}

static void keys_step_as_in_the_terminal(void **state)
{
    (void)state;
    press(SDLK_RIGHT);
    assert_int_equal(window.player.position, 41);
    press(SDLK_LEFT);
    press(SDLK_PAGEUP);
    assert_int_equal(window.player.position, 39);
    press(SDLK_HOME);
    assert_int_equal(window.player.position, 0);
    press(SDLK_END);
    assert_int_equal(window.player.position, window.player.events);
    type(":");
    type("4");
    type("1p"); /* "p" belongs to the prompt here */
    press(SDLK_BACKSPACE);
    press(SDLK_RETURN);
    assert_int_equal(window.player.position, 41);
    assert_false(window.state.presenter);
    type("p");
    assert_true(window.state.presenter);
    type("?");
    assert_int_equal(plx__window_draw(&window, 1), 0);
    assert_non_null(window.state.overlay);
    press(SDLK_ESCAPE);
    type("i");
    for (int i = 0; i < 400; i++)
        press(SDLK_DOWN);
    assert_int_equal(plx__window_draw(&window, 2), 0);
    press(SDLK_ESCAPE);
    type("q");
    assert_true(window.player.quit);
}

static void a_step_forward_is_seen_to_move_and_then_rests(void **state)
{
    (void)state;
    assert_int_equal(plx__window_draw(&window, 1000), 0);
    press(SDLK_RIGHT);
    assert_int_equal(plx__window_tick(&window, 1000), 0);
    assert_int_equal(plx__window_draw(&window, 1000 + PLX_STAGE_HOP_MS / 2), 0);
    assert_in_range((int)(window.state.phase * 100), 45, 55);
    assert_true(plx__window_moves(&window, 1000 + PLX_STAGE_HOP_MS / 2));
    assert_int_equal(plx__window_tick(&window, 1000 + PLX_STAGE_HOP_MS), 0);
    assert_true(window.dirty); /* the last frame of the motion */
    assert_int_equal(plx__window_draw(&window, 1000 + PLX_STAGE_HOP_MS), 0);
    assert_int_equal(plx__window_tick(&window, 2000), 0);
    assert_false(window.dirty);
    press(SDLK_LEFT); /* back is a jump */
    assert_int_equal(plx__window_tick(&window, 2010), 0);
    assert_false(plx__window_moves(&window, 2010));
}

static void without_motion_it_jumps(void **state)
{
    (void)state;
    window.motion = false;
    press(SDLK_RIGHT);
    assert_int_equal(plx__window_tick(&window, 1000), 0);
    assert_false(plx__window_moves(&window, 1000));
}

static void it_plays_and_stops_at_the_end(void **state)
{
    (void)state;
    uint64_t now = 1000;
    type(" ");
    assert_true(window.player.playing);
    for (int i = 0; i < 8; i++)
        type("+");
    for (; window.player.playing && now < 60000; now += 16) {
        assert_int_equal(plx__window_tick(&window, now), 0);
        if (window.dirty)
            assert_int_equal(plx__window_draw(&window, now), 0);
    }
    assert_int_equal(window.player.position, window.player.events);
    assert_in_range(now, 1500, 10000);
}

static void the_mouse_seeks_on_the_bar_and_nowhere_else(void **state)
{
    (void)state;
    mouse(SDL_MOUSEMOTION, 640, 300);
    mouse(SDL_MOUSEBUTTONDOWN, 640, 300);
    mouse(SDL_MOUSEMOTION, 900, 300);
    mouse(SDL_MOUSEBUTTONUP, 900, 300);
    assert_int_equal(window.player.position, 40);
    mouse(SDL_MOUSEBUTTONDOWN, 640, 682);
    assert_in_range(window.player.position, 80, 88);
    mouse(SDL_MOUSEMOTION, 5000, 10);
    assert_int_equal(window.player.position, window.player.events);
    mouse(SDL_MOUSEBUTTONUP, 5000, 10);
    mouse(SDL_MOUSEMOTION, 100, 682);
    assert_int_equal(window.player.position, window.player.events);
}

static void it_fits_itself_to_a_new_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1920, 1080}, {800, 500}, {3840, 2160}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        SDL_SetWindowSize(window.window, sizes[i][0], sizes[i][1]);
        SDL_Event event;
        while (SDL_PollEvent(&event))
            assert_int_equal(plx__window_event(&window, &event), 0);
        assert_int_equal((int)window.state.width, sizes[i][0]);
        assert_int_equal((int)window.state.height, sizes[i][1]);
        assert_int_equal(plx__window_draw(&window, 1), 0);
        assert_false(window.painter.failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_event_gives_the_same_bytes),
        cmocka_unit_test(an_event_beyond_the_end_is_the_last),
        cmocka_unit_test(a_file_that_cannot_be_written_is_named),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(without_a_font_it_says_what_to_install),
        cmocka_unit_test(a_font_that_is_none_is_named),
        cmocka_unit_test(without_a_screen_it_says_so),
        cmocka_unit_test_setup_teardown(keys_step_as_in_the_terminal, open_window, close_window),
        cmocka_unit_test_setup_teardown(a_step_forward_is_seen_to_move_and_then_rests, open_window,
                                        close_window),
        cmocka_unit_test_setup_teardown(without_motion_it_jumps, open_window, close_window),
        cmocka_unit_test_setup_teardown(it_plays_and_stops_at_the_end, open_window, close_window),
        cmocka_unit_test_setup_teardown(the_mouse_seeks_on_the_bar_and_nowhere_else, open_window,
                                        close_window),
        cmocka_unit_test_setup_teardown(it_fits_itself_to_a_new_size, open_window, close_window),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
