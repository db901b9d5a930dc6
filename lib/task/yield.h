/* SPDX-License-Identifier: MIT
 *
 * plx_yield: lets all others run first, and the reactor turn, and is then ready.
 *
 *     NEW       → the task notifies itself ("notify task by your self"), NotReady
 *     YIELDED   → Ready()
 *
 * Source: Tokio 1.x `task::yield_now`.
 */
#ifndef PLX_TASK_YIELD_H
#define PLX_TASK_YIELD_H

#include "lib/future/future.h"

typedef struct plx_yield {
    bool yielded;
} plx_yield;
typedef plx_unit plx_yield_item;
PLX_LEAF_DECLARE(plx_yield)

PLX_INLINE plx_yield plx_yield_new(void)
{
    return (plx_yield){false};
}

#endif
