/* SPDX-License-Identifier: MIT
 *
 * The functions that fail at will: see interpose.h.
 */
#include "tests/faults/interpose.h"

#if FAULTS_WORK

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* ── the plan ─────────────────────────────────────────────────────────────────────────────────────────── */

static struct {
    _Atomic int kind; /* of the fault that is planned; FAULT_KINDS: none */
    _Atomic unsigned nth;
    atomic_bool all_after;
    _Atomic int error;
    atomic_bool came;
    _Atomic unsigned calls[FAULT_KINDS];
} plan = {.kind = FAULT_KINDS};

static _Atomic long blocks;
static atomic_bool is_eventfd[1024];

#define NAME(function, error)  #function,
#define ERROR(function, error) error,
static const char *const names[] = {FAULTS(NAME)};
static const int errors[] = {FAULTS(ERROR)};

const char *fault_name(enum fault fault)
{
    return names[fault];
}

int fault_error(enum fault fault)
{
    return errors[fault];
}

static void plan_it(enum fault fault, unsigned nth, int error, bool all_after)
{
    for (int i = 0; i < FAULT_KINDS; i++)
        atomic_store(&plan.calls[i], 0);
    atomic_store(&plan.came, false);
    atomic_store(&plan.nth, nth);
    atomic_store(&plan.error, error);
    atomic_store(&plan.all_after, all_after);
    atomic_store(&plan.kind, (int)fault);
}

void fault_plan(enum fault fault, unsigned nth, int error)
{
    plan_it(fault, nth, error, false);
}

void fault_plan_from(enum fault fault, unsigned nth, int error)
{
    plan_it(fault, nth, error, true);
}

bool fault_end(void)
{
    atomic_store(&plan.kind, FAULT_KINDS);
    return atomic_load(&plan.came);
}

unsigned fault_calls(enum fault fault)
{
    return atomic_load(&plan.calls[fault]);
}

long fault_blocks(void)
{
    return atomic_load(&blocks);
}

/* Counts the call. True: it is to fail, and errno says with what. */
static bool fails(enum fault fault)
{
    unsigned call = atomic_fetch_add(&plan.calls[fault], 1) + 1, nth = atomic_load(&plan.nth);
    if (atomic_load(&plan.kind) != (int)fault || call < nth || (call > nth && !atomic_load(&plan.all_after)))
        return false;
    atomic_store(&plan.came, true);
    errno = atomic_load(&plan.error);
    return true;
}

/* ── memory ───────────────────────────────────────────────────────────────────────────────────────────── */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static void *counted(void *block)
{
    atomic_fetch_add(&blocks, block != NULL);
    return block;
}

void *malloc(size_t size)
{
    return fails(FAULT_memory) ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails(FAULT_memory) ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    if (fails(FAULT_memory))
        return NULL;
    void *moved = __libc_realloc(block, size);
    atomic_fetch_add(&blocks, !block && moved);
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(FAULT_memory) ? NULL : counted(__libc_memalign(alignment, size));
}

void free(void *block)
{
    atomic_fetch_sub(&blocks, block != NULL);
    __libc_free(block);
}

/* ── system calls ─────────────────────────────────────────────────────────────────────────────────────── */

/* libc's function of that name. */
static void *behind(const char *name, _Atomic(void *) *known)
{
    void *function = atomic_load(known);
    if (!function) {
        function = dlsym(RTLD_NEXT, name);
        atomic_store(known, function);
    }
    return function;
}

#define REAL(function)                                                                                       \
    __extension__({                                                                                          \
        static _Atomic(void *) known;                                                                        \
        __typeof__(&function) real;                                                                          \
        *(void **)&real = behind(#function, &known);                                                         \
        real;                                                                                                \
    })

/* A function that answers -1 (or NULL) and sets errno. */
#define INTERPOSE(type, function, failure, parameters, arguments)                                            \
    type function parameters                                                                                 \
    {                                                                                                        \
        return fails(FAULT_##function) ? (failure) : REAL(function) arguments;                               \
    }

INTERPOSE(int, epoll_create1, -1, (int flags), (flags))
INTERPOSE(int, epoll_ctl, -1, (int epoll, int deed, int fd, struct epoll_event *event),
          (epoll, deed, fd, event))
INTERPOSE(int, epoll_wait, -1, (int epoll, struct epoll_event *events, int most, int timeout),
          (epoll, events, most, timeout))
INTERPOSE(int, epoll_pwait2, -1,
          (int epoll, struct epoll_event *events, int most, const struct timespec *timeout,
           const sigset_t *mask),
          (epoll, events, most, timeout, mask))
INTERPOSE(int, ppoll, -1,
          (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask),
          (fds, count, timeout, mask))
INTERPOSE(int, socket, -1, (int family, int type, int protocol), (family, type, protocol))
INTERPOSE(int, socketpair, -1, (int family, int type, int protocol, int ends[2]),
          (family, type, protocol, ends))
INTERPOSE(int, bind, -1, (int fd, __CONST_SOCKADDR_ARG address, socklen_t size), (fd, address, size))
INTERPOSE(int, listen, -1, (int fd, int backlog), (fd, backlog))
INTERPOSE(int, accept4, -1, (int fd, __SOCKADDR_ARG address, socklen_t *size, int flags),
          (fd, address, size, flags))
INTERPOSE(int, connect, -1, (int fd, __CONST_SOCKADDR_ARG address, socklen_t size), (fd, address, size))
INTERPOSE(int, shutdown, -1, (int fd, int how), (fd, how))
INTERPOSE(int, getsockname, -1, (int fd, __SOCKADDR_ARG address, socklen_t *size), (fd, address, size))
INTERPOSE(int, getpeername, -1, (int fd, __SOCKADDR_ARG address, socklen_t *size), (fd, address, size))
INTERPOSE(int, getsockopt, -1, (int fd, int level, int name, void *value, socklen_t *size),
          (fd, level, name, value, size))
INTERPOSE(int, setsockopt, -1, (int fd, int level, int name, const void *value, socklen_t size),
          (fd, level, name, value, size))
INTERPOSE(ssize_t, recv, -1, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags))
INTERPOSE(ssize_t, recvmsg, -1, (int fd, struct msghdr *message, int flags), (fd, message, flags))
INTERPOSE(ssize_t, send, -1, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags))
INTERPOSE(ssize_t, sendmsg, -1, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
INTERPOSE(ssize_t, readv, -1, (int fd, const struct iovec *parts, int count), (fd, parts, count))
INTERPOSE(ssize_t, writev, -1, (int fd, const struct iovec *parts, int count), (fd, parts, count))
INTERPOSE(int, pipe2, -1, (int ends[2], int flags), (ends, flags))
INTERPOSE(int, fstat, -1, (int fd, struct stat *status), (fd, status))
INTERPOSE(int, stat, -1, (const char *path, struct stat *status), (path, status))
INTERPOSE(int, lstat, -1, (const char *path, struct stat *status), (path, status))
INTERPOSE(off_t, lseek, -1, (int fd, off_t offset, int from), (fd, offset, from))
INTERPOSE(int, fsync, -1, (int fd), (fd))
INTERPOSE(int, fdatasync, -1, (int fd), (fd))
INTERPOSE(int, ftruncate, -1, (int fd, off_t size), (fd, size))
INTERPOSE(int, fchmod, -1, (int fd, mode_t mode), (fd, mode))
INTERPOSE(int, mkdir, -1, (const char *path, mode_t mode), (path, mode))
INTERPOSE(int, rmdir, -1, (const char *path), (path))
INTERPOSE(int, mkostemp, -1, (char *path, int flags), (path, flags))
INTERPOSE(char *, mkdtemp, NULL, (char *path), (path))
INTERPOSE(int, rename, -1, (const char *from, const char *to), (from, to))
INTERPOSE(int, link, -1, (const char *from, const char *to), (from, to))
INTERPOSE(int, symlink, -1, (const char *from, const char *to), (from, to))
INTERPOSE(ssize_t, readlink, -1, (const char *path, char *target, size_t size), (path, target, size))
INTERPOSE(int, unlink, -1, (const char *path), (path))
INTERPOSE(int, unlinkat, -1, (int folder, const char *path, int flags), (folder, path, flags))
INTERPOSE(DIR *, opendir, NULL, (const char *path), (path))
INTERPOSE(struct dirent *, readdir, NULL, (DIR * folder), (folder))
INTERPOSE(int, sigaction, -1, (int number, const struct sigaction *action, struct sigaction *before),
          (number, action, before))

/* These return their error. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *arg)
{
    return fails(FAULT_pthread_create) ? errno : REAL(pthread_create)(thread, attributes, function, arg);
}

int posix_spawnp(pid_t *child, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    return fails(FAULT_posix_spawnp) ? errno
                                     : REAL(posix_spawnp)(child, file, actions, attributes, argv, envp);
}

/* What these are given besides depends on what is said before. */
int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    return fails(FAULT_open) ? -1 : REAL(open)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    return fails(FAULT_openat) ? -1 : REAL(openat)(folder, path, flags, mode);
}

int fcntl(int fd, int deed, ...)
{
    va_list list;
    va_start(list, deed);
    void *argument = va_arg(list, void *); /* or a number: libc does the same */
    va_end(list);
    return fails(FAULT_fcntl) ? -1 : REAL(fcntl)(fd, deed, argument);
}

/* The eventfd that wakes a sleeping thread is left alone. */
int eventfd(unsigned count, int flags)
{
    if (fails(FAULT_eventfd))
        return -1;
    int fd = REAL(eventfd)(count, flags);
    if (fd >= 0 && fd < 1024)
        atomic_store(&is_eventfd[fd], true);
    return fd;
}

static bool wakes(int fd)
{
    return fd >= 0 && fd < 1024 && atomic_load(&is_eventfd[fd]);
}

ssize_t read(int fd, void *bytes, size_t size)
{
    return !wakes(fd) && fails(FAULT_read) ? -1 : REAL(read)(fd, bytes, size);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return !wakes(fd) && fails(FAULT_write) ? -1 : REAL(write)(fd, bytes, size);
}

/* Linux closes it, whatever it says. */
int close(int fd)
{
    if (wakes(fd))
        atomic_store(&is_eventfd[fd], false);
    bool failed = fails(FAULT_close);
    int error = errno, result = REAL(close)(fd);
    if (failed)
        errno = error;
    return failed ? -1 : result;
}

/* ── stacks ───────────────────────────────────────────────────────────────────────────────────────────── */

/* It keeps them as long as they are small and few. */
enum { STACK = 256 << 10, THREADS = 24 };

static void *wait_for_the_others(void *barrier)
{
    pthread_barrier_wait(barrier);
    return NULL;
}

int fault_keep_stacks(void **state)
{
    pthread_attr_t attributes;
    pthread_barrier_t barrier;
    pthread_t threads[THREADS];
    (void)state;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, wait_for_the_others, &barrier))
            return -1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return pthread_barrier_destroy(&barrier);
}

#else

typedef int plx_no_faults_here; /* an empty file is no C */

#endif
