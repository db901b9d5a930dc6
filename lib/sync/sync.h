/* SPDX-License-Identifier: MIT
 *
 * What the channels and locks of this folder share: one error, and how they are told in the trace.
 */
#ifndef PLX_SYNC_SYNC_H
#define PLX_SYNC_SYNC_H

#include "lib/future/future.h"

#include <string.h>

/* The other side is gone for good, or the object was closed: nothing will come through any more. */
#define PLX_CLOSED (-EPIPE)

/* An object's number in the trace, and how it is told there at its first event. */
struct plx_sync_name {
    const char *kind;  /* "mutex", "mpsc" …; lives as long as the program */
    uint64_t capacity; /* 0: there is nothing to say */
    _Atomic uint64_t number;
};

/* Only while somebody looks: the number of the object, which is told (sync_new) when it has none yet. The
 * second is for small objects, which keep nothing but the number. */
uint64_t plx__sync_number(struct plx_sync_name *name);
uint64_t plx__sync_number_of(const char *kind, uint64_t capacity, _Atomic uint64_t *number);

/* The number of the task that this thread polls; 0 for none. */
uint64_t plx__sync_task(void);

/* Tells the trace of `event` for the object, with the task that this thread polls. */
#define plx_sync_trace(event, name, ...) plx_trace(event, .object = plx__sync_number(name), __VA_ARGS__)

/* The traits of values that a function of the user's drops. */
#define PLX__OWNING_TRAITS(C, type, drop)                                                                    \
    PLX_INLINE void C##__drop_value(void *plx_value)                                                         \
    {                                                                                                        \
        type *plx_typed = plx_value;                                                                         \
        drop(plx_typed);                                                                                     \
    }                                                                                                        \
    static const struct plx_item_traits C##__value_traits __attribute__((unused)) = {                        \
        NULL,                                                                                                \
        C##__drop_value,                                                                                     \
    };

/* The item of a stream of values, C_item: struct { type value; bool end; }. */
#define PLX__NEXT_ITEM(C, type, value_traits)                                                                \
    typedef struct C##_item {                                                                                \
        type value;                                                                                          \
        bool end;                                                                                            \
    } C##_item;                                                                                              \
    PLX__NEXT_TRAITS(C, value_traits)

/* What is said of a C_item, and how its value is dropped. */
#define PLX__NEXT_TRAITS(C, value_traits)                                                                    \
    PLX_INLINE void C##__print_next(char *plx_text, size_t plx_size, const void *plx_item)                   \
    {                                                                                                        \
        const C##_item *plx_next = plx_item;                                                                 \
        plx__print_next(plx_text, plx_size, plx_next->end, value_traits, &plx_next->value);                  \
    }                                                                                                        \
    PLX_INLINE void C##__drop_next(void *plx_item)                                                           \
    {                                                                                                        \
        C##_item *plx_next = plx_item;                                                                       \
        if (!plx_next->end)                                                                                  \
            plx_item_drop(value_traits, &plx_next->value);                                                   \
    }                                                                                                        \
    PLX__TRAITS C##__next_traits = {C##__print_next, C##__drop_next};

/* Makes a leaf of T, whose item is C_item. */
#define PLX__NEXT_LEAF(T, C, name)                                                                           \
    PLX_BODY const struct plx_item_traits *T##__traits(void)                                                 \
    {                                                                                                        \
        return &C##__next_traits;                                                                            \
    }                                                                                                        \
    PLX__SHAPE_0(T, "leaf", name)                                                                            \
    PLX__FUTURE(T)

void plx__print_next(char *text, size_t size, bool end, const struct plx_item_traits *traits,
                     const void *value);

/* Copies an item. The sizes that items mostly have need no call. */
PLX_INLINE void plx__item_copy(void *to, const void *from, size_t size)
{
    if (size == 8)
        memcpy(to, from, 8);
    else if (size == 16)
        memcpy(to, from, 16);
    else if (size == 4)
        memcpy(to, from, 4);
    else
        memcpy(to, from, size);
}

#endif
