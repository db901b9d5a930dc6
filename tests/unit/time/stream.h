/* SPDX-License-Identifier: MIT
 *
 * For tests: a stream of 1, 2, … of which the test lets through as many as it likes.
 */
#ifndef TESTS_UNIT_TIME_STREAM_H
#define TESTS_UNIT_TIME_STREAM_H

#include "tests/unit/time/by_hand.h"

struct numbers {
    int let, given;
    bool ended;
    int polls, drops;
    plx_waker waker;
};

typedef struct counting {
    struct numbers *numbers;
} counting;

typedef struct counting_item {
    int number;
    bool end;
} counting_item;

PLX_INLINE counting counting_of(struct numbers *numbers)
{
    return (counting){numbers};
}

PLX_INLINE enum plx_answer counting_poll(counting *self, plx_context *cx, counting_item *out)
{
    struct numbers *numbers = self->numbers;
    numbers->polls++;
    plx_waker_drop(&numbers->waker);
    if (numbers->given < numbers->let || numbers->ended) {
        *out = (counting_item){.end = numbers->given == numbers->let};
        if (!out->end)
            out->number = ++numbers->given;
        return PLX_READY;
    }
    numbers->waker = plx_context_waker(cx);
    return PLX_NOT_READY;
}

PLX_INLINE void counting_drop(counting *self)
{
    self->numbers->drops++;
    plx_waker_drop(&self->numbers->waker);
}

PLX_LEAF(counting)

PLX_INLINE void numbers_let(struct numbers *numbers, int more)
{
    numbers->let += more;
}

#endif
