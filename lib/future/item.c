/* SPDX-License-Identifier: MIT
 *
 * The words for items of C's own types. Those of sockets stand with the sockets.
 */
#include "lib/future/item.h"

#include <inttypes.h>
#include <stdio.h>

static void print_int(char *text, size_t size, const void *item)
{
    snprintf(text, size, "%d", *(const int *)item);
}

static void print_uint64(char *text, size_t size, const void *item)
{
    snprintf(text, size, "%" PRIu64, *(const uint64_t *)item);
}

static void print_text(char *text, size_t size, const void *item)
{
    const char *words = *(const char *const *)item;
    snprintf(text, size, "\"%s\"", words ? words : "");
}

const struct plx_item_traits plx_item_plain = {NULL, NULL};
const struct plx_item_traits plx_item_int = {print_int, NULL};
const struct plx_item_traits plx_item_uint64 = {print_uint64, NULL};
const struct plx_item_traits plx_item_text = {print_text, NULL};
