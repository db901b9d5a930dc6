/* SPDX-License-Identifier: MIT
 *
 * How channels and locks are named in the trace: see sync.h.
 */
#include "lib/sync/sync.h"

#include "lib/sync/lock.h"

#include <stdio.h>

static struct plx_lock naming;

/* Two threads may use an unnamed object at the same time: one names it. The stamp of sync_new is taken before
 * the number can be seen, so it stands before all other events of the object. */
static void give_number(const char *kind, uint64_t capacity, _Atomic uint64_t *place)
{
    bool begun;
    plx_lock_take(&naming);
    if (!atomic_load_explicit(place, memory_order_relaxed)) {
        plx_trace_begin(begun);
        uint64_t number = plx__trace_number(place);
        plx_trace_commit(begun, sync_new, .object = number, .kind = kind, .capacity = capacity);
    }
    plx_lock_release(&naming);
}

uint64_t plx__sync_number_of(const char *kind, uint64_t capacity, _Atomic uint64_t *place)
{
    uint64_t number = atomic_load_explicit(place, memory_order_relaxed);
    if (number)
        return number;
    give_number(kind, capacity, place);
    return atomic_load_explicit(place, memory_order_relaxed);
}

uint64_t plx__sync_number(struct plx_sync_name *name)
{
    return plx__sync_number_of(name->kind, name->capacity, &name->number);
}

uint64_t plx__sync_task(void)
{
    plx_context *cx = plx__context_current();
    return cx ? cx->task : 0;
}

void plx__print_next(char *text, size_t size, bool end, const struct plx_item_traits *traits,
                     const void *value)
{
    if (end)
        snprintf(text, size, "end");
    else if (traits->print)
        traits->print(text, size, value);
}
