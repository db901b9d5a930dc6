/* SPDX-License-Identifier: MIT
 *
 * Text from strangers becomes harmless.
 */
#include "traces.h"

#include "viz/trace/text.h"

static void expect(const char *in, size_t length, const char *out)
{
    char clean[256];
    size_t got = plx_clean_text(in, length, clean, sizeof(clean));
    assert_string_equal(clean, out);
    assert_int_equal(got, strlen(out));
    assert_true(got <= PLX_CLEAN_SIZE(length));
}

#define EXPECT(in, out) expect(in, sizeof(in) - 1, out)

static void good_text_stays(void **state)
{
    (void)state;
    EXPECT("", "");
    EXPECT("read_exact 4 of 10", "read_exact 4 of 10");
    EXPECT("Jürgen → 深入浅出 ✓ 🔄", "Jürgen → 深入浅出 ✓ 🔄");
    EXPECT("\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd"); /* U+10FFFD, the last character but two */
}

static void controls_become_pictures(void **state)
{
    (void)state;
    EXPECT("\x1b[31mred\x07", "␛[31mred␇");
    EXPECT("a\0b", "a␀b");
    EXPECT("rub\x7f", "rub␡");
    EXPECT("two\nlines\tand\rmore", "two lines and more");
}

static void what_steers_is_replaced(void **state)
{
    (void)state;
    EXPECT("\xc2\x9b"
           "31m",
           "�31m"); /* C1 CSI */
    EXPECT("abc\xe2\x80\xae"
           "def",
           "abc�def");               /* right-to-left override */
    EXPECT("a\xe2\x81\xa6z", "a�z"); /* left-to-right isolate */
    EXPECT("a\xe2\x80\x8bz", "a�z"); /* zero width space */
    EXPECT("a\xe2\x80\xa8z", "a�z"); /* line separator */
    EXPECT("\xef\xbb\xbf", "�");     /* byte order mark */
    EXPECT("\xf3\xa0\x81\x81", "�"); /* tag character */
    EXPECT("\xef\xbf\xbf", "�");     /* noncharacter */
}

static void broken_utf8_is_replaced(void **state)
{
    (void)state;
    EXPECT("\xff\xfe", "��");
    EXPECT("a\x80z", "a�z");
    EXPECT("\xc0\xaf", "��");           /* overlong */
    EXPECT("\xe0\x80\xaf", "���");      /* overlong */
    EXPECT("\xed\xa0\x80", "���");      /* surrogate */
    EXPECT("\xf4\x90\x80\x80", "����"); /* beyond U+10FFFF */
    EXPECT("end\xe2\x82", "end��");     /* cut off */
}

static void long_text_is_cut_between_characters(void **state)
{
    (void)state;
    char out[6];
    assert_int_equal(plx_clean_text("ab→→", 8, out, sizeof(out)), 5);
    assert_string_equal(out, "ab→");
    assert_int_equal(plx_clean_text("abc→", 6, out, sizeof(out)), 3);
    assert_string_equal(out, "abc");
    assert_int_equal(plx_clean_text("abc", 3, out, 1), 0);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_stays),
        cmocka_unit_test(controls_become_pictures),
        cmocka_unit_test(what_steers_is_replaced),
        cmocka_unit_test(broken_utf8_is_replaced),
        cmocka_unit_test(long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
