/* SPDX-License-Identifier: MIT
 *
 * ncurses, see screen.h. The whole canvas is written to the window each time; ncurses finds out what has
 * changed and sends no more than that.
 */
#define NCURSES_WIDECHAR 1
#include "viz/tui/screen.h"

#include "viz/tui/glyph.h"
#include "viz/tui/player.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ESCAPE_MS 25 /* how long an escape may be the beginning of a key's sequence */

#ifdef __SANITIZE_ADDRESS__
/* What newterm keeps until the process ends is no leak of ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:new_prescr\n";
}
#endif

/* Terminals that know nothing of UTF-8, whatever the locale says, and one whose font lacks the signs. */
bool plx_screen_unicode(const char *term)
{
    static const char *const poor[] = {"vt1",  "vt2",  "vt3", "vt4",    "vt5",
                                       "ansi", "dumb", "sun", "cons25", "linux"};
    for (size_t i = 0; i < sizeof poor / sizeof *poor; i++)
        if (term == NULL || strncmp(term, poor[i], strlen(poor[i])) == 0)
            return false;
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* What keyboards send for these keys, beside what terminfo says of this terminal: inside tmux, with
 * TERM=xterm, Home comes as ESC [ 1 ~, which would be read as the three keys ESC, [ and 1. */
static void learn_keys(void)
{
    static const struct {
        const char *sent;
        int key;
    } keys[] = {
        {"\033[A", KEY_UP},     {"\033[B", KEY_DOWN},   {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT},
        {"\033OA", KEY_UP},     {"\033OB", KEY_DOWN},   {"\033OC", KEY_RIGHT}, {"\033OD", KEY_LEFT},
        {"\033[H", KEY_HOME},   {"\033[F", KEY_END},    {"\033OH", KEY_HOME},  {"\033OF", KEY_END},
        {"\033[1~", KEY_HOME},  {"\033[4~", KEY_END},   {"\033[7~", KEY_HOME}, {"\033[8~", KEY_END},
        {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE}, {"\033[2~", KEY_IC},   {"\033[3~", KEY_DC},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (key_defined(keys[i].sent) == 0)
            define_key(keys[i].sent, keys[i].key);
}

static int colours_of_terminal(const struct plx_screen_options *options)
{
    const char *no_colour = getenv("NO_COLOR");
    if (options->no_colour || (no_colour != NULL && *no_colour != '\0') || !has_colors())
        return 0;
    start_color();
    use_default_colors();
    return COLORS;
}

int plx_screen_init(struct plx_screen *screen, FILE *out, FILE *in, const struct plx_screen_options *options)
{
    memset(screen, 0, sizeof *screen);
    screen->in = fileno(in);
    screen->ascii = options->ascii || !plx_screen_unicode(getenv("TERM"));
    screen->terminal = newterm(NULL, out, in);
    if (screen->terminal == NULL)
        return -ENOTSUP;
    screen->colours = colours_of_terminal(options);
    set_escdelay(ESCAPE_MS);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    learn_keys();
    intrflush(stdscr, FALSE);
    curs_set(0);
    return 0;
}

void plx_screen_done(struct plx_screen *screen)
{
    if (screen->terminal == NULL)
        return;
    curs_set(1);
    endwin();
    delscreen(screen->terminal);
    screen->terminal = NULL;
}

void plx_screen_size(const struct plx_screen *screen, int *w, int *h)
{
    (void)screen;
    getmaxyx(stdscr, *h, *w);
}

/* The terminal's number of a colour. A palette is not changed: many terminals would keep it after the end. */
static int colour_number(const struct plx_screen *screen, int rgb)
{
    if (rgb == PLX_COLOUR_DEFAULT)
        return -1;
    if (screen->colours > 256)
        return rgb; /* direct colour */
    return screen->colours == 256 ? plx_glyph_colour_256(rgb) : plx_glyph_colour_8(rgb);
}

/* The pair of these colours, made when it is first needed; 0, the terminal's own, when there are no more. */
static int pair_of(struct plx_screen *screen, struct plx_paint paint)
{
    if (paint.fore == PLX_COLOUR_DEFAULT && paint.back == PLX_COLOUR_DEFAULT)
        return 0;
    for (int i = 0; i < screen->pairs; i++)
        if (screen->pair[i].fore == paint.fore && screen->pair[i].back == paint.back)
            return i + 1;
    if (screen->pairs == (int)(sizeof screen->pair / sizeof *screen->pair) ||
        screen->pairs + 1 >= COLOR_PAIRS)
        return 0;
    int fore = colour_number(screen, paint.fore), back = colour_number(screen, paint.back);
    if (init_extended_pair(screen->pairs + 1, fore, back) == ERR)
        return 0;
    screen->pair[screen->pairs].fore = paint.fore;
    screen->pair[screen->pairs].back = paint.back;
    return ++screen->pairs;
}

static attr_t attrs_of(int attrs)
{
    return (attrs & PLX_ATTR_BOLD ? A_BOLD : A_NORMAL) | (attrs & PLX_ATTR_DIM ? A_DIM : A_NORMAL) |
           (attrs & PLX_ATTR_UNDERLINE ? A_UNDERLINE : A_NORMAL) |
           (attrs & PLX_ATTR_REVERSE ? A_REVERSE : A_NORMAL);
}

static chtype line_drawing(int sides)
{
    switch (sides) {
    case PLX_SIDE_LEFT | PLX_SIDE_RIGHT:
        return ACS_HLINE;
    case PLX_SIDE_UP | PLX_SIDE_DOWN:
        return ACS_VLINE;
    case PLX_SIDE_RIGHT | PLX_SIDE_DOWN:
        return ACS_ULCORNER;
    case PLX_SIDE_LEFT | PLX_SIDE_DOWN:
        return ACS_URCORNER;
    case PLX_SIDE_RIGHT | PLX_SIDE_UP:
        return ACS_LLCORNER;
    default:
        return ACS_LRCORNER;
    }
}

static void show_ascii(int x, int y, const struct plx_cell *cell, attr_t attrs, int pair)
{
    int sides = plx_glyph_border(cell);
    chtype c = sides != 0 ? line_drawing(sides) : (chtype)(unsigned char)plx_glyph_ascii(cell);
    if (plx_glyph_heavy(cell))
        attrs |= A_BOLD;
    mvaddch(y, x, c | attrs | (chtype)COLOR_PAIR(pair));
}

static void show_unicode(int x, int y, const struct plx_cell *cell, attr_t attrs, int pair)
{
    wchar_t wide[PLX_CELL_BYTES] = {0};
    cchar_t c;
    size_t length = mbstowcs(wide, cell->text, PLX_CELL_BYTES - 1);
    if (length == (size_t)-1 || length == 0 || setcchar(&c, wide, attrs, (short)pair, NULL) == ERR)
        setcchar(&c, L"?", attrs, (short)pair, NULL);
    mvadd_wch(y, x, &c);
}

void plx_screen_show(struct plx_screen *screen, const struct plx_canvas *canvas)
{
    erase();
    for (int y = 0; y < canvas->h; y++)
        for (int x = 0; x < canvas->w; x++) {
            const struct plx_cell *cell = plx_canvas_at(canvas, x, y);
            struct plx_paint paint = screen->colours > 0 ? plx_glyph_paint(cell->style)
                                                         : plx_glyph_plain(cell->style);
            int pair = screen->colours > 0 ? pair_of(screen, paint) : 0;
            if (screen->ascii)
                show_ascii(x, y, cell, attrs_of(paint.attrs), pair);
            else if (cell->width > 0)
                show_unicode(x, y, cell, attrs_of(paint.attrs), pair);
        }
    refresh();
}

static uint32_t special_key(wint_t key)
{
    static const struct {
        wint_t theirs;
        uint32_t ours;
    } keys[] = {
        {KEY_RIGHT, PLX_KEY_RIGHT},         {KEY_LEFT, PLX_KEY_LEFT},
        {KEY_DOWN, PLX_KEY_DOWN},           {KEY_UP, PLX_KEY_UP},
        {KEY_HOME, PLX_KEY_HOME},           {KEY_END, PLX_KEY_END},
        {KEY_NPAGE, PLX_KEY_PAGE_DOWN},     {KEY_PPAGE, PLX_KEY_PAGE_UP},
        {KEY_BTAB, PLX_KEY_BACK_TAB},       {KEY_ENTER, '\r'},
        {KEY_BACKSPACE, PLX_KEY_BACKSPACE}, {KEY_RESIZE, PLX_SCREEN_RESIZED},
        {KEY_FIND, PLX_KEY_HOME},           {KEY_SELECT, PLX_KEY_END},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].theirs == key)
            return keys[i].ours;
    return 0;
}

/* A terminal that was closed gives no key at once, again and again. */
static bool has_ended(const struct plx_screen *screen)
{
    struct pollfd in = {.fd = screen->in, .events = POLLIN};
    return poll(&in, 1, 0) > 0 && (in.revents & (POLLHUP | POLLERR | POLLNVAL));
}

uint32_t plx_screen_key(struct plx_screen *screen, int wait_ms)
{
    wint_t key;
    timeout(wait_ms);
    int kind = get_wch(&key);
    if (kind == ERR)
        return has_ended(screen) ? PLX_SCREEN_GONE : 0;
    if (kind == KEY_CODE_YES)
        return special_key(key);
    if (key == '\f') { /* Ctrl-L, for a screen that others have written on */
        clearok(curscr, TRUE);
        return PLX_SCREEN_RESIZED;
    }
    return (uint32_t)key;
}
