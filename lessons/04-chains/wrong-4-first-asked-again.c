/* SPDX-License-Identifier: MIT
 *
 * A wrong answer to the exercise, for the test of its check: it forgets that the first was ready, and asks
 * it again at the next poll.
 */
#include "my_and_then.h"

static enum plx_answer my_and_then_poll(my_and_then *self, plx_context *cx, int *out)
{
    enum plx_answer answer;
    int item;

    answer = poll_first(self, cx, &item);
    if (answer != PLX_READY)
        return answer;
    drop_first(self);
    make_second(self, item);
    return poll_second(self, cx, out);
}

#include "letter.h" /* the program */
