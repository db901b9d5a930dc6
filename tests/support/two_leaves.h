/* SPDX-License-Identifier: MIT
 *
 * Two leaves that do as told, `first` and `second`, over one environment: for combinators that poll both.
 */
#ifndef TESTS_SUPPORT_TWO_LEAVES_H
#define TESTS_SUPPORT_TWO_LEAVES_H

#include "tests/support/leaf.h"

struct env {
    struct probe a, b;
};

static leaf make_a(struct env *e)
{
    return leaf_of(&e->a);
}

static leaf make_b(struct env *e)
{
    return leaf_of(&e->b);
}

PLX_START(first, struct env, leaf, make_a)
PLX_START(second, struct env, leaf, make_b)

static struct env env_of(int a_waits, int a_code, int b_waits, int b_code)
{
    return (struct env){{.name = "a", .value = 1, .waits = a_waits, .code = a_code},
                        {.name = "b", .value = 2, .waits = b_waits, .code = b_code}};
}

#endif
