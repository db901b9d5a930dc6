/* SPDX-License-Identifier: MIT
 *
 * Commands for keys, whatever they hold: their lives, and what there is.
 */
#ifndef KV_KEYS_H
#define KV_KEYS_H

#include "tests/programs/kv/call.h"

#include <fnmatch.h>

static void do_del(struct kv_call *call)
{
    int64_t removed = 0;
    for (size_t i = 1; i < call->count; i++)
        removed += kv_store_remove(call->store, word(call, i));
    kv_say_number(call->out, removed);
}

static void do_exists(struct kv_call *call)
{
    int64_t there = 0;
    for (size_t i = 1; i < call->count; i++)
        there += kv_store_find(call->store, word(call, i)) != NULL;
    kv_say_number(call->out, there);
}

static void do_type(struct kv_call *call)
{
    struct kv_entry *entry = kv_store_find(call->store, word(call, 1));
    kv_say_word(call->out, !entry ? "none" : entry->kind == KV_TEXT ? "string" : "list");
}

/* `unit` is a thousand for seconds. A time that has passed removes the key. */
static void expire(struct kv_call *call, int64_t unit)
{
    int64_t time, ms;
    if (!number_of(call, 2, &time))
        return;
    struct kv_entry *entry = kv_store_find(call->store, word(call, 1));
    if (__builtin_mul_overflow(time, unit, &ms) || __builtin_add_overflow(ms, kv_now_ms(), &ms)) {
        kv_say_error(call->out, "ERR this is too far away");
        return;
    }
    if (entry && time <= 0)
        kv_store_remove(call->store, word(call, 1));
    else if (entry)
        entry->ends_ms = ms;
    kv_say_number(call->out, entry != NULL);
}

static void do_expire(struct kv_call *call)
{
    expire(call, 1000);
}

static void do_pexpire(struct kv_call *call)
{
    expire(call, 1);
}

static void do_persist(struct kv_call *call)
{
    struct kv_entry *entry = kv_store_find(call->store, word(call, 1));
    kv_say_number(call->out, entry && entry->ends_ms);
    if (entry)
        entry->ends_ms = 0;
}

/* -2: no such key, -1: it lives for ever; else what is left, rounded up. */
static void say_time_left(struct kv_call *call, int64_t unit)
{
    struct kv_entry *entry = kv_store_find(call->store, word(call, 1));
    if (!entry || !entry->ends_ms)
        kv_say_number(call->out, entry ? -1 : -2);
    else
        kv_say_number(call->out, (entry->ends_ms - kv_now_ms() + unit - 1) / unit);
}

static void do_ttl(struct kv_call *call)
{
    say_time_left(call, 1000);
}

static void do_pttl(struct kv_call *call)
{
    say_time_left(call, 1);
}

struct keys_found {
    const char *pattern;
    size_t count;
    struct buffer out;
};

static void look_at_key(struct kv_entry *entry, void *arg)
{
    struct keys_found *found = arg;
    if (kv_entry_is_over(entry) || fnmatch(found->pattern, entry->key.bytes, 0) != 0)
        return;
    found->count++;
    kv_say_text(&found->out, entry->key);
}

static void do_keys(struct kv_call *call)
{
    struct kv_blob *pattern = kv_blob_new(word(call, 1));
    struct keys_found found = {.pattern = pattern ? pattern->bytes : NULL};
    for (int i = 0; pattern && i < KV_SHARDS; i++)
        kv_shard_each(&call->store->shards[i], look_at_key, &found);
    if (!pattern || found.out.no_memory) {
        say_no_memory(call);
    } else {
        kv_say_array(call->out, found.count);
        buffer_add(call->out, found.out.bytes, found.out.size);
    }
    buffer_free(&found.out);
    free(pattern);
}

static size_t keys_in(const struct kv_store *store)
{
    size_t count = 0;
    for (int i = 0; i < KV_SHARDS; i++)
        count += store->shards[i].count;
    return count;
}

static void do_dbsize(struct kv_call *call)
{
    kv_say_number(call->out, (int64_t)keys_in(call->store));
}

static void do_flush(struct kv_call *call)
{
    for (int i = 0; i < KV_SHARDS; i++)
        kv_shard_clear(&call->store->shards[i]);
    say_ok(call);
}

static void do_info(struct kv_call *call)
{
    char text[256];
    snprintf(text, sizeof text,
             "# Server\r\nserver:a lesson of Pollux, no Redis\r\nprotocol:RESP 2\r\n"
             "# Keyspace\r\ndb0:keys=%zu\r\n",
             keys_in(call->store));
    kv_say_text(call->out, text_of(text));
}

#endif
