/* SPDX-License-Identifier: MIT
 *
 * What an event does to the state. Shared by the files that apply events and the world that calls them.
 */
#ifndef PLX_REPLAY_APPLY_H
#define PLX_REPLAY_APPLY_H

#include "viz/replay/index.h"
#include "viz/replay/journal.h"
#include "viz/replay/world.h"

/* Contradictions: what a trace of a sound program never shows. */
enum plx__odd {
    PLX__ODD_SPAWN,
    PLX__ODD_QUEUED,
    PLX__ODD_POP,
    PLX__ODD_STEAL,
    PLX__ODD_OVERFLOW,
    PLX__ODD_POLL_QUEUED,
    PLX__ODD_POLL_TWICE,
    PLX__ODD_AFTER_END,
    PLX__ODD_FUTURE_TWICE,
    PLX__ODD_ANSWER,
    PLX__ODD_ELSEWHERE,
    PLX__ODD_TIMER,
    PLX__ODDS
};

struct plx__odds {
    size_t count;
    uint32_t line; /* of the first */
    uint64_t task;
};

/* What applying an event works on. */
struct plx__stage {
    struct plx_state state;
    struct plx__journal journal;
    const struct plx__index *index;
    struct plx__odds *odd; /* PLX__ODDS of them, NULL when nobody counts */
};

/* Applies an event: dispatches to the functions of its group. */
void plx__apply(struct plx__stage *stage, const struct plx_event *event);

/* Counts a contradiction. */
void plx__odd(struct plx__stage *stage, enum plx__odd which, const struct plx_event *event);

/* The group "queue", and tasks leaving queues (queues.c). */
void plx__apply_queue(struct plx__stage *stage, const struct plx_event *event, uint32_t actor, uint32_t task);
void plx__dequeue(struct plx__stage *stage, uint32_t task);

/* The groups "timer", "blocking" and "sync" (waits.c). */
void plx__apply_timer(struct plx__stage *stage, const struct plx_event *event, uint32_t task);
void plx__apply_blocking(struct plx__stage *stage, const struct plx_event *event, uint32_t actor,
                         uint32_t task);
void plx__apply_sync(struct plx__stage *stage, const struct plx_event *event, uint32_t task);
void plx__waits_anew(struct plx__stage *stage, uint32_t task); /* a poll of it begins */

/* The polls that `from` is in go on under another thread, `to` (polls.c). */
void plx__move_polls(struct plx__stage *stage, uint32_t from, uint32_t to);

/* The groups "task" and "future" (polls.c). */
void plx__apply_task(struct plx__stage *stage, const struct plx_event *event, uint32_t actor, uint32_t task);
void plx__apply_future(struct plx__stage *stage, const struct plx_event *event, uint32_t actor,
                       uint32_t task);

#endif
