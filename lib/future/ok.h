/* SPDX-License-Identifier: MIT
 *
 * plx_ok: a future that is ready at once, with nothing to say. It ends a chain, and is what for_each's function returns when
 * there is nothing to wait for. plx_err(code): one that fails at once.
 *
 * PLX_VALUE(T, type) makes a future type that is ready at once with a value: T_of(value), or T_failed(code).
 *
 * Source: futures 0.1 `ok`, `err`, `result`.
 */
#ifndef PLX_FUTURE_OK_H
#define PLX_FUTURE_OK_H

#include "lib/future/future.h"

#define PLX_VALUE(T, type)                                                                                   \
    typedef type T##_item;                                                                                   \
    typedef struct T {                                                                                       \
        T##_item value;                                                                                      \
        int code; /* 0: ready, else failed */                                                                \
        bool taken;                                                                                          \
    } T;                                                                                                     \
    PLX_BODY T T##_of(T##_item value)                                                                        \
    {                                                                                                        \
        return (T){.value = value};                                                                          \
    }                                                                                                        \
    PLX_BODY T T##_failed(int code)                                                                          \
    {                                                                                                        \
        return (T){.code = code};                                                                            \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        if (self->code)                                                                                      \
            return plx_fail(cx, self->code);                                                                 \
        *out = self->value;                                                                                  \
        self->taken = true;                                                                                  \
        return PLX_READY;                                                                                    \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        if (!self->taken && !self->code)                                                                     \
            plx_item_drop(PLX_ITEM_TRAITS(T##_item), &self->value);                                          \
    }                                                                                                        \
    PLX_LEAF(T)

PLX_VALUE(plx_ok, plx_unit)

PLX_BODY plx_ok plx_ok_new(void)
{
    return plx_ok_of((plx_unit){0});
}

PLX_BODY plx_ok plx_err(int code)
{
    return plx_ok_failed(code);
}

#endif
