/* SPDX-License-Identifier: MIT
 *
 * What the server keeps: keys, each with a text or a list of texts, and perhaps an end of its life.
 *
 *     store ─┬─ shard 0: lock, tree of entries        a key belongs to the shard that its hash says
 *            ├─ shard 1
 *            └─ …                                     entry: key │ text or list │ end of its life
 *
 * Locking. A command locks the shards of all its keys, by rising number, does its work and unlocks them: so
 * every command happens at once, for everybody, MSET with keys everywhere too, and two that need the same
 * shards cannot wait for each other. The locks are plain mutexes and no async ones, because nobody waits for
 * anything while holding one. One lock would do, as long as few connections meet; shards let those that work
 * on different keys pass. (The other way to share is an actor: see lessons/14-actors.)
 *
 * Simplified: the tree is libc's tsearch, where a server that holds many millions of keys would take a hash
 * table; and a key whose time is over is removed when somebody asks for it, and until then takes its memory.
 */
#ifndef KV_STORAGE_H
#define KV_STORAGE_H

#include "tests/programs/bytes.h"

#include <pthread.h>
#include <search.h>
#include <time.h>

enum { KV_SHARDS = 16 };
#define KV_ALL_SHARDS ((1u << KV_SHARDS) - 1)

/* A text of our own; with a NUL behind it that does not count. */
struct kv_blob {
    size_t size;
    char bytes[];
};

PLX_INLINE struct kv_blob *kv_blob_new(struct text text)
{
    struct kv_blob *blob = malloc(sizeof *blob + text.size + 1);
    if (!blob)
        return NULL;
    blob->size = text.size;
    memcpy(blob->bytes, text.bytes, text.size);
    blob->bytes[text.size] = '\0';
    return blob;
}

PLX_INLINE struct text kv_blob_text(const struct kv_blob *blob)
{
    return (struct text){blob->bytes, blob->size};
}

/* ── lists: a ring of texts, so that both ends are near ───────────────────────────────────────────── */

struct kv_list {
    struct kv_blob **ring; /* capacity is a power of two, or 0 */
    size_t first, count, capacity;
};

enum kv_end { KV_LEFT, KV_RIGHT };

PLX_INLINE struct kv_blob **kv_list_at(const struct kv_list *list, size_t index)
{
    return &list->ring[(list->first + index) & (list->capacity - 1)];
}

PLX_INLINE bool kv_list_grow(struct kv_list *list)
{
    struct kv_list grown = {.count = list->count, .capacity = list->capacity ? 2 * list->capacity : 4};
    grown.ring = malloc(grown.capacity * sizeof *grown.ring);
    if (!grown.ring)
        return false;
    for (size_t i = 0; i < list->count; i++)
        grown.ring[i] = *kv_list_at(list, i);
    free(list->ring);
    *list = grown;
    return true;
}

PLX_INLINE bool kv_list_push(struct kv_list *list, enum kv_end end, struct text text)
{
    struct kv_blob *blob = kv_blob_new(text);
    if (!blob || (list->count == list->capacity && !kv_list_grow(list))) {
        free(blob);
        return false;
    }
    if (end == KV_LEFT)
        list->first = (list->first - 1) & (list->capacity - 1);
    list->count++;
    *kv_list_at(list, end == KV_LEFT ? 0 : list->count - 1) = blob;
    return true;
}

/* The caller frees it; NULL when the list is empty. */
PLX_INLINE struct kv_blob *kv_list_pop(struct kv_list *list, enum kv_end end)
{
    if (list->count == 0)
        return NULL;
    struct kv_blob *blob = *kv_list_at(list, end == KV_LEFT ? 0 : list->count - 1);
    if (end == KV_LEFT)
        list->first = (list->first + 1) & (list->capacity - 1);
    list->count--;
    return blob;
}

PLX_INLINE void kv_list_free(struct kv_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(*kv_list_at(list, i));
    free(list->ring);
    *list = (struct kv_list){0};
}

/* ── entries ──────────────────────────────────────────────────────────────────────────────────────── */

enum kv_kind { KV_TEXT, KV_LIST };

struct kv_entry {
    struct text key; /* first, for what is compared is only that */
    struct kv_blob *key_bytes;
    enum kv_kind kind;
    struct kv_blob *text;
    struct kv_list list;
    int64_t ends_ms; /* 0: never */
};

PLX_INLINE int64_t kv_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

PLX_INLINE bool kv_entry_is_over(const struct kv_entry *entry)
{
    return entry->ends_ms && entry->ends_ms <= kv_now_ms();
}

/* Leaves the entry without a value. */
PLX_INLINE void kv_entry_clear(struct kv_entry *entry)
{
    free(entry->text);
    entry->text = NULL;
    kv_list_free(&entry->list);
    entry->ends_ms = 0;
}

PLX_INLINE void kv_entry_free(void *pointer)
{
    struct kv_entry *entry = pointer;
    kv_entry_clear(entry);
    free(entry->key_bytes);
    free(entry);
}

PLX_INLINE int kv_compare(const void *a, const void *b)
{
    const struct text *left = a, *right = b;
    int order = memcmp(left->bytes, right->bytes, left->size < right->size ? left->size : right->size);
    return order ? order : (left->size > right->size) - (left->size < right->size);
}

/* ── the store ────────────────────────────────────────────────────────────────────────────────────── */

struct kv_shard {
    pthread_mutex_t lock;
    void *tree; /* under the lock, as all entries in it */
    size_t count;
};

struct kv_store {
    struct kv_shard shards[KV_SHARDS];
};

PLX_INLINE void kv_store_init(struct kv_store *store)
{
    *store = (struct kv_store){0};
    for (int i = 0; i < KV_SHARDS; i++)
        pthread_mutex_init(&store->shards[i].lock, NULL);
}

/* FNV-1a */
PLX_INLINE uint32_t kv_shard_number(struct text key)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (unsigned char)key.bytes[i]) * 16777619u;
    return (hash ^ hash >> 16) % KV_SHARDS;
}

/* `which` has a bit for each shard. */
PLX_INLINE void kv_store_lock(struct kv_store *store, uint32_t which)
{
    for (int i = 0; i < KV_SHARDS; i++)
        if (which >> i & 1)
            pthread_mutex_lock(&store->shards[i].lock);
}

PLX_INLINE void kv_store_unlock(struct kv_store *store, uint32_t which)
{
    for (int i = 0; i < KV_SHARDS; i++)
        if (which >> i & 1)
            pthread_mutex_unlock(&store->shards[i].lock);
}

/* All below: the caller holds the lock of the key's shard. */

PLX_INLINE bool kv_store_remove(struct kv_store *store, struct text key)
{
    struct kv_shard *shard = &store->shards[kv_shard_number(key)];
    struct kv_entry **found = tfind(&key, &shard->tree, kv_compare);
    if (!found)
        return false;
    struct kv_entry *entry = *found;
    tdelete(&key, &shard->tree, kv_compare);
    shard->count--;
    bool was_there = !kv_entry_is_over(entry);
    kv_entry_free(entry);
    return was_there;
}

/* NULL when there is none, or its life is over: then it is removed. */
PLX_INLINE struct kv_entry *kv_store_find(struct kv_store *store, struct text key)
{
    struct kv_shard *shard = &store->shards[kv_shard_number(key)];
    struct kv_entry **found = tfind(&key, &shard->tree, kv_compare);
    if (found && kv_entry_is_over(*found)) {
        kv_store_remove(store, key);
        return NULL;
    }
    return found ? *found : NULL;
}

/* A new entry without a value. NULL: no memory. */
PLX_INLINE struct kv_entry *kv_store_add(struct kv_store *store, struct text key, enum kv_kind kind)
{
    struct kv_shard *shard = &store->shards[kv_shard_number(key)];
    struct kv_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->kind = kind;
    entry->key_bytes = kv_blob_new(key);
    if (entry->key_bytes)
        entry->key = kv_blob_text(entry->key_bytes);
    if (!entry->key_bytes || !tsearch(entry, &shard->tree, kv_compare)) {
        kv_entry_free(entry);
        return NULL;
    }
    shard->count++;
    return entry;
}

/* The entry has this text, and nothing else. false: no memory, and nothing has changed. */
PLX_INLINE bool kv_store_set(struct kv_store *store, struct text key, struct text text, int64_t ends_ms)
{
    struct kv_blob *blob = kv_blob_new(text);
    struct kv_entry *entry = blob ? kv_store_find(store, key) : NULL;
    if (blob && !entry)
        entry = kv_store_add(store, key, KV_TEXT);
    if (!entry) {
        free(blob);
        return false;
    }
    kv_entry_clear(entry);
    entry->kind = KV_TEXT;
    entry->text = blob;
    entry->ends_ms = ends_ms;
    return true;
}

/* Calls f for every entry of a shard; f may not change the tree. */
struct kv_walk {
    void (*f)(struct kv_entry *entry, void *arg);
    void *arg;
};

PLX_INLINE void kv_walk_node(const void *node, VISIT visit, void *pointer)
{
    struct kv_walk *walk = pointer;
    if (visit == preorder || visit == leaf)
        walk->f(*(struct kv_entry *const *)node, walk->arg);
}

PLX_INLINE void kv_shard_each(struct kv_shard *shard, void (*f)(struct kv_entry *entry, void *arg), void *arg)
{
    struct kv_walk walk = {f, arg};
    twalk_r(shard->tree, kv_walk_node, &walk);
}

PLX_INLINE void kv_shard_clear(struct kv_shard *shard)
{
    tdestroy(shard->tree, kv_entry_free);
    shard->tree = NULL;
    shard->count = 0;
}

PLX_INLINE void kv_store_done(struct kv_store *store)
{
    for (int i = 0; i < KV_SHARDS; i++) {
        kv_shard_clear(&store->shards[i]);
        pthread_mutex_destroy(&store->shards[i].lock);
    }
}

#endif
