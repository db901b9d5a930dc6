/* SPDX-License-Identifier: MIT
 *
 * What the tests of local sets share.
 */
#ifndef TESTS_TASK_LOCAL_H
#define TESTS_TASK_LOCAL_H

#include "tests/unit/task/one_thread.h"

#include <errno.h>

PLX_HANDLE(leaf_handle, leaf)
PLX_START(waiting, struct gate, pass, pass_new)
PLX_RUN_UNTIL(driver, waiting)

PLX_INLINE plx_local_set new_set(void)
{
    plx_local_set set;
    assert_int_equal(plx_local_set_new(&set), 0);
    return set;
}

/* ── a task that notes where it is polled ─────────────────────────────────────────────────────────────── */

struct places {
    pthread_t thread;
    _Atomic unsigned polls, drops, elsewhere;
};

typedef struct homebody {
    struct places *places;
    unsigned more;
    struct plx_waker_cell *left; /* where it leaves its waker; NULL: it notifies itself */
} homebody;
typedef plx_unit homebody_item;

PLX_INLINE void note_place(struct places *places)
{
    if (!pthread_equal(places->thread, pthread_self()))
        places->elsewhere++;
}

PLX_INLINE enum plx_answer homebody_poll(homebody *self, plx_context *cx, plx_unit *out)
{
    note_place(self->places);
    self->places->polls++;
    *out = (plx_unit){0};
    if (self->more == 0)
        return PLX_READY;
    self->more--;
    if (self->left) {
        plx_waker missed = plx_waker_cell_register(self->left, plx_context_waker(cx));
        plx_waker_notify(missed);
        plx_waker_drop(&missed);
    } else {
        plx_context_notify(cx);
    }
    return PLX_NOT_READY;
}

PLX_INLINE void homebody_drop(homebody *self)
{
    note_place(self->places);
    self->places->drops++;
}

PLX_LEAF(homebody)

#endif
