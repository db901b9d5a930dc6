/* SPDX-License-Identifier: MIT
 *
 * Faults at will: one function of libc, at its Nth call from now on, fails.
 *
 *     fault_plan(FAULT_socket, 2, EMFILE);        the second call of socket() will answer -1, EMFILE
 *     …
 *     if (fault_came()) …                         it has
 *
 * interpose.c defines the functions that the library calls anew, in front of libc's; it is linked into the
 * programs of this folder. Each counts its calls and goes on to the real one. Allocations are balanced as
 * well, so that a fault after which something is left behind shows.
 *
 * Not there: what does not fail (pthread_mutex_lock), what fails only when it is used wrongly, and the
 * eventfd by which a thread is woken: writing to it cannot fail, and without it all hangs rightly.
 *
 * The sanitizers put functions of their own in the same place, so with them there are no faults:
 * FAULTS_WORK is 0.
 *
 * Source: the idea of making the Nth call fail is that of neco's tests, and of SQLite's.
 */
#ifndef TESTS_FAULTS_INTERPOSE_H
#define TESTS_FAULTS_INTERPOSE_H

#include <stdbool.h>
#include <stdint.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||     \
    __has_feature(thread_sanitizer)
#define FAULTS_WORK 0
#else
#define FAULTS_WORK 1
#endif

/* FAULT(function, error): what there is, and with which error it fails when nothing else is said. `memory`
 * is all of malloc's family together. */
#define FAULTS(FAULT)                                                                                        \
    FAULT(memory, ENOMEM)                                                                                    \
    FAULT(pthread_create, EAGAIN)                                                                            \
    FAULT(epoll_create1, EMFILE)                                                                             \
    FAULT(epoll_ctl, ENOSPC)                                                                                 \
    FAULT(epoll_wait, EINTR)                                                                                 \
    FAULT(epoll_pwait2, EINTR)                                                                               \
    FAULT(ppoll, EINTR)                                                                                      \
    FAULT(eventfd, ENFILE)                                                                                   \
    FAULT(socket, EMFILE)                                                                                    \
    FAULT(socketpair, ENFILE)                                                                                \
    FAULT(bind, EADDRINUSE)                                                                                  \
    FAULT(listen, EADDRINUSE)                                                                                \
    FAULT(accept4, EMFILE)                                                                                   \
    FAULT(connect, ENETUNREACH)                                                                              \
    FAULT(shutdown, ENOTCONN)                                                                                \
    FAULT(getsockname, ENOBUFS)                                                                              \
    FAULT(getpeername, ENOTCONN)                                                                             \
    FAULT(getsockopt, ENOBUFS)                                                                               \
    FAULT(setsockopt, ENOMEM)                                                                                \
    FAULT(recv, ECONNRESET)                                                                                  \
    FAULT(recvmsg, ECONNRESET)                                                                               \
    FAULT(send, EPIPE)                                                                                       \
    FAULT(sendmsg, EPIPE)                                                                                    \
    FAULT(read, EIO)                                                                                         \
    FAULT(readv, EIO)                                                                                        \
    FAULT(write, ENOSPC)                                                                                     \
    FAULT(writev, ENOSPC)                                                                                    \
    FAULT(pipe2, EMFILE)                                                                                     \
    FAULT(open, ENFILE)                                                                                      \
    FAULT(openat, ENFILE)                                                                                    \
    FAULT(close, EIO)                                                                                        \
    FAULT(fcntl, EINVAL)                                                                                     \
    FAULT(fstat, EIO)                                                                                        \
    FAULT(stat, EIO)                                                                                         \
    FAULT(lstat, EIO)                                                                                        \
    FAULT(lseek, EINVAL)                                                                                     \
    FAULT(fsync, EIO)                                                                                        \
    FAULT(fdatasync, EIO)                                                                                    \
    FAULT(ftruncate, EFBIG)                                                                                  \
    FAULT(fchmod, EPERM)                                                                                     \
    FAULT(mkdir, EACCES)                                                                                     \
    FAULT(rmdir, EACCES)                                                                                     \
    FAULT(mkostemp, EACCES)                                                                                  \
    FAULT(mkdtemp, EACCES)                                                                                   \
    FAULT(rename, EXDEV)                                                                                     \
    FAULT(link, EMLINK)                                                                                      \
    FAULT(symlink, EPERM)                                                                                    \
    FAULT(readlink, EIO)                                                                                     \
    FAULT(unlink, EBUSY)                                                                                     \
    FAULT(unlinkat, EBUSY)                                                                                   \
    FAULT(opendir, ENFILE)                                                                                   \
    FAULT(readdir, EIO)                                                                                      \
    FAULT(posix_spawnp, EAGAIN)                                                                              \
    FAULT(sigaction, EINVAL)

#define FAULT__ENUM(function, error) FAULT_##function,
enum fault { FAULTS(FAULT__ENUM) FAULT_KINDS };

const char *fault_name(enum fault fault);
int fault_error(enum fault fault);

/* The `nth` call (from 1) of this kind from now on fails, on whichever thread it comes; all others work.
 * One fault at a time. The second form: the nth and all after it, until fault_end. */
void fault_plan(enum fault fault, unsigned nth, int error);
void fault_plan_from(enum fault fault, unsigned nth, int error);

/* No call fails any more. Returns whether one has failed. */
bool fault_end(void);

/* Calls of this kind since fault_plan. */
unsigned fault_calls(enum fault fault);

/* Blocks that are allocated and not freed. */
long fault_blocks(void);

/* libc keeps the stacks of threads that have ended for those to come, each with a block of memory: makes it
 * have so many that no more are counted from here on. A setup for a group of tests; 0. */
int fault_keep_stacks(void **state);

#endif
