/* SPDX-License-Identifier: MIT
 *
 * Starting programs: see command.h. What happens to them afterwards is in child.c.
 *
 * posix_spawn and not fork: with fork the child is a copy of one thread of many, in which hardly anything may
 * be called, and the page tables of a large program are copied for nothing. The C library's posix_spawn runs
 * in the parent's memory until exec (CLONE_VFORK), and so can also tell that the exec has failed.
 */
#include "lib/process/command.h"

#include "lib/process/pipe.h"
#include "lib/process/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ── the child's standard streams ─────────────────────────────────────────────────────────────────────── */

/* Above 2, so that what becomes the child's 0, 1 and 2 one after the other overwrites none of the rest; that
 * can be so only in a program that has closed its own. */
static int above_stdio(int *fd)
{
    if (*fd > STDERR_FILENO)
        return 0;
    int higher = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (higher < 0)
        return -errno;
    close(*fd);
    *fd = higher;
    return 0;
}

/* *childs: what becomes its descriptor; -1 when it inherits ours. */
static int make_stdio(enum plx_child_stdio kind, int number, plx_stream *ours, int *childs)
{
    int error = 0;
    const bool it_reads = number == STDIN_FILENO;
    if (kind == PLX_PIPED)
        error = plx__pipe_to_child(it_reads, ours, childs);
    else if (kind == PLX_NULL &&
             (*childs = open("/dev/null", (it_reads ? O_RDONLY : O_WRONLY) | O_CLOEXEC)) < 0)
        error = -errno;
    return error || *childs < 0 ? error : above_stdio(childs);
}

static int make_all_stdio(const struct plx_command *command, plx_child *child, int childs[3])
{
    int error = make_stdio(command->in, STDIN_FILENO, &child->in, &childs[0]);
    if (!error)
        error = make_stdio(command->out, STDOUT_FILENO, &child->out, &childs[1]);
    if (!error)
        error = make_stdio(command->err, STDERR_FILENO, &child->err, &childs[2]);
    return error;
}

static void close_all(const int fds[3])
{
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* ── the call. All of posix_spawn's functions return a positive errno ─────────────────────────────────── */

static int describe_files(posix_spawn_file_actions_t *actions, const char *cwd, const int childs[3])
{
    int error = 0;
    for (int i = 0; i < 3 && !error; i++)
        if (childs[i] >= 0)
            error = posix_spawn_file_actions_adddup2(actions, childs[i], i);
    return error || !cwd ? error : posix_spawn_file_actions_addchdir_np(actions, cwd);
}

/* A thread of ours may block signals, and SIGPIPE may be ignored: neither is the new program's affair. */
static int describe_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    int error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!error)
        error = posix_spawnattr_setsigmask(attributes, &none);
    return error ? error : posix_spawnattr_setsigdefault(attributes, &defaults);
}

static int call_spawn(const struct plx_command *command, posix_spawn_file_actions_t *actions,
                      posix_spawnattr_t *attributes, pid_t *pid)
{
    char *const *argv = (char *const *)(uintptr_t)command->argv;
    char *const *env = command->env ? (char *const *)(uintptr_t)command->env : environ;
    return posix_spawnp(pid, argv[0], actions, attributes, argv, env);
}

static int describe_and_spawn(const struct plx_command *command, const int childs[3], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return -error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = describe_files(&actions, command->cwd, childs);
        if (!error)
            error = describe_signals(&attributes);
        if (!error)
            error = call_spawn(command, &actions, &attributes, pid);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

/* ── how its end is seen ──────────────────────────────────────────────────────────────────────────────── */

/* A pidfd, or -1 and errno. The number cannot have been given to another meanwhile: a child keeps it until it
 * is waited for. */
static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    errno = ENOSYS;
    return -1;
#endif
}

/* A listener that is set up only now may have missed the child's end. But the status is looked for before the
 * signal is, so that is seen. */
static int watch(plx_child *child, bool without_pidfd)
{
    int fd = without_pidfd ? -1 : open_pidfd(child->pid);
    if (fd >= 0) {
        child->ended = plx_poll_evented_of(fd);
        return 0;
    }
    if (!without_pidfd && errno != ENOSYS)
        return -errno;
    return plx_signal_listen(SIGCHLD, &child->child_signal);
}

int plx_command_spawn(const struct plx_command *command, plx_child *child)
{
    int childs[3] = {-1, -1, -1};
    *child = (plx_child){0};
    if (!command->argv || !command->argv[0])
        return -EINVAL;
    plx__reap_leftovers();
    int error = make_all_stdio(command, child, childs);
    if (!error)
        error = describe_and_spawn(command, childs, &child->pid);
    close_all(childs);
    if (error)
        child->pid = 0;
    else
        error = watch(child, command->without_pidfd);
    child->kill_on_drop = error || command->kill_on_drop;
    if (error)
        plx_child_drop(child);
    return error;
}
