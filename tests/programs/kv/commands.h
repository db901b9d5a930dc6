/* SPDX-License-Identifier: MIT
 *
 * What the commands do. The table at the end says for each its name, how many words it has, where its keys
 * stand (so that their shards can be locked), and its function. A function sees its words and the store, and
 * says its answer: exactly one. Those about keys, texts and lists are in files of their own; those about the
 * connection are here.
 *
 * The commands and their answers are those of Redis: https://redis.io/docs/latest/commands/
 */
#ifndef KV_COMMANDS_H
#define KV_COMMANDS_H

#include "tests/programs/kv/keys.h"
#include "tests/programs/kv/lists.h"
#include "tests/programs/kv/texts.h"

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

/* ── the table ────────────────────────────────────────────────────────────────────────────────────── */

enum { ANY = 0, NO_KEYS = 0, ALL_KEYS = -1, TO_THE_END = -1 };

struct kv_command {
    const char *name;
    size_t least, most;            /* words, with its name; ANY: as many as one likes */
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
