/* SPDX-License-Identifier: MIT
 *
 * The spill: where records go that come faster than lines can be made of them.
 *
 * It lies beside the trace, as TRACE.spill, from the first time that there are too many until the last of
 * them is in the trace. It explains itself: pointers are written down with what they lead to, so that
 * `pollux recover` can finish the trace of a program that was killed.
 *
 *     ┌──────┬─────────────────────────────────────────────────┬─────────────── …
 *     │ head │ round │ names … │ stretch │ records … │ stretch … │ round │ names …
 *     └──────┴─────────────────────────────────────────────────┴─────────────── …
 *
 * A round is what the writer has found in the rings at one time: of each ring a stretch, its bytes as they
 * were. Nothing is merged and nothing is copied but by write(2): 0.2 ns a byte, so some 5 ns an event. The
 * merge and the lines are for later. All numbers are the machine's own; a spill does not travel.
 *
 * The trace ends where the head says when the spill begins, and goes on with what the spill makes. Lines
 * are made of a spill always in the same way, so whoever finishes a trace may begin at the head again: what
 * is in the trace already is what comes out.
 */
#ifndef PLX_TRACE_SPILL_H
#define PLX_TRACE_SPILL_H

#include "lib/trace/clock.h"
#include "lib/trace/json.h"
#include "lib/trace/merge.h"

#define PLX_SPILL_MAGIC  "PLXSPILL"
#define PLX_SPILL_SUFFIX ".spill"

enum { PLX_SPILL_VERSION = 1, PLX_SPILL_ORDER = 0x01020304, PLX_SPILL_ROUND = 0x444e5552 /* "RUND" */ };

struct plx_spill_head {
    char magic[8];
    uint32_t version;
    uint32_t order;      /* PLX_SPILL_ORDER, as this machine writes it */
    uint64_t table;      /* plx__spill_table() */
    uint64_t json_bytes; /* how long the trace is when the spill begins */
    uint64_t start_ticks, start_ns;
    uint32_t shapes; /* told by then */
    uint32_t unused;
};

struct plx_spill_round {
    uint32_t magic;
    uint32_t stretches;
    uint64_t bytes;  /* of the whole round, this included */
    uint64_t names;  /* bytes of names, behind this */
    uint64_t before; /* all stamps are older, in ticks */
    struct plx_piece piece;
};

/* What a pointer leads to: a text, with its NUL; or a shape. Both are padded to 8 bytes. */
enum { PLX_NAME_TEXT, PLX_NAME_SHAPE };
struct plx_spill_name {
    uint64_t address;
    uint32_t kind;
    uint32_t bytes; /* behind this */
};
struct plx_spill_shape { /* children's addresses follow; their names and its texts come before it */
    uint64_t kind, name, file;
    int32_t line;
    uint32_t nodes;
    uint32_t number; /* 0: not told when the spill began */
    uint32_t count;
};

struct plx_spill_stretch {
    uint64_t bytes; /* of records, behind this */
    uint32_t worker;
    uint32_t unused;
    char thread[32];
};

/* A number for the events and their fields: of another version's spill nothing can be said. */
uint64_t plx__spill_table(void);

/* Whether an event owns memory, to be freed once it has been told; and that. */
bool plx__event_owns(enum plx_event_kind kind);
void plx__event_drop(enum plx_event_kind kind, const void *data);

/* ── writing (spill.c) ────────────────────────────────────────────────────────────────────────────────── */

struct plx_spill;

/* None of these says what goes wrong: negative errnos. A round that cannot be written leaves those before
 * it. */
int plx__spill_new(const char *path, const struct plx_spill_head *head, struct plx_spill **spill);
int plx__spill_round(struct plx_spill *spill, const struct plx_merge *merge, const struct plx_piece *piece,
                     const struct plx_json *json);
uint64_t plx__spill_bytes(const struct plx_spill *spill);
int plx__spill_fd(const struct plx_spill *spill);
void plx__spill_free(struct plx_spill *spill); /* the file stays */

/* ── reading (unspill.c) ──────────────────────────────────────────────────────────────────────────────── */

struct plx_unspill;

/* `fd` stays the caller's. -EINVAL: it is none, or of another version; see plx__unspill_problem. */
int plx__unspill_new(int fd, struct plx_unspill **unspill);
void plx__unspill_free(struct plx_unspill *unspill);
const struct plx_spill_head *plx__unspill_head(const struct plx_unspill *unspill);

/* Makes the lines of up to `records` records. The number of those made; 0 at the end; or a negative errno,
 * -EINVAL for what cannot be: then nothing of that round has been made. */
long plx__unspill_lines(struct plx_unspill *unspill, struct plx_json *json, long records);

/* How far it has come; behind the end lies a part of a round, which does not count. */
uint64_t plx__unspill_at(const struct plx_unspill *unspill);
const char *plx__unspill_problem(const struct plx_unspill *unspill);

#endif
