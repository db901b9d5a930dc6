/* SPDX-License-Identifier: MIT
 *
 * Addresses in words and back, good ones and bad ones.
 */
#include "tests/support/futures.h"

#include <errno.h>

static void there_and_back(void **state)
{
    static const char *const good[] = {
        "127.0.0.1:6142",
        "0.0.0.0:0",
        "255.255.255.255:65535",
        "[::1]:80",
        "[::]:65535",
        "[2001:db8::ff00:42:8329]:443",
        "[::ffff:10.0.0.1]:1",
    };
    struct plx_address address;
    char text[PLX_ADDRESS_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(plx_address_parse(good[i], &address), 0);
        assert_string_equal(plx_address_text(&address, text), good[i]);
    }
}

static void ports(void **state)
{
    struct plx_address address;
    (void)state;
    assert_int_equal(plx_address_parse("1.2.3.4:6142", &address), 0);
    assert_int_equal(plx_address_port(&address), 6142);
    assert_int_equal(plx_address_parse("[::1]:443", &address), 0);
    assert_int_equal(plx_address_port(&address), 443);
    assert_int_equal(plx_address_port(&(struct plx_address){0}), 0);
}

static void bad_ones(void **state)
{
    static const char *const bad[] = {
        "",
        ":",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "1.2.3.4: 5",
        "1.2.3.4:+5",
        "1.2.3.4:5 ",
        "1.2.3.4:0x10",
        "1.2.3.4:5:6",
        "1.2.3:80",
        "256.0.0.1:80",
        "1.2.3.4.5:",
        "localhost:80",
        " 1.2.3.4:80",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1:80",
        "::1]:80",
        "[:80",
        "[]:80",
        "[1.2.3.4]:80",
        "[::1%lo]:80",
        "[::g]:80",
        "[[::1]]:80",
        "99999999999999999999:99999999999999999999",
        "1.2.3.4:99999999999999999999999999",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1",
    };
    struct plx_address address;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (plx_address_parse(bad[i], &address) != -EINVAL)
            fail_msg("\"%s\" was taken for an address", bad[i]);
}

/* The longest there is fits; one of no known family has words, too. */
static void odd_ones(void **state)
{
    struct plx_address address;
    char text[PLX_ADDRESS_TEXT_MAX];
    (void)state;
    assert_int_equal(plx_address_parse("[2001:db8:1111:2222:3333:4444:5555:6666]:65535", &address), 0);
    assert_string_equal(plx_address_text(&address, text), "[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
    assert_string_equal(plx_address_text(&(struct plx_address){0}, text), "?:0");
}

static void unix_ones(void **state)
{
    const char *good[] = {"/tmp/socket", "relative", "@abstract", "@"};
    struct plx_address address;
    char text[PLX_ADDRESS_TEXT_MAX], long_one[200];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(plx_address_unix(good[i], &address), 0);
        assert_string_equal(plx_address_text(&address, text), good[i]);
        assert_int_equal(plx_address_port(&address), 0);
    }
    assert_int_equal(plx_address_unix("", &address), -EINVAL);
    memset(long_one, 'x', sizeof long_one);
    long_one[107] = '\0';
    assert_int_equal(plx_address_unix(long_one, &address), 0);
    assert_string_equal(plx_address_text(&address, text), long_one);
    long_one[107] = 'x';
    long_one[108] = '\0';
    assert_int_equal(plx_address_unix(long_one, &address), -ENAMETOOLONG);
    address = (struct plx_address){.storage = {.ss_family = AF_UNIX}, .length = sizeof(sa_family_t)};
    assert_string_equal(plx_address_text(&address, text), "unnamed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back), cmocka_unit_test(ports),     cmocka_unit_test(bad_ones),
        cmocka_unit_test(odd_ones),       cmocka_unit_test(unix_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
