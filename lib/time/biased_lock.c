/* SPDX-License-Identifier: MIT
 *
 * The biased lock: see biased_lock.h.
 */
#include "lib/time/biased_lock.h"

#include <sched.h>
#include <stdlib.h>

#ifdef __linux__
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* ── the barrier ──────────────────────────────────────────────────────────────────────────────────────── */

static bool register_process(void)
{
#ifdef __linux__
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
#else
    return false;
#endif
}

static bool run_barrier(void)
{
#ifdef __linux__
    return syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
#else
    return false;
#endif
}

/* It has worked once. Should a fork's child not be registered any more, it is again. */
static void barrier(void)
{
    if (!run_barrier() && !(register_process() && run_barrier()))
        abort();
}

/* ── what each thread says about itself ───────────────────────────────────────────────────────────────── */

_Thread_local struct plx_bias *plx__bias_mine;
struct plx_bias plx__bias_nobody;

static bool can_lean; /* set once, before any lock is made */
static pthread_key_t at_thread_end;

static pthread_mutex_t bias_lock = PTHREAD_MUTEX_INITIALIZER;
/* under it */
static struct plx_bias biases[PLX_BIAS_OWNERS], *unused;

/* It may still be the owner of a lock: then the thread that gets it next will be, and the mutex here puts the
 * one behind the other. */
static void give_back(void *mine)
{
    struct plx_bias *bias = mine;
    plx__bias_mine = NULL;
    pthread_mutex_lock(&bias_lock);
    bias->next = unused;
    unused = bias;
    pthread_mutex_unlock(&bias_lock);
}

static struct plx_bias *take_one(void)
{
    pthread_mutex_lock(&bias_lock);
    struct plx_bias *bias = unused;
    if (bias)
        unused = bias->next;
    pthread_mutex_unlock(&bias_lock);
    return bias;
}

/* NULL: this thread must do without. */
static struct plx_bias *mine(void)
{
    if (plx__bias_mine || !can_lean)
        return plx__bias_mine;
    struct plx_bias *bias = take_one();
    if (bias && pthread_setspecific(at_thread_end, bias))
        give_back(bias);
    else
        plx__bias_mine = bias;
    return plx__bias_mine;
}

static void look_around(void)
{
    can_lean = register_process() && run_barrier() && pthread_key_create(&at_thread_end, give_back) == 0;
    for (int i = 0; i < PLX_BIAS_OWNERS; i++)
        give_back(&biases[i]);
}

/* ── made ─────────────────────────────────────────────────────────────────────────────────────────────── */

int plx_biased_lock_init(struct plx_biased_lock *lock)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, look_around);
    *lock = (struct plx_biased_lock){.owner = &plx__bias_nobody};
    return -pthread_mutex_init(&lock->mutex, NULL);
}

void plx_biased_lock_done(struct plx_biased_lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

/* ── with the mutex ───────────────────────────────────────────────────────────────────────────────────── */

/* The owner is inside for a few instructions, unless it has lost its processor there: then it is given one. */
static void take_away(struct plx_biased_lock *lock)
{
    struct plx_bias *owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);
    if (owner == &plx__bias_nobody)
        return;
    atomic_store_explicit(&lock->owner, &plx__bias_nobody, memory_order_relaxed);
    barrier();
    while (atomic_load_explicit(&owner->inside, memory_order_acquire) == lock)
        sched_yield();
}

static void count(struct plx_biased_lock *lock)
{
    pthread_t me = pthread_self();
    struct plx_bias *bias;
    lock->in_a_row = pthread_equal(lock->last, me) ? lock->in_a_row + 1 : 1;
    lock->last = me;
    if (lock->in_a_row < PLX_BIAS_AFTER)
        return;
    lock->in_a_row = 0;
    if ((bias = mine()))
        atomic_store_explicit(&lock->owner, bias, memory_order_relaxed);
}

/* If there is an owner it is not this thread, which has just looked. */
void plx__biased_lock_by_mutex(struct plx_biased_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    take_away(lock);
    count(lock);
    lock->by_mutex = true;
}

void plx__biased_unlock_mutex(struct plx_biased_lock *lock)
{
    lock->by_mutex = false;
    pthread_mutex_unlock(&lock->mutex);
}
