/* SPDX-License-Identifier: MIT
 *
 * Jitter: before an atomic operation, or the taking of a lock, a thread now and then lets the others run.
 *
 *     make check JITTER=on            forces this header into every file that is compiled
 *     PLX_JITTER_SEED=7               where each thread's random numbers begin; 1 when it is not set
 *     PLX_JITTER_ONE_IN=64            how often
 *
 * What two threads do to one word takes a few nanoseconds, and goes wrong only if the other one comes in
 * between. On a machine of few processors that means that a thread loses its processor just there, which
 * happens a hundred times a second anywhere else. Here it happens at the very places that matter. A yield
 * alone gives way only to a thread that waits for this processor; so every eighth time the thread sleeps
 * for a moment, and those on the other processors get further, too.
 *
 * Not the macros of <stdatomic.h> are wrapped but the compiler's functions that all of them come down to: a
 * macro is not expanded again within itself, so the name stands for both. Operators on _Atomic variables (++)
 * are left as they are; lib/ has none.
 */
#ifndef TESTS_SUPPORT_JITTER_H
#define TESTS_SUPPORT_JITTER_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* Weak: each object file brings its own, and the program has one. */
#define PLX_JITTER_SHARED __attribute__((weak))

extern PLX_JITTER_SHARED _Thread_local uint32_t plx__jitter_random;
PLX_JITTER_SHARED _Thread_local uint32_t plx__jitter_random;
extern PLX_JITTER_SHARED uint32_t plx__jitter_threads;
PLX_JITTER_SHARED uint32_t plx__jitter_threads;
extern PLX_JITTER_SHARED uint32_t plx__jitter_one_in;
PLX_JITTER_SHARED uint32_t plx__jitter_one_in;

PLX_JITTER_SHARED uint32_t plx__jitter_number(const char *name, uint32_t otherwise);
PLX_JITTER_SHARED uint32_t plx__jitter_begin(void);
PLX_JITTER_SHARED void plx__jitter_pause(uint32_t x);
PLX_JITTER_SHARED void plx__jitter(void);

PLX_JITTER_SHARED uint32_t plx__jitter_number(const char *name, uint32_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

/* This thread's first number: never 0, of which xorshift makes nothing but 0. */
PLX_JITTER_SHARED uint32_t plx__jitter_begin(void)
{
    uint32_t thread = __atomic_add_fetch(&plx__jitter_threads, 1, __ATOMIC_RELAXED);
    uint32_t one_in = plx__jitter_number("PLX_JITTER_ONE_IN", 64);
    __atomic_store_n(&plx__jitter_one_in, one_in ? one_in : 1, __ATOMIC_RELAXED);
    return (plx__jitter_number("PLX_JITTER_SEED", 1) * 0x9E3779B9u + thread * 0x85EBCA6Bu) | 1;
}

/* The system call before it may have left its error. */
PLX_JITTER_SHARED void plx__jitter_pause(uint32_t x)
{
    int error = errno;
    if (x % 8)
        sched_yield();
    else
        nanosleep(&(struct timespec){.tv_nsec = 1000 + x % 20000}, NULL);
    errno = error;
}

PLX_JITTER_SHARED void plx__jitter(void)
{
    uint32_t x = plx__jitter_random ? plx__jitter_random : plx__jitter_begin();
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    plx__jitter_random = x;
    if (x % __atomic_load_n(&plx__jitter_one_in, __ATOMIC_RELAXED) == 0)
        plx__jitter_pause(x >> 8);
}

/* gcc's functions */
#define __atomic_load(...)             (plx__jitter(), __atomic_load(__VA_ARGS__))
#define __atomic_store(...)            (plx__jitter(), __atomic_store(__VA_ARGS__))
#define __atomic_exchange(...)         (plx__jitter(), __atomic_exchange(__VA_ARGS__))
#define __atomic_compare_exchange(...) (plx__jitter(), __atomic_compare_exchange(__VA_ARGS__))
#define __atomic_fetch_add(...)        (plx__jitter(), __atomic_fetch_add(__VA_ARGS__))
#define __atomic_fetch_sub(...)        (plx__jitter(), __atomic_fetch_sub(__VA_ARGS__))
#define __atomic_fetch_or(...)         (plx__jitter(), __atomic_fetch_or(__VA_ARGS__))
#define __atomic_fetch_xor(...)        (plx__jitter(), __atomic_fetch_xor(__VA_ARGS__))
#define __atomic_fetch_and(...)        (plx__jitter(), __atomic_fetch_and(__VA_ARGS__))

/* clang's */
#define __c11_atomic_load(...)     (plx__jitter(), __c11_atomic_load(__VA_ARGS__))
#define __c11_atomic_store(...)    (plx__jitter(), __c11_atomic_store(__VA_ARGS__))
#define __c11_atomic_exchange(...) (plx__jitter(), __c11_atomic_exchange(__VA_ARGS__))
#define __c11_atomic_compare_exchange_strong(...)                                                            \
    (plx__jitter(), __c11_atomic_compare_exchange_strong(__VA_ARGS__))
#define __c11_atomic_compare_exchange_weak(...)                                                              \
    (plx__jitter(), __c11_atomic_compare_exchange_weak(__VA_ARGS__))
#define __c11_atomic_fetch_add(...) (plx__jitter(), __c11_atomic_fetch_add(__VA_ARGS__))
#define __c11_atomic_fetch_sub(...) (plx__jitter(), __c11_atomic_fetch_sub(__VA_ARGS__))
#define __c11_atomic_fetch_or(...)  (plx__jitter(), __c11_atomic_fetch_or(__VA_ARGS__))
#define __c11_atomic_fetch_xor(...) (plx__jitter(), __c11_atomic_fetch_xor(__VA_ARGS__))
#define __c11_atomic_fetch_and(...) (plx__jitter(), __c11_atomic_fetch_and(__VA_ARGS__))

#define pthread_mutex_lock(mutex) (plx__jitter(), pthread_mutex_lock(mutex))

#endif
