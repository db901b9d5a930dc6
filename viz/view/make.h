/* SPDX-License-Identifier: MIT
 *
 * Making a view: what the files of this folder share while they fill one.
 *
 * Without memory, functions here return "" or NULL and set `failed`; plx_view_make looks at that once, at
 * the end.
 */
#ifndef PLX_VIEW_MAKE_H
#define PLX_VIEW_MAKE_H

#include "viz/replay/world.h"
#include "viz/trace/arena.h"
#include "viz/view/view.h"

struct plx__maker {
    const struct plx_world *world;
    const struct plx_recording *recording;
    const struct plx_state *state;
    size_t at;
    const struct plx_event *event; /* number `at`, NULL at the start */
    const struct plx_view_wish *wish;
    struct plx_view *view;
    struct plx__arena *arena;
    bool failed;
};

/* ── text.c: a text that grows up to a limit, then is cut between characters ── */

#define PLX__TEXT_MAX 480

struct plx__text {
    char bytes[PLX__TEXT_MAX];
    size_t length;
    bool full;
    uint64_t number; /* the number that was added last, for singular and plural */
};

void plx__text_add(struct plx__text *text, const char *more);
void plx__text_number(struct plx__text *text, uint64_t number);
__attribute__((format(printf, 2, 3))) void plx__text_format(struct plx__text *text, const char *format, ...);

/* Copies into the view. NULL is shown as "". */
const char *plx__keep(struct plx__maker *maker, const char *text);
__attribute__((format(printf, 2, 3))) const char *plx__keep_format(struct plx__maker *maker,
                                                                   const char *format, ...);
void *plx__keep_array(struct plx__maker *maker, size_t count, size_t size);

/* ── names.c: what things are called ── */

/* A box's kind and name: of a leaf, its name is its kind. */
const char *plx__shape_kind(const struct plx_shape_info *shape);
const char *plx__shape_name(const struct plx_shape_info *shape);

/* "read_exact", "and_then process_response", "future 7". */
void plx__name_future(struct plx__text *text, const struct plx_world *world, uint64_t task, uint32_t future);
void plx__name_who(struct plx__text *text, const struct plx_event *event); /* "worker 0", "thread main" */

/* "fd 7", or "token 3" when that is all one knows. */
void plx__name_source(struct plx__text *text, const struct plx_world *world, uint64_t token);
void plx__name_object(struct plx__text *text, const struct plx_world *world, uint64_t id); /* "mpsc 5" */
const char *plx__name_readiness(uint32_t flags); /* "readable", "writable" … */

/* Of the io_ready number n, what this task has waited for; all of it when that is not known. */
const char *plx__name_awaited(const struct plx_recording *recording, size_t n, uint64_t task);

enum plx_sign plx__sign_of_future(uint8_t state); /* enum plx_seen_future_state */
enum plx_sign plx__sign_of_event(const struct plx_event *event);

/* ── waits.c: what a task waits for ── */

/* Adds "fd 7 is readable", "timer 4 fires, at 5000 ms", "mpsc 5 lets it go on" … with `joint` before each; tells
 * how many, at most `most`. */
int plx__say_waits(struct plx__text *text, const struct plx_world *world, const struct plx_seen_task *task,
                   const char *first, const char *joint, int most);

/* The same in few words, for a task's state: "waits for fd 7, timer 4". */
const char *plx__waits_in_short(struct plx__maker *maker, const struct plx_seen_task *task);

/* ── template.c: the sentences of events.def ── */

void plx__expand(struct plx__text *text, const struct plx_world *world, size_t n, const char *template);
void plx__expand_sentence(struct plx__text *text, const struct plx_world *world, size_t n); /* of event n */

/* ── because.c: ", because token 3 (fd 7) became readable", or nothing ── */

void plx__because(struct plx__text *text, const struct plx_world *world, size_t n);

/* ── the panels: each fills its part of the view ── */

void plx__make_chain(struct plx__maker *maker);
void plx__make_workers(struct plx__maker *maker);
void plx__make_sources(struct plx__maker *maker);
void plx__make_sentence(struct plx__maker *maker);
void plx__make_why(struct plx__maker *maker);
void plx__make_log(struct plx__maker *maker);

#endif
