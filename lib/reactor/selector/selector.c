/* SPDX-License-Identifier: MIT
 *
 * Which selectors this system has, and which one is chosen.
 */
#include "lib/reactor/selector/selector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The best first. */
static const struct plx_selector_ops *const selectors[] = {
#if PLX_HAS_EPOLL
    &plx_epoll,
#endif
#if PLX_HAS_KQUEUE
    &plx_kqueue,
#endif
    &plx_poll,
};

enum { SELECTORS = sizeof selectors / sizeof *selectors };

const struct plx_selector_ops *plx_selector_by_name(const char *name)
{
    for (int i = 0; i < SELECTORS; i++)
        if (strcmp(selectors[i]->name, name) == 0)
            return selectors[i];
    return NULL;
}

int plx_selector_choose(const struct plx_selector_ops **selector)
{
    const char *name = getenv("POLLUX_SELECTOR");
    *selector = name && *name ? plx_selector_by_name(name) : selectors[0];
    if (*selector)
        return 0;
    fprintf(stderr, "pollux: POLLUX_SELECTOR=%.32s is not one of:", name);
    for (int i = 0; i < SELECTORS; i++)
        fprintf(stderr, " %s", selectors[i]->name);
    fputc('\n', stderr);
    return -EINVAL;
}
