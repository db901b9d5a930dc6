/* SPDX-License-Identifier: MIT
 *
 * async/await: a future written as a function from top to bottom.
 *
 *     #define GREET_AWAITS(AWAIT)                  one line for each point where the function may wait:
 *         AWAIT(connect, plx_tcp_connect)          its name, and the type of the future awaited there
 *         AWAIT(send, plx_write_all)
 *
 *     struct greet_vars {                          what must outlive an await; the first ones are the parameters
 *         struct plx_address to;
 *         plx_tcp_stream sock;
 *     };
 *     static void greet_cleanup(struct greet_vars *my) { plx_tcp_stream_drop(&my->sock); }
 *
 *     PLX_ASYNC(greet, struct greet_vars, plx_unit, GREET_AWAITS, greet_cleanup)
 *     {
 *         PLX_BEGIN;
 *         PLX_AWAIT(my->sock, connect, plx_tcp_connect_new(my->to));
 *         PLX_AWAIT(my->sock, send, plx_write_all_new(PLX_MOVE(my->sock), "hello\n", 6));
 *         PLX_RETURN((plx_unit){0});
 *         PLX_END;
 *     }
 *
 * What the compiler of another language does by itself is spelled out: the function becomes a struct `greet`,
 * with its variables `my`, and a union of all futures that it may await, one at a time; and greet_poll
 * becomes one switch that jumps to where it waited last. It is a future like any other: greet_new((struct
 * greet_vars){.to = address}) makes it.
 *
 * An await that fails ends the function with that error, as `?` does in Rust; PLX_AWAIT_CATCH leaves it to
 * you, but for a task-fatal error, PLX_FATAL(why), which nobody catches (task/fatal.h). When the future is
 * dropped, finished or not, the awaited future is dropped, then cleanup(&my) is called: once.
 *
 * Rules. (1) Locals do not live across an await: what must, goes into `my`. gcc refuses one that is
 * initialised before and used after it. (2) An await may stand in a loop or an if, but not in a switch of
 * your own: it could not be jumped to; this is reported as a broken contract. (3) Each point is named in one
 * await only: a second is a duplicate case. (4) The function ends with PLX_RETURN or PLX_FAIL.
 *
 * Sources: the slide "async/await"; protothreads (Dunkels et al., 2006) for the switch; the generators of
 * Rust for the rest.
 */
#ifndef PLX_FUTURE_ASYNC_H
#define PLX_FUTURE_ASYNC_H

#include "lib/future/combine.h"
#include "lib/task/fatal.h"

#define plx_no_cleanup(vars) ((void)(vars))

/* Where an async function stands: before its first line, at one of its points, running between two of them,
 * past its end, or dropped. A point is known by how far the number of its future lies behind the function's own.
 * Added to PLX_AT_POINTS that makes a case label which a switch of the user's does not jump to by accident. */
enum { PLX_AT_BEGIN, PLX_AT_NO_AWAIT, PLX_AT_END, PLX_AT_DROPPED, PLX_AT_POINTS = 0x706c7800 };

/* A poll has reached the last line of an async function, which a poll that is in order never does. */
enum plx_answer plx__async_astray(uint32_t *at, plx_context *cx, const struct plx_shape *shape,
                                  struct plx_at last_line);

#define PLX__ASYNC_FIELD(point, type) type point;
#define PLX__ASYNC_NODES(point, type) char point[type##_nodes];
#define PLX__ASYNC_SHAPE(point, type) &type##_shape,
#define PLX__ASYNC_FUNCTIONS(point, type)                                                                    \
    struct {                                                                                                 \
        enum plx_answer (*ask)(type *, plx_context *, uint32_t, type##_item *);                              \
        void (*let_go)(type *, uint32_t);                                                                    \
    } point;
#define PLX__ASYNC_CONSTANTS(point, type) .point = {type##__ask, type##__let_go},
#define PLX__ASYNC_DROP(point, type)                                                                         \
    case PLX_AT_POINTS + offsetof(__typeof__(*plx_nodes), point):                                            \
        type##__let_go(&self->await.point, offsetof(__typeof__(*plx_nodes), point));                         \
        break;

#define PLX_ASYNC(T, vars, type, AWAITS, cleanup)                                                            \
    typedef type T##_item;                                                                                   \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    typedef struct T {                                                                                       \
        uint32_t at;                                                                                         \
        vars my;                                                                                             \
        union {                                                                                              \
            AWAITS(PLX__ASYNC_FIELD)                                                                         \
        } await;                                                                                             \
    } T;                                                                                                     \
    struct T##__nodes {                                                                                      \
        char self;                                                                                           \
        AWAITS(PLX__ASYNC_NODES)                                                                             \
    };                                                                                                       \
    struct T##__points {                                                                                     \
        AWAITS(PLX__ASYNC_FUNCTIONS)                                                                         \
    };                                                                                                       \
    enum { T##_nodes = sizeof(struct T##__nodes) };                                                          \
    static const struct T##__points T##__points = {AWAITS(PLX__ASYNC_CONSTANTS)};                            \
    static const struct plx_shape *const T##__children[] = {AWAITS(PLX__ASYNC_SHAPE)};                       \
    static const struct plx_shape T##_shape = {                                                              \
        "async",       #T, {__FILE__, __LINE__}, T##_nodes, sizeof T##__children / sizeof *T##__children,    \
        T##__children,                                                                                       \
    };                                                                                                       \
    PLX_BODY enum plx_answer T##__body(                                                                      \
        T *plx_self, vars *my, plx_context *cx, T##_item *plx_out, const struct T##__nodes *plx_nodes,       \
        const struct T##__points *plx_points, const struct plx_shape *plx_shape);                            \
    PLX_BODY T T##_new(vars my)                                                                              \
    {                                                                                                        \
        T plx_made;                                                                                          \
        plx_made.at = PLX_AT_BEGIN;                                                                          \
        plx_made.my = my;                                                                                    \
        return plx_made;                                                                                     \
    }                                                                                                        \
    static __attribute__((unused)) enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)         \
    {                                                                                                        \
        return T##__body(self, &self->my, cx, out, NULL, &T##__points, &T##_shape);                          \
    }                                                                                                        \
    PLX_BODY void T##_drop(T *self)                                                                          \
    {                                                                                                        \
        struct T##__nodes *plx_nodes;                                                                        \
        switch (self->at) {                                                                                  \
            AWAITS(PLX__ASYNC_DROP)                                                                          \
        case PLX_AT_DROPPED:                                                                                 \
            plx_contract_broken(PLX_DROPPED_TWICE, &T##_shape);                                              \
            return;                                                                                          \
        }                                                                                                    \
        self->at = PLX_AT_DROPPED;                                                                           \
        cleanup(&self->my);                                                                                  \
    }                                                                                                        \
    PLX__FUTURE(T)                                                                                           \
    PLX_BODY enum plx_answer T##__body(                                                                      \
        T *plx_self, vars *my, plx_context *cx, T##_item *plx_out __attribute__((unused)),                   \
        const struct T##__nodes *plx_nodes __attribute__((unused)), const struct T##__points *plx_points,    \
        const struct plx_shape *plx_shape)

#define PLX__OFFSET(point) ((uint32_t)offsetof(__typeof__(*plx_nodes), point))
#define PLX__AT(point)     (PLX_AT_POINTS + PLX__OFFSET(point))

/* gcc can tell when a jump to a point would pass a local's initialisation by, and is made to refuse it. */
#if defined(__GNUC__) && !defined(__clang__)
#define PLX__REFUSE_LOST_LOCALS                                                                              \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic error \"-Wjump-misses-init\"")
#define PLX__REFUSED _Pragma("GCC diagnostic pop")
#else
#define PLX__REFUSE_LOST_LOCALS
#define PLX__REFUSED
#endif

#define PLX_BEGIN                                                                                            \
    PLX__REFUSE_LOST_LOCALS                                                                                  \
    switch (plx_self->at) {                                                                                  \
    case PLX_AT_BEGIN:

/* The function's last line: only reached by a poll after the end, by a jump that found no point, or when
 * PLX_RETURN is missing. */
#define PLX_END                                                                                              \
    default:                                                                                                 \
        break;                                                                                               \
        }                                                                                                    \
        PLX__REFUSED                                                                                         \
        return plx__async_astray(&plx_self->at, cx, plx_shape, PLX_HERE)

/* Waits for `future` at `point`; its item goes into `into`. `caught` gets PLX_READY, or PLX_FAILED with the
 * error in cx->error. */
#define PLX_AWAIT_CATCH(caught, into, point, future)                                                         \
    do {                                                                                                     \
        plx_self->await.point = (future);                                                                    \
        plx_self->at = PLX__AT(point);                                                                       \
        __attribute__((fallthrough));                                                                        \
    case PLX__AT(point):                                                                                     \
        (caught) = plx_points->point.ask(&plx_self->await.point, cx, PLX__OFFSET(point), &(into));           \
        if ((caught) == PLX_NOT_READY)                                                                       \
            return PLX_NOT_READY;                                                                            \
        plx_self->at = PLX_AT_NO_AWAIT;                                                                      \
        plx_points->point.let_go(&plx_self->await.point, PLX__OFFSET(point));                                \
        if ((caught) == PLX_FAILED && plx_is_fatal(cx)) {                                                    \
            plx_self->at = PLX_AT_END;                                                                       \
            return PLX_FAILED;                                                                               \
        }                                                                                                    \
    } while (0)

/* Waits for `future` at `point`; its item goes into `into`. When it fails, the function fails. */
#define PLX_AWAIT(into, point, future)                                                                       \
    do {                                                                                                     \
        enum plx_answer plx_caught;                                                                          \
        PLX_AWAIT_CATCH(plx_caught, into, point, future);                                                    \
        if (plx_caught == PLX_FAILED) {                                                                      \
            plx_self->at = PLX_AT_END;                                                                       \
            return PLX_FAILED;                                                                               \
        }                                                                                                    \
    } while (0)

#define PLX_RETURN(value)                                                                                    \
    do {                                                                                                     \
        *plx_out = (value);                                                                                  \
        plx_self->at = PLX_AT_END;                                                                           \
        return PLX_READY;                                                                                    \
    } while (0)

#define PLX_FAIL(errno_code)                                                                                 \
    do {                                                                                                     \
        plx_self->at = PLX_AT_END;                                                                           \
        return plx_fail(cx, (errno_code));                                                                   \
    } while (0)

/* Ends the whole task, see task/fatal.h. */
#define PLX_FATAL(why)                                                                                       \
    do {                                                                                                     \
        plx_self->at = PLX_AT_END;                                                                           \
        return plx_fatal(cx, (why));                                                                         \
    } while (0)

/* Where to put the item of a future that is ready with plx_unit. */
#define PLX_NOTHING ((plx_unit){0})

#endif
