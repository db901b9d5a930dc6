/* SPDX-License-Identifier: MIT
 *
 * What the exercise stands on: an `and_then` that has everything but its poll.
 *
 *     MY_AND_THEN(T, A, B, f)       A, then the B that f makes of its item: `B f(T_env *env, int item)`
 *
 * The poll, my_and_then_poll, is the student's, and works with what stands in the first part of this file.
 * To keep that part free of pointers to nowhere, all items are numbers here. The second part is what
 * PLX_AND_THEN does too (lib/future/and_then.h): it declares the type and wires it up.
 */
#ifndef LESSON_MY_AND_THEN_H
#define LESSON_MY_AND_THEN_H

#include <pollux.h>

/* ── what my_and_then_poll works with ─────────────────────────────────────────────────────────────── */

enum my_stage {
    FIRST,  /* the first future is alive; every future made by MY_AND_THEN begins here */
    SECOND, /* the second future is alive */
    DONE,   /* neither is */
};

typedef struct my_and_then {
    enum my_stage stage;
    const struct my_parts *parts; /* not your concern */
} my_and_then;

static enum plx_answer poll_first(my_and_then *self, plx_context *cx, int *item);
static void drop_first(my_and_then *self);
static void make_second(my_and_then *self,
                        int item); /* second = f(item); the first must be gone: they share memory */
static enum plx_answer poll_second(my_and_then *self, plx_context *cx, int *out);
static void drop_second(my_and_then *self);

static enum plx_answer my_and_then_poll(my_and_then *self, plx_context *cx, int *out);

/* ── how it is wired up ───────────────────────────────────────────────────────────────────────────── */

struct my_parts {
    plx_poll_part *poll_first, *poll_second;
    plx_drop_part *drop_first, *drop_second;
    void (*make_second)(void *self, int item);
};

PLX_INLINE enum plx_answer poll_first(my_and_then *self, plx_context *cx, int *item)
{
    return self->parts->poll_first(self, cx, item);
}

PLX_INLINE void drop_first(my_and_then *self)
{
    self->parts->drop_first(self);
}

PLX_INLINE void make_second(my_and_then *self, int item)
{
    self->parts->make_second(self, item);
}

PLX_INLINE enum plx_answer poll_second(my_and_then *self, plx_context *cx, int *out)
{
    return self->parts->poll_second(self, cx, out);
}

PLX_INLINE void drop_second(my_and_then *self)
{
    self->parts->drop_second(self);
}

/* Whoever owns the future lets it go, finished or not: what is alive in it is dropped. */
PLX_INLINE void my_and_then_drop(my_and_then *self)
{
    if (self->stage == FIRST)
        drop_first(self);
    else if (self->stage == SECOND)
        drop_second(self);
    self->stage = DONE;
}

/* Tells the trace by which call the second was made: it becomes the label of its box. */
PLX_INLINE void my_label_second(uint32_t offset, const char *f, int item)
{
    plx_context *cx = plx__context_current();
    if (!cx)
        return;
    cx->future += offset;
    plx_label(cx, "%s(%d)", f, item);
    cx->future -= offset;
}

#define MY_AND_THEN(T, A, B, f)                                                                              \
    typedef A##_env T##_env;                                                                                 \
    PLX__ITEM_AS(T, B)                                                                                       \
    typedef struct T {                                                                                       \
        my_and_then base; /* stands first: a pointer to it is a pointer to the T */                          \
        T##_env *env;                                                                                        \
        union {                                                                                              \
            A first;                                                                                         \
            B second;                                                                                        \
        };                                                                                                   \
    } T;                                                                                                     \
    PLX__SHAPE_2(T, "my_and_then", #f, A, B)                                                                 \
    PLX__PART(T, A, first, 1)                                                                                \
    PLX__PART(T, B, second, PLX__SECOND_AFTER(A))                                                            \
    PLX_INLINE void T##__make_second(void *self, int item)                                                   \
    {                                                                                                        \
        T *me = self;                                                                                        \
        my_label_second(PLX__SECOND_AFTER(A), #f, item);                                                     \
        me->second = f(me->env, item);                                                                       \
    }                                                                                                        \
    PLX_INLINE T T##_new(T##_env *env)                                                                       \
    {                                                                                                        \
        static const struct my_parts parts = {                                                               \
            T##__poll_first, T##__poll_second, T##__drop_first, T##__drop_second, T##__make_second,          \
        };                                                                                                   \
        return (T){.base = {FIRST, &parts}, .env = env, .first = A##_new(env)};                              \
    }                                                                                                        \
    PLX_INLINE enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                             \
    {                                                                                                        \
        return my_and_then_poll(&self->base, cx, out);                                                       \
    }                                                                                                        \
    PLX_INLINE void T##_drop(T *self)                                                                        \
    {                                                                                                        \
        my_and_then_drop(&self->base);                                                                       \
    }                                                                                                        \
    PLX__FUTURE(T)

#endif
