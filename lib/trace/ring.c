/* SPDX-License-Identifier: MIT
 *
 * The owner's side of the rings: see ring.h for the picture and the argument.
 */
#include "lib/trace/ring.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

atomic_bool plx__tracing;

static _Thread_local struct plx_ring *mine;
static _Thread_local uint16_t my_worker = PLX_NO_WORKER;
static _Atomic uint64_t lost;
static pthread_key_t at_thread_end;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

uint64_t plx__trace_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t plx__ring_lost(void)
{
    return atomic_exchange(&lost, 0);
}

/* Release: the writer that sees `closed` sees the last record too. */
static void close_ring(void *ring)
{
    mine = NULL;
    atomic_store_explicit(&((struct plx_ring *)ring)->closed, true, memory_order_release);
}

void plx__ring_forget(void)
{
    if (mine)
        pthread_setspecific(at_thread_end, NULL);
    mine = NULL;
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

struct plx_ring *plx__ring_mine(void)
{
    if (plx_likely(mine != NULL))
        return mine;

    pthread_once(&key_once, make_key);
    struct plx_ring *ring = aligned_alloc(64, sizeof *ring);
    if (!ring) {
        atomic_fetch_add(&lost, 1);
        return NULL;
    }
    memset(ring, 0, offsetof(struct plx_ring, records));
    name_ring(ring);
    pthread_setspecific(at_thread_end, ring);
    plx__writer_add(ring);
    mine = ring;
    return ring;
}

void plx_trace_as_worker(uint16_t worker)
{
    my_worker = worker;
}

/* Marks the ring busy, then takes the stamp: in this order, see ring.h. */
static bool begin(struct plx_ring *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint32_t used = head - atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (plx_unlikely(used == PLX_RING_RECORDS) && !plx__writer_wait_room(ring))
        return false;
    if (plx_unlikely(used == PLX_RING_RECORDS / 2))
        plx__writer_hurry();
    atomic_store_explicit(&ring->busy, true, memory_order_relaxed);
    plx__barrier_light();
    ring->begun_ns = plx__trace_now();
    return true;
}

/* Release on head publishes the record to the writer, who reads head with acquire. */
static void commit(struct plx_ring *ring, enum plx_event_kind kind, const void *fields, size_t size)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    struct plx_record *record = &ring->records[head % PLX_RING_RECORDS];

    record->ns = ring->begun_ns;
    record->kind = (uint16_t)kind;
    record->worker = my_worker;
    memcpy(record->bytes, fields, size);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    atomic_store_explicit(&ring->busy, false, memory_order_release);
}

static bool write_record(enum plx_event_kind kind, const void *fields, size_t size)
{
    struct plx_ring *ring = plx__ring_mine();
    if (!ring || !begin(ring))
        return false;
    commit(ring, kind, fields, size);
    return true;
}

void plx__trace_write(enum plx_event_kind kind, const void *fields, size_t size)
{
    write_record(kind, fields, size);
}

bool plx__trace_begin(void)
{
    struct plx_ring *ring = plx__ring_mine();
    return ring && begin(ring);
}

void plx__trace_commit(enum plx_event_kind kind, const void *fields, size_t size)
{
    commit(mine, kind, fields, size);
}

void plx__trace_cancel(void)
{
    atomic_store_explicit(&mine->busy, false, memory_order_release);
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
    if (!write_record(PLX_EV_note, &event, sizeof event))
        free(text); /* the trace ends just now, and does not take it over */
}
