/* SPDX-License-Identifier: MIT
 *
 * Reaping children that nobody waits for: see reap.h.
 *
 * Each has a thread that waits for it and ends. That needs no runtime, which may be gone long before the
 * child, and no signal handler, which the program may need for itself. Such children are few and mostly ended
 * already, or killed a moment ago; a program that leaves thousands of them running would let one thread watch
 * all their pidfds.
 *
 * Should there be no thread, the child is kept in a list, and tried again when the next one is started or
 * dropped.
 */
#include "lib/process/reap.h"

#include "lib/base.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

struct leftover {
    pid_t pid;
    struct leftover *next;
};

static struct leftover *leftovers; /* under the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

pid_t plx__reap(pid_t pid, int *status)
{
    pid_t result;
    do
        result = waitpid(pid, status, WNOHANG);
    while (result < 0 && errno == EINTR);
    return result;
}

static void *wait_for_it(void *pid)
{
    while (waitpid((pid_t)(intptr_t)pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return NULL;
}

/* With all signals blocked, like every thread that a library starts behind the program's back: their handlers
 * run where the program expects them. */
static int start_waiting(pid_t pid)
{
    sigset_t all, old;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&thread, NULL, wait_for_it, (void *)(intptr_t)pid);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error ? error : pthread_detach(thread);
}

/* Without memory for that either the zombie stays until this program ends. */
static void keep_leftover(pid_t pid)
{
    struct leftover *leftover = malloc(sizeof *leftover);
    if (!leftover)
        return;
    pthread_mutex_lock(&lock);
    *leftover = (struct leftover){pid, leftovers};
    leftovers = leftover;
    pthread_mutex_unlock(&lock);
}

void plx__reap_leftovers(void)
{
    int status;
    pthread_mutex_lock(&lock);
    for (struct leftover **link = &leftovers; *link;) {
        struct leftover *at = *link;
        if (plx__reap(at->pid, &status) == 0) {
            link = &at->next;
            continue;
        }
        *link = at->next;
        free(at);
    }
    pthread_mutex_unlock(&lock);
}

void plx__reap_later(pid_t pid)
{
    int status;
    plx__reap_leftovers();
    if (plx__reap(pid, &status) == 0 && start_waiting(pid))
        keep_leftover(pid);
}
