/* SPDX-License-Identifier: MIT
 *
 * Exercise of lesson 4: write the poll of and_then. Everything else is there; what you work with is declared
 * at the top of my_and_then.h, and the program that uses it is letter.h. Check it with:  pollux check 04
 *
 *     FIRST   first answers   NotReady   → NotReady
 *                             Failed     → the first is dropped, DONE, Failed
 *                             Ready(v)   → the first is dropped, the second is made of v,
 *                                          SECOND, and it is polled at once
 *     SECOND  second answers  NotReady   → NotReady
 *                             Ready, Failed → the second is dropped, DONE, the same answer
 */
#include "my_and_then.h"

static enum plx_answer my_and_then_poll(my_and_then *self, plx_context *cx, int *out)
{
    /* ── your part begins here: replace these two lines ── */
    (void)self, (void)out;
    return plx_fail(cx, -ENOSYS);
    /* ── your part ends here ── */
}

#include "letter.h" /* the program */
