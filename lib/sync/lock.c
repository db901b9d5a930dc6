/* SPDX-License-Identifier: MIT
 *
 * The short lock when it is not free: see lock.h.
 */
#include "lib/sync/lock.h"

#include <sched.h>
#include <time.h>

enum {
    SPINS = 100,  /* about as long as a holder that runs needs */
    YIELDS = 100, /* enough for a holder that waits for this processor; then it waits for another, or is of a
                     lower priority than we, and gets its turn only when we sleep */
    SLEEP_NS = 50000,
    STAND_BACK = 200, /* some microseconds */
};

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

PLX_COLD void plx__lock_stand_back(void)
{
    for (int i = 0; i < STAND_BACK; i++)
        relax();
}

/* Looks before it tries: a look leaves the line with whoever holds the lock. */
static bool spin(struct plx_lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        if (!atomic_load_explicit(&lock->held, memory_order_relaxed) && plx_lock_try(lock))
            return true;
        relax();
    }
    return false;
}

PLX_COLD void plx__lock_wait(struct plx_lock *lock)
{
    for (int yields = 0; !spin(lock); yields++) {
        if (yields < YIELDS)
            sched_yield();
        else
            nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
    }
}
