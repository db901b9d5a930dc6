/* SPDX-License-Identifier: MIT
 *
 * The index of a recording: which tasks, futures, workers, threads, tokens, runtimes and shapes there are
 * at all.
 *
 * It is made in three passes over all events before the replay begins, and gives each of them a small number,
 * so that the state can be plain arrays of known length. What is used without being declared gets its
 * number like the others (a stand-in), and an issue.
 */
#ifndef PLX_REPLAY_INDEX_H
#define PLX_REPLAY_INDEX_H

#include "viz/replay/map.h"
#include "viz/replay/world.h"
#include "viz/trace/arena.h"
#include "viz/trace/issues.h"

/* The lines where a thing is first used and declared, 0 for none. */
struct plx__lines {
    uint32_t used, declared;
};

/* Things with an id. */
struct plx__ids {
    struct plx__map map;
    struct plx__lines *lines; /* by the map's number before it is sorted */
    uint32_t room;
};

struct plx__index {
    const struct plx_recording *recording;
    struct plx__ids tasks, workers, sources, timers, objects, runtimes, shapes;
    struct plx__map threads; /* key: address of the name */
    struct plx__map futures; /* key: number of the task << 32 | future */
    uint32_t *task_shape;    /* by number of the task: what it was spawned with, 0 when unknown */
    uint32_t *future_shape;  /* by number of the future: what it was polled with first, 0 when it never was */
    const char *mode;        /* kind of the first runtime, "" when there is none */
    uint32_t worker_count;   /* of all runtimes, as they say */
    struct plx_shape_info *shape; /* by number in `shapes`; of an undeclared one kind is "?" */
    struct plx__arena arena;
};

/* 0 or -ENOMEM; to be freed with plx__index_done in both cases. */
int plx__index_make(struct plx__index *index, const struct plx_recording *recording,
                    struct plx__issues *issues);
void plx__index_done(struct plx__index *index);

uint32_t plx__index_task(const struct plx__index *index, uint64_t id);
uint32_t plx__index_future(const struct plx__index *index, uint32_t task, uint32_t number);
uint32_t plx__index_worker(const struct plx__index *index, uint32_t worker);
uint32_t plx__index_actor(const struct plx__index *index, const struct plx_event *event);

/* The shape of a future, from a poll of it or from the shape of its task, at any event; 0 when unknown. */
uint32_t plx__index_shape_of(const struct plx__index *index, uint64_t task, uint32_t number);

/* Never NULL: shape 0 and shapes that are not known look like one future of kind "?". */
const struct plx_shape_info *plx__index_shape(const struct plx__index *index, uint32_t number);

#endif
