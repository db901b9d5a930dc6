/* SPDX-License-Identifier: MIT
 *
 * Task-locals: a variable of which every task has its own, and which all functions that its polls call can
 * reach without being handed it. For what goes along with a piece of work: the number of a request, a user.
 *
 *     PLX_TASK_LOCAL(request, struct request, request_done)     // struct request *request(void)
 *
 *     request()->number = 17;             // in any function that a poll of the task calls
 *
 * The function gives the task's own, all bytes zero at the first call; or NULL outside of a task, and without
 * memory. It stays where it is until the task ends. Then, after the task's future has been dropped, the third
 * argument is called with it, `void request_done(struct request *)`; NULL: there is nothing to clean up. The
 * child that a task spawns begins with its own, as zero as any: hand it what it is to know.
 *
 * That is the task_local! of futures 0.1. The one of Tokio 1.x belongs to a scope within a future and is set
 * for its polls; in C a scope would have to be entered and left around each poll by the user, and whatever
 * needs less than a task can be a field of its future. So the map is the task's: one pointer in the cell, and
 * one allocation a variable that is used.
 *
 * The variable belongs to the file that declares it; for several files, wrap it in a function.
 *
 * Finding it is a walk along the task's variables, of which there are a few. No lock: only the poll of the
 * task comes here, and each poll sees what the one before it has left (state.h).
 */
#ifndef PLX_TASK_TASK_LOCAL_H
#define PLX_TASK_TASK_LOCAL_H

#include "lib/base.h"

/* One a variable; its address tells variables apart. */
struct plx_local_key {
    size_t size;
    void (*done)(void *value); /* NULL: nothing to do */
};

/* The task's value of it, or NULL. */
void *plx__local_get(const struct plx_local_key *key);

/* Ends all values of a task that ends. */
struct plx_local_value;
void plx__locals_free(struct plx_local_value **locals);

#define PLX_TASK_LOCAL(name, type, done_with)                                                                \
    PLX_INLINE void name##__done(void *plx_value)                                                            \
    {                                                                                                        \
        void (*plx_done)(type *) = (done_with);                                                              \
        if (plx_done)                                                                                        \
            plx_done(plx_value);                                                                             \
    }                                                                                                        \
    PLX_INLINE type *name(void)                                                                              \
    {                                                                                                        \
        _Static_assert(_Alignof(type) <= _Alignof(max_align_t), #type " is aligned more than max_align_t");  \
        static const struct plx_local_key plx_key = {sizeof(type), name##__done};                            \
        return plx__local_get(&plx_key);                                                                     \
    }

#endif
