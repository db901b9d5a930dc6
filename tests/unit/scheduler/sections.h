/* SPDX-License-Identifier: MIT
 *
 * Blocking sections for tests: one that waits for a word, and one that passes at once.
 */
#ifndef TESTS_SCHEDULER_SECTIONS_H
#define TESTS_SCHEDULER_SECTIONS_H

#include "tests/support/futures.h"

/* ── a section that waits for a word from a task ──────────────────────────────────────────────────────── */

struct word {
    _Atomic unsigned said;    /* so many may pass */
    _Atomic unsigned inside;  /* so many are in a section … */
    _Atomic unsigned at_most; /* … and so many were at the same time */
    _Atomic unsigned passed;
};

PLX_INLINE void enter(struct word *word)
{
    unsigned inside = atomic_fetch_add(&word->inside, 1) + 1, most = atomic_load(&word->at_most);
    while (inside > most && !atomic_compare_exchange_weak(&word->at_most, &most, inside))
        ;
}

PLX_INLINE int wait_for_word(struct word *word, uint64_t *item)
{
    enter(word);
    wait_until(atomic_load(&word->said) > 0);
    atomic_fetch_sub(&word->inside, 1);
    *item = atomic_fetch_add(&word->passed, 1);
    return 0;
}

PLX_BLOCKING(heed, struct word, uint64_t, wait_for_word)
PLX_HANDLE(heeding, heed)

PLX_INLINE int say_it(void *word)
{
    atomic_store(&((struct word *)word)->said, 1);
    return 0;
}

/* Passes at once. */
PLX_INLINE int pass_through(struct word *word, uint64_t *item)
{
    enter(word);
    sched_yield();
    atomic_fetch_sub(&word->inside, 1);
    *item = atomic_fetch_add(&word->passed, 1);
    return 0;
}

PLX_BLOCKING(quick, struct word, uint64_t, pass_through)
PLX_HANDLE(quickly, quick)

PLX_INLINE struct plx_runtime *workers(uint32_t count, uint32_t max_blocking)
{
    return runtime_of((struct plx_runtime_options){.workers = count, .max_blocking = max_blocking});
}

#endif
