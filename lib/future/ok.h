/* SPDX-License-Identifier: MIT
 *
 * plx_ok: a future that is ready at once, with nothing to say. It ends a chain, and is what for_each's
 * function returns when there is nothing to wait for. plx_err(code): one that fails at once, and says that it
 * arose in this line.
 *
 * PLX_VALUE(T, type) makes a future type that is ready at once with a value: T_of(value), which owns it until
 * then, or T_failed(code), a negative errno. Like the futures made of others it is asked once.
 *
 * Source: futures 0.1 `ok`, `err`, `result`.
 */
#ifndef PLX_FUTURE_OK_H
#define PLX_FUTURE_OK_H

#include "lib/future/combine.h"

#define PLX_VALUE(T, type)                                                                                   \
    typedef type T##_item;                                                                                   \
    typedef struct T {                                                                                       \
        enum plx_stage stage;                                                                                \
        int code; /* 0: ready with `value`; else failed, `at` says where */                                  \
        union {                                                                                              \
            T##_item value;                                                                                  \
            struct plx_at at;                                                                                \
        };                                                                                                   \
    } T;                                                                                                     \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    PLX__SHAPE_0(T, "leaf", #T)                                                                              \
    PLX_BODY T T##_of(T##_item plx_value)                                                                    \
    {                                                                                                        \
        T plx_made;                                                                                          \
        plx_made.stage = PLX_FIRST;                                                                          \
        plx_made.code = 0;                                                                                   \
        plx_made.value = plx_value;                                                                          \
        return plx_made;                                                                                     \
    }                                                                                                        \
    PLX_BODY T T##_failed(int plx_code)                                                                      \
    {                                                                                                        \
        return (T){.code = plx_code, .at = PLX_HERE};                                                        \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        if (plx_unlikely(self->stage != PLX_FIRST))                                                          \
            return plx_polled_after_end(cx, &T##_shape);                                                     \
        self->stage = PLX_DONE;                                                                              \
        if (self->code) {                                                                                    \
            cx->error = (struct plx_error){self->code, self->at};                                            \
            return PLX_FAILED;                                                                               \
        }                                                                                                    \
        *out = self->value;                                                                                  \
        return PLX_READY;                                                                                    \
    }                                                                                                        \
    PLX_BODY void T##__drop_value(void *self)                                                                \
    {                                                                                                        \
        if (!((T *)self)->code)                                                                              \
            plx_item_drop(T##__traits(), &((T *)self)->value);                                               \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        plx_stages_drop(self, &self->stage, T##__drop_value, plx__no_second_part, &T##_shape);               \
    }                                                                                                        \
    PLX__FUTURE(T)

PLX_VALUE(plx_ok, plx_unit)

PLX_BODY plx_ok plx_ok_new(void)
{
    return plx_ok_of((plx_unit){0});
}

PLX_BODY plx_ok plx__err(struct plx_error error)
{
    return (plx_ok){.code = error.code, .at = error.at};
}

#define plx_err(errno_code) plx__err((struct plx_error){(errno_code), PLX_HERE})

#endif
