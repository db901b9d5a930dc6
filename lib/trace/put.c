/* SPDX-License-Identifier: MIT
 *
 * Strings in JSON: see put.h.
 */
#include "lib/trace/put.h"

const char plx__digit_pairs[201] = "00010203040506070809101112131415161718192021222324"
                                   "25262728293031323334353637383940414243444546474849"
                                   "50515253545556575859606162636465666768697071727374"
                                   "75767778798081828384858687888990919293949596979899";

/* How many bytes the character at `c` has; 0 when they are no UTF-8 (RFC 3629: no overlong forms, no
 * surrogates). */
static int character_bytes(const unsigned char *c)
{
    int bytes = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;
    for (int i = 1; i < bytes; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    bool wrong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
                 (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f);
    return wrong ? 0 : bytes;
}

static char *put_character(char *at, const unsigned char *c, int bytes)
{
    static const char hex[] = "0123456789abcdef";
    if (*c == '"' || *c == '\\') {
        *at++ = '\\';
        *at++ = (char)*c;
    } else if (*c < 0x20) {
        at = PLX_PUT(at, "\\u00");
        *at++ = hex[*c >> 4];
        *at++ = hex[*c & 15];
    } else {
        at = plx__put_bytes(at, (const char *)c, (size_t)bytes);
    }
    return at;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

char *plx__put_text(char *at, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        while (is_plain(*c))
            *at++ = (char)*c++;
        if (!*c)
            break;
        int bytes = character_bytes(c);
        at = bytes ? put_character(at, c, bytes) : PLX_PUT(at, "\xef\xbf\xbd");
        c += bytes ? bytes : 1;
    }
    return at;
}
