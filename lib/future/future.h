/* SPDX-License-Identifier: MIT
 *
 * Futures: a value that is not there yet, with one operation, poll.
 *
 * "Pull, not push": nothing calls back when the value arrives. Whoever wants it asks, and gets one of three
 * answers. NotReady is a promise: the future has seen to it that the task will be notified (it, or one of its
 * parts, has taken a waker), so that asking again is worth while.
 *
 * A future type T is a plain struct, and these names belong to it:
 *
 *     T_item                                                      what it is ready with
 *     enum plx_answer T_poll(T *self, plx_context *cx, T_item *out)   asks it to go on
 *     void T_drop(T *self)                                        ends its life, finished or not
 *     T_shape, T_nodes                                            what it looks like, see shape.h
 *
 * Rules for T_poll: it never blocks; it writes *out only when it answers PLX_READY, and then the caller owns
 * the item; it fails with `return plx_fail(cx, -errno)`; it is not asked again after Ready or Failed. T_drop
 * is called exactly once, by the owner, at any time; dropping a future that has not finished cancels it, and
 * never blocks.
 *
 * By hand, a future is the struct, T_item, T_poll, T_drop, and one line `PLX_LEAF(T)` below them, as the
 * deck's MyTcpStream (lessons/04-chains/my_tcp_stream.h). Futures made of futures come from the combinators
 * (and_then.h and its neighbours), which hold their parts by value: a chain is one struct, and its poll
 * compiles to one function.
 *
 * Source: the trait Future of the Rust crate futures 0.1.
 */
#ifndef PLX_FUTURE_FUTURE_H
#define PLX_FUTURE_FUTURE_H

#include "lib/base.h"
#include "lib/future/item.h"
#include "lib/future/shape.h"
#include "lib/task/context.h"

enum plx_answer {
    PLX_NOT_READY,
    PLX_READY,
    PLX_FAILED,
};

/* What a caller needs of a future whose type it does not know: a task, or a box. Made once a type by
 * PLX__FUTURE. */
struct plx_future_ops {
    const char *name; /* of the type: a task is called by it */
    size_t size;
    size_t item_size;
    size_t align; /* of the larger of both */
    enum plx_answer (*poll)(void *self, plx_context *cx, uint32_t offset, void *item);
    void (*drop)(void *self, uint32_t offset);
    const struct plx_item_traits *(*item)(void);
    const struct plx_shape *shape;
};

/* ── how a poll and a drop are seen ──────────────────────────────────────────────────────────────────
 *
 * A parent asks its part through T__ask and ends it through T__let_go. Seldom does anybody look on: then they
 * are T_poll and T_drop. When somebody does (cx->watched), they tell the trace that the poll goes in and the
 * answer comes out, and keep count of where in the chain we are: `offset` is how far the part's number lies
 * behind its parent's, a constant that follows from the shape.
 *
 * What is watched is a second, outlined copy: in the first nothing happens between a poll and its answer, and
 * so the compiler can fold a whole chain into straight code, in which it knows which part is in which stage.
 */
PLX_BODY uint32_t plx__poll_in(plx_context *cx, uint32_t offset, const struct plx_shape *shape)
{
    uint32_t parent = cx->future;
    plx__context_at(cx, parent + offset);
    if (plx_trace_on())
        plx__trace_poll(cx, shape, parent);
    return parent;
}

PLX_BODY void plx__answer_out(plx_context *cx, uint32_t parent, enum plx_answer answer,
                              const struct plx_item_traits *item, const void *out)
{
    if (plx_trace_on())
        plx__trace_answer(cx, (int)answer, item, out);
    plx__context_at(cx, parent);
}

/* The innermost answers first. */
PLX_BODY enum plx_answer plx__noted(plx_context *cx, enum plx_answer answer, const struct plx_shape *shape)
{
    if (PLX_DEBUG && answer == PLX_NOT_READY && !cx->answered)
        cx->answered = shape;
    return answer;
}

/* Gives a type that has T_item, T_poll, T_drop, T_shape and T__traits what its users need of it. A task's
 * cell and a box hold what malloc would. */
#define PLX__FUTURE(T)                                                                                       \
    _Static_assert(_Alignof(T) <= _Alignof(max_align_t) && _Alignof(T##_item) <= _Alignof(max_align_t),      \
                   #T " is aligned more strictly than max_align_t");                                         \
    PLX__OUTLINED enum plx_answer T##__ask_watched(T *self, plx_context *cx, uint32_t offset, T##_item *out) \
    {                                                                                                        \
        uint32_t plx_parent = plx__poll_in(cx, offset, &T##_shape);                                          \
        enum plx_answer plx_answer = plx__noted(cx, T##_poll(self, cx, out), &T##_shape);                    \
        plx__answer_out(cx, plx_parent, plx_answer, T##__traits(), out);                                     \
        return plx_answer;                                                                                   \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##__ask(T *self, plx_context *cx, uint32_t offset, T##_item *out)              \
    {                                                                                                        \
        if (PLX_TRACE && plx_unlikely(cx->watched))                                                          \
            return T##__ask_watched(self, cx, offset, out);                                                  \
        return plx__noted(cx, T##_poll(self, cx, out), &T##_shape);                                          \
    }                                                                                                        \
    PLX__OUTLINED void T##__let_go_told(T *self, uint32_t offset)                                            \
    {                                                                                                        \
        uint32_t plx_told = plx__trace_drop(offset);                                                         \
        T##_drop(self);                                                                                      \
        if (plx_told)                                                                                        \
            plx__trace_dropped(offset);                                                                      \
    }                                                                                                        \
    PLX_BODY void T##__let_go(T *self, uint32_t offset)                                                      \
    {                                                                                                        \
        if (plx_trace_on())                                                                                  \
            T##__let_go_told(self, offset);                                                                  \
        else                                                                                                 \
            T##_drop(self);                                                                                  \
    }                                                                                                        \
    PLX_BODY enum plx_answer T##__ops_poll(void *self, plx_context *cx, uint32_t offset, void *plx_item)     \
    {                                                                                                        \
        return T##__ask(self, cx, offset, plx_item);                                                         \
    }                                                                                                        \
    PLX_BODY void T##__ops_drop(void *self, uint32_t offset)                                                 \
    {                                                                                                        \
        T##__let_go(self, offset);                                                                           \
    }                                                                                                        \
    static const struct plx_future_ops T##_ops __attribute__((unused)) = {                                   \
        #T,                                                                                                  \
        sizeof(T),                                                                                           \
        sizeof(T##_item),                                                                                    \
        _Alignof(T) > _Alignof(T##_item) ? _Alignof(T) : _Alignof(T##_item),                                 \
        T##__ops_poll,                                                                                       \
        T##__ops_drop,                                                                                       \
        T##__traits,                                                                                         \
        &T##_shape,                                                                                          \
    };

/* Makes a future of a hand-written leaf: stands after T, T_item, T_poll and T_drop. */
#define PLX_LEAF(T)                                                                                          \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    PLX__SHAPE_0(T, "leaf", #T)                                                                              \
    PLX__FUTURE(T)

/* The same for a leaf in a header with its functions in a .c file: DECLARE goes into the one, DEFINE into the
 * other. */
#define PLX_LEAF_DECLARE(T)                                                                                  \
    enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out);                                       \
    void T##_drop(T *self);                                                                                  \
    extern const struct plx_shape T##_shape;                                                                 \
    enum { T##_nodes = 1 };                                                                                  \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    PLX__FUTURE(T)

#define PLX_LEAF_DEFINE(T) const struct plx_shape T##_shape = {"leaf", #T, {__FILE__, __LINE__}, 1, 0, NULL};

#endif
