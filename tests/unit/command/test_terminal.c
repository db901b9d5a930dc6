/* SPDX-License-Identifier: MIT
 *
 * `pollux play` in a terminal of its own: keys, another size, and what it leaves behind, however it ends.
 */
#include "tests/support/run.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS    10000
#define OUTPUT_MAX (1 << 20)

struct terminal {
    int fd;
    pid_t pid;
    struct termios before;
    char *output; /* all that it has sent */
    size_t used;
};

static void open_terminal(struct terminal *it, const char *term, const char *locale)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    it->output = calloc(1, OUTPUT_MAX);
    assert_non_null(it->output);
    it->used = 0;
    it->pid = forkpty(&it->fd, NULL, NULL, &size);
    assert_true(it->pid >= 0);
    if (it->pid == 0) {
        setenv("TERM", term, 1);
        setenv("LC_ALL", locale, 1);
        unsetenv("LINES");
        unsetenv("COLUMNS");
        unsetenv("NO_COLOR");
        unsetenv("NCURSES_NO_UTF8_ACS"); /* which would give lines in UTF-8 to a vt100 too */
        execl(TEST_POLLUX, "pollux", "play", "tests/fixtures/handshake-small.jsonl", (char *)NULL);
        _exit(99);
    }
    assert_int_equal(tcgetattr(it->fd, &it->before), 0);
}

/* Takes in what the program sends until the text is in it. false at its end or when the time is over. */
static bool wait_for(struct terminal *it, const char *text)
{
    while (text == NULL || strstr(it->output, text) == NULL) {
        struct pollfd ready = {.fd = it->fd, .events = POLLIN};
        if (poll(&ready, 1, WAIT_MS) <= 0 || it->used + 1 >= OUTPUT_MAX)
            return false;
        ssize_t got = read(it->fd, it->output + it->used, OUTPUT_MAX - 1 - it->used);
        if (got <= 0)
            return false;
        for (ssize_t i = 0; i < got; i++) /* for strstr */
            if (it->output[it->used + (size_t)i] == '\0')
                it->output[it->used + (size_t)i] = ' ';
        it->used += (size_t)got;
    }
    return true;
}

static void expect(struct terminal *it, const char *text)
{
    if (!wait_for(it, text))
        fail_msg("\"%s\" never came", text);
}

/* curses sends only the cells that have changed, in which no word need stand whole. So Ctrl-L comes after
 * the keys: it has the whole screen drawn anew once they have had their effect. */
static void press(struct terminal *it, const char *keys)
{
    it->used = 0;
    memset(it->output, 0, OUTPUT_MAX);
    assert_int_equal(write(it->fd, keys, strlen(keys)), strlen(keys));
    if (*keys)
        assert_int_equal(write(it->fd, "\f", 1), 1);
}

/* Its end: the status, the screen as it was, and the terminal's settings as they were. */
static void expect_end(struct terminal *it, int expected)
{
    int status;
    struct termios after;
    wait_for(it, NULL);
    assert_int_equal(waitpid(it->pid, &status, 0), it->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
    if (tcgetattr(it->fd, &after) == 0) {
        assert_int_equal(after.c_lflag, it->before.c_lflag);
        assert_int_equal(after.c_iflag, it->before.c_iflag);
        assert_int_equal(after.c_oflag, it->before.c_oflag);
    }
    close(it->fd);
    free(it->output);
}

static void test_keys_move_and_q_quits(void **state)
{
    (void)state;
    struct terminal it;
    open_terminal(&it, "xterm-256color", "C.UTF-8");
    expect(&it, "spawns task 1"); /* where it begins */
    expect(&it, "quit");
    press(&it, "\033OH");
    expect(&it, "Nothing has happened yet");
    press(&it, "\033OC");
    expect(&it, "starts");
    press(&it, ":30\r");
    expect(&it, "30");
    press(&it, "?");
    expect(&it, "next poll of this task");
    press(&it, "x");
    expect(&it, "quit");
    press(&it, "q");
    expect(&it, "\033[?1049l"); /* the screen from before */
    expect_end(&it, 0);
}

/* tmux and others send the same whatever TERM says. */
static void test_home_and_end_as_keyboards_send_them(void **state)
{
    (void)state;
    static const char *const sent[][2] = {{"\033OH", "\033OF"}, {"\033[H", "\033[F"}, {"\033[1~", "\033[4~"}};
    static const char *const terms[] = {"xterm-256color", "vt100"};
    for (int term = 0; term < 2; term++) {
        struct terminal it;
        open_terminal(&it, terms[term], "C.UTF-8");
        expect(&it, "quit");
        for (int i = 0; i < 3; i++) {
            press(&it, sent[i][0]);
            expect(&it, "Nothing has happened yet");
            press(&it, sent[i][1]);
            expect(&it, "has stopped");
        }
        press(&it, "q");
        expect_end(&it, 0);
    }
}

static void test_another_size_is_drawn_anew(void **state)
{
    (void)state;
    struct terminal it;
    struct winsize size = {.ws_row = 31, .ws_col = 100};
    open_terminal(&it, "xterm-256color", "C.UTF-8");
    expect(&it, "2");
    expect(&it, "quit");
    assert_null(strstr(it.output, "Reactor"));
    press(&it, "");
    assert_int_equal(ioctl(it.fd, TIOCSWINSZ, &size), 0);
    expect(&it, "Reactor");
    size = (struct winsize){.ws_row = 5, .ws_col = 30};
    press(&it, "");
    assert_int_equal(ioctl(it.fd, TIOCSWINSZ, &size), 0);
    expect(&it, "needs 40");
    press(&it, "q");
    expect_end(&it, 0);
}

static void check_signal(int number, const char *keys)
{
    struct terminal it;
    open_terminal(&it, "xterm-256color", "C.UTF-8");
    expect(&it, "quit");
    press(&it, keys);
    if (*keys == '\0')
        assert_int_equal(kill(it.pid, number), 0);
    expect(&it, "\033[?1049l");
    expect_end(&it, 128 + number);
}

static void test_signals_leave_the_terminal_as_it_was(void **state)
{
    (void)state;
    check_signal(SIGINT, "\003"); /* Ctrl-C */
    check_signal(SIGTERM, "");
    check_signal(SIGHUP, "");
}

static void test_a_vt100_gets_ascii(void **state)
{
    (void)state;
    struct terminal it;
    open_terminal(&it, "vt100", "C.UTF-8");
    expect(&it, "quit");
    press(&it, ":40\r");
    expect(&it, "NotReady");
    for (size_t i = 0; i < it.used; i++)
        assert_true((unsigned char)it.output[i] < 0x80);
    press(&it, "q");
    expect_end(&it, 0);
}

static void test_playing_reaches_the_end_and_pauses(void **state)
{
    (void)state;
    struct terminal it;
    open_terminal(&it, "xterm-256color", "C.UTF-8");
    expect(&it, "quit");
    press(&it, "++++++ ");
    expect(&it, "plays");
    expect(&it, "paused");
    press(&it, " ");
    expect(&it, "This is the end");
    press(&it, "q");
    expect_end(&it, 0);
}

static void test_an_unknown_terminal_is_told(void **state)
{
    (void)state;
    struct terminal it;
    open_terminal(&it, "no-such-terminal", "C.UTF-8");
    expect(&it, "pollux play: the terminal \"no-such-terminal\" is not known here");
    expect_end(&it, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_move_and_q_quits),
        cmocka_unit_test(test_home_and_end_as_keyboards_send_them),
        cmocka_unit_test(test_another_size_is_drawn_anew),
        cmocka_unit_test(test_signals_leave_the_terminal_as_it_was),
        cmocka_unit_test(test_a_vt100_gets_ascii),
        cmocka_unit_test(test_playing_reaches_the_end_and_pauses),
        cmocka_unit_test(test_an_unknown_terminal_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
