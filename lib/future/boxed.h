/* SPDX-License-Identifier: MIT
 *
 * boxed: any future with a given item, behind a pointer.
 *
 * A chain of concrete types costs no allocation and no indirect call, but its type says all that it consists
 * of. Where one of several futures is to stand in the same place, or a future is to contain one of its own
 * type, it is put in a box: one allocation, and one indirect call a poll.
 *
 *     PLX_BOXED(T, type)            a box for futures whose item is `type`
 *     PLX_BOX(T, F, future)         puts a future of type F in a T; without memory the box answers Failed(ENOMEM)
 *
 * Source: futures 0.1 `Box<Future<Item, Error>>`; the deck's "no dynamic dispatch" is what a box gives up.
 */
#ifndef PLX_FUTURE_BOXED_H
#define PLX_FUTURE_BOXED_H

#include "lib/future/future.h"

#include <stdlib.h>

struct plx_box {
    const struct plx_future_ops *ops; /* NULL: there was no memory */
    void *future;                     /* owned */
    uint32_t first;                   /* the number of the future inside, from the first traced poll on */
};

/* A watched poll, or one of a box for which there was no memory. */
enum plx_answer plx__box_poll_watched(struct plx_box *box, plx_context *cx, void *out);

PLX_BODY enum plx_answer plx__box_poll(struct plx_box *box, plx_context *cx, void *out)
{
    if (plx_unlikely(cx->watched || !box->ops))
        return plx__box_poll_watched(box, cx, out);
    return box->ops->poll(box->future, cx, 0, out);
}

void plx__box_drop(struct plx_box *box);

/* Drops a future for which there was no memory. */
void plx__box_refuse(const struct plx_future_ops *ops, void *future);

#define PLX_BOXED(T, type)                                                                                   \
    typedef type T##_item;                                                                                   \
    typedef struct T {                                                                                       \
        struct plx_box box;                                                                                  \
    } T;                                                                                                     \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        return plx__box_poll(&self->box, cx, out);                                                           \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        plx__box_drop(&self->box);                                                                           \
    }                                                                                                        \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    PLX__SHAPE_0(T, "boxed", #T)                                                                             \
    PLX__FUTURE(T)

/* Only what is refused has an address, so that the compiler can make the future in its place on the heap. */
#define PLX_BOX(T, F, value)                                                                                 \
    __extension__({                                                                                          \
        _Static_assert(__builtin_types_compatible_p(T##_item, F##_item),                                     \
                       #F " is not ready with what a " #T " holds");                                         \
        F plx_future = (value), *plx_inside = malloc(sizeof(F));                                             \
        if (plx_likely(plx_inside != NULL)) {                                                                \
            *plx_inside = plx_future;                                                                        \
        } else {                                                                                             \
            F plx_refused = plx_future;                                                                      \
            plx__box_refuse(&F##_ops, &plx_refused);                                                         \
        }                                                                                                    \
        (T){.box = {plx_inside ? &F##_ops : NULL, plx_inside, 0}};                                           \
    })

#endif
