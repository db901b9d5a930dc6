/* SPDX-License-Identifier: MIT
 *
 * The owner's side of the rings, where it is not quick (that is in pen.h): a new thread, a lap that ends, a
 * ring that is full. See ring.h for the picture and the argument.
 */
#include "lib/trace/ring.h"

#include "lib/trace/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

atomic_bool plx__tracing;
_Thread_local struct plx__pen *plx__pen;

static _Thread_local uint16_t my_worker = PLX_NO_WORKER;
static _Atomic uint64_t lost;
static pthread_key_t at_thread_end;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

uint64_t plx__ring_lost(void)
{
    return atomic_exchange(&lost, 0);
}

/* ── a ring's life ────────────────────────────────────────────────────────────────────────────────────── */

static struct plx_ring *ring_of(struct plx__pen *pen)
{
    return plx_container_of(pen, struct plx_ring, pen);
}

/* Release: the writer that sees `closed` sees the last record too. */
static void close_ring(void *ring)
{
    plx__pen = NULL;
    atomic_store_explicit(&((struct plx_ring *)ring)->closed, true, memory_order_release);
}

void plx__ring_forget(void)
{
    if (plx__pen)
        pthread_setspecific(at_thread_end, NULL);
    plx__pen = NULL;
}

static void make_key(void)
{
    pthread_key_create(&at_thread_end, close_ring);
}

static void name_ring(struct plx_ring *ring)
{
    static atomic_uint others;
    char name[PLX_THREAD_NAME_MAX] = "";

#ifdef __linux__
    if (getpid() == gettid()) {
        strcpy(ring->name, "main");
        return;
    }
#endif
    pthread_getname_np(pthread_self(), name, sizeof name);
    unsigned number = atomic_fetch_add(&others, 1) + 1;
    snprintf(ring->name, sizeof ring->name, "%.16s-%u", name[0] ? name : "thread", number);
}

static struct plx_ring *new_ring(void)
{
    pthread_once(&key_once, make_key);
    struct plx_ring *ring = aligned_alloc(64, sizeof *ring);
    if (!ring) {
        atomic_fetch_add(&lost, 1);
        return NULL;
    }
    memset(ring, 0, offsetof(struct plx_ring, bytes));
    ring->worker = ring->told_worker = my_worker;
    name_ring(ring);
    pthread_setspecific(at_thread_end, ring);
    plx__writer_add(ring);
    plx__pen = &ring->pen;
    return ring;
}

/* ── room ─────────────────────────────────────────────────────────────────────────────────────────────── */

static uint64_t used(const struct plx_ring *ring)
{
    return atomic_load_explicit(&ring->pen.head, memory_order_relaxed) -
           atomic_load_explicit(&ring->tail, memory_order_acquire);
}

/* For three records: what is told may be preceded by a PAD and by a WORKER. */
bool plx__ring_has_room(const struct plx_ring *ring)
{
    return PLX_RING_BYTES - used(ring) >= 3 * PLX_RECORD_MAX;
}

/* A record that is no event, has no stamp, and needs none: it is passed over with the one before it. */
static void put_aside(struct plx_ring *ring, uint64_t kind, uint64_t words, uint64_t word)
{
    uint64_t head = atomic_load_explicit(&ring->pen.head, memory_order_relaxed);
    uint64_t front[2] = {words << PLX_KIND_BITS | kind, word};
    memcpy(ring->pen.origin + head, front, words ? sizeof front : sizeof front[0]);
    atomic_store_explicit(&ring->pen.head, head + 8 + 8 * words, memory_order_release);
}

/* Where the lap ends that `head` is in. */
static uint64_t set_origin(struct plx_ring *ring, uint64_t head)
{
    uint64_t lap = head - head % PLX_RING_BYTES;
    ring->pen.origin = ring->bytes - lap;
    return lap + PLX_RING_BYTES;
}

/* The writer is asked once when the ring is half full. */
static void hurry(struct plx_ring *ring, uint64_t tail)
{
    if (ring->hurried == tail + 1)
        return;
    ring->hurried = tail + 1;
    plx__writer_hurry();
}

/* How far the owner may go before it has to look again: to the end of the lap, to where the ring is full,
 * and at first to where it is half full. */
static void set_limit(struct plx_ring *ring, uint64_t lap_end)
{
    uint64_t head = atomic_load_explicit(&ring->pen.head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    uint64_t half = tail + PLX_RING_BYTES / 2, limit = tail + PLX_RING_BYTES;
    if (head + PLX_RECORD_MAX > half)
        hurry(ring, tail);
    else
        limit = half;
    ring->pen.limit = limit < lap_end ? limit : lap_end;
}

/* The limit is also reached when the thread has become another worker. */
struct plx__pen *plx__trace_room(void)
{
    struct plx_ring *ring = plx__pen ? ring_of(plx__pen) : new_ring();
    if (!ring || (!plx__ring_has_room(ring) && !plx__writer_wait_room(ring)))
        return NULL;
    for (;;) {
        uint64_t head = atomic_load_explicit(&ring->pen.head, memory_order_relaxed);
        uint64_t lap_end = set_origin(ring, head), rest = lap_end - head;
        if (rest < PLX_RECORD_MAX) {
            put_aside(ring, PLX_RECORD_PAD, rest / 8 - 1, 0);
        } else if (ring->told_worker != my_worker) {
            ring->told_worker = my_worker;
            put_aside(ring, PLX_RECORD_WORKER, 1, my_worker);
        } else {
            set_limit(ring, lap_end);
            return &ring->pen;
        }
    }
}

void plx_trace_as_worker(uint16_t worker)
{
    my_worker = worker;
    if (plx__pen)
        plx__pen->limit = 0;
}

/* Cuts at character boundaries: a byte 10xxxxxx is never the first of a UTF-8 character. */
void plx_trace_text(char field[PLX_TEXT_MAX], const char *text)
{
    static const char gap[] = "…";
    size_t length = strlen(text);
    if (length < PLX_TEXT_MAX) {
        memcpy(field, text, length + 1);
        return;
    }
    size_t head = (PLX_TEXT_MAX - sizeof gap) / 2;
    const char *tail = text + length - (PLX_TEXT_MAX - sizeof gap - head);
    while (head > 0 && ((unsigned char)text[head] & 0xc0) == 0x80)
        head--;
    while (((unsigned char)*tail & 0xc0) == 0x80)
        tail++;
    snprintf(field, PLX_TEXT_MAX, "%.*s%s%s", (int)head, text, gap, tail);
}

/* Two threads may both find none: the first to write it wins, and a number is left out. */
uint64_t plx__trace_number(_Atomic uint64_t *number)
{
    static _Atomic uint64_t last;
    uint64_t seen = atomic_load_explicit(number, memory_order_relaxed);
    if (seen)
        return seen;
    uint64_t next = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    return atomic_compare_exchange_strong(number, &seen, next) ? next : seen;
}

void plx_note(const char *format, ...)
{
    if (!plx_trace_on())
        return;
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    struct plx_ev_note event = {.text = text};
    if (!plx__trace_write(PLX_EV_note, &event, sizeof event))
        free(text); /* the trace ends just now, and does not take it over */
}
