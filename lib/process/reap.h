/* SPDX-License-Identifier: MIT
 *
 * Zombies: a program that has ended stays in the system's table until its parent has asked how. (Inside the
 * library.)
 */
#ifndef PLX_PROCESS_REAP_H
#define PLX_PROCESS_REAP_H

#include <sys/types.h>

/* waitpid without waiting: the pid and its status, 0 when it runs on, -1 and errno. */
pid_t plx__reap(pid_t pid, int *status);

/* Nobody waits for this child any more: it is asked when it has ended, whenever that is. */
void plx__reap_later(pid_t pid);

/* Tries those again that there was no thread for. */
void plx__reap_leftovers(void);

#endif
