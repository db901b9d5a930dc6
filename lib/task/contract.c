/* SPDX-License-Identifier: MIT
 *
 * How a broken promise is told: see contract.h.
 */
#include "lib/task/contract.h"

#include "lib/task/context.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

static const char *const words[PLX_PROMISES] = {
    [PLX_POLLED_AFTER_END] = "was polled after it had answered Ready or Failed",
    [PLX_DROPPED_TWICE] = "was dropped twice",
    [PLX_NOBODY_WILL_NOTIFY] =
        "answered NotReady, but nobody holds its task's waker: it will never be polled again",
    [PLX_NO_CURRENT_TASK] = "plx_task_current() was called outside of a poll",
    [PLX_WAKER_OUTLIVES] = "has a waker that is still held when its runtime is freed",
    [PLX_AWAIT_IN_SWITCH] = "has a PLX_AWAIT inside a switch statement: it cannot be resumed there",
    [PLX_LOCAL_ELSEWHERE] = "was polled where its tasks cannot stay on one thread",
};

static atomic_uint counts[PLX_PROMISES];

unsigned plx_contract_count(enum plx_promise promise)
{
    return atomic_load(&counts[promise]);
}

/* Once a place: the places told last are remembered, which is plenty for a person who reads them. */
enum { REMEMBERED = 64 };

static bool told_before(enum plx_promise promise, const struct plx_shape *shape)
{
    static _Atomic(const struct plx_shape *) told[PLX_PROMISES][REMEMBERED];
    static const struct plx_shape nowhere;
    if (!shape)
        shape = &nowhere;
    for (int i = 0; i < REMEMBERED; i++) {
        const struct plx_shape *seen = NULL;
        if (atomic_compare_exchange_strong(&told[promise][i], &seen, shape))
            return false;
        if (seen == shape)
            return true;
    }
    return true;
}

PLX_COLD void plx_contract_broken_by(enum plx_promise promise, const struct plx_shape *shape, uint64_t task)
{
    atomic_fetch_add(&counts[promise], 1);
    if (told_before(promise, shape))
        return;
    char text[256], which[160] = "";
    if (shape)
        snprintf(which, sizeof which, " %s %s (%s:%d)", shape->kind, shape->name, shape->at.file,
                 shape->at.line);
    snprintf(text, sizeof text, "broken contract: task %" PRIu64 ":%s %s", task, which, words[promise]);
    fprintf(stderr, "pollux: %s\n", text);
    plx_note("%s", text);
}

PLX_COLD void plx_contract_broken(enum plx_promise promise, const struct plx_shape *shape)
{
    plx_context *cx = plx__context_current();
    plx_contract_broken_by(promise, shape, cx ? cx->task : 0);
}
