/* SPDX-License-Identifier: MIT
 *
 * Items: what a future is ready with, and the two things that code which does not know their type must do to
 * them: say them in words for the trace ("Ready(Sock 7)"), and drop them when nobody takes them.
 *
 * The traits of a C type are found by _Generic. Items that own nothing and have no words need none. For a
 * type of your own, define PLX_USER_ITEMS before the first include of pollux.h:
 *
 *     struct reply;
 *     extern const struct plx_item_traits reply_traits;
 *     #define PLX_USER_ITEMS struct reply * : &reply_traits,
 */
#ifndef PLX_FUTURE_ITEM_H
#define PLX_FUTURE_ITEM_H

#include "lib/base.h"

struct plx_item_traits {
    void (*print)(char *text, size_t size, const void *item); /* NULL: has no words */
    void (*drop)(void *item);                                 /* NULL: owns nothing */
};

struct plx_tcp_stream;
struct plx_read_some_item;
struct plx_tcp_incoming_item;

void plx__print_int(char *text, size_t size, const void *item);
void plx__print_uint64(char *text, size_t size, const void *item);
void plx__print_text(char *text, size_t size, const void *item);
void plx__print_tcp_stream(char *text, size_t size, const void *item);
void plx__drop_tcp_stream(void *item);
void plx__print_read_some(char *text, size_t size, const void *item);
void plx__drop_read_some(void *item);
void plx__print_tcp_incoming(char *text, size_t size, const void *item);
void plx__drop_tcp_incoming(void *item);

/* Constants that every compiler sees, so that a call through them becomes a direct call, or none. */
#define PLX__TRAITS static const struct plx_item_traits __attribute__((unused))
PLX__TRAITS plx_item_plain = {NULL, NULL}; /* neither */
PLX__TRAITS plx_item_int = {plx__print_int, NULL};
PLX__TRAITS plx_item_uint64 = {plx__print_uint64, NULL};
PLX__TRAITS plx_item_text = {plx__print_text, NULL};
PLX__TRAITS plx_item_tcp_stream = {plx__print_tcp_stream, plx__drop_tcp_stream};
PLX__TRAITS plx_item_read_some = {plx__print_read_some, plx__drop_read_some};
PLX__TRAITS plx_item_tcp_incoming = {plx__print_tcp_incoming, plx__drop_tcp_incoming};

#ifndef PLX_USER_ITEMS
#define PLX_USER_ITEMS
#endif

/* clang-format off */
#define PLX_ITEM_TRAITS(type)                                                                                \
    _Generic((type *)0,                                                                                      \
        int *: &plx_item_int,                                                                                \
        uint64_t *: &plx_item_uint64,                                                                        \
        const char **: &plx_item_text,                                                                       \
        struct plx_tcp_stream *: &plx_item_tcp_stream,                                                       \
        struct plx_read_some_item *: &plx_item_read_some,                                                    \
        struct plx_tcp_incoming_item *: &plx_item_tcp_incoming,                                              \
        PLX_USER_ITEMS                                                                                       \
        default: &plx_item_plain)
/* clang-format on */

/* The traits of T's item: found by its type, or the same as those of the future whose item it hands on. */
#define PLX__ITEM_OF(T, type)                                                                                \
    PLX_BODY const struct plx_item_traits *T##__traits(void)                                                 \
    {                                                                                                        \
        return PLX_ITEM_TRAITS(type);                                                                        \
    }

#define PLX__ITEM_AS(T, A)                                                                                   \
    typedef A##_item T##_item;                                                                               \
    PLX_BODY const struct plx_item_traits *T##__traits(void)                                                 \
    {                                                                                                        \
        return A##__traits();                                                                                \
    }

PLX_BODY void plx_item_drop(const struct plx_item_traits *traits, void *item)
{
    if (traits->drop)
        traits->drop(item);
}

#endif
