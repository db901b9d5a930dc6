/* SPDX-License-Identifier: MIT
 *
 * `pollux record`: runs a program with POLLUX_TRACE set, and tells what came of it.
 *
 * The program writes the trace itself, so that what it has flushed is there whatever becomes of it.
 * Everything that can be wrong with the two names is found out before an older trace is overwritten.
 */
#include "viz/command/command.h"
#include "viz/trace/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_FOUND 127
#define NOT_RUN   126

/* Signals are waited for, not handled: they and the end of the program come in through the same door. */
static void set_of_signals(sigset_t *set)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(set, numbers[i]);
}

static bool is_program(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && access(path, X_OK) == 0;
}

/* The program's file, found as a shell would. 0, or the exit status. */
static int find_program(const char *name, char *path, size_t size)
{
    const char *folder = getenv("PATH");
    int why = ENOENT;
    if (strchr(name, '/') != NULL) {
        snprintf(path, size, "%s", name);
        why = is_program(path) ? 0 : access(path, F_OK) == 0 ? EACCES : ENOENT;
        folder = NULL;
    }
    while (folder != NULL && why != 0) {
        size_t length = strcspn(folder, ":");
        snprintf(path, size, "%.*s%s%s", (int)length, folder, length > 0 ? "/" : "./", name);
        why = is_program(path) ? 0 : why;
        folder = folder[length] == ':' ? folder + length + 1 : NULL;
    }
    if (why == ENOENT)
        return plx_command_failed("record", "there is no program %s", name), NOT_FOUND;
    if (why != 0)
        return plx_command_failed("record", "%s is not a program that can be run", name), NOT_RUN;
    return 0;
}

/* Makes the trace an empty file and finds its absolute path, for programs that change their folder. */
static int prepare_trace(const char *file, char *path)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return plx_command_failed("record", "%s cannot be written: %s", file, strerror(errno));
    close(fd);
    if (realpath(file, path) == NULL)
        return plx_command_failed("record", "%s: %s", file, strerror(errno));
    return 0;
}

/* In the child. What goes wrong is sent back through the pipe, which a successful exec closes. */
static _Noreturn void become(const char *program, char **argv, const char *trace, int report,
                             const sigset_t *mask)
{
    int why = setenv("POLLUX_TRACE", trace, 1) != 0 ? ENOMEM : 0;
    if (why == 0) {
        sigprocmask(SIG_SETMASK, mask, NULL);
        execv(program, argv);
        why = errno;
    }
    ssize_t written = write(report, &why, sizeof why);
    _exit(written == sizeof why ? NOT_RUN : NOT_FOUND);
}

/* Starts the program, with the signals that it would have had without us. From here on ours wait until
 * wait_for takes them. 0, or the exit status. */
static int start(const char *program, char **argv, const char *trace, pid_t *child)
{
    int report[2], why = 0;
    sigset_t taken, before;
    if (pipe2(report, O_CLOEXEC) != 0)
        return plx_command_failed("record", "%s", strerror(errno));
    set_of_signals(&taken);
    sigprocmask(SIG_BLOCK, &taken, &before);
    pid_t pid = fork();
    if (pid == 0)
        become(program, argv, trace, report[1], &before);
    int failure = errno;
    close(report[1]);
    ssize_t got = pid > 0 ? read(report[0], &why, sizeof why) : 0;
    close(report[0]);
    if (pid < 0)
        return plx_command_failed("record", "%s", strerror(failure));
    *child = pid;
    if (got != sizeof why)
        return 0;
    waitpid(pid, NULL, 0);
    return plx_command_failed("record", "%s cannot be run: %s", program, strerror(why)), NOT_RUN;
}

/* The terminal sends its signals (Ctrl-C) to the program as well: only those sent to us alone are passed on. */
static void take_signal(pid_t child)
{
    sigset_t taken;
    siginfo_t info;
    set_of_signals(&taken);
    if (sigwaitinfo(&taken, &info) < 0 || info.si_signo == SIGCHLD)
        return;
    if (info.si_code != SI_KERNEL)
        kill(child, info.si_signo);
}

/* The status as a shell would report it. */
static int wait_for(pid_t child, const char *name)
{
    int status;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0)
        take_signal(child);
    if (ended < 0)
        return plx_command_failed("record", "%s", strerror(errno));
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    fprintf(stderr, "pollux record: %s was ended by signal %d (%s); what it had told until then is kept\n",
            name, WTERMSIG(status), strsignal(WTERMSIG(status)));
    return 128 + WTERMSIG(status);
}

/* How many events there are, and how to see them. */
static int tell(const char *name, const char *trace, int status)
{
    struct stat facts = {0};
    struct plx_recording *recording;
    struct plx_problem why;
    if (stat(trace, &facts) == 0 && !S_ISREG(facts.st_mode))
        return status; /* a pipe or a device: what it was told cannot be read again */
    if (facts.st_size == 0) {
        unlink(trace); /* an empty file is nobody's */
        fprintf(
            stderr,
            "pollux record: %s has written no trace: it is not linked with libpollux, or started no runtime\n",
            name);
        return status != 0 ? status : PLX_EXIT_FAILED;
    }
    if (plx_recording_load(trace, &recording, &why) != 0) {
        fprintf(stderr, "pollux record: %s\n", why.text);
        return status != 0 ? status : PLX_EXIT_FAILED;
    }
    size_t events = plx_recording_count(recording);
    plx_recording_free(recording);
    plx_command_mention_spill("record", trace);
    fprintf(stderr, "pollux record: %zu event%s in %s\nTo see them:   %s play %s\n", events,
            events == 1 ? "" : "s", trace, plx_command_typed, trace);
    return status;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

int plx_command_record(int argc, char **argv)
{
    char program[PATH_MAX], path[PATH_MAX], own[NAME_MAX + 16];
    const char *trace = NULL;
    pid_t child = -1;
    const struct plx_option options[] = {{"output", 'o', true, &trace, NULL},
                                         {NULL, '\0', false, NULL, NULL}};
    int left = plx_command_options(argc, argv, options, false);
    if (left < 0)
        return PLX_EXIT_USAGE;
    if (left == 0)
        return plx_command_misused("record", "which program?");
    argv[1 + left] = NULL;
    snprintf(own, sizeof own, "%s.jsonl", base_of(argv[1]));
    trace = trace != NULL ? trace : own;
    int status = find_program(argv[1], program, sizeof program);
    if (status == 0)
        status = prepare_trace(trace, path);
    if (status == 0)
        status = start(program, argv + 1, path, &child);
    if (status != 0)
        return status;
    status = wait_for(child, base_of(program));
    return tell(base_of(program), trace, status);
}
