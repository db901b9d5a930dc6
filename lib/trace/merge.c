/* SPDX-License-Identifier: MIT
 *
 * The merge: see merge.h. Threads tell in bursts, and what one tells in a row is told in a row: the other
 * stretches are looked at only when the oldest is no longer the oldest.
 */
#include "lib/trace/merge.h"

/* To the next record that is an event; what lies in between has no stamp. */
static void settle(struct plx_stretch *stretch, uint64_t before)
{
    for (;;) {
        if (stretch->at == stretch->end) {
            stretch->at = stretch->more;
            stretch->end = stretch->more_end;
            stretch->more = stretch->more_end = NULL;
            if (stretch->at == stretch->end)
                break;
        }
        uint64_t front = plx__record_front(stretch->at);
        unsigned kind = plx__front_kind(front);
        if (plx_likely(kind < PLX_EVENTS)) {
            stretch->ticks = plx__front_ticks(front, before);
            return;
        }
        if (kind == PLX_RECORD_WORKER)
            stretch->worker = (uint16_t)plx__record_front(stretch->at + 8);
        stretch->at += 8 + plx__front_bytes(front);
    }
    stretch->ticks = UINT64_MAX;
}

static void choose(struct plx_merge *merge)
{
    struct plx_stretch *oldest = NULL;
    uint64_t least = UINT64_MAX, second = UINT64_MAX;
    for (size_t i = 0; i < merge->count; i++) {
        uint64_t ticks = merge->stretch[i].ticks;
        if (ticks < least) {
            second = least;
            least = ticks;
            oldest = &merge->stretch[i];
        } else if (ticks < second) {
            second = ticks;
        }
    }
    merge->oldest = oldest;
    merge->until = second - 1; /* of equals the first */
}

void plx__merge_begin(struct plx_merge *merge, struct plx_stretch *stretch, size_t count, uint64_t before)
{
    *merge = (struct plx_merge){.stretch = stretch, .count = count, .before = before};
    for (size_t i = 0; i < count; i++)
        settle(&stretch[i], before);
    choose(merge);
}

bool plx__merge_next(struct plx_merge *merge, struct plx_told *told)
{
    struct plx_stretch *oldest = merge->oldest;
    if (oldest && oldest->ticks > merge->until) {
        choose(merge);
        oldest = merge->oldest;
    }
    if (!oldest)
        return false;
    uint64_t front = plx__record_front(oldest->at);
    size_t bytes = plx__front_bytes(front);
    *told = (struct plx_told){
        .ticks = oldest->ticks,
        .kind = (enum plx_event_kind)plx__front_kind(front),
        .worker = oldest->worker,
        .bytes = (uint16_t)bytes,
        .thread = oldest->thread,
        .fields = oldest->at + 8,
    };
    oldest->at += 8 + bytes;
    settle(oldest, merge->before);
    return true;
}
