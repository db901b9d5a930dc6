/* SPDX-License-Identifier: MIT
 *
 * The world: the state of a recorded program after its first n events.
 *
 * Forward applies an event, back undoes it exactly, seek starts from the nearest keyframe. Contradictions
 * in a trace (a pop of a task that is in no queue) never stop the replay: the world believes the newest
 * event and notes an issue.
 *
 *     struct plx_world *world;
 *     if (plx_world_new(recording, &world) == 0 && plx_world_seek(world, 41) == 0)
 *         printf("%zu tasks queued\n", (size_t)plx_world_state(world)->global.count);
 *     plx_world_free(world);
 *
 * How it is kept: the whole state is one block of memory whose size is known in advance, because the
 * recording names every task, future, worker and token that will ever occur (index.h). All change goes
 * through one macro (journal.h) that first notes the old value; back writes the old values again. Lists run
 * through the records as numbers, with PLX_NONE as "none".
 *
 * A world belongs to one thread at a time. The recording must outlive it.
 */
#ifndef PLX_WORLD_H
#define PLX_WORLD_H

#include "viz/replay/search.h"
#include "viz/trace/recording.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLX_NONE UINT32_MAX

struct plx_world;

enum plx_seen_future_state {
    PLX_SEEN_FUTURE_LATER, /* not polled yet, since it was made */
    PLX_SEEN_FUTURE_POLLING,
    PLX_SEEN_FUTURE_NOT_READY,
    PLX_SEEN_FUTURE_READY,
    PLX_SEEN_FUTURE_FAILED,
    PLX_SEEN_FUTURE_DROPPED,
};

struct plx_seen_future {
    uint32_t number;      /* in its task, from 1 */
    uint32_t task;        /* index of its task */
    uint32_t shape;       /* number of the shape it was polled with, 0 when none yet */
    uint32_t parent;      /* number of the future that polled it, 0 for none */
    uint32_t graft_shape; /* of the future it took in, 0 for none … */
    uint32_t graft_first; /* … whose numbers begin here */
    uint32_t caller;      /* index of the future below it on the stack of the poll it is in */
    uint32_t polls;
    uint8_t state;  /* enum plx_seen_future_state */
    uint8_t answer; /* the newest answer, LATER when none */
    uint8_t before; /* its answer to the poll before the newest, LATER when none */
    bool dropped;
    int32_t code;       /* of Failed */
    const char *value;  /* of Ready(value) or Failed(value), NULL for none */
    const char *detail; /* of NotReady, NULL for none */
    const char *label;  /* NULL for none */
};

enum plx_seen_task_state {
    PLX_SEEN_TASK_UNBORN, /* not spawned yet */
    PLX_SEEN_TASK_IDLE,   /* waits to be notified */
    PLX_SEEN_TASK_QUEUED, /* in a queue, or notified and on its way to one */
    PLX_SEEN_TASK_POLLED,
    PLX_SEEN_TASK_ENDED,
};

enum plx_where { PLX_NOWHERE, PLX_IN_LOCAL, PLX_IN_LIFO, PLX_IN_GLOBAL, PLX_IN_BLOCKING };

/* Of the timers that a task has set, and of the channels and locks that it waits for, the newest so many are
 * known; the places behind them are PLX_NONE. */
#define PLX_SEEN_WAITS 4

struct plx_seen_task {
    uint64_t id;
    const char *name;      /* NULL for none */
    uint32_t shape;        /* number of the root's shape, 0 when unknown */
    uint32_t first, count; /* its futures in state->future, ordered by number */
    uint32_t polls;
    uint32_t actor;                  /* who polls it, PLX_NONE for nobody */
    uint32_t outer;                  /* index of the task whose poll this one interrupts */
    uint32_t top;                    /* index of the innermost future being polled */
    uint32_t owner;                  /* the actor whose queue it is in */
    uint32_t next, prev;             /* neighbours in that queue */
    uint32_t timer[PLX_SEEN_WAITS];  /* indices of those that it has set and that are to fire, newest first */
    uint32_t object[PLX_SEEN_WAITS]; /* and of those that it has waited for since its last poll began */
    uint32_t blocking;               /* how many blocking sections it is in */
    uint8_t state;                   /* enum plx_seen_task_state */
    uint8_t where;                   /* enum plx_where */
    uint8_t ending;                  /* word of the set `ending`, when ended */
    bool notified;                   /* during the poll that goes on */
    bool stolen;                     /* it came to this queue by a steal */
    bool may_not_block;              /* it waits until fewer tasks block */
};

struct plx_seen_queue {
    uint32_t head, tail, count; /* indices of tasks, the next to run first */
};

enum plx_seen_actor_state {
    PLX_SEEN_ACTOR_UNBORN,
    PLX_SEEN_ACTOR_IDLE,
    PLX_SEEN_ACTOR_POLLS,
    PLX_SEEN_ACTOR_SEARCHES,
    PLX_SEEN_ACTOR_PARKED,
    PLX_SEEN_ACTOR_TURNS,     /* the reactor */
    PLX_SEEN_ACTOR_HANDED_ON, /* the thread that was this worker blocks; no other has taken it over yet */
    PLX_SEEN_ACTOR_STOPPED,
};

/* A worker, or an outside thread. */
struct plx_seen_actor {
    const char *thread; /* the name, NULL for a worker */
    uint32_t worker;
    uint32_t task;   /* index of the task it polls */
    uint32_t lifo;   /* index of the task in its slot */
    uint32_t stolen; /* how many steals in a row it has just made */
    struct plx_seen_queue deque;
    uint64_t polls, steals, parks;
    uint8_t state; /* enum plx_seen_actor_state */
};

struct plx_seen_source {
    uint64_t token;
    const char *what;        /* NULL for none */
    uint32_t reader, writer; /* indices of the tasks that wait */
    int32_t fd;
    uint8_t ready; /* bits of the set `readiness` */
    bool registered;
};

enum plx_seen_timer_state {
    PLX_SEEN_TIMER_UNSET, /* not yet */
    PLX_SEEN_TIMER_SET,
    PLX_SEEN_TIMER_FIRED,
    PLX_SEEN_TIMER_CANCELLED,
};

struct plx_seen_timer {
    uint64_t id;
    uint64_t deadline_ms;
    uint32_t task; /* index of the task that set it, PLX_NONE for none */
    uint32_t worker, level, slot;
    uint8_t state; /* enum plx_seen_timer_state */
};

/* A channel or a lock. */
struct plx_seen_object {
    uint64_t id;
    const char *kind; /* "mpsc", "mutex" …; NULL before it is made */
    uint64_t capacity, length;
    bool closed;
};

enum plx_seen_runtime_state {
    PLX_SEEN_RUNTIME_UNBORN,
    PLX_SEEN_RUNTIME_RUNS,
    PLX_SEEN_RUNTIME_STOPS, /* is asked to */
    PLX_SEEN_RUNTIME_STOPPED,
};

struct plx_seen_runtime {
    uint64_t id;
    const char *kind; /* NULL before it starts */
    uint32_t first_worker, workers;
    uint8_t state; /* enum plx_seen_runtime_state */
};

/* What there is once. */
struct plx_globals {
    struct plx_seen_queue global;
    struct plx_seen_queue jobs; /* for the threads of the blocking pool */
    uint64_t task;              /* id of the task that the last event with a task was about, 0 for none */
    uint64_t lost;
    uint64_t clock_ms; /* as the timers told last */
};

/* All of it. Tasks, sources, timers, objects and runtimes stand in the order of their ids, workers before outside threads. */
struct plx_state {
    uint32_t tasks, futures, actors, workers, sources, timers, objects, runtimes;
    struct plx_seen_task *task;
    struct plx_seen_future *future;
    struct plx_seen_actor *actor; /* the first `workers` of them are workers */
    struct plx_seen_source *source;
    struct plx_seen_timer *timer;
    struct plx_seen_object *object;
    struct plx_seen_runtime *runtime;
    struct plx_globals *globals;
};

/* A shape: facts of the recording, known before its first event. */
struct plx_shape_info {
    uint32_t number;
    const char *kind, *name, *file; /* never NULL */
    uint32_t line;
    uint32_t nodes;           /* futures in it, itself included */
    struct plx_numbers child; /* numbers of shapes */
};

/* A world at event 0. 0 or -ENOMEM. */
int plx_world_new(const struct plx_recording *recording, struct plx_world **out);
void plx_world_free(struct plx_world *world); /* NULL is fine */

size_t plx_world_at(const struct plx_world *world);    /* events applied */
int plx_world_seek(struct plx_world *world, size_t n); /* -ERANGE beyond the end, -ENOMEM */
int plx_world_forward(struct plx_world *world);        /* -ERANGE at the end, -ENOMEM */
int plx_world_back(struct plx_world *world);           /* -ERANGE at the start, -ENOMEM */

/* Is the state the same, bit for bit? Only for worlds of one recording. */
bool plx_world_equal(const struct plx_world *a, const struct plx_world *b);

const struct plx_recording *plx_world_recording(const struct plx_world *world);
const struct plx_state *plx_world_state(const struct plx_world *world);

/* What the reader and the replay found odd in the whole recording, the reader's first. */
size_t plx_world_issues(const struct plx_world *world);
const struct plx_issue *plx_world_issue(const struct plx_world *world, size_t i);

/* Look-ups by the recording's own numbers. NULL when there is no such thing in the whole recording. */
const struct plx_seen_task *plx_world_task(const struct plx_world *world, uint64_t id);
const struct plx_seen_future *plx_world_future(const struct plx_world *world, uint64_t task, uint32_t number);
const struct plx_seen_actor *plx_world_actor(const struct plx_world *world, const struct plx_event *event);
const struct plx_seen_source *plx_world_source(const struct plx_world *world, uint64_t token);
const struct plx_seen_timer *plx_world_timer(const struct plx_world *world, uint64_t id);
const struct plx_seen_object *plx_world_object(const struct plx_world *world, uint64_t id);

/* Never NULL: shapes that are not known look like one future of kind "?". */
const struct plx_shape_info *plx_world_shape(const struct plx_world *world, uint32_t number);

/* Facts that hold at any event, so that a screen need not change while one steps. */
uint32_t plx_world_shape_of(const struct plx_world *world, uint64_t task, uint32_t future); /* 0: unknown */
const char *plx_world_mode(const struct plx_world *world); /* kind of the first runtime, "" for none */
uint32_t plx_world_workers(const struct plx_world *world); /* of all runtimes */

#endif
