/* SPDX-License-Identifier: MIT
 *
 * The short lock when it is not free: see lock.h.
 */
#include "lib/sync/lock.h"

#include "lib/scheduler/parker.h"

/* About as long as the lock is ever held by a thread that runs; one that does not run is not waited for by
 * spinning. */
enum { SPINS = 100 };

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static bool spin(struct plx_lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == PLX_LOCK_FREE && plx_lock_try(lock))
            return true;
        relax();
    }
    return false;
}

/* Who has slept takes the lock as a wanted one: others may sleep, too, and it cannot know. */
PLX_COLD void plx__lock_wait(struct plx_lock *lock)
{
    if (spin(lock))
        return;
    while (atomic_exchange_explicit(&lock->word, PLX_LOCK_WANTED, memory_order_acquire) != PLX_LOCK_FREE)
        plx__futex_wait(&lock->word, PLX_LOCK_WANTED);
}

PLX_COLD void plx__lock_wake(struct plx_lock *lock)
{
    plx__futex_wake(&lock->word);
}
