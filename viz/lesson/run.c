/* SPDX-License-Identifier: MIT
 *
 * Runs a student's program, or the compiler, within limits of time and talk. See tools.h.
 */
#include "viz/lesson/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES_MAX (16u << 20) /* a trace that is longer is of an endless loop */
#define NOT_STARTED    127

volatile sig_atomic_t plx_run_stop;

/* One of the two pipes. `fd` is -1 at its end. */
struct ear {
    int fd;
    char *text;
    size_t size;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* In the child. */
static _Noreturn void become(char *const *argv, const char *trace, const int out[2], const int err[2],
                             int report)
{
    struct rlimit bytes = {FILE_BYTES_MAX, FILE_BYTES_MAX}, none = {0, 0};
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC), why = 0;
    setpgid(0, 0);
#ifdef PR_SET_PDEATHSIG
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* should we be killed, nobody else would end it */
#endif
    setrlimit(RLIMIT_FSIZE, &bytes);
    setrlimit(RLIMIT_CORE, &none);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0 ||
        dup2(err[1], STDERR_FILENO) < 0)
        why = errno;
    if (trace != NULL ? setenv("POLLUX_TRACE", trace, 1) != 0 : unsetenv("POLLUX_TRACE") != 0)
        why = errno;
    if (why == 0) {
        execvp(argv[0], argv);
        why = errno;
    }
    ssize_t written = write(report, &why, sizeof why);
    _exit(written == sizeof why ? NOT_STARTED : NOT_STARTED - 1);
}

/* Hears what there is. false when it was too much. */
static bool hear(struct ear *ear)
{
    ssize_t got = read(ear->fd, ear->text + ear->size, PLX_HEARD_MAX - ear->size);
    if (got > 0) {
        ear->size += (size_t)got;
        return ear->size < PLX_HEARD_MAX;
    }
    if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(ear->fd);
        ear->fd = -1;
    }
    return true;
}

/* Until both pipes have ended. Whoever holds them open after the program's own end is given the rest of
 * the time. */
static void listen_to(struct ear ears[2], uint64_t deadline, struct plx_run *run)
{
    while ((ears[0].fd >= 0 || ears[1].fd >= 0) && !run->talkative) {
        struct pollfd wait[2] = {{ears[0].fd, POLLIN, 0}, {ears[1].fd, POLLIN, 0}};
        uint64_t now = now_ms();
        if (now >= deadline || plx_run_stop) {
            run->late = true;
            return;
        }
        if (poll(wait, 2, (int)(deadline - now)) < 0 && errno != EINTR)
            return;
        for (int i = 0; i < 2; i++)
            if (ears[i].fd >= 0 && wait[i].revents != 0 && !hear(&ears[i]))
                run->talkative = true;
    }
}

/* A program may close its pipes and go on: it has until the deadline. */
static void wait_for(pid_t child, uint64_t deadline, struct plx_run *run)
{
    const struct timespec moment = {0, 5000000};
    while (!run->late && !run->talkative) {
        siginfo_t ended = {0};
        if (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT | WNOHANG) != 0 || ended.si_pid == child)
            break;
        if (now_ms() >= deadline || plx_run_stop)
            run->late = true;
        nanosleep(&moment, NULL);
    }
    kill(-child, SIGKILL); /* it has not been waited for, so its number is still its own */
    while (waitpid(child, &run->status, 0) < 0 && errno == EINTR)
        continue;
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static void start(char *const *argv, const char *trace, uint64_t deadline, const int pipes[3][2],
                  struct plx_run *run)
{
    int why = 0;
    pid_t child = fork();
    if (child == 0)
        become(argv, trace, pipes[0], pipes[1], pipes[2][1]);
    if (child < 0)
        run->failure = errno;
    else
        setpgid(child, child); /* both do it, so that it is done before either goes on */
    for (int i = 0; i < 3; i++)
        close(pipes[i][1]);
    struct ear ears[2] = {{pipes[0][0], run->out, 0}, {pipes[1][0], run->err, 0}};
    if (child > 0 && read(pipes[2][0], &why, sizeof why) == sizeof why)
        run->failure = why;
    if (child > 0) {
        listen_to(ears, deadline, run);
        wait_for(child, deadline, run);
    }
    run->out[run->out_size = ears[0].size] = '\0';
    run->err[run->err_size = ears[1].size] = '\0';
    for (int i = 0; i < 2; i++)
        if (ears[i].fd >= 0)
            close(ears[i].fd);
    close(pipes[2][0]);
}

void plx_run_program(char *const *argv, const char *trace, unsigned milliseconds, struct plx_run *run)
{
    int pipes[3][2]; /* what it says, what it complains of, why it did not start */
    int open = 0;
    memset(run, 0, sizeof *run);
    run->out = calloc(PLX_HEARD_MAX + 1, 1);
    run->err = calloc(PLX_HEARD_MAX + 1, 1);
    while (open < 3 && pipe2(pipes[open], O_CLOEXEC) == 0)
        open++;
    if (open == 3 && run->out != NULL && run->err != NULL) {
        start(argv, trace, now_ms() + milliseconds, (const int(*)[2])pipes, run);
        return;
    }
    run->failure = open < 3 ? errno : ENOMEM;
    while (open > 0)
        close_both(pipes[--open]);
}

void plx_run_done(struct plx_run *run)
{
    free(run->out);
    free(run->err);
    memset(run, 0, sizeof *run);
}

bool plx_run_fine(const struct plx_run *run)
{
    return run->failure == 0 && !run->late && !run->talkative && WIFEXITED(run->status) &&
           WEXITSTATUS(run->status) == 0;
}
