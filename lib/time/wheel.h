/* SPDX-License-Identifier: MIT
 *
 * The timer wheel: remembers what is due when, to the millisecond, at a cost that does not depend on how much
 * there is to remember.
 *
 * Think of a clock with six hands. The lowest ring has a slot for each of the next 64 ms. A slot of the ring
 * above stands for a whole turn of the ring below, and so on:
 *
 *     level   a slot is    the ring is
 *       0     1 ms         64 ms
 *       1     64 ms        4.1 s
 *       2     4.1 s        4.4 min
 *       3     4.4 min      4.7 h
 *       4     4.7 h        12.4 days
 *       5     12.4 days    2.2 years, and goes round for ever
 *
 * It is 0, and something is wanted at 234 ms. It goes into slot 3 of level 1, "192 to 255 ms":
 *
 *     level 1    [0][1][2][3][4] …  [63]
 *                 ▲        │
 *                now       │   192 ms: the slot begins. It is opened, what lies in it comes down: a cascade
 *                          ▼
 *     level 0    [0][1] … [42] … [63]
 *                          │
 *                          ▼   234 = 192 + 42 ms: due
 *
 * The level is read off the numbers: write the time that has passed (`elapsed`) and the time that is wanted
 * in base 64. The highest digit in which they differ is the level, and the wanted time's digit there is the
 * slot. So whatever lies in a slot of level k differs from now in digit k and agrees with it above, which is
 * why all of a lower level comes before all of a higher one. An insertion is a shift, a mask and an append; a
 * removal unlinks; each entry comes down five times at most; nothing is ever searched.
 *
 * The top ring has nothing above it. It goes round for ever: what is more than one round away lies in its
 * slot, is looked at when the slot comes by, found to be for a later round, and put back. The slot of now
 * itself can only hold such entries, so it counts as the last of the ring and not as the first. (Tokio's
 * counted it as the first: with one long timer in it and 12.4 days of uptime, short ones were never found.
 * #8334.)
 *
 * An entry is part of what waits (`intrusive`), so that setting a timer allocates nothing. There is no lock,
 * no clock, and no thread in this file: who uses it says what time it is. Times are in milliseconds since
 * whatever moment the user likes. See timer.h for what the runtime makes of it.
 *
 * Source: G. Varghese, T. Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 7; tokio-timer 0.2
 * `wheel/`.
 */
#ifndef PLX_TIME_WHEEL_H
#define PLX_TIME_WHEEL_H

#include "lib/base.h"

enum {
    PLX_WHEEL_BITS = 6,
    PLX_WHEEL_SLOTS = 1 << PLX_WHEEL_BITS,
    PLX_WHEEL_LEVELS = 6,
};

#define PLX_NEVER UINT64_MAX

/* A ring of links: a slot is a link whose neighbours are the first and the last of its entries, or itself. */
struct plx_wheel_link {
    struct plx_wheel_link *next, *prev;
};

struct plx_wheel_entry {
    struct plx_wheel_link link;
    uint64_t when; /* ms */
};

struct plx_wheel {
    uint64_t elapsed;                    /* all that was due up to here has been handed out */
    uint64_t occupied[PLX_WHEEL_LEVELS]; /* a bit for each slot that is not empty */
    struct plx_wheel_link coming_down;   /* the slot that is being cascaded */
    struct plx_wheel_link slots[PLX_WHEEL_LEVELS][PLX_WHEEL_SLOTS];
    /* told of every entry that has come down; may be NULL */
    void (*came_down)(struct plx_wheel_entry *entry, unsigned level, unsigned slot);
};

void plx_wheel_init(struct plx_wheel *wheel, uint64_t now);

/* Puts an entry in. `when` lies after wheel->elapsed: what does not is due already, and the caller's
 * business. Returns the time at which the wheel must be turned for its sake: when its slot begins. */
uint64_t plx_wheel_insert(struct plx_wheel *wheel, struct plx_wheel_entry *entry, uint64_t when);

/* Takes it out again. True: its slot is empty now, so plx_wheel_next may have changed. */
bool plx_wheel_remove(struct plx_wheel *wheel, struct plx_wheel_entry *entry);

/* When the wheel is to be turned next; PLX_NEVER when it is empty. */
uint64_t plx_wheel_next(const struct plx_wheel *wheel);

/* It is `now`: takes out one entry that is due, the earliest first, and of those for the same moment the one
 * that was put in first. Call it until it returns NULL. Then all is done and elapsed is `now`; or *work, from
 * which every entry that is touched and every slot that is opened takes one, is used up, and plx_wheel_next
 * says that there is more to do at once. Between the calls anything may be put in and taken out. A `now`
 * before elapsed counts as elapsed: the wheel does not turn back. */
struct plx_wheel_entry *plx_wheel_turn(struct plx_wheel *wheel, uint64_t now, uint32_t *work);

/* It is `now`, and nothing is due before `next`, which is plx_wheel_next: there is nothing to turn, but what
 * is put in from here on need not take the way through the rings that have passed meanwhile. */
PLX_INLINE void plx_wheel_catch_up(struct plx_wheel *wheel, uint64_t now, uint64_t next)
{
    if (now > wheel->elapsed && now < next)
        wheel->elapsed = now;
}

/* Any entry at all, or NULL when it is empty. */
struct plx_wheel_entry *plx_wheel_any(struct plx_wheel *wheel);

/* Which level an entry for `when` belongs to, and which slot of it. */
PLX_INLINE unsigned plx_wheel_level(uint64_t elapsed, uint64_t when)
{
    uint64_t differ = (elapsed ^ when) | (PLX_WHEEL_SLOTS - 1);
    unsigned level = (unsigned)(63 - __builtin_clzll(differ)) / PLX_WHEEL_BITS;
    return level < PLX_WHEEL_LEVELS ? level : PLX_WHEEL_LEVELS - 1;
}

PLX_INLINE unsigned plx_wheel_slot(unsigned level, uint64_t when)
{
    return (unsigned)(when >> (level * PLX_WHEEL_BITS)) & (PLX_WHEEL_SLOTS - 1);
}

/* ── rings of links, for whoever keeps entries elsewhere for a while ──────────────────────────────────── */

PLX_INLINE void plx_ring_init(struct plx_wheel_link *ring)
{
    ring->next = ring->prev = ring;
}

PLX_INLINE bool plx_ring_empty(const struct plx_wheel_link *ring)
{
    return ring->next == ring;
}

PLX_INLINE void plx_ring_append(struct plx_wheel_link *ring, struct plx_wheel_link *link)
{
    link->next = ring;
    link->prev = ring->prev;
    ring->prev->next = link;
    ring->prev = link;
}

PLX_INLINE struct plx_wheel_entry *plx_ring_first(const struct plx_wheel_link *ring)
{
    return plx_ring_empty(ring) ? NULL : plx_container_of(ring->next, struct plx_wheel_entry, link);
}

#endif
