/* SPDX-License-Identifier: MIT
 *
 * The view: what is worth showing at event N, as plain data.
 *
 * `plx_view_make` looks at the world (viz/replay) after N events and says what every panel shows, in words,
 * numbers and signs, with neither cells nor pixels. The terminal, the window, the pictures and the tests
 * all draw from this one struct, so they cannot disagree. A view owns its strings (one arena) and may be
 * kept when the world moves on. No text in it holds a control character: names from a trace are cleaned
 * when they are read (viz/trace/text.h).
 */
#ifndef PLX_VIEW_H
#define PLX_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plx_world;

/* The eight signs of the screen; colour, glyph and word of each stand in sign.h and nowhere else. */
enum plx_sign {
    PLX_SIGN_LATER,     /* ·  not there yet */
    PLX_SIGN_POLL,      /* ▶  being polled */
    PLX_SIGN_NOT_READY, /* …  answered NotReady */
    PLX_SIGN_READY,     /* ✓  answered Ready(v) */
    PLX_SIGN_FAILED,    /* ✗  answered Failed(e) */
    PLX_SIGN_NOTIFIED,  /* !  notified, queued */
    PLX_SIGN_STOLEN,    /* »  stolen */
    PLX_SIGN_DROPPED,   /* –  dropped, done, parked */
    PLX_SIGNS
};

/* One future of the chain. Boxes stand in preorder: a box, then all inside it. */
struct plx_view_box {
    uint32_t future;    /* its number in the task, from 1 */
    int depth;          /* 0 for the root */
    int parent;         /* index of the box around it, -1 for the root */
    const char *kind;   /* "and_then", "read_exact" … never NULL, like every string here */
    const char *name;   /* the function's name, or "" */
    const char *detail; /* "4 of 10 bytes", "127.0.0.1:6142", or "" */
    enum plx_sign sign; /* what it is doing, or what it answered last */
    const char *value;  /* of Ready(value) or Failed(value), or "" */
    const char *word;   /* the sign in words, with the value: "poll", "NotReady", "Ready(Sock 7)", "later" */
    enum plx_sign before; /* its answer to the poll before this one; LATER when there was none */
    bool current;         /* the poll, or the answer just given, is here */
    bool on_path;         /* it is being polled: the current box is inside it, or it is the current box */
    const char *file;     /* where it was written, "" when unknown */
    int line;
};

/* What moves between the event before and this one; the screens animate it. */
enum plx_motion {
    PLX_MOTION_NONE,
    PLX_MOTION_IN,  /* the poll goes from box `from` (-1: from the worker) into box `to` */
    PLX_MOTION_OUT, /* the answer goes from box `from` out to box `to` (-1: to the worker) */
};

struct plx_view_chain {
    uint64_t task;      /* 0: no task to show yet */
    const char *name;   /* the task's name, or "" */
    const char *state;  /* "polled by worker 0", "waits for fd 7", "notified", "ended: ready" … */
    enum plx_sign sign; /* the same as a sign */
    uint32_t polls;     /* how often it was polled so far */
    int count;
    struct plx_view_box *boxes;
    enum plx_motion motion;
    int from, to; /* indices into boxes */
};

struct plx_view_worker {
    uint32_t worker;
    enum plx_sign sign;
    const char *state; /* "polls task 1", "searches", "parked", "turns the reactor" … */
    uint64_t lifo;     /* the task in its LIFO slot, 0 for none */
    int queued;        /* tasks in its deque, the next to run first */
    const uint64_t *deque;
    uint64_t polls, steals, parks;
    bool current; /* this event is its doing */
    int stolen;   /* how many at the deque's end came by the steal of this event */
};

struct plx_view_source { /* a row of io_dispatch */
    uint64_t token;
    int fd;
    const char *what;
    bool readable, writable, closed;
    uint64_t reader, writer; /* the tasks that wait, 0 for none */
    bool current;            /* this event is about it */
};

struct plx_view_step { /* one step of the walk back to the cause, the oldest first */
    size_t event;      /* its number, from 1 */
    enum plx_sign sign;
    const char *text; /* "fd 7 readable", "token 3", "notify task 1" … */
};

struct plx_view_line { /* one line of the log */
    size_t event;      /* its number, from 1 */
    const char *who;   /* "w0", or the thread's name */
    const char *verb;  /* the event's name */
    const char *text;  /* its fields, in short */
    enum plx_sign sign;
    uint64_t task; /* the task it is about, 0 for none */
};

struct plx_view {
    /* the title line */
    const char *file; /* the trace's name without folders */
    const char *program;
    const char *mode; /* "thread_pool", "current_thread" */
    uint32_t worker_count;
    size_t event, events; /* N events are applied, of so many: 0 ≤ event ≤ events */
    uint64_t t_ns;        /* time of event N since the start */
    size_t issues;        /* what the reader or the replay found odd, see plx_recording */
    const char *issue;    /* the first of them in words, or "" */

    struct plx_view_chain chain;
    int workers;
    struct plx_view_worker *worker;
    int global_count; /* tasks in the global queue, the next to run first */
    const uint64_t *global;
    int sources;
    struct plx_view_source *source;

    const char *sentence; /* what this event means: one or two sentences */
    int whys;
    struct plx_view_step *why;

    int log_count; /* the lines around N; log_at is the index of N's own, -1 when N is 0 */
    int log_at;
    struct plx_view_line *log;

    void *arena; /* owner of every string and array above */
};

/* What a screen asks for: the view itself does not know how large it will be drawn. */
struct plx_view_wish {
    uint64_t task;  /* follow this task; 0: the task that the event, or the last one with a task, is about */
    int log_before; /* at most so many log lines before N … */
    int log_after;  /* … and after it */
};

/* Returns 0 and fills *view, to be freed with plx_view_free; -ENOMEM with *view empty. */
int plx_view_make(const struct plx_world *world, const struct plx_view_wish *wish, struct plx_view *view);
void plx_view_free(struct plx_view *view);

#endif
