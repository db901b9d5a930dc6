/* SPDX-License-Identifier: MIT
 *
 * once_cell: a value that is made once, by whoever needs it first; the others wait for it.
 *
 *     PLX_ONCE_CELL(shared_pool, struct pool)          declares struct-like shared_pool
 *     static shared_pool pool = PLX_ONCE_CELL_EMPTY;
 *
 *     static connect_pool make(struct app *app) { return connect_pool_new(app->address); }
 *     PLX_ONCE_GET(get_pool, shared_pool, struct app, connect_pool, make)
 *
 *     PLX_AWAIT(my->pool, got, get_pool_new(&pool, &app));         a pointer to the value
 *     struct pool *now = shared_pool_get(&pool);                   NULL while there is none
 *
 *     GATE   the cell is filled   → Ready(&value)
 *            somebody fills it    → NotReady; when he fails or is dropped, the next in line fills it
 *            nobody does          → part = f(env), FILL, which is polled at once
 *     FILL   the part answers     NotReady   → NotReady
 *                                 Failed(e)  → the gate opens for the next, Failed(e)
 *                                 Ready(v)   → the cell is filled, the gate is closed for good, Ready(&value)
 *
 * The gate is a semaphore of one permit. The cell does not move, and outlives its futures.
 *
 * Source: Tokio 1.x `sync/once_cell.rs`.
 */
#ifndef PLX_SYNC_ONCE_CELL_H
#define PLX_SYNC_ONCE_CELL_H

#include "lib/future/combine.h"
#include "lib/sync/semaphore.h"

struct plx_once_cell {
    _Atomic bool filled; /* release, after the value was written; then the value may be read without a lock */
    struct plx_semaphore gate;
};

#define PLX_ONCE_CELL_EMPTY                                                                                  \
    {                                                                                                        \
        .cell = {.gate = PLX_SEMAPHORE_NAMED(1, "once_cell", 0) }                                            \
    }

PLX_INLINE bool plx__once_filled(struct plx_once_cell *cell)
{
    return atomic_load_explicit(&cell->filled, memory_order_acquire);
}

/* The holder of the permit has written the value. */
void plx__once_fill(struct plx_once_cell *cell, plx_permit *permit);

/* 0 and the permit, -EEXIST when it is filled, -EBUSY while somebody fills it. */
int plx__once_begin(struct plx_once_cell *cell, plx_permit *permit);

/* Declares the cell C for a value of `type`:
 *
 *     type *C_get(C *)            NULL while it is empty
 *     int C_set(C *, type)        0, -EEXIST when it is filled, -EBUSY while somebody fills it. Unless 0 the
 *                                 value is the caller's still
 *     void C_done(C *)            drops the value; nobody uses the cell any more */
#define PLX_ONCE_CELL(C, type)                                                                               \
    typedef type C##__value;                                                                                 \
    typedef struct C {                                                                                       \
        struct plx_once_cell cell;                                                                           \
        C##__value value;                                                                                    \
    } C;                                                                                                     \
    PLX_INLINE C##__value *C##_get(C *plx_cell)                                                              \
    {                                                                                                        \
        return plx__once_filled(&plx_cell->cell) ? &plx_cell->value : NULL;                                  \
    }                                                                                                        \
    PLX_INLINE int C##_set(C *plx_cell, C##__value plx_value)                                                \
    {                                                                                                        \
        plx_permit plx_gate;                                                                                 \
        int plx_error = plx__once_begin(&plx_cell->cell, &plx_gate);                                         \
        if (plx_error)                                                                                       \
            return plx_error;                                                                                \
        plx_cell->value = plx_value;                                                                         \
        plx__once_fill(&plx_cell->cell, &plx_gate);                                                          \
        return 0;                                                                                            \
    }                                                                                                        \
    PLX_INLINE void C##_done(C *plx_cell)                                                                    \
    {                                                                                                        \
        if (C##_get(plx_cell))                                                                               \
            plx_item_drop(PLX_ITEM_TRAITS(C##__value), &plx_cell->value);                                    \
        atomic_store_explicit(&plx_cell->cell.filled, false, memory_order_relaxed);                          \
    }

/* ── get, or make it ──────────────────────────────────────────────────────────────────────────────── */

enum plx_once_stage { PLX_ONCE_GATE, PLX_ONCE_FILL, PLX_ONCE_DONE };

struct plx_once_get {
    enum plx_once_stage stage;
    struct plx_once_cell *cell;
    plx_acquire acquire;
    plx_permit permit; /* in FILL */
};

struct plx_once_part {
    void (*make)(void *self);
    enum plx_answer (*fill)(void *self, plx_context *cx); /* polls the part; Ready: the value is written */
    plx_drop_part *drop;
    const struct plx_shape *shape;
};

/* Ready with the permit, or with `permit` empty when the cell is filled. */
enum plx_answer plx__once_pass_gate(struct plx_once_get *get, plx_context *cx);

PLX_BODY enum plx_answer plx_once_get_poll(void *self, struct plx_once_get *get,
                                           const struct plx_once_part *part, plx_context *cx)
{
    if (get->stage == PLX_ONCE_GATE) {
        enum plx_answer answer = plx__once_pass_gate(get, cx);
        if (answer != PLX_READY)
            return answer;
        get->stage = get->permit.semaphore ? PLX_ONCE_FILL : PLX_ONCE_DONE;
        if (get->stage == PLX_ONCE_DONE)
            return PLX_READY;
        part->make(self);
    } else if (plx_unlikely(get->stage == PLX_ONCE_DONE)) {
        return plx_polled_after_end(cx, part->shape);
    }

    enum plx_answer answer = part->fill(self, cx);
    if (answer == PLX_NOT_READY)
        return PLX_NOT_READY;
    get->stage = PLX_ONCE_DONE;
    part->drop(self);
    if (answer == PLX_READY)
        plx__once_fill(get->cell, &get->permit);
    else
        plx_permit_drop(&get->permit);
    return answer;
}

void plx__once_leave_gate(struct plx_once_get *get);

/* T: ready with a pointer to the value of a C, which the A that `A f(ENV *env)` makes fills it with. */
#define PLX_ONCE_GET(T, C, ENV, A, f)                                                                        \
    typedef C##__value *T##_item;                                                                            \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    typedef struct T {                                                                                       \
        struct plx_once_get get;                                                                             \
        C *cell;                                                                                             \
        ENV *env;                                                                                            \
        A part;                                                                                              \
    } T;                                                                                                     \
    PLX__SHAPE_1(T, "once_get", #f, A)                                                                       \
    PLX_INLINE void T##__make(void *self)                                                                    \
    {                                                                                                        \
        ((T *)self)->part = f(((T *)self)->env);                                                             \
    }                                                                                                        \
    PLX_INLINE enum plx_answer T##__fill(void *self, plx_context *cx)                                        \
    {                                                                                                        \
        return A##__ask(&((T *)self)->part, cx, 1, &((T *)self)->cell->value);                               \
    }                                                                                                        \
    PLX_INLINE void T##__drop_part(void *self)                                                               \
    {                                                                                                        \
        A##__let_go(&((T *)self)->part, 1);                                                                  \
    }                                                                                                        \
    PLX_INLINE T T##_new(C *plx_cell, ENV *plx_env)                                                          \
    {                                                                                                        \
        return (T){.get = {.cell = &plx_cell->cell, .acquire = plx_acquire_new(&plx_cell->cell.gate, 1)},    \
                   .cell = plx_cell,                                                                         \
                   .env = plx_env};                                                                          \
    }                                                                                                        \
    PLX_INLINE enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                             \
    {                                                                                                        \
        static const struct plx_once_part plx_part = {T##__make, T##__fill, T##__drop_part, &T##_shape};     \
        *out = &self->cell->value;                                                                           \
        return plx_once_get_poll(self, &self->get, &plx_part, cx);                                           \
    }                                                                                                        \
    PLX_INLINE void T##_drop(T *self)                                                                        \
    {                                                                                                        \
        if (self->get.stage == PLX_ONCE_FILL)                                                                \
            T##__drop_part(self);                                                                            \
        plx__once_leave_gate(&self->get);                                                                    \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
