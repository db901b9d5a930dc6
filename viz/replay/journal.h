/* SPDX-License-Identifier: MIT
 *
 * The journal: how back undoes an event exactly.
 *
 * While an event is applied, every word of the state that it overwrites is noted with its old value. To
 * undo it, the notes are written back, the newest first. The journal covers the last few events only; who
 * wants to go back further starts from a keyframe (world.c). It may forget at any time, and does so when it
 * grows large or there is no memory: nothing depends on it but speed.
 */
#ifndef PLX_REPLAY_JOURNAL_H
#define PLX_REPLAY_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plx__note {
    uint64_t where; /* offset in the state << 4 | size, which is 1, 2, 4 or 8 */
    uint64_t old;
};

struct plx__journal {
    char *state; /* the block that is changed */
    struct plx__note *note;
    size_t notes, note_room;
    size_t *mark; /* for each event covered, the notes there were before it */
    size_t marks, mark_room;
    bool off;    /* nothing is noted */
    bool failed; /* a note of the event that goes on is lost */
};

void plx__journal_begin(struct plx__journal *journal); /* an event is about to be applied */
void plx__journal_end(struct plx__journal *journal);   /* it has been */
void plx__journal_note(struct plx__journal *journal, const void *place, size_t size);
void plx__journal_forget(struct plx__journal *journal);

/* Undoes the newest event; false when the journal does not cover it. */
bool plx__journal_undo(struct plx__journal *journal);
void plx__journal_done(struct plx__journal *journal);

/* The only way to change the state: PLX__SET(journal, task->polls, task->polls + 1). */
#define PLX__SET(journal, place, value)                                                                      \
    do {                                                                                                     \
        if ((place) != (value)) {                                                                            \
            plx__journal_note((journal), &(place), sizeof(place));                                           \
            (place) = (value);                                                                               \
        }                                                                                                    \
    } while (0)

#endif
