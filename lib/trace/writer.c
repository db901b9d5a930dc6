/* SPDX-License-Identifier: MIT
 *
 * The writer: one thread that takes the records out of all rings, in the order of their time, and leaves
 * them in the store.
 *
 * It wakes every few milliseconds, or sooner when a ring fills up. The list of rings is under `lock`; the
 * rings themselves need none.
 *
 * fork. The child has no writer thread, and its copies of the rings may be caught in the middle of a
 * record. So it forgets them all and goes on untraced, and its parent's file is left alone. A fork waits
 * until the writer is not at work, so that nothing lies half done in the child's copy of the store; and the
 * writer lets a waiting fork go first, for it would always be the faster one.
 */
#include "lib/trace/clock.h"
#include "lib/trace/ring.h"
#include "lib/trace/spill.h"
#include "lib/trace/store.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* While the program leaves time for it, so many records of a spill become lines each time; at the end, as
 * many as take a tenth of a second or so. */
enum { ROUND_EVERY_MS = 5, CATCH_UP = 16384, CATCH_UP_SLICE = 1024, AT_THE_END = 1 << 20 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a ring fills up, or the trace ends */
    pthread_cond_t room; /* rings were emptied */
    pthread_t thread;
    atomic_bool hurry; /* set under the lock */
    /* under the lock */
    struct plx_ring *rings;
    bool running, stopping;
    bool at_work;   /* the writer thread works, without the lock */
    unsigned forks; /* how many wait for it to pause */
    /* the writer thread's own */
    struct plx_store *store;
    struct plx_piece piece;
} writer = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work = PTHREAD_COND_INITIALIZER,
    .room = PTHREAD_COND_INITIALIZER,
};

/* ── a round ──────────────────────────────────────────────────────────────────────────────────────────── */

/* The end of what has been told, when the ring was not busy for a moment. */
static uint64_t wait_until_idle(struct plx_ring *ring)
{
    uint64_t head;
    while ((head = atomic_load_explicit(&ring->pen.head, memory_order_acquire)) & 1)
        sched_yield();
    return head;
}

/* Of stamps that count to 2^54 those in the second half lie ahead: a record told since `before`. */
static bool is_young(uint64_t front, uint64_t before)
{
    uint64_t age = before - plx__front_ticks(front, before);
    return age == 0 || age >> (63 - PLX_STAMP_SHIFT);
}

/* The records of a ring that are older than `before`, as a stretch, and their number. `taken` says what the
 * ring looks like without them, when they are. */
struct taken {
    struct plx_ring *ring;
    uint64_t tail;
    uint16_t worker;
    bool owners; /* some of them own memory */
};

static long survey(struct plx_ring *ring, uint64_t before, struct plx_stretch *stretch, struct taken *taken)
{
    uint64_t head = wait_until_idle(ring), tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t at = tail, lap_end = tail - tail % PLX_RING_BYTES + PLX_RING_BYTES;
    long events = 0;
    *taken = (struct taken){.ring = ring, .worker = ring->worker};
    while (at != head) {
        const char *record = ring->bytes + at % PLX_RING_BYTES;
        uint64_t front = plx__record_front(record);
        unsigned kind = plx__front_kind(front);
        if (kind < PLX_EVENTS && is_young(front, before))
            break;
        if (kind < PLX_EVENTS)
            taken->owners |= plx__event_owns((enum plx_event_kind)kind);
        else if (kind == PLX_RECORD_WORKER)
            taken->worker = (uint16_t)plx__record_front(record + 8);
        events += kind < PLX_EVENTS;
        at += 8 + plx__front_bytes(front);
    }
    taken->tail = at;
    *stretch = (struct plx_stretch){.worker = ring->worker, .thread = ring->name};
    stretch->at = ring->bytes + tail % PLX_RING_BYTES;
    stretch->end = stretch->at + ((at < lap_end ? at : lap_end) - tail);
    if (at > lap_end) {
        stretch->more = ring->bytes;
        stretch->more_end = ring->bytes + (at - lap_end);
    }
    return events;
}

static void drop_owned(const char *at, const char *end)
{
    while (at != end) {
        uint64_t front = plx__record_front(at);
        unsigned kind = plx__front_kind(front);
        if (kind < PLX_EVENTS)
            plx__event_drop((enum plx_event_kind)kind, at + 8);
        at += 8 + plx__front_bytes(front);
    }
}

/* Release: the owner writes there next. */
static void give_back(const struct taken *taken)
{
    struct plx_ring *ring = taken->ring;
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t lap_end = tail - tail % PLX_RING_BYTES + PLX_RING_BYTES;
    const char *at = ring->bytes + tail % PLX_RING_BYTES;
    if (taken->owners) {
        drop_owned(at, at + ((taken->tail < lap_end ? taken->tail : lap_end) - tail));
        if (taken->tail > lap_end)
            drop_owned(ring->bytes, ring->bytes + (taken->tail - lap_end));
    }
    ring->worker = taken->worker;
    atomic_store_explicit(&ring->tail, taken->tail, memory_order_release);
}

/* What was lost is told as an event, the last one of the round. */
struct gap {
    uint64_t front;
    struct plx_ev_lost fields;
};

static bool survey_gap(uint64_t before, struct gap *gap, struct plx_stretch *stretch)
{
    uint64_t count = plx__ring_lost();
    gap->front = (before - 1) << PLX_STAMP_SHIFT | (sizeof gap->fields / 8) << PLX_KIND_BITS | PLX_EV_lost;
    gap->fields.count = count;
    *stretch = (struct plx_stretch){.worker = PLX_NO_WORKER, .thread = "a thread"};
    stretch->at = (const char *)gap;
    stretch->end = stretch->at + sizeof *gap;
    return count > 0;
}

static size_t count_rings(const struct plx_ring *ring)
{
    size_t count = 0;
    for (; ring; ring = ring->next)
        count++;
    return count;
}

/* Takes all records that are older than `before`, a moment before the list of rings was read: whoever is
 * not on it yet has not stamped anything yet. Returns their number. */
static long drain(struct plx_ring *rings, uint64_t before)
{
    size_t count = count_rings(rings), n = 0;
    struct plx_stretch stretch[count + 1];
    struct taken taken[count + 1];
    struct plx_merge merge;
    struct gap gap;
    long events = 0;
    plx__barrier_heavy();
    for (struct plx_ring *ring = rings; ring; ring = ring->next, n++)
        events += survey(ring, before, &stretch[n], &taken[n]);
    if (survey_gap(before, &gap, &stretch[n])) {
        n++;
        events++;
    }
    plx__merge_begin(&merge, stretch, n, before);
    plx__store_take(writer.store, &merge, &writer.piece, events);
    for (size_t i = 0; i < count; i++)
        give_back(&taken[i]);
    writer.piece = plx__clock_go_on(writer.piece, before);
    return events;
}

/* ── the rest, while there is time ────────────────────────────────────────────────────────────────────── */

/* A round of many records says that the program needs the processors; then only a little is done. Stops
 * when a ring fills up. */
static void catch_up(long events)
{
    long left = events > plx__store_direct ? plx__store_trickle : plx__store_trickle ? CATCH_UP : 0;
    while (left > 0 && plx__store_is_behind(writer.store) && !atomic_load(&writer.hurry)) {
        plx__store_catch_up(writer.store, left < CATCH_UP_SLICE ? left : CATCH_UP_SLICE);
        left -= CATCH_UP_SLICE;
    }
}

/* On a terminal a line that changes, elsewhere one every few seconds; nothing of what takes less than one. */
struct progress {
    uint64_t next_ns; /* when to say something */
    bool said;        /* on a terminal, whose line is to be ended */
};

static void tell_progress(struct progress *progress)
{
    struct timespec time;
    uint64_t bytes;
    clock_gettime(CLOCK_MONOTONIC, &time);
    uint64_t now = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
    if (!progress->next_ns)
        progress->next_ns = now + 1000000000u;
    if (now < progress->next_ns)
        return;
    bool terminal = isatty(STDERR_FILENO);
    double share = plx__store_progress(writer.store, &bytes);
    fprintf(stderr, "%spollux: finishing the trace: %.0f %% of %.0f MB%s", terminal ? "\r" : "", 100 * share,
            (double)bytes / 1e6, terminal ? "" : "\n");
    progress->said = terminal;
    progress->next_ns = now + (terminal ? 200000000u : 5000000000u);
}

static void end_progress(const struct progress *progress)
{
    if (progress->said)
        fprintf(stderr, "\r\033[K");
}

/* ── the thread ───────────────────────────────────────────────────────────────────────────────────────── */

/* Rings whose thread has ended are freed when they are empty. Under the lock. */
static void free_closed_rings(void)
{
    for (struct plx_ring **link = &writer.rings; *link;) {
        struct plx_ring *ring = *link;
        bool closed = atomic_load_explicit(&ring->closed, memory_order_acquire);
        if (closed && atomic_load(&ring->pen.head) == atomic_load(&ring->tail)) {
            *link = ring->next;
            free(ring);
        } else {
            link = &ring->next;
        }
    }
}

static void sleep_a_little(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ROUND_EVERY_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    if (!atomic_load(&writer.hurry) && !writer.stopping)
        pthread_cond_timedwait(&writer.work, &writer.lock, &until);
    atomic_store(&writer.hurry, false);
}

/* From here to end_work the lock is not held, and no fork happens. */
static void begin_work(void)
{
    while (writer.forks > 0)
        pthread_cond_wait(&writer.work, &writer.lock);
    writer.at_work = true;
    pthread_mutex_unlock(&writer.lock);
}

static void end_work(void)
{
    pthread_mutex_lock(&writer.lock);
    writer.at_work = false;
    free_closed_rings();
    pthread_cond_broadcast(&writer.room);
}

/* Makes lines of all that is in the spill; a fork may come in between. Under the lock. */
static void finish(void)
{
    struct progress progress = {0};
    while (plx__store_is_behind(writer.store)) {
        begin_work();
        plx__store_catch_up(writer.store, AT_THE_END);
        tell_progress(&progress);
        end_work();
    }
    end_progress(&progress);
}

/* New rings are put in front, and only this thread takes any out, so that the list may be walked without
 * the lock. Threads that wait for room go on before the writer does anything else. */
static void *write_trace(void *unused)
{
    bool last = false;
    (void)unused;

    pthread_mutex_lock(&writer.lock);
    while (!last) {
        sleep_a_little();
        while (writer.forks > 0)
            pthread_cond_wait(&writer.work, &writer.lock);
        last = writer.stopping;
        uint64_t before = plx__clock_ticks();
        struct plx_ring *rings = writer.rings;
        begin_work();
        long events = drain(rings, before);
        end_work();
        begin_work();
        catch_up(events);
        end_work();
    }
    finish();
    pthread_mutex_unlock(&writer.lock);
    return NULL;
}

/* Signals are the program's business: none is delivered to this thread. */
static int start_thread(void)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&writer.thread, NULL, write_trace, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!error)
        pthread_setname_np(writer.thread, "pollux-trace");
    return -error;
}

/* ── for the rings ────────────────────────────────────────────────────────────────────────────────── */

void plx__writer_add(struct plx_ring *ring)
{
    pthread_mutex_lock(&writer.lock);
    ring->next = writer.rings;
    writer.rings = ring;
    pthread_mutex_unlock(&writer.lock);
}

void plx__writer_hurry(void)
{
    pthread_mutex_lock(&writer.lock);
    atomic_store(&writer.hurry, true);
    pthread_cond_signal(&writer.work);
    pthread_mutex_unlock(&writer.lock);
}

bool plx__writer_wait_room(struct plx_ring *ring)
{
    pthread_mutex_lock(&writer.lock);
    while (!plx__ring_has_room(ring) && writer.running) {
        atomic_store(&writer.hurry, true);
        pthread_cond_signal(&writer.work);
        pthread_cond_wait(&writer.room, &writer.lock);
    }
    bool room = plx__ring_has_room(ring);
    pthread_mutex_unlock(&writer.lock);
    return room;
}

/* ── start and stop ───────────────────────────────────────────────────────────────────────────────── */

static void close_store(void)
{
    plx__store_close(writer.store);
    writer.store = NULL;
}

static int open_and_start(const char *path)
{
    writer.piece = plx__clock_begin();
    int error = plx__store_open(path, writer.piece.ticks, writer.piece.ns, &writer.store);
    if (error)
        return error;
    writer.stopping = false;
    error = start_thread();
    if (error)
        close_store();
    return error;
}

/* The lock is held from here until after the fork. */
static void before_fork(void)
{
    pthread_mutex_lock(&writer.lock);
    writer.forks++;
    while (writer.at_work)
        pthread_cond_wait(&writer.room, &writer.lock);
}

static void after_fork_in_parent(void)
{
    writer.forks--;
    pthread_cond_signal(&writer.work);
    pthread_mutex_unlock(&writer.lock);
}

/* `work` is waited for with a time-out, which must not hang on a clock that somebody sets. */
static void init_conditions(void)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&writer.work, &monotonic);
    pthread_cond_init(&writer.room, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void free_with_records(struct plx_ring *ring)
{
    uint64_t tail = atomic_load(&ring->tail), head = atomic_load(&ring->pen.head) & ~(uint64_t)1;
    give_back(&(struct taken){.ring = ring, .tail = head, .worker = ring->worker, .owners = head != tail});
    free(ring);
}

/* No other thread is here that could hold a ring. The conditions may have had waiters, which are not here
 * either. */
static void after_fork_in_child(void)
{
    atomic_store(&plx__tracing, false);
    writer.running = writer.stopping = false;
    writer.forks = 0;
    plx__ring_forget();
    for (struct plx_ring *ring; (ring = writer.rings);) {
        writer.rings = ring->next;
        free_with_records(ring);
    }
    close_store();
    init_conditions();
    pthread_mutex_unlock(&writer.lock);
}

static void once_a_process(void)
{
    init_conditions();
    plx__clock_choose();
    atexit(plx_trace_stop);
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

int plx_trace_start(const char *path)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!PLX_TRACE)
        return -ENOTSUP;
    pthread_once(&once, once_a_process);

    pthread_mutex_lock(&writer.lock);
    int error = writer.running ? -EBUSY : open_and_start(path);
    if (!error) {
        writer.running = true;
        atomic_store(&plx__tracing, true);
    }
    pthread_mutex_unlock(&writer.lock);
    return error;
}

static void obey(void)
{
    const char *path = getenv("POLLUX_TRACE");
    if (!path || !*path)
        return;
    if (!PLX_TRACE) {
        fprintf(stderr, "pollux: POLLUX_TRACE is set, but this program was built without tracing\n");
        return;
    }
    int error = plx_trace_start(path);
    if (error && error != -EBUSY)
        fprintf(stderr, "pollux: cannot write the trace %s: %s. The program goes on untraced.\n", path,
                strerror(-error));
}

void plx_trace_obey_environment(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, obey);
}

void plx_trace_stop(void)
{
    pthread_mutex_lock(&writer.lock);
    bool last = writer.running && !writer.stopping;
    atomic_store(&plx__tracing, false);
    if (last)
        writer.stopping = true;
    pthread_cond_signal(&writer.work);
    pthread_mutex_unlock(&writer.lock);
    if (!last)
        return;

    pthread_join(writer.thread, NULL);
    pthread_mutex_lock(&writer.lock);
    close_store();
    writer.running = writer.stopping = false;
    pthread_cond_broadcast(&writer.room);
    pthread_mutex_unlock(&writer.lock);
}
