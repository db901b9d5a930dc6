/* SPDX-License-Identifier: MIT
 *
 * The words for items of C's own types. Those of sockets stand with the sockets.
 */
#include "lib/future/item.h"

#include <inttypes.h>
#include <stdio.h>

void plx__print_int(char *text, size_t size, const void *item)
{
    snprintf(text, size, "%d", *(const int *)item);
}

void plx__print_uint64(char *text, size_t size, const void *item)
{
    snprintf(text, size, "%" PRIu64, *(const uint64_t *)item);
}

void plx__print_text(char *text, size_t size, const void *item)
{
    const char *words = *(const char *const *)item;
    snprintf(text, size, "\"%s\"", words ? words : "");
}
