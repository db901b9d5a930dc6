/* SPDX-License-Identifier: MIT
 *
 * For the tests of tasks: a runtime of one thread, which is the test's own. Nothing happens behind its back.
 */
#ifndef TESTS_UNIT_TASK_ONE_THREAD_H
#define TESTS_UNIT_TASK_ONE_THREAD_H

#include "tests/support/leaf.h"
#include "tests/support/futures.h"

PLX_INLINE struct plx_runtime *one_thread(void)
{
    return runtime_of((struct plx_runtime_options){.kind = PLX_CURRENT_THREAD});
}

/* Until nobody is ready. */
PLX_INLINE void turn(struct plx_runtime *runtime)
{
    while (plx_runtime_turn(runtime, 0) > 0)
        ;
}

#endif
