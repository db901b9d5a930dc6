/* SPDX-License-Identifier: MIT
 *
 * Children: waited for, killed, dropped. See command.h.
 *
 * The system keeps a child's number until it is waited for: as long as `pid` is set it is this child's, and a
 * signal reaches nobody else.
 */
#include "lib/process/command.h"

#include "lib/future/item.h"
#include "lib/process/reap.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

/* The words for an item: "exit 1", "signal 9". */
void plx__print_exit_status(char *text, size_t size, const void *item)
{
    const plx_exit_status *status = item;
    snprintf(text, size, "%s %d", status->signal ? "signal" : "exit",
             status->signal ? status->signal : status->code);
}

static plx_exit_status status_of(int word)
{
    if (WIFSIGNALED(word))
        return (plx_exit_status){.signal = WTERMSIG(word)};
    return (plx_exit_status){.code = WEXITSTATUS(word)};
}

static void forget(plx_child *child)
{
    child->pid = 0;
    plx_poll_evented_drop(&child->ended);
    plx_signal_drop(&child->child_signal);
}

int plx_child_try_wait(plx_child *child, plx_exit_status *status)
{
    int word;
    if (child->pid) {
        pid_t pid = plx__reap(child->pid, &word);
        if (pid == 0)
            return 0;
        int error = errno;
        forget(child);
        if (pid < 0)
            return -error;
        child->status = status_of(word);
        child->waited = true;
    }
    *status = child->status;
    return child->waited ? 1 : -ECHILD;
}

int plx_child_kill(const plx_child *child, int signal)
{
    if (!child->pid)
        return -ESRCH;
    return kill(child->pid, signal) < 0 ? -errno : 0;
}

void plx_child_drop(plx_child *child)
{
    plx_child gone = PLX_MOVE(*child);
    plx_stream_drop(&gone.in);
    plx_stream_drop(&gone.out);
    plx_stream_drop(&gone.err);
    if (gone.kill_on_drop)
        plx_child_kill(&gone, SIGKILL);
    if (gone.pid)
        plx__reap_later(gone.pid);
    forget(&gone);
}

/* ── waiting ──────────────────────────────────────────────────────────────────────────────────────────── */

/* Ready when something has happened, and it is worth while to look again. What is seen is cleared before that
 * look: a change after it is a new event. */
static enum plx_answer poll_change(plx_child *child, plx_context *cx)
{
    plx_signal_item any;
    uint64_t seen;
    if (!child->ended.open)
        return plx_signal_poll(&child->child_signal, cx, &any);
    int error = plx_poll_evented_register(&child->ended, cx, "child");
    if (error)
        return plx_fail(cx, error);
    enum plx_answer answer = plx_poll_evented_ready(&child->ended, cx, PLX_READ, &seen);
    if (answer == PLX_READY)
        plx_poll_evented_clear(&child->ended, PLX_READ, seen);
    return answer;
}

/* Looked for first, waited for then: what happens between the two is an event that comes at once. */
enum plx_answer plx_child_poll_wait(plx_child *child, plx_context *cx, plx_exit_status *status)
{
    if (!plx_budget_left(cx))
        return PLX_NOT_READY;
    for (;;) {
        int ended = plx_child_try_wait(child, status);
        if (ended < 0)
            return plx_fail(cx, ended);
        if (ended) {
            plx_budget_spend(cx);
            return PLX_READY;
        }
        enum plx_answer answer = poll_change(child, cx);
        if (answer != PLX_READY)
            return answer;
    }
}

PLX_LEAF_DEFINE(plx_child_wait)

enum plx_answer plx_child_wait_poll(plx_child_wait *self, plx_context *cx, plx_exit_status *out)
{
    if (!self->begun)
        plx_label(cx, "child %d", (int)self->child->pid);
    self->begun = true;
    plx_stream_drop(&self->child->in);
    return plx_child_poll_wait(self->child, cx, out);
}

void plx_child_wait_drop(plx_child_wait *self)
{
    (void)self;
}
