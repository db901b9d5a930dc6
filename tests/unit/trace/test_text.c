/* SPDX-License-Identifier: MIT
 *
 * Texts in the trace: shortened between characters, and whatever they hold, valid JSON in valid UTF-8.
 */
#include "tests/unit/trace/lines.h"

/* ── shortening ───────────────────────────────────────────────────────────────────────────────────────── */

/* Written here once more, as RFC 3629's table has it, not as the library does. */
static bool is_utf8(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        int more = *c < 0x80 ? 0 : *c < 0xc2 ? -1 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : *c < 0xf5 ? 3 : -1;
        uint32_t value = more <= 0 ? *c : *c & (0x3f >> more);
        if (more < 0)
            return false;
        for (int i = 1; i <= more; i++) {
            if ((c[i] & 0xc0) != 0x80)
                return false;
            value = value << 6 | (c[i] & 0x3f);
        }
        if ((more == 2 && value < 0x800) || (more == 3 && value < 0x10000) || value > 0x10ffff ||
            (value >= 0xd800 && value < 0xe000))
            return false;
        c += more + 1;
    }
    return true;
}

static void what_fits_is_left_alone(void **state)
{
    char field[PLX_TEXT_MAX];
    (void)state;
    plx_trace_text(field, "");
    assert_string_equal(field, "");
    plx_trace_text(field, "12345678901234567890123");
    assert_string_equal(field, "12345678901234567890123");
    plx_trace_text(field, "ääääääääää"); /* 20 bytes */
    assert_string_equal(field, "ääääääääää");
}

static void what_is_too_long_keeps_both_ends(void **state)
{
    char field[PLX_TEXT_MAX];
    (void)state;
    plx_trace_text(field, "123456789012345678901234");
    assert_string_equal(field, "1234567890…5678901234");
    plx_trace_text(field, "the beginning, very much in the middle, and the end");
    assert_string_equal(field, "the beginn…nd the end");
}

/* Characters of 1 to 4 bytes, moved along byte by byte: each cut falls on each part of one. */
static void cut_between_characters(void **state)
{
    static const char *const characters[] = {"a", "ä", "€", "😀"};
    (void)state;
    for (int kind = 0; kind < 4; kind++)
        for (int before = 0; before < 8; before++)
            for (int count = 1; count < 40; count++) {
                char text[256] = "", field[PLX_TEXT_MAX + 1];
                memset(text, 'x', (size_t)before);
                for (int i = 0; i < count; i++)
                    strcat(text, characters[kind]);
                strcat(text, "yz");
                memset(field, '#', sizeof field);
                plx_trace_text(field, text);
                assert_int_equal(field[PLX_TEXT_MAX], '#');
                assert_true(strlen(field) < PLX_TEXT_MAX);
                assert_true(is_utf8(field));
                if (strlen(text) < PLX_TEXT_MAX)
                    assert_string_equal(field, text);
                else
                    assert_non_null(strstr(field, "…"));
            }
}

/* What is no UTF-8 to begin with does not lead out of the field or the text. */
static void only_middles_of_characters(void **state)
{
    char text[200], field[PLX_TEXT_MAX];
    (void)state;
    memset(text, 0x80, sizeof text);
    text[sizeof text - 1] = '\0';
    plx_trace_text(field, text);
    assert_string_equal(field, "…");
}

/* ── in the file ──────────────────────────────────────────────────────────────────────────────────────── */

static const char *const texts[] = {
    "plain",
    "",
    "quote \" backslash \\ slash /",
    "\b\f\n\r\t\001\037\177",
    "\033[31mred\033[0m \033]0;title\007",
    "ä € 😀 \xef\xbf\xbd",
    "\xff\xfe cut: \xe2\x82",             /* no UTF-8 at all; a character that was cut */
    "\xc0\xaf \xe0\x80\xaf \xed\xa0\x80", /* overlong forms of a slash; half a surrogate pair */
    "\xf4\x90\x80\x80 \xf8\x88\x80\x80\x80",
    "%s %n {\"ev\":\"lost\"}\\",
};
enum { TEXTS = sizeof texts / sizeof *texts };

static int tell_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < TEXTS; i++) {
        plx_task_name(texts[i]);
        plx_note("%s", texts[i]);
    }
    return 0;
}

static void whatever_it_holds_it_is_json(void **state)
{
    const char *path = trace_path("texts");
    struct plx_runtime *runtime = runtime_of((struct plx_runtime_options){.workers = 1});
    int notes = 0, names = 0;
    uint64_t item;
    (void)state;
    assert_int_equal(plx_trace_start(path), 0);
    assert_int_equal(PLX_BLOCK_ON(runtime, call, call_new(tell_all, NULL), &item), 0);
    plx_runtime_free(runtime);
    plx_trace_stop();
    char *bytes = read_whole(path, NULL);
    assert_true(is_utf8(bytes));
    for (char *c = bytes; *c; c++)
        assert_true((unsigned char)*c >= 0x20 || *c == '\n'); /* nothing that a terminal obeys */
    free(bytes);

    struct lines lines = read_lines(path);
    unlink(path);
    for (int n = 1; n < lines.count; n++) {
        names += is(lines.line[n], "task_name");
        if (!is(lines.line[n], "note"))
            continue;
        if (is_utf8(texts[notes]))
            assert_string_equal(word_in(lines.line[n], "text"), texts[notes]);
        else
            assert_non_null(strstr(word_in(lines.line[n], "text"), "\xef\xbf\xbd"));
        notes++;
    }
    assert_int_equal(notes, TEXTS);
    assert_int_equal(names, TEXTS + 1); /* and its first one, that of its type */
    free_lines(&lines);
}

/* A note may be long. */
static void a_long_note(void **state)
{
    const char *path = trace_path("long");
    char *text = malloc(300001);
    (void)state;
    assert_non_null(text);
    memset(text, 'n', 300000);
    text[300000] = '\0';
    assert_int_equal(plx_trace_start(path), 0);
    for (int i = 0; i < 10; i++)
        plx_note("%s", text);
    plx_trace_stop();
    struct lines lines = read_lines(path);
    unlink(path);
    assert_int_equal(lines.count, 11);
    for (int n = 1; n < lines.count; n++)
        assert_string_equal(word_in(lines.line[n], "text"), text);
    free_lines(&lines);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_left_alone),      cmocka_unit_test(what_is_too_long_keeps_both_ends),
        cmocka_unit_test(cut_between_characters),       cmocka_unit_test(only_middles_of_characters),
        cmocka_unit_test(whatever_it_holds_it_is_json), cmocka_unit_test(a_long_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
