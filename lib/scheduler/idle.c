/* SPDX-License-Identifier: MIT
 *
 * Who sleeps and who searches: see idle.h.
 */
#include "lib/scheduler/idle.h"

#include <errno.h>
#include <stdlib.h>

enum { ONE_SEARCHING = 1, ONE_AWAKE = 1 << 16 };

static uint32_t searching_in(uint32_t word)
{
    return word & 0xffff;
}

static uint32_t awake_in(uint32_t word)
{
    return word >> 16;
}

int plx_idle_init(struct plx_idle *idle, uint32_t workers, bool wake_always)
{
    *idle = (struct plx_idle){.workers = workers, .wake_always = wake_always};
    atomic_init(&idle->word, workers * ONE_AWAKE);
    idle->sleepers = calloc(workers, sizeof *idle->sleepers);
    if (!idle->sleepers)
        return -ENOMEM;
    int error = -pthread_mutex_init(&idle->lock, NULL);
    if (error)
        free(idle->sleepers);
    return error;
}

void plx_idle_done(struct plx_idle *idle)
{
    pthread_mutex_destroy(&idle->lock);
    free(idle->sleepers);
}

/* The limit of one half is a limit of effort, not of correctness: that two pass it at once does no harm. */
bool plx_idle_start_search(struct plx_idle *idle)
{
    if (2 * searching_in(atomic_load(&idle->word)) >= idle->workers)
        return false;
    atomic_fetch_add(&idle->word, ONE_SEARCHING);
    return true;
}

bool plx_idle_stop_search(struct plx_idle *idle)
{
    return searching_in(atomic_fetch_sub(&idle->word, ONE_SEARCHING)) == 1;
}

bool plx_idle_park(struct plx_idle *idle, uint32_t me, bool searching)
{
    pthread_mutex_lock(&idle->lock);
    uint32_t seen = atomic_fetch_sub(&idle->word, ONE_AWAKE + (searching ? ONE_SEARCHING : 0));
    idle->sleepers[idle->sleeping++] = me;
    pthread_mutex_unlock(&idle->lock);
    return searching_in(seen) == (searching ? 1 : 0);
}

static bool somebody_should_wake(struct plx_idle *idle)
{
    uint32_t word = atomic_load(&idle->word);
    return (searching_in(word) == 0 || idle->wake_always) && awake_in(word) < idle->workers;
}

int plx_idle_worker_to_wake(struct plx_idle *idle)
{
    if (!somebody_should_wake(idle))
        return -1;
    int worker = -1;
    pthread_mutex_lock(&idle->lock);
    if (somebody_should_wake(idle) && idle->sleeping > 0) {
        worker = (int)idle->sleepers[--idle->sleeping];
        atomic_fetch_add(&idle->word, ONE_AWAKE + ONE_SEARCHING);
    }
    pthread_mutex_unlock(&idle->lock);
    return worker;
}

static int place_of(struct plx_idle *idle, uint32_t me)
{
    for (uint32_t i = 0; i < idle->sleeping; i++)
        if (idle->sleepers[i] == me)
            return (int)i;
    return -1;
}

bool plx_idle_unpark(struct plx_idle *idle, uint32_t me)
{
    pthread_mutex_lock(&idle->lock);
    int place = place_of(idle, me);
    if (place >= 0) {
        idle->sleeping--;
        for (uint32_t i = (uint32_t)place; i < idle->sleeping; i++)
            idle->sleepers[i] = idle->sleepers[i + 1];
        atomic_fetch_add(&idle->word, ONE_AWAKE);
    }
    pthread_mutex_unlock(&idle->lock);
    return place >= 0;
}

bool plx_idle_is_parked(struct plx_idle *idle, uint32_t me)
{
    pthread_mutex_lock(&idle->lock);
    bool parked = place_of(idle, me) >= 0;
    pthread_mutex_unlock(&idle->lock);
    return parked;
}
