/* SPDX-License-Identifier: MIT
 *
 * The memory barrier of ring.h, with its two sides: one that costs next to nothing, for the threads that
 * trace, and a heavy one, for the writer, which makes all threads of the process pass a barrier. Without
 * membarrier(2) both are full fences, which the thread sanitizer does not understand, and says so.
 */
#include "lib/trace/clock.h"
#include "lib/trace/ring.h"

#ifdef __linux__
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

atomic_bool plx__trace_quick;

static atomic_bool have_membarrier;

bool plx__barrier_init(void)
{
#ifdef __linux__
    long ok = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
    atomic_store(&have_membarrier, ok == 0);
#endif
    return atomic_load(&have_membarrier);
}

void plx__barrier_heavy(void)
{
#ifdef __linux__
    if (atomic_load_explicit(&have_membarrier, memory_order_relaxed)) {
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
        return;
    }
#endif
    atomic_thread_fence(memory_order_seq_cst);
}

/* The light side is the compiler's fence in plx__trace_stamp, if that is enough. */
uint64_t plx__trace_slow_stamp(void)
{
    if (!atomic_load_explicit(&have_membarrier, memory_order_relaxed))
        atomic_thread_fence(memory_order_seq_cst);
    return plx__clock_ticks();
}
