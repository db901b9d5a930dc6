/* SPDX-License-Identifier: MIT
 *
 * The writer: one thread that takes the records out of all rings, in the order of their time, and makes
 * JSON Lines of them.
 *
 * It wakes every few milliseconds, or sooner when a ring fills up, and leaves only whole lines in the file
 * each time: after `kill -9` the file is good to the last of these flushes. The list of rings is under
 * `lock`; the rings themselves need none.
 *
 * fork. The child has no writer thread, and its copies of the rings may be caught in the middle of a
 * record. So it forgets them all and goes on untraced, and its parent's file is left alone. A fork waits
 * until no lines are being made, so that none lies half written in the child's copy of the stream; and the
 * writer lets a waiting fork go first, for it would always be the faster one.
 */
#include "lib/trace/json.h"
#include "lib/trace/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/membarrier.h>
#include <sys/syscall.h>
#endif

/* The fences below stand in where there is no membarrier; the thread sanitizer does not understand them,
 * and says so. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

enum { FLUSH_EVERY_MS = 5, OUT_BUFFER = 1 << 20 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a ring fills up, or the trace ends */
    pthread_cond_t room; /* rings were emptied */
    pthread_t thread;
    /* under the lock */
    struct plx_ring *rings;
    bool running, hurry, stopping;
    bool at_work;   /* the writer thread makes lines, without the lock */
    unsigned forks; /* how many wait for it to pause */
    /* the writer thread's own */
    FILE *out;
    struct plx_json *json;
    bool broken; /* the file cannot be written any more */
    char buffer[OUT_BUFFER];
} writer = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work = PTHREAD_COND_INITIALIZER,
    .room = PTHREAD_COND_INITIALIZER,
};

/* ── the barrier of ring.h ────────────────────────────────────────────────────────────────────────── */

static atomic_bool have_membarrier;

static void barrier_init(void)
{
#ifdef __linux__
    long ok = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
    atomic_store(&have_membarrier, ok == 0);
#endif
}

void plx__barrier_light(void)
{
    if (plx_likely(atomic_load_explicit(&have_membarrier, memory_order_relaxed)))
        atomic_signal_fence(memory_order_seq_cst);
    else
        atomic_thread_fence(memory_order_seq_cst);
}

static void barrier_heavy(void)
{
#ifdef __linux__
    if (atomic_load_explicit(&have_membarrier, memory_order_relaxed)) {
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
        return;
    }
#endif
    atomic_thread_fence(memory_order_seq_cst);
}

/* ── the merge ────────────────────────────────────────────────────────────────────────────────────── */

static void wait_until_idle(struct plx_ring *ring)
{
    while (atomic_load_explicit(&ring->busy, memory_order_acquire))
        sched_yield();
}

/* The ring's oldest record if it is older than `before`, else NULL. */
static struct plx_record *oldest(struct plx_ring *ring, uint64_t before)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail == atomic_load_explicit(&ring->head, memory_order_acquire))
        return NULL;
    struct plx_record *record = &ring->records[tail % PLX_RING_RECORDS];
    return record->ns < before ? record : NULL;
}

static struct plx_ring *next_in_time(struct plx_ring *rings, uint64_t before)
{
    struct plx_ring *best = NULL;
    uint64_t best_ns = before;
    for (struct plx_ring *ring = rings; ring; ring = ring->next) {
        struct plx_record *record = oldest(ring, before);
        if (record && record->ns < best_ns) {
            best = ring;
            best_ns = record->ns;
        }
    }
    return best;
}

/* The stream's buffer is emptied before it is full, so that whole lines go out. */
static void take(struct plx_ring *ring)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    plx__json_record(writer.json, &ring->records[tail % PLX_RING_RECORDS], ring->name);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release); /* the slot is free again */
    if (plx_unlikely(__fpending(writer.out) > OUT_BUFFER / 2) && !writer.broken)
        fflush(writer.out);
}

static void tell_lost(uint64_t now)
{
    uint64_t count = plx__ring_lost();
    if (!count)
        return;
    struct plx_ev_lost fields = {.count = count};
    struct plx_record record = {.ns = now, .kind = PLX_EV_lost, .worker = PLX_NO_WORKER};
    memcpy(record.bytes, &fields, sizeof fields);
    plx__json_record(writer.json, &record, "a thread");
}

/* Writes all records older than `before`, a moment before the list of rings was read: whoever is not on it
 * yet has not stamped anything yet. */
static void drain(struct plx_ring *rings, uint64_t before)
{
    barrier_heavy();
    for (struct plx_ring *ring = rings; ring; ring = ring->next)
        wait_until_idle(ring);
    for (struct plx_ring *ring; (ring = next_in_time(rings, before));)
        take(ring);
    tell_lost(before);
}

/* ── the thread ───────────────────────────────────────────────────────────────────────────────────── */

/* What cannot be written is said once; the program goes on, untraced. What the stream still holds is
 * thrown away, so that closing it does not try again. */
static void flush(void)
{
    plx__json_hand_over(writer.json);
    if (writer.broken || (fflush(writer.out) == 0 && !ferror(writer.out)))
        return;
    int error = errno;
    writer.broken = true;
    atomic_store(&plx__tracing, false);
    __fpurge(writer.out);
    fprintf(stderr, "pollux: the trace cannot be written any more: %s. The program goes on.\n",
            strerror(error));
}

/* Rings whose thread has ended are freed when they are empty. Under the lock. */
static void free_closed_rings(void)
{
    for (struct plx_ring **link = &writer.rings; *link;) {
        struct plx_ring *ring = *link;
        bool closed = atomic_load_explicit(&ring->closed, memory_order_acquire);
        if (closed && atomic_load(&ring->head) == atomic_load(&ring->tail)) {
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
    until.tv_nsec += FLUSH_EVERY_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    if (!writer.hurry && !writer.stopping)
        pthread_cond_timedwait(&writer.work, &writer.lock, &until);
    writer.hurry = false;
}

/* New rings are put in front, and only this thread takes any out, so that the list may be walked without
 * the lock. */
static void *write_trace(void *unused)
{
    bool last = false;
    (void)unused;

    pthread_mutex_lock(&writer.lock);
    while (!last) {
        sleep_a_little();
        while (writer.forks > 0)
            pthread_cond_wait(&writer.work, &writer.lock);
        writer.at_work = true;
        last = writer.stopping;
        uint64_t before = plx__trace_now();
        struct plx_ring *rings = writer.rings;
        pthread_mutex_unlock(&writer.lock);
        drain(rings, before);
        flush();
        pthread_mutex_lock(&writer.lock);
        writer.at_work = false;
        free_closed_rings();
        pthread_cond_broadcast(&writer.room);
    }
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
    writer.hurry = true;
    pthread_cond_signal(&writer.work);
    pthread_mutex_unlock(&writer.lock);
}

static bool is_full(struct plx_ring *ring)
{
    return atomic_load(&ring->head) - atomic_load(&ring->tail) == PLX_RING_RECORDS;
}

bool plx__writer_wait_room(struct plx_ring *ring)
{
    pthread_mutex_lock(&writer.lock);
    while (is_full(ring) && writer.running) {
        writer.hurry = true;
        pthread_cond_signal(&writer.work);
        pthread_cond_wait(&writer.room, &writer.lock);
    }
    bool room = !is_full(ring);
    pthread_mutex_unlock(&writer.lock);
    return room;
}

/* ── start and stop ───────────────────────────────────────────────────────────────────────────────── */

static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    writer.out = fdopen(fd, "w");
    if (!writer.out) {
        close(fd);
        return -ENOMEM;
    }
    setvbuf(writer.out, writer.buffer, _IOFBF, OUT_BUFFER);
    return 0;
}

static void close_file(void)
{
    plx__json_free(writer.json);
    writer.json = NULL;
    if (writer.out)
        fclose(writer.out);
    writer.out = NULL;
}

static int open_and_start(const char *path)
{
    int error = open_file(path);
    if (error)
        return error;
    writer.broken = writer.stopping = false;
    writer.json = plx__json_new(writer.out, plx__trace_now());
    if (!writer.json) {
        close_file();
        return -ENOMEM;
    }
    plx__json_header(writer.json);
    barrier_init();
    error = fflush(writer.out) ? -errno : start_thread();
    if (error) {
        __fpurge(writer.out);
        close_file();
    }
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
    uint32_t head = atomic_load(&ring->head);
    for (uint32_t tail = atomic_load(&ring->tail); tail != head; tail++)
        plx__json_drop(&ring->records[tail % PLX_RING_RECORDS]);
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
    close_file();
    init_conditions();
    pthread_mutex_unlock(&writer.lock);
}

static void once_a_process(void)
{
    init_conditions();
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
    close_file();
    writer.running = writer.stopping = false;
    pthread_cond_broadcast(&writer.room);
    pthread_mutex_unlock(&writer.lock);
}
