/* SPDX-License-Identifier: MIT
 *
 * Finding events: plain scans, see search.h. Times may go back in a damaged trace, so even a time is
 * scanned for.
 */
#include "viz/replay/search.h"

/* What is looked for; a zero task and PLX_EV_COUNT match all. */
struct wanted {
    uint64_t task;
    enum plx_kind kind;
};

static size_t scan(const struct plx_recording *recording, size_t from, int step, struct wanted wanted)
{
    size_t count = plx_recording_count(recording);
    if (from > count + 1)
        from = count + 1;
    /* Below 1 it wraps, and is beyond the end too. */
    for (size_t n = from + (size_t)step; n >= 1 && n <= count; n += (size_t)step) {
        const struct plx_event *event = plx_recording_event(recording, n);
        if ((wanted.kind == PLX_EV_COUNT || event->kind == wanted.kind) &&
            (wanted.task == 0 || event->task == wanted.task))
            return n;
    }
    return 0;
}

size_t plx_search_poll(const struct plx_recording *recording, size_t from, int step, uint64_t task)
{
    return scan(recording, from, step, (struct wanted){task, PLX_EV_task_poll});
}

size_t plx_search_task(const struct plx_recording *recording, size_t from, int step, uint64_t task)
{
    return task == 0 ? 0 : scan(recording, from, step, (struct wanted){task, PLX_EV_COUNT});
}

size_t plx_search_kind(const struct plx_recording *recording, size_t from, int step, enum plx_kind kind)
{
    return scan(recording, from, step, (struct wanted){0, kind});
}

size_t plx_search_time(const struct plx_recording *recording, uint64_t t_ns)
{
    size_t n = plx_recording_count(recording);
    while (n > 0 && plx_recording_event(recording, n)->t_ns > t_ns)
        n--;
    return n;
}
