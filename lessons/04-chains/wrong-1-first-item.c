/* SPDX-License-Identifier: MIT
 *
 * A wrong answer to the exercise, for the test of its check: it is ready with the item of the first, and
 * never asks the second.
 */
#include "my_and_then.h"

static enum plx_answer my_and_then_poll(my_and_then *self, plx_context *cx, int *out)
{
    enum plx_answer answer;

    if (self->stage == FIRST) {
        answer = poll_first(self, cx, out);
        if (answer == PLX_NOT_READY)
            return PLX_NOT_READY;
        drop_first(self);
        self->stage = DONE;
        return answer;
    }
    return poll_second(self, cx, out);
}

#include "letter.h" /* the program */
