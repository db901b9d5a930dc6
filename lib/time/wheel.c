/* SPDX-License-Identifier: MIT
 *
 * The timer wheel: see wheel.h.
 */
#include "lib/time/wheel.h"

enum { TOP = PLX_WHEEL_LEVELS - 1 };

void plx_wheel_init(struct plx_wheel *wheel, uint64_t now)
{
    wheel->elapsed = now;
    wheel->came_down = NULL;
    plx_ring_init(&wheel->coming_down);
    for (unsigned level = 0; level < PLX_WHEEL_LEVELS; level++) {
        wheel->occupied[level] = 0;
        for (unsigned slot = 0; slot < PLX_WHEEL_SLOTS; slot++)
            plx_ring_init(&wheel->slots[level][slot]);
    }
}

/* ── where things lie ─────────────────────────────────────────────────────────────────────────────────── */

/* When a slot begins, next time: so many slots after the one that elapsed lies in. In the top ring the slot
 * of now comes by again after a whole round. Elsewhere it is being emptied: its time has come. */
static uint64_t begins(const struct plx_wheel *wheel, unsigned level, unsigned slot)
{
    unsigned shift = level * PLX_WHEEL_BITS;
    uint64_t distance = (slot - plx_wheel_slot(level, wheel->elapsed)) & (PLX_WHEEL_SLOTS - 1);
    if (level == TOP && distance == 0)
        distance = PLX_WHEEL_SLOTS;
    return (wheel->elapsed >> shift << shift) + (distance << shift);
}

static uint64_t rotate_right(uint64_t word, unsigned by)
{
    return by ? word >> by | word << (64 - by) : word;
}

/* The slot that comes first. The lowest level that holds anything has it; in its ring the search begins with
 * the slot of now, in the top ring with the one after. False: all are empty. */
static bool find_first(const struct plx_wheel *wheel, unsigned *level, unsigned *slot)
{
    for (unsigned k = 0; k < PLX_WHEEL_LEVELS; k++) {
        if (!wheel->occupied[k])
            continue;
        unsigned first = (plx_wheel_slot(k, wheel->elapsed) + (k == TOP)) % PLX_WHEEL_SLOTS;
        unsigned ahead = (unsigned)__builtin_ctzll(rotate_right(wheel->occupied[k], first));
        *level = k;
        *slot = (first + ahead) % PLX_WHEEL_SLOTS;
        return true;
    }
    return false;
}

uint64_t plx_wheel_next(const struct plx_wheel *wheel)
{
    unsigned level, slot;
    if (!plx_ring_empty(&wheel->coming_down))
        return wheel->elapsed;
    return find_first(wheel, &level, &slot) ? begins(wheel, level, slot) : PLX_NEVER;
}

/* ── in and out ───────────────────────────────────────────────────────────────────────────────────────── */

static void put(struct plx_wheel *wheel, struct plx_wheel_entry *entry, unsigned level, unsigned slot)
{
    wheel->occupied[level] |= (uint64_t)1 << slot;
    plx_ring_append(&wheel->slots[level][slot], &entry->link);
}

uint64_t plx_wheel_insert(struct plx_wheel *wheel, struct plx_wheel_entry *entry, uint64_t when)
{
    unsigned level = plx_wheel_level(wheel->elapsed, when), slot = plx_wheel_slot(level, when);
    entry->when = when;
    put(wheel, entry, level, slot);
    return begins(wheel, level, slot);
}

/* An entry does not know its slot. It need not: only who is alone in a ring has to, and then both of its
 * neighbours are the slot, whose address says which it is. (Or they are some other ring, of no slot.) */
bool plx_wheel_remove(struct plx_wheel *wheel, struct plx_wheel_entry *entry)
{
    struct plx_wheel_link *prev = entry->link.prev, *next = entry->link.next;
    prev->next = next;
    next->prev = prev;
    if (prev != next)
        return false;

    size_t index = ((uintptr_t)prev - (uintptr_t)wheel->slots) / sizeof *prev;
    if ((uintptr_t)prev < (uintptr_t)wheel->slots || index >= PLX_WHEEL_LEVELS * PLX_WHEEL_SLOTS)
        return false;
    wheel->occupied[index / PLX_WHEEL_SLOTS] &= ~((uint64_t)1 << index % PLX_WHEEL_SLOTS);
    return true;
}

struct plx_wheel_entry *plx_wheel_any(struct plx_wheel *wheel)
{
    unsigned level, slot;
    if (!plx_ring_empty(&wheel->coming_down))
        return plx_ring_first(&wheel->coming_down);
    return find_first(wheel, &level, &slot) ? plx_ring_first(&wheel->slots[level][slot]) : NULL;
}

/* ── turning ──────────────────────────────────────────────────────────────────────────────────────────── */

/* The whole slot moves over to coming_down at once. Its entries follow one by one: there may be millions, and
 * nobody should have to wait for all of them. */
static void open_slot(struct plx_wheel *wheel, unsigned level, unsigned slot)
{
    struct plx_wheel_link *ring = &wheel->slots[level][slot], *down = &wheel->coming_down;
    *down = *ring;
    down->next->prev = down;
    down->prev->next = down;
    plx_ring_init(ring);
    wheel->occupied[level] &= ~((uint64_t)1 << slot);
}

/* One entry goes where it belongs now. That may be level 0 and this very moment: then it is next. */
static void come_down(struct plx_wheel *wheel)
{
    struct plx_wheel_entry *entry = plx_ring_first(&wheel->coming_down);
    plx_wheel_remove(wheel, entry);
    unsigned level = plx_wheel_level(wheel->elapsed, entry->when);
    unsigned slot = plx_wheel_slot(level, entry->when);
    put(wheel, entry, level, slot);
    if (wheel->came_down)
        wheel->came_down(entry, level, slot);
}

static struct plx_wheel_entry *take_first(struct plx_wheel *wheel, unsigned slot)
{
    struct plx_wheel_entry *entry = plx_ring_first(&wheel->slots[0][slot]);
    plx_wheel_remove(wheel, entry);
    return entry;
}

struct plx_wheel_entry *plx_wheel_turn(struct plx_wheel *wheel, uint64_t now, uint32_t *work)
{
    if (now < wheel->elapsed)
        now = wheel->elapsed;
    for (; *work > 0; --*work) {
        unsigned level, slot;
        if (!plx_ring_empty(&wheel->coming_down)) {
            come_down(wheel);
            continue;
        }
        if (!find_first(wheel, &level, &slot) || begins(wheel, level, slot) > now) {
            wheel->elapsed = now;
            return NULL;
        }
        wheel->elapsed = begins(wheel, level, slot);
        if (level == 0) {
            --*work;
            return take_first(wheel, slot);
        }
        open_slot(wheel, level, slot);
    }
    return NULL;
}
