/* SPDX-License-Identifier: MIT
 *
 * File operations as futures: the form that all of them share. (Inside the library; programs use file.h and
 * its neighbours.)
 *
 * Files cannot be waited for: to the system a file is always ready, and read may still sleep until the disk
 * has turned. So the future makes its system call in a blocking section of the pool:
 *
 *     poll ──▶ enter the section ── no room ──▶ NotReady, until another section is left
 *                   │
 *                   ▼
 *              the operation, on this thread ──▶ leave ──▶ Ready(item), or Failed
 *                   │
 *                   └── a piece of a large one ──▶ leave, NotReady, and the next piece in the next poll
 *
 * Elsewhere than in a thread pool it fails with ENOTSUP; on a thread of the blocking pool
 * (PLX_SPAWN_BLOCKING) it works with every runtime, and all pieces are done in one go.
 *
 * What the operation has done is kept in the future before the section is left, and its value is handed out
 * in the same poll. So a system call that has ended is never made a second time, and a drop never comes in
 * the middle of one. Between two pieces others get the section, and the task can be cancelled.
 *
 * An operation is a struct that has a `struct plx_fs_op op`, and in its .c file one function:
 *
 *     PLX__FS_PATH_RUN(plx_fs_rename)
 *     {
 *         return plx__fs_result(rename(self->op.path, self->to));
 *     }
 *
 * which gets `self` and `out`, and returns 0, a negative errno, or PLX__FS_MORE.
 *
 * Source: tokio 0.1 `tokio-fs`, which is "poll: the system call inside blocking()" from end to end.
 */
#ifndef PLX_FS_OP_H
#define PLX_FS_OP_H

#include "lib/future/future.h"
#include "lib/scheduler/blocking.h"

#include <errno.h>

/* Zero at first. */
struct plx_fs_op {
    struct plx_blocking section;
    const char *path; /* borrowed: what it is about, NULL when that is an open file */
    bool begun, ended;
};

enum {
    PLX__FS_MORE = 1,       /* a piece is done, and there is more to do */
    PLX__FS_PIECE = 1 << 20 /* bytes: what is moved in one section at most */
};

enum plx_answer plx__fs_poll(struct plx_fs_op *op, plx_context *cx, const struct plx_shape *shape,
                             int (*run)(void *self, void *out), void *self, void *out);

/* A system call as often as a signal interrupts it. */
#define plx__uninterrupted(call)                                                                             \
    __extension__({                                                                                          \
        __typeof__(call) plx_result;                                                                         \
        do                                                                                                   \
            plx_result = (call);                                                                             \
        while (plx_result == -1 && errno == EINTR);                                                          \
        plx_result;                                                                                          \
    })

/* What a system call has returned, as an operation returns it. */
PLX_INLINE int plx__fs_result(long result)
{
    return result < 0 ? -errno : 0;
}

/* Heads the function of the operation T, and writes T_poll and T_drop. `release` is what a drop of T does. */
#define PLX__FS_RUN(T, release)                                                                              \
    static int T##__run(T *self, T##_item *out);                                                             \
    static int T##__run_any(void *self, void *out)                                                           \
    {                                                                                                        \
        return T##__run(self, out);                                                                          \
    }                                                                                                        \
    PLX_LEAF_DEFINE(T)                                                                                       \
    enum plx_answer T##_poll(T *self, plx_context *cx, T##_item *out)                                        \
    {                                                                                                        \
        return plx__fs_poll(&self->op, cx, &T##_shape, T##__run_any, self, out);                             \
    }                                                                                                        \
    void T##_drop(T *self)                                                                                   \
    {                                                                                                        \
        plx_blocking_cancel(&self->op.section);                                                              \
        release;                                                                                             \
    }                                                                                                        \
    static int T##__run(T *self __attribute__((unused)), T##_item *out __attribute__((unused)))

/* … for one that owns nothing but the names it was given. */
#define PLX__FS_PATH_RUN(T) PLX__FS_RUN(T, (void)0)

/* … for one that owns a file while it works. */
#define PLX__FS_FILE_RUN(T) PLX__FS_RUN(T, plx_file_drop(&self->file))

#endif
