/* SPDX-License-Identifier: MIT
 *
 * Commands for texts, and for numbers, which are texts too.
 */
#ifndef KV_TEXTS_H
#define KV_TEXTS_H

#include "tests/programs/kv/call.h"

/* The options of SET: a life of so many seconds (EX) or milliseconds (PX), only if the key is not there
 * (NX), or is (XX). */
struct set_options {
    int64_t ends_ms;
    bool only_new, only_old;
};

static bool set_options(struct kv_call *call, struct set_options *options)
{
    for (size_t i = 3; i < call->count; i++) {
        bool seconds = option_is(call, i, "ex");
        int64_t time;
        if (option_is(call, i, "nx")) {
            options->only_new = true;
        } else if (option_is(call, i, "xx")) {
            options->only_old = true;
        } else if ((seconds || option_is(call, i, "px")) && i + 1 < call->count) {
            if (!number_of(call, ++i, &time))
                return false;
            if (time <= 0 || __builtin_mul_overflow(time, seconds ? 1000 : 1, &time) ||
                __builtin_add_overflow(time, kv_now_ms(), &options->ends_ms)) {
                kv_say_error(call->out, "ERR this is no time for a key to live");
                return false;
            }
        } else {
            say_syntax(call);
            return false;
        }
    }
    return true;
}

static void do_set(struct kv_call *call)
{
    struct set_options options = {0};
    if (!set_options(call, &options))
        return;
    bool there = (options.only_new || options.only_old) && kv_store_find(call->store, word(call, 1));
    if ((options.only_new && there) || (options.only_old && !there))
        kv_say_none(call->out);
    else if (kv_store_set(call->store, word(call, 1), word(call, 2), options.ends_ms))
        say_ok(call);
    else
        say_no_memory(call);
}

static void do_get(struct kv_call *call)
{
    struct kv_entry *entry;
    if (!find_as(call, 1, KV_TEXT, &entry))
        return;
    if (entry)
        kv_say_text(call->out, kv_blob_text(entry->text));
    else
        kv_say_none(call->out);
}

static void do_strlen(struct kv_call *call)
{
    struct kv_entry *entry;
    if (find_as(call, 1, KV_TEXT, &entry))
        kv_say_number(call->out, entry ? (int64_t)entry->text->size : 0);
}

static void do_mset(struct kv_call *call)
{
    if (call->count % 2 == 0) {
        say_syntax(call);
        return;
    }
    for (size_t i = 1; i < call->count; i += 2)
        if (!kv_store_set(call->store, word(call, i), word(call, i + 1), 0)) {
            say_no_memory(call);
            return;
        }
    say_ok(call);
}

static void do_mget(struct kv_call *call)
{
    kv_say_array(call->out, call->count - 1);
    for (size_t i = 1; i < call->count; i++) {
        struct kv_entry *entry = kv_store_find(call->store, word(call, i));
        if (entry && entry->kind == KV_TEXT)
            kv_say_text(call->out, kv_blob_text(entry->text));
        else
            kv_say_none(call->out);
    }
}

/* Adds to the number that the text is; it keeps the end of its life. */
static void add(struct kv_call *call, int64_t more)
{
    char digits[24];
    int64_t number = 0;
    struct kv_entry *entry;
    if (!find_as(call, 1, KV_TEXT, &entry))
        return;
    if (entry && text_number(kv_blob_text(entry->text), &number)) {
        kv_say_error(call->out, "ERR the key holds no whole number");
        return;
    }
    if (__builtin_add_overflow(number, more, &number)) {
        kv_say_error(call->out, "ERR the sum would not fit into 64 bits");
        return;
    }
    snprintf(digits, sizeof digits, "%" PRId64, number);
    if (kv_store_set(call->store, word(call, 1), text_of(digits), entry ? entry->ends_ms : 0))
        kv_say_number(call->out, number);
    else
        say_no_memory(call);
}

static void do_incr(struct kv_call *call)
{
    add(call, 1);
}

static void do_decr(struct kv_call *call)
{
    add(call, -1);
}

static void do_incrby(struct kv_call *call)
{
    int64_t more;
    if (number_of(call, 2, &more))
        add(call, more);
}

#endif
