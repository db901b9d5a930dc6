/* SPDX-License-Identifier: MIT
 *
 * The journal, see journal.h.
 */
#include "viz/replay/journal.h"

#include <stdlib.h>
#include <string.h>

#define NOTES_MAX ((size_t)1 << 20) /* 16 MiB */

void plx__journal_forget(struct plx__journal *journal)
{
    journal->notes = 0;
    journal->marks = 0;
}

/* The older half of the events is forgotten, the notes of the newer half stay. */
static void forget_half(struct plx__journal *journal)
{
    size_t events = journal->marks / 2;
    size_t notes = journal->mark[events];

    journal->marks -= events;
    memmove(journal->mark, journal->mark + events, journal->marks * sizeof(*journal->mark));
    for (size_t i = 0; i < journal->marks; i++)
        journal->mark[i] -= notes;
    journal->notes -= notes;
    memmove(journal->note, journal->note + notes, journal->notes * sizeof(*journal->note));
}

static bool room_for_mark(struct plx__journal *journal)
{
    if (journal->marks < journal->mark_room)
        return true;
    size_t room = journal->mark_room ? journal->mark_room * 2 : 256;
    size_t *grown = reallocarray(journal->mark, room, sizeof(*grown));
    if (!grown)
        return false;
    journal->mark = grown;
    journal->mark_room = room;
    return true;
}

static bool room_for_note(struct plx__journal *journal)
{
    if (journal->notes < journal->note_room)
        return true;
    size_t room = journal->note_room ? journal->note_room * 2 : 1024;
    struct plx__note *grown = room <= 2 * NOTES_MAX ? reallocarray(journal->note, room, sizeof(*grown))
                                                    : NULL;
    if (!grown)
        return false;
    journal->note = grown;
    journal->note_room = room;
    return true;
}

void plx__journal_begin(struct plx__journal *journal)
{
    if (journal->off)
        return;
    if (journal->notes > NOTES_MAX && journal->marks > 1)
        forget_half(journal);
    journal->failed = !room_for_mark(journal);
    if (!journal->failed)
        journal->mark[journal->marks++] = journal->notes;
}

void plx__journal_end(struct plx__journal *journal)
{
    if (journal->failed)
        plx__journal_forget(journal);
    journal->failed = false;
}

void plx__journal_note(struct plx__journal *journal, const void *place, size_t size)
{
    if (journal->off || journal->failed)
        return;
    if (!room_for_note(journal)) {
        journal->failed = true;
        return;
    }
    struct plx__note note = {(uint64_t)((const char *)place - journal->state) << 4 | size, 0};
    memcpy(&note.old, place, size);
    journal->note[journal->notes++] = note;
}

bool plx__journal_undo(struct plx__journal *journal)
{
    if (journal->marks == 0)
        return false;
    size_t before = journal->mark[--journal->marks];
    while (journal->notes > before) {
        const struct plx__note *note = &journal->note[--journal->notes];
        memcpy(journal->state + (note->where >> 4), &note->old, note->where & 15);
    }
    return true;
}

void plx__journal_done(struct plx__journal *journal)
{
    free(journal->note);
    free(journal->mark);
    *journal = (struct plx__journal){0};
}
