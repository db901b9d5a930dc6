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
struct plx_stream;
struct plx_slice;
struct plx_unix_incoming_item;
struct plx_datagram;
struct plx_received;
struct plx_addresses;
struct plx_permit;
struct plx_file;
struct plx_file_number;
struct plx_file_stat_item;
struct plx_file_pair;
struct plx_metadata;
struct plx_path;
struct plx_bytes;
struct plx_temp_named_item;
struct plx_temp_dir_item;
struct plx_exit_status;
struct plx_output_item;

void plx__print_int(char *text, size_t size, const void *item);
void plx__print_uint64(char *text, size_t size, const void *item);
void plx__print_text(char *text, size_t size, const void *item);
void plx__print_tcp_stream(char *text, size_t size, const void *item);
void plx__drop_tcp_stream(void *item);
void plx__print_read_some(char *text, size_t size, const void *item);
void plx__drop_read_some(void *item);
void plx__print_tcp_incoming(char *text, size_t size, const void *item);
void plx__drop_tcp_incoming(void *item);
void plx__print_stream(char *text, size_t size, const void *item);
void plx__drop_stream(void *item);
void plx__print_slice(char *text, size_t size, const void *item);
void plx__print_unix_incoming(char *text, size_t size, const void *item);
void plx__drop_unix_incoming(void *item);
void plx__print_datagram(char *text, size_t size, const void *item);
void plx__drop_datagram(void *item);
void plx__print_received(char *text, size_t size, const void *item);
void plx__print_addresses(char *text, size_t size, const void *item);
void plx__print_permit(char *text, size_t size, const void *item);
void plx__drop_permit(void *item);
void plx__print_bytes(char *text, size_t size, const void *item);
void plx__print_file(char *text, size_t size, const void *item);
void plx__print_file_number(char *text, size_t size, const void *item);
void plx__print_metadata(char *text, size_t size, const void *item);
void plx__print_path(char *text, size_t size, const void *item);
void plx__print_temp_dir(char *text, size_t size, const void *item);
void plx__print_temp_named(char *text, size_t size, const void *item);
void plx__drop_bytes(void *item);
void plx__drop_file(void *item);
void plx__drop_file_pair(void *item);
void plx__drop_path(void *item);
void plx__drop_temp_dir(void *item);
void plx__drop_temp_named(void *item);
void plx__print_exit_status(char *text, size_t size, const void *item);
void plx__print_output(char *text, size_t size, const void *item);
void plx__drop_output(void *item);

/* Constants that every compiler sees, so that a call through them becomes a direct call, or none. */
#define PLX__TRAITS static const struct plx_item_traits __attribute__((unused))
PLX__TRAITS plx_item_plain = {NULL, NULL}; /* neither */
PLX__TRAITS plx_item_int = {plx__print_int, NULL};
PLX__TRAITS plx_item_uint64 = {plx__print_uint64, NULL};
PLX__TRAITS plx_item_text = {plx__print_text, NULL};
PLX__TRAITS plx_item_tcp_stream = {plx__print_tcp_stream, plx__drop_tcp_stream};
PLX__TRAITS plx_item_read_some = {plx__print_read_some, plx__drop_read_some};
PLX__TRAITS plx_item_tcp_incoming = {plx__print_tcp_incoming, plx__drop_tcp_incoming};
PLX__TRAITS plx_item_stream = {plx__print_stream, plx__drop_stream};
PLX__TRAITS plx_item_slice = {plx__print_slice, NULL};
PLX__TRAITS plx_item_unix_incoming = {plx__print_unix_incoming, plx__drop_unix_incoming};
PLX__TRAITS plx_item_datagram = {plx__print_datagram, plx__drop_datagram};
PLX__TRAITS plx_item_received = {plx__print_received, NULL};
PLX__TRAITS plx_item_addresses = {plx__print_addresses, NULL};
PLX__TRAITS plx_item_permit = {plx__print_permit, plx__drop_permit};
PLX__TRAITS plx_item_file = {plx__print_file, plx__drop_file};
PLX__TRAITS plx_item_file_number = {plx__print_file_number, plx__drop_file};
PLX__TRAITS plx_item_file_stat = {plx__print_file, plx__drop_file};
PLX__TRAITS plx_item_file_pair = {plx__print_file, plx__drop_file_pair};
PLX__TRAITS plx_item_metadata = {plx__print_metadata, NULL};
PLX__TRAITS plx_item_path = {plx__print_path, plx__drop_path};
PLX__TRAITS plx_item_bytes = {plx__print_bytes, plx__drop_bytes};
PLX__TRAITS plx_item_temp_named = {plx__print_temp_named, plx__drop_temp_named};
PLX__TRAITS plx_item_temp_dir = {plx__print_temp_dir, plx__drop_temp_dir};
PLX__TRAITS plx_item_exit_status = {plx__print_exit_status, NULL};
PLX__TRAITS plx_item_output = {plx__print_output, plx__drop_output};

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
        struct plx_stream *: &plx_item_stream,                                                               \
        struct plx_slice *: &plx_item_slice,                                                                 \
        struct plx_unix_incoming_item *: &plx_item_unix_incoming,                                            \
        struct plx_datagram *: &plx_item_datagram,                                                           \
        struct plx_received *: &plx_item_received,                                                           \
        struct plx_addresses *: &plx_item_addresses,                                                         \
        struct plx_permit *: &plx_item_permit,                                                               \
        struct plx_file *: &plx_item_file,                                                                   \
        struct plx_file_number *: &plx_item_file_number,                                                     \
        struct plx_file_stat_item *: &plx_item_file_stat,                                                    \
        struct plx_file_pair *: &plx_item_file_pair,                                                         \
        struct plx_metadata *: &plx_item_metadata,                                                           \
        struct plx_path *: &plx_item_path,                                                                   \
        struct plx_bytes *: &plx_item_bytes,                                                                 \
        struct plx_temp_named_item *: &plx_item_temp_named,                                                  \
        struct plx_temp_dir_item *: &plx_item_temp_dir,                                                      \
        struct plx_exit_status *: &plx_item_exit_status,                                                     \
        struct plx_output_item *: &plx_item_output,                                                          \
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
