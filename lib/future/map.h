/* SPDX-License-Identifier: MIT
 *
 * map and map_err: the same future with another item, or with another error.
 *
 *     FIRST   first answers   NotReady   → NotReady
 *                             Ready(v)   → map: Ready(f(env, v));   map_err: Ready(v);        DONE
 *                             Failed(e)  → map: Failed(e);          map_err: Failed(f(env, e)); DONE
 *
 *     PLX_MAP(T, A, item, f)        item f(T_env *env, A_item value)
 *     PLX_MAP_ERR(T, A, f)          int f(T_env *env, struct plx_error error): the new error, a negative errno
 *
 * Source: futures 0.1 `Map`, `MapErr`.
 */
#ifndef PLX_FUTURE_MAP_H
#define PLX_FUTURE_MAP_H

#include "lib/future/combine.h"

struct plx_map {
    plx_poll_part *poll_first;
    plx_drop_part *drop_first;
    void (*call)(void *self, void *item, void *out); /* *out = f(env, item); NULL: it is handed on */
    struct plx_error (*call_err)(void *self, struct plx_error); /* f(env, error); NULL: it is handed on */
    const struct plx_shape *shape;
};

PLX_BODY enum plx_answer plx_map_poll(void *self, enum plx_stage *stage, const struct plx_map *part,
                                      void *item, plx_context *cx, void *out)
{
    if (plx_unlikely(*stage != PLX_FIRST))
        return plx_polled_after_end(cx, part->shape);

    enum plx_answer answer = part->poll_first(self, cx, item);
    if (answer == PLX_NOT_READY)
        return PLX_NOT_READY;
    part->drop_first(self);
    *stage = PLX_DONE;

    if (answer == PLX_READY && part->call)
        part->call(self, item, out);
    if (answer == PLX_FAILED && part->call_err && !plx_is_fatal(cx))
        cx->error = part->call_err(self, cx->error);
    return answer;
}

#define PLX__MAP_PARTS(T, A, kind, f)                                                                        \
    typedef A##_env T##_env;                                                                                 \
    typedef struct T {                                                                                       \
        enum plx_stage stage;                                                                                \
        T##_env *env;                                                                                        \
        A first;                                                                                             \
    } T;                                                                                                     \
    PLX__SHAPE_1(T, kind, #f, A)                                                                             \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        plx_stages_drop(self, &self->stage, T##__drop_first, plx__no_second_part, &T##_shape);               \
    }                                                                                                        \
    PLX_BODY T T##_new(T##_env *env)                                                                         \
    {                                                                                                        \
        T plx_made;                                                                                          \
        plx_made.stage = PLX_FIRST;                                                                          \
        plx_made.env = env;                                                                                  \
        plx_made.first = A##_new(env);                                                                       \
        return plx_made;                                                                                     \
    }

#define PLX_MAP(T, A, type, f)                                                                               \
    typedef type T##_item;                                                                                   \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    PLX__MAP_PARTS(T, A, "map", f)                                                                           \
    PLX_BODY void T##__call(void *self, void *plx_item, void *out)                                           \
    {                                                                                                        \
        A##_item *plx_value = plx_item;                                                                      \
        *(T##_item *)out = f(((T *)self)->env, *plx_value);                                                  \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        static const struct plx_map plx_part = {                                                             \
            T##__poll_first, T##__drop_first, T##__call, NULL, &T##_shape,                                   \
        };                                                                                                   \
        PLX__ITEM_PLACE(A##_item, plx_item);                                                                 \
        return plx_map_poll(self, &self->stage, &plx_part, &plx_item, cx, out);                              \
    }                                                                                                        \
    PLX__FUTURE(T)

#define PLX_MAP_ERR(T, A, f)                                                                                 \
    PLX__ITEM_AS(T, A)                                                                                       \
    PLX__MAP_PARTS(T, A, "map_err", f)                                                                       \
    PLX_BODY struct plx_error T##__call_err(void *self, struct plx_error plx_error)                          \
    {                                                                                                        \
        plx_error.code = f(((T *)self)->env, plx_error);                                                     \
        return plx_error;                                                                                    \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                               \
    {                                                                                                        \
        static const struct plx_map plx_part = {                                                             \
            T##__poll_first, T##__drop_first, NULL, T##__call_err, &T##_shape,                               \
        };                                                                                                   \
        return plx_map_poll(self, &self->stage, &plx_part, out, cx, out);                                    \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
