/* SPDX-License-Identifier: MIT
 *
 * What the commands do. The table at the end says for each its name, how many words it has, where its keys stand
 * (so that their shards can be locked), and its function. A function sees its words and the store, and says
 * its answer: exactly one.
 *
 * The commands and their answers are those of Redis: https://redis.io/docs/latest/commands/
 */
#ifndef KV_COMMANDS_H
#define KV_COMMANDS_H

#include "tests/programs/kv/protocol.h"
#include "tests/programs/kv/storage.h"

#include <fnmatch.h>

struct kv_call {
    struct kv_store *store;
    const char *bytes;           /* of the command */
    const struct kv_span *words; /* in them; the first is the command's name */
    size_t count;
    struct buffer *out;
    bool quit; /* the client wants to go */
};

static struct text word(const struct kv_call *call, size_t i)
{
    return (struct text){call->bytes + call->words[i].from, call->words[i].size};
}

static bool option_is(const struct kv_call *call, size_t i, const char *name)
{
    return i < call->count && text_is(word(call, i), name);
}

/* ── what several of them say ─────────────────────────────────────────────────────────────────────── */

static void say_ok(struct kv_call *call)
{
    kv_say_word(call->out, "OK");
}

static void say_no_memory(struct kv_call *call)
{
    kv_say_error(call->out, "OOM there is no memory for this");
}

static void say_syntax(struct kv_call *call)
{
    kv_say_error(call->out, "ERR this command does not go like this");
}

static bool number_of(struct kv_call *call, size_t i, int64_t *number)
{
    if (text_number(word(call, i), number) == 0)
        return true;
    kv_say_error(call->out, "ERR a whole number of at most 64 bits is needed here");
    return false;
}

/* The entry of key i, or NULL. false: it is there, but is something else, and the client has been told. */
static bool find_as(struct kv_call *call, size_t i, enum kv_kind kind, struct kv_entry **entry)
{
    *entry = kv_store_find(call->store, word(call, i));
    if (!*entry || (*entry)->kind == kind)
        return true;
    kv_say_error(call->out, "WRONGTYPE the key holds %s", kind == KV_TEXT ? "a list" : "a text, not a list");
    return false;
}

/* ── the connection ───────────────────────────────────────────────────────────────────────────────── */

static void do_ping(struct kv_call *call)
{
    if (call->count == 2)
        kv_say_text(call->out, word(call, 1));
    else
        kv_say_word(call->out, "PONG");
}

static void do_echo(struct kv_call *call)
{
    kv_say_text(call->out, word(call, 1));
}

static void do_quit(struct kv_call *call)
{
    call->quit = true;
    say_ok(call);
}

/* There is one database, number 0. */
static void do_select(struct kv_call *call)
{
    int64_t number;
    if (!number_of(call, 1, &number))
        return;
    if (number == 0)
        say_ok(call);
    else
        kv_say_error(call->out, "ERR there is only database 0");
}

/* What clients tell about themselves is not kept. */
static void do_client(struct kv_call *call)
{
    if (option_is(call, 1, "getname"))
        kv_say_none(call->out);
    else if (option_is(call, 1, "setname") || option_is(call, 1, "setinfo"))
        say_ok(call);
    else
        kv_say_error(call->out, "ERR CLIENT knows GETNAME, SETNAME and SETINFO here");
}

/* redis-benchmark wants to know how its figures came about. */
static void do_config(struct kv_call *call)
{
    static const char *const known[][2] = {{"save", ""}, {"appendonly", "no"}, {"databases", "1"}};
    if (!option_is(call, 1, "get") || call->count != 3) {
        kv_say_error(call->out, "ERR CONFIG knows GET NAME here");
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (option_is(call, 2, known[i][0])) {
            kv_say_array(call->out, 2);
            kv_say_text(call->out, text_of(known[i][0]));
            kv_say_text(call->out, text_of(known[i][1]));
            return;
        }
    kv_say_array(call->out, 0);
}

/* redis-cli asks what the commands are, to help the one who types; it does well without. */
static void do_command(struct kv_call *call)
{
    kv_say_array(call->out, 0);
}

/* ── keys ─────────────────────────────────────────────────────────────────────────────────────────── */

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

/* ── texts ────────────────────────────────────────────────────────────────────────────────────────── */

/* The options of SET: a life of so many seconds (EX) or milliseconds (PX), only if the key is not there (NX), or
 * is (XX). */
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

/* ── lists ────────────────────────────────────────────────────────────────────────────────────────── */

static void push(struct kv_call *call, enum kv_end end)
{
    struct kv_entry *entry;
    if (!find_as(call, 1, KV_LIST, &entry))
        return;
    if (!entry)
        entry = kv_store_add(call->store, word(call, 1), KV_LIST);
    bool fits = entry != NULL;
    for (size_t i = 2; fits && i < call->count; i++)
        fits = kv_list_push(&entry->list, end, word(call, i));
    if (fits)
        kv_say_number(call->out, (int64_t)entry->list.count);
    else
        say_no_memory(call);
    if (entry && entry->list.count == 0)
        kv_store_remove(call->store, word(call, 1));
}

static void do_lpush(struct kv_call *call)
{
    push(call, KV_LEFT);
}

static void do_rpush(struct kv_call *call)
{
    push(call, KV_RIGHT);
}

/* A list that is empty is none. */
static void pop(struct kv_call *call, enum kv_end end)
{
    struct kv_entry *entry;
    if (!find_as(call, 1, KV_LIST, &entry))
        return;
    if (!entry) {
        kv_say_none(call->out);
        return;
    }
    struct kv_blob *blob = kv_list_pop(&entry->list, end);
    kv_say_text(call->out, kv_blob_text(blob));
    free(blob);
    if (entry->list.count == 0)
        kv_store_remove(call->store, word(call, 1));
}

static void do_lpop(struct kv_call *call)
{
    pop(call, KV_LEFT);
}

static void do_rpop(struct kv_call *call)
{
    pop(call, KV_RIGHT);
}

static void do_llen(struct kv_call *call)
{
    struct kv_entry *entry;
    if (find_as(call, 1, KV_LIST, &entry))
        kv_say_number(call->out, entry ? (int64_t)entry->list.count : 0);
}

/* Numbers below zero count from the end: -1 is the last. */
static int64_t from_the_front(int64_t index, int64_t count)
{
    return index >= 0 ? index : index + count < 0 ? 0 : index + count;
}

static void do_lrange(struct kv_call *call)
{
    int64_t first, last;
    struct kv_entry *entry;
    if (!find_as(call, 1, KV_LIST, &entry) || !number_of(call, 2, &first) || !number_of(call, 3, &last))
        return;
    int64_t count = entry ? (int64_t)entry->list.count : 0;
    bool none = last < -count;
    first = from_the_front(first, count);
    last = from_the_front(last, count);
    if (last >= count)
        last = count - 1;
    kv_say_array(call->out, none || first > last ? 0 : (size_t)(last - first + 1));
    for (int64_t i = first; !none && i <= last; i++)
        kv_say_text(call->out, kv_blob_text(*kv_list_at(&entry->list, (size_t)i)));
}

/* ── the table ────────────────────────────────────────────────────────────────────────────────────── */

enum { ANY = 0, NO_KEYS = 0, ALL_KEYS = -1, TO_THE_END = -1 };

struct kv_command {
    const char *name;
    size_t least, most;         /* words, with its name; ANY: as many as one likes */
    int first_key, last_key, step; /* which of the words are keys */
    void (*run)(struct kv_call *call);
};

/* clang-format off */
static const struct kv_command kv_commands[] = {
    {"get",      2, 2,   1, 1, 1,          do_get},
    {"set",      3, ANY, 1, 1, 1,          do_set},
    {"incr",     2, 2,   1, 1, 1,          do_incr},
    {"lpush",    3, ANY, 1, 1, 1,          do_lpush},
    {"rpush",    3, ANY, 1, 1, 1,          do_rpush},
    {"lpop",     2, 2,   1, 1, 1,          do_lpop},
    {"rpop",     2, 2,   1, 1, 1,          do_rpop},
    {"lrange",   4, 4,   1, 1, 1,          do_lrange},
    {"llen",     2, 2,   1, 1, 1,          do_llen},
    {"mset",     3, ANY, 1, TO_THE_END, 2, do_mset},
    {"mget",     2, ANY, 1, TO_THE_END, 1, do_mget},
    {"ping",     1, 2,   NO_KEYS, 0, 1,    do_ping},
    {"echo",     2, 2,   NO_KEYS, 0, 1,    do_echo},
    {"decr",     2, 2,   1, 1, 1,          do_decr},
    {"incrby",   3, 3,   1, 1, 1,          do_incrby},
    {"strlen",   2, 2,   1, 1, 1,          do_strlen},
    {"type",     2, 2,   1, 1, 1,          do_type},
    {"del",      2, ANY, 1, TO_THE_END, 1, do_del},
    {"exists",   2, ANY, 1, TO_THE_END, 1, do_exists},
    {"expire",   3, 3,   1, 1, 1,          do_expire},
    {"pexpire",  3, 3,   1, 1, 1,          do_pexpire},
    {"persist",  2, 2,   1, 1, 1,          do_persist},
    {"ttl",      2, 2,   1, 1, 1,          do_ttl},
    {"pttl",     2, 2,   1, 1, 1,          do_pttl},
    {"keys",     2, 2,   ALL_KEYS, 0, 1,   do_keys},
    {"dbsize",   1, 1,   ALL_KEYS, 0, 1,   do_dbsize},
    {"flushall", 1, 2,   ALL_KEYS, 0, 1,   do_flush},
    {"flushdb",  1, 2,   ALL_KEYS, 0, 1,   do_flush},
    {"info",     1, ANY, ALL_KEYS, 0, 1,   do_info},
    {"select",   2, 2,   NO_KEYS, 0, 1,    do_select},
    {"client",   2, ANY, NO_KEYS, 0, 1,    do_client},
    {"config",   2, ANY, NO_KEYS, 0, 1,    do_config},
    {"command",  1, ANY, NO_KEYS, 0, 1,    do_command},
    {"quit",     1, ANY, NO_KEYS, 0, 1,    do_quit},
};
/* clang-format on */

static const struct kv_command *kv_command_named(struct text name)
{
    for (size_t i = 0; i < sizeof kv_commands / sizeof *kv_commands; i++)
        if (text_is(name, kv_commands[i].name))
            return &kv_commands[i];
    return NULL;
}

static uint32_t shards_of(const struct kv_command *command, const struct kv_call *call)
{
    uint32_t which = 0;
    if (command->first_key == ALL_KEYS)
        return KV_ALL_SHARDS;
    if (command->first_key == NO_KEYS)
        return 0;
    size_t last = command->last_key == TO_THE_END ? call->count - 1 : (size_t)command->last_key;
    for (size_t i = (size_t)command->first_key; i <= last; i += (size_t)command->step)
        which |= 1u << kv_shard_number(word(call, i));
    return which;
}

/* Runs one command and says its answer. */
static void kv_run(struct kv_call *call)
{
    struct text name = word(call, 0);
    const struct kv_command *command = kv_command_named(name);
    int shown = name.size < 64 ? (int)name.size : 64;
    if (!command) {
        kv_say_error(call->out, "ERR there is no command '%.*s'", shown, name.bytes);
        return;
    }
    if (call->count < command->least || (command->most != ANY && call->count > command->most)) {
        kv_say_error(call->out, "ERR '%s' has another number of words", command->name);
        return;
    }
    uint32_t shards = shards_of(command, call);
    kv_store_lock(call->store, shards);
    command->run(call);
    kv_store_unlock(call->store, shards);
}

#endif
