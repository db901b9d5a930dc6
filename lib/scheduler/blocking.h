/* SPDX-License-Identifier: MIT
 *
 * Sections that may block their thread: a file, a query, a long computation.
 *
 * A task that blocks its worker keeps all others of that worker from running. There are two ways out:
 *
 *   blocking   in the middle of a poll: the worker, queues and all, is handed on to another thread, and this
 *              one may block for as long as it likes. At most `max_blocking` do so at a time; the others are
 *              NotReady until it is their turn, in the order in which they came.
 *
 *       static int load(struct job *job, struct picture *picture) { … read(job->fd, …) … return 0; }
 *       PLX_BLOCKING(load_picture, struct job, struct picture, load)      // a future: load_picture_new(&job)
 *
 *   spawn_blocking   a task of its own that runs on a thread which is no worker, where it may block freely.
 *
 *       PLX_HANDLE(loading, load_picture)
 *       loading handle;
 *       PLX_SPAWN_BLOCKING(load_picture, load_picture_new(&job), &handle);
 *       …  PLX_AWAIT(picture, loaded, handle);
 *
 * `blocking` may borrow what its task owns, as the task stands still meanwhile, but needs a thread pool:
 * elsewhere it fails with ENOTSUP. spawn_blocking works with every runtime.
 *
 * Source: the slides "blocking(f)" and "next_blocking"; tokio-threadpool `blocking.rs`, with the two holes
 * closed that let its capacity leak away: a grant is taken where it is asked for and not at the beginning of
 * the poll (Tokio #726), and a future that goes away while it waits, or with a grant in its hands, gives the
 * grant on (Tokio #931).
 */
#ifndef PLX_SCHEDULER_BLOCKING_H
#define PLX_SCHEDULER_BLOCKING_H

#include "lib/future/combine.h"
#include "lib/task/join.h"

#include <pthread.h>

struct plx_runtime;
struct plx_thread;
struct plx_worker;

/* ── for users ────────────────────────────────────────────────────────────────────────────────────── */

/* Declares T, a future whose poll calls `int f(ENV *env, type *item)` in a blocking section: 0 and the item,
 * or a negative errno. f runs once. */
#define PLX_BLOCKING(T, ENV, type, f)                                                                        \
    typedef ENV T##_env;                                                                                     \
    typedef type T##_item;                                                                                   \
    typedef struct T {                                                                                       \
        struct plx_blocking section;                                                                         \
        T##_env *env;                                                                                        \
    } T;                                                                                                     \
    PLX__SHAPE_0(T, "blocking", #f)                                                                          \
    PLX__ITEM_OF(T, T##_item)                                                                                \
    PLX_INLINE enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                             \
    {                                                                                                        \
        enum plx_answer plx_answer = plx_blocking_enter(cx, &self->section);                                 \
        if (plx_answer != PLX_READY)                                                                         \
            return plx_answer;                                                                               \
        int plx_code = f(self->env, out);                                                                    \
        plx_blocking_leave(cx, &self->section);                                                              \
        return plx_code ? plx_fail(cx, plx_code) : PLX_READY;                                                \
    }                                                                                                        \
    PLX_INLINE void T##_drop(T *self)                                                                        \
    {                                                                                                        \
        plx_blocking_cancel(&self->section);                                                                 \
    }                                                                                                        \
    PLX_INLINE T T##_new(T##_env *env)                                                                       \
    {                                                                                                        \
        return (T){.env = env};                                                                              \
    }                                                                                                        \
    PLX__FUTURE(T)

/* Spawns a future of type T onto the blocking pool of the runtime whose task this is, or of a given one; any
 * future that does not answer NotReady will do. `handle`: of a type made by PLX_HANDLE(…, T); dropped, it
 * lets the job run on. 0; -ENOMEM or -ESHUTDOWN: then the future is dropped. When there is no thread for it
 * the job fails, and the handle tells why: EAGAIN, mostly. A job that has begun is not interrupted by
 * anything; one that has not is cancelled when the runtime stops. */
#define PLX_SPAWN_BLOCKING_ON(runtime, T, value, handle)                                                     \
    __extension__({                                                                                          \
        T plx_future = (value);                                                                              \
        struct plx_task **plx_task = &(handle)->task;                                                        \
        plx__spawn_blocking((runtime), &T##_ops, &plx_future, PLX_HERE, plx_task);                           \
    })
#define PLX_SPAWN_BLOCKING(T, value, handle) PLX_SPAWN_BLOCKING_ON(NULL, T, value, handle)

int plx__spawn_blocking(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future,
                        struct plx_at at, struct plx_task **handle);

/* ── for leaves by hand ──────────────────────────────────────────────────────────────────────────────
 *
 * A leaf that blocks has a struct plx_blocking, zero at first, calls enter, blocks, and calls leave; and
 * cancel in its T_drop. From enter to leave nothing else is polled.
 */
enum plx_blocking_state {
    PLX_BLOCKING_IDLE,
    PLX_BLOCKING_QUEUED,  /* in the list of those that wait */
    PLX_BLOCKING_GRANTED, /* it has got capacity, and has not used it yet */
    PLX_BLOCKING_INSIDE,
};

struct plx_blocking {
    struct plx_capacity *capacity; /* kept while it is not idle */
    /* under capacity.lock while it is queued */
    enum plx_blocking_state state;
    struct plx_blocking *next_blocking, *previous;
    plx_waker waker;
    /* INSIDE: of this thread */
    struct plx_worker *handed_off;
    bool nested; /* inside of another section */
};

/* READY: go ahead and block. NOT_READY: the task will be notified. FAILED: ENOTSUP outside of a thread pool,
 * EAGAIN when no thread is to be had that the worker could be handed on to. */
enum plx_answer plx_blocking_enter(plx_context *cx, struct plx_blocking *section);
void plx_blocking_leave(plx_context *cx, struct plx_blocking *section);

/* The future goes away: it waits no longer, and gives a grant on. */
void plx_blocking_cancel(struct plx_blocking *section);

/* ── capacity: how many may block at a time ───────────────────────────────────────────────────────── */

struct plx_capacity {
    _Atomic uint32_t holders; /* the pool, and each section that is not idle */
    pthread_mutex_t lock;
    /* under the lock */
    uint32_t left;
    struct plx_blocking *first, *last;
};

int plx_capacity_new(uint32_t most, struct plx_capacity **capacity);
void plx_capacity_drop(struct plx_capacity *capacity);

/* The poll in which this thread has blocked has ended. */
void plx__blocking_poll_ended(struct plx_thread *thread);

#endif
