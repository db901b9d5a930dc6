/* SPDX-License-Identifier: MIT
 *
 * Task-locals: see task_local.h.
 */
#include "lib/task/task_local.h"

#include "lib/task/context.h"

#include <stdlib.h>

struct plx_local_value {
    struct plx_local_value *next;
    const struct plx_local_key *key;
    _Alignas(max_align_t) unsigned char bytes[];
};

static struct plx_local_value *find(struct plx_local_value *first, const struct plx_local_key *key)
{
    while (first && first->key != key)
        first = first->next;
    return first;
}

static struct plx_local_value *add(struct plx_local_value **locals, const struct plx_local_key *key)
{
    struct plx_local_value *value = calloc(1, sizeof *value + key->size);
    if (!value)
        return NULL;
    value->key = key;
    value->next = *locals;
    return *locals = value;
}

/* A context without locals is one put around a drop or a poll by hand: the task is further out. */
static struct plx_local_value **locals_of_task(void)
{
    plx_context *cx = plx__context_current();
    while (cx && !cx->locals)
        cx = cx->outer;
    return cx ? cx->locals : NULL;
}

void *plx__local_get(const struct plx_local_key *key)
{
    struct plx_local_value **locals = locals_of_task();
    if (!locals)
        return NULL;
    struct plx_local_value *value = find(*locals, key);
    if (!value)
        value = add(locals, key);
    return value ? value->bytes : NULL;
}

/* The youngest first. One that has been ended is not found any more: who asks for it again, in the function
 * that ends another, gets a new one, which is ended as well. */
void plx__locals_free(struct plx_local_value **locals)
{
    while (*locals) {
        struct plx_local_value *value = *locals;
        *locals = value->next;
        if (value->key->done)
            value->key->done(value->bytes);
        free(value);
    }
}
