/* SPDX-License-Identifier: MIT
 *
 * A wrong answer to the exercise, for the test of its check: it never drops the first: what that held would
 * be lost.
 */
#include "my_and_then.h"

static enum plx_answer my_and_then_poll(my_and_then *self, plx_context *cx, int *out)
{
    enum plx_answer answer;
    int item;

    if (self->stage == FIRST) {
        answer = poll_first(self, cx, &item);
        if (answer != PLX_READY)
            return answer;
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
