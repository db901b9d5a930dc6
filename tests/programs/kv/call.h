/* SPDX-License-Identifier: MIT
 *
 * A command that is carried out: its words, the store, and where its answer goes; and what several commands
 * say.
 */
#ifndef KV_CALL_H
#define KV_CALL_H

#include "tests/programs/kv/protocol.h"
#include "tests/programs/kv/storage.h"

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

#endif
