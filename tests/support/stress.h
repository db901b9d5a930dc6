/* SPDX-License-Identifier: MIT
 *
 * What stress programs share. Each goes round after round, with other random numbers every time, until its
 * time is over; what it asserts is exact, and holds after every round.
 *
 *     PLX_STRESS_SECONDS=600     how long each test of it runs; 1 when it is not set
 *     PLX_STRESS_SEED=7          where its random numbers begin; printed, to try a failure again
 *
 * Threads are not made to run in the same order by the same seed. It repeats what is done, not when.
 *
 * A test that hangs has lost a wake. It is ended a minute after its time, and says where its numbers began.
 */
#ifndef TESTS_SUPPORT_STRESS_H
#define TESTS_SUPPORT_STRESS_H

#include "tests/support/futures.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

static struct {
    uint32_t seed;
    double end; /* of this test, in seconds */
    unsigned rounds;
} stress;

PLX_INLINE double stress_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

PLX_INLINE double stress_number(const char *name, double otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtod(text, NULL) : otherwise;
}

/* Has a name of its own in the backtrace, and leaves a core where the system keeps them. */
PLX_INLINE void stress_hangs(int signal)
{
    static const char text[] = "it hangs: no test ends within a minute of its time\n";
    (void)signal;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(1);
    abort();
}

/* Begins a test. */
PLX_INLINE void stress_begin(void)
{
    double seconds = stress_number("PLX_STRESS_SECONDS", 1);
    stress.seed = (uint32_t)stress_number("PLX_STRESS_SEED", 1 + (uint32_t)(stress_now() * 1e9) % 1000000);
    stress.end = stress_now() + seconds;
    stress.rounds = 0;
    printf("PLX_STRESS_SEED=%u\n", stress.seed);
    fflush(stdout);
    signal(SIGALRM, stress_hangs);
    alarm((unsigned)seconds + 60);
}

/* Whether there is another round; at least one. */
PLX_INLINE bool stress_goes_on(void)
{
    bool more = stress.rounds == 0 || stress_now() < stress.end;
    stress.rounds += more;
    return more;
}

PLX_INLINE void stress_end(void)
{
    printf("%u rounds\n", stress.rounds);
    alarm(0);
}

/* A source of random numbers for one thread or task of this round (xorshift). Never 0. */
PLX_INLINE uint32_t stress_source(uint32_t number)
{
    return (stress.seed * 0x9E3779B9u + stress.rounds * 0x85EBCA6Bu + number * 0xC2B2AE35u) | 1;
}

/* 0 … limit - 1 */
PLX_INLINE uint32_t stress_below(uint32_t *source, uint32_t limit)
{
    uint32_t x = *source;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *source = x;
    return (uint32_t)((uint64_t)x * limit >> 32);
}

PLX_INLINE void stress_spin(uint32_t turns)
{
    for (uint32_t i = 0; i < turns; i++)
        __asm__ volatile("" ::: "memory");
}

PLX_INLINE void stress_thread(pthread_t *thread, void *(*function)(void *arg), void *arg)
{
    if (pthread_create(thread, NULL, function, arg))
        abort();
}

#endif
