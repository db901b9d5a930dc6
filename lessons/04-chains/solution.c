/* SPDX-License-Identifier: MIT
 *
 * The solution of lesson 4's exercise. Compare it with plx_and_then_poll in lib/future/and_then.h.
 */
#include "my_and_then.h"

static enum plx_answer my_and_then_poll(my_and_then *self, plx_context *cx, int *out)
{
    enum plx_answer answer;
    int item;

    if (self->stage == FIRST) {
        answer = poll_first(self, cx, &item);
        if (answer == PLX_NOT_READY)
            return PLX_NOT_READY;
        drop_first(self);
        self->stage = DONE;
        if (answer == PLX_FAILED)
            return PLX_FAILED;
        make_second(self, item);
        self->stage = SECOND;
    }

    answer = poll_second(self, cx, out);
    if (answer != PLX_NOT_READY) {
        drop_second(self);
        self->stage = DONE;
    }
    return answer;
}

#include "letter.h" /* the program */
