/* SPDX-License-Identifier: MIT
 *
 * Bytes of JSON: numbers, strings, constants, put one after the other into memory that has room for them.
 *
 * Each function takes the place where to put something and returns the place behind it; the caller has made
 * sure of the room, once a line. fprintf reads its format anew each time; here keys are copied with a
 * length that the compiler knows, and numbers are made two digits at a time, which is some four times as
 * fast.
 */
#ifndef PLX_TRACE_PUT_H
#define PLX_TRACE_PUT_H

#include "lib/base.h"

#include <string.h>

/* The most that these leave behind `at`, the bytes that plx__put_number writes and does not count included.
 * */
enum { PLX_NUMBER_ROOM = 32 };

/* A constant. */
#define PLX_PUT(at, literal) ((char *)memcpy((at), (literal), sizeof(literal) - 1) + sizeof(literal) - 1)

extern const char plx__digit_pairs[201]; /* 00 to 99 */

PLX_INLINE char *plx__put_pair(char *at, uint64_t number)
{
    memcpy(at, &plx__digit_pairs[2 * number], 2);
    return at + 2;
}

/* Most are short: what is left is made from its end, and copied with a length that is known. */
PLX_INLINE char *plx__put_number(char *at, uint64_t number)
{
    char digits[2 * PLX_NUMBER_ROOM], *first = digits + PLX_NUMBER_ROOM;
    if (number < 10) {
        *at = (char)('0' + number);
        return at + 1;
    }
    for (; number >= 100; number /= 100)
        plx__put_pair(first -= 2, number % 100);
    if (number >= 10)
        plx__put_pair(first -= 2, number);
    else
        *--first = (char)('0' + number);
    memcpy(at, first, 20);
    return at + (digits + PLX_NUMBER_ROOM - first);
}

PLX_INLINE char *plx__put_signed(char *at, int64_t number)
{
    if (number < 0)
        *at++ = '-';
    return plx__put_number(at, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

PLX_INLINE char *plx__put_bytes(char *at, const char *bytes, size_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

/* What is between the quotes of a string. JSON is UTF-8; a byte that is not (a text that was cut, a name from
 * elsewhere) is shown as U+FFFD. At most 6 bytes for each. */
char *plx__put_text(char *at, const char *text);

#endif
