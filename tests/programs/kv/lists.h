/* SPDX-License-Identifier: MIT
 *
 * Commands for lists.
 */
#ifndef KV_LISTS_H
#define KV_LISTS_H

#include "tests/programs/kv/call.h"

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

#endif
