/* SPDX-License-Identifier: MIT
 *
 * Abort: a task is told from outside to end without another poll.
 *
 *     H_abort(&handle)                 through its join handle (join.h), which then fails with ECANCELED
 *     plx_abort_handle                 through a handle that can do nothing else: it can be cloned, given
 *                                      away, and used after the task has ended
 *
 *     struct plx_abort_handle stop = download_handle_abort_handle(&handle);
 *     …
 *     plx_abort_handle_abort(&stop);
 *     plx_abort_handle_drop(&stop);
 *
 * It is a request, and may come too late:
 *
 *     before the first poll     the future is dropped, and was never polled
 *     idle, or in a queue       the future is dropped when its worker comes to it
 *     while it is polled        the poll goes on to its end; Ready or Failed counts, after NotReady the
 *                               future is dropped
 *     after the end             nothing happens, and the item stays
 *     once more                 is as good as once
 *
 * The one who aborts never drops the future himself: that is done where it would have been polled, so that a
 * task which stays on one thread (local_set.h) is also dropped there, and no lock that the caller holds can
 * be wanted by a drop.
 *
 * Source: Tokio 1.x `AbortHandle`.
 */
#ifndef PLX_TASK_ABORT_H
#define PLX_TASK_ABORT_H

#include "lib/base.h"

struct plx_task;

/* Empty when zero; then all of these do nothing. Each of them from any thread. */
struct plx_abort_handle {
    struct plx_task *task;
};

void plx_abort_handle_abort(const struct plx_abort_handle *handle);

struct plx_abort_handle plx_abort_handle_clone(const struct plx_abort_handle *handle);
void plx_abort_handle_drop(struct plx_abort_handle *handle);

/* The task has ended, its future is gone. */
bool plx_abort_handle_is_finished(const struct plx_abort_handle *handle);

/* The task's number, 0 when empty. */
uint64_t plx_abort_handle_task(const struct plx_abort_handle *handle);

/* A handle of a task that the caller keeps alive. */
struct plx_abort_handle plx__abort_handle_of(struct plx_task *task);

#endif
