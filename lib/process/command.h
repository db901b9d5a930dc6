/* SPDX-License-Identifier: MIT
 *
 * Other programs: started, spoken to, waited for.
 *
 *     const char *const argv[] = {"sort", "-u", NULL};
 *     plx_child child;
 *     struct plx_command command = {.argv = argv, .in = PLX_PIPED, .out = PLX_PIPED};
 *     int error = plx_command_spawn(&command, &child);
 *
 *     PLX_AWAIT(count, write, plx_stream_write_all_new(&my->child.in, text, size));
 *     plx_stream_drop(&my->child.in);                                   // the end of its input
 *     PLX_AWAIT(count, read, plx_stream_read_to_end_new(&my->child.out, &my->sorted, SIZE_MAX));
 *     PLX_AWAIT(my->status, wait, plx_child_wait_new(&my->child));
 *
 *       us                                   the child
 *     child.in  (writes) ──▶ pipe ──▶ standard input
 *     child.out (reads)  ◀── pipe ◀── standard output
 *     child.err (reads)  ◀── pipe ◀── standard error
 *     plx_child_wait     ◀── pidfd: readable when it has ended
 *
 * A pipe holds 64 KiB: whoever writes more than that before he reads what the child answers may wait for it
 * while it waits for him. Write and read in two tasks then, or let plx_output collect.
 *
 * A child is a value with one owner, who drops it. One that is dropped before it was waited for goes on (or
 * is killed, with kill_on_drop); it is still waited for, so that no zombie stays behind. Empty when zero.
 *
 * Source: Rust's `std::process`, Tokio 1.x `process`; tokio-process 0.2.
 */
#ifndef PLX_PROCESS_COMMAND_H
#define PLX_PROCESS_COMMAND_H

#include "lib/io/stream.h"
#include "lib/process/signal.h"

#include <sys/types.h>

/* What a standard stream of the child is. */
enum plx_child_stdio {
    PLX_INHERIT, /* ours */
    PLX_PIPED,   /* a pipe, the other end of which is in the plx_child */
    PLX_NULL,    /* /dev/null */
};

/* What to start. Everything in it is borrowed until the call that gets it has returned. */
struct plx_command {
    const char *const *argv; /* ends with NULL. argv[0] without a '/' is looked for in our $PATH */
    const char *const *env;  /* ends with NULL; NULL: ours */
    const char *cwd;         /* NULL: ours. Looked for in it is also a program whose path is relative */
    enum plx_child_stdio in, out, err;
    bool kill_on_drop;  /* a child that is dropped before it has ended gets SIGKILL */
    bool without_pidfd; /* wait by SIGCHLD, as on systems that have no pidfd (Linux before 5.3) */
};

/* How a child has ended: by itself with a code, or by a signal (then signal is not 0). */
typedef struct plx_exit_status {
    int code;
    int signal;
} plx_exit_status;

PLX_INLINE bool plx_exit_success(plx_exit_status status)
{
    return status.signal == 0 && status.code == 0;
}

typedef struct plx_child {
    pid_t pid; /* 0: empty, or it has been waited for */
    bool kill_on_drop, waited;
    plx_exit_status status;  /* when it has been waited for */
    plx_stream in, out, err; /* of those that are PLX_PIPED */
    plx_poll_evented ended;  /* a pidfd */
    plx_signal child_signal; /* in its place where there is none */
} plx_child;

/* Starts a program. 0 or a negative errno, also that of the child's exec: -ENOENT when there is no such
 * program, -EACCES when it may not be run; -EINVAL without argv. Needs no runtime. It waits until the new
 * program has taken over: about a millisecond.
 *
 * The child gets no descriptor but the three (those made with O_CLOEXEC are not inherited, and the library
 * makes no others), an empty signal mask, and the default action for SIGPIPE. */
int plx_command_spawn(const struct plx_command *command, plx_child *child);

/* Sends a signal. 0 or a negative errno: -ESRCH when it has been waited for. */
int plx_child_kill(const plx_child *child, int signal);

/* Waits until it has ended. It borrows the child, and first closes child.in, so that one which reads to the
 * end comes to it. The same status again when asked again; ECHILD when somebody else has waited for it. */
typedef struct plx_child_wait {
    plx_child *child;
    bool begun;
} plx_child_wait;
typedef plx_exit_status plx_child_wait_item;
PLX_LEAF_DECLARE(plx_child_wait)

PLX_INLINE plx_child_wait plx_child_wait_new(plx_child *child)
{
    return (plx_child_wait){.child = child};
}

/* The same for leaves by hand; child.in stays as it is. */
enum plx_answer plx_child_poll_wait(plx_child *child, plx_context *cx, plx_exit_status *status);

/* 1 and *status when it has ended, 0 when it has not, or a negative errno. */
int plx_child_try_wait(plx_child *child, plx_exit_status *status);

void plx_child_drop(plx_child *child);

#endif
