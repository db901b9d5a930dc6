/* SPDX-License-Identifier: MIT
 *
 * Backing off: see backoff.h.
 */
#include "lib/net/backoff.h"

#include "lib/time/delay.h"

#include <errno.h>
#include <stdlib.h>

static const uint64_t pause_ns = 20u * 1000 * 1000;

struct plx__backoff {
    plx_delay delay;
};

bool plx__is_exhaustion(int code)
{
    return code == -EMFILE || code == -ENFILE || code == -ENOBUFS || code == -ENOMEM;
}

/* With no memory even for a delay the task yields: it is asked again and again, but after all the others. */
enum plx_answer plx__backoff_begin(struct plx__backoff **backoff, plx_context *cx, int code)
{
    *backoff = malloc(sizeof **backoff);
    if (!*backoff) {
        plx_context_yield(cx);
        return PLX_NOT_READY;
    }
    (*backoff)->delay = plx_delay_for(pause_ns);
    enum plx_answer answer = plx__delay_poll(&(*backoff)->delay, cx);
    if (answer == PLX_NOT_READY) {
        plx_detail(cx, "error %d: tries again", -code);
        return PLX_NOT_READY;
    }
    plx__backoff_drop(backoff);
    return plx_fail(cx, code);
}

enum plx_answer plx__backoff_poll(struct plx__backoff **backoff, plx_context *cx)
{
    if (plx_likely(!*backoff))
        return PLX_READY;
    enum plx_answer answer = plx__delay_poll(&(*backoff)->delay, cx);
    if (answer != PLX_NOT_READY)
        plx__backoff_drop(backoff);
    return answer;
}

void plx__backoff_drop(struct plx__backoff **backoff)
{
    struct plx__backoff *gone = PLX_MOVE(*backoff);
    if (!gone)
        return;
    plx_delay_drop(&gone->delay);
    free(gone);
}
