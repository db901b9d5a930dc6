/* SPDX-License-Identifier: MIT
 *
 * The deque: see deque.h for the picture and the argument.
 */
#include "lib/scheduler/deque.h"

enum {
    STEAL_SHIFT = 8 * sizeof(plx_deque_index),
    CHANGES_SHIFT = PLX_SMALL ? 2 * STEAL_SHIFT : 0, /* otherwise there is no room for them */
};

struct heads {
    plx_deque_index steal, head;
    uint64_t changes;
};

static struct heads unpack(uint64_t word)
{
    uint64_t changes = PLX_SMALL ? word >> CHANGES_SHIFT : 0;
    return (struct heads){(plx_deque_index)(word >> STEAL_SHIFT), (plx_deque_index)word, changes};
}

static uint64_t pack(struct heads heads)
{
    uint64_t changes = PLX_SMALL ? heads.changes << CHANGES_SHIFT : 0;
    return changes | (uint64_t)heads.steal << STEAL_SHIFT | heads.head;
}

/* From one index to another. C reckons with ints: what comes round must be told to. */
static plx_deque_index between(plx_deque_index from, plx_deque_index to)
{
    return (plx_deque_index)(to - from);
}

static struct heads load_heads(struct plx_deque *deque)
{
    return unpack(atomic_load_explicit(&deque->heads, memory_order_acquire));
}

static bool swap_heads(struct plx_deque *deque, struct heads *seen, struct heads next)
{
    uint64_t word = pack(*seen);
    next.changes = seen->changes + 1;
    bool done = atomic_compare_exchange_strong_explicit(&deque->heads, &word, pack(next),
                                                        memory_order_acq_rel, memory_order_acquire);
    *seen = unpack(word);
    return done;
}

/* Slots are atomics only so that a thief that copies what turns out not to be its own has no data race. */
static void put(struct plx_deque *deque, uint32_t at, struct plx_task *task)
{
    atomic_store_explicit(&deque->slots[at % PLX_DEQUE_SLOTS], task, memory_order_relaxed);
}

static struct plx_task *get(struct plx_deque *deque, uint32_t at)
{
    return atomic_load_explicit(&deque->slots[at % PLX_DEQUE_SLOTS], memory_order_relaxed);
}

void plx_deque_init(struct plx_deque *deque)
{
    atomic_init(&deque->heads, 0);
    atomic_init(&deque->tail, 0);
}

uint32_t plx_deque_length(struct plx_deque *deque)
{
    struct heads heads = load_heads(deque);
    plx_deque_index length = between(heads.head, atomic_load(&deque->tail));
    return length > PLX_DEQUE_SLOTS ? 0 : length; /* the two loads are not one: a stale head may lie behind */
}

uint32_t plx_deque_room(struct plx_deque *deque)
{
    plx_deque_index tail = atomic_load_explicit(&deque->tail, memory_order_relaxed);
    return PLX_DEQUE_SLOTS - between(load_heads(deque).steal, tail);
}

/* Sequentially consistent, see idle.h. */
static void publish(struct plx_deque *deque, uint32_t tail)
{
    atomic_store(&deque->tail, (plx_deque_index)tail);
}

bool plx_deque_push(struct plx_deque *deque, struct plx_task *task)
{
    plx_deque_index tail = atomic_load_explicit(&deque->tail, memory_order_relaxed);
    if (between(load_heads(deque).steal, tail) >= PLX_DEQUE_SLOTS)
        return false;
    put(deque, tail, task);
    publish(deque, tail + 1u);
    return true;
}

void plx_deque_push_all(struct plx_deque *deque, struct plx_task *const *tasks, uint32_t count)
{
    plx_deque_index tail = atomic_load_explicit(&deque->tail, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++)
        put(deque, tail + i, tasks[i]);
    publish(deque, tail + count);
}

/* Moving the tail back would let a thief read slots that are being written again. So the whole ring is
 * claimed by moving head, as a thief would, and its older half is pushed again: in its order, behind
 * nothing. */
uint32_t plx_deque_overflow(struct plx_deque *deque, struct plx_task *half[PLX_DEQUE_SLOTS / 2])
{
    plx_deque_index tail = atomic_load_explicit(&deque->tail, memory_order_relaxed);
    struct heads seen = load_heads(deque);
    if (seen.steal != seen.head || between(seen.head, tail) != PLX_DEQUE_SLOTS)
        return 0;
    plx_deque_index first = seen.head;
    if (!swap_heads(deque, &seen, (struct heads){.steal = tail, .head = tail}))
        return 0;

    enum { HALF = PLX_DEQUE_SLOTS / 2 };
    for (uint32_t i = 0; i < HALF; i++)
        half[i] = get(deque, first + HALF + i);
    for (uint32_t i = 0; i < HALF; i++)
        put(deque, tail + i, get(deque, first + i)); /* slot tail + i is slot first + i: the ring is full */
    atomic_store_explicit(&deque->tail, tail + HALF, memory_order_release);
    return HALF;
}

struct plx_task *plx_deque_pop(struct plx_deque *deque)
{
    plx_deque_index tail = atomic_load_explicit(&deque->tail, memory_order_relaxed);
    struct heads seen = load_heads(deque);
    for (;;) {
        if (seen.head == tail)
            return NULL;
        bool alone = seen.steal == seen.head;
        plx_deque_index after = (plx_deque_index)(seen.head + 1);
        struct heads next = {.steal = alone ? after : seen.steal, .head = after};
        struct plx_task *task = get(deque, seen.head);
        if (swap_heads(deque, &seen, next))
            return task;
    }
}

/* Claims half of what is there. Returns how many; *first is the oldest of them. */
static uint32_t claim(struct plx_deque *deque, plx_deque_index *first)
{
    struct heads seen = load_heads(deque);
    for (;;) {
        plx_deque_index tail = atomic_load_explicit(&deque->tail, memory_order_acquire);
        uint32_t length = between(seen.head, tail);
        if (seen.steal != seen.head || length == 0 || length > PLX_DEQUE_SLOTS)
            return 0;
        uint32_t half = length - length / 2;
        struct heads next = {.steal = seen.steal, .head = (plx_deque_index)(seen.head + half)};
        if (swap_heads(deque, &seen, next)) {
            *first = seen.steal;
            return half;
        }
    }
}

/* The slots are copied: gives them back to the owner. Only this thief may move steal now, but the owner
 * may move head. */
static void unclaim(struct plx_deque *deque)
{
    struct heads seen = load_heads(deque);
    while (!swap_heads(deque, &seen, (struct heads){.steal = seen.head, .head = seen.head}))
        ;
}

uint32_t plx_deque_steal(struct plx_deque *deque, struct plx_task *taken[PLX_DEQUE_SLOTS / 2])
{
    plx_deque_index first = 0;
    uint32_t half = claim(deque, &first);
    for (uint32_t i = 0; i < half; i++)
        taken[i] = get(deque, first + i);
    if (half)
        unclaim(deque);
    return half;
}
